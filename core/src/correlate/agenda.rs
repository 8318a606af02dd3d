//! Checks that have to wait until a host's watermark has passed their window.

use alloc::collections::BinaryHeap;
use core::cmp::{Ordering, Reverse};

use super::anchor::Anchor;
use crate::catalogue::BehaviourId;
use crate::causality::HostId;
use crate::table::{Share, Table};
use crate::time::Timestamp;

/// One check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) behaviour: BehaviourId,
    pub(super) anchor: Anchor,
    pub(super) host: HostId,
    pub(super) time: Timestamp,
    /// The solo form, or the check for absent clauses.
    pub(super) solo: Option<u8>,
}

/// All checks of an engine, a queue a host.
#[derive(Debug)]
pub(super) struct Agenda {
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
    due: BinaryHeap<Reverse<Due>>,
}

/// Ordered by due time, then arrival.
#[derive(Debug)]
struct Due {
    time: Timestamp,
    arrival: u64,
    pending: Pending,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.arrival).cmp(&(other.time, other.arrival))
    }
}

/// Space a queue starts with, in checks.
const FIRST: usize = 16;

impl Agenda {
    pub(super) fn new(bytes: usize) -> Self {
        let queues = Table::with_bytes(bytes / 4);
        Self { queues, bytes: 0, budget: bytes / 4 * 3, arrivals: 0, dropped: 0 }
    }

    /// Plans a check of a host for a time; what finds no room is dropped and counted.
    pub(super) fn plan(&mut self, host: u64, time: Timestamp, pending: Pending) {
        let found = self.queues.find(host, |q| q.host == host);
        let handle = found.unwrap_or_else(|| {
            let (handle, gone) = self.queues.insert(host, Share::new(host, 0), Queue { host, due: BinaryHeap::new() });
            if let Some(queue) = gone {
                self.dropped += queue.due.len() as u64;
                self.bytes -= queue.due.capacity() * size_of::<Due>();
            }
            handle
        });
        let Some(queue) = self.queues.get_mut(handle) else { return };
        if queue.due.len() == queue.due.capacity() {
            let more = queue.due.capacity().max(FIRST);
            if self.bytes + more * size_of::<Due>() > self.budget {
                self.dropped += 1;
                return;
            }
            let before = queue.due.capacity();
            queue.due.reserve_exact(more);
            self.bytes += (queue.due.capacity() - before) * size_of::<Due>();
        }
        self.arrivals += 1;
        queue.due.push(Reverse(Due { time, arrival: self.arrivals, pending }));
    }

    /// The next check of a host that is due by `watermark`.
    pub(super) fn due(&mut self, host: u64, watermark: Timestamp) -> Option<Pending> {
        let handle = self.queues.find(host, |q| q.host == host)?;
        let queue = self.queues.get_mut(handle)?;
        if queue.due.peek()?.0.time > watermark {
            return None;
        }
        queue.due.pop().map(|due| due.0.pending)
    }

    /// All hosts with checks: for the end of input.
    pub(super) fn hosts(&self) -> alloc::vec::Vec<u64> {
        self.queues.handles().filter_map(|h| self.queues.get(h)).map(|q| q.host).collect()
    }

    /// When the next check is due, for any host.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.queues.handles().filter_map(|h| Some(self.queues.get(h)?.due.peek()?.0.time)).min()
    }

    /// Checks for which there was no room.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn bytes(&self) -> usize {
        self.queues.bytes() + self.bytes
    }

    pub(super) const fn take_work(&mut self) -> u64 {
        self.queues.take_work()
    }
}
