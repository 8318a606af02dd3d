//! Holds events back until their host's watermark has passed them, in bytes that are bounded.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::event::{self, Channel, Event, NativeId};
use crate::hash::Hasher;
use crate::table::{Handle, Share, Table};
use crate::time::Timestamp;

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
    seed: u64,
}

#[derive(Debug)]
struct Queue {
    host: u64,
    newest: Timestamp,
    held: BinaryHeap<Held>,
}

/// One event, with what it is ordered by.
#[derive(Debug)]
pub(super) struct Held {
    time: Timestamp,
    channel: Channel,
    id: NativeId,
    /// The event's bytes, record and file left out: ties must not depend on where an event was read.
    pub(super) bytes: Vec<u8>,
    pub(super) record: u64,
    pub(super) file: u32,
    /// The event's time was read off an envelope whose zone is not known.
    is_envelope: bool,
    /// What was added to that time.
    pub(super) shift: i64,
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
    pub(super) fn new(bytes: usize, seed: u64) -> Self {
        let queues = (bytes / 16).clamp(64 << 10, 4 << 20).min(bytes / 2);
        let budget = bytes - queues;
        Self { queues: Table::with_bytes(queues), pool: Vec::new(), orphans: Vec::new(), bytes: 0, budget, seed }
    }

    /// Takes an event in, its host's clock offset beside it, or says that it is late.
    pub(super) fn take(&mut self, event: &Event<'_>, shift: i64, lateness: i64) -> Taken {
        let time = event.time + shift;
        let host = self.host(event.host);
        let handle = self.queue(host);
        let Some(queue) = self.queues.get_mut(handle) else { return Taken::Late };
        if queue.newest != Timestamp::MIN && time < queue.newest - lateness {
            return Taken::Late;
        }
        queue.newest = queue.newest.max(time);
        let mut bytes = self.pool.pop().unwrap_or_default();
        self.bytes -= bytes.capacity();
        event::encode(event, &mut bytes);
        let held = Held {
            time,
            channel: event.source.channel,
            id: event.source.id,
            bytes,
            record: event.record,
            file: event.file,
            is_envelope: event.time_is_envelope,
            shift,
        };
        self.bytes += held.bytes.capacity() + size_of::<Held>();
        queue.held.push(held);
        Taken::Held
    }

    /// The next event of this host that its watermark has passed.
    pub(super) fn ready(&mut self, host: &[u8], lateness: i64) -> Option<Held> {
        let host = self.host(host);
        let handle = self.queues.find(host, |q| q.host == host)?;
        self.ready_of(handle, lateness)
    }

    /// The next event of this queue that is more than `lateness` older than its newest.
    pub(super) fn ready_of(&mut self, queue: Handle, lateness: i64) -> Option<Held> {
        let waiting = self.queues.get(queue)?;
        if waiting.held.peek()?.time > waiting.newest - lateness {
            return None;
        }
        self.pop(queue)
    }

    /// While the buffer is over its budget: the earliest event of the host that sends now, so that a flooding host
    /// pays for itself. Events of a host that was forgotten come first.
    pub(super) fn overflow(&mut self, host: &[u8]) -> Option<Held> {
        if let Some(held) = self.orphans.pop() {
            return Some(held);
        }
        while self.bytes > self.budget {
            let Some(buffer) = self.pool.pop() else {
                let host = self.host(host);
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
    pub(super) fn advance(&mut self, host: &[u8], time: Timestamp) {
        let host = self.host(host);
        let handle = self.queue(host);
        if let Some(queue) = self.queues.get_mut(handle) {
            queue.newest = queue.newest.max(time);
        }
    }

    /// Applies a clock offset that became known only now to what waits on this host.
    pub(super) fn shift(&mut self, host: &[u8], offset: i64) {
        let host = self.host(host);
        let Some(queue) = self.queues.find(host, |q| q.host == host).and_then(|h| self.queues.get_mut(h)) else {
            return;
        };
        let mut held = core::mem::take(&mut queue.held).into_vec();
        for event in held.iter_mut().filter(|e| e.is_envelope) {
            event.time = event.time + (offset - event.shift);
            event.shift = offset;
        }
        queue.held = held.into();
    }

    /// When the earliest held event will be due.
    pub(super) fn next_due(&self, lateness: i64) -> Option<Timestamp> {
        let tops = self.queues.handles().filter_map(|h| self.queues.get(h)?.held.peek().map(|e| e.time));
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

    pub(super) const fn take_work(&mut self) -> u64 {
        self.queues.take_work()
    }

    fn host(&self, name: &[u8]) -> u64 {
        Hasher::new(self.seed).folded(name).finish()
    }

    fn queue(&mut self, host: u64) -> Handle {
        let found = self.queues.find(host, |q| q.host == host);
        found.unwrap_or_else(|| {
            let empty = Queue { host, newest: Timestamp::MIN, held: BinaryHeap::new() };
            let (handle, gone) = self.queues.insert(host, Share::new(host, 0), empty);
            for held in gone.into_iter().flat_map(|q| q.held.into_sorted_vec()) {
                self.bytes -= held.bytes.capacity() + size_of::<Held>();
                self.orphans.push(held);
            }
            handle
        })
    }

    fn pop(&mut self, handle: Handle) -> Option<Held> {
        let held = self.queues.get_mut(handle)?.held.pop()?;
        self.bytes -= held.bytes.capacity() + size_of::<Held>();
        Some(held)
    }
}
