//! `core/docs/everyday.md` names benign variants for every everyday kind, and each is as quiet as its row says.

use std::collections::BTreeSet;

use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::text;
use ipcsentry_tests::recordings::finish;

const VARIANTS: u64 = 20;

/// The rows of the tables with so many columns, without the heads.
fn rows(document: &str, columns: usize) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = document.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    lines.map(cells).filter(|row| row.len() == columns).collect()
}

/// The scenarios that a cell names in backticks.
fn named(of: &str, cell: &str) -> Vec<&'static Scenario> {
    let ids = cell.split('`').skip(1).step_by(2);
    let find = |id| scenario::all().iter().find(|s| s.id() == id).unwrap_or_else(|| panic!("{of}: no scenario {id}"));
    ids.map(find).collect()
}

/// The last revision of each alert on one variant.
fn alerts(scenario: &Scenario, seed: u64, catalog: &Catalog) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalog.clone(), Policy::default(), limits);
    for event in scenario.variant(seed).events() {
        engine.feed(&event);
    }
    finish(&mut engine)
}

#[test]
fn every_kind_has_a_variant_that_is_as_quiet_as_the_table_says() {
    let document = text("core/docs/everyday.md");
    let rows = rows(&document, 3);
    assert_eq!(rows.len(), 68, "a row was lost, or one was added that this test does not know");
    let catalog = Catalog::builtin();
    for row in &rows {
        let (item, state) = (&row[0], row[1].as_str());
        let scenarios = named(item, &row[2]);
        assert!(!scenarios.is_empty(), "{item} has no variant");
        for scenario in scenarios {
            let is_benign = !scenario.is_positive();
            // Where a look is right, an attack scenario may say who is due to be named.
            let looked_at = match scenario.expect() {
                Expectation::Alert { severity, .. } => state == "one look" && *severity <= Severity::Medium,
                _ => false,
            };
            assert!(is_benign || looked_at, "{item}: {} is no benign variant", scenario.id());
            let loudest = match state {
                "silent" => None,
                "quiet" => Some(Severity::Low),
                "one look" => Some(Severity::Medium),
                other => panic!("{item}: {other} is no state"),
            };
            for seed in 0..VARIANTS {
                let alerts = alerts(scenario, seed, &catalog);
                let worst = alerts.iter().map(|a| a.level).max();
                assert!(worst <= loudest, "{item}: {} is {worst:?}, not {loudest:?}", scenario.id());
                let nobody = alerts.iter().find(|a| state == "one look" && a.initiator.kind == "unknown");
                assert!(nobody.is_none(), "{item}: {} names nobody: {nobody:?}", scenario.id());
                let codes: BTreeSet<&str> = alerts.iter().map(|a| a.code.as_str()).collect();
                assert_eq!(codes.len(), alerts.len(), "{item}: {} alerts twice", scenario.id());
            }
        }
    }
}

#[test]
fn a_coding_agent_that_somebody_else_drives_alerts() {
    let document = text("core/docs/everyday.md");
    let rows = rows(&document, 2);
    assert_eq!(rows.len(), 3, "from another host, by another user, by an injected process");
    for row in &rows {
        let scenarios = named(&row[0], &row[1]);
        assert!(scenarios.len() > 1, "{}: one platform only", row[0]);
        // The test `scenarios` holds them to alert, with the initiator that they name.
        assert!(scenarios.iter().all(|s| s.is_positive()), "{}: a benign variant", row[0]);
    }
}
