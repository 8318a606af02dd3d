//! Throughput of every path, in events.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_benches::generate::{SECOND, Workload, WorkloadOptions};
use ipcsentry_benches::render::Pass;
use ipcsentry_benches::{floor, linux};

const STEPS: usize = 20_000;
const CHUNK: usize = 64 << 10;

/// Runs one benchmark over `events` events, with the settings of all benchmarks.
fn benchmark(criterion: &mut Criterion, name: &str, events: usize, mut run: impl FnMut()) {
    let mut group = criterion.benchmark_group("throughput");
    group.throughput(Throughput::Elements(events as u64)).sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function(name, |b| b.iter_batched(|| (), |()| run(), BatchSize::PerIteration));
    group.finish();
}

fn engine(lateness: i64) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = lateness;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

fn drain(engine: &mut Engine) {
    while engine.poll_alert().is_some() {}
}

fn typed(criterion: &mut Criterion) {
    let workload = Workload::new(WorkloadOptions { seed: 1, population: 5_000, steps: STEPS, attack_every: 5_000 });
    for (name, lateness) in [("typed", 0), ("typed_10s_late", 10 * SECOND)] {
        let (mut engine, mut pass) = (engine(lateness), 0);
        benchmark(criterion, name, workload.steps.len(), || {
            for number in 0..workload.steps.len() {
                engine.feed(&workload.event(number, Pass(pass)));
            }
            drain(&mut engine);
            pass += 1;
        });
    }
}

fn text(criterion: &mut Criterion) {
    let workload = Workload::new(WorkloadOptions { seed: 1, population: 5_000, steps: STEPS, attack_every: 5_000 });
    let lines = workload.lines(0..workload.steps.len(), Pass(0));
    let audit = linux::audit_text(1, 5_000, STEPS, 0);
    benchmark(criterion, "json_bare", workload.steps.len(), || {
        std::hint::black_box(floor::parse_json(lines.as_bytes()));
    });
    benchmark(criterion, "json", workload.steps.len(), || whole(Format::EvtxJson, &lines));
    benchmark(criterion, "auditd_bare", STEPS, || {
        std::hint::black_box(floor::split_audit(audit.as_bytes()));
    });
    benchmark(criterion, "auditd", STEPS, || whole(Format::Auditd, &audit));
}

/// Feeds a text to a new engine.
fn whole(format: Format, text: &str) {
    let mut engine = engine(0);
    let stream = engine.open_stream(StreamOptions::new(format));
    for chunk in text.as_bytes().chunks(CHUNK) {
        engine.feed_bytes(stream, chunk);
        drain(&mut engine);
    }
    engine.flush();
    drain(&mut engine);
}

criterion_group!(benches, typed, text);
criterion_main!(benches);
