//! Holds events back until their host's watermark has passed them, in bytes that are bounded.

mod snapshot;

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::event::{self, Channel, Event, NativeId};
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::heap::{Arena, Root};
use crate::util::heaviest::Heaviest;
use crate::util::table::{Handle, QuotaGroup, Table};

/// Buffers kept for reuse are cut to this.
const KEEP: usize = 4096;

/// The reorder buffer: one queue a host.
#[derive(Debug)]
pub(super) struct Reorder {
    queues: Table<Queue>,
    held: Arena<Held>,
    /// Hosts by the bytes of their events.
    heaviest: Heaviest,
    pool: Vec<Vec<u8>>,
    /// Queues of hosts that were evicted.
    orphans: Vec<Root>,
    /// Bytes of the events' own space, those in the pool included.
    bytes: usize,
    budget: usize,
}

#[derive(Debug)]
struct Queue {
    host: Digest,
    dated: Waiting,
    /// Events whose clock has a zone that is not known yet. They wait for a record that shows the zone, as long as the
    /// lateness by their own clock, so that it does not matter which record comes first.
    undated: Waiting,
    /// Bytes of the events of both.
    bytes: usize,
}

/// Held events, ordered by one clock.
#[derive(Debug, Default)]
struct Waiting {
    newest: Option<Timestamp>,
    held: Root,
}

impl Waiting {
    fn is_late(&self, time: Timestamp, lateness: i64) -> bool {
        self.newest.is_some_and(|newest| time < newest - lateness)
    }

    fn is_ready(&self, first: &Held, lateness: i64) -> bool {
        self.newest.is_none_or(|newest| first.time <= newest - lateness)
    }
}

/// A held event with its sort key.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) time: Timestamp,
    channel: Channel,
    id: NativeId,
    /// The event's bytes without record and file: the order of ties must not depend on where an event was read.
    pub(super) bytes: Vec<u8>,
    pub(super) record: u64,
    pub(super) part: u32,
    pub(super) file: u32,
    pub(super) host: Digest,
}

impl Held {
    fn key(&self) -> (Timestamp, Channel, NativeId, &[u8]) {
        (self.time, self.channel, self.id, &self.bytes)
    }

