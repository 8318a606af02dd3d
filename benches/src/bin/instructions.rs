//! Runs one path over one mix of events, to count instructions under callgrind, which counts only the calls of
//! `measured`.
//!
//! `valgrind --tool=callgrind --toggle-collect='*measured*' target/release/instructions PATH RULES [STEPS]`
//!
//! `PATH` is `typed`, `typed_held` (10 seconds of lateness), `json`, `json_decoded`, `auditd` or `auditd_decoded` (the
//! decoder alone), or `json_read` or `auditd_read` (framing, recognition and decoding, without an engine), for which
//! `RULES` is a wrapper of the benchmark `decoding` or `plain`; else `RULES` is `all` or `none` (one behavior that no event of the mix meets: what is left is the cost of
//! reading, of who is who, and of the tags). The engine is warm: the first pass is not counted. Prints the number of
//! events that were counted.

use ipcsentry::_internal_test_exports::decode_text;
use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_benches::generate::{SECOND, Workload, WorkloadOptions};
use ipcsentry_benches::linux;
use ipcsentry_benches::render::Pass;
use ipcsentry_benches::rules::{catalog_of, is_of_edeaedb};
use ipcsentry_benches::wrap::{OF_OBJECTS, OF_TEXT};

const POPULATION: usize = 5_000;
const CHUNK: usize = 64 << 10;

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
    limits.bytes = 192 << 20;
    limits.lateness = lateness;
    Engine::new(catalog, Policy::default(), limits)
}

fn workload(steps: usize) -> Workload {
    Workload::new(WorkloadOptions { seed: 1, population: POPULATION, steps, attack_every: 5_000 })
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

/// Both passes' alerts, since an alert costs as much as hundreds of events.
fn note_alerts(engine: &Engine) {
    let stats = engine.stats();
    eprintln!("{} alerts, {} revisions, {} repetitions", stats.alerts, stats.revisions, stats.deduplicated);
}

fn typed(rules: &str, steps: usize, lateness: i64) -> usize {
    let (workload, mut engine) = (workload(steps), engine(rules, lateness));
    for number in 0..workload.steps.len() {
        engine.feed(&workload.event(number, Pass(0)));
        drain(&mut engine);
    }
    let events: Vec<Event<'_>> =
        (workload.prologue..workload.steps.len()).map(|number| workload.event(number, Pass(1))).collect();
    measured(&mut || {
        for event in &events {
            engine.feed(event);
            drain(&mut engine);
        }
    });
    note_alerts(&engine);
    events.len()
}

fn bytes(rules: &str, options: StreamOptions, warm: &str, counted: &str) {
    let mut engine = engine(rules, 0);
    let stream = engine.open_stream(options);
    let mut feed = |text: &str| {
        for chunk in text.as_bytes().chunks(CHUNK) {
            engine.feed_bytes(stream, chunk);
            drain(&mut engine);
        }
    };
    feed(warm);
    measured(&mut || feed(counted));
    note_alerts(&engine);
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
    let steps = arguments.get(2).map_or(20_000, |steps| steps.parse().expect("a number of steps"));
    let json = |pass| {
        let workload = workload(steps);
        let from = if pass == 0 { 0 } else { workload.prologue };
        workload.lines(from..workload.steps.len(), Pass(pass))
    };
    let auditd = |pass| linux::audit_text(1, POPULATION, steps, pass);
    let events = match path {
        "typed" => typed(rules, steps, 0),
        "typed_held" => typed(rules, steps, 10 * SECOND),
        "json" => {
            bytes(rules, StreamOptions::new(Format::EvtxJson), &json(0), &json(1));
            steps
        }
        "json_decoded" => {
            decoded(Format::EvtxJson, &json(1));
            steps
        }
        "auditd" => {
            let mut options = StreamOptions::new(Format::Auditd);
            options.host = b"build-7".to_vec();
            bytes(rules, options, &auditd(0), &auditd(1));
            steps
        }
        "auditd_decoded" => {
            decoded(Format::Auditd, &auditd(1));
            steps
        }
        "json_read" => {
            read(rules, &json(1));
            steps
        }
        "auditd_read" => {
            read(rules, &auditd(1));
            steps
        }
        _ => panic!("usage: instructions PATH RULES [STEPS]"),
    };
    println!("{events}");
}
