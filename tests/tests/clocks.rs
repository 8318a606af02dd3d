//! Clocks of hosts are wrong and are turned: what a host said under another clock hides no attack and makes none.

use std::collections::BTreeSet;

use ipcsentry::event::{Event, Kind, NativeId, ProcessStart, StartMethod};
use ipcsentry::rules::Severity;
use ipcsentry::scenario;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings::finish;

const HOUR: i64 = 3_600 * 1_000_000_000;

/// A program that runs everywhere all day, started by a process that takes part in nothing else.
fn everyday<'e>(like: &Event<'e>, offset: i64) -> Event<'e> {
    let mut start = ProcessStart::default();
    start.method = StartMethod::Exec;
    let mut event = Event::new(like.os, like.time + offset, Kind::ProcessStart(start));
    (event.host, event.source) = (like.host, like.source);
    event.source.id = NativeId::None;
    (event.actor.pid, event.parent.pid) = (Some(3_999_990), Some(3_999_991));
    event.actor.image = Some(b"/usr/bin/true");
    event
}

/// Code and severity of every alert of medium or more on the events; before them came an everyday one, which the clock dated
/// otherwise. Weaker forms of low severity wait for a window to end, and under a later clock it has ended already.
fn alerts(events: &[Event<'_>], offset: i64) -> BTreeSet<(String, &'static str)> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let before = events.first().map(|first| everyday(first, offset));
    for event in before.iter().chain(events) {
        engine.feed(event);
    }
    let alerts = finish(&mut engine).into_iter().filter(|alert| alert.level > Severity::Low);
    alerts.map(|alert| (alert.code, alert.severity)).collect()
}

#[test]
fn a_clock_that_was_turned_changes_no_alert() {
    let mut tried = 0;
    for scenario in scenario::all() {
        let events = scenario.events();
        let due = alerts(&events, -HOUR);
        for (how, offset) in
            [("back by an hour", HOUR), ("back by a month", 720 * HOUR), ("on by a month", -720 * HOUR)]
        {
            let (found, what) = (alerts(&events, offset), format!("{}: the clock was turned {how}", scenario.id()));
            assert!(found.is_superset(&due), "{what}: {found:?} of {due:?}");
            // Weaker forms wait for what is late by an hour. An event dated far ahead must not hold them back, so they do not
            // wait for more.
            assert!(offset > HOUR || found == due, "{what}: {found:?}, not {due:?}");
            tried += due.len();
        }
    }
    assert!(tried > 1_000, "{tried} alerts");
}
