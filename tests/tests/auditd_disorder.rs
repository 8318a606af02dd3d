//! Audit logs that are disordered: records of events interleave, events change places, lines are repeated or missing,
//! the last line is cut, the file is rotated. That adds no alert, and loses one only together with the data it needs.

use std::collections::BTreeSet;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::time::SECOND;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};

/// The audit log of each Linux scenario, by its id, with one event per element.
fn logs() -> Vec<(&'static str, Vec<Vec<String>>)> {
    let mut logs = Vec::new();
    for scenario in scenario::all() {
        let scenario_id = scenario.id();
        let variant = scenario.variant(1);
        let Ok(files) = variant.render(Telemetry::Auditd) else { continue };
        let text = String::from_utf8(files[0].bytes.clone()).expect("scenarios are text");
        let mut events: Vec<Vec<String>> = Vec::new();
        for line in text.lines() {
            match events.last_mut().filter(|e| stamp(&e[0]) == stamp(line)) {
                Some(event) => event.push(line.into()),
                None => events.push(vec![line.into()]),
            }
        }
        logs.push((scenario_id, events));
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
    alerts_of_files([chunks], lateness)
}

/// The alerts on several files, one after the other.
fn alerts_of_files<'a, C>(files: impl IntoIterator<Item = C>, lateness: i64) -> BTreeSet<String>
where
    C: IntoIterator<Item = &'a [u8]>,
{
    let mut limits = Limits::default();
    limits.lateness = lateness;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for chunks in files {
        let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
        for chunk in chunks {
            engine.feed_bytes(stream, chunk);
        }
        engine.close_stream(stream);
    }
    engine.flush();
    let mut found = BTreeSet::new();
    while let Some(alert) = engine.poll_alert() {
        if alert.level >= ipcsentry::rules::Severity::Medium {
            found.insert(format!("{} {}", alert.code, alert.id));
        }
    }
    found
}

fn of(lines: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    alerts([text(lines).as_bytes()], 300 * SECOND)
}

fn text(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().flat_map(|l| [l, "\n".into()]).collect()
}

/// Every scenario's log raises the same alerts after `change`.
fn same_after(change: impl Fn(Vec<Vec<String>>) -> Vec<String>) {
    same_with(300 * SECOND, change);
}

fn same_with(lateness: i64, change: impl Fn(Vec<Vec<String>>) -> Vec<String>) {
    let mut raised = 0;
    for (id, events) in logs() {
        let plain = of(events.concat());
        raised += usize::from(!plain.is_empty());
        assert_eq!(alerts([text(change(events)).as_bytes()], lateness), plain, "{id}");
    }
    assert!(raised > 20, "{raised} scenarios raised alerts");
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
fn events_are_shuffled_within_a_minute() {
    for seed in 1..4_u64 {
        let mut state = seed;
        // Up to a minute late, which is all of the lateness.
        let late = std::cell::RefCell::new(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 % 60_000.0 / 1000.0
        });
        same_with(60 * SECOND, |events| {
            let mut arrivals: Vec<(f64, Vec<String>)> =
                events.into_iter().map(|event| (seconds(&event) + (late.borrow_mut())(), event)).collect();
            arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
            arrivals.into_iter().flat_map(|(_, event)| event).collect()
        });
    }
}

#[test]
fn lines_come_twice() {
    same_after(|events| events.concat().into_iter().flat_map(|l| [l.clone(), l]).collect());
    // An event is delivered twice.
    same_after(|events| events.iter().flat_map(|e| [e.clone(), e.clone()].concat()).collect());
    // An event is delivered again after others.
    same_after(|events| {
        let again = |at: usize| at.checked_sub(4).map(|at| events[at].clone()).unwrap_or_default();
        (0..events.len()).flat_map(|at| [events[at].clone(), again(at)].concat()).collect()
    });
}

/// Whether a new alert judges the commands of a scenario alone, because its FIFOs or sockets are no longer seen.
fn stands_in(id: &str, code: &str, plain: &BTreeSet<String>) -> bool {
    // These set up a shell by their command lines; only the FIFO shows that it is everyday work.
    let everyday = ["linux.ordered.not_installed", "linux.fifo.local_queue"].contains(&id);
    code == "L25" && (everyday || ["L01", "L03", "L05"].iter().any(|attack| plain.contains(*attack)))
}

#[test]
fn a_record_of_an_event_is_missing() {
    // Working folders are not needed for absolute paths.
    same_after(|events| events.concat().into_iter().filter(|l| !l.starts_with("type=CWD ")).collect());
    // An event without address, path or arguments must not raise a new alert.
    for missing in ["SOCKADDR", "PATH", "EXECVE", "SYSCALL"] {
        for (id, events) in logs() {
            let codes = |found: BTreeSet<String>| -> BTreeSet<String> { found.iter().map(|a| a[..3].into()).collect() };
            let plain = codes(of(events.concat()));
            let kind = format!("type={missing} ");
            let less = codes(of(events.concat().into_iter().filter(|l| !l.starts_with(&kind))));
            let other: Vec<&String> = less.difference(&plain).filter(|code| !stands_in(id, code, &plain)).collect();
            assert!(other.is_empty(), "{id} without {missing}: {other:?} beside {plain:?}");
        }
    }
}

#[test]
fn an_event_is_missing_altogether() {
    let codes = |found: &BTreeSet<String>| -> BTreeSet<String> { found.iter().map(|a| a[..3].into()).collect() };
    let call = |event: &[String]| event[0].split(' ').find(|f| f.starts_with("syscall=")).map(String::from);
    let (mut tried, mut explained, mut unexplained) = (0, 0, Vec::new());
    for (id, events) in logs() {
        let plain = codes(&of(events.concat()));
        for gone in 0..events.len() {
            let mut rest = events.clone();
            let event = rest.remove(gone);
            let less = codes(&of(rest.concat()));
            tried += 1;
            // Without its start, a process has no known parent; without the only event of a kind, the host seems not
            // to log that kind.
            let kinship = event[0].contains(" syscall=59 ");
            let only = rest.iter().all(|other| call(other) != call(&event));
            let other = less.difference(&plain).any(|code| !stands_in(id, code, &plain));
            match (!other, kinship || only) {
                (true, _) => {}
                (false, true) => explained += 1,
                (false, false) => unexplained.push(format!("{id}: {less:?} of {plain:?} without {}", event[0])),
            }
        }
    }
    assert!(unexplained.is_empty(), "{} of {tried}:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(explained * 100 < tried, "{explained} of {tried} gaps led to alerts");
}

#[test]
fn the_last_line_is_cut() {
    for (id, events) in logs() {
        let whole = of(events.concat());
        let without = of(events[..events.len() - 1].concat());
        let text = events.concat().join("\n");
        let last = text.rfind('\n').map_or(0, |at| at + 1);
        for end in (last..text.len()).step_by(13) {
            let cut = alerts([&text.as_bytes()[..end]], 300 * SECOND);
            assert!(cut == whole || cut == without, "{id}: {cut:?}, neither {whole:?} nor {without:?}");
        }
    }
}

#[test]
fn the_log_is_rotated() {
    for (id, events) in logs() {
        let whole = of(events.concat());
        let whole_text = text(events.concat());
        // A follower reads the rest of the old file, then the new one: the cut may be inside an event.
        for part in 1..6 {
            let (old, new) = whole_text.as_bytes().split_at(whole_text.len() * part / 6);
            assert_eq!(alerts([old, new], 300 * SECOND), whole, "{id}");
        }
        // Files that are read one by one are cut between events.
        for part in 0..events.len() {
            let (old, new) = (text(events[..part].concat()), text(events[part..].concat()));
            assert_eq!(alerts_of_files([[old.as_bytes()], [new.as_bytes()]], 300 * SECOND), whole, "{id}");
        }
    }
}
