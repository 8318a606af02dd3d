//! No requirement of a behaviour is idle: its benign twins raise nothing, and without any one requirement some twin
//! would.

use std::fs;
use std::path::Path;

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalogue, Engine, Limits, Policy};
use serde_json::{Value, json};

/// What can be left out unnoticed, and why there is no benign twin to notice it.
const IMPLIED: &[(&str, &str, &str)] = &[
    ("W05", r#"{"absent":"child"}"#, "without it one incident is two alerts, and no twin alerts more"),
    ("W08", r#""serves""#, "its children are children of what serves: it is there for its role"),
    ("W12", r#""task""#, "what was ordered from outside was ordered by a task: it is there for its role"),
    ("W16", r#"{"any":["create","connect"]}"#, "access and shell alone are a weaker form of the same behaviour"),
    ("W26", r#""pipe""#, "access and shell alone are the weaker form of W16"),
];

#[test]
fn windows() {
    without_any_requirement_some_twin_alerts("windows");
}

#[test]
fn linux() {
    without_any_requirement_some_twin_alerts("linux");
}

#[test]
fn macos() {
    without_any_requirement_some_twin_alerts("macos");
}

fn without_any_requirement_some_twin_alerts(platform: &str) {
    let (mut tried, mut idle) = (0, Vec::new());
    for mut behaviour in behaviours(platform) {
        let code = behaviour["code"].as_str().expect("a code").to_owned();
        // Forms for hosts where a leg cannot be seen have requirements of their own, and would hide the mutants.
        behaviour["solo"] = json!([]);
        let twins: Vec<_> = scenario::all().iter().filter(|s| s.behavior() == code && !s.is_positive()).collect();
        assert!(twins.len() >= 2, "{code} has {} benign twins", twins.len());
        for twin in twins.iter().filter(|twin| raises(&behaviour, twin)) {
            idle.push(format!("{code}: {} raises an alert as it is", twin.id()));
        }
        for (gone, require) in without_one(&behaviour["clauses"], &behaviour["require"]) {
            tried += 1;
            let mut mutant = behaviour.clone();
            mutant["require"] = require;
            // What counts only after the requirement that is gone counts at any time.
            for clause in mutant["clauses"].as_object_mut().expect("clauses").values_mut() {
                let after = clause["after"].as_array().cloned().unwrap_or_default();
                if after.iter().any(|name| gone.contains(&name.to_string())) {
                    clause.as_object_mut().expect("a clause").remove("after");
                }
            }
            let noticed = twins.iter().any(|twin| raises(&mutant, twin));
            let implied = IMPLIED.iter().any(|(of, clause, _)| (*of, *clause) == (&*code, &*gone));
            if !noticed && !implied {
                idle.push(format!("{code}: {gone} can be left out unnoticed"));
            }
        }
    }
    println!("{tried} requirements of {platform} left out");
    assert!(idle.is_empty(), "{} of {tried}:\n{}", idle.len(), idle.join("\n"));
}

/// The behaviours of a platform as they stand in the data.
fn behaviours(platform: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/catalogue/data/behaviours");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the data").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.retain(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with(platform)));
    let read = |file| -> Vec<Value> { serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON") };
    files.iter().flat_map(read).collect()
}

/// The requirement without one member of one of its conjunctions, every way there is. A member that is met whenever
/// another is (both look at the same events, and it asks for less) stays: it is only there for its role.
fn without_one(clauses: &Value, require: &Value) -> Vec<(String, Value)> {
    let Some(object) = require.as_object() else { return Vec::new() };
    let mut ways = Vec::new();
    for (key, list) in object {
        let Some(list) = list.as_array() else { continue };
        for (at, member) in list.iter().enumerate() {
            let with = |member: Option<Value>| {
                let mut list = list.clone();
                match member {
                    Some(member) => list[at] = member,
                    None => drop(list.remove(at)),
                }
                let mut object = object.clone();
                object[key] = Value::Array(list);
                Value::Object(object)
            };
            let others = list.iter().enumerate().filter(|(other, _)| *other != at);
            let is_role = others.flat_map(|(_, other)| leaves(other)).any(|other| asks_less(clauses, member, other));
            if key == "all" && list.len() > 1 && !is_role {
                ways.push((member.to_string(), with(None)));
            }
            ways.extend(without_one(clauses, member).into_iter().map(|(what, inner)| (what, with(Some(inner)))));
        }
    }
    ways
}

/// The clauses that a requirement names.
fn leaves(require: &Value) -> Vec<&Value> {
    match require {
        Value::Object(object) => object.values().flat_map(leaves).collect(),
        Value::Array(list) => list.iter().flat_map(leaves).collect(),
        name => vec![name],
    }
}

/// Whether the clause `member` is met by every event that meets `other`, once each.
fn asks_less(clauses: &Value, member: &Value, other: &Value) -> bool {
    let clause = |name: &Value| name.as_str().map(|name| &clauses[name]);
    let (Some(member), Some(other)) = (clause(member), clause(other)) else { return false };
    let wanted = member["where"].as_object().into_iter().flatten();
    member["count"].is_null()
        && member["on"] == other["on"]
        && member["at"] == other["at"]
        && wanted.into_iter().all(|(field, test)| {
            let operators = test.as_object().into_iter().flatten();
            operators.into_iter().all(|(operator, value)| other["where"][field][operator] == *value)
        })
}

/// Whether a story raises anything, however weak, with this behaviour alone.
fn raises(behaviour: &Value, story: &Scenario) -> bool {
    let catalogue = json!({ "behaviours": [behaviour] }).to_string();
    let catalogue = Catalogue::from_json(catalogue.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let policy = Policy::from_json(br#"{"min_confidence": 0}"#).expect("a policy");
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalogue, policy, limits);
    for event in story.events() {
        engine.feed(&event);
    }
    engine.flush();
    engine.poll_alert().is_some()
}
