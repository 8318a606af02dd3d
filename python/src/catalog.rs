//! Catalogs.

use ipcsentry::rules::CatalogError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::{errors, text};

/// A compiled catalog: the behaviors to detect. Immutable; engines and threads may share one.
#[pyclass(frozen, module = "ipcsentry", skip_from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct Catalog(pub(crate) ipcsentry::Catalog, Vec<Step>);

/// How a catalog was made of another one: a method and its arguments. A pickled catalog is made again by its steps.
type Step = (&'static str, Vec<Vec<u8>>);

/// What `__reduce__` gives: a function and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyList>,));

impl Catalog {
    pub(crate) fn of_library() -> Self {
        Self(ipcsentry::Catalog::builtin(), Vec::new())
    }

    /// A catalog with one step more than another one.
    fn step(
        &self,
        py: Python<'_>,
        name: &'static str,
        arguments: Vec<Vec<u8>>,
        make: impl FnOnce(&ipcsentry::Catalog, &[&[u8]]) -> Result<ipcsentry::Catalog, CatalogError> + Send,
    ) -> PyResult<Self> {
        let texts: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        let made = py.detach(|| make(&self.0, &texts)).map_err(|error| errors::catalog(py, error))?;
        let mut steps = self.1.clone();
        steps.push((name, arguments));
        Ok(Self(made, steps))
    }

    fn made_from(py: Python<'_>, json: Vec<u8>) -> PyResult<Self> {
        Self::of_library().step(py, "from_json", vec![json], |_, json| ipcsentry::Catalog::from_json(json[0]))
    }

    fn made_of(py: Python<'_>, documents: Vec<Vec<u8>>) -> PyResult<Self> {
        Self::of_library().step(py, "only", documents, |_, documents| ipcsentry::Catalog::only(documents))
    }

    fn extended(&self, py: Python<'_>, json: Vec<u8>) -> PyResult<Self> {
        self.step(py, "extend", vec![json], |base, json| base.extend(json[0]))
    }

    fn thinned(&self, py: Python<'_>, names: Vec<Vec<u8>>) -> PyResult<Self> {
        self.step(py, "without", names, |base, names| {
            let names: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(name)).collect();
            base.without(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>())
        })
    }
}

#[pymethods]
impl Catalog {
    /// The built-in catalog.
    #[staticmethod]
    fn builtin(py: Python<'_>) -> Self {
        py.detach(Self::of_library)
    }

    /// A catalog from a dict, JSON text, or a path to it.
    #[staticmethod]
    #[pyo3(signature = (document, /))]
    fn from_json(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::made_from(document.py(), text::document(document)?)
    }

    /// A catalog that extends this one with a document: one behavior, or an object with any of `lists`, `known_good`,
    /// `known_bad`, `conditions`, `reputations` and `behaviors`. Give it as a dict, JSON text, or a path to a file.
    #[pyo3(signature = (document, /))]
    fn extend(&self, document: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.extended(document.py(), text::document(document)?)
    }

    /// This catalog without some behaviors, by code or id.
    #[pyo3(signature = (*names))]
    fn without(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Self> {
        self.thinned(py, names.into_iter().map(String::into_bytes).collect())
    }

    /// A catalog of nothing but these documents: dicts, JSON texts, or paths; the lists of the built-in catalog may be
    /// read.
    #[staticmethod]
    #[pyo3(signature = (*documents))]
    fn only(py: Python<'_>, documents: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        Self::made_of(py, documents.iter().map(text::document).collect::<PyResult<_>>()?)
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

    /// A catalog of the steps that `__reduce__` gives.
    #[staticmethod]
    #[pyo3(name = "_made")]
    fn made(py: Python<'_>, steps: Vec<(String, Vec<Vec<u8>>)>) -> PyResult<Self> {
        let mut made = Self::of_library();
        for (name, arguments) in steps {
            let first = || arguments.first().cloned().unwrap_or_default();
            made = match name.as_str() {
                "from_json" => Self::made_from(py, first())?,
                "extend" => made.extended(py, first())?,
                "only" => Self::made_of(py, arguments)?,
                "without" => made.thinned(py, arguments)?,
                _ => return Err(PyValueError::new_err("these steps make no catalog")),
            };
        }
        Ok(made)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        let steps = slf.get().1.iter().map(|(name, arguments)| {
            let arguments = arguments.iter().map(|argument| PyBytes::new(py, argument));
            PyTuple::new(py, [PyString::new(py, name).into_any(), PyList::new(py, arguments)?.into_any()])
        });
        let steps = steps.collect::<PyResult<Vec<_>>>()?;
        Ok((slf.get_type().getattr("_made")?, (PyList::new(py, steps)?,)))
    }

    fn __len__(&self) -> usize {
        self.0.rules().len()
    }

    fn __repr__(&self) -> String {
        format!("<ipcsentry.Catalog of {} behaviors>", self.0.rules().len())
    }
}
