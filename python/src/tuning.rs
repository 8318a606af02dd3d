//! Tuning with proof: suggestions for a policy, and what its entries hide.

use ipcsentry::scenario;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pythonize::pythonize;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::policy::policy;

/// The narrowest entries of a policy for benign alerts, given as lines of their JSON: a dict each.
///
/// Raises ValueError if a line is no JSON.
#[pyfunction]
#[pyo3(signature = (lines, /, *, catalog=None))]
pub(crate) fn suggestions<'py>(
    py: Python<'py>,
    lines: Vec<String>,
    catalog: Option<&Bound<'py, Catalog>>,
) -> PyResult<Bound<'py, PyAny>> {
    let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |given| given.get().0.clone());
    let found: Result<Vec<Value>, serde_json::Error> = py.detach(|| {
        let benign: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?;
        let one = |found: scenario::Suggestion| {
            let is_safe = found.is_safe();
            json!({
                "alerts": found.alerts, "entry": found.entry, "why_not": found.why_not, "hides": found.hides,
                "is_safe": is_safe,
            })
        };
        Ok(scenario::suggest(&benign, &catalog).into_iter().map(one).collect())
    });
    let found = found.map_err(|error| PyValueError::new_err(format!("no JSON: {error}")))?;
    Ok(pythonize(py, &found)?)
}

/// The attacks that each entry of a policy would hide if they happened on its hosts, at its times and as its users: a dict
/// each, with the JSON path of the `entry`, the `scenario` and the code of the `behavior`.
///
/// Raises PolicyError if it is no policy.
#[pyfunction]
#[pyo3(signature = (policy, /, *, catalog=None))]
pub(crate) fn losses<'py>(
    py: Python<'py>,
    policy: &Bound<'py, PyAny>,
    catalog: Option<&Bound<'py, Catalog>>,
) -> PyResult<Bound<'py, PyAny>> {
    let policy = self::policy(Some(policy), catalog.map(|given| given.get()))?;
    let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |given| given.get().0.clone());
    let losses = py.detach(|| scenario::losses(&policy, &catalog));
    let one =
        |loss: scenario::Loss| json!({ "entry": loss.entry, "scenario": loss.scenario, "behavior": loss.behavior });
    Ok(pythonize(py, &losses.into_iter().map(one).collect::<Vec<Value>>())?)
}
