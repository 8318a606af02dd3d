//! Limits of every size give an engine that works.

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};

/// A service echoes into the pipe of a process that then may impersonate it; one record is broken.
const ATTACK: &[u8] = include_bytes!("../data/getsystem.ndjson");

#[test]
fn limits_of_every_size_give_an_engine() {
    let expected = alerts(Limits::default());
    assert!(!expected.is_empty());
    let sizes = [0, 1, 1 << 20, 365 << 20, 4 << 30, 1 << 40, usize::MAX / 2, usize::MAX];
    for size in sizes {
        let mut limits = Limits::default();
        limits.bytes = size;
        assert_eq!(alerts(limits.clone()), expected, "{size} bytes");
        limits.max_alerts = size.max(16);
        limits.max_record_bytes = size.max(1 << 20);
        assert_eq!(alerts(limits), expected, "{size} of each");
    }
}

#[test]
fn an_engine_takes_memory_as_it_fills() {
    let mut limits = Limits::default();
    limits.bytes = usize::MAX;
    let engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    assert!(engine.stats().bytes < 1 << 20, "{} bytes are held without need", engine.stats().bytes);
}

fn alerts(limits: Limits) -> Vec<String> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(Format::EvtxJson));
    for chunk in ATTACK.chunks(1_000) {
        engine.feed_bytes(stream, chunk);
    }
    engine.close_stream(stream);
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()).collect()
}
