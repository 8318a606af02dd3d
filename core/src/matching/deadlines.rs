//! Deferred checks: they wait until the watermark of their host has passed the end of a window.

mod snapshot;

use core::cmp::Ordering;

use super::pending::Anchor;
use crate::limits::part;
use crate::rules::BehaviorId;
use crate::state::HostId;
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::heap::{Arena, Root};
use crate::util::heaviest::Heaviest;
use crate::util::recent::Recent;
use crate::util::saved::saved;
use crate::util::table::{Handle, QuotaGroup, Table};

/// One deferred check.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeferredCheck {
    pub(super) behavior: BehaviorId,
    pub(super) anchor: Anchor,
    pub(super) host: HostId,
    pub(super) time: Timestamp,
    /// The fallback form to check; `None`: check for absent clauses.
    pub(super) fallback: Option<u8>,
}

/// All deferred checks of an engine, in one queue a host.
#[derive(Debug)]
pub(super) struct Deadlines {
    queues: Table<Queue>,
    checks: Arena<Scheduled>,
    /// Hosts by the number of their checks.
    heaviest: Heaviest,
    /// Bytes that the checks and their hosts' weights may take.
    budget: usize,
    arrivals: u64,
    dropped: u64,
    /// For some hosts the time before which none of their checks is due: most events need look no further.
    not_before: Recent<Timestamp>,
}

#[derive(Debug)]
struct Queue {
    host: Digest,
    checks: Root,
    count: usize,
}

impl Queue {
    const fn weight(&self) -> u64 {
        self.count.div_ceil(LIGHT) as u64
    }
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

/// Hosts with up to this many checks weigh the same: an attack that needs a few does not make its host the one that
/// loses checks.
const LIGHT: usize = 16;

impl Deadlines {
    pub(super) fn new(bytes: usize) -> Self {
        // Room for as many hosts as checks, if each host has one.
        let queues = part(bytes, 2, 5);
        Self {
            queues: Table::with_bytes(queues),
            checks: Arena::new(),
            heaviest: Heaviest::new(),
            budget: bytes - queues,
            arrivals: 0,
            dropped: 0,
            not_before: Recent::new(),
        }
    }

    /// Plans a check of a host for a time. Without room for it, the host with most checks loses its next one. If that
    /// is this host, the new check is dropped. Both are counted.
    pub(super) fn plan(&mut self, host: Digest, time: Timestamp, check: DeferredCheck) {
        if (self.checks.len() + 1) * Arena::<Scheduled>::ITEM_BYTES + self.heaviest.bytes() > self.budget {
            self.dropped += 1;
            let Some(heaviest) = self.heaviest.first().and_then(|place| self.queues.at(place)) else { return };
            if self.queues.get(heaviest).is_none_or(|queue| queue.host == host) {
                return;
            }
            self.take(heaviest);
        }
        if let Some(not_before) = self.not_before.get_mut(host) {
            *not_before = time.min(*not_before);
        }
        let found = self.queues.find(host.low(), |q| q.host == host);
        let handle = found.unwrap_or_else(|| {
            let queue = Queue { host, checks: Root::default(), count: 0 };
            let (handle, gone) = self.queues.insert(host.low(), QuotaGroup::COMMON, queue);
            self.forget(handle, gone);
            handle
        });
        let Some(queue) = self.queues.get_mut(handle) else { return };
        self.arrivals += 1;
        self.checks.push(&mut queue.checks, Scheduled { time, arrival: self.arrivals, check });
        queue.count += 1;
        self.heaviest.set(handle.place(), host.low(), queue.weight());
    }

    /// Whether a check of a host may be due by `watermark`. Mostly it is known that none is.
    pub(super) fn may_be_due(&mut self, host: Digest, watermark: Timestamp) -> bool {
        self.not_before.get_mut(host).is_none_or(|time| *time <= watermark)
    }

    /// The next check of a host that is due by `watermark`.
    pub(super) fn take_passed(&mut self, host: Digest, watermark: Timestamp) -> Option<DeferredCheck> {
        if !self.may_be_due(host, watermark) {
            return None;
        }
        let handle = self.queues.find(host.low(), |q| q.host == host);
        let next = handle.and_then(|handle| self.checks.peek(self.queues.get(handle)?.checks)).map(|next| next.time);
        let next_or_never = next.unwrap_or(Timestamp::MAX);
        match self.not_before.get_mut(host) {
            Some(known) => *known = next_or_never,
            None => self.not_before.put(host, next_or_never),
        }
        self.take(handle.filter(|_| next.is_some_and(|next| next <= watermark))?)
    }

    /// Takes the next check out of a queue and removes a queue that is empty then.
    fn take(&mut self, handle: Handle) -> Option<DeferredCheck> {
        let queue = self.queues.get_mut(handle)?;
        let due = self.checks.pop(&mut queue.checks)?;
        queue.count -= 1;
        self.heaviest.set(handle.place(), queue.host.low(), queue.weight());
        if queue.count == 0 {
            self.queues.remove(handle);
        }
        Some(due.check)
    }

    /// Drops the checks of a queue that was evicted for a new one, which has its place.
    fn forget(&mut self, new: Handle, gone: Option<Queue>) {
        let Some(mut queue) = gone else { return };
        self.heaviest.set(new.place(), 0, 0);
        while self.checks.pop(&mut queue.checks).is_some() {
            self.dropped += 1;
        }
    }

    /// All hosts with checks: for the end of input.
    pub(super) fn hosts(&self) -> alloc::vec::Vec<Digest> {
        self.queues.handles().filter_map(|h| self.queues.get(h)).map(|q| q.host).collect()
    }

    /// When the next check is due, for any host.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.queues.handles().filter_map(|h| Some(self.checks.peek(self.queues.get(h)?.checks)?.time)).min()
    }

    /// Checks that were dropped for want of room.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn bytes(&self) -> usize {
        self.queues.bytes() + self.checks.bytes() + self.heaviest.bytes()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.queues.take_steps()
    }
}

saved!(DeferredCheck { behavior, anchor, host, time, fallback });
saved!(Scheduled { time, arrival, check });
