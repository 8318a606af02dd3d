//! Tuning with proof: the narrowest entries of a policy for alerts that are benign, and the attacks that entries and
//! baselines would hide.

use ipcsentry::scenario;
use serde_json::{Value, json};

use crate::alert::ipcsentry_alert;
use crate::baseline::ipcsentry_baseline;
use crate::catalog::ipcsentry_catalog;
use crate::engine;
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::output::{ipcsentry_document, parsed};
use crate::ptr::{self, Out};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// Proposes the narrowest entries of a policy for `count` alerts that are benign: a JSON array with an object an entry, with
/// the ids of the `alerts` that it covers, the `entry` for `suppressions` (null where too little is known, with `why_not`),
/// the ids of the attacks that it `hides`, and `is_safe`, false if it hides one or is none. It tries every built-in attack
/// of `catalog` and variants of it, which takes seconds and megabytes: call it for somebody who tunes, not for every alert.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_tuning_suggest(
    catalog: *const ipcsentry_catalog,
    alerts: *const *const ipcsentry_alert,
    count: usize,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, alerts, out) =
            unsafe { (ptr::borrow(catalog)?, ptr::handles(alerts, count)?, Out::new(document)?) };
        let one = |found: scenario::Suggestion| {
            let is_safe = found.is_safe();
            json!({
                "alerts": found.alerts, "entry": found.entry, "why_not": found.why_not, "hides": found.hides,
                "is_safe": is_safe,
            })
        };
        let found: Vec<Value> = scenario::suggest(&parsed(&alerts), catalog.catalog()).into_iter().map(one).collect();
        out.set(ipcsentry_document::of(Value::from(found).to_string()));
        Ok(IPCSENTRY_OK)
    })
}

/// The attacks that each entry of a policy would hide if they happened on its hosts, at its times and as its users: a JSON
/// array of objects with the JSON path of the `entry`, the id of the `scenario` and the code of the `behavior`. It tries
/// every built-in attack and variants of it, which takes seconds and megabytes. The policy may name behaviors of `catalog`. On
/// `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_tuning_losses(
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, policy, out, error) =
            unsafe { (ptr::borrow(catalog)?, policy.bytes()?, Out::new(document)?, Out::optional(error)) };
        let policy = engine::policy(policy, catalog.catalog()).map_err(|e| e.report(error))?;
        let losses = scenario::losses(&policy, catalog.catalog());
        out.set(ipcsentry_document::of(listed(losses, "entry")));
        Ok(IPCSENTRY_OK)
    })
}

/// The attacks that a baseline would lower if they happened on hosts of its groups: a JSON array of objects with the
/// `group` (empty for hosts of none), the id of the `scenario` and the code of the `behavior`. `policy` and `error` are as in
/// `ipcsentry_tuning_losses`, and it takes as long for each group.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_tuning_lowered(
    catalog: *const ipcsentry_catalog,
    baseline: *const ipcsentry_baseline,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, baseline) = unsafe { (ptr::borrow(catalog)?, ptr::borrow(baseline)?) };
        // SAFETY: by the header's contract.
        let (policy, out, error) = unsafe { (policy.bytes()?, Out::new(document)?, Out::optional(error)) };
        let policy = engine::policy(policy, catalog.catalog()).map_err(|e| e.report(error))?;
        let losses = scenario::lowered(baseline.baseline(), &policy, catalog.catalog());
        out.set(ipcsentry_document::of(listed(losses, "group")));
        Ok(IPCSENTRY_OK)
    })
}

/// Attacks as a JSON array; `of` names what would hide them.
fn listed(losses: Vec<scenario::Loss>, of: &str) -> String {
    let one = |loss: scenario::Loss| json!({of: loss.entry, "scenario": loss.scenario, "behavior": loss.behavior});
    Value::from(losses.into_iter().map(one).collect::<Vec<_>>()).to_string()
}
