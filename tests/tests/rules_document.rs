//! `core/docs/rules.md` says what the code knows, and its example does what it says.

use std::fmt::Write as _;

use ipcsentry::_internal_test_exports::{Field, ProcessField, Subject, Tag, Type};
use ipcsentry::event::KindTag;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::{keep_part, text};
use ipcsentry_tests::tables::{PLATFORMS, records_by_kind};

/// Kinds of events without fields of their own: they state only the actor, the target and the time.
const FIELDLESS: [&str; 6] =
    ["process_end", "process_seen", "memory_write", "image_tamper", "code_sign_invalid", "session_change"];

const DOCUMENT: &str = "core/docs/rules.md";

/// A block of code whose first line is a comment with this name.
fn block(name: &str) -> String {
    let document = text(DOCUMENT);
    let begin = format!("```jsonc\n// {name}\n");
    let (_, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no block `{name}`"));
    rest.split_once("```").expect("a block is closed").0.to_owned()
}

fn type_name(ty: Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Tags => "tags".to_owned(),
        Type::Named(names) => names.join(", "),
    }
}

/// By kind of event: the processes and fields it has beyond those that every event has, and the records it is read from.
fn kinds() -> String {
    let records = PLATFORMS.map(|(os, platform, _)| (platform, records_by_kind(os)));
    let has = |kinds: Option<&[KindTag]>, kind: KindTag| kinds.is_some_and(|kinds| kinds.contains(&kind));
    let mut table = String::from("| kind | fields | read from |\n|---|---|---|\n");
    for kind in KindTag::ALL {
        let processes = Subject::ALL.iter().filter(|(_, subject)| has(subject.kinds(), *kind));
        let fields = Field::EVENT.iter().filter(|(_, field)| has(field.kinds(), *kind));
        let names = fields.map(|(name, _)| format!("`{name}`")).chain(processes.map(|(name, _)| format!("`{name}.…`")));
        let names = names.collect::<Vec<_>>().join(", ");
        let read = records.iter().filter_map(|(platform, by_kind)| Some((platform, by_kind.get(kind.name())?)));
        let read = read.map(|(platform, records)| format!("{platform}: {records}")).collect::<Vec<_>>();
        let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
        writeln!(table, "| `{}` | {} | {} |", kind.name(), or_dash(names), or_dash(read.join(". "))).expect("a string");
    }
    table
}

#[test]
fn every_field_of_an_event_belongs_to_a_kind() {
    let of_none: Vec<&str> = Field::EVENT
        .iter()
        .filter(|(_, field)| field.kinds().is_some_and(<[KindTag]>::is_empty))
        .map(|(name, _)| *name)
        .collect();
    assert!(of_none.is_empty(), "{of_none:?}");
    let fieldless: Vec<&str> = KindTag::ALL
        .iter()
        .filter(|kind| !Field::EVENT.iter().any(|(_, field)| field.kinds().is_some_and(|kinds| kinds.contains(kind))))
        .map(|kind| kind.name())
        .collect();
    assert_eq!(fieldless, FIELDLESS);
}

#[test]
fn its_tables_are_those_of_the_code() {
    let mut facts = String::from("| fact | values |\n|---|---|\n");
    for (name, fact) in ProcessField::ALL {
        let ty = Field::Process(Subject::Actor, *fact).value_type();
        writeln!(facts, "| `{name}` | {} |", type_name(ty)).expect("a string");
    }
    keep_part(DOCUMENT, "process-fields", &facts);
    let mut fields = String::from("| field | meaning | values |\n|---|---|---|\n");
    for (name, field) in Field::EVENT {
        writeln!(fields, "| `{name}` | {} | {} |", field.about(), type_name(field.value_type())).expect("a string");
    }
    keep_part(DOCUMENT, "event-fields", &fields);
    keep_part(DOCUMENT, "kinds", &kinds());
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
    Catalog::from_json(text.as_bytes()).unwrap_or_else(|e| panic!("the corrected rule should load: {e}"));
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
