//! Throughput of every path relative to its baseline, measured alternately in one run; allocations, steps and bytes.
//!
//! `ratios [STEPS] [ROUNDS] [POPULATION]`

use std::time::Instant;

use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamId, StreamOptions};
use ipcsentry_benches::count::{Counting, allocations};
use ipcsentry_benches::generate::{SECOND, Workload, WorkloadOptions};
use ipcsentry_benches::render::Pass;
use ipcsentry_benches::rules::{FIRST, catalog_of};
use ipcsentry_benches::{floor, linux};

#[global_allocator]
static COUNTING: Counting = Counting;

const CHUNK: usize = 64 << 10;
/// Size of the batches of typed events, which are made outside of the measured time. They are small, so that the events
/// are in the cache as in an agent.
const BATCH: usize = 256;

fn engine(lateness: i64) -> Engine {
    engine_with(Catalog::builtin(), lateness)
}

fn engine_with(catalog: Catalog, lateness: i64) -> Engine {
    let mut limits = Limits::default();
    limits.bytes = 192 << 20;
    limits.lateness = lateness;
    Engine::new(catalog, Policy::default(), limits)
}

fn drain(engine: &mut Engine) {
    while engine.poll_alert().is_some() {}
}

/// Allocations are counted only in batches without alerts, because making an alert allocates.
fn raised(engine: &Engine) -> u64 {
    let stats = engine.stats();
    stats.alerts + stats.deduplicated + stats.revisions
}

/// Feeds steps as typed events. Returns the seconds spent in the engine, and its allocations in batches without alerts.
fn typed(engine: &mut Engine, workload: &Workload, from: usize, pass: Pass) -> (f64, u64) {
    let (mut seconds, mut allocated) = (0.0, 0);
    let mut at = from;
    while at < workload.steps.len() {
        let end = (at + BATCH).min(workload.steps.len());
        let batch: Vec<Event<'_>> = (at..end).map(|n| workload.event(n, pass)).collect();
        let alerts = raised(engine);
        let (start, before) = (Instant::now(), allocations());
        for event in &batch {
            engine.feed(event);
        }
        drain(engine);
        seconds += start.elapsed().as_secs_f64();
        let in_batch = allocations() - before;
        if raised(engine) == alerts {
            allocated += in_batch;
        }
        at = end;
    }
    (seconds, allocated)
}

fn bytes(engine: &mut Engine, stream: StreamId, text: &[u8]) -> (f64, u64) {
    let (mut seconds, mut allocated) = (0.0, 0);
    for chunk in text.chunks(CHUNK) {
        let (alerts, start, before) = (raised(engine), Instant::now(), allocations());
        engine.feed_bytes(stream, chunk);
        drain(engine);
        seconds += start.elapsed().as_secs_f64();
        let in_chunk = allocations() - before;
        if raised(engine) == alerts {
            allocated += in_chunk;
        }
    }
    (seconds, allocated)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>().expect("a number"));
    let steps = arguments.next().unwrap_or(60_000);
    let rounds = arguments.next().unwrap_or(5);
    let population = arguments.next().unwrap_or(50_000);
    let options = WorkloadOptions { seed: 1, population, steps, attack_every: 5_000 };
    let workload = Workload::new(options);
    let quiet = Workload::new(WorkloadOptions { attack_every: 0, ..options });
    let from = workload.prologue;
    let events = (workload.steps.len() - from) as f64;

    // Alternate the passes over warm engines, so that noise affects all alike.
    let (mut direct, mut held, mut decoded) = (engine(0), engine(10 * SECOND), engine(0));
    let stream = decoded.open_stream(StreamOptions::new(Format::EvtxJson));
    typed(&mut direct, &workload, 0, Pass(0));
    typed(&mut held, &workload, 0, Pass(0));
    bytes(&mut decoded, stream, workload.lines(0..workload.steps.len(), Pass(0)).as_bytes());
    let first_catalog = || catalog_of(|code| FIRST.contains(&code));
    let (mut first, mut first_decoded) = (engine_with(first_catalog(), 0), engine_with(first_catalog(), 0));
    let first_stream = first_decoded.open_stream(StreamOptions::new(Format::EvtxJson));
    typed(&mut first, &workload, 0, Pass(0));
    bytes(&mut first_decoded, first_stream, workload.lines(0..workload.steps.len(), Pass(0)).as_bytes());
    let mut times: [Vec<f64>; 6] = Default::default();
    let mut line_bytes = 0;
    for round in 1..=rounds as u32 {
        let text = workload.lines(from..workload.steps.len(), Pass(round));
        line_bytes = text.len();
        let start = Instant::now();
        let (read, _) = std::hint::black_box(floor::parse_json(text.as_bytes()));
        times[0].push(start.elapsed().as_secs_f64());
        assert_eq!(read, workload.steps.len() - from);
        times[1].push(bytes(&mut decoded, stream, text.as_bytes()).0);
        times[4].push(bytes(&mut first_decoded, first_stream, text.as_bytes()).0);
        times[2].push(typed(&mut direct, &workload, from, Pass(round)).0);
        times[5].push(typed(&mut first, &workload, from, Pass(round)).0);
        times[3].push(typed(&mut held, &workload, from, Pass(round)).0);
    }
    // Ratios of neighboring passes, so that a change of the machine's speed affects both.
    let kept = |full: usize, first: usize| {
        let ratios = times[full].iter().zip(&times[first]).map(|(full, first)| first / full);
        100.0 * median(&mut ratios.collect::<Vec<f64>>())
    };
    let (json_kept, typed_kept) = (kept(1, 4), kept(2, 5));
    let [bare, json, typed_now, typed_held, first_json, first_typed] = times.map(|mut t| events / median(&mut t));
    println!("{steps} steps, {} processes, {:.0} bytes a line", workload.processes.len(), line_bytes as f64 / events);
    println!("bare serde_json, typed    {bare:>12.0} events/s");
    println!("JSON to alerts            {json:>12.0} events/s  {:>6.1} % of bare", 100.0 * json / bare);
    println!("typed events              {typed_now:>12.0} events/s  {:>6.2} x bare", typed_now / bare);
    println!("typed events, 10 s late   {typed_held:>12.0} events/s  {:>6.2} x bare", typed_held / bare);
    println!(
        "{} behaviors beside the first {}: JSON {json_kept:.1} % of {first_json:.0} events/s, typed {typed_kept:.1} % of {first_typed:.0} events/s",
        Catalog::builtin().rules().len(),
        FIRST.len()
    );
    for (name, engine) in [("JSON", &decoded), ("typed", &direct), ("typed, late", &held)] {
        let s = engine.stats();
        println!(
            "{name:<12} events {} alerts {} deduplicated {} errors {} duplicates {} max_steps {} bytes {} evicted {}",
            s.events,
            s.alerts,
            s.deduplicated,
            s.decode_errors,
            s.duplicates,
            s.max_steps,
            s.bytes,
            s.evicted_processes + s.evicted_names + s.evicted_endpoints + s.evicted_partial_matches
        );
    }

    // Without alerts and new names, nothing may be allocated.
    for (name, lateness) in [("typed", 0), ("typed, 10 s late", 10 * SECOND)] {
        let mut engine = engine(lateness);
        typed(&mut engine, &quiet, 0, Pass(0));
        let [second, third] = [1, 2].map(|pass| typed(&mut engine, &quiet, 0, Pass(pass)).1);
        allocated(name, second, third, &quiet);
    }
    let mut engine = engine(0);
    let stream = engine.open_stream(StreamOptions::new(Format::EvtxJson));
    let [_, second, third] = [0, 1, 2].map(|pass| {
        let text = quiet.lines(0..quiet.steps.len(), Pass(pass));
        bytes(&mut engine, stream, text.as_bytes()).1
    });
    allocated("JSON", second, third, &quiet);

    audit(rounds as u32, steps);
}

