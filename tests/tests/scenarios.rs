//! Every attack story raises its alert, and every benign twin stays silent: as typed events in two hundred variants,
//! and in each telemetry in twenty of them; audit text raw and enriched.
//!
//! `cases/scenario_known_failures.json` lists what is not there yet: `{"id", "reason"}`. A listed story that has come
//! to pass fails the test, so that the list can only shrink.

use ipcsentry::catalogue::Severity;
use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Expectation, Rendered, Scenario, Telemetry};
use ipcsentry::{Alert, Catalogue, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::enrich::enriched;
use serde_json::Value;

const VARIANTS: u64 = 200;
const RENDERED: u64 = 20;

#[test]
fn attacks_alert_and_twins_stay_silent_on_windows() {
    attacks_alert_and_twins_stay_silent(Os::Windows);
}

#[test]
fn attacks_alert_and_twins_stay_silent_on_linux() {
    attacks_alert_and_twins_stay_silent(Os::Linux);
}

#[test]
fn attacks_alert_and_twins_stay_silent_on_macos() {
    attacks_alert_and_twins_stay_silent(Os::MacOs);
}

fn attacks_alert_and_twins_stay_silent(os: Os) {
    let known: Vec<Value> = serde_json::from_slice(include_bytes!("../cases/scenario_known_failures.json"))
        .expect("a list of known failures");
    let catalogue = Catalogue::builtin();
    let mut wrong = Vec::new();
    let stories = || scenario::all().iter().filter(|story| story.os() == os);
    for story in stories() {
        let failures = failures_of(story, &catalogue);
        let listed = known.iter().any(|k| k["id"] == story.id());
        match (failures.first(), listed) {
            (Some(first), false) => wrong.push(format!("{}: {} failures, first {first}", story.id(), failures.len())),
            (None, true) => wrong.push(format!("{} passes: take it off the list", story.id())),
            _ => {}
        }
    }
    for entry in &known {
        let there = scenario::all().iter().any(|s| entry["id"] == s.id());
        assert!(there && entry["reason"].is_string(), "{entry} names no story or no reason");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), stories().count(), wrong.join("\n"));
}

#[test]
fn every_behaviour_told_has_both_sides() {
    for story in scenario::all() {
        let twin =
            |positive| scenario::all().iter().any(|s| s.behavior() == story.behavior() && s.is_positive() == positive);
        assert!(twin(true) && twin(false), "{} has one side only", story.behavior());
        assert_eq!(story.is_positive(), story.lacks().is_none(), "{}", story.id());
    }
}

fn failures_of(story: &Scenario, catalogue: &Catalogue) -> Vec<String> {
    let mut failures = Vec::new();
    for seed in 0..VARIANTS {
        let story = story.variant(seed);
        let mut check = |way: String, alerts: Vec<Alert>| {
            if let Err(why) = judge(&story, &alerts) {
                failures.push(format!("seed {seed} {way}: {why}"));
            }
        };
        check("typed".into(), typed(&story, catalogue));
        // What a sensor leaves open may cost an alert, but must never raise one.
        let due = |t: &Telemetry| seed < RENDERED && (!story.is_positive() || t.tells_processes_fully());
        for telemetry in story.telemetry().filter(due) {
            let files = story.render(telemetry).expect("it is among those that can be rendered");
            check(format!("{telemetry:?}"), rendered(&story, &files, <[u8]>::to_vec, catalogue));
            if telemetry == Telemetry::Auditd {
                check("Auditd, enriched".into(), rendered(&story, &files, enriched, catalogue));
            }
        }
    }
    failures
}

fn judge(story: &Scenario, alerts: &[Alert]) -> Result<(), String> {
    let seen = || {
        let one = |a: &Alert| format!("{} {} by {} {}", a.code, a.severity, a.initiator.kind, initiator(a));
        alerts.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match story.expect() {
        // A behaviour that is never louder than low must not be heard at all.
        Expectation::Quiet => match alerts.iter().find(|a| a.level >= Severity::Medium || whispers(story, a)) {
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

fn whispers(story: &Scenario, alert: &Alert) -> bool {
    let catalogue = Catalogue::builtin();
    let told = catalogue.behaviours().iter().find(|b| b.code == story.behavior());
    told.is_some_and(|b| b.severity == Severity::Low && alert.code == b.code)
}

/// The file name of the initiator's image. What runs from memory has no file name, so its path stands whole.
fn initiator(alert: &Alert) -> String {
    let image = alert.initiator.process.as_ref().and_then(|p| p.image.clone()).unwrap_or_default();
    if image.starts_with("/memfd:") {
        return image;
    }
    image.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn engine(catalogue: &Catalogue) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    Engine::new(catalogue.clone(), Policy::default(), limits)
}

fn typed(story: &Scenario, catalogue: &Catalogue) -> Vec<Alert> {
    let mut engine = engine(catalogue);
    for event in story.events() {
        engine.feed(&event);
    }
    drain(engine)
}

fn rendered(
    story: &Scenario,
    files: &[Rendered],
    change: impl Fn(&[u8]) -> Vec<u8>,
    catalogue: &Catalogue,
) -> Vec<Alert> {
    let mut engine = engine(catalogue);
    for file in files {
        let mut options = StreamOptions::new(file.format);
        options.host = story.host().into();
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, &change(&file.bytes));
        engine.close_stream(stream);
    }
    drain(engine)
}

/// The last revision of each alert.
fn drain(mut engine: Engine) -> Vec<Alert> {
    engine.flush();
    let mut alerts: Vec<Alert> = Vec::new();
    while let Some(alert) = engine.poll_alert() {
        alerts.retain(|a| a.id != alert.id);
        alerts.push(alert);
    }
    alerts
}
