//! Runs one path over one mix of events, to count instructions under callgrind, which counts only the calls of
//! `measured`.
//!
//! `valgrind --tool=callgrind --toggle-collect='*measured*' target/release/instructions PATH RULES [OPTION=VALUE]…`
//!
//! `PATH` is `typed`, `typed_held` (10 seconds of lateness), `json`, `json_decoded`, `auditd` or `auditd_decoded` (the
//! decoder alone), or `json_read`, `auditd_read`, `enriched_read` (the same lines as auditd enriches them) or `NAME_read` (the
//! records that `decoding` has of a format, such as `osquery_json_read`): framing, recognition and decoding, without an
//! engine, for which `RULES` is a wrapper of the benchmark `decoding` or `plain`; else `RULES` is `all` or `none` (one behavior that no
//! event of the mix meets: what is left is the cost of reading, of who is who, and of the tags). The engine is warm: as
//! many events as are counted went through it before. Prints the number of events that were counted.
//!
//! `c_typed`, `c_batch` (256 events a call) and `c_json` go through the functions of the C interface, with `all` rules.
//!
//! `json_typed` decodes the lines of the mix outside the count and feeds their events as typed ones: so versions whose event
//! model differs can be compared on the same events.
//!
//! `load` loads the builtin catalog and counts as one event.
//!
//! Options are `steps` (20000), `seed` (1), `processes` (the working set, 2000) and `mix`: `quiet` as an estate is, or
//! `busy`, in which every process opens every other; the busy mix has 5000 processes, and its second pass starts the
//! same ones again. With `kind=NAME`, `typed` counts the events of one kind alone, such as `ProcessStart`; with `each=yes`
//! it calls `measured` for every event alone, for `benches/percentiles.sh`.

use std::ops::Range;

use ipcsentry::_internal_test_exports::decode_text;
use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::{Catalog, Engine, Limits, Policy, Stats, StreamOptions};
use ipcsentry_benches::c::CEngine;
use ipcsentry_benches::generate::{SECOND, Workload, WorkloadOptions};
use ipcsentry_benches::linux;
use ipcsentry_benches::records::of_every_format;
use ipcsentry_benches::render::Pass;
use ipcsentry_benches::rules::{catalog_of, is_of_edeaedb};
use ipcsentry_benches::wrap::{OF_OBJECTS, OF_TEXT};
use ipcsentry_ffi::event::keep::Keep;
use ipcsentry_ffi::event::model::ipcsentry_event;

const CHUNK: usize = 64 << 10;
/// Memory of an engine.
const BYTES: usize = 192 << 20;

/// A behavior of macOS with a kind of event that no mix contains.
const NO_RULES: &str = r#"{"behaviors": [{
    "id": "mac.signature.nothing", "code": "M99", "techniques": ["T1559"], "severity": "low", "title": "Nothing",
    "sources": ["own"], "anchor": "process", "window": "10s",
    "clauses": {"invalid": "ipc 600: code_sign_invalid bind A"},
    "require": "invalid"
}]}"#;

fn engine(rules: &str, lateness: i64) -> Engine {
    let catalog = match rules {
        "none" => Catalog::from_json(NO_RULES.as_bytes()).expect("it is a catalog"),
        "edeaedb" => catalog_of(is_of_edeaedb),
        "all" => Catalog::builtin(),
        codes => catalog_of(|code| codes.split(',').any(|wanted| wanted == code)),
    };
    let mut limits = Limits::default();
    limits.bytes = BYTES;
    limits.lateness = lateness;
    Engine::new(catalog, Policy::default(), limits)
}

/// The options of a run.
#[derive(Clone)]
struct Options {
    steps: usize,
    seed: u64,
    processes: usize,
    busy: bool,
    /// The kind of the events that are counted; empty for all.
    kind: String,
    /// Whether every event is counted by itself.
    each: bool,
}

