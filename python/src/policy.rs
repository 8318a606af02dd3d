//! Policies.

use pyo3::prelude::*;
use pythonize::pythonize;

use crate::{errors, text};

/// What to report and what to exempt: a checked policy. Immutable; engines and threads may share one.
#[pyclass(frozen, eq, module = "ipcsentry")]
#[derive(Debug, PartialEq)]
pub(crate) struct Policy(pub(crate) ipcsentry::Policy);

/// A policy as users give it: a `Policy`, or its document.
pub(crate) fn policy(given: Option<&Bound<'_, PyAny>>) -> PyResult<ipcsentry::Policy> {
    let Some(given) = given else { return Ok(ipcsentry::Policy::default()) };
    if let Ok(policy) = given.cast::<Policy>() {
        return Ok(policy.get().0.clone());
    }
    let document = text::document(given)?;
    ipcsentry::Policy::from_json(&document).map_err(|error| errors::policy(given.py(), error))
}

#[pymethods]
impl Policy {
    /// A policy from a dict, JSON text, or an `os.PathLike` of a file; without one, the default policy.
    #[new]
    #[pyo3(signature = (document=None, /))]
    fn new(document: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        policy(document).map(Self)
    }

    /// Whatever is allowed but probably a mistake, each with its JSON path.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(|warning| format!("{}: {}", warning.path, warning.what)).collect()
    }

    /// Alerts below this confidence, in thousandths, are not reported.
    #[getter]
    fn min_confidence(&self) -> u16 {
        self.0.min_confidence()
    }

    /// Alerts below this severity are not reported.
    #[getter]
    fn min_severity(&self) -> &'static str {
        self.0.min_severity().name()
    }

    /// The policy as a dict, from which an equal one can be made.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(pythonize(py, &self.0.to_json())?)
    }

    /// The policy as JSON.
    fn to_json(&self) -> String {
        self.0.to_json().to_string()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().into_any(), (slf.get().to_json(),)))
    }

    fn __repr__(&self) -> String {
        ipcsentry::printable(&format!("<ipcsentry.Policy {}>", self.0.to_json())).into_owned()
    }
}
