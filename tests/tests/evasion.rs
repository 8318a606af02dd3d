//! Every row of the table of evasions names existing scenarios and tests, and the scenarios alert.

use ipcsentry::scenario::Expectation;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::{keep_part, text};
use ipcsentry_tests::evasion::{rows, scenario, table};

/// Rows with a proof for this platform, or a reason why there is none.
const ANSWERED: [(&str, &[u8]); 2] = [
    ("Windows", &[1, 2, 3, 4, 6, 7, 8, 9, 10, 15, 16, 18, 25, 28]),
    ("Linux", &[9, 10, 11, 13, 15, 16, 19, 20, 21, 22]),
];

#[test]
fn the_table_is_what_the_rows_say() {
    keep_part("core/docs/evasion.md", "evasion", &table());
}

#[test]
fn rows_are_numbered_and_answered() {
    for (at, row) in (1..).zip(rows()) {
        assert_eq!(row.row, format!("D{at}"));
        for (platform, shown) in row.shown() {
            let due = ANSWERED.iter().any(|(name, rows)| *name == platform && rows.contains(&at));
            let is_answered = !shown.scenarios.is_empty() || !shown.tests.is_empty() || !shown.limit.is_empty();
            assert!(is_answered || !due, "D{at} on {platform} has no answer");
        }
    }
    assert_eq!(rows().len(), 28);
}

#[test]
fn what_shows_a_row_is_there_and_alerts() {
    for row in rows() {
        for (platform, shown) in row.shown() {
            for id in &shown.scenarios {
                let name = format!("{}, {platform}: {id}", row.row);
                let scenario = scenario(id).unwrap_or_else(|| panic!("{name} is no scenario"));
                assert!(
                    scenario.is_positive() && format!("{:?}", scenario.os()).eq_ignore_ascii_case(platform),
                    "{name}"
                );
                assert!(alerts(scenario), "{name} raises no alert");
            }
            for test in &shown.tests {
                let (file, function) = test.split_once("::").expect("FILE::NAME");
                assert!(text(file).contains(&format!("fn {function}(")), "{test} is no test");
            }
        }
    }
}

fn alerts(scenario: &ipcsentry::scenario::Scenario) -> bool {
    let Expectation::Alert { codes, severity, .. } = scenario.expect() else { return false };
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for event in scenario.events() {
        engine.feed(&event);
    }
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).any(|alert| codes.contains(&alert.code) && alert.level >= *severity)
}