fn allocated(path: &str, second: u64, third: u64, workload: &Workload) {
    println!(
        "allocations while nothing alerts, {path}: {second} in the second pass, {third} in the third, of {} events",
        workload.steps.len()
    );
}

/// Takes the events of a decoder and drops them.
#[derive(Default)]
struct Nothing {
    events: usize,
    errors: usize,
}

impl Sink for Nothing {
    fn event(&mut self, event: &Event<'_>) {
        std::hint::black_box(event);
        self.events += 1;
    }
    fn skipped(&mut self, _record: u64, _why: Skip) {}
    fn error(&mut self, _error: DecodeError) {
        self.errors += 1;
    }
}

/// Feeds every line to a decoder alone; returns the seconds.
fn decode(format: Format, text: &[u8]) -> f64 {
    let (mut decoder, mut sink) = (format.decoder(), Nothing::default());
    let (mut number, mut offset) = (0, 0);
    let start = Instant::now();
    while let Some(rest) = text.get(offset..).filter(|rest| !rest.is_empty()) {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        decoder.record(Record { bytes: &rest[..end], number, offset: offset as u64 }, &mut sink);
        number += 1;
        offset += end + 1;
    }
    decoder.finish(&mut sink);
    let seconds = start.elapsed().as_secs_f64();
    assert!(sink.events > 0 && sink.errors == 0, "{} events, {} errors", sink.events, sink.errors);
    seconds
}

/// Decoding of auditd text, relative to splitting it into pairs.
fn audit(rounds: u32, steps: usize) {
    let mut engine = engine(0);
    let mut options = StreamOptions::new(Format::Auditd);
    options.host = b"build-7".to_vec();
    let stream = engine.open_stream(options);
    bytes(&mut engine, stream, linux::audit_text(1, 5_000, steps, 0).as_bytes());
    let (mut bare, mut alone, mut whole, mut allocated) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 1..=rounds {
        let text = linux::audit_text(1, 5_000, steps, round);
        let start = Instant::now();
        std::hint::black_box(floor::split_audit(text.as_bytes()));
        bare.push(start.elapsed().as_secs_f64());
        alone.push(decode(Format::Auditd, text.as_bytes()));
        let (seconds, allocations) = bytes(&mut engine, stream, text.as_bytes());
        whole.push(seconds);
        allocated = allocations;
    }
    let [bare, alone, whole] = [bare, alone, whole].map(|mut times| steps as f64 / median(&mut times));
    let stats = engine.stats();
    println!(
        "auditd: bare split {bare:.0} events/s, decoded {alone:.0} events/s ({:.1} %), to alerts {whole:.0} events/s ({:.1} %), events {} alerts {} errors {}, allocations {allocated}",
        100.0 * alone / bare,
        100.0 * whole / bare,
        stats.events,
        stats.alerts,
        stats.decode_errors
    );
}
