//! The built-in scenarios: attacks and benign variants.

use ipcsentry::scenario::{self, Expectation};
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::engine::named;

/// One built-in scenario: an attack, or a benign variant of one.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Scenario(&'static scenario::Scenario);

/// All built-in scenarios: the attacks, then the benign variants, each by platform and code.
#[pyfunction]
pub(crate) fn scenarios(py: Python<'_>) -> Vec<Scenario> {
    py.detach(|| scenario::all().iter().map(Scenario).collect())
}

#[pymethods]
impl Scenario {
    /// Its id.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// The code of the behavior that it is about.
    #[getter]
    fn behavior(&self) -> &str {
        self.0.behavior()
    }

    /// "windows", "linux" or "macos".
    #[getter]
    fn os(&self) -> &'static str {
        self.0.os().name()
    }

    /// Whether it is an attack, which must alert; otherwise it is a benign variant.
    #[getter]
    fn is_attack(&self) -> bool {
        self.0.is_positive()
    }

    /// What happens in it.
    #[getter]
    fn description(&self) -> &str {
        self.0.description()
    }

    /// Why it is there.
    #[getter]
    fn why(&self) -> &str {
        self.0.why()
    }

    /// The codes of which one must alert; empty for a benign variant.
    #[getter]
    fn expected_codes(&self) -> Vec<&str> {
        match self.0.expect() {
            Expectation::Alert { codes, .. } => codes.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The least severity that it must reach; None for a benign variant.
    #[getter]
    fn expected_severity(&self) -> Option<&'static str> {
        match self.0.expect() {
            Expectation::Alert { severity, .. } => Some(severity.name()),
            _ => None,
        }
    }

    /// Its events as dicts, as `Engine.feed_event` takes them.
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let events: Vec<_> = self.0.events().iter().map(ipcsentry::event::Event::to_json).collect();
        Ok(pythonize(py, &events)?)
    }

    /// The formats of telemetry in which it can be rendered whole, some of them only together.
    #[getter]
    fn formats(&self) -> Vec<&'static str> {
        let files = self.0.telemetry().filter_map(|telemetry| self.0.render(telemetry).ok()).flatten();
        let mut names: Vec<&str> = files.map(|file| file.format.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Its telemetry in a format, as bytes; events that the format cannot show are left out.
    ///
    /// Raises ValueError if there is no such format.
    #[pyo3(signature = (format, /))]
    fn render(&self, py: Python<'_>, format: &str) -> PyResult<Vec<u8>> {
        let format = named(format)?;
        Ok(py.detach(|| self.0.render_partly(format)).bytes)
    }

    fn __repr__(&self) -> String {
        format!("<ipcsentry.Scenario {} of {}>", self.0.id(), self.0.behavior())
    }
}
