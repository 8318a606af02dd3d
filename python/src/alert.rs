//! Alerts and coverage as Python objects. Their classes are written in Python: an alert is its line of JSON.

use pyo3::prelude::*;
use pyo3::types::PyList;
use pythonize::pythonize;

/// One alert, as `ipcsentry.Alert`.
pub(crate) fn alert<'py>(py: Python<'py>, alert: &ipcsentry::Alert) -> PyResult<Bound<'py, PyAny>> {
    py.import("ipcsentry._alert")?.getattr("Alert")?.call1((alert.to_json(),))
}

/// Alerts, as `ipcsentry.Alerts`.
pub(crate) fn alerts<'py>(py: Python<'py>, lines: Vec<String>) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("ipcsentry._alert")?.getattr("Alert")?;
    let list = PyList::empty(py);
    for line in lines {
        list.append(class.call1((line,))?)?;
    }
    py.import("ipcsentry._alerts")?.getattr("Alerts")?.call1((list,))
}

/// What each host's telemetry shows, as `ipcsentry.Coverages`.
pub(crate) fn coverage<'py>(py: Python<'py>, hosts: &[ipcsentry::Coverage]) -> PyResult<Bound<'py, PyAny>> {
    py.import("ipcsentry._coverage")?.getattr("coverage")?.call1((pythonize(py, hosts)?,))
}
