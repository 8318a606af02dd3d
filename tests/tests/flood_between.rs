//! A flood between the steps of an attack, to push out what an engine with little memory keeps of it: another process
//! or another host cannot, whose entries count against their own share. The attacker's own flood is not withstood, nor
//! one of ever new processes on the same host; `Limits::bytes` is what stands against these.

use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, Os, ProcessRef, ProcessStart};
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};

/// Events of the flood between each two steps: with two or three of these the smallest engine is full.
const BETWEEN: u32 = 6_000;

#[test]
fn another_process_hides_no_attack() {
    nothing_is_lost(b"");
}

#[test]
fn another_host_hides_no_attack() {
    nothing_is_lost(b"another");
}

/// One scenario of each behavior of Linux and Windows is found in spite of a flood on that host, or on the scenario's own.
fn nothing_is_lost(host: &[u8]) {
    let (mut found, mut lost) = (0, Vec::new());
    let mut told: Vec<&str> = Vec::new();
    for scenario in scenario::all().iter().filter(|s| s.is_positive() && s.os() != Os::Macos) {
        // What is not found as it is told, or with no time to put it in order, is no measure.
        if told.contains(&scenario.behavior()) || !is_found(scenario, host, 0) {
            continue;
        }
        told.push(scenario.behavior());
        if is_found(scenario, host, BETWEEN) { found += 1 } else { lost.push(scenario.id()) }
    }
    println!("{found} found");
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(found >= 40, "only {found} scenarios were tried");
}

fn is_found(scenario: &Scenario, host: &[u8], between: u32) -> bool {
    let Expectation::Alert { codes, severity, .. } = scenario.expect() else { return false };
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut events: Vec<Event<'_>> = scenario.events().into_iter().collect();
    events.sort_by_key(|event| event.time);
    // Actors share sixteen quotas a host. An actor that nobody names is in the first, as the first process is: the
    // flooding one is not the first here, or it would push out what is remembered of such actors.
    let mut first = Event::new(scenario.os(), events[0].time, Kind::ProcessStart(ProcessStart::default()));
    first.host = events[0].host;
    first.actor.pid = Some(76_543);
    first.actor.image = Some(b"/usr/bin/true");
    engine.feed(&first);
    let mut floods = 0..between * (events.len() as u32 - 1);
    for event in &events {
        engine.feed(event);
        for n in floods.by_ref().take(between as usize) {
            flood(&mut engine, event, host, n);
        }
    }
    engine.flush();
    let stats = engine.stats();
    assert!(
        between == 0 || events.len() < 4 || (stats.evicted_names > 0 && stats.evicted_partial_matches > 0),
        "{}: a flood that fits is none: {stats:?}",
        scenario.id()
    );
    std::iter::from_fn(|| engine.poll_alert()).any(|alert| codes.contains(&alert.code) && alert.level >= *severity)
}

/// One process makes or opens an endpoint that nobody has heard of.
fn flood(engine: &mut Engine, beside: &Event<'_>, host: &[u8], n: u32) {
    let (mechanism, name, image): (_, _, &[u8]) = match beside.os {
        Os::Windows => (Mechanism::NamedPipe, format!("\\flood{n}"), b"C:\\Users\\p\\flood.exe"),
        _ => (Mechanism::Fifo, format!("/tmp/flood{n}"), b"/home/p/flood"),
    };
    let act = EndpointAct::new(Endpoint::new(mechanism, Some(name.as_bytes())));
    let kind = if n.is_multiple_of(2) { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) };
    let mut event = Event::new(beside.os, beside.time, kind);
    event.host = if host.is_empty() { beside.host } else { host };
    event.source.channel = beside.source.channel;
    event.actor = ProcessRef::default();
    event.actor.pid = Some(77_777);
    event.actor.image = Some(image);
    engine.feed(&event);
}
