//! `core/docs/rules.md` says what the code knows, and its example does what it says.

use std::fmt::Write as _;

use ipcsentry::_internal_test_exports::{Field, ProcessField, Subject, Tag, Type};
use ipcsentry::event::KindTag;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::{keep_part, text};

const DOCUMENT: &str = "core/docs/rules.md";

/// A block of code whose first line is a comment with this name.
fn block(name: &str) -> String {
    let document = text(DOCUMENT);
    let begin = format!("```jsonc\n// {name}\n");
    let (_, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no block `{name}`"));
    rest.split_once("```").expect("a block is closed").0.to_owned()
}

fn told(ty: Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Tags => "tags".to_owned(),
        Type::Named(names) => names.join(", "),
    }
}

#[test]
fn its_tables_are_those_of_the_code() {
    let mut facts = String::from("| fact | values |\n|---|---|\n");
    for (name, fact) in ProcessField::ALL {
        let ty = Field::Process(Subject::Actor, *fact).value_type();
        writeln!(facts, "| `{name}` | {} |", told(ty)).expect("a string");
    }
    keep_part(DOCUMENT, "process-fields", &facts);
    let mut fields = String::from("| field | meaning | values |\n|---|---|---|\n");
    for (name, field) in Field::EVENT {
        writeln!(fields, "| `{name}` | {} | {} |", field.about(), told(field.value_type())).expect("a string");
    }
    keep_part(DOCUMENT, "event-fields", &fields);
    let kinds: Vec<String> = KindTag::ALL.iter().map(|kind| format!("`{}`", kind.name())).collect();
    keep_part(DOCUMENT, "kinds", &format!("{}\n", kinds.join(", ")));
    let mut tags = String::from("| tag | meaning |\n|---|---|\n");
    for (name, tag) in Tag::ALL {
        writeln!(tags, "| `{name}` | {} |", tag.about()).expect("a string");
    }
    keep_part(DOCUMENT, "tags", &tags);
}

#[test]
fn the_errors_one_meets_are_those_it_shows() {
    let mut text = format!("// first.jsonc\n{}", block("first.jsonc"));
    let mut shown = String::from("```text\n");
    for (wrong, right) in [
        ("endpoint_conect", "endpoint_connect"),
        ("linux.path.tmp", "linux.path.temp"),
        ("{S}", "nothing"),
        ("open and shell", "open"),
    ] {
        let error = Catalog::from_json(text.as_bytes()).expect_err(wrong).in_file("first.jsonc");
        writeln!(shown, "{error}").expect("a string");
        text = text.replacen(wrong, right, 1);
    }
    Catalog::from_json(text.as_bytes()).unwrap_or_else(|e| panic!("everything is put right: {e}"));
    keep_part(DOCUMENT, "first-errors", &(shown + "```\n"));
}

fn alerts(catalog: &Catalog, scenario: &Scenario) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalog.clone(), Policy::default(), limits);
    for event in scenario.events() {
        engine.feed(&event);
    }
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).collect()
}

#[test]
fn its_example_alerts_and_stays_silent_on_its_variants() {
    let rule = format!("{{\"behaviors\": [{}]}}", block("L90_dropped_program.jsonc"));
    let catalog = Catalog::from_json(rule.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let scenarios = |name: &str| scenario::read(name, &block(name)).unwrap_or_else(|e| panic!("{e}"));
    let attacks = scenarios("L90_dropped_program.scenarios.jsonc");
    let benign = scenarios("L90_dropped_program.benign.jsonc");
    assert!(attacks.len() == 1 && benign.len() == 2);
    for seed in 0..8 {
        for scenario in &attacks {
            assert!(scenario.is_positive());
            let codes: Vec<String> = alerts(&catalog, &scenario.variant(seed)).into_iter().map(|a| a.code).collect();
            assert_eq!(codes, ["L90"], "{} {seed}", scenario.id());
        }
        for scenario in &benign {
            assert!(!scenario.is_positive());
            assert!(alerts(&catalog, &scenario.variant(seed)).is_empty(), "{} {seed}", scenario.id());
        }
    }
}
