//! An attacker who floods the engine between the steps of its own attack, to have it forget the first ones. Other
//! processes and hosts have quotas of their own; this flood counts against the attacker's, as the evidence does.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ipcsentry::event::{
    Access, Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os, ProcessAccess, ProcessRef, ProcessStart,
};
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};

/// What the attacker's own process does over and over.
#[derive(Clone, Copy, Debug)]
enum Flood {
    /// It makes FIFOs or pipes of ever new names.
    Creates,
    /// It opens such.
    Opens,
    /// It starts children.
    Children,
    /// Its children start children, each one the next.
    Generations,
    /// It connects to the network.
    Connects,
    /// It opens other processes.
    Accesses,
}

const FLOODS: [Flood; 6] =
    [Flood::Creates, Flood::Opens, Flood::Children, Flood::Generations, Flood::Connects, Flood::Accesses];

/// The sample: a scenario of each of some behaviors with several steps, of both platforms.
fn sample(size: usize) -> Vec<&'static Scenario> {
    let mut tried: Vec<&str> = Vec::new();
    let mut sample: Vec<&Scenario> = scenario::all().iter().collect();
    sample.retain(|s| {
        let takes = s.is_positive() && s.os() != Os::Macos && s.events().len() > 1 && !tried.contains(&s.behavior());
        let takes = takes && outcome(s, Limits::MIN_BYTES, None).is_found;
        if takes {
            tried.push(s.behavior());
        }
        takes
    });
    (0..size).map(|n| sample[n * sample.len() / size]).collect()
}

#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    is_found: bool,
    is_truncated: bool,
    evicted: u64,
}

/// Whether a scenario is found despite a flood by the actor of each step between the steps.
fn outcome(scenario: &Scenario, bytes: usize, flood: Option<(Flood, u32)>) -> Outcome {
    let Expectation::Alert { codes, severity, .. } = scenario.expect() else { return Outcome::default() };
    let mut limits = Limits::default();
    limits.bytes = bytes;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut events = scenario.events();
    events.sort_by_key(|event| event.time);
    let mut outcome = Outcome::default();
    let (last, mut number) = (events.len() - 1, 0_u32);
    for (step, event) in events.iter().enumerate() {
        engine.feed(event);
        for _ in 0..flood.filter(|_| step < last).map_or(0, |(_, between)| between) {
            number += 1;
            if let Some((flood, _)) = flood {
                act(&mut engine, event, flood, number);
            }
            // Alerts of the flood itself are not those that are due.
            if number.is_multiple_of(1024) {
                poll(&mut engine, &mut outcome, codes, *severity);
            }
        }
    }
    engine.flush();
    poll(&mut engine, &mut outcome, codes, *severity);
    let stats = engine.stats();
    outcome.evicted = stats.evicted_processes + stats.evicted_partial_matches + stats.evicted_names;
    outcome
}

fn poll(engine: &mut Engine, outcome: &mut Outcome, codes: &[String], severity: ipcsentry::rules::Severity) {
    while let Some(alert) = engine.poll_alert() {
        if codes.contains(&alert.code) {
            outcome.is_found |= alert.level >= severity;
            outcome.is_truncated |= alert.truncated;
        }
    }
}

fn act(engine: &mut Engine, step: &Event<'_>, flood: Flood, n: u32) {
    let (mechanism, name, image) = match step.os {
        Os::Windows => (Mechanism::NamedPipe, format!("\\own{n}"), format!("C:\\Users\\p\\own{n}.exe")),
        _ => (Mechanism::Fifo, format!("/tmp/own{n}"), format!("/home/p/own{n}")),
    };
    let endpoint = EndpointAct::new(Endpoint::new(mechanism, Some(name.as_bytes())));
    let mut child = ProcessRef::default();
    (child.pid, child.image) = (Some(1_000_000 + n), Some(image.as_bytes()));
    let kind = match flood {
        Flood::Creates => Kind::EndpointCreate(endpoint),
        Flood::Opens => Kind::EndpointConnect(endpoint),
        Flood::Children | Flood::Generations => Kind::ProcessStart(ProcessStart::default()),
        Flood::Connects => Kind::NetworkConnect(NetworkConnect::default()),
        Flood::Accesses => {
            let mut access = ProcessAccess::default();
            (access.target, access.access) = (child, Access { mask: 0x1f_ffff, ..Access::default() });
            Kind::ProcessAccess(access)
        }
    };
    let mut event = Event::new(step.os, step.time, kind);
    event.host = step.host;
    event.source.channel = step.source.channel;
    event.actor = step.actor;
    event.actor.command_line = None;
    if matches!(flood, Flood::Children | Flood::Generations) {
        event.parent = event.actor;
        if matches!(flood, Flood::Generations) && !n.is_multiple_of(1_000) {
            event.parent = ProcessRef::default();
            event.parent.pid = Some(1_000_000 + n - 1);
        }
        event.actor = child;
    }
    engine.feed(&event);
}

type Case = (&'static Scenario, Flood, Outcome);

/// The thousandth of the floods in spite of which the attack is found.
fn found(size: usize, bytes: usize, between: u32) -> usize {
    let sample = sample(size);
    let cases: Vec<_> = sample.iter().flat_map(|s| FLOODS.map(|flood| (*s, flood))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((scenario, flood)) = cases.get(next.fetch_add(1, Relaxed)) {
            done.push((*scenario, *flood, outcome(scenario, bytes, Some((*flood, between)))));
        }
        done
    };
    let done: Vec<Case> = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(work));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    for flood in FLOODS {
        let of_kind = done.iter().filter(|(_, known, _)| *known as u8 == flood as u8);
        let (found, lost): (Vec<&Case>, Vec<&Case>) = of_kind.partition(|case| case.2.is_found);
        let truncated = found.iter().filter(|(.., outcome)| outcome.is_truncated).count();
        let lost: Vec<&str> = lost.iter().map(|(scenario, ..)| scenario.behavior()).collect();
        println!(
            "{bytes} bytes, {between} {flood:?}: {} found, {truncated} of them truncated; lost {lost:?}",
            found.len()
        );
    }
    let found = done.iter().filter(|(.., outcome)| outcome.is_found).count();
    let evicting = done.iter().filter(|(.., outcome)| outcome.evicted > 0).count();
    println!("{bytes} bytes, {between} between steps: {found} of {} found, {evicting} evicted", done.len());
    assert!(evicting * 2 > done.len(), "the floods must exceed the limits");
    found * 1000 / done.len()
}

#[test]
fn the_smallest_engine_sees_most_attacks_through_their_own_flood() {
    let found = found(40, Limits::MIN_BYTES, 6_000);
    assert!(found >= 600, "{found} thousandths");
}

#[test]
fn an_engine_of_the_usual_size_sees_most_attacks_through_their_own_flood() {
    // The whole sample takes minutes.
    let size = std::env::var("OWN_FLOOD").map_or(8, |size| size.parse().expect("a number of scenarios"));
    let found = found(size, 64 << 20, 30_000);
    assert!(found >= 600, "{found} thousandths");
}
