//! Groups the records of each audit event in an interleaved stream.
//!
//! Only an EOE record marks an event as complete, and auditd does not write EOE to its log. An event therefore counts
//! as complete when the stream has advanced by [`QUIET`] since the event's last record, or when [`MAX_OPEN`] other
//! events had records since. The event's own time is irrelevant: it is the time of the call's entry, and a call that
//! blocks for an hour is logged an hour later. Progress is measured from the latest time seen, so that a clock that
//! steps back does not split events.
//!
//! On a live feed that goes quiet, an event may be reported before it is complete. It stays open, and when later
//! records complete it, it is reported again.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::audit_event::AuditEvent;
use super::stamp::Stamp;
use crate::Timestamp;
use crate::decode::members::is_same;
use crate::time::SECOND;
use crate::util::saved::{restored, saved, saved_enum};

/// The maximum number of open events.
const MAX_OPEN: usize = 64;
/// The record time without a further record after which an event is complete (auditd's end_of_event_timeout).
const QUIET: i64 = 2 * SECOND;
/// The maximum number of records per event. The longest command line that Linux allows takes fewer.
pub(super) const MAX_RECORDS: u32 = 4096;

/// An event whose records are being collected.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) stamp: Stamp,
    pub(super) node: Vec<u8>,
    pub(super) audit: AuditEvent,
    /// The number of records, without the one being read.
    pub(super) records: u32,
    /// The number and the offset of the first record.
    pub(super) first: u64,
    pub(super) offset: u64,
    /// What was reported about the event.
    pub(super) reported: Reported,
    /// Records arrived after the last report.
    pub(super) has_news: bool,
    /// The latest time seen in the stream when the last record arrived.
    touched: Timestamp,
    /// The round in which the last record arrived.
    round: u32,
}

/// What was reported about an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reported {
    #[default]
    Nothing,
    /// A skip.
    Skip,
    Event,
}

/// An open event, with a copy of its stamp, so that a search stays within one block of memory.
#[derive(Debug)]
struct Open {
    stamp: Stamp,
    assembly: Box<Assembly>,
}

/// How many open events there are for each last byte of a serial, because a host's serials follow each other: most new
/// events are known as new without a search.
#[derive(Debug)]
struct Serials([u8; 256]);

impl Default for Serials {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Serials {
    const fn may_have(&self, stamp: Stamp) -> bool {
        self.0[stamp.serial as u8 as usize] > 0
    }

    const fn add(&mut self, stamp: Stamp) {
        // There are fewer open events than a byte counts.
        self.0[stamp.serial as u8 as usize] += 1;
    }

    fn remove(&mut self, open: Open) -> Box<Assembly> {
        self.0[open.stamp.serial as u8 as usize] -= 1;
        open.assembly
    }
}

/// The open events, ordered by the arrival of their last record.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    open: VecDeque<Open>,
    serials: Serials,
    #[expect(clippy::vec_box, reason = "assemblies are large and move between the lists")]
    idle: Vec<Box<Assembly>>,
    latest: Option<Timestamp>,
    /// Increases with every call of [`Assembler::quiet`].
    round: u32,
}

impl Assembler {
    /// Removes and returns an event that is complete at the time of a new record.
    pub(super) fn ripe(&mut self, now: Timestamp) -> Option<Box<Assembly>> {
        let latest = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(latest);
        let front = self.open.front()?;
        let is_ripe = self.open.len() > MAX_OPEN || front.assembly.touched < latest - QUIET;
        if is_ripe { self.open.pop_front().map(|open| self.serials.remove(open)) } else { None }
    }

    /// Removes and returns the open event with this stamp and node, or begins one.
    pub(super) fn take(&mut self, stamp: Stamp, node: &[u8], record: u64, offset: u64) -> Box<Assembly> {
        let is_it = |open: &Open| open.stamp == stamp && is_same(&open.assembly.node, node);
        // Most records belong to the event of the previous record.
        let known = match self.open.back() {
            Some(last) if is_it(last) => self.open.pop_back(),
            _ if self.serials.may_have(stamp) => self.open.iter().rposition(is_it).and_then(|at| self.open.remove(at)),
            _ => None,
        };
        known.map(|open| self.serials.remove(open)).unwrap_or_else(|| {
            let mut fresh = self.idle.pop().unwrap_or_default();
            fresh.stamp = stamp;
            fresh.node.extend_from_slice(node);
            fresh.first = record;
            fresh.offset = offset;
            fresh
        })
    }

