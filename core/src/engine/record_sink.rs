//! From a stream's decoder into the engine.

use super::instance::Engine;
use super::outcome::FeedReport;
use crate::decode::{DecodeError, Decoder, Record, Sink, Skip};
use crate::event::Event;
use crate::stats::Position;

/// Errors a [`FeedReport`] carries.
const REPORTED_ERRORS: usize = 16;

/// A stream while it is read.
pub(super) struct RecordSink<'e> {
    pub(super) engine: &'e mut Engine,
    pub(super) report: FeedReport,
    pub(super) host: &'e [u8],
    pub(super) file: u32,
}

impl RecordSink<'_> {
    pub(super) fn record(&mut self, record: Record<'_>, decode: impl FnOnce(Record<'_>, &mut dyn Sink)) {
        self.report.records += 1;
        decode(record, &mut Findings { record_sink: self, bytes: Some(record.bytes) });
    }

    /// Takes what a decoder held back.
    pub(super) fn rest(&mut self, decoder: &mut dyn Decoder) {
        decoder.finish(&mut Findings { record_sink: self, bytes: None });
    }

    /// Takes what a decoder held back of events that have gone quiet.
    pub(super) fn quiet(&mut self, decoder: &mut dyn Decoder) {
        decoder.settle(&mut Findings { record_sink: self, bytes: None });
    }

    pub(super) fn too_long(&mut self, error: DecodeError) {
        self.report.records += 1;
        self.error(error);
    }

    fn error(&mut self, error: DecodeError) {
        self.report.error_count += 1;
        Position::note(&mut self.engine.stats.first_decode_errors, self.file, error.record);
        if self.report.errors.len() < REPORTED_ERRORS {
            self.report.errors.push(error);
        }
    }
}

/// What a decoder hands its findings of one record to.
struct Findings<'i, 'e, 'b> {
    record_sink: &'i mut RecordSink<'e>,
    /// The physical record: what tells repetitions of records without an id.
    bytes: Option<&'b [u8]>,
}

impl Sink for Findings<'_, '_, '_> {
    fn event(&mut self, event: &Event<'_>) {
        let RecordSink { engine, report, host, file } = &mut *self.record_sink;
        report.events += 1;
        // Events are large: one is copied only where the stream adds something to it.
        if event.file == *file && (!event.host.is_empty() || host.is_empty()) {
            engine.take(event, self.bytes);
            return;
        }
        let mut event = event.clone();
        event.file = *file;
        if event.host.is_empty() {
            event.host = host;
        }
        engine.take(&event, self.bytes);
    }

    fn skipped(&mut self, _record: u64, _why: Skip) {
        self.record_sink.report.skipped += 1;
    }

    fn error(&mut self, error: DecodeError) {
        self.record_sink.error(error);
    }
}
