//! Tuning through the C interface: suggestions, and what entries and baselines would hide, are those of Rust.

use std::ptr::{null, null_mut};

use ipcsentry::baseline::Baseline;
use ipcsentry::scenario::{self, Loss};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_ffi::baseline::{ipcsentry_baseline_free, ipcsentry_baseline_read};
use ipcsentry_ffi::status::{IPCSENTRY_ERR_NULL, IPCSENTRY_ERR_POLICY, IPCSENTRY_OK};
use ipcsentry_ffi::tuning::*;
use ipcsentry_tests::c_api::{CAlert, CCatalog, CEngine, text, written};
use serde_json::{Value, json};

/// One entry that hides attacks, and one that is narrow.
const POLICY: &str = r#"{"suppressions": [
    {"behavior": "L02", "host": "web-1", "user": "deploy"},
    {"behavior": "L02", "host": "web-1", "initiator_image": "/opt/deploy/agent"}
]}"#;

fn listed(losses: Vec<Loss>, of: &str) -> Value {
    losses
        .into_iter()
        .map(|loss| json!({of: loss.entry, "scenario": loss.scenario, "behavior": loss.behavior}))
        .collect()
}

#[test]
fn what_a_policy_hides_is_what_rust_says() {
    let catalog = CCatalog::builtin();
    let losses = |policy: &str| {
        let policy = policy.as_bytes();
        // SAFETY: good handles, texts and outputs.
        written(|document, error| unsafe { ipcsentry_tuning_losses(catalog.0, text(policy), document, error) })
    };
    let policy = Policy::from_json(POLICY.as_bytes()).expect("a policy");
    let due = listed(scenario::losses(&policy, &Catalog::builtin()), "entry");
    assert!(due.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|l| l["entry"] == "suppressions[0]")));
    assert_eq!(losses(POLICY), Ok(due));
    assert_eq!(losses(""), Ok(json!([])), "the default policy hides nothing");
    let (status, said) = losses(r#"{"suppressions": [{"behavior": "X99"}]}"#).expect_err("there is no such behavior");
    assert!(status == IPCSENTRY_ERR_POLICY && said.contains("X99"), "{said}");
}

#[test]
fn entries_are_suggested_as_in_rust() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let engine = CEngine::new(|_| {});
    for event in attack.events() {
        engine.feed_model(&event, false);
    }
    engine.flush(true);
    let (catalog, alerts) = (CCatalog::builtin(), engine.alerts());
    let handles: Vec<_> = alerts.iter().map(CAlert::handle).collect();
    let suggest = |first, count| {
        // SAFETY: good handles and outputs.
        written(|document, _| unsafe { ipcsentry_tuning_suggest(catalog.0, first, count, document) })
    };
    let benign: Vec<Value> = alerts.iter().map(|alert| serde_json::from_str(&alert.json()).expect("JSON")).collect();
    let found = suggest(handles.as_ptr(), handles.len()).expect("suggestions");
    let due = scenario::suggest(&benign, &Catalog::builtin());
    assert!(!due.is_empty());
    for (number, due) in due.iter().enumerate() {
        let one = &found[number];
        assert_eq!((&one["alerts"], &one["hides"]), (&json!(due.alerts), &json!(due.hides)));
        assert_eq!((&one["entry"], &one["is_safe"]), (&json!(due.entry), &json!(due.is_safe())));
        assert_eq!(one["why_not"], json!(due.why_not));
    }
    assert_eq!(suggest(null(), 0), Ok(json!([])));
    let mut document = null_mut();
    // SAFETY: good handles and outputs, or NULL.
    unsafe {
        assert_eq!(ipcsentry_tuning_suggest(null(), null(), 0, &raw mut document), IPCSENTRY_ERR_NULL);
        assert_eq!(ipcsentry_tuning_suggest(catalog.0, null(), 1, &raw mut document), IPCSENTRY_ERR_NULL);
    }
    assert!(document.is_null());
}

#[test]
fn what_a_baseline_lowers_is_what_rust_says() {
    // An attack that is seen on many days is usual under a quorum that wants little.
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    engine.start_learning();
    let attack = scenario::all().iter().find(|s| s.behavior() == "L02" && s.is_positive()).expect("there is one");
    for (day, host) in (0..).zip(["pc-1", "pc-2", "pc-3", "pc-4", "pc-5", "pc-6"]) {
        for mut event in attack.events() {
            (event.host, event.time) = (host.as_bytes(), event.time + day * 86_400_000_000_000);
            engine.feed(&event);
        }
    }
    engine.flush();
    let learned = engine.take_learned().expect("it learns").to_json();
    let quorum: &[u8] = br#"{"baseline": {"hosts": 2, "days": 2}}"#;
    let (baseline, policy) = (Baseline::from_json(learned.as_bytes()), Policy::from_json(quorum));
    let due = scenario::lowered(&baseline.expect("a baseline"), &policy.expect("a policy"), &Catalog::builtin());
    let (catalog, mut handle) = (CCatalog::builtin(), null_mut());
    // SAFETY: good handles, texts and outputs; the baseline is freed once.
    unsafe {
        let read = ipcsentry_baseline_read(text(learned.as_bytes()), &raw mut handle, null_mut());
        assert_eq!(read, IPCSENTRY_OK);
        let call = |document, error| ipcsentry_tuning_lowered(catalog.0, handle, text(quorum), document, error);
        assert_eq!(written(call), Ok(listed(due, "group")));
        ipcsentry_baseline_free(handle);
    }
}
