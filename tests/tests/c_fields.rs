//! What the C interface says without JSON is what the JSON says: every field of every alert of the scenarios, every
//! counter, every behavior; and the JSON it returns is as the schemas say.

use std::ptr::null_mut;

use ipcsentry::{Catalog, scenario};
use ipcsentry_ffi::alert_fields::{
    IPCSENTRY_PART_ACTOR, ipcsentry_alert_fields, ipcsentry_alert_get, ipcsentry_alert_process, ipcsentry_part,
};
use ipcsentry_ffi::investigate::{
    ipcsentry_engine_explain_json, ipcsentry_engine_exposure_json, ipcsentry_engine_near_misses_json,
    ipcsentry_engine_timeline_json,
};
use ipcsentry_ffi::rule::{
    ipcsentry_catalog_rule, ipcsentry_catalog_rule_source, ipcsentry_catalog_rule_technique,
    ipcsentry_catalog_rule_was, ipcsentry_policy_check, ipcsentry_rule,
};
use ipcsentry_ffi::stats::{ipcsentry_engine_coverage_json, ipcsentry_engine_stats_json};
use ipcsentry_ffi::status::{IPCSENTRY_ERR_POLICY, IPCSENTRY_NONE, IPCSENTRY_OK};
use ipcsentry_tests::c_api::{CCatalog, CEngine, error_of, taken, text};
use ipcsentry_tests::schema;
use serde_json::Value;

fn schema_of(name: &str) -> Value {
    let path = ipcsentry_tests::c::root().join("core/docs").join(name);
    serde_json::from_str(&std::fs::read_to_string(&path).expect("a schema")).expect("JSON")
}

#[test]
fn every_field_of_an_alert_is_that_of_its_json() {
    let schema = schema_of("alert.schema.json");
    let (mut alerts, mut members) = (0, std::collections::BTreeSet::new());
    for scenario in scenario::all() {
        let engine = CEngine::new(|_| {});
        for event in &scenario.events() {
            let mut event = event.clone();
            event.actor.hash = Some(b"SHA256=00");
            let image = event.actor.image.map(with_folder);
            event.actor.image = image.as_deref();
            engine.feed_model(&event, false);
        }
        engine.flush(false);
        for alert in engine.alerts() {
            let json: Value = serde_json::from_str(&alert.json()).expect("JSON");
            assert_eq!(alert.from_fields(), json, "{}", scenario.id());
            assert_eq!(schema::faults(&schema, &json), Vec::<String>::new());
            list(&json, "", &mut members);
            alerts += 1;
        }
    }
    assert!(alerts > 100, "{alerts} alerts compared");
    // Members that few alerts have were compared, too.
    for rare in [
        "initiator.address",
        "candidates[].process.image",
        "also[]",
        "actor.hash",
        "image_hex",
        "suppressible",
        ".was[]",
    ] {
        assert!(members.iter().any(|member| member.ends_with(rare)), "no alert has {rare}: {members:?}");
    }
}

/// The image in a folder whose name is not UTF-8, if it is in `/home`.
fn with_folder(image: &[u8]) -> Vec<u8> {
    image.strip_prefix(b"/home/").map_or_else(|| image.to_vec(), |rest| [b"/home/\xff", rest].concat())
}

/// The paths of all members.
fn list(value: &Value, path: &str, all: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| list(value, &format!("{path}.{name}"), all)),
        Value::Array(items) => items.iter().for_each(|item| list(item, &format!("{path}[]"), all)),
        Value::Null => {}
        _ => {
            all.insert(path.to_owned());
        }
    }
}

#[test]
fn every_counter_is_that_of_the_json() {
    let engine = CEngine::new(|limits| limits.max_alerts = 1);
    for scenario in scenario::all().iter().filter(|s| s.is_positive()).take(40) {
        for event in scenario.events() {
            engine.feed_model(&event, false);
        }
    }
    let (stats, json) = (engine.stats(), engine.json(ipcsentry_engine_stats_json));
    assert_eq!(schema::faults(&schema_of("stats.schema.json"), &json), Vec::<String>::new());
    let said = format!("{stats:?}");
    let mut compared = 0;
    for (name, value) in json.as_object().expect("an object") {
        if value.is_number() {
            assert!(said.contains(&format!(" {name}: {value}")), "{name}: {value} in {said}");
            compared += 1;
        }
    }
    assert_eq!(compared + 1, said.matches(": ").count(), "{said}");
    assert!(stats.alerts_dropped > 0 && stats.events > 0);
}