    /// Bytes it takes.
    const fn cost(&self) -> usize {
        self.bytes.capacity() + Arena::<Self>::ITEM_BYTES
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Whether the buffer holds an event.
pub(super) enum Taken {
    /// It waits.
    Held,
    /// It came too late: judge it now.
    Late,
}

impl Reorder {
    pub(super) fn new(bytes: usize) -> Self {
        let queues = (bytes / 16).clamp(64 << 10, 4 << 20).min(bytes / 2);
        Self {
            queues: Table::with_bytes(queues),
            held: Arena::new(),
            heaviest: Heaviest::new(),
            pool: Vec::new(),
            orphans: Vec::new(),
            bytes: 0,
            budget: bytes - queues,
        }
    }

    /// Holds an event of a host, unless it is late. `undated`: the zone of its clock is not known yet.
    pub(super) fn take(&mut self, event: &Event<'_>, host: Digest, lateness: i64, undated: bool) -> Taken {
        let handle = self.queue(host);
        let Some(queue) = self.queues.get_mut(handle) else { return Taken::Late };
        let waiting = if undated { &mut queue.undated } else { &mut queue.dated };
        if waiting.is_late(event.time, lateness) {
            return Taken::Late;
        }
        let mut bytes = self.pool.pop().unwrap_or_default();
        self.bytes -= bytes.capacity();
        event::encode(event, &mut bytes);
        let held = Held {
            time: event.time,
            channel: event.source.channel,
            id: event.source.id,
            bytes,
            record: event.record,
            part: event.part,
            file: event.file,
            host,
        };
        self.bytes += held.bytes.capacity();
        queue.bytes += held.cost();
        self.heaviest.set(handle.place(), host.low(), queue.bytes as u64);
        waiting.newest = waiting.newest.max(Some(held.time));
        self.held.push(&mut waiting.held, held);
        Taken::Held
    }

    /// Moves the events that waited for the host's clock offset to their places.
    pub(super) fn date(&mut self, host: Digest, offset: i64) {
        let found = self.queues.find(host.low(), |q| q.host == host);
        let Some(queue) = found.and_then(|handle| self.queues.get_mut(handle)) else { return };
        let mut undated = core::mem::take(&mut queue.undated).held;
        while let Some(mut held) = self.held.pop(&mut undated) {
            held.time = held.time + offset;
            queue.dated.newest = queue.dated.newest.max(Some(held.time));
            self.held.push(&mut queue.dated.held, held);
        }
    }

    /// The next event of this host that its watermark has passed.
    pub(super) fn ready(&mut self, host: Digest, lateness: i64) -> Option<Held> {
        let handle = self.queues.find(host.low(), |q| q.host == host)?;
        self.ready_of(handle, lateness)
    }

    /// The next event of this queue that is more than `lateness` older than its newest.
    pub(super) fn ready_of(&mut self, queue: Handle, lateness: i64) -> Option<Held> {
        let waiting = self.queues.get_mut(queue)?;
        let is_ready = |w: &Waiting| self.held.peek(w.held).is_some_and(|first| w.is_ready(first, lateness));
        let ready = match (is_ready(&waiting.dated), is_ready(&waiting.undated)) {
            (true, _) => &mut waiting.dated,
            (false, true) => &mut waiting.undated,
            (false, false) => return None,
        };
        let held = self.held.pop(&mut ready.held);
        self.gone(queue, held)
    }

    /// While the buffer exceeds its budget: the earliest event of the host that holds most, so that a flood costs only
    /// its own host. Events of evicted hosts come first.
    pub(super) fn overflow(&mut self) -> Option<Held> {
        if let Some(held) = self.orphan() {
            return Some(held);
        }
        while self.owned() > self.budget {
            let Some(buffer) = self.pool.pop() else {
                let heaviest = self.queues.at(self.heaviest.first()?)?;
                return self.pop(heaviest);
            };
            self.bytes -= buffer.capacity();
        }
        None
    }

    /// All hosts' queues: for the end of input.
    pub(super) fn queues(&self) -> Vec<Handle> {
        self.queues.handles().collect()
    }

    /// The earliest event of one queue; events of evicted hosts come first.
    pub(super) fn next_of(&mut self, queue: Handle) -> Option<Held> {
        self.orphan().or_else(|| self.pop(queue))
    }

    /// Moves a host's time on.
    pub(super) fn advance(&mut self, host: Digest, time: Timestamp) {
        let handle = self.queue(host);
        if let Some(queue) = self.queues.get_mut(handle) {
            queue.dated.newest = queue.dated.newest.max(Some(time));
        }
    }

    /// When the next held event is due.
    pub(super) fn next_deadline(&self, lateness: i64) -> Option<Timestamp> {
        let tops = self.queues.handles().filter_map(|h| self.held.peek(self.queues.get(h)?.dated.held).map(|e| e.time));
        tops.min().map(|t| t + lateness)
    }

    /// Takes a buffer back for reuse.
    pub(super) fn recycle(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        bytes.shrink_to(KEEP);
        if self.owned() + bytes.capacity() + size_of::<Vec<u8>>() <= self.budget {
            self.bytes += bytes.capacity();
            self.pool.push(bytes);
        }
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.owned() + self.queues.bytes()
    }

    /// Bytes owned apart from the queues' table.
    fn owned(&self) -> usize {
        self.bytes
            + self.held.bytes()
            + self.heaviest.bytes()
            + self.pool.capacity() * size_of::<Vec<u8>>()
            + self.orphans.capacity() * size_of::<Root>()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.queues.take_steps()
    }

    fn queue(&mut self, host: Digest) -> Handle {
        let found = self.queues.find(host.low(), |q| q.host == host);
        found.unwrap_or_else(|| {
            let (dated, undated) = (Waiting::default(), Waiting::default());
            let empty = Queue { host, dated, undated, bytes: 0 };
            let (handle, gone) = self.queues.insert(host.low(), QuotaGroup::COMMON, empty);
            if let Some(gone) = gone {
                // The new queue has the place of the one that went.
                self.heaviest.set(handle.place(), host.low(), 0);
                let roots = [gone.undated.held, gone.dated.held];
                self.orphans.extend(roots.into_iter().filter(|root| self.held.peek(*root).is_some()));
            }
            handle
        })
    }

    /// The earliest event of an evicted host.
    fn orphan(&mut self) -> Option<Held> {
        while let Some(root) = self.orphans.last_mut() {
            if let Some(held) = self.held.pop(root) {
                self.bytes -= held.bytes.capacity();
                return Some(held);
            }
            self.orphans.pop();
        }
        None
    }

    /// The earliest event of a queue.
    fn pop(&mut self, handle: Handle) -> Option<Held> {
        let queue = self.queues.get_mut(handle)?;
        let earlier = match (self.held.peek(queue.dated.held), self.held.peek(queue.undated.held)) {
            (Some(dated), Some(undated)) if undated.time < dated.time => &mut queue.undated,
            (None, Some(_)) => &mut queue.undated,
            _ => &mut queue.dated,
        };
        let held = self.held.pop(&mut earlier.held);
        self.gone(handle, held)
    }

    /// Subtracts an event that leaves the buffer from the counts.
    fn gone(&mut self, handle: Handle, held: Option<Held>) -> Option<Held> {
        let held = held?;
        self.bytes -= held.bytes.capacity();
        if let Some(queue) = self.queues.get_mut(handle) {
            queue.bytes -= held.cost();
            self.heaviest.set(handle.place(), queue.host.low(), queue.bytes as u64);
        }
        Some(held)
    }
}
