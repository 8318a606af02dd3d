//! Every alert is as `core/docs/alert.schema.json` says: over the scenarios, the recordings and the alert the readme shows.

use std::collections::BTreeSet;

use ipcsentry::report::SCHEMA_VERSION;
use ipcsentry::scenario;
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::{raised, suppressed};
use ipcsentry_tests::document::text;
use ipcsentry_tests::recordings::{self, hunt};
use ipcsentry_tests::schema::faults;
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(&text("core/docs/alert.schema.json")).expect("JSON")
}

fn value(alert: &Alert) -> Value {
    serde_json::from_str(&alert.to_json()).expect("an alert is JSON")
}

#[test]
fn alerts_of_scenarios_are_as_the_schema_says() {
    let schema = schema();
    assert_eq!(schema["properties"]["schema_version"]["const"], json!(SCHEMA_VERSION));
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for scenario in scenario::all() {
        for alert in raised(scenario, Policy::default()) {
            let value = value(&alert);
            seen.extend(value.as_object().expect("an object").keys().cloned());
            wrong.extend(faults(&schema, &value).into_iter().map(|fault| format!("{}: {fault}", scenario.id())));
        }
    }
    let attack = scenario::all().iter().find(|s| s.behavior() == "W13" && s.is_positive()).expect("there is one");
    let policy = Policy::from_json(br#"{"suppressions": [{"behavior": "W13"}]}"#).expect("a policy");
    let suppressed = suppressed(attack, policy);
    assert!(!suppressed.is_empty());
    for alert in &suppressed {
        seen.extend(value(alert).as_object().expect("an object").keys().cloned());
        wrong.extend(faults(&schema, &value(alert)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: BTreeSet<String> = schema["properties"].as_object().expect("properties").keys().cloned().collect();
    assert_eq!(seen, known, "the schema names what alerts have");
}

#[test]
fn alerts_of_recordings_are_as_the_schema_says() {
    let Some(recordings) = recordings::all() else { return };
    let (schema, mut wrong) = (schema(), Vec::new());
    for recording in &recordings {
        let Some(format) = recording.format else { continue };
        for alert in hunt(format, &[&recording.bytes]).0 {
            wrong.extend(faults(&schema, &value(&alert)).into_iter().map(|fault| format!("{}: {fault}", recording.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_schema_does_not_say_is_found() {
    let schema = schema();
    let attack = scenario::all().iter().find(|s| s.is_positive()).expect("there is one");
    let sound = value(raised(attack, Policy::default()).first().expect("it alerts"));
    assert_eq!(faults(&schema, &sound), Vec::<String>::new());
    let broken: &[(&str, Value)] = &[
        ("/severity", json!("severe")),
        ("/confidence", json!(2)),
        ("/id", json!("x")),
        ("/count", json!(0)),
        ("/evidence", json!([])),
        ("/evidence/0/role", json!("proof")),
        ("/ipc_preceded_execution", json!(true)),
        ("/schema_version", json!(2)),
        ("/techniques", json!(["1559"])),
        ("/initiator", json!({"kind": "process"})),
        ("/time", json!("today")),
    ];
    for (place, with) in broken {
        let mut value = sound.clone();
        *value.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = with.clone();
        assert!(!faults(&schema, &value).is_empty(), "{place} {with}");
    }
    let mut more = sound;
    more["mood"] = json!("good");
    assert!(!faults(&schema, &more).is_empty(), "an unknown member");
}
