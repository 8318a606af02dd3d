//! Control validation: the built-in attacks through rules and a policy, what a sensor would show, and settings that mend.

use std::collections::BTreeMap;

use ipcsentry::report::{FleetCoverage, FleetVisibility, MissingKind, Remedy};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{Profile, Trial};
use ipcsentry::{Engine, Limits};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pythonize::pythonize;
use serde_json::{Value, json};

use crate::alert;
use crate::catalog::Catalog;
use crate::policy::policy;

/// Puts every built-in scenario, as raw telemetry of every kind that its platform has, through rules and a policy: a dict
/// each, with the `behavior`, the id of the `scenario`, whether it is an `attack`, the `telemetry`, the GUIDs of Atomic Red
/// Team tests that are instances of it (`atomics`), the `verdict` and its `detail`: "pass"; "blind", with what this
/// telemetry lacks; "suppressed", with the entry of the policy that hides it; "failed", with what was seen. It takes many
/// seconds.
///
/// Raises PolicyError if it is no policy.
#[pyfunction]
#[pyo3(signature = (*, policy=None, catalog=None))]
pub(crate) fn try_scenarios<'py>(
    py: Python<'py>,
    policy: Option<&Bound<'py, PyAny>>,
    catalog: Option<&Bound<'py, Catalog>>,
) -> PyResult<Bound<'py, PyAny>> {
    let policy = self::policy(policy, catalog.map(|given| given.get()))?;
    let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |given| given.get().0.clone());
    let cases: Vec<Value> = py.detach(|| Trial::new(&catalog, &policy).cases().map(|case| case.to_json()).collect());
    Ok(pythonize(py, &cases)?)
}

/// The names of the built-in profiles of sensors.
#[pyfunction]
pub(crate) fn profiles() -> Vec<&'static str> {
    Profile::builtin().map(|(name, _)| name).collect()
}

/// What a sensor would show: its name, the coverage of a host that sends everything that the sensor sends, and a dict for
/// each behavior. The profile is the name of a built-in one, or the text of one's own.
///
/// Raises ValueError if it is no profile, PolicyError if it is no policy.
#[pyfunction]
#[pyo3(signature = (profile, /, *, policy=None, catalog=None))]
pub(crate) fn sensor<'py>(
    py: Python<'py>,
    profile: &str,
    policy: Option<&Bound<'py, PyAny>>,
    catalog: Option<&Bound<'py, Catalog>>,
) -> PyResult<(String, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let policy = self::policy(policy, catalog.map(|given| given.get()))?;
    let catalog = catalog.map_or_else(ipcsentry::Catalog::builtin, |given| given.get().0.clone());
    let builtin = Profile::builtin().find(|(name, _)| *name == profile).map(|(_, builtin)| Ok(builtin));
    let profile = builtin.unwrap_or_else(|| Profile::read(profile)).map_err(PyValueError::new_err)?;
    let (hosts, raised) = py.detach(|| {
        let mut host = Engine::new(catalog.clone(), policy.clone(), Limits::default());
        profile.send_all(&mut host);
        (host.coverage(), profile.raised(&catalog, &policy))
    });
    let behaviors = raised.iter().map(|of| {
        let severity = of.severity.map(Severity::name);
        json!({"code": of.behavior, "attacks": of.attacks, "found": of.found, "severity": severity})
    });
    let behaviors: Vec<Value> = behaviors.collect();
    Ok((profile.name.clone(), alert::coverage(py, &hosts)?, pythonize(py, &behaviors)?))
}

/// The settings with which hosts would send what behaviors lack, given by the code of a behavior with a kind of event and
/// the mechanisms that it lacks: a dict with what is `missing`, and the `settings`, each with a `title` and its `lines`.
///
/// Raises ValueError if there is no such kind of event or mechanism.
#[pyfunction]
#[pyo3(signature = (lacks, /))]
pub(crate) fn remedy(py: Python<'_>, lacks: Vec<(String, String, Vec<String>)>) -> PyResult<Bound<'_, PyAny>> {
    let known = |(code, kind, mechanisms): (String, String, Vec<String>)| {
        let missing = MissingKind::named(&kind, mechanisms.iter().map(String::as_str));
        let none = || PyValueError::new_err(format!("there are no events {kind} of {}", mechanisms.join(", ")));
        missing.map(|missing| (code, missing)).ok_or_else(none)
    };
    let lacks = lacks.into_iter().map(known).collect::<PyResult<Vec<_>>>()?;
    Ok(pythonize(py, &Remedy::of_lacks(lacks).to_json())?)
}

/// A layer for the ATT&CK Navigator of what hosts show together, given by the code, the id and the techniques of each
/// behavior of each host, and the word for its visibility there.
#[pyfunction]
#[pyo3(signature = (shown, /))]
pub(crate) fn navigator(
    py: Python<'_>,
    shown: Vec<(String, String, Vec<String>, String)>,
) -> PyResult<Bound<'_, PyAny>> {
    let mut behaviors = BTreeMap::new();
    for (code, behavior, techniques, visibility) in shown {
        let none = || FleetVisibility::new(code.clone(), behavior, techniques);
        behaviors.entry(code.clone()).or_insert_with(none).count(&visibility);
    }
    let mut fleet = FleetCoverage::default();
    fleet.behaviors = behaviors.into_values().collect();
    Ok(pythonize(py, &ipcsentry_outputs::navigator(&fleet))?)
}
