//! A long day on one Mac: every benign scenario of macOS in many variants, one after the other and in parallel, raises
//! no alert, although pids are reused. Every attack is found in two hundred variants.

use std::collections::BTreeMap;

use ipcsentry::event::{Event, Kind, Os, ProcessEnd};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::time::SECOND;
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Timestamp};

fn scenarios(positive: bool) -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(move |s| s.os() == Os::Macos && s.is_positive() == positive)
}

fn engine() -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

fn loud(mut engine: Engine, least: Severity) -> Vec<Alert> {
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).filter(|alert| alert.level >= least).collect()
}

/// The scenarios' variants of a seed, which start at intervals of so many seconds.
fn day(seed: u64, apart: i64) -> Vec<Alert> {
    let begin = Timestamp::from_unix(1_767_225_600, 0);
    let mut engine = engine();
    for (number, scenario) in (0..).zip(scenarios(false)) {
        let scenario = scenario.variant(seed);
        let events = scenario.events();
        let first = events.first().map_or(begin, |event| event.time);
        let mut cast = BTreeMap::new();
        let mut last = begin;
        for mut event in events {
            event.time = begin + number * apart * SECOND + event.time.0.saturating_sub(first.0);
            event.host = b"mac";
            engine.feed(&event);
            last = event.time;
            cast.extend([event.actor, event.parent].map(|who| (who.pid, who)));
        }
        // Their pids are reused soon.
        for (_, who) in cast.into_iter().filter(|(pid, _)| pid.is_some_and(|pid| pid != 1)) {
            let mut end = Event::new(Os::Macos, last + SECOND, Kind::ProcessEnd(ProcessEnd::default()));
            (end.host, end.actor) = (b"mac", who);
            engine.feed(&end);
        }
    }
    loud(engine, Severity::Medium)
}

#[test]
fn benign_variants_one_after_the_other_raise_nothing() {
    for seed in 0..20 {
        let alerts = day(seed, 1200);
        let said: Vec<_> = alerts.iter().map(|a| (&a.code, a.severity, &a.explanation)).collect();
        assert!(alerts.is_empty(), "seed {seed}: {said:?}");
    }
}

#[test]
fn benign_variants_side_by_side_raise_nothing() {
    for (seed, apart) in (0..20).zip([5, 11, 17, 31].into_iter().cycle()) {
        let alerts = day(seed, apart);
        let said: Vec<_> = alerts.iter().map(|a| (&a.code, a.severity, &a.explanation)).collect();
        assert!(alerts.is_empty(), "seed {seed}, {apart} seconds apart: {said:?}");
    }
}

#[test]
fn attacks_are_found_in_two_hundred_variants() {
    for scenario in scenarios(true) {
        let Expectation::Alert { codes, severity, .. } = scenario.expect() else { continue };
        for seed in 0..200 {
            let mut engine = engine();
            for event in scenario.variant(seed).events() {
                engine.feed(&event);
            }
            let alerts = loud(engine, *severity);
            assert!(alerts.iter().any(|a| codes.contains(&a.code) && a.level >= *severity), "{} {seed}", scenario.id());
        }
    }
}