    /// Puts an event back with one more record.
    pub(super) fn keep(&mut self, mut assembly: Box<Assembly>) {
        assembly.records += 1;
        assembly.has_news = true;
        assembly.touched = self.latest.unwrap_or_default();
        assembly.round = self.round;
        self.serials.add(assembly.stamp);
        self.open.push_back(Open { stamp: assembly.stamp, assembly });
    }

    /// The open events, the one that has waited longest first.
    pub(super) fn open(&mut self) -> impl Iterator<Item = &mut Assembly> {
        self.open.iter_mut().map(|open| &mut *open.assembly)
    }

    /// The events with unreported records but no record in the current round; begins the next round.
    pub(super) fn quiet(&mut self) -> impl Iterator<Item = &mut Assembly> {
        let round = self.round;
        self.round = round.wrapping_add(1);
        self.open().filter(move |assembly| assembly.has_news && assembly.round != round)
    }

    /// When the first open event with unreported records counts as complete.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let waiting = self.open.iter().map(|open| &open.assembly).find(|assembly| assembly.has_news)?;
        Some(waiting.touched + QUIET)
    }

    /// Clears a finished event and keeps it for reuse.
    pub(super) fn release(&mut self, mut assembly: Box<Assembly>) {
        assembly.audit.clear();
        assembly.node.clear();
        assembly.records = 0;
        assembly.reported = Reported::Nothing;
        self.idle.push(assembly);
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn held_bytes(&self) -> usize {
        let lists = self.open.capacity() * size_of::<Open>() + self.idle.capacity() * size_of::<Box<Assembly>>();
        let assemblies = self.open.iter().map(|open| &open.assembly).chain(&self.idle);
        lists + assemblies.map(|a| size_of::<Assembly>() + a.node.capacity() + a.audit.held_bytes()).sum::<usize>()
    }
}

saved_enum!(Reported { 0 => Nothing, 1 => Skip, 2 => Event });
saved!(Assembly { stamp, node, audit, records, first, offset, reported, has_news, touched, round }
    where |assembly| assembly.records <= MAX_RECORDS);
saved!(Open { stamp, assembly });
restored!(Assembler { open, latest, round } else { serials, idle } then check);

impl Assembler {
    fn check(&mut self) -> Result<(), &'static str> {
        if self.open.len() > MAX_OPEN + 1 {
            return Err("more audit events are open than a decoder keeps open");
        }
        self.serials = Serials::default();
        self.open.iter().for_each(|open| self.serials.add(open.stamp));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembler, Stamp};

    #[test]
    fn open_events_are_found_whatever_their_serials() {
        let mut assembler = Assembler::default();
        let stamp = |serial| Stamp { serial, seconds: 1, millis: 0 };
        for serial in [1, 2, 257] {
            let fresh = assembler.take(stamp(serial), b"", serial, 0);
            assembler.keep(fresh);
        }
        for records in 1..4 {
            for serial in [1, 257, 2] {
                let known = assembler.take(stamp(serial), b"", 99, 0);
                assert_eq!((known.first, known.records), (serial, records));
                assembler.keep(known);
            }
            // As after a snapshot.
            assembler.check().unwrap();
        }
        assert_eq!(assembler.take(stamp(513), b"", 99, 0).first, 99);
    }

    #[test]
    fn an_event_that_was_closed_is_a_new_one() {
        let mut assembler = Assembler::default();
        let stamp = |serial| Stamp { serial, seconds: 1, millis: 0 };
        for serial in 0..100 {
            while let Some(ripe) = assembler.ripe(stamp(serial).time()) {
                assembler.release(ripe);
            }
            let fresh = assembler.take(stamp(serial), b"", serial, 0);
            assembler.keep(fresh);
        }
        assert_eq!(assembler.take(stamp(0), b"", 99, 0).first, 99);
        assert_eq!(assembler.take(stamp(99), b"", 100, 0).first, 99);
    }
}
