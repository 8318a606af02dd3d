//! Takes what a stream's decoder reads into the engine.

use super::duplicates::Origin;
use super::instance::Engine;
use super::outcome::FeedReport;
use super::report::Tally;
use crate::decode::{DecodeError, Decoder, Record, Sink, Skip, Subject};
use crate::event::Event;
use crate::stats::Position;

/// Errors a [`FeedReport`] carries.
const REPORTED_ERRORS: usize = 16;

/// A stream while it is read.
pub(super) struct RecordSink<'e> {
    pub(super) engine: &'e mut Engine,
    pub(super) report: FeedReport,
    pub(super) tally: &'e mut Tally,
    pub(super) host: &'e [u8],
    pub(super) file: u32,
}

impl RecordSink<'_> {
    /// Decodes a record.
    pub(super) fn record(&mut self, record: Record<'_>, decoder: &mut dyn Decoder) {
        self.report.records += 1;
        self.tally.records += 1;
        decoder.record(record, &mut Findings::new(self, Some(record.bytes)));
    }

    /// Takes the events that a decoder holds back.
    pub(super) fn rest(&mut self, decoder: &mut dyn Decoder) {
        decoder.finish(&mut Findings::new(self, None));
    }

    /// Takes the events that a decoder holds back and that got no further record lately.
    pub(super) fn quiet(&mut self, decoder: &mut dyn Decoder) {
        decoder.settle(&mut Findings::new(self, None));
    }

    /// Takes an error in cutting the stream into records.
    pub(super) fn unframed(&mut self, error: DecodeError) {
        self.report.records += 1;
        self.tally.records += 1;
        self.error(error);
    }

    fn error(&mut self, error: DecodeError) {
        self.report.error_count += 1;
        self.tally.error(&error);
        Position::note(&mut self.engine.stats.first_decode_errors, self.file, error.record);
        if self.report.errors.len() < REPORTED_ERRORS {
            self.report.errors.push(error);
        }
    }
}

/// Receives what a decoder reads from one record.
struct Findings<'i, 'e, 'b> {
    record_sink: &'i mut RecordSink<'e>,
    /// The physical record: its bytes identify records without an id.
    bytes: Option<&'b [u8]>,
    /// Events read from it so far.
    events: u32,
}

impl<'i, 'e, 'b> Findings<'i, 'e, 'b> {
    const fn new(record_sink: &'i mut RecordSink<'e>, bytes: Option<&'b [u8]>) -> Self {
        Self { record_sink, bytes, events: 0 }
    }

    fn take(&mut self, event: &Event<'_>, origin: Origin<'_>) {
        let RecordSink { engine, host, file, .. } = &mut *self.record_sink;
        // Events are large, so an event is copied only where the stream adds its host or file.
        if event.file == *file && (!event.host.is_empty() || host.is_empty()) {
            engine.take(event, origin);
            return;
        }
        let mut event = event.clone();
        event.file = *file;
        if event.host.is_empty() {
            event.host = host;
        }
        engine.take(&event, origin);
    }
}

impl Sink for Findings<'_, '_, '_> {
    fn event(&mut self, event: &Event<'_>) {
        self.record_sink.report.events += 1;
        self.record_sink.tally.events += 1;
        let origin = self.bytes.map_or(Origin::Unknown, |bytes| Origin::Record(bytes, self.events));
        self.events += 1;
        self.take(event, origin);
    }

    fn amended(&mut self, event: &Event<'_>) {
        self.take(event, Origin::Amended);
    }

    fn skipped(&mut self, _record: u64, why: Skip) {
        self.record_sink.report.skipped += 1;
        self.record_sink.tally.skipped(why);
    }

    fn ignored(&mut self, _record: u64, what: Subject<'_>) {
        self.record_sink.report.skipped += 1;
        self.record_sink.tally.ignored(&what);
    }

    fn error(&mut self, error: DecodeError) {
        self.record_sink.error(error);
    }
}
