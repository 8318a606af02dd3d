//! Catalogues.

use pyo3::prelude::*;

use crate::{errors, text};

/// What is to be detected, compiled. Immutable: share one among engines and threads.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Catalogue(pub(crate) ipcsentry::Catalogue);

#[pymethods]
impl Catalogue {
    /// The catalogue that ships with the library.
    #[staticmethod]
    fn builtin(py: Python<'_>) -> Self {
        Self(py.detach(ipcsentry::Catalogue::builtin))
    }

    /// A catalogue from a dict, JSON text, or a path to it.
    #[staticmethod]
    #[pyo3(signature = (document, /))]
    fn from_json(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = document.py();
        let json = text::document(document)?;
        let compiled = py.detach(|| ipcsentry::Catalogue::from_json(&json));
        compiled.map(Self).map_err(|error| errors::catalogue(py, error))
    }

    /// The codes of its behaviours.
    #[getter]
    fn codes(&self) -> Vec<&str> {
        self.0.behaviours().iter().map(|behaviour| behaviour.code.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.behaviours().len()
    }

    fn __repr__(&self) -> String {
        format!("<ipcsentry.Catalogue of {} behaviours>", self.0.behaviours().len())
    }
}
