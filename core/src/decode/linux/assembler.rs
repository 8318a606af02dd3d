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

/// The open events, ordered by the arrival of their last record.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    open: VecDeque<Open>,
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
        if self.open.len() > MAX_OPEN || front.assembly.touched < latest - QUIET { self.oldest() } else { None }
    }

    /// Removes and returns the open event with this stamp and node, or begins one.
    pub(super) fn take(&mut self, stamp: Stamp, node: &[u8], record: u64, offset: u64) -> Box<Assembly> {
        let is_it = |open: &Open| open.stamp == stamp && is_same(&open.assembly.node, node);
        // Most records belong to the event of the previous record.
        let known = match self.open.back() {
            Some(last) if is_it(last) => self.open.pop_back(),
            _ => self.open.iter().rposition(is_it).and_then(|at| self.open.remove(at)),
        };
        known.map(|open| open.assembly).unwrap_or_else(|| {
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

    /// Removes the open event that has waited longest.
    fn oldest(&mut self) -> Option<Box<Assembly>> {
        self.open.pop_front().map(|open| open.assembly)
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
restored!(Assembler { open, latest, round } else { idle });
