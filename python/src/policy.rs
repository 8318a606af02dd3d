//! Policies.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::catalog::Catalog;
use crate::{errors, text};

/// What to report and what to exempt: a checked policy. Immutable; engines and threads may share one.
#[pyclass(frozen, eq, module = "ipcsentry")]
#[derive(Debug, PartialEq)]
pub(crate) struct Policy {
    pub(crate) policy: ipcsentry::Policy,
    /// It was read for a catalog of the user's own.
    for_own: bool,
}

/// A policy as users give it: a `Policy`, or its document.
pub(crate) fn policy(given: Option<&Bound<'_, PyAny>>, catalog: Option<&Catalog>) -> PyResult<ipcsentry::Policy> {
    let Some(given) = given else { return Ok(ipcsentry::Policy::default()) };
    if let Ok(policy) = given.cast::<Policy>() {
        return Ok(policy.get().policy.clone());
    }
    let document = text::policy(given)?;
    let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |catalog| catalog.0.clone());
    ipcsentry::Policy::for_catalog(&document, &catalog).map_err(|error| errors::policy(given.py(), error))
}

#[pymethods]
impl Policy {
    /// A policy from a dict, JSON text, or an `os.PathLike` of a file, which may be YAML or TOML by its ending; without
    /// one, the default policy. It may name the behaviors of the catalog: by default the built-in one.
    #[new]
    #[pyo3(signature = (document=None, /, *, catalog=None))]
    fn new(document: Option<&Bound<'_, PyAny>>, catalog: Option<&Bound<'_, Catalog>>) -> PyResult<Self> {
        let policy = policy(document, catalog.map(|given| given.get()))?;
        Ok(Self { policy, for_own: catalog.is_some() })
    }

    /// Whatever is allowed but probably a mistake, each with its JSON path.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.policy.warnings().iter().map(|warning| format!("{}: {}", warning.path, warning.what)).collect()
    }

    /// Alerts below this confidence, in thousandths, are not reported.
    #[getter]
    fn min_confidence(&self) -> u16 {
        self.policy.min_confidence()
    }

    /// Alerts below this severity are not reported.
    #[getter]
    fn min_severity(&self) -> &'static str {
        self.policy.min_severity().name()
    }

    /// The policy as a dict, from which an equal one can be made.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(pythonize(py, &self.policy.to_json())?)
    }

    /// The policy as JSON.
    fn to_json(&self) -> String {
        self.policy.to_json().to_string()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        if slf.get().for_own {
            return Err(PyTypeError::new_err("a policy for a catalog of one's own cannot be pickled: pickle its JSON"));
        }
        Ok((slf.get_type().into_any(), (slf.get().to_json(),)))
    }

    fn __repr__(&self) -> String {
        ipcsentry::printable(&format!("<ipcsentry.Policy {}>", self.policy.to_json())).into_owned()
    }
}
