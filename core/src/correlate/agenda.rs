//! Checks that have to wait until a host's watermark has passed their window.

use core::cmp::Ordering;

use super::anchor::Anchor;
use crate::catalogue::BehaviourId;
use crate::causality::HostId;
use crate::hash::Digest;
use crate::heap::{Arena, Root, Weight, Weights};
use crate::limits::part;
use crate::table::{Handle, Share, Table};
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

/// All checks of an engine, a queue for each host that has some.
#[derive(Debug)]
pub(super) struct Agenda {
    queues: Table<Queue>,
    checks: Arena<Due>,
    weights: Weights,
    /// Bytes that the checks and their hosts' weights may take.
    budget: usize,
    arrivals: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Queue {
    host: Digest,
    due: Root,
    count: usize,
    weight: Weight,
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

/// Up to so many checks a host is as light as one with a single check: an attack that needs some is not heavier than the
/// quiet hosts around it.
const LIGHT: usize = 16;

impl Agenda {
    pub(super) fn new(bytes: usize) -> Self {
        // As many hosts as there is room for checks of one each.
        let queues = part(bytes, 2, 5);
        Self {
            queues: Table::with_bytes(queues),
            checks: Arena::new(),
            weights: Weights::default(),
            budget: bytes - queues,
            arrivals: 0,
            dropped: 0,
        }
    }

    /// Plans a check of a host for a time. When there is no room, the host with most checks, or of several the one that
    /// has had them longest, loses its next one; when that is this host, the new one is not taken. Either is counted.
    pub(super) fn plan(&mut self, host: Digest, time: Timestamp, pending: Pending) {
        if (self.checks.len() + 1) * Arena::<Due>::ITEM_BYTES + self.weights.bytes() > self.budget {
            self.dropped += 1;
            let Some(heaviest) = self.weights.heaviest() else { return };
            if self.queues.get(heaviest).is_none_or(|queue| queue.host == host) {
                return;
            }
            self.take(heaviest);
        }
        let found = self.queues.find(host.low(), |q| q.host == host);
        let handle = found.unwrap_or_else(|| {
            let queue = Queue { host, due: Root::default(), count: 0, weight: Weight::default() };
            let (handle, gone) = self.queues.insert(host.low(), Share::new(host.low(), 0), queue);
            self.forget(gone);
            handle
        });
        let Some(queue) = self.queues.get_mut(handle) else { return };
        self.arrivals += 1;
        self.checks.push(&mut queue.due, Due { time, arrival: self.arrivals, pending });
        queue.count += 1;
        self.weights.set(handle, &mut queue.weight, queue.count.div_ceil(LIGHT));
    }

    /// The next check of a host that is due by `watermark`.
    pub(super) fn due(&mut self, host: Digest, watermark: Timestamp) -> Option<Pending> {
        let handle = self.queues.find(host.low(), |q| q.host == host)?;
        if self.checks.peek(self.queues.get(handle)?.due)?.time > watermark {
            return None;
        }
        self.take(handle)
    }

    /// Takes the next check out of a queue. A queue without checks goes.
    fn take(&mut self, handle: Handle) -> Option<Pending> {
        let queue = self.queues.get_mut(handle)?;
        let due = self.checks.pop(&mut queue.due)?;
        queue.count -= 1;
        self.weights.set(handle, &mut queue.weight, queue.count.div_ceil(LIGHT));
        if queue.count == 0 {
            self.queues.remove(handle);
        }
        Some(due.pending)
    }

    /// Gives up the checks of a queue that had to go.
    fn forget(&mut self, gone: Option<Queue>) {
        let Some(mut queue) = gone else { return };
        self.weights.remove(queue.weight);
        while self.checks.pop(&mut queue.due).is_some() {
            self.dropped += 1;
        }
    }

    /// All hosts with checks: for the end of input.
    pub(super) fn hosts(&self) -> alloc::vec::Vec<Digest> {
        self.queues.handles().filter_map(|h| self.queues.get(h)).map(|q| q.host).collect()
    }

    /// When the next check is due, for any host.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.queues.handles().filter_map(|h| Some(self.checks.peek(self.queues.get(h)?.due)?.time)).min()
    }

    /// Checks for which there was no room.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn bytes(&self) -> usize {
        self.queues.bytes() + self.checks.bytes() + self.weights.bytes()
    }

    pub(super) const fn take_work(&mut self) -> u64 {
        self.queues.take_work()
    }
}
