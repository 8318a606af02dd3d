//! The built-in scenarios through the C interface: their telemetry and the verdicts on them are those of Rust.

use std::process::Command;
use std::ptr::{null, null_mut};

use ipcsentry::scenario::{self, Scenario, Telemetry, Trial};
use ipcsentry::{Catalog, Policy};
use ipcsentry_ffi::alert::ipcsentry_alert;
use ipcsentry_ffi::scenarios::*;
use ipcsentry_ffi::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_POLICY};
use ipcsentry_tests::c::{Link, compile_with, scratch};
use ipcsentry_tests::c_api::{CAlert, CCatalog, CEngine, text, written};
use serde_json::{Value, json};

fn attack(code: &str) -> &'static Scenario {
    scenario::all().iter().find(|s| s.behavior() == code && s.is_positive()).expect("there is one")
}

fn listed() -> Value {
    // SAFETY: a good output.
    written(|document, _| unsafe { ipcsentry_scenarios_json(document) }).expect("a list")
}

#[test]
fn scenarios_and_their_telemetry_are_those_of_rust() {
    let listed = listed();
    let all = listed.as_array().expect("a list");
    assert_eq!(all.len(), scenario::all().len());
    for (found, due) in all.iter().zip(scenario::all()) {
        assert_eq!((&found["id"], &found["attack"]), (&json!(due.id()), &json!(due.is_positive())));
        assert_eq!(found["platform"], due.os().name());
        assert!(!found["telemetry"].as_array().expect("a list").is_empty(), "{}", due.id());
    }
    let render = |id: &str, telemetry: &str| {
        // SAFETY: good texts and outputs.
        written(|document, error| unsafe {
            ipcsentry_scenario_render(text(id.as_bytes()), text(telemetry.as_bytes()), document, error)
        })
    };
    for due in scenario::all().iter().filter(|scenario| scenario.is_positive()) {
        for telemetry in due.telemetry() {
            let files = due.render(telemetry).expect("it can be rendered");
            let one = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let files = files.iter().map(|f| json!({"format": f.format.name(), "text": one(&f.bytes)}));
            assert_eq!(render(due.id(), telemetry.name()).expect("files"), files.collect::<Value>());
        }
    }
    for (id, telemetry, why) in [("no", "evtx", "no such"), (attack("L05").id(), "evtx", "this telemetry")] {
        let (status, said) = render(id, telemetry).expect_err("no");
        assert!(status == IPCSENTRY_ERR_ARGUMENT && said.contains(why), "{said}");
    }
}

#[test]
fn what_came_of_a_scenario_is_judged() {
    let attack = attack("L05");
    let engine = CEngine::new(|_| {});
    for event in attack.events() {
        engine.feed_model(&event, false);
    }
    engine.flush(true);
    let alerts = engine.alerts();
    let handles: Vec<*const ipcsentry_alert> = alerts.iter().map(CAlert::handle).collect();
    let met = |id: &str, alerts: &[*const ipcsentry_alert]| {
        let (list, count) = (alerts.as_ptr(), alerts.len());
        // SAFETY: good handles, texts and outputs.
        written(|document, _| unsafe { ipcsentry_scenario_met_by(text(id.as_bytes()), list, count, document) })
    };
    assert_eq!(met(attack.id(), &handles).expect("a verdict"), json!({"met": true, "seen": null}));
    let missed = met(attack.id(), &[]).expect("a verdict");
    assert!(missed["met"] == false && missed["seen"].to_string().contains("nothing was seen"), "{missed}");
    let benign = scenario::all().iter().find(|s| s.behavior() == "L05" && !s.is_positive()).expect("there is one");
    assert_eq!(met(benign.id(), &[]).expect("a verdict")["met"], true);
    assert_eq!(met(benign.id(), &handles).expect("a verdict")["met"], false);
    let mut document = null_mut();
    // SAFETY: no alerts, a good text and a good output.
    let status = unsafe { ipcsentry_scenario_met_by(text(b"none"), null(), 0, &raw mut document) };
    assert!(status == IPCSENTRY_ERR_ARGUMENT && document.is_null(), "no such scenario");
}

#[test]
fn verdicts_are_those_of_rust() {
    let catalog = CCatalog::builtin();
    let with = |policy: &str| {
        // SAFETY: good handles, texts and outputs.
        written(|document, error| unsafe {
            ipcsentry_scenarios_try(catalog.0, text(policy.as_bytes()), document, error)
        })
    };
    let policy = r#"{"disabled": ["L02"]}"#;
    let rules = Catalog::builtin();
    let own = Policy::for_catalog(policy.as_bytes(), &rules).expect("a policy");
    let due: Value = Trial::new(&rules, &own).cases().map(|case| case.to_json()).collect();
    assert_eq!(with(policy).expect("verdicts"), due);
    assert_eq!(with("{").expect_err("no policy").0, IPCSENTRY_ERR_POLICY);
}

/// The program that an embedder starts from, under sanitizers of its own code.
#[test]
fn the_program_validates_a_policy_and_one_scenario() {
    let options = ["-DIPCSENTRY_VALIDATION", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let program = compile_with("examples/validate.c", Link::Shared, &options);
    let run = |arguments: &[&str]| {
        let output = Command::new(&program).args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said)
    };
    for (code, telemetry) in
        [("L05", Telemetry::Auditd), ("W02", Telemetry::Evtx), ("M09", Telemetry::EsloggerAndLogText)]
    {
        let scenario = attack(code);
        let (status, said) = run(&[scenario.id(), telemetry.name()]);
        assert!(status == Some(0) && said.contains("\"met\":true"), "{code}: {said}");
    }
    let (status, said) = run(&["no such scenario", "evtx"]);
    assert!(status == Some(2) && said.contains("there is no such scenario"), "{said}");
    let policy = scratch("policy.json", br#"{"disabled": ["L02"]}"#);
    let (status, said) = run(&[&policy.display().to_string()]);
    assert!(status == Some(1) && said.contains("disabled[0]") && said.contains(" 0 failed"), "{said}");
    std::fs::remove_file(policy).and_then(|()| std::fs::remove_file(program)).expect("just made");
}
