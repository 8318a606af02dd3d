//! Time that goes on without events, and the end of input.

use super::instance::Engine;
use super::stream::StreamId;
use crate::decode::Decoder;
use crate::time::Timestamp;

impl Engine {
    /// Tells that a host's time has come to `time` though no event said so: releases what waited for it.
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

    /// Tells that `nanos` went by without an event since the last one of every host, as when a live feed has gone
    /// quiet: releases what waited for that long. No host's watermark moves, so a feed that goes on with earlier times
    /// is not late. See [the one rule](Engine).
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

    /// When [`Engine::advance`] or, for what a stream's decoder holds back, [`Engine::settle_quiet`] and
    /// [`Engine::settle_stream`] would next do something, by event time; `None` when nothing waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let held = self.reorder.next_deadline(self.limits.lateness.max(0));
        let checks = self.correlator.next_deadline();
        let begun = self.streams.iter().flatten().filter_map(|stream| stream.decoder.due());
        held.into_iter().chain(checks).chain(begun).min()
    }

    /// Judges everything that waits, as at the end of all input. Streams stay open but hand over what they hold.
    /// See [the one rule](Engine).
    pub fn flush(&mut self) {
        for number in 0..self.streams.len() as u32 {
            self.with_stream(StreamId(number), |open, record_sink| record_sink.rest(&mut open.decoder));
        }
        for queue in self.reorder.queues() {
            while let Some(held) = self.reorder.next_of(queue) {
                self.release(held);
            }
        }
        let mut completions = core::mem::take(&mut self.completions);
        self.correlator.flush(&self.state, &mut completions);
        self.report(completions);
        self.report_counts();
    }
}
