//! What callers do with an engine: typed events in any order, and several streams at once.

use std::sync::OnceLock;

use ipcsentry::event::Event;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::time::{MILLISECOND, SECOND};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamId, StreamOptions};

use crate::{FORMATS, saved, small};

/// The events of all scenarios, each with the number of its scenario.
fn known() -> &'static [(u64, Event<'static>)] {
    static EVENTS: OnceLock<Vec<(u64, Event<'static>)>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let of = |(number, scenario): (u64, &'static Scenario)| {
            scenario.events().into_iter().map(move |event| (number, event))
        };
        (0..).zip(scenario::all()).flat_map(of).collect()
    })
}

/// The first byte selects the lateness, the second where an engine is saved and another one goes on. Seven more each are
/// an event: which one of the scenarios (two bytes), on which host, how late, and what is changed of it to what (two
/// bytes); the last one tells how many of its scenario follow. An engine that goes on from a snapshot raises what one
/// raises that was never interrupted; no event takes more steps than are promised, and no engine more memory.
pub fn events(data: &[u8]) {
    let [lateness, cut, acts @ ..] = data else { return };
    let lateness = [0, 500 * MILLISECOND, 2 * SECOND, 3600 * SECOND][usize::from(*lateness) % 4];
    let acts = acts.as_chunks::<7>().0;
    let events: Vec<Event<'static>> = acts.iter().flat_map(|act| chosen(*act)).collect();
    let cut = events.len() * usize::from(*cut) / 256;
    let run = |interrupted: bool| {
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), small(lateness));
        let mut alerts = Vec::new();
        // Of a feed: what it completed, with alerts or without.
        let (mut completed, mut most) = (0, 0);
        for (number, event) in events.iter().enumerate() {
            if interrupted && number == cut {
                let (catalog, policy) = (Catalog::builtin(), Policy::default());
                let restored = Engine::restore(catalog, policy, small(lateness), &saved(&engine));
                engine = restored.expect("what was saved can be restored").0;
            }
            engine.feed(event);
            most = most.max(completions(&engine) - completed);
            completed = completions(&engine);
            alerts.extend(core::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()));
        }
        engine.flush();
        most = most.max(completions(&engine) - completed);
        alerts.extend(core::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()));
        let stats = engine.stats();
        assert!(stats.max_steps <= Limits::MAX_STEPS * (1 + most), "{} steps with {most} alerts", stats.max_steps);
        assert!(stats.bytes <= Limits::MIN_BYTES as u64, "{} bytes", stats.bytes);
        (alerts, stats.events, stats.late, stats.duplicates)
    };
    assert_eq!(run(false), run(true), "an engine goes on where the one before it ended");
}

/// How often a behavior was completed, whatever became of it.
fn completions(engine: &Engine) -> u64 {
    let stats = engine.stats();
    stats.alerts + stats.revisions + stats.deduplicated + stats.suppressed + stats.below_minimum
}

/// The events that seven bytes stand for.
fn chosen([low, high, host, late, what, to, more]: [u8; 7]) -> impl Iterator<Item = Event<'static>> {
    const HOSTS: [&[u8]; 3] = [b"", b"web-1", b"WS-14.corp.example"];
    let known = known();
    let first = usize::from(u16::from_le_bytes([low, high])) % known.len();
    let scenario = known[first].0;
    let story = known[first..].iter().take_while(move |(of, _)| *of == scenario).take(1 + usize::from(more % 8));
    story.map(move |(_, event)| {
        let mut event = event.clone();
        if let Some(host) = HOSTS.get(usize::from(host)) {
            event.host = host;
        }
        event.time.0 = event.time.0.saturating_add(i64::from(late.cast_signed()) * 100 * MILLISECOND);
        let number = u32::from(to);
        match what % 12 {
            0 => event.actor.pid = Some(number),
            1 => event.parent.pid = Some(number),
            2 => event.actor.image = None,
            3 => event.actor.uid = Some(number),
            4 => event.time = ipcsentry::Timestamp(if to % 2 == 0 { i64::MAX } else { i64::MIN }),
            5 => event.actor.unique_id = event.parent.unique_id,
            6 => event.record = u64::from(number),
            7 => event.actor.pid = event.parent.pid,
            8 => event.actor.command_line = event.parent.command_line,
            _ => {}
        }
        event
    })
}

/// Each act begins with three bytes: what it does, to which of eight streams, and how many of the bytes behind them it
/// takes. Streams are opened with a format or to recognize one, fed, settled, closed, and fed again behind their end.
/// The engine stays within its memory, and what it saved can be restored.
pub fn streams(mut data: &[u8]) {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), small(SECOND));
    let mut open: [Option<StreamId>; 8] = [None; 8];
    while let [what, which, length, rest @ ..] = data {
        let (chunk, behind) = rest.split_at(usize::from(*length).min(rest.len()));
        data = behind;
        let slot = &mut open[usize::from(which % 8)];
        let format = FORMATS.get(usize::from(*which) / 8).copied();
        let options = || format.map_or_else(StreamOptions::recognize, StreamOptions::new);
        let stream = *slot.get_or_insert_with(|| engine.open_stream(options()));
        match what % 16 {
            0 => drop(engine.settle_stream(stream)),
            1 => drop(engine.settle_quiet(stream)),
            // Its number stays in place: it is fed behind its end.
            2 => drop(engine.close_stream(stream)),
            3 => {
                engine.close_stream(stream);
                *slot = None;
            }
            4 => engine.elapse(i64::from(*length) * SECOND),
            5 => {
                let restored = Engine::restore(Catalog::builtin(), Policy::default(), small(SECOND), &saved(&engine));
                engine = restored.expect("what was saved can be restored").0;
            }
            6 => drop(engine.feed_record(stream, u64::from(*length), chunk)),
            _ => drop(engine.feed_bytes(stream, chunk)),
        }
    }
    for stream in open.into_iter().flatten() {
        engine.close_stream(stream);
    }
    engine.flush();
    while engine.poll_alert().is_some() {}
    assert!(engine.stats().bytes <= Limits::MIN_BYTES as u64, "{} bytes", engine.stats().bytes);
}
