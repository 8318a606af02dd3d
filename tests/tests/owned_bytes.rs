//! `Stats::bytes` is what the allocator counts, whatever an engine is flooded with, and what an engine that took nothing
//! yet owns is little.

use std::sync::{Mutex, PoisonError};

use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, Os, ProcessEnd, ProcessStart};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions, Timestamp};
use ipcsentry_benches::count::{self, Counting};
use ipcsentry_tests::steps::{Act, Step};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is allocated is measured of one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// An engine on the heap, and the bytes that were allocated before it.
struct Measured {
    what: &'static str,
    before: usize,
    engine: Box<Engine>,
    /// The largest difference so far, in thousandths, and the bytes counted then.
    worst: (f64, u64),
    most: u64,
}

impl Measured {
    fn new(what: &'static str, catalog: &Catalog, bytes: usize, lateness: i64) -> Self {
        let mut limits = Limits::default();
        (limits.bytes, limits.lateness) = (bytes, lateness);
        let before = count::live();
        let engine = Box::new(Engine::new(catalog.clone(), Policy::default(), limits));
        let mut new = Self { what, before, engine, worst: (0.0, 0), most: 0 };
        new.check();
        new
    }

    /// What the engine counts, and what is allocated.
    fn check(&mut self) {
        let (counted, held) = (self.engine.stats().bytes, count::live() - self.before);
        let difference = (counted as f64 - held as f64) / held as f64 * 1000.0;
        if difference.abs() > self.worst.0.abs() {
            self.worst = (difference, counted);
        }
        self.most = self.most.max(counted);
    }

    fn finish(mut self) -> (String, bool) {
        self.check();
        let (worst, at) = self.worst;
        let limit = self.engine.limits().bytes as u64;
        let most = self.most;
        let line =
            format!("{:<12} at most {most:>9} of {limit} bytes, off by {worst:.1} thousandths at {at}", self.what);
        (line, worst.abs() <= 20.0 && self.most <= limit)
    }
}

fn event<'e>(os: Os, number: u64, kind: Kind<'e>) -> Event<'e> {
    let mut event = Event::new(os, Timestamp::from_unix(1_600_000_000, 0) + number as i64 * 100_000, kind);
    event.host = b"host";
    event.source.id = NativeId::Number(number);
    event.actor.pid = Some(1_000 + (number % 50_000) as u32);
    event
}

fn processes(measured: &mut Measured, number: u64) {
    let line = format!("/usr/bin/tool{} --number {number} {}", number % 7, "x".repeat((number % 90) as usize));
    let mut event = event(Os::Linux, number, Kind::ProcessStart(ProcessStart::default()));
    event.actor.image = Some(b"/usr/bin/tool");
    event.actor.command_line = Some(line.as_bytes());
    event.parent.pid = Some(999 + (number % 50_000) as u32);
    measured.engine.feed(&event);
}

fn names(measured: &mut Measured, number: u64) {
    let image = format!("/opt/{number}/{}", "n".repeat((number % 300) as usize));
    let mut event = event(Os::Linux, number, Kind::ProcessEnd(ProcessEnd::default()));
    event.actor.pid = Some(7);
    event.actor.image = Some(image.as_bytes());
    measured.engine.feed(&event);
}

fn endpoints(measured: &mut Measured, number: u64) {
    let name = format!("/tmp/fifo{number}");
    let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(name.as_bytes())));
    let mut event = event(Os::Linux, number, Kind::EndpointCreate(act));
    event.actor.pid = Some(7);
    event.actor.image = Some(b"/home/u/flood");
    measured.engine.feed(&event);
}

fn hits(measured: &mut Measured, number: u64) {
    let acts = [Act::Start, Act::Create, Act::Connect, Act::Network, Act::Access];
    let n = number as u32;
    let (act, at) = (acts[n as usize % acts.len()], n / 16);
    let step = Step {
        act,
        linux: !n.is_multiple_of(3),
        host: 0,
        actor: n,
        other: n.saturating_sub(1),
        object: n as u8,
        at,
        number,
    };
    measured.engine.feed(&step.event());
    while measured.engine.poll_alert().is_some() {}
}

