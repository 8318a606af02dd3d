//! Inputs that are read by several engines and judged by others have the alerts of one engine that took them in turn.

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Batch, Catalog, Engine, Limits, Policy, Stats, StreamOptions};

fn engine() -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    limits.bytes = 256 << 20;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

/// The telemetry of all attacks, each as an input of a host; every ninth input comes twice.
fn inputs() -> Vec<(usize, Vec<u8>)> {
    let attacks = scenario::all().iter().filter(|scenario| scenario.is_positive());
    let files = attacks.filter_map(|attack: &Scenario| {
        let telemetry = attack.telemetry().next()?;
        Some(attack.render(telemetry).ok()?.into_iter().map(|file| file.bytes).collect::<Vec<_>>())
    });
    let mut inputs: Vec<(usize, Vec<u8>)> = files.flatten().enumerate().collect();
    let again: Vec<(usize, Vec<u8>)> = inputs.iter().step_by(9).cloned().collect();
    inputs.extend(again);
    inputs
}

fn read(engine: &mut Engine, host: usize, file: usize, input: &[u8]) {
    let mut options = StreamOptions::recognize();
    options.host = format!("host-{host}").into_bytes();
    options.file = file as u32;
    let stream = engine.open_stream(options);
    for chunk in input.chunks(1000) {
        engine.feed_bytes(stream, chunk);
    }
    engine.close_stream(stream);
}

fn alerts(engines: &mut [Engine]) -> Vec<Alert> {
    let mut all = Vec::new();
    for engine in engines {
        engine.flush();
        engine.sort_alerts();
        all.extend(std::iter::from_fn(|| engine.poll_alert()));
    }
    all.sort_by(|a, b| (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id)));
    all
}

/// The counters that do not depend on how the memory is used.
fn counters(mut stats: Stats) -> Stats {
    (stats.bytes, stats.max_steps) = (0, 0);
    stats
}

#[test]
fn any_number_of_engines_gives_the_same() {
    let inputs = inputs();
    let mut whole = engine();
    for (number, (host, input)) in inputs.iter().enumerate() {
        read(&mut whole, *host, number, input);
    }
    let mut one = [whole];
    let expected = alerts(&mut one);
    assert!(expected.len() > 50, "{} alerts", expected.len());
    let stats = counters(one[0].stats());
    assert!(stats.duplicates > 0 && stats.records > 500);
    for shards in [1, 2, 3, 8] {
        let mut judges: Vec<Engine> = (0..shards).map(|_| engine()).collect();
        let mut all = Stats::default();
        for (number, (host, input)) in inputs.iter().enumerate() {
            // Each reader is a new one, and counts its files from 0.
            let mut reader = engine();
            reader.collect(shards);
            read(&mut reader, *host, 0, input);
            assert!(reader.poll_alert().is_none() && reader.batch_bytes() > 0);
            let batches = reader.take_batches();
            assert_eq!(batches.len(), shards);
            for (judge, batch) in judges.iter_mut().zip(&batches) {
                judge.feed_batch(batch, number as u32);
            }
            assert!(reader.take_batches().iter().all(Batch::is_empty));
            all.add(&reader.stats(), number as u32);
        }
        let found = alerts(&mut judges);
        let text = |alerts: &[Alert]| alerts.iter().map(Alert::to_json).collect::<Vec<_>>();
        assert_eq!(text(&found), text(&expected), "{shards} shards");
        for judge in &judges {
            all.add(&judge.stats(), 0);
        }
        assert_eq!(counters(all), stats, "{shards} shards");
    }
}

#[test]
fn an_engine_that_judges_has_no_batches() {
    let mut engine = engine();
    assert!(engine.take_batches().is_empty());
    assert_eq!(engine.batch_bytes(), 0);
    engine.collect(0);
    assert_eq!(engine.take_batches().len(), 1, "there is one shard at least");
}
