//! Control validation through the C interface: what a sensor would show, settings that mend, and what a change of rules
//! changes, are those of Rust.

use std::ptr::{null, null_mut};

use ipcsentry::report::{FleetCoverage, Remedy};
use ipcsentry::scenario::{self, Profile};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_ffi::output::ipcsentry_alerts_changes;
use ipcsentry_ffi::sensor::*;
use ipcsentry_ffi::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_NULL};
use ipcsentry_tests::c_api::{CAlert, CCatalog, CEngine, text, written};
use serde_json::{Value, json};

#[test]
fn a_sensor_shows_what_rust_says() {
    let catalog = CCatalog::builtin();
    let shown = |policy: &str, profile: &str| {
        let (policy, profile) = (policy.as_bytes(), profile.as_bytes());
        // SAFETY: good handles, texts and outputs.
        written(|document, error| unsafe {
            ipcsentry_profile_json(catalog.0, text(policy), text(profile), document, error)
        })
    };
    let found = shown("", "linux_auditd_execve").expect("a built-in profile");
    let (_, profile) = Profile::builtin().find(|(name, _)| *name == "linux_auditd_execve").expect("it ships");
    let mut host = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    profile.send_all(&mut host);
    assert_eq!(found["remedy"], Remedy::of(&host.coverage()).to_json());
    assert_eq!(found["coverage"][0]["host"], profile.name);
    let raised = profile.raised(&Catalog::builtin(), &Policy::default());
    assert_eq!(found["behaviors"].as_array().map(Vec::len), Some(raised.len()));
    for (of, due) in found["behaviors"].as_array().into_iter().flatten().zip(&raised) {
        assert_eq!((&of["code"], &of["found"]), (&json!(due.behavior), &json!(due.found)));
        assert_eq!(of["severity"].is_null(), due.severity.is_none());
    }
    let own = r#"{"name": "mine", "platform": "linux", "about": "starts alone", "kinds": ["process_start"]}"#;
    assert_eq!(shown("", own).expect("a profile of one's own")["profile"], "mine");
    let (status, said) =
        shown("", r#"{"name": "mine", "platform": "beos", "about": "", "kinds": []}"#).expect_err("no");
    assert!(status == IPCSENTRY_ERR_ARGUMENT && said.contains("beos"), "{said}");
}

#[test]
fn hosts_are_told_what_to_set() {
    let engine = CEngine::new(|_| {});
    let remedy = || {
        // SAFETY: good handles and outputs.
        written(|document, _| unsafe { ipcsentry_engine_remedy_json(engine.0, document) }).expect("a remedy")
    };
    assert_eq!(remedy()["missing"], json!([]), "no host, nothing missing");
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    engine.feed_model(&attack.events()[0], false);
    let lines = remedy()["settings"].to_string();
    assert!(lines.contains("-a always,exit") && lines.contains("mknod"), "{lines}");
}

#[test]
fn a_fleet_is_one_layer() {
    let engine = CEngine::new(|_| {});
    let fleet = || {
        // SAFETY: good handles and outputs.
        written(|document, _| unsafe { ipcsentry_engine_fleet_json(engine.0, document) }).expect("a fleet")
    };
    assert_eq!(fleet()["fleet"]["hosts"], 0);
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    let mut host = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for event in attack.events() {
        engine.feed_model(&event, false);
        host.feed(&event);
    }
    let due = FleetCoverage::of(&host.coverage());
    let found = fleet();
    assert_eq!(found["fleet"], serde_json::from_str::<Value>(&due.to_json()).expect("JSON"));
    assert_eq!(found["navigator"], ipcsentry_outputs::navigator(&due));
}

#[test]
fn a_change_of_rules_is_named() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let engine = CEngine::new(|_| {});
    for event in attack.events() {
        engine.feed_model(&event, false);
    }
    engine.flush(true);
    let alerts = engine.alerts();
    let handles: Vec<_> = alerts.iter().map(CAlert::handle).collect();
    let all: Vec<Value> = alerts.iter().map(|alert| serde_json::from_str(&alert.json()).expect("JSON")).collect();
    let due = &all.iter().min_by_key(|one| one["time"].as_str().map(String::from)).expect("it alerts")["id"];
    let compare = |old: &[_], new: &[_]| {
        // SAFETY: good handles and outputs.
        written(|document, _| unsafe {
            ipcsentry_alerts_changes(old.as_ptr(), old.len(), new.as_ptr(), new.len(), document)
        })
    };
    assert_eq!(compare(&handles, &handles), Ok(json!([])));
    for (found, change) in [(compare(&handles, &[]), "gone"), (compare(&[], &handles), "new")] {
        let found = found.expect("a comparison");
        let first = &found[0];
        assert!(first["change"] == change && first["alert"]["id"] == *due, "{found:#}");
    }
    let mut document = null_mut();
    // SAFETY: NULL where alerts should be.
    let status = unsafe { ipcsentry_alerts_changes(null(), 1, null(), 0, &raw mut document) };
    assert!(status == IPCSENTRY_ERR_NULL && document.is_null());
}
