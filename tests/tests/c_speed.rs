//! What the C interface costs beside the library in Rust, and that engines in threads do not slow each other down. Time on
//! the processor is measured, so that other work on the machine disturbs little. Figures mean something in release only:
//!
//! ```text
//! cargo test --release -p ipcsentry-tests --test c_speed -- --ignored --nocapture
//! ```

use std::time::Duration;

use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_benches::generate::{Workload, WorkloadOptions};
use ipcsentry_benches::render::Pass;
use ipcsentry_ffi::event::keep::Keep;
use ipcsentry_ffi::event::model::ipcsentry_event;
use ipcsentry_ffi::format::IPCSENTRY_FORMAT_EVTX_JSON;
use ipcsentry_tests::c_api::CEngine;
use ipcsentry_tests::spent::spent;

/// Each way is measured this often, in turn; the fastest counts.
const ROUNDS: usize = 7;

fn workload() -> Workload {
    Workload::new(WorkloadOptions { seed: 11, population: 3_000, steps: 60_000, attack_every: 5_000 })
}

fn rust_engine() -> Engine {
    Engine::new(Catalog::builtin(), Policy::default(), Limits::default())
}

fn timed(work: impl FnOnce()) -> Duration {
    let begin = spent();
    work();
    spent() - begin
}

/// The fastest of several rounds of each way.
fn fastest<const N: usize>(mut ways: [&mut dyn FnMut() -> Duration; N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (way, best) in ways.iter_mut().zip(&mut best) {
            *best = best.min(way().as_secs_f64());
        }
    }
    best
}

#[test]
#[ignore = "measures time"]
fn the_c_interface_costs_little() {
    let workload = workload();
    let count = workload.steps.len();
    let events: Vec<_> = (0..count).map(|number| workload.event(number, Pass(0))).collect();
    let mut keep = Keep::new(false);
    let structures: Vec<ipcsentry_event> = events.iter().map(|event| keep.event(event)).collect();
    let lines = workload.lines(0..count, Pass(0)).into_bytes();
    let [rust, typed, batch] = fastest([
        &mut || {
            let mut engine = rust_engine();
            timed(|| {
                for event in &events {
                    engine.feed(event);
                    while engine.poll_alert().is_some() {}
                }
            })
        },
        &mut || {
            let engine = CEngine::new(|_| {});
            timed(|| {
                for event in &structures {
                    engine.feed(event);
                    engine.alerts();
                }
            })
        },
        &mut || {
            let engine = CEngine::new(|_| {});
            timed(|| {
                for events in structures.chunks(256) {
                    let mut rest = events;
                    while !rest.is_empty() {
                        let (_, report) = engine.feed_batch(rest);
                        rest = &rest[report.taken as usize..];
                        engine.alerts();
                    }
                }
            })
        },
    ]);
    let [bytes, stream] = fastest([
        &mut || {
            let mut engine = rust_engine();
            timed(|| {
                let stream = engine.open_stream(StreamOptions::new(ipcsentry::decode::Format::EvtxJson));
                engine.feed_bytes(stream, &lines);
                engine.close_stream(stream);
            })
        },
        &mut || {
            let engine = CEngine::new(|_| {});
            timed(|| engine.feed_stream(IPCSENTRY_FORMAT_EVTX_JSON, b"", &lines))
        },
    ]);
    println!("Rust events: {:.0} ns an event", rust * 1e9 / count as f64);
    println!(
        "C, one by one: {:.3} x; C, batches: {:.3} x; C, streams: {:.3} x",
        typed / rust,
        batch / rust,
        stream / bytes
    );
    assert!(typed / rust <= 1.10 && batch / rust <= 1.05 && stream / bytes <= 1.03);
}

/// A list of structures is only read, so threads may share it.
struct Shared<'a>(&'a [ipcsentry_event]);

// SAFETY: what the structures point to is kept and not changed.
unsafe impl Sync for Shared<'_> {}

#[test]
#[ignore = "measures time"]
fn engines_in_threads_do_not_slow_each_other_down() {
    let workload = workload();
    let mut keep = Keep::new(false);
    let structures: Vec<ipcsentry_event> =
        (0..workload.steps.len()).map(|number| keep.event(&workload.event(number, Pass(0)))).collect();
    let shared = &Shared(&structures);
    let run = move || {
        let engine = CEngine::new(|_| {});
        for events in shared.0.chunks(256) {
            engine.feed_batch(events);
            engine.alerts();
        }
    };
    let [one, two] = fastest([&mut || timed(run), &mut || {
        std::thread::scope(|scope| {
            let threads = [scope.spawn(move || timed(run)), scope.spawn(move || timed(run))];
            // What waits is not seen in the time on the processor; the library has nothing to wait for.
            threads.into_iter().map(|thread| thread.join().expect("a thread that ends")).max().expect("two")
        })
    }]);
    println!("on two free processors two threads do {:.2} x the work of one", 2.0 * one / two);
    assert!(2.0 * one / two >= 1.8);
}

/// What `ffi/README.md` says of memory.
#[test]
#[ignore = "prints figures"]
fn bytes_a_process_and_a_host() {
    for (population, steps) in [(2_000, 0), (20_000, 0), (20_000, 60_000)] {
        let workload = Workload::new(WorkloadOptions { seed: 3, population, steps, attack_every: 0 });
        let mut engine = rust_engine();
        let before = engine.stats().bytes;
        for number in 0..workload.steps.len() {
            engine.feed(&workload.event(number, Pass(0)));
        }
        let stats = engine.stats();
        let bytes = stats.bytes - before;
        println!(
            "{population} processes on 8 hosts, {steps} further events: {bytes} bytes, {} a process",
            bytes / population as u64
        );
    }
    let mut engine = rust_engine();
    let before = engine.stats().bytes;
    let hosts = 10_000;
    for number in 0..hosts {
        let name = format!("host-{number}.example");
        let seen = ipcsentry::event::Kind::ProcessSeen(ipcsentry::event::ProcessSeen::default());
        let mut event = ipcsentry::event::Event::new(ipcsentry::event::Os::Linux, ipcsentry::Timestamp(number), seen);
        event.host = name.as_bytes();
        event.actor.pid = Some(1);
        event.actor.image = Some(b"/usr/lib/systemd/systemd");
        engine.feed(&event);
    }
    println!("{hosts} hosts with a process each: {} bytes a host", (engine.stats().bytes - before) / hosts as u64);
}
