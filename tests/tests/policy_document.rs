//! The examples of `core/docs/policy.md` are policies, those of the elements silence the scenario that is named before
//! them, and the schema accepts what the library writes and refuses what it refuses for its form.

use ipcsentry::rules::{Element, Party};
use ipcsentry::{Catalog, Policy, scenario};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::document::{keep_part, text};
use ipcsentry_tests::schema::faults;
use serde_json::{Value, json};

/// The JSON of the document, each with the text between it and the one before.
fn examples(document: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = document;
    while let Some((before, after)) = rest.split_once("```json\n") {
        let (json, after) = after.split_once("```").expect("a block ends");
        found.push((before, json));
        rest = after;
    }
    found
}

#[test]
fn every_example_is_a_policy_as_the_schema_says() {
    let document = text("core/docs/policy.md");
    let schema: Value = serde_json::from_str(&text("core/docs/policy.schema.json")).expect("JSON");
    for (_, example) in examples(&document) {
        let policy = Policy::from_json(example.as_bytes()).unwrap_or_else(|error| panic!("{error}: {example}"));
        let written: Value = serde_json::from_str(example).expect("JSON");
        for value in [&written, &policy.to_json()] {
            assert_eq!(faults(&schema, value), Vec::<String>::new(), "{value}");
        }
    }
    let elements = schema.pointer("/$defs/element/properties/element/enum").expect("the names of elements");
    assert_eq!(elements, &json!(Element::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>()));
}

#[test]
fn the_schema_refuses_what_has_a_wrong_form() {
    let schema: Value = serde_json::from_str(&text("core/docs/policy.schema.json")).expect("JSON");
    for policy in [
        json!({"x": 1}),
        json!({"min_confidence": 1001}),
        json!({"min_severity": "severe"}),
        json!({"disabled": [7]}),
        json!({"elements": [{"image": "a"}]}),
        json!({"elements": [{"element": "Nothing", "image": "a"}]}),
        json!({"elements": [{"element": "PipeNamePattern", "subject": "owner", "image": "a"}]}),
        json!({"elements": [{"element": "PipeNamePattern", "name": {"glob": "a"}}]}),
        json!({"suppressions": [{"image": "a"}]}),
        json!({"suppressions": [{"host": "a", "hours": "8-18"}]}),
    ] {
        assert!(!faults(&schema, &policy).is_empty(), "{policy}");
        assert!(Policy::from_json(policy.to_string().as_bytes()).is_err(), "{policy}");
    }
}

#[test]
fn the_example_of_every_element_silences_the_scenario_that_it_names() {
    let document = text("core/docs/policy.md");
    let mut proven = Vec::new();
    for (before, example) in examples(&document) {
        let Some((_, rest)) = before.rsplit_once("Silences `") else { continue };
        let id = rest.split('`').next().expect("a name");
        let attack = scenario::all().iter().find(|s| s.id() == id).unwrap_or_else(|| panic!("no scenario {id}"));
        let policy = Policy::from_json(example.as_bytes()).expect("a policy");
        let codes = |policy: Policy| raised(attack, policy).into_iter().map(|a| a.code).collect::<Vec<_>>();
        assert!(codes(Policy::default()).iter().any(|code| code == attack.behavior()), "{id} raises nothing");
        let left = codes(policy);
        assert!(!left.iter().any(|code| code == attack.behavior()), "{example} leaves {left:?} of {id}");
        let written: Value = serde_json::from_str(example).expect("JSON");
        proven.push(written["elements"][0]["element"].as_str().expect("an element").to_owned());
    }
    assert_eq!(proven, Element::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn the_table_of_elements_and_subjects_is_the_catalogs() {
    let catalog = Catalog::builtin();
    let mut table = String::from("| behavior | elements | subjects |\n|---|---|---|\n");
    for rule in catalog.rules().iter().filter(|rule| rule.alerts) {
        let elements = catalog.elements(&rule.code);
        let elements = elements.iter().filter(|e| **e != Element::TimeWindow).map(|e| e.name());
        let parties = catalog.parties(&rule.code);
        let parties = parties.iter().filter(|p| !matches!(p, Party::Requester | Party::Ancestor)).map(|p| p.name());
        let list = |names: Vec<&str>| if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        let (elements, parties) = (list(elements.collect()), list(parties.collect()));
        table.push_str(&format!("| {} | {elements} | {parties} |\n", rule.code));
    }
    keep_part("core/docs/policy.md", "elements", &table);
}
