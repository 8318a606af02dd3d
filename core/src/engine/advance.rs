//! Time that passes without events, and the end of input.

use super::instance::Engine;
use super::stream::StreamId;
use crate::decode::Decoder;
use crate::time::Timestamp;

impl Engine {
    /// Moves a host's time on to `time` without an event: judges the events and runs the checks that waited for it.
    /// See [the one rule](Engine).
    pub fn advance(&mut self, host: &[u8], time: Timestamp) {
        let id = self.state.host_id(host);
        self.reorder.advance(id, time);
        while let Some(held) = self.reorder.ready(id, self.limits.lateness) {
            self.release(held);
        }
        let mut completions = core::mem::take(&mut self.completions);
        self.correlator.advance(&self.state, id, time - self.limits.lateness.max(0), usize::MAX, &mut completions);
        self.report(completions);
    }

    /// Says that `nanos` nanoseconds passed since the last event of every host, as when a live feed has gone quiet:
    /// judges the events and runs the checks that need wait no longer than that. No watermark moves, so later events
    /// with earlier times are not late. See [the one rule](Engine).
    pub fn elapse(&mut self, nanos: i64) {
        let margin = self.limits.lateness.max(0).saturating_sub(nanos);
        for queue in self.reorder.queues() {
            while let Some(held) = self.reorder.ready_of(queue, margin) {
                self.release(held);
            }
        }
        let mut completions = core::mem::take(&mut self.completions);
        for (host, newest) in self.state.watermarks() {
            self.correlator.advance(&self.state, host, newest - margin, usize::MAX, &mut completions);
        }
        self.report(completions);
    }

    /// The event time at which [`Engine::advance`] would next judge something or, for records that a decoder holds
    /// back, [`Engine::settle_quiet`] and [`Engine::settle_stream`] would; `None` if nothing waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let held = self.reorder.next_deadline(self.limits.lateness.max(0));
        let checks = self.correlator.next_deadline();
        let begun = self.streams.iter().flatten().filter_map(|stream| stream.decoder.due());
        held.into_iter().chain(checks).chain(begun).min()
    }

    /// Judges everything that waits, as at the end of all input. Streams stay open; their decoders give up what they
    /// hold back. See [the one rule](Engine).
    pub fn flush(&mut self) {
        while self.flush_part(usize::MAX) {}
        let mut completions = core::mem::take(&mut self.completions);
        self.correlator.flush(&self.state, &mut completions);
        self.report(completions);
        self.report_counts();
        if let Some(learner) = &mut self.learner {
            learner.settle_all();
        }
    }

    /// Does a part of what [`Engine::flush`] does: judges at most `most` of the events that wait, and returns whether
    /// more wait. Who holds many events can do other work between the parts; [`Engine::flush`] completes them. See [the
    /// one rule](Engine).
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine};
    /// # let mut engine = Engine::new(Catalog::builtin(), Default::default(), Default::default());
    /// while engine.flush_part(10_000) {
    ///     // Look whether the user wants to stop.
    /// }
    /// engine.flush();
    /// ```
    pub fn flush_part(&mut self, most: usize) -> bool {
        for number in 0..self.streams.len() as u32 {
            self.with_stream(StreamId(number), |open, record_sink| record_sink.rest(&mut open.decoder));
        }
        let mut left = most;
        for queue in self.reorder.queues() {
            while let Some(held) = self.reorder.next_of(queue) {
                self.release(held);
                left -= 1;
                if left == 0 {
                    return true;
                }
            }
        }
        false
    }
}
