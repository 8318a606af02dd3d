//! For more than one core: engines that read inputs for others, which judge their events.

use alloc::vec::Vec;

use super::batch::{Batch, Collected};
use super::instance::Engine;

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
        self.collected = Some(Collected::new(shards));
    }

    /// The batches since the last call, one a shard; none if [`Engine::collect`] was not called.
    pub fn take_batches(&mut self) -> Vec<Batch> {
        self.collected.as_mut().map_or_else(Vec::new, Collected::take)
    }

    /// Bytes of the batches that wait to be taken.
    #[must_use]
    pub fn batch_bytes(&self) -> usize {
        self.collected.as_ref().map_or(0, Collected::bytes)
    }

    /// Takes the events of a batch. `file` is added to the index of their input. See [the one rule](Engine).
    pub fn feed_batch(&mut self, batch: &Batch, file: u32) {
        for (mut event, trace) in batch.events() {
            event.file = event.file.saturating_add(file);
            let host = self.state.host_id(event.host);
            let trace = trace.map(|trace| self.duplicates.adopt(trace));
            self.take_traced(&event, host, trace);
        }
    }
}