impl Options {
    fn read<'a>(arguments: impl Iterator<Item = &'a str>) -> Self {
        let mut options = Self { steps: 20_000, seed: 1, processes: 0, busy: false, kind: String::new(), each: false };
        for argument in arguments {
            let (name, value) = argument.split_once('=').expect("an option is NAME=VALUE");
            let number = || value.parse().expect("a number");
            match name {
                "steps" => options.steps = number(),
                "seed" => options.seed = number() as u64,
                "processes" => options.processes = number(),
                "kind" => value.clone_into(&mut options.kind),
                "each" => options.each = value == "yes",
                "mix" => options.busy = value == "busy",
                _ => panic!("there is no option {name}"),
            }
        }
        if options.processes == 0 {
            options.processes = if options.busy { 5_000 } else { 2_000 };
        }
        options
    }

    fn workload(&self) -> Mix {
        let &Self { seed, processes: population, .. } = self;
        if self.busy {
            let options = WorkloadOptions { seed, population, steps: self.steps, attack_every: 5_000 };
            let workload = Workload::new(options);
            return Mix {
                warm: 0..workload.steps.len(),
                counted: workload.prologue..workload.steps.len(),
                second: Pass(1),
                workload,
            };
        }
        // One attack in the counted half.
        let options = WorkloadOptions { seed, population, steps: 2 * self.steps, attack_every: self.steps * 5 / 4 };
        let workload = Workload::quiet(options);
        let half = workload.prologue + self.steps;
        Mix { warm: 0..half, counted: half..workload.steps.len(), second: Pass(0), workload }
    }

    /// The lines that warm the engine, and those that are counted.
    fn json(&self) -> [String; 2] {
        let Mix { workload, warm, counted, second } = self.workload();
        [workload.lines(warm, Pass(0)), workload.lines(counted, second)]
    }

    fn auditd(&self) -> [String; 2] {
        let &Self { steps, seed, processes, busy, .. } = self;
        if busy {
            return [0, 1].map(|pass| linux::audit_text(seed, processes, steps, pass));
        }
        linux::quiet_audit_text(seed, processes, steps)
    }
}

/// A workload, and which of its steps warm the engine and which are counted.
struct Mix {
    workload: Workload,
    warm: Range<usize>,
    counted: Range<usize>,
    /// The pass in which steps are counted.
    second: Pass,
}

/// The function that callgrind counts. What follows the call keeps it from being a jump, which callgrind would take for
/// the function's end.
#[inline(never)]
fn measured(run: &mut dyn FnMut()) {
    run();
    std::hint::black_box(run);
}

fn drain(engine: &mut Engine) {
    while engine.poll_alert().is_some() {}
}

/// What the counted events raised, since an alert costs as much as hundreds of events.
fn note_alerts(engine: &Engine, before: &Stats) {
    let stats = engine.stats();
    eprintln!(
        "{} alerts, {} revisions, {} repetitions",
        stats.alerts - before.alerts,
        stats.revisions - before.revisions,
        stats.deduplicated - before.deduplicated
    );
}

fn typed(rules: &str, options: &Options, lateness: i64) -> usize {
    let (mix, mut engine) = (options.workload(), engine(rules, lateness));
    for number in mix.warm {
        engine.feed(&mix.workload.event(number, Pass(0)));
        drain(&mut engine);
    }
    let before = engine.stats();
    let events: Vec<Event<'_>> = mix.counted.map(|number| mix.workload.event(number, mix.second)).collect();
    let is_counted = |event: &Event<'_>| options.each || format!("{:?}", event.kind).starts_with(options.kind.as_str());
    let events: Vec<(&Event<'_>, bool)> = events.iter().map(|event| (event, is_counted(event))).collect();
    let feed = |engine: &mut Engine, event: &Event<'_>| {
        engine.feed(event);
        drain(engine);
    };
    if options.kind.is_empty() && !options.each {
        measured(&mut || events.iter().for_each(|(event, _)| feed(&mut engine, event)));
    } else {
        for (event, is_counted) in &events {
            if *is_counted { measured(&mut || feed(&mut engine, event)) } else { feed(&mut engine, event) }
        }
    }
    note_alerts(&engine, &before);
    events.iter().filter(|(_, is_counted)| *is_counted).count()
}

fn bytes(rules: &str, options: StreamOptions, [warm, counted]: [String; 2]) {
    let mut engine = engine(rules, 0);
    let stream = engine.open_stream(options);
    let feed = |engine: &mut Engine, text: &str| {
        for chunk in text.as_bytes().chunks(CHUNK) {
            engine.feed_bytes(stream, chunk);
            drain(engine);
        }
    };
    feed(&mut engine, &warm);
    let before = engine.stats();
    measured(&mut || feed(&mut engine, &counted));
    note_alerts(&engine, &before);
}

/// Feeds events to an engine, and counts what that costs once it `is_counted`.
struct Feeding<'e> {
    engine: &'e mut Engine,
    is_counted: bool,
    events: usize,
}

impl Sink for Feeding<'_> {
    fn event(&mut self, event: &Event<'_>) {
        let Self { engine, is_counted, events } = self;
        let mut feed = || {
            engine.feed(event);
            drain(engine);
        };
        if *is_counted {
            measured(&mut feed)
        } else {
            feed()
        }
        *events += usize::from(*is_counted);
    }
    fn skipped(&mut self, _record: u64, _why: Skip) {}
    fn error(&mut self, error: DecodeError) {
        panic!("the mix holds no errors: {error:?}");
    }
}

