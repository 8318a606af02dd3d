//! No requirement of a macOS behaviour is idle: without it some benign twin of the behaviour would raise an alert.

use std::fs;
use std::path::Path;

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalogue, Engine, Limits, Policy};
use serde_json::{Value, json};

/// The behaviours as they stand in the data.
fn behaviours() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/catalogue/data/behaviours");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the data").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.retain(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with("macos")));
    let read = |file| -> Vec<Value> { serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON") };
    files.iter().flat_map(read).collect()
}

/// Every way to leave out one requirement: one element of a list of which all must hold.
fn without_one(require: &Value) -> Vec<(String, Value)> {
    let mut ways = Vec::new();
    if let Some(list) = require["all"].as_array() {
        for at in 0..list.len() {
            let mut rest = list.clone();
            let gone = rest.remove(at);
            ways.push((gone.to_string(), json!({"all": rest})));
        }
    }
    for kind in ["all", "any"] {
        for (at, element) in require[kind].as_array().into_iter().flatten().enumerate() {
            for (gone, less) in without_one(element) {
                let mut changed = require.clone();
                changed[kind][at] = less;
                ways.push((gone, changed));
            }
        }
    }
    ways.retain(|(_, require)| !require.to_string().contains("[]"));
    ways
}

/// Whether the story raises anything with this behaviour alone.
fn raises(behaviour: &Value, story: &Scenario) -> bool {
    let text = json!({"behaviours": [behaviour]}).to_string();
    let catalogue = Catalogue::from_json(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    // However weak.
    let policy = Policy::from_json(br#"{"min_confidence": 0}"#).expect("a good policy");
    let mut engine = Engine::new(catalogue, policy, limits);
    for event in story.events() {
        engine.feed(&event);
    }
    engine.flush();
    engine.poll_alert().is_some()
}

#[test]
fn without_any_requirement_some_twin_alerts() {
    let mut idle = Vec::new();
    let mut ways = 0;
    for mut behaviour in behaviours() {
        // Forms for hosts where a leg cannot be seen have requirements of their own.
        behaviour["solo"] = json!([]);
        let code = behaviour["code"].as_str().expect("a code").to_owned();
        let twins: Vec<_> = scenario::all().iter().filter(|s| s.behavior() == code && !s.is_positive()).collect();
        assert!(twins.len() >= 2, "{code} has {} twins", twins.len());
        assert!(twins.iter().all(|twin| !raises(&behaviour, twin)), "{code}: a twin alerts");
        for (gone, require) in without_one(&behaviour["require"]) {
            ways += 1;
            let mut changed = behaviour.clone();
            changed["require"] = require;
            // What counts only after the requirement that is gone counts at any time.
            for clause in changed["clauses"].as_object_mut().expect("clauses").values_mut() {
                let after = clause["after"].as_array().cloned().unwrap_or_default();
                if after.iter().any(|name| gone.contains(&name.to_string())) {
                    clause.as_object_mut().expect("a clause").remove("after");
                }
            }
            if !twins.iter().any(|twin| raises(&changed, twin)) {
                idle.push(format!("{code} without {gone}"));
            }
        }
    }
    println!("{ways} requirements left out");
    assert!(idle.is_empty(), "no twin alerts:\n{}", idle.join("\n"));
}
