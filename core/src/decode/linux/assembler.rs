//! Gathers the records of each event from an interleaved stream.
//!
//! Nothing but EOE says that an event is complete, and auditd does not write EOE to its log. An event is therefore
//! taken to be complete when the stream has moved on for [`QUIET`] since its last record, or when [`MAX_OPEN`] other
//! events had records since. Its own time does not count: it is when the call was entered, and a call that blocked for
//! an hour is logged an hour later. Nor does a clock that steps back tear events apart: progress is measured from the
//! latest time seen.
//!
//! A live feed that has gone quiet is not waited for: an event may be told before it is complete. It stays open, so
//! that the records it may still get complete it, and it is told again with what they add.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::audit_event::AuditEvent;
use super::stamp::Stamp;
use crate::Timestamp;
use crate::decode::members::is_same;
use crate::time::SECOND;

/// Events open at once.
const MAX_OPEN: usize = 64;
/// Record time without a record of an event after which it is complete (auditd's own end_of_event_timeout).
const QUIET: i64 = 2 * SECOND;
/// Records of one event. The longest command line Linux allows takes fewer.
pub(super) const MAX_RECORDS: u32 = 4096;

/// One event whose records are being gathered.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) stamp: Stamp,
    pub(super) node: Vec<u8>,
    pub(super) audit: AuditEvent,
    /// How many records it has (not counting one that is being taken).
    pub(super) records: u32,
    /// The number of the first of them, and where it begins.
    pub(super) first: u64,
    pub(super) offset: u64,
    /// What was told of it, with the records it had then.
    pub(super) told: Told,
    /// It got records since.
    pub(super) has_news: bool,
    /// The latest time seen in the stream when it last got a record.
    touched: Timestamp,
    /// The round in which that was.
    round: u32,
}

/// What was told of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Told {
    #[default]
    Nothing,
    /// That it makes no event.
    Skip,
    Event,
}

/// An open event. Its stamp stands here as well so that looking for one touches no other memory.
#[derive(Debug)]
struct Open {
    stamp: Stamp,
    assembly: Box<Assembly>,
}

/// The open events, the one that got a record last at the back.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    open: VecDeque<Open>,
    #[expect(clippy::vec_box, reason = "assemblies are large and go to and fro between the lists")]
    idle: Vec<Box<Assembly>>,
    latest: Option<Timestamp>,
    /// Goes on whenever somebody asks what is quiet.
    round: u32,
}

impl Assembler {
    /// An event that is complete now that a record of that time has come.
    pub(super) fn ripe(&mut self, now: Timestamp) -> Option<Box<Assembly>> {
        let latest = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(latest);
        let front = self.open.front()?;
        if self.open.len() > MAX_OPEN || front.assembly.touched < latest - QUIET { self.oldest() } else { None }
    }

    /// Takes out the open event of that name, or begins it.
    pub(super) fn take(&mut self, stamp: Stamp, node: &[u8], record: u64, offset: u64) -> Box<Assembly> {
        let is_it = |open: &Open| open.stamp == stamp && is_same(&open.assembly.node, node);
        // Mostly it is the one that had the last record.
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

    /// Puts it back with one record more.
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

    /// Those that got records since they were last told, but none in this round, which ends.
    pub(super) fn quiet(&mut self) -> impl Iterator<Item = &mut Assembly> {
        let round = self.round;
        self.round = round.wrapping_add(1);
        self.open().filter(move |assembly| assembly.has_news && assembly.round != round)
    }

    /// When the first of the open events of which there is something to tell will be taken to be complete.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let waiting = self.open.iter().map(|open| &open.assembly).find(|assembly| assembly.has_news)?;
        Some(waiting.touched + QUIET)
    }

    /// The open event that has waited longest.
    fn oldest(&mut self) -> Option<Box<Assembly>> {
        self.open.pop_front().map(|open| open.assembly)
    }

    /// Takes back an event that has been dealt with.
    pub(super) fn release(&mut self, mut assembly: Box<Assembly>) {
        assembly.audit.clear();
        assembly.node.clear();
        assembly.records = 0;
        assembly.told = Told::Nothing;
        self.idle.push(assembly);
    }

    /// Bytes owned.
    pub(super) fn held_bytes(&self) -> usize {
        let lists = self.open.capacity() * size_of::<Open>() + self.idle.capacity() * size_of::<Box<Assembly>>();
        let assemblies = self.open.iter().map(|open| &open.assembly).chain(&self.idle);
        lists + assemblies.map(|a| size_of::<Assembly>() + a.node.capacity() + a.audit.held_bytes()).sum::<usize>()
    }
}
