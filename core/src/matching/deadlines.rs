//! Checks that have to wait until a host's watermark has passed their window.

use alloc::collections::BinaryHeap;
use core::cmp::{Ordering, Reverse};

use super::pending::Anchor;
use crate::rules::BehaviorId;
use crate::state::HostId;
use crate::time::Timestamp;
use crate::util::table::{QuotaGroup, Table};

/// One check.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeferredCheck {
    pub(super) behavior: BehaviorId,
    pub(super) anchor: Anchor,
    pub(super) host: HostId,
    pub(super) time: Timestamp,
    /// The fallback form, or the check for absent clauses.
    pub(super) fallback: Option<u8>,
}

/// All checks of an engine, a queue a host.
#[derive(Debug)]
pub(super) struct Deadlines {
    queues: Table<Queue>,
    /// Bytes of the queues' own space, and what they may take.
    bytes: usize,
    budget: usize,
    arrivals: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Queue {
    host: u64,
    checks: BinaryHeap<Reverse<Scheduled>>,
}

/// Ordered by due time, then arrival.
#[derive(Debug)]
struct Scheduled {
    time: Timestamp,
    arrival: u64,
    check: DeferredCheck,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.arrival).cmp(&(other.time, other.arrival))
    }
}

/// Room a queue starts with, in checks.
const FIRST: usize = 16;

impl Deadlines {
    pub(super) fn new(bytes: usize) -> Self {
        let queues = Table::with_bytes(bytes / 4);
        Self { queues, bytes: 0, budget: bytes / 4 * 3, arrivals: 0, dropped: 0 }
    }

    /// Plans a check of a host for a time; what finds no room is dropped and counted.
    pub(super) fn plan(&mut self, host: u64, time: Timestamp, check: DeferredCheck) {
        let found = self.queues.find(host, |q| q.host == host);
        let handle = found.unwrap_or_else(|| {
            let (handle, gone) =
                self.queues.insert(host, QuotaGroup::new(host, 0), Queue { host, checks: BinaryHeap::new() });
            if let Some(queue) = gone {
                self.dropped += queue.checks.len() as u64;
                self.bytes -= queue.checks.capacity() * size_of::<Scheduled>();
            }
            handle
        });
        let Some(queue) = self.queues.get_mut(handle) else { return };
        if queue.checks.len() == queue.checks.capacity() {
            let more = queue.checks.capacity().max(FIRST);
            if self.bytes + more * size_of::<Scheduled>() > self.budget {
                self.dropped += 1;
                return;
            }
            let before = queue.checks.capacity();
            queue.checks.reserve_exact(more);
            self.bytes += (queue.checks.capacity() - before) * size_of::<Scheduled>();
        }
        self.arrivals += 1;
        queue.checks.push(Reverse(Scheduled { time, arrival: self.arrivals, check }));
    }

    /// The next check of a host that is due by `watermark`.
    pub(super) fn take_passed(&mut self, host: u64, watermark: Timestamp) -> Option<DeferredCheck> {
        let handle = self.queues.find(host, |q| q.host == host)?;
        let queue = self.queues.get_mut(handle)?;
        if queue.checks.peek()?.0.time > watermark {
            return None;
        }
        queue.checks.pop().map(|scheduled| scheduled.0.check)
    }

    /// All hosts with checks: for the end of input.
    pub(super) fn hosts(&self) -> alloc::vec::Vec<u64> {
        self.queues.handles().filter_map(|h| self.queues.get(h)).map(|q| q.host).collect()
    }

    /// When the next check is due, for any host.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.queues.handles().filter_map(|h| Some(self.queues.get(h)?.checks.peek()?.0.time)).min()
    }

    /// Checks for which there was no room.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn bytes(&self) -> usize {
        self.queues.bytes() + self.bytes
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.queues.take_steps()
    }
}
