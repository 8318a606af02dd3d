//! Events that one engine reads and others judge: for more than one core, inputs are read in parallel, and so are hosts
//! judged.

use alloc::vec::Vec;

use super::duplicates::Trace;
use super::instance::Engine;
use crate::event::{self, Event};
use crate::util::hash::Digest;

/// Events that wait to be judged by another engine: those of the hosts of one shard, in the order in which they were
/// read. [`Engine::collect`] says how.
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

impl Engine {
    /// From now on keeps the events that it takes, and judges none of them: [`Engine::take_batches`] hands them over in
    /// `shards` batches, at least one, and [`Engine::feed_batch`] of another engine judges those of a batch. All events of
    /// a host are in the batches of one shard. Batches are outside of [`Limits::bytes`](crate::Limits::bytes), so take
    /// them often.
    ///
    /// To use several cores, read each input with an engine of its own that collects, and give each shard an engine that
    /// judges, all with equal [`Limits`](crate::Limits), the seed included. If each shard is fed the batches of the inputs
    /// in the order of the inputs, the alerts are those of one engine that took the inputs one after another, as long as
    /// nothing is evicted: no behavior joins two hosts.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, StreamOptions};
    ///
    /// let new = || Engine::new(Catalog::builtin(), Default::default(), Limits::default());
    /// let (mut reader, mut shards) = (new(), [new(), new()]);
    /// reader.collect(shards.len());
    /// let stream = reader.open_stream(StreamOptions::recognize());
    /// reader.feed_bytes(stream, b"type=USER_CMD msg=audit(1.000:1): pid=1\n");
    /// reader.close_stream(stream);
    /// for (shard, batch) in shards.iter_mut().zip(reader.take_batches()) {
    ///     shard.feed_batch(&batch, 0);
    ///     shard.flush();
    /// }
    /// ```
    pub fn collect(&mut self, shards: usize) {
        self.collected = Some(Collected((0..shards.max(1)).map(|_| Batch::default()).collect()));
    }

    /// The batches since the last call, one a shard; none if [`Engine::collect`] was not called.
    pub fn take_batches(&mut self) -> Vec<Batch> {
        let batches = self.collected.iter_mut().flat_map(|collected| &mut collected.0);
        batches.map(core::mem::take).collect()
    }

    /// Bytes of the batches that wait to be taken.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        self.collected.as_ref().map_or(0, Collected::bytes)
    }

    /// Takes the events of a batch. `file` is added to the index of their input. See [the one rule](Engine).
    pub fn feed_batch(&mut self, batch: &Batch, file: u32) {
        let mut begin = 0;
        for entry in &batch.events {
            let bytes = &batch.bytes[begin..entry.end];
            begin = entry.end;
            // A batch holds nothing but what was encoded.
            let Some(mut event) = event::decode(bytes) else { continue };
            (event.record, event.part, event.file) = (entry.record, entry.part, entry.file.saturating_add(file));
            let host = self.state.host_id(event.host);
            let trace = entry.trace.map(|trace| self.duplicates.adopt(trace));
            self.take_traced(&event, host, trace);
        }
    }
}