fn hosts(measured: &mut Measured, number: u64) {
    let name = format!("host-{number}.example.test");
    let mut event = event(Os::Linux, number, Kind::ProcessStart(ProcessStart::default()));
    event.host = name.as_bytes();
    event.actor.image = Some(b"/usr/bin/tool");
    measured.engine.feed(&event);
}

fn reorder(measured: &mut Measured, number: u64) {
    let name = format!("/tmp/fifo{}{}", number % 100, "y".repeat((number % 500) as usize));
    let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(name.as_bytes())));
    let mut event = event(Os::Linux, number, Kind::EndpointConnect(act));
    event.time = Timestamp::from_unix(1_600_000_000, 0) + (number as i64 * 7_919) % 1_000_000;
    event.host = [b"a".as_slice(), b"b", b"c"][number as usize % 3];
    measured.engine.feed(&event);
}

fn streams(measured: &mut Measured, number: u64) {
    if !number.is_multiple_of(1_000) {
        return;
    }
    let stream = measured.engine.open_stream(StreamOptions::recognize());
    const PIECE: &[u8] = &[b'z'; 60_000];
    measured.engine.feed_bytes(stream, b"{\"EventID\":1,\"Text\":\"");
    for _ in 0..10 {
        measured.engine.feed_bytes(stream, PIECE);
        measured.check();
    }
}

/// Attacks on ever new hosts. Their alerts stay in the queue.
fn alerts(measured: &mut Measured, number: u64) {
    let scenarios: Vec<&Scenario> = scenario::all().iter().filter(|s| s.is_positive()).collect();
    if !number.is_multiple_of(100) {
        return;
    }
    let host = format!("host{}", number / 100);
    let scenario = scenarios[(number / 100) as usize % scenarios.len()];
    for mut event in scenario.events() {
        event.host = host.as_bytes();
        measured.engine.feed(&event);
    }
    measured.engine.advance(host.as_bytes(), Timestamp::from_unix(2_000_000_000, 0));
}

type Flood = fn(&mut Measured, u64);

fn everything(measured: &mut Measured, number: u64) {
    for flood in [processes, names, endpoints, hits, hosts, streams, alerts] {
        flood(measured, number);
    }
}

#[test]
fn bytes_are_what_the_allocator_counts() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let catalog = Catalog::builtin();
    // Catalog and scenarios make what they need when they are first used: a platform's clauses with its first event, what
    // completes a behavior with the first hit of it.
    let mut first = Measured::new("", &catalog, Limits::MIN_BYTES, 0);
    (0..2_000).for_each(|number| everything(&mut first, number));
    (0..scenario::all().len() as u64).for_each(|number| alerts(&mut first, 100 * number));
    drop(first);
    let floods: [(&str, Flood, i64); 9] = [
        ("processes", processes, 0),
        ("names", names, 0),
        ("endpoints", endpoints, 0),
        ("hits", hits, 0),
        ("hosts", hosts, 0),
        ("reorder", reorder, 2_000_000_000),
        ("streams", streams, 0),
        ("alerts", alerts, 0),
        ("everything", everything, 2_000_000_000),
    ];
    let mut wrong = 0;
    for bytes in [Limits::MIN_BYTES, 24 << 20] {
        for (what, flood, lateness) in floods {
            let mut measured = Measured::new(what, &catalog, bytes, lateness);
            for number in 1..100_001 {
                flood(&mut measured, number);
                if number.is_multiple_of(997) || number < 20 {
                    measured.check();
                }
            }
            let (line, is_right) = measured.finish();
            println!("{line}{}", if is_right { "" } else { "  WRONG" });
            wrong += u32::from(!is_right);
        }
    }
    assert_eq!(wrong, 0, "floods whose bytes are counted wrong");
}

#[test]
fn an_engine_that_took_nothing_owns_little() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let catalog = Catalog::builtin();
    let engine = Engine::new(catalog, Policy::default(), Limits::default());
    let bytes = engine.stats().bytes;
    println!("{bytes} bytes");
    assert!(bytes <= 64 << 10, "{bytes} bytes");
}