fn typed_of_lines(rules: &str, [warm, counted]: [String; 2]) -> usize {
    let (mut engine, mut decoder) = (engine(rules, 0), Format::EvtxJson.decoder());
    let mut sink = Feeding { engine: &mut engine, is_counted: false, events: 0 };
    let first = warm.lines().count();
    for (number, line) in (0..).zip(warm.lines().chain(counted.lines())) {
        sink.is_counted = number >= first;
        decoder.record(Record { bytes: line.as_bytes(), number: number as u64, offset: 0 }, &mut sink);
    }
    sink.events
}

/// Feeds typed events through the C interface, so many a call.
fn c_typed(options: &Options, batch: usize) -> usize {
    let (mix, mut engine) = (options.workload(), CEngine::new(BYTES as u64));
    let all: Vec<Event<'_>> = (0..mix.counted.end).map(|number| mix.workload.event(number, Pass(0))).collect();
    let mut keep = Keep::new(false);
    let all: Vec<ipcsentry_event> = all.iter().map(|event| keep.event(event)).collect();
    let feed = |engine: &mut CEngine, events: &[ipcsentry_event]| {
        for events in events.chunks(batch) {
            if let [event] = events {
                engine.feed(event)
            } else {
                engine.feed_batch(events)
            }
            engine.drain();
        }
    };
    feed(&mut engine, &all[mix.warm]);
    let counted = &all[mix.counted];
    measured(&mut || feed(&mut engine, counted));
    counted.len()
}

fn c_json([warm, counted]: [String; 2]) {
    let mut engine = CEngine::new(BYTES as u64);
    let feed = |engine: &mut CEngine, text: &str| {
        for chunk in text.as_bytes().chunks(CHUNK) {
            engine.feed_stream(chunk);
            engine.drain();
        }
    };
    feed(&mut engine, &warm);
    measured(&mut || feed(&mut engine, &counted));
}

/// Takes events and drops them.
struct Nothing;

impl Sink for Nothing {
    fn event(&mut self, event: &Event<'_>) {
        std::hint::black_box(event);
    }
    fn skipped(&mut self, _record: u64, _why: Skip) {}
    fn error(&mut self, error: DecodeError) {
        panic!("the mix holds no errors: {error:?}");
    }
}

fn decoded(format: Format, counted: &str) {
    let mut decoder = format.decoder();
    let lines: Vec<&str> = counted.lines().collect();
    measured(&mut || {
        for (number, line) in (0..).zip(&lines) {
            decoder.record(Record { bytes: line.as_bytes(), number, offset: 0 }, &mut Nothing);
        }
    });
}

/// Reads lines out of a wrapper.
fn read(wrapper: &str, lines: &str) {
    let mut wrappers = OF_TEXT.iter().chain(OF_OBJECTS);
    let wrap = wrappers.find(|(name, _)| *name == wrapper).map(|(_, wrap)| wrap);
    assert!(wrap.is_some() || wrapper == "plain", "there is no such wrapper");
    let text: String = lines.lines().map(|line| wrap.map_or(line.to_owned(), |wrap| wrap(line)) + "\n").collect();
    measured(&mut || decode_text(None, text.as_bytes(), &mut Nothing));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, rules] = [0, 1].map(|at| arguments.get(at).map_or("", String::as_str));
    let options = Options::read(arguments.iter().skip(2).map(String::as_str));
    let counted = |[_, counted]: [String; 2]| counted;
    let mut events = options.steps;
    match path {
        "typed" => events = typed(rules, &options, 0),
        "typed_held" => events = typed(rules, &options, 10 * SECOND),
        "load" => {
            measured(&mut || drop(std::hint::black_box(Catalog::builtin())));
            events = 1;
        }
        "c_typed" => events = c_typed(&options, 1),
        "c_batch" => events = c_typed(&options, 256),
        "c_json" => c_json(options.json()),
        "json" => bytes(rules, StreamOptions::new(Format::EvtxJson), options.json()),
        "json_typed" => events = typed_of_lines(rules, options.json()),
        "json_decoded" => decoded(Format::EvtxJson, &counted(options.json())),
        "auditd" => {
            let mut stream = StreamOptions::new(Format::Auditd);
            stream.host = b"build-7".to_vec();
            bytes(rules, stream, options.auditd());
        }
        "auditd_decoded" => decoded(Format::Auditd, &counted(options.auditd())),
        "json_read" => read(rules, &counted(options.json())),
        "auditd_read" => read(rules, &counted(options.auditd())),
        "enriched_read" => {
            let lines: Vec<String> = counted(options.auditd()).lines().map(linux::enriched).collect();
            read(rules, &lines.join("\n"));
        }
        path if path.ends_with("_read") => {
            let lines = &of_every_format()[path.trim_end_matches("_read")];
            events = lines.len();
            read(rules, &lines.join("\n"));
        }
        _ => panic!("usage: instructions PATH RULES [OPTION=VALUE]…"),
    }
    println!("{events}");
}
