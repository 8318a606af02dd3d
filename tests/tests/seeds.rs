//! Alerts do not depend on the seed of hash tables, unless entries had to be evicted.

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Stats, StreamOptions};
use ipcsentry_tests::recordings::{self, Recording, differences, hunt_with_seed};

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
    assert_eq!(evicted(&engine.stats()), 0, "nothing should be evicted: {:?}", engine.stats());
    let alerts: Vec<Alert> = std::iter::from_fn(|| engine.poll_alert()).collect();
    ndjson(&alerts)
}

fn ndjson(alerts: &[Alert]) -> String {
    alerts.iter().map(|alert| alert.to_json() + "\n").collect()
}

const fn evicted(stats: &Stats) -> u64 {
    stats.evicted_names
        + stats.evicted_processes
        + stats.evicted_endpoints
        + stats.evicted_remotes
        + stats.evicted_partial_matches
        + stats.dropped_checks
}

/// The recordings lie beside the repository (`../shared/recordings`); without them the test says `skipped` and passes.
#[test]
fn recordings_raise_the_same_forward_and_reversed_under_every_seed() {
    let Some(recordings) = recordings::all() else { return };
    let halves = [0, 1].map(|odd| recordings.iter().skip(odd).step_by(2).collect::<Vec<_>>());
    let (alerts, wrong) = std::thread::scope(|scope| {
        let runs = halves.each_ref().map(|half| scope.spawn(|| compare(half)));
        let [(alerts, mut wrong), (others, more)] = runs.map(|run| run.join().expect("no recording makes it panic"));
        wrong.extend(more);
        (alerts + others, wrong)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(alerts >= 70, "only {alerts} alerts were compared");
}

/// The alerts that were compared, and what differed.
fn compare(recordings: &[&Recording]) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for recording in recordings {
        let Some(format) = recording.format else { continue };
        let backward = recordings::reversed(recording);
        let run = |bytes: &[u8], seed| {
            let (alerts, stats) = hunt_with_seed(format, &[bytes], seed);
            assert_eq!(evicted(&stats), 0, "{}: nothing should be evicted: {stats:?}", recording.id);
            alerts
        };
        let straight = run(&recording.bytes, SEEDS[0]);
        let reversed = backward.as_deref().map(|bytes| run(bytes, SEEDS[0]));
        wrong.extend(reversed.iter().flat_map(|reversed| differences(&recording.id, &straight, reversed)));
        for seed in &SEEDS[1..] {
            let again = ndjson(&run(&recording.bytes, *seed)) == ndjson(&straight);
            let back = backward.as_deref().map(|bytes| ndjson(&run(bytes, *seed)));
            if !again || back != reversed.as_deref().map(ndjson) {
                wrong.push(format!("{}: seed {seed:#x} gives other alerts", recording.id));
            }
        }
        compared += straight.len();
    }
    (compared, wrong)
}
