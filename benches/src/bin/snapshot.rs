//! What saving and restoring an engine costs, beside a copy and checksum of the same bytes.
//!
//! `snapshot [PROCESSES [ROUNDS]]`

use std::hint::black_box;
use std::time::Instant;

use ipcsentry::_internal_test_exports::snapshot_checksum;
use ipcsentry::event::{Event, Kind, Os, ProcessStart, UniqueId};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

/// An engine that knows so many living processes of a hundred hosts, each with an image, a parent, a user and a command
/// line of its own.
fn engine(processes: u32, limits: Limits) -> Engine {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for n in 0..processes {
        let (host, image) = (format!("host{}", n % 100), format!("/usr/lib/suite/program-{}", n % 2_000));
        let (user, line) = (format!("user{}", n % 500), format!("program-{} --job {n} --quiet", n % 2_000));
        let time = Timestamp::from_unix(1_800_000_000 + i64::from(n / 1_000), i64::from(n % 1_000) * 1_000_000);
        let mut event = Event::new(Os::Linux, time, Kind::ProcessStart(ProcessStart::default()));
        (event.host, event.record) = (host.as_bytes(), u64::from(n));
        event.actor.pid = Some(n / 100 + 2);
        event.actor.unique_id = UniqueId::Guid(u128::from(n).to_be_bytes());
        event.actor.image = Some(image.as_bytes());
        event.actor.user = Some(user.as_bytes());
        event.actor.command_line = Some(line.as_bytes());
        event.parent.pid = Some(1);
        engine.feed(&event);
    }
    engine
}

/// The shortest of some runs, in seconds.
fn shortest(rounds: usize, mut run: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..rounds).map(once).fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let processes = arguments.next().unwrap_or(1_000_000);
    let rounds = arguments.next().unwrap_or(3) as usize;
    let mut limits = Limits::default();
    limits.bytes = (processes as usize).saturating_mul(4096).max(Limits::MIN_BYTES);
    let engine = engine(processes, limits.clone());
    let stats = engine.stats();
    assert_eq!(stats.evicted_processes, 0, "all processes are kept");
    let mut saved = Vec::new();
    engine.snapshot(&mut |chunk| saved.extend_from_slice(chunk));
    let mut copy = Vec::with_capacity(saved.len());
    let save = shortest(rounds, || {
        copy.clear();
        engine.snapshot(&mut |chunk| copy.extend_from_slice(chunk));
    });
    let load = shortest(rounds, || {
        let restored = Engine::restore(Catalog::builtin(), Policy::default(), limits.clone(), &saved);
        drop(black_box(restored.expect("a good snapshot")));
    });
    let floor = shortest(rounds, || {
        copy.clear();
        copy.extend_from_slice(&saved);
        black_box(snapshot_checksum(&copy));
    });
    let part = |a: f64| a / floor;
    println!("| what | figure |\n|---|---|");
    println!("| living processes | {processes} |");
    println!("| bytes owned by the engine | {} |", stats.bytes);
    println!("| bytes of the snapshot | {} ({:.2} × owned) |", saved.len(), saved.len() as f64 / stats.bytes as f64);
    println!("| copy and checksum of these bytes | {:.3} s |", floor);
    println!("| snapshot | {save:.3} s ({:.2} ×) |", part(save));
    println!("| restore | {load:.3} s ({:.2} ×) |", part(load));
    println!("| both | {:.3} s ({:.2} ×) |", save + load, part(save + load));
}
