//! The duplicate filter: recognizes events that were taken before.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::event::{Event, NativeId};
use crate::util::hash::{Digest, Hasher};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer};

/// Hashes a line holds.
const WIDTH: usize = 8;

/// Hashes of events with neighboring record numbers, the newest first. A line fills one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u64; WIDTH]);

/// Hashes of the last events. Consecutive record numbers of one host and channel share a line or use neighboring ones,
/// so that an event finds the line of its predecessor in the cache. Pages of lines are allocated when they are first
/// used.
#[derive(Debug)]
pub(super) struct DuplicateFilter {
    pages: Vec<Option<Box<[Line; PAGE]>>>,
    /// The number of lines, which is a power of two, less one.
    mask: usize,
    allocated: usize,
    hasher: Hasher,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'b> {
    Unknown,
    /// A physical record, which may hold several events: its bytes, and the number of events read from it before.
    Record(&'b [u8], u32),
    /// An event that was taken before and now has more details.
    Amended,
}
/// Lines of a page.
const PAGE: usize = 64;
/// The most lines: room for eight million events.
const MOST_LINES: usize = 1 << 20;

/// The hash of an event and the line that keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace {
    hash: u64,
    place: usize,
}

impl DuplicateFilter {
    /// A filter that owns at most `bytes`.
    pub(super) fn new(bytes: usize, seed: u64) -> Self {
        let lines = 1_usize << (bytes / (size_of::<Line>() + 1)).clamp(PAGE, MOST_LINES).ilog2();
        Self {
            pages: (0..lines / PAGE).map(|_| None).collect(),
            mask: lines - 1,
            allocated: 0,
            hasher: Hasher::new(seed),
        }
    }

    /// The trace of an event; `None` if nothing distinguishes it from an equal event, or if it is to be judged again.
    ///
    /// The filter keeps 63 bits of a keyed hash. A new event counts as a duplicate if they equal one of the eight
    /// hashes of its line: one chance in 2^60. The state and the factor of the [`Hasher`] are secret, so nobody can
    /// compute two events with one hash.
    pub(super) fn trace(&self, event: &Event<'_>, host: Digest, origin: Origin<'_>) -> Option<Trace> {
        if matches!(origin, Origin::Amended) {
            return None;
        }
        let channel = event.source.channel as u64;
        let what = channel << 48 | (event.kind.tag() as u64) << 32 | u64::from(event.source.code);
        let hasher = self.hasher.u64(host.low()).u64(event.time.0 as u64).u64(what);
        // One record may hold several events, so fewer records share a line than it has hashes.
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
                    let place = u64::from(event.part) << 32 | u64::from(nth);
                    (hasher.bytes(bytes).u64(place).finish(), None)
                }
                // Without a record or an id nothing identifies an embedder's event.
                Origin::Unknown | Origin::Amended => return None,
            },
        };
        let log = host.low().wrapping_add(channel.wrapping_mul(0x9E37_79B9));
        let place = near.map_or(hash >> 1, |near| log.wrapping_add(near));
        Some(Trace { hash: hash | 1, place: place as usize & self.mask })
    }

    /// A trace that another filter of the same seed made.
    pub(super) const fn adopt(&self, trace: Trace) -> Trace {
        Trace { hash: trace.hash, place: trace.place & self.mask }
    }

    /// Adds a trace; `true` if it was there already.
    pub(super) fn note(&mut self, trace: Trace) -> bool {
        let page = self.pages[trace.place / PAGE].get_or_insert_with(|| {
            self.allocated += 1;
            Box::new([Line([0; WIDTH]); PAGE])
        });
        let Line(line) = &mut page[trace.place % PAGE];
        // Without a branch for each of them.
        if line.iter().fold(false, |known, hash| known | (*hash == trace.hash)) {
            return true;
        }
        let [a, b, c, d, e, f, g, _] = *line;
        *line = [trace.hash, a, b, c, d, e, f, g];
        false
    }

    pub(super) fn bytes(&self) -> usize {
        self.allocated * PAGE * size_of::<Line>() + self.pages.capacity() * size_of::<Option<Box<[Line; PAGE]>>>()
    }
}

impl Restored for DuplicateFilter {
    fn form(schema: Schema) -> Schema {
        schema.word("duplicates 1").number(PAGE as u64).number(WIDTH as u64)
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { pages, mask, allocated, hasher: _ } = self;
        mask.save(out);
        out.count(*allocated);
        for (number, page) in (0_u32..).zip(pages) {
            let Some(page) = page else { continue };
            number.save(out);
            for Line(line) in page.iter() {
                // No hash is zero, and the newest come first.
                let used = line.iter().take_while(|hash| **hash != 0).count();
                (used as u8).save(out);
                u64::save_all(&line[..used], out);
            }
        }
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        let mask = usize::load(from)?;
        let lines = mask.wrapping_add(1);
        let is_size = lines.is_power_of_two() && lines >= PAGE;
        from.need(is_size && mask <= self.mask, "the duplicate filter is larger than the limits allow")?;
        self.mask = mask;
        self.pages.truncate(lines / PAGE);
        self.pages.shrink_to_fit();
        for _ in 0..from.count()? {
            let number = u32::load(from)? as usize;
            let is_new = self.pages.get(number).is_some_and(Option::is_none);
            from.need(is_new, "a page of the duplicate filter is none or is there twice")?;
            let mut page = Box::new([Line([0; WIDTH]); PAGE]);
            for Line(line) in page.iter_mut() {
                let used = usize::from(u8::load(from)?);
                from.need(used <= WIDTH, "a line of the duplicate filter is too long")?;
                for hash in &mut line[..used] {
                    *hash = u64::load(from)?;
                }
            }
            self.pages[number] = Some(page);
            self.allocated += 1;
        }
        Ok(())
    }
}
