//! What happens to audit logs on their way: records of events interleave, events change places, lines come twice or not
//! at all, the last line is cut, the file is rotated. No alert comes of it, and none goes but with the data it needs.

use std::collections::BTreeSet;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::time::SECOND;
use ipcsentry::{Catalogue, Engine, Limits, Policy, StreamOptions};

/// The audit log of each Linux story, by its id, one event an element.
fn logs() -> Vec<(&'static str, Vec<Vec<String>>)> {
    let mut logs = Vec::new();
    for story in scenario::all() {
        let story_id = story.id();
        let told = story.variant(1);
        let Ok(files) = told.render(Telemetry::Auditd) else { continue };
        let text = String::from_utf8(files[0].bytes.clone()).expect("stories are text");
        let mut events: Vec<Vec<String>> = Vec::new();
        for line in text.lines() {
            match events.last_mut().filter(|e| stamp(&e[0]) == stamp(line)) {
                Some(event) => event.push(line.into()),
                None => events.push(vec![line.into()]),
            }
        }
        logs.push((story_id, events));
    }
    assert!(logs.len() > 50, "{} logs", logs.len());
    logs
}

/// `SECONDS.MILLIS:SERIAL`.
fn stamp(line: &str) -> &str {
    line.split(['(', ')']).nth(1).expect("an audit record")
}

fn seconds(event: &[String]) -> f64 {
    stamp(&event[0]).split(':').next().and_then(|s| s.parse().ok()).expect("a time")
}

/// The alerts of at least medium severity: ids and codes.
fn alerts<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, lateness: i64) -> BTreeSet<String> {
    let mut limits = Limits::default();
    limits.lateness = lateness;
    let mut engine = Engine::new(Catalogue::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    for chunk in chunks {
        engine.feed_bytes(stream, chunk);
    }
    engine.close_stream(stream);
    engine.flush();
    let mut found = BTreeSet::new();
    while let Some(alert) = engine.poll_alert() {
        if alert.level >= ipcsentry::catalogue::Severity::Medium {
            found.insert(format!("{} {}", alert.code, alert.id));
        }
    }
    found
}

fn of(lines: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let text: String = lines.into_iter().flat_map(|l| [l, "\n".into()]).collect();
    alerts([text.as_bytes()], 300 * SECOND)
}

/// Every story's log, changed, raises what it raises unchanged.
fn same_after(change: impl Fn(Vec<Vec<String>>) -> Vec<String>) {
    let mut raised = 0;
    for (id, events) in logs() {
        let plain = of(events.concat());
        raised += usize::from(!plain.is_empty());
        assert_eq!(of(change(events)), plain, "{id}");
    }
    assert!(raised > 20, "{raised} stories raised alerts");
}

#[test]
fn records_of_two_events_interleave() {
    same_after(|events| {
        let mut lines = Vec::new();
        for pair in events.chunks(2) {
            let near = pair.len() == 2 && (seconds(&pair[0]) - seconds(&pair[1])).abs() < 1.5;
            if !near {
                lines.extend(pair.concat());
                continue;
            }
            for at in 0..pair[0].len().max(pair[1].len()) {
                lines.extend([&pair[0], &pair[1]].into_iter().filter_map(|e| e.get(at).cloned()));
            }
        }
        lines
    });
}

#[test]
fn events_change_places_within_a_minute() {
    same_after(|mut events| {
        for at in (1..events.len()).rev().step_by(2) {
            if (seconds(&events[at]) - seconds(&events[at - 1])).abs() <= 60.0 {
                events.swap(at, at - 1);
            }
        }
        for at in (3..events.len()).step_by(3) {
            if (seconds(&events[at]) - seconds(&events[at - 3])).abs() <= 60.0 {
                events.swap(at, at - 3);
            }
        }
        events.concat()
    });
}

#[test]
fn lines_come_twice() {
    same_after(|events| events.concat().into_iter().flat_map(|l| [l.clone(), l]).collect());
    // An event that was delivered once more.
    same_after(|events| events.iter().flat_map(|e| [e.clone(), e.clone()].concat()).collect());
}

#[test]
fn a_record_of_an_event_is_missing() {
    // Working folders are not needed where paths are whole.
    same_after(|events| events.concat().into_iter().filter(|l| !l.starts_with("type=CWD ")).collect());
    // Without its address, its path or its arguments an event says less: nothing new comes of it.
    for missing in ["SOCKADDR", "PATH", "EXECVE", "SYSCALL"] {
        for (id, events) in logs() {
            let codes = |found: BTreeSet<String>| -> BTreeSet<String> { found.iter().map(|a| a[..3].into()).collect() };
            let plain = codes(of(events.concat()));
            let kind = format!("type={missing} ");
            let less = codes(of(events.concat().into_iter().filter(|l| !l.starts_with(&kind))));
            assert!(less.is_subset(&plain), "{id} without {missing}: {less:?} of {plain:?}");
        }
    }
}

#[test]
fn the_last_line_is_cut() {
    for (id, events) in logs() {
        let whole = of(events.concat());
        let without = of(events[..events.len() - 1].concat());
        let mut text = events.concat().join("\n");
        text.truncate(text.len() - 9);
        let cut = alerts([text.as_bytes()], 300 * SECOND);
        assert!(cut == whole || cut == without, "{id}: {cut:?}, neither {whole:?} nor {without:?}");
    }
}

#[test]
fn the_log_is_rotated() {
    for (id, events) in logs() {
        let whole = of(events.concat());
        let text: String = events.concat().into_iter().flat_map(|l| [l, "\n".into()]).collect();
        // Whoever follows the file reads the rest of the old one, then the new one: the cut is anywhere in an event.
        for part in 1..6 {
            let (old, new) = text.as_bytes().split_at(text.len() * part / 6);
            assert_eq!(alerts([old, new], 300 * SECOND), whole, "{id}");
        }
    }
}