#[test]
fn coverage_is_that_of_the_library_and_as_its_schema_says() {
    let engine = CEngine::new(|_| {});
    for scenario in scenario::all().iter().take(20) {
        for event in scenario.events() {
            engine.feed_model(&event, false);
        }
    }
    let json = engine.json(ipcsentry_engine_coverage_json);
    assert_eq!(schema::faults(&schema_of("coverage.schema.json"), &json), Vec::<String>::new());
    assert!(!json.as_array().expect("a list").is_empty());
    assert_eq!(CEngine::new(|_| {}).json(ipcsentry_engine_coverage_json), Value::Array(Vec::new()));
}

#[test]
fn answers_to_an_analyst_are_as_their_schema_says() {
    let schema = schema_of("investigation.schema.json");
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    let container = scenario::all().iter().find(|s| s.id() == "linux.everyday.compose_plugin").expect("there is one");
    let engine = CEngine::new(|_| {});
    for event in attack.events().iter().chain(&container.events()) {
        engine.feed_model(event, false);
    }
    engine.flush(false);
    let alerts: Vec<Value> =
        engine.alerts().iter().map(|alert| serde_json::from_str(&alert.json()).expect("JSON")).collect();
    let (id, host) = (alerts[0]["id"].as_str().expect("an id"), alerts[0]["host"].as_str().expect("a host"));
    let pid = alerts[0]["initiator"]["process"]["pid"].as_u64().expect("a pid") as u32;
    let mut out = text(b"");
    // SAFETY: good handles and outputs; each text is read before the next call.
    let answers = unsafe {
        let near = ipcsentry_engine_near_misses_json(engine.0, 20, &raw mut out);
        let near = (near, taken(out).expect("text"));
        let line = ipcsentry_engine_timeline_json(engine.0, text(id.as_bytes()), 1 << 40, 1 << 40, &raw mut out);
        let line = (line, taken(out).expect("text"));
        let known = ipcsentry_engine_explain_json(engine.0, text(host.as_bytes()), pid, &raw mut out);
        let known = (known, taken(out).expect("text"));
        let exposed = ipcsentry_engine_exposure_json(engine.0, &raw mut out);
        [
            ("near_misses", near),
            ("timeline", line),
            ("processes", known),
            ("exposures", (exposed, taken(out).expect("text"))),
        ]
    };
    for (name, (status, json)) in answers {
        assert_eq!(status, IPCSENTRY_OK, "{name}");
        let value: Value = serde_json::from_str(&json).expect("JSON");
        assert!(value.as_array().is_none_or(|all| !all.is_empty()), "{name}");
        assert_eq!(schema::faults(&schema, &serde_json::json!({ name: value })), Vec::<String>::new(), "{name}");
    }
    // SAFETY: as above.
    unsafe {
        assert_eq!(ipcsentry_engine_timeline_json(engine.0, text(b"none"), 0, 0, &raw mut out), IPCSENTRY_NONE);
        let wrong = ipcsentry_engine_timeline_json(engine.0, text(b"\xff"), 0, 0, &raw mut out);
        assert_eq!(wrong, ipcsentry_ffi::status::IPCSENTRY_ERR_ARGUMENT);
    }
}

#[test]
fn rules_are_listed() {
    let catalog = CCatalog::builtin();
    let builtin = Catalog::builtin();
    // SAFETY: plain data.
    let mut rule: ipcsentry_rule = unsafe { std::mem::zeroed() };
    rule.type_size = size_of::<ipcsentry_rule>() as u64;
    for (number, expected) in builtin.rules().iter().enumerate() {
        // SAFETY: good handles and outputs, and the catalog is alive.
        unsafe {
            assert_eq!(ipcsentry_catalog_rule(catalog.0, number, &raw mut rule), IPCSENTRY_OK);
            assert_eq!(taken(rule.code).as_ref(), Some(&expected.code));
            assert_eq!(taken(rule.id).as_ref(), Some(&expected.id));
            assert_eq!(taken(rule.title).as_ref(), Some(&expected.title));
            let (mut techniques, mut sources, mut was, mut out) = (Vec::new(), Vec::new(), Vec::new(), text(b""));
            while ipcsentry_catalog_rule_was(catalog.0, number, was.len(), &raw mut out) == IPCSENTRY_OK {
                was.push(taken(out).expect("text"));
            }
            while ipcsentry_catalog_rule_technique(catalog.0, number, techniques.len(), &raw mut out) == IPCSENTRY_OK {
                techniques.push(taken(out).expect("text"));
            }
            while ipcsentry_catalog_rule_source(catalog.0, number, sources.len(), &raw mut out) == IPCSENTRY_OK {
                sources.push(taken(out).expect("text"));
            }
            assert_eq!((&techniques, &sources), (&expected.techniques, &expected.sources));
            assert_eq!((rule.techniques, rule.sources), (techniques.len() as u64, sources.len() as u64));
            assert_eq!((&was, rule.was), (&expected.was, was.len() as u64));
        }
        assert_eq!(rule.os.0, expected.platforms[0] as u32 + 1);
        assert_eq!(rule.alerts.0 == 1, expected.alerts);
        assert_eq!(rule.severity.0, (expected.severity as i32 + 1) * 10);
    }
    // SAFETY: as above.
    let beyond = unsafe { ipcsentry_catalog_rule(catalog.0, builtin.rules().len(), &raw mut rule) };
    assert_eq!(beyond, IPCSENTRY_NONE);
}

