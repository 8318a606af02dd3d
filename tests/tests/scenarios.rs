//! Every attack scenario raises its alert, and every benign variant stays silent: as typed events in two hundred
//! variants, and in each telemetry in twenty of them; audit text raw and enriched.
//!
//! `cases/scenario_known_failures.json` lists scenarios that fail: `{"id", "reason"}`. A listed scenario that succeeds
//! fails the test, so that the list can only shrink.

use std::collections::BTreeSet;

use ipcsentry::event::Os;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Rendered, Scenario, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::enrich::enriched;
use ipcsentry_tests::recordings::finish;
use serde_json::Value;

const VARIANTS: u64 = 200;
const RENDERED: u64 = 20;

#[test]
fn attacks_alert_and_benign_variants_stay_silent_on_windows() {
    attacks_alert_and_benign_variants_stay_silent(Os::Windows);
}

#[test]
fn attacks_alert_and_benign_variants_stay_silent_on_linux() {
    attacks_alert_and_benign_variants_stay_silent(Os::Linux);
}

#[test]
fn attacks_alert_and_benign_variants_stay_silent_on_macos() {
    attacks_alert_and_benign_variants_stay_silent(Os::Macos);
}

fn attacks_alert_and_benign_variants_stay_silent(os: Os) {
    let known: Vec<Value> = serde_json::from_slice(include_bytes!("../cases/scenario_known_failures.json"))
        .expect("a list of known failures");
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    let scenarios = || scenario::all().iter().filter(|scenario| scenario.os() == os);
    for scenario in scenarios() {
        let failures = failures_of(scenario, &catalog);
        let listed = known.iter().any(|k| k["id"] == scenario.id());
        match (failures.first(), listed) {
            (Some(first), false) => {
                wrong.push(format!("{}: {} failures, first {first}", scenario.id(), failures.len()))
            }
            (None, true) => wrong.push(format!("{} passes: take it off the list", scenario.id())),
            _ => {}
        }
    }
    for entry in &known {
        let there = scenario::all().iter().any(|s| entry["id"] == s.id());
        assert!(there && entry["reason"].is_string(), "{entry} names no scenario or no reason");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), scenarios().count(), wrong.join("\n"));
}

/// What names a scenario by its id would find only one of two.
#[test]
fn every_scenario_has_an_id_of_its_own() {
    let mut known = BTreeSet::new();
    let twice: Vec<&str> = scenario::all().iter().map(Scenario::id).filter(|id| !known.insert(*id)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_behavior_has_both_sides() {
    for scenario in scenario::all() {
        let variant = |positive| {
            scenario::all().iter().any(|s| s.behavior() == scenario.behavior() && s.is_positive() == positive)
        };
        assert!(variant(true) && variant(false), "{} has one side only", scenario.behavior());
        assert_eq!(scenario.is_positive(), scenario.lacks().is_none(), "{}", scenario.id());
    }
}

fn failures_of(scenario: &Scenario, catalog: &Catalog) -> Vec<String> {
    let mut failures = Vec::new();
    for seed in 0..VARIANTS {
        let scenario = scenario.variant(seed);
        let mut check = |way: String, alerts: Vec<Alert>| {
            if let Err(why) = judge(&scenario, &alerts) {
                failures.push(format!("seed {seed} {way}: {why}"));
            }
        };
        check("typed".into(), typed(&scenario, catalog));
        if seed >= RENDERED {
            continue;
        }
        // A sensor with fewer details may lose an alert, but must not add one.
        let due = |t: &&Telemetry| !scenario.is_positive() || t.reports_processes_fully();
        for telemetry in Telemetry::ALL.iter().filter(due) {
            let Ok(files) = scenario.render(*telemetry) else { continue };
            check(format!("{telemetry:?}"), rendered(&scenario, &files, <[u8]>::to_vec, catalog));
            if *telemetry == Telemetry::Auditd {
                check("Auditd, enriched".into(), rendered(&scenario, &files, enriched, catalog));
            }
        }
    }
    failures
}

fn judge(scenario: &Scenario, alerts: &[Alert]) -> Result<(), String> {
    let seen = || {
        let one = |a: &Alert| format!("{} {} by {} {}", a.code, a.severity, a.initiator.kind, initiator(a));
        alerts.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match scenario.expect() {
        // A behavior whose severity is at most low must not alert at all.
        Expectation::Quiet => match alerts.iter().find(|a| a.level >= Severity::Medium || whispers(scenario, a)) {
            Some(_) => Err(format!("not quiet: {}", seen())),
            None => Ok(()),
        },
        Expectation::Alert { codes, initiator: due, severity } => {
            let fits = |a: &&Alert| {
                codes.contains(&a.code) && a.level >= *severity && (a.initiator.kind == due || initiator(a) == *due)
            };
            alerts
                .iter()
                .find(fits)
                .map(|_| ())
                .ok_or_else(|| format!("due {codes:?} {severity:?} by {due}, found [{}]", seen()))
        }
        _ => Err("an expectation this test does not know".into()),
    }
}

fn whispers(scenario: &Scenario, alert: &Alert) -> bool {
    let catalog = Catalog::builtin();
    let rule = catalog.rules().iter().find(|b| b.code == scenario.behavior());
    rule.is_some_and(|b| b.severity == Severity::Low && alert.code == b.code)
}

/// The file name of the initiator's image, or the whole path of an image that runs from memory.
fn initiator(alert: &Alert) -> String {
    let image = alert.initiator.process.as_ref().and_then(|p| p.image.clone()).unwrap_or_default();
    if image.starts_with("/memfd:") {
        return image;
    }
    image.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn engine(catalog: &Catalog) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    Engine::new(catalog.clone(), Policy::default(), limits)
}

fn typed(scenario: &Scenario, catalog: &Catalog) -> Vec<Alert> {
    let mut engine = engine(catalog);
    for event in scenario.events() {
        engine.feed(&event);
    }
    finish(&mut engine)
}

fn rendered(
    scenario: &Scenario,
    files: &[Rendered],
    change: impl Fn(&[u8]) -> Vec<u8>,
    catalog: &Catalog,
) -> Vec<Alert> {
    let mut engine = engine(catalog);
    for file in files {
        let mut options = StreamOptions::new(file.format);
        options.host = scenario.host().into();
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, &change(&file.bytes));
        engine.close_stream(stream);
    }
    finish(&mut engine)
}
