//! A flood between the steps of an attack, to evict the attack's state from an engine with little memory. A flood by
//! another process or another host does not succeed, because its entries count against its own quota. A flood by the
//! attacker's own process, or by ever new processes on the same host, may succeed; only a larger `Limits::bytes` helps.

use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, Os, ProcessRef, ProcessStart};
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};

/// Events of the flood between two steps. Two or three of these floods fill the smallest engine.
const BETWEEN: u32 = 6_000;

#[test]
fn another_process_hides_no_attack() {
    nothing_is_lost(b"");
}

#[test]
fn another_host_hides_no_attack() {
    nothing_is_lost(b"another");
}

/// Whether one scenario of each behavior of Linux and Windows is found despite a flood on another or on the same host.
fn nothing_is_lost(host: &[u8]) {
    let (mut found, mut lost) = (0, Vec::new());
    let mut tried: Vec<&str> = Vec::new();
    for scenario in scenario::all().iter().filter(|s| s.is_positive() && s.os() != Os::Macos) {
        // Leave out scenarios that are not found in this order without lateness.
        if tried.contains(&scenario.behavior()) || !is_found(scenario, host, 0) {
            continue;
        }
        tried.push(scenario.behavior());
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
    // The actors of a host share sixteen quota groups. Unknown actors and the first process are in the first group, so
    // the flooding process must not be the first one here.
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
        "{}: the flood must exceed the limits: {stats:?}",
        scenario.id()
    );
    std::iter::from_fn(|| engine.poll_alert()).any(|alert| codes.contains(&alert.code) && alert.level >= *severity)
}

/// A process creates or opens a new endpoint.
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
