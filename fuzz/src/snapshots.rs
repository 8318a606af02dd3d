//! Snapshots that somebody changed.

use std::sync::OnceLock;

use ipcsentry::_internal_test_exports::seal_snapshot;
use ipcsentry::event::Os;
use ipcsentry::scenario;
use ipcsentry::time::SECOND;
use ipcsentry::{Catalog, Engine, Policy, StreamId, StreamOptions};

use crate::{saved, small};

/// Snapshots of engines that are in the middle of attacks, one for each platform.
fn snapshots() -> &'static [Vec<u8>] {
    static SNAPSHOTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SNAPSHOTS.get_or_init(|| {
        let of = |os: &Os| {
            let mut engine = Engine::new(Catalog::builtin(), Policy::default(), small(2 * SECOND));
            for scenario in scenario::all().iter().filter(|s| s.is_positive() && s.os() == *os).step_by(9).take(4) {
                for telemetry in scenario.telemetry().take(2) {
                    for file in scenario.render(telemetry).unwrap_or_default() {
                        let stream = engine.open_stream(StreamOptions::recognize());
                        engine.feed_bytes(stream, &file.bytes[..file.bytes.len() * 9 / 10]);
                    }
                }
            }
            engine.elapse(SECOND);
            saved(&engine)
        };
        Os::ALL.iter().map(of).collect()
    })
}

/// The first byte selects a snapshot; six more each say which byte of it to change (four bytes), how, and to what. The
/// checksums are put right. Either the snapshot is refused, or the engine works, and can be saved and restored again.
pub fn snapshot(data: &[u8]) {
    let [which, edits @ ..] = data else { return };
    let mut bytes = snapshots()[usize::from(*which) % snapshots().len()].clone();
    for edit in edits.as_chunks::<6>().0 {
        let [a, b, c, d, how, value] = *edit;
        let at = u32::from_le_bytes([a, b, c, d]) as usize % bytes.len();
        bytes[at] = match how % 3 {
            0 => value,
            1 => bytes[at] ^ 1 << (value % 8),
            _ => bytes[at].wrapping_add(value),
        };
    }
    // Without it the lists at the end were changed: then the snapshot is refused.
    let _ = seal_snapshot(&mut bytes);
    let restore = |bytes: &[u8]| Engine::restore(Catalog::builtin(), Policy::default(), small(2 * SECOND), bytes);
    let Ok((mut engine, _)) = restore(&bytes) else { return };
    let streams: Vec<StreamId> =
        (0..64).map(StreamId::from_number).filter(|stream| engine.has_stream(*stream)).collect();
    for stream in &streams {
        engine.feed_bytes(*stream, b"\"}}\n{\"a\": 1}\n]\ntype=EOE msg=audit(1795308392.897:654): \n");
        engine.settle_stream(*stream);
    }
    for scenario in scenario::all().iter().filter(|s| s.is_positive()).step_by(40) {
        for event in scenario.events() {
            engine.feed(&event);
        }
    }
    let _ = (engine.coverage(), engine.next_deadline(), engine.stats());
    let again = saved(&engine);
    assert_eq!(restore(&again).map(|_| ()), Ok(()), "what was restored can be saved and restored");
    streams.into_iter().for_each(|stream| drop(engine.close_stream(stream)));
    engine.flush();
    while engine.poll_alert().is_some() {}
}
