//! Baselines.

use std::sync::Arc;

use ipcsentry::scenario;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pythonize::pythonize;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::policy::policy;
use crate::{errors, text};

/// What is usual on the hosts of an organization: on how many hosts and days each relation was seen, of programs to
/// pipes, sockets, services, classes and children, and of alerts. Immutable; engines and threads may share one.
#[pyclass(frozen, eq, module = "ipcsentry")]
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline(pub(crate) Arc<ipcsentry::baseline::Baseline>);

impl Baseline {
    /// What engines have learned, in one.
    pub(crate) fn of(learned: impl Iterator<Item = ipcsentry::baseline::Baseline>) -> PyResult<Self> {
        let mut all = ipcsentry::baseline::Baseline::default();
        for one in learned {
            all.merge(&one).map_err(|error| PyValueError::new_err(error.to_string()))?;
        }
        Ok(Self(Arc::new(all)))
    }
}

#[pymethods]
impl Baseline {
    /// A baseline from JSON text, or an `os.PathLike` of a file; without one, an empty one.
    ///
    /// Raises BaselineError if it is none.
    #[new]
    #[pyo3(signature = (document=None, /))]
    fn new(document: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(document) = document else { return Ok(Self(Arc::default())) };
        let text = text::document(document)?;
        let py = document.py();
        let read = py.detach(|| ipcsentry::baseline::Baseline::from_json(&text));
        Ok(Self(Arc::new(read.map_err(|error| errors::baseline(py, error))?)))
    }

    /// Learns from telemetry, which is hunted through as `ipcsentry.hunt` does, with its arguments.
    #[staticmethod]
    #[pyo3(signature = (source, /, **options))]
    fn learn<'py>(source: &Bound<'py, PyAny>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        source.py().import("ipcsentry._hunt")?.getattr("_learn")?.call((source,), options)
    }

    /// A baseline with what all have seen. The order does not matter, nor whether one is given twice.
    ///
    /// Raises ValueError if this one is frozen.
    #[pyo3(signature = (*others))]
    fn merge(&self, py: Python<'_>, others: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let others: Vec<Arc<ipcsentry::baseline::Baseline>> =
            others.iter().map(|one| Ok(Arc::clone(&one.cast::<Self>()?.get().0))).collect::<PyResult<_>>()?;
        let merged = py.detach(|| {
            let mut all = (*self.0).clone();
            others.iter().try_for_each(|one| all.merge(one))?;
            Ok::<_, ipcsentry::baseline::Frozen>(all)
        });
        Ok(Self(Arc::new(merged.map_err(|error| PyValueError::new_err(error.to_string()))?)))
    }

    /// The same baseline, which takes nothing more.
    fn freeze(&self) -> Self {
        let mut frozen = (*self.0).clone();
        frozen.freeze();
        Self(Arc::new(frozen))
    }

    /// Whether it takes nothing more.
    #[getter]
    fn is_frozen(&self) -> bool {
        self.0.is_frozen()
    }

    /// Hosts and days on which it learned: exact up to 15, estimated beyond.
    #[getter]
    fn extent(&self) -> (u32, u32) {
        self.0.extent()
    }

    /// All relations with how they stand under the quorum of the policy: a dict each.
    #[pyo3(signature = (policy=None))]
    fn relations<'py>(&self, py: Python<'py>, policy: Option<&Bound<'_, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let policy = self::policy(policy, None)?;
        Ok(pythonize(py, &py.detach(|| self.0.relations(&policy)))?)
    }

    /// What somebody should look at: relations that were seen near an alert and are not usual, the most frequent first.
    #[pyo3(signature = (policy=None))]
    fn review<'py>(&self, py: Python<'py>, policy: Option<&Bound<'_, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let policy = self::policy(policy, None)?;
        Ok(pythonize(py, &py.detach(|| self.0.review(&policy)))?)
    }

    /// What a later baseline has otherwise: a dict with `changes`, each with `before` and `after`, and `drift`, the
    /// part of what is usual in one of them that is not usual in both, in thousandths.
    #[pyo3(signature = (later, policy=None))]
    fn diff<'py>(
        &self,
        py: Python<'py>,
        later: &Bound<'_, Self>,
        policy: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (policy, later) = (self::policy(policy, None)?, &later.get().0);
        Ok(pythonize(py, &py.detach(|| self.0.compare(later, &policy)))?)
    }

    /// The policy, as a dict, with an entry for each alert that is usual, for somebody to read and take over.
    /// `ipcsentry.losses` names the attacks that an entry would hide.
    #[pyo3(signature = (policy=None))]
    fn to_policy<'py>(&self, py: Python<'py>, policy: Option<&Bound<'_, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let policy = self::policy(policy, None)?;
        Ok(pythonize(py, &self.0.to_policy(&policy).0)?)
    }

    /// The attacks that it would lower if they happened on hosts of its groups: a dict each, with the `group`, the
    /// `scenario` and the code of the `behavior`.
    #[pyo3(signature = (policy=None, *, catalog=None))]
    fn lowered<'py>(
        &self,
        py: Python<'py>,
        policy: Option<&Bound<'_, PyAny>>,
        catalog: Option<&Bound<'_, Catalog>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = self::policy(policy, catalog.map(|given| given.get()))?;
        let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |given| given.get().0.clone());
        let losses = py.detach(|| scenario::lowered(&self.0, &policy, &catalog));
        let one =
            |loss: scenario::Loss| json!({"group": loss.entry, "scenario": loss.scenario, "behavior": loss.behavior});
        Ok(pythonize(py, &losses.into_iter().map(one).collect::<Vec<Value>>())?)
    }

    /// The baseline as JSON: the same text for the same content.
    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (String,)) {
        (slf.get_type().into_any(), (slf.get().0.to_json(),))
    }

    fn __repr__(&self) -> String {
        let (hosts, days) = self.0.extent();
        format!("<ipcsentry.Baseline: {} relations of about {hosts} hosts and {days} days>", self.0.len())
    }
}
