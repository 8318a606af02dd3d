//! What `core/docs/published_rules.md` says of published rules: every behavior and scenario is there, and every covered
//! row alerts on what its rule matches.

use std::collections::BTreeSet;

use ipcsentry::event::{Event, Kind};
use ipcsentry::rules::Severity;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::keep_part;
use ipcsentry_tests::evasion::scenario;
use ipcsentry_tests::published::{Row, rows, table};
use ipcsentry_tests::rewrite::replace;

#[test]
fn the_table_is_what_the_rows_say() {
    keep_part("core/docs/published_rules.md", "published", &table());
}

#[test]
fn rows_name_what_is_there() {
    let codes: BTreeSet<String> = Catalog::builtin().rules().iter().map(|rule| rule.code.clone()).collect();
    let mut titles = BTreeSet::new();
    for row in rows() {
        assert!(titles.insert((row.set.clone(), row.title.clone())), "{} stands twice", row.title);
        assert!(!row.why.is_empty(), "{} gives no reason", row.title);
        match &*row.answer {
            "not" => assert!(row.behavior.is_empty() && row.scenario.is_empty(), "{}", row.title),
            "covered" | "partly" => {
                assert!(codes.contains(&row.behavior), "{}: {} is no behavior", row.title, row.behavior);
                let scenario = scenario(&row.scenario).unwrap_or_else(|| panic!("{}: no scenario", row.title));
                assert!(scenario.is_positive(), "{}: {} is no attack", row.title, row.scenario);
                severity(&row);
            }
            answer => panic!("{}: `{answer}` is no answer", row.title),
        }
    }
    assert!(titles.len() >= 56);
}

#[test]
fn covered_rows_alert_on_what_their_rules_ask_for() {
    let catalog = Catalog::builtin();
    let mut tried = 0;
    for row in rows().iter().filter(|row| row.answer == "covered") {
        let scenario = scenario(&row.scenario).expect("another test checks it");
        let events = scenario.events();
        for text in &row.texts {
            let said = events.iter().any(|event| format!("{}", event.to_json()).contains(&escaped(text)));
            assert!(said, "{}: `{text}` is not in {}", row.title, row.scenario);
        }
        let names: Vec<Option<&str>> = match row.names.is_empty() {
            true => vec![None],
            false => row.names.iter().map(|name| Some(name.as_str())).collect(),
        };
        for name in names {
            tried += 1;
            let events = with_pipe_name(&events, name);
            assert!(raises(&events, row, &catalog), "{}: {name:?} in {} raises nothing", row.title, row.scenario);
        }
    }
    assert!(tried >= 60, "only {tried} were tried");
}

/// The scenario with another name of its pipe.
fn with_pipe_name<'a>(events: &[Event<'a>], name: Option<&str>) -> Vec<Event<'a>> {
    let mut events = events.to_vec();
    let pipe = events.iter().find_map(|event| match &event.kind {
        Kind::EndpointCreate(act) => Some(String::from_utf8_lossy(act.endpoint.name?).into_owned()),
        _ => None,
    });
    if let (Some(pipe), Some(name)) = (pipe, name) {
        let pipe = pipe.trim_start_matches('\\');
        events.iter_mut().for_each(|event| replace(event, pipe, name));
    }
    events
}

fn raises(events: &[Event<'_>], row: &Row, catalog: &Catalog) -> bool {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalog.clone(), Policy::default(), limits);
    for event in events {
        engine.feed(event);
    }
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).any(|a| a.code == row.behavior && a.level >= severity(row))
}

fn severity(row: &Row) -> Severity {
    let found = Severity::ALL.iter().find(|(name, _)| *name == row.severity);
    found.unwrap_or_else(|| panic!("{}: `{}` is no severity", row.title, row.severity)).1
}

/// A text as it stands in JSON.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
}
