//! A host that starts processes without end: memory stays within the limit and work within its bound, as measured by
//! the allocator, not only by the engine's own counters.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ipcsentry::event::{Event, Kind, NativeId, Os, ProcessEnd};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};
use ipcsentry_tests::steps::{Act, Step};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator unchanged; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_flood_of_processes_stays_within_the_limits() {
    let is_full = std::env::var_os("IPCSENTRY_VOLUME").is_some();
    // A small and a large limit, in one test, because there is only one allocator.
    flood(Limits::MIN_BYTES, 50_000);
    flood(32 << 20, if is_full { 2_000_000 } else { 100_000 });
    bursts(12 << 20, 40);
}

/// Each host once sends enough events of one second to fill the reorder buffer alone.
fn bursts(limit: usize, hosts: u32) {
    const BURST: u32 = 6_000;
    let mut limits = Limits::default();
    limits.bytes = limit;
    limits.lateness = 2_000_000_000;
    let catalog = Catalog::builtin();
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut engine = Engine::new(catalog, Policy::default(), limits);
    for host in 0..hosts {
        let name = format!("host{host}");
        for n in 0..=BURST {
            let second = if n < BURST { 0 } else { 3_600 };
            let time = Timestamp::from_unix(1_600_000_000 + i64::from(host) + second, i64::from(n) * 100_000);
            let mut event = Event::new(Os::Windows, time, Kind::ProcessEnd(ProcessEnd::default()));
            event.host = name.as_bytes();
            event.actor.pid = Some(n);
            event.actor.image = Some(b"C:\\a.exe");
            event.source.id = NativeId::Number(u64::from(host * BURST + n));
            engine.feed(&event);
        }
        let (counted, held) = (engine.stats().bytes, NOW.load(Relaxed) - before);
        assert!(counted + (64 << 10) >= held as u64, "{held} bytes are held, {counted} counted after {host} hosts");
    }
    let peak = PEAK.load(Relaxed) - before;
    println!("{hosts} hosts, peak {peak} bytes, {:?}", engine.stats());
    assert!(peak <= limit, "{peak} bytes were allocated, {limit} are allowed");
}

fn flood(limit: usize, processes: u32) {
    let catalog = Catalog::builtin();
    let mut limits = Limits::default();
    limits.bytes = limit;
    limits.lateness = 2_000_000_000;
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut engine = Engine::new(catalog, Policy::default(), limits);
    let mut alerts = 0_u64;
    for n in 0..processes {
        // Enough events per millisecond to fill the reorder buffer, too.
        let acts = [Act::Start, Act::Connect, Act::Start, Act::Access];
        let step = Step {
            act: acts[n as usize % acts.len()],
            linux: n % 7 == 0,
            host: 0,
            actor: n,
            other: n.saturating_sub(1),
            object: n as u8,
            at: n / 16,
            number: u64::from(n) + 1,
        };
        engine.feed(&step.event());
        alerts += std::iter::from_fn(|| engine.poll_alert()).count() as u64;
        if n % 4096 == 0 {
            let stats = engine.stats();
            assert!(stats.bytes <= limit as u64, "the engine counts {} bytes after {n} processes", stats.bytes);
        }
    }
    let peak = PEAK.load(Relaxed) - before;
    let stats = engine.stats();
    println!("{processes} processes, {alerts} alerts, peak {peak} bytes, {stats:?}");
    assert!(stats.evicted_processes > 0 && stats.released_early > 0, "the flood must exceed the limits");
    assert!(peak <= limit, "{peak} bytes were allocated, {limit} are allowed");
    assert!(stats.max_steps <= Limits::MAX_STEPS, "{} table steps for one event", stats.max_steps);
}
