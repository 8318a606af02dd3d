//! Catalogs.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{errors, text};

/// A compiled catalog: the behaviors to detect. Immutable; engines and threads may share one.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Catalog(pub(crate) ipcsentry::Catalog);

#[pymethods]
impl Catalog {
    /// The built-in catalog.
    #[staticmethod]
    fn builtin(py: Python<'_>) -> Self {
        Self(py.detach(ipcsentry::Catalog::builtin))
    }

    /// A catalog from a dict, JSON text, or a path to it.
    #[staticmethod]
    #[pyo3(signature = (document, /))]
    fn from_json(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = document.py();
        let json = text::document(document)?;
        let compiled = py.detach(|| ipcsentry::Catalog::from_json(&json));
        compiled.map(Self).map_err(|error| errors::catalog(py, error))
    }

    /// A catalog that extends this one with a document: one behavior, or an object with any of `lists`, `known_good`,
    /// `known_bad`, `conditions`, `reputations` and `behaviors`. Give it as a dict, JSON text, or a path to a file.
    #[pyo3(signature = (document, /))]
    fn extend(&self, document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = document.py();
        let json = text::document(document)?;
        let compiled = py.detach(|| self.0.extend(&json));
        compiled.map(Self).map_err(|error| errors::catalog(py, error))
    }

    /// This catalog without some behaviors, by code or id.
    #[pyo3(signature = (*names))]
    fn without(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Self> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let compiled = py.detach(|| self.0.without(&names));
        compiled.map(Self).map_err(|error| errors::catalog(py, error))
    }

    /// A catalog of nothing but these documents: dicts, JSON texts, or paths; the lists of the built-in catalog may be
    /// read.
    #[staticmethod]
    #[pyo3(signature = (*documents))]
    fn only(py: Python<'_>, documents: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let texts = documents.iter().map(text::document).collect::<PyResult<Vec<_>>>()?;
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let compiled = py.detach(|| ipcsentry::Catalog::only(&texts));
        compiled.map(Self).map_err(|error| errors::catalog(py, error))
    }

    /// Its behaviors as dicts: code, id, title, techniques, severity, sources, platforms, and whether they alert.
    #[getter]
    fn behaviors<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let mut all = Vec::new();
        for rule in self.0.rules() {
            let members = PyDict::new(py);
            members.set_item("code", &rule.code)?;
            members.set_item("id", &rule.id)?;
            members.set_item("title", &rule.title)?;
            members.set_item("techniques", &rule.techniques)?;
            members.set_item("severity", rule.severity.name())?;
            members.set_item("sources", &rule.sources)?;
            members.set_item("platforms", rule.platforms.iter().map(|os| os.name()).collect::<Vec<_>>())?;
            members.set_item("alerts", rule.alerts)?;
            all.push(members);
        }
        Ok(all)
    }

    /// Warnings: lists and conditions that no rule reads, each with its place.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }

    /// The codes of its behaviors.
    #[getter]
    fn codes(&self) -> Vec<&str> {
        self.0.rules().iter().map(|rule| rule.code.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.rules().len()
    }

    fn __repr__(&self) -> String {
        format!("<ipcsentry.Catalog of {} behaviors>", self.0.rules().len())
    }
}
