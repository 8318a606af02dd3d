//! Alerts do not depend on the seed of hash tables, unless entries had to be evicted.

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};

const SEEDS: [u64; 10] = [
    0,
    1,
    2,
    0x8000_0000_0000_0000,
    u64::MAX,
    0x9E37_79B9_7F4A_7C15,
    0x0123_4567_89AB_CDEF,
    0xDEAD_BEEF_0000_0001,
    0x5555_5555_5555_5555,
    77_777_777_777,
];

#[test]
fn alerts_do_not_depend_on_the_seed() {
    let mut compared = 0;
    for scenario in scenario::all() {
        let first = [typed(scenario, SEEDS[0]), rendered(scenario, SEEDS[0])];
        compared += first.iter().filter(|alerts| !alerts.is_empty()).count();
        for seed in &SEEDS[1..] {
            assert_eq!(typed(scenario, *seed), first[0], "{}, seed {seed:#x}", scenario.id());
            assert_eq!(rendered(scenario, *seed), first[1], "{}, seed {seed:#x}, from records", scenario.id());
        }
    }
    assert!(compared >= 100, "only {compared} runs alerted");
}

fn engine(seed: u64) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    limits.seed = seed;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

fn typed(scenario: &Scenario, seed: u64) -> String {
    let mut engine = engine(seed);
    for event in scenario.events() {
        engine.feed(&event);
    }
    alerts(engine)
}

/// A scenario in every telemetry, each on a host of its own.
fn rendered(scenario: &Scenario, seed: u64) -> String {
    let mut engine = engine(seed);
    for (number, telemetry) in scenario.telemetry().enumerate() {
        let Ok(files) = scenario.render(telemetry) else { continue };
        for file in files {
            let mut options = StreamOptions::new(file.format);
            options.host = format!("{}{number}", scenario.host()).into();
            let stream = engine.open_stream(options);
            engine.feed_bytes(stream, &file.bytes);
            engine.close_stream(stream);
        }
    }
    alerts(engine)
}

fn alerts(mut engine: Engine) -> String {
    engine.flush();
    engine.sort_alerts();
    let stats = engine.stats();
    let evicted = stats.evicted_names + stats.evicted_processes + stats.evicted_partial_matches + stats.dropped_checks;
    assert_eq!(evicted, 0, "nothing has to go: {stats:?}");
    std::iter::from_fn(|| engine.poll_alert()).map(|alert: Alert| alert.to_json() + "\n").collect()
}
