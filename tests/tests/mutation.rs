//! No clause of a behaviour is idle: without any one that is required, some benign twin of the behaviour alerts.

use ipcsentry::catalogue::Severity;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalogue, Engine, Limits, Policy};
use serde_json::{Value, json};

const BEHAVIOURS: &[u8] = include_bytes!("../../core/src/catalogue/data/behaviours/windows.json");

/// What can be left out unnoticed, and why there is no benign twin to notice it.
const IMPLIED: &[(&str, &str, &str)] = &[
    ("W16", r#"{"any":["create","connect"]}"#, "access and shell alone are a weaker form of the same behaviour"),
    ("W21", r#""asked""#, "the network clause joins over the same activation"),
    ("W26", r#""pipe""#, "access and shell alone are the weaker form of W16"),
];

#[test]
fn without_a_required_clause_some_twin_alerts() {
    let behaviours: Vec<Value> = serde_json::from_slice(BEHAVIOURS).expect("behaviours are JSON");
    let (mut tried, mut idle) = (0, Vec::new());
    for behaviour in &behaviours {
        let code = behaviour["code"].as_str().expect("a code");
        let twins: Vec<&Scenario> =
            scenario::all().iter().filter(|s| s.behavior() == code && !s.is_positive()).collect();
        assert!(twins.len() >= 2, "{code} has {} benign twins", twins.len());
        // Weaker forms are louder than the mutants they hide.
        let mut strict = behaviour.clone();
        strict.as_object_mut().expect("an object").remove("solo");
        let whole: Vec<Option<Severity>> = twins.iter().map(|twin| loudest(twin, &strict)).collect();
        for (what, require) in without_one(&behaviour["clauses"], &behaviour["require"]) {
            tried += 1;
            let mut mutant = strict.clone();
            mutant["require"] = require;
            // What is not required cannot have come before.
            for clause in mutant["clauses"].as_object_mut().expect("an object").values_mut() {
                clause.as_object_mut().expect("an object").remove("after");
            }
            let noticed = twins.iter().zip(&whole).any(|(twin, before)| loudest(twin, &mutant) > *before);
            let implied = IMPLIED.iter().any(|(of, clause, _)| (*of, *clause) == (code, &*what));
            if !noticed && !implied {
                idle.push(format!("{code}: {what}"));
            }
        }
    }
    assert!(idle.is_empty(), "{} of {tried} can be left out unnoticed:\n{}", idle.len(), idle.join("\n"));
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

/// Whether the clause `member` is met by every event that meets `other`.
fn asks_less(clauses: &Value, member: &Value, other: &Value) -> bool {
    let clause = |name: &Value| name.as_str().map(|name| &clauses[name]);
    let (Some(member), Some(other)) = (clause(member), clause(other)) else { return false };
    let wanted = member["where"].as_object().into_iter().flatten();
    member["on"] == other["on"]
        && member["at"] == other["at"]
        && wanted.into_iter().all(|(field, test)| {
            let operators = test.as_object().into_iter().flatten();
            operators.into_iter().all(|(operator, value)| other["where"][field][operator] == *value)
        })
}

/// The severity of the loudest alert that the behaviour by itself raises on a story.
fn loudest(story: &Scenario, behaviour: &Value) -> Option<Severity> {
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
    let mut loudest = None;
    while let Some(alert) = engine.poll_alert() {
        loudest = loudest.max(Some(alert.level));
    }
    loudest
}
