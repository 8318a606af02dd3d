//! Which events were seen of late: what makes a repetition.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::event::{Event, NativeId};
use crate::util::hash::{Digest, Hasher, Keyed};

/// Hashes a line holds.
const WIDTH: usize = 8;

/// Hashes of events that lie near one another in their log, the newest first. As wide as a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u64; WIDTH]);

/// The hashes of the last events. Each host and channel goes through the lines in the order of its own numbers, so that
/// the next event finds the line its predecessor used.
/// Lines are allocated by pages, as they are used.
#[derive(Debug)]
pub(super) struct DuplicateFilter {
    pages: Vec<Option<Box<[Line; PAGE]>>>,
    /// Lines there are room for, less one: a power of two.
    mask: usize,
    allocated: usize,
    of_bytes: Hasher,
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
/// Lines of a page.
const PAGE: usize = 64;
/// The most lines there are: eight million events.
const MOST_LINES: usize = 1 << 20;

/// Where an event is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace {
    hash: u64,
    place: usize,
}

impl DuplicateFilter {
    /// Room for as many as `bytes` hold.
    pub(super) fn new(bytes: usize, seed: u64) -> Self {
        let lines = 1_usize << (bytes / (size_of::<Line>() + 1)).clamp(PAGE, MOST_LINES).ilog2();
        Self {
            pages: (0..lines / PAGE).map(|_| None).collect(),
            mask: lines - 1,
            allocated: 0,
            of_bytes: Hasher::new(seed),
        }
    }

    /// The trace an event leaves; `None` when nothing tells it from another like it, or when it is to be
    /// judged again.
    ///
    /// Only 63 bits of a keyed hash are kept of it. An event that is no repetition is taken for one when they are equal
    /// to one of eight others: one chance in 2^60, which nobody can better who does not know the seed. Whole records are
    /// hashed by the faster [`Hasher`] first: its state and its factor are secret, so what a difference of two records
    /// becomes in it cannot be foreseen, nor be seen.
    pub(super) fn trace(&self, event: &Event<'_>, hasher: Keyed, host: Digest, origin: Origin<'_>) -> Option<Trace> {
        if matches!(origin, Origin::Amended) {
            return None;
        }
        let channel = event.source.channel as u64;
        let what = channel << 48 | (event.kind.tag() as u64) << 32 | u64::from(event.source.code);
        let hasher = hasher.u64(host.low()).u64(event.time.0 as u64).u64(what);
        // One record may tell several events, so a line is shared by fewer records than it holds hashes.
        let (hash, near) = match event.source.id {
            NativeId::Number(n) => {
                let pid = u64::from(event.actor.pid.unwrap_or(0));
                (hasher.u64(n).u64(pid).finish(), Some(n / 6))
            }
            NativeId::Audit { millis, serial, .. } => {
                let pid = u64::from(event.actor.pid.unwrap_or(0));
                (hasher.u64(serial).u64(u64::from(millis) << 32 | pid).finish(), Some(serial / 2))
            }
            NativeId::None => match origin {
                Origin::Record(bytes, nth) => {
                    let bytes = self.of_bytes.bytes(bytes).u64(u64::from(event.part)).u64(u64::from(nth)).finish();
                    (hasher.u64(bytes).finish(), None)
                }
                // An embedder that gives no id does not repeat itself by mistake.
                Origin::Unknown | Origin::Amended => return None,
            },
        };
        let log = host.low().wrapping_add(channel.wrapping_mul(0x9E37_79B9));
        let place = near.map_or(hash >> 1, |near| log.wrapping_add(near));
        Some(Trace { hash: hash | 1, place: place as usize & self.mask })
    }

    /// Remembers a trace; `true` when it was there already.
    pub(super) fn note(&mut self, trace: Trace) -> bool {
        let page = self.pages[trace.place / PAGE].get_or_insert_with(|| {
            self.allocated += 1;
            Box::new([Line([0; WIDTH]); PAGE])
        });
        let Line(line) = &mut page[trace.place % PAGE];
        if line.contains(&trace.hash) {
            return true;
        }
        line.copy_within(..WIDTH - 1, 1);
        line[0] = trace.hash;
        false
    }

    pub(super) fn bytes(&self) -> usize {
        self.allocated * PAGE * size_of::<Line>() + self.pages.capacity() * size_of::<Option<Box<[Line; PAGE]>>>()
    }
}
