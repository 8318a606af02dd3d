//! Which events were seen of late: what makes a repetition.

use alloc::vec::Vec;

use crate::event::{Event, NativeId};
use crate::util::hash::Hasher;

/// Hashes a line holds.
const WIDTH: usize = 8;

/// Hashes of events that lie near one another in their log, the newest first. As wide as a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u64; WIDTH]);

/// The hashes of the last events. Each host and channel goes through the lines in the order of its own numbers, so that
/// the next event finds the line its predecessor used.
#[derive(Debug)]
pub(super) struct DuplicateFilter {
    lines: Vec<Line>,
}

/// What an event was read from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'b> {
    Unknown,
    /// A physical record, which may tell several: its bytes, and how many events it gave before.
    Record(&'b [u8], u32),
    /// It was taken before, when less was known of it.
    Amended,
}

/// Where an event is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace {
    hash: u64,
    place: usize,
}

impl DuplicateFilter {
    /// Room for as many as `bytes` hold.
    pub(super) fn new(bytes: usize) -> Self {
        let lines = 1_usize << (bytes / size_of::<Line>()).max(8).ilog2();
        Self { lines: alloc::vec![Line([0; WIDTH]); lines] }
    }

    /// The trace an event leaves; `None` when nothing tells it from another like it, or when it is to be judged again.
    pub(super) fn trace(&self, event: &Event<'_>, host: Hasher, origin: Origin<'_>) -> Option<Trace> {
        if matches!(origin, Origin::Amended) {
            return None;
        }
        let log = host.u64(event.source.channel as u64);
        let hasher = log.u64(event.time.0 as u64).u64(event.kind.tag() as u64).u64(u64::from(event.source.code));
        // One record may tell several events, so a line is shared by fewer records than it holds hashes.
        let (hash, near) = match event.source.id {
            NativeId::Number(n) => {
                let pid = u64::from(event.actor.pid.unwrap_or(0));
                (hasher.u64(n).u64(pid).finish(), Some(n / 6))
            }
            NativeId::Audit { millis, serial, .. } => {
                let pid = u64::from(event.actor.pid.unwrap_or(0));
                (hasher.u64(serial).u64(u64::from(millis)).u64(pid).finish(), Some(serial / 2))
            }
            NativeId::None => match origin {
                Origin::Record(bytes, nth) => {
                    (hasher.bytes(bytes).u64(u64::from(event.part)).u64(u64::from(nth)).finish(), None)
                }
                // An embedder that gives no id does not repeat itself by mistake.
                Origin::Unknown | Origin::Amended => return None,
            },
        };
        let place = near.map_or(hash >> 1, |near| log.finish().wrapping_add(near));
        Some(Trace { hash: hash | 1, place: place as usize & (self.lines.len() - 1) })
    }

    /// Remembers a trace; `true` when it was there already.
    pub(super) fn note(&mut self, trace: Trace) -> bool {
        let Line(line) = &mut self.lines[trace.place];
        if line.contains(&trace.hash) {
            return true;
        }
        line.copy_within(..WIDTH - 1, 1);
        line[0] = trace.hash;
        false
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }
}
