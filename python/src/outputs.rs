//! Alerts in the forms that other tools read, and the parts of the display that the report shares.

use ipcsentry_outputs::{Output, Report};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::Value;

/// Alerts, given as lines of their JSON, as one text in the form of that name: "ecs", "ocsf", "stix", "csv" or "html".
///
/// Raises ValueError if there is no such form, or a line is no JSON.
#[pyfunction]
#[pyo3(signature = (lines, form, /))]
pub(crate) fn written_as(py: Python<'_>, lines: Vec<String>, form: &str) -> PyResult<String> {
    let output = Output::named(form).ok_or_else(|| PyValueError::new_err(format!("there is no form {form}")))?;
    py.detach(|| {
        let alerts: Vec<Value> = lines.iter().map(|line| parsed(line)).collect::<PyResult<_>>()?;
        Ok(output.text(&Report::of(&alerts)))
    })
}

/// What differs between the alerts of two hunts, given as lines of their JSON: "new", "gone" or "changed" with the id of the
/// alert, in order of time.
///
/// Raises ValueError if a line is no JSON.
#[pyfunction]
#[pyo3(signature = (old, new, /))]
pub(crate) fn changes(py: Python<'_>, old: Vec<String>, new: Vec<String>) -> PyResult<Vec<(&'static str, String)>> {
    py.detach(|| {
        let alerts = |lines: &[String]| lines.iter().map(|line| parsed(line)).collect::<PyResult<Vec<_>>>();
        let (old, new) = (alerts(&old)?, alerts(&new)?);
        let id = |alert: &Value| alert["id"].as_str().unwrap_or_default().to_owned();
        Ok(ipcsentry_outputs::changes(&old, &new).iter().map(|change| (change.name(), id(change.alert()))).collect())
    })
}

/// The chain of an alert, given as its JSON, as SVG.
///
/// Raises ValueError if it is no JSON.
#[pyfunction]
#[pyo3(signature = (line, /))]
pub(crate) fn chain_picture(line: &str) -> PyResult<String> {
    Ok(ipcsentry_outputs::picture::picture(&parsed(line)?))
}

/// A whole HTML page around a body, whose content policy allows the style of the display and nothing else.
#[pyfunction]
#[pyo3(signature = (body, /))]
pub(crate) fn html_page(body: &str) -> String {
    ipcsentry_outputs::page(body)
}

fn parsed(line: &str) -> PyResult<Value> {
    serde_json::from_str(line).map_err(|error| PyValueError::new_err(format!("no JSON: {error}")))
}
