//! The built-in scenarios, to be put through an agent's own pipeline or through rules and a policy. They are in libraries
//! that were built with the feature `validation` (`VALIDATION=1 ffi/install.sh`): what writes the telemetry takes 300 kB.

use ipcsentry::Alert;
use ipcsentry::scenario::{Scenario, Trial, all};
use serde_json::{Value, json};

use crate::alert::ipcsentry_alert;
use crate::catalog::ipcsentry_catalog;
use crate::engine;
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::output::ipcsentry_document;
use crate::ptr::{self, Out};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// The built-in scenarios: a JSON array with an object each, with its `id`, the code of its `behavior`, its `platform`, whether
/// it is an `attack` or a benign variant of one, its `description`, `why` it is there, the `telemetry` that it can be rendered
/// as, and the GUIDs of the tests of Atomic Red Team that are instances of its behavior (`atomics`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_scenarios_json(document: *mut *mut ipcsentry_document) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let out = unsafe { Out::new(document)? };
        let one = |scenario: &Scenario| {
            json!({
                "id": scenario.id(),
                "behavior": scenario.behavior(),
                "platform": scenario.os().name(),
                "attack": scenario.is_positive(),
                "description": scenario.description(),
                "why": scenario.why(),
                "telemetry": scenario.telemetry().map(|telemetry| telemetry.name()).collect::<Vec<_>>(),
                "atomics": scenario.atomics().collect::<Vec<_>>(),
            })
        };
        let found: Vec<Value> = all().iter().map(one).collect();
        out.set(ipcsentry_document::of(Value::from(found).to_string()));
        Ok(IPCSENTRY_OK)
    })
}

/// A scenario as raw telemetry, to be sent through a pipeline of one's own: a JSON array with an object for each file, with
/// the name of its `format` and its `text`. Where there is no such scenario, or it cannot be rendered as this telemetry, the
/// status is `IPCSENTRY_ERR_ARGUMENT`, and the error says why; `error` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_scenario_render(
    id: ipcsentry_text,
    telemetry: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (id, telemetry) = unsafe { (id.bytes()?, telemetry.bytes()?) };
        // SAFETY: by the header's contract.
        let (out, error) = unsafe { (Out::new(document)?, Out::optional(error)) };
        let rendered = rendered(id, telemetry).map_err(|why| ipcsentry_error::of_argument(why).report(error))?;
        out.set(ipcsentry_document::of(rendered.to_string()));
        Ok(IPCSENTRY_OK)
    })
}

fn rendered(id: &[u8], telemetry: &[u8]) -> Result<Value, String> {
    let scenario = scenario(id).ok_or("there is no such scenario")?;
    let telemetry = scenario.telemetry().find(|known| known.name().as_bytes() == telemetry);
    let files =
        scenario.render(telemetry.ok_or("it cannot be rendered as this telemetry")?).map_err(|e| e.to_string())?;
    let one = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    Ok(files.iter().map(|file| json!({"format": file.format.name(), "text": one(&file.bytes)})).collect())
}

/// Whether the alerts that a scenario led to, through whatever pipeline it came, are those that it should lead to: one of its
/// codes, at least as severe as due, naming who began it; for a benign variant, none of medium severity or more. A JSON
/// object: `met`, and if it is false, `seen` says what was expected and what was seen. Of several revisions of an alert the
/// last counts. `alerts` may be NULL if there are none. Where there is no scenario `id`, `IPCSENTRY_ERR_ARGUMENT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_scenario_met_by(
    id: ipcsentry_text,
    alerts: *const *const ipcsentry_alert,
    count: usize,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (id, alerts, out) = unsafe { (id.bytes()?, ptr::handles(alerts, count)?, Out::new(document)?) };
        let scenario = scenario(id).ok_or(IPCSENTRY_ERR_ARGUMENT)?;
        let result = scenario.is_met_by(&last_revisions(&alerts));
        out.set(ipcsentry_document::of(json!({"met": result.is_ok(), "seen": result.err()}).to_string()));
        Ok(IPCSENTRY_OK)
    })
}

fn last_revisions(alerts: &[&ipcsentry_alert]) -> Vec<Alert> {
    let mut last: Vec<Alert> = Vec::new();
    for alert in alerts.iter().map(|handle| &handle.alert) {
        match last.iter_mut().find(|known| known.id == alert.id) {
            Some(known) if known.revision < alert.revision => *known = alert.clone(),
            Some(_) => {}
            None => last.push(alert.clone()),
        }
    }
    last
}

/// Puts every scenario, as raw telemetry of every kind that its platform has, through rules and a policy: a JSON array with an
/// object each, with the `behavior`, the id of the `scenario`, whether it is an `attack`, the `telemetry`, the `atomics`, the
/// `verdict` and its `detail`: `pass`; `blind`, with what this telemetry lacks; `suppressed`, with the entry of the policy
/// that hides it; `failed`, with what was seen. It takes many seconds. On `IPCSENTRY_ERR_POLICY` the error is written to
/// `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_scenarios_try(
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, policy) = unsafe { (ptr::borrow(catalog)?, policy.bytes()?) };
        // SAFETY: by the header's contract.
        let (out, error) = unsafe { (Out::new(document)?, Out::optional(error)) };
        let policy = engine::policy(policy, catalog.catalog()).map_err(|e| e.report(error))?;
        let cases: Vec<Value> = Trial::new(catalog.catalog(), &policy).cases().map(|case| case.to_json()).collect();
        out.set(ipcsentry_document::of(Value::from(cases).to_string()));
        Ok(IPCSENTRY_OK)
    })
}

fn scenario(id: &[u8]) -> Option<&'static Scenario> {
    all().iter().find(|scenario| scenario.id().as_bytes() == id)
}