#[test]
fn a_policy_is_checked_with_its_warnings() {
    let check = |policy: &[u8], number| {
        let (mut warning, mut error) = (null_mut(), null_mut());
        // SAFETY: good outputs.
        let status = unsafe { ipcsentry_policy_check(text(policy), number, &raw mut warning, &raw mut error) };
        let handle = if warning.is_null() { error } else { warning };
        // SAFETY: it was just returned.
        (status, if handle.is_null() { String::new() } else { unsafe { error_of(handle) }.1 })
    };
    let narrow = br#"{"elements": [{"element": "PipeNamePattern", "name": "status_*"}]}"#;
    assert_eq!(check(narrow, 0), (IPCSENTRY_OK, "elements[0]".into()));
    assert_eq!(check(narrow, 1), (IPCSENTRY_NONE, String::new()));
    assert_eq!(check(br#"{"min_confidense": 5}"#, 0), (IPCSENTRY_ERR_POLICY, "min_confidense".into()));
    assert_eq!(check(b"{}", 0), (IPCSENTRY_NONE, String::new()));
}

#[test]
fn older_and_newer_callers_get_what_they_know() {
    let scenario = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let engine = CEngine::new(|_| {});
    for event in scenario.events() {
        engine.feed_model(&event, false);
    }
    engine.flush(false);
    let alerts = engine.alerts();
    let alert = alerts.first().expect("an alert");
    /// What a newer header has.
    #[repr(C)]
    struct Newer {
        fields: ipcsentry_alert_fields,
        later: [u64; 4],
    }
    let size = size_of::<ipcsentry_alert_fields>() as u64;
    // SAFETY: plain data.
    let mut newer: Newer = unsafe { std::mem::zeroed() };
    newer.fields.type_size = size_of::<Newer>() as u64;
    newer.later = [7; 4];
    // SAFETY: as many bytes as `type_size` says.
    let status = unsafe { ipcsentry_alert_get(alert.handle(), (&raw mut newer).cast()) };
    assert_eq!((status, newer.fields.type_size, newer.later), (IPCSENTRY_OK, size + 32, [0; 4]));
    // What the first header had, and no less.
    let first = std::mem::offset_of!(ipcsentry_alert_fields, attack_version) as u64;
    newer.fields.type_size = first;
    newer.fields.was = 7;
    // SAFETY: as above.
    let status = unsafe { ipcsentry_alert_get(alert.handle(), (&raw mut newer).cast()) };
    assert_eq!((status, newer.fields.revision > 0, newer.fields.was), (IPCSENTRY_OK, true, 7));
    for wrong in [0, first - 8, 4097] {
        newer.fields.type_size = wrong;
        // SAFETY: as above.
        let status = unsafe { ipcsentry_alert_get(alert.handle(), (&raw mut newer).cast()) };
        assert_eq!(status.0, -3, "type_size {wrong}");
    }
    // SAFETY: plain data.
    let mut info: ipcsentry_ffi::alert_fields::ipcsentry_process_info = unsafe { std::mem::zeroed() };
    info.type_size = size_of_val(&info) as u64;
    for (part, number) in [(ipcsentry_part(0), 0), (ipcsentry_part(99), 0), (IPCSENTRY_PART_ACTOR, 1)] {
        // SAFETY: a good handle and output.
        assert_eq!(unsafe { ipcsentry_alert_process(alert.handle(), part, number, &raw mut info) }.0, -2);
    }
}
