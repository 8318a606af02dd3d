//! Events that one engine reads and others judge, on their way.

use alloc::vec::Vec;

use super::duplicates::Trace;
use crate::event::{self, Event};
use crate::util::hash::Digest;

/// Events that wait to be judged by another engine: those of the hosts of one shard, in the order in which they were
/// read. [`Engine::collect`](crate::Engine::collect) says how.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    events: Vec<Entry>,
}

/// An event of a batch, and what its byte form leaves out.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where its bytes end.
    end: usize,
    record: u64,
    part: u32,
    file: u32,
    trace: Option<Trace>,
}

impl Batch {
    /// The number of events.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is no event.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Bytes owned.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes.capacity() + self.events.capacity() * size_of::<Entry>()
    }

    /// Its events, each with what its trace was in the filter that made it.
    pub(super) fn events(&self) -> impl Iterator<Item = (Event<'_>, Option<Trace>)> {
        let begins = core::iter::once(0).chain(self.events.iter().map(|entry| entry.end));
        begins.zip(&self.events).filter_map(|(begin, entry)| {
            // A batch holds nothing but what was encoded.
            let mut event = event::decode(&self.bytes[begin..entry.end])?;
            (event.record, event.part, event.file) = (entry.record, entry.part, entry.file);
            Some((event, entry.trace))
        })
    }

    fn push(&mut self, event: &Event<'_>, trace: Option<Trace>) {
        event::encode(event, &mut self.bytes);
        let (record, part, file) = (event.record, event.part, event.file);
        self.events.push(Entry { end: self.bytes.len(), record, part, file, trace });
    }
}

/// The batches that an engine collects, one a shard.
#[derive(Debug)]
pub(super) struct Collected(Vec<Batch>);

impl Collected {
    pub(super) fn new(shards: usize) -> Self {
        Self((0..shards.max(1)).map(|_| Batch::default()).collect())
    }

    /// The batches, which begin anew.
    pub(super) fn take(&mut self) -> Vec<Batch> {
        self.0.iter_mut().map(core::mem::take).collect()
    }

    pub(super) fn push(&mut self, event: &Event<'_>, host: Digest, trace: Option<Trace>) {
        // Tables find a host by the lower half: a shard whose hosts have the last bits of it in common would fill a part
        // of their buckets.
        let shard = host.halves().0 % self.0.len() as u64;
        self.0[shard as usize].push(event, trace);
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(Batch::bytes).sum()
    }
}
