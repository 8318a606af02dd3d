//! Holds events back until their host's watermark has passed them, in bytes that are bounded.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::event::{self, Channel, Event, NativeId};
use crate::time::Timestamp;
use crate::util::table::{Handle, QuotaGroup, Table};

/// Buffers kept for reuse are cut to this.
const KEEP: usize = 4096;

/// The reorder buffer: one queue a host.
#[derive(Debug)]
pub(super) struct Reorder {
    queues: Table<Queue>,
    pool: Vec<Vec<u8>>,
    /// Events of hosts that were forgotten to make room, latest first.
    orphans: Vec<Held>,
    bytes: usize,
    budget: usize,
}

#[derive(Debug)]
struct Queue {
    host: u64,
    dated: Waiting,
    /// Events by a clock whose zone is not known yet: they wait for a record that tells it, no longer than others by
    /// that same clock. So it does not matter which record comes first.
    undated: Waiting,
}

/// Events that wait, ordered by one clock.
#[derive(Debug, Default)]
struct Waiting {
    newest: Option<Timestamp>,
    held: BinaryHeap<Held>,
}

impl Waiting {
    fn is_late(&self, time: Timestamp, lateness: i64) -> bool {
        self.newest.is_some_and(|newest| time < newest - lateness)
    }

    fn add(&mut self, held: Held) {
        self.newest = self.newest.max(Some(held.time));
        self.held.push(held);
    }

    fn is_ready(&self, lateness: i64) -> bool {
        self.held.peek().is_some_and(|held| self.newest.is_none_or(|newest| held.time <= newest - lateness))
    }
}

/// One event, with what it is ordered by.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) time: Timestamp,
    channel: Channel,
    id: NativeId,
    /// The event's bytes, record and file left out: ties must not depend on where an event was read.
    pub(super) bytes: Vec<u8>,
    pub(super) record: u64,
    pub(super) part: u32,
    pub(super) file: u32,
    pub(super) host: u64,
}

impl Held {
    fn key(&self) -> (Timestamp, Channel, NativeId, &[u8]) {
        (self.time, self.channel, self.id, &self.bytes)
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

/// Reversed: a heap's top is its earliest.
impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

/// What became of an event that was to be held.
pub(super) enum Taken {
    /// It waits.
    Held,
    /// Its host is past it: judge it now.
    Late,
}

impl Reorder {
    pub(super) fn new(bytes: usize) -> Self {
        let queues = (bytes / 16).clamp(64 << 10, 4 << 20).min(bytes / 2);
        let budget = bytes - queues;
        Self { queues: Table::with_bytes(queues), pool: Vec::new(), orphans: Vec::new(), bytes: 0, budget }
    }

    /// Takes an event of a host in, or says that it is late. `undated`: its clock's zone is not known yet.
    pub(super) fn take(&mut self, event: &Event<'_>, host: u64, lateness: i64, undated: bool) -> Taken {
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
        self.bytes += held.bytes.capacity() + size_of::<Held>();
        waiting.add(held);
        Taken::Held
    }

    /// The host's offset is known now: what waited for it takes its place.
    pub(super) fn date(&mut self, host: u64, offset: i64) {
        let found = self.queues.find(host, |q| q.host == host);
        let Some(queue) = found.and_then(|handle| self.queues.get_mut(handle)) else { return };
        for mut held in core::mem::take(&mut queue.undated).held {
            held.time = held.time + offset;
            queue.dated.add(held);
        }
    }

    /// The next event of this host that its watermark has passed.
    pub(super) fn ready(&mut self, host: u64, lateness: i64) -> Option<Held> {
        let handle = self.queues.find(host, |q| q.host == host)?;
        self.ready_of(handle, lateness)
    }

    /// The next event of this queue that is more than `lateness` older than its newest.
    pub(super) fn ready_of(&mut self, queue: Handle, lateness: i64) -> Option<Held> {
        let waiting = self.queues.get_mut(queue)?;
        let ready = [&mut waiting.dated, &mut waiting.undated].into_iter().find(|w| w.is_ready(lateness));
        let held = ready?.held.pop();
        self.gone(held)
    }

    /// While the buffer is over its budget: the earliest event of the host that sends now, so that a flooding host
    /// pays for itself. Events of a host that was forgotten come first.
    pub(super) fn overflow(&mut self, host: u64) -> Option<Held> {
        if let Some(held) = self.orphans.pop() {
            return Some(held);
        }
        while self.bytes > self.budget {
            let Some(buffer) = self.pool.pop() else {
                let handle = self.queues.find(host, |q| q.host == host)?;
                return self.pop(handle);
            };
            self.bytes -= buffer.capacity();
        }
        None
    }

    /// All hosts' queues: for the end of input.
    pub(super) fn queues(&self) -> Vec<Handle> {
        self.queues.handles().collect()
    }

    /// The earliest event of one queue; events of forgotten hosts come first.
    pub(super) fn next_of(&mut self, queue: Handle) -> Option<Held> {
        self.orphans.pop().or_else(|| self.pop(queue))
    }

    /// Moves a host's time on.
    pub(super) fn advance(&mut self, host: u64, time: Timestamp) {
        let handle = self.queue(host);
        if let Some(queue) = self.queues.get_mut(handle) {
            queue.dated.newest = queue.dated.newest.max(Some(time));
        }
    }

    /// When the earliest held event will be due.
    pub(super) fn next_deadline(&self, lateness: i64) -> Option<Timestamp> {
        let tops = self.queues.handles().filter_map(|h| self.queues.get(h)?.dated.held.peek().map(|e| e.time));
        tops.min().map(|t| t + lateness)
    }

    /// Takes a buffer back for reuse.
    pub(super) fn recycle(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        bytes.shrink_to(KEEP);
        if self.bytes + bytes.capacity() <= self.budget {
            self.bytes += bytes.capacity();
            self.pool.push(bytes);
        }
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.queues.bytes() + self.pool.capacity() * size_of::<Vec<u8>>()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.queues.take_steps()
    }

    fn queue(&mut self, host: u64) -> Handle {
        let found = self.queues.find(host, |q| q.host == host);
        found.unwrap_or_else(|| {
            let empty = Queue { host, dated: Waiting::default(), undated: Waiting::default() };
            let (handle, gone) = self.queues.insert(host, QuotaGroup::new(host, 0), empty);
            let waiting = gone.into_iter().flat_map(|q| [q.undated, q.dated]);
            for held in waiting.flat_map(|w| w.held.into_sorted_vec()) {
                self.bytes -= held.bytes.capacity() + size_of::<Held>();
                self.orphans.push(held);
            }
            handle
        })
    }

    /// The earliest event of a queue.
    fn pop(&mut self, handle: Handle) -> Option<Held> {
        let queue = self.queues.get_mut(handle)?;
        let earlier = match (queue.dated.held.peek(), queue.undated.held.peek()) {
            (Some(dated), Some(undated)) if undated.time < dated.time => &mut queue.undated,
            (None, Some(_)) => &mut queue.undated,
            _ => &mut queue.dated,
        };
        let held = earlier.held.pop();
        self.gone(held)
    }

    /// What leaves the buffer no longer counts.
    fn gone(&mut self, held: Option<Held>) -> Option<Held> {
        let held = held?;
        self.bytes -= held.bytes.capacity() + size_of::<Held>();
        Some(held)
    }
}
