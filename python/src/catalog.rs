//! Catalogs.

use pyo3::prelude::*;

use crate::{errors, text};

/// What is to be detected, compiled. Immutable: share one among engines and threads.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Catalog(pub(crate) ipcsentry::Catalog);

#[pymethods]
impl Catalog {
    /// The catalog that ships with the library.
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
