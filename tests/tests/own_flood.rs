//! An attacker who floods the engine between the steps of its own attack, to have it forget the first ones. Other
//! processes and hosts have quotas of their own; this flood counts against the attacker's, as the evidence does.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ipcsentry::event::{
    Access, Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os, ProcessAccess, ProcessEnd, ProcessRef,
    ProcessStart,
};
use ipcsentry::report::ProcessInfo;
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

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

/// Bytes of an engine with room for the floods.
const ROOM: usize = 512 << 20;

/// The input that the steps of an attack are said to come from.
const STEP: u32 = 1;

const FLOODS: [Flood; 6] =
    [Flood::Creates, Flood::Opens, Flood::Children, Flood::Generations, Flood::Connects, Flood::Accesses];

/// The sample: a scenario of each of some behaviors with several steps, of all platforms.
fn sample(size: usize) -> Vec<&'static Scenario> {
    let mut tried: Vec<&str> = Vec::new();
    let mut sample: Vec<&Scenario> = scenario::all().iter().collect();
    sample.retain(|s| {
        let takes = s.is_positive() && s.events().len() > 1 && !tried.contains(&s.behavior());
        let takes = takes && outcome(s, Limits::MIN_BYTES, None).is_found;
        if takes {
            tried.push(s.behavior());
        }
        takes
    });
    (0..size).map(|n| sample[n * sample.len() / size]).collect()
}

#[derive(Clone, Debug, Default)]
struct Outcome {
    is_found: bool,
    is_truncated: bool,
    /// The steps that the alert cites, and who is in it: initiator, actor, target, their ancestors.
    cited: BTreeSet<u64>,
    people: Vec<Option<String>>,
    evicted: u64,
}

impl Outcome {
    /// What the alert of the same attack and flood in an engine with room for both says, and this one does not.
    fn lacks(&self, whole: &Self) -> Option<String> {
        let records: Vec<&u64> = whole.cited.difference(&self.cited).collect();
        let people = whole.people != self.people;
        (self.is_found && (!records.is_empty() || people))
            .then(|| format!("steps {records:?}, {:?} for {:?}", self.people, whole.people))
    }
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
    for (step, event) in events.iter_mut().enumerate() {
        (event.file, event.record) = (STEP, step as u64);
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
        if codes.contains(&alert.code) && alert.level >= severity {
            outcome.is_found = true;
            // Other alerts are about what the flood itself did.
            let steps = alert.evidence.iter().filter(|evidence| evidence.file == STEP);
            let cited: BTreeSet<u64> = steps.map(|evidence| evidence.record).collect();
            if cited.len() < outcome.cited.len() {
                continue;
            }
            (outcome.cited, outcome.is_truncated) = (cited, alert.truncated);
            let image = |process: &ProcessInfo| process.image.clone();
            let named = [&alert.initiator.process, &alert.actor, &alert.target].map(|p| p.as_ref().and_then(image));
            let lineage = alert.lineage.iter().map(|step| image(&step.process));
            outcome.people = named.into_iter().chain(lineage).collect();
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

type Case = (&'static Scenario, Flood, Outcome, Option<String>);

/// The thousandth of the floods in spite of which the attack is found.
fn found(size: usize, bytes: usize, between: u32) -> usize {
    let sample = sample(size);
    let cases: Vec<_> = sample.iter().flat_map(|s| FLOODS.map(|flood| (*s, flood))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((scenario, flood)) = cases.get(next.fetch_add(1, Relaxed)) {
            let outcome = outcome(scenario, bytes, Some((*flood, between)));
            // Where nothing went, nothing can be lacking.
            let lacks = (outcome.is_found && outcome.evicted > 0)
                .then(|| outcome.lacks(&self::outcome(scenario, ROOM, Some((*flood, between)))));
            done.push((*scenario, *flood, outcome, lacks.flatten()));
        }
        done
    };
    let done: Vec<Case> = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(work));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    for flood in FLOODS {
        let of_kind = done.iter().filter(|(_, known, ..)| *known as u8 == flood as u8);
        let (found, lost): (Vec<&Case>, Vec<&Case>) = of_kind.partition(|case| case.2.is_found);
        let truncated = found.iter().filter(|case| case.2.is_truncated).count();
        let lost: Vec<&str> = lost.iter().map(|(scenario, ..)| scenario.behavior()).collect();
        println!(
            "{bytes} bytes, {between} {flood:?}: {} found, {truncated} of them truncated; lost {lost:?}",
            found.len()
        );
    }
    let found = done.iter().filter(|case| case.2.is_found).count();
    let evicting = done.iter().filter(|case| case.2.evicted > 0).count();
    let mut silent = 0;
    for (scenario, flood, outcome, lacks) in &done {
        if let Some(lacks) = lacks.as_ref().filter(|_| !outcome.is_truncated) {
            println!("{} {flood:?} is not truncated but lacks {lacks}", scenario.id());
            silent += 1;
        }
    }
    println!("{bytes} bytes, {between} between steps: {found} of {} found, {evicting} evicted", done.len());
    assert!(evicting * 2 > done.len(), "the floods must exceed the limits");
    assert_eq!(silent, 0, "alerts that lost lineage or evidence must say `truncated`");
    found * 1000 / done.len()
}

#[test]
fn the_smallest_engine_sees_most_attacks_through_their_own_flood() {
    let found = found(40, Limits::MIN_BYTES, 6_000);
    assert!(found >= 900, "{found} thousandths");
}

#[test]
fn an_engine_of_the_usual_size_sees_most_attacks_through_their_own_flood() {
    // The whole sample takes minutes.
    let size = std::env::var("OWN_FLOOD").map_or(8, |size| size.parse().expect("a number of scenarios"));
    let found = found(size, 64 << 20, 30_000);
    assert!(found >= 900, "{found} thousandths");
}

#[test]
fn a_flood_is_a_finding_that_names_its_actor() {
    let step = |n: u32| {
        let mut event = Event::new(
            Os::Linux,
            Timestamp::from_unix(1_600_000_000, i64::from(n) * 1_000),
            Kind::ProcessEnd(ProcessEnd::default()),
        );
        (event.host, event.actor.pid) = (b"web", Some(4_711));
        event.actor.image = Some(b"/home/p/flood");
        event
    };
    for (flood, is_one) in
        [(Flood::Creates, true), (Flood::Children, true), (Flood::Opens, true), (Flood::Connects, false)]
    {
        let mut limits = Limits::default();
        limits.bytes = Limits::MIN_BYTES;
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
        engine.feed(&step(0));
        let mut quiet = step(0);
        quiet.host = b"quiet";
        engine.feed(&quiet);
        for n in 1..10_000 {
            act(&mut engine, &step(n), flood, n);
        }
        let coverage = engine.coverage();
        let found: Vec<_> = coverage.iter().map(|host| host.flood.as_ref()).collect();
        let [None, of_web] = found[..] else { panic!("a quiet host floods nothing: {found:?}") };
        assert_eq!(of_web.is_some(), is_one, "{flood:?}: {found:?}");
        if let Some(of_web) = of_web {
            assert_eq!((of_web.pid, of_web.image.as_deref()), (Some(4_711), Some("/home/p/flood")), "{flood:?}");
            assert!(of_web.evicted >= 1_000 && of_web.first < of_web.last, "{of_web:?}");
        }
    }
}
