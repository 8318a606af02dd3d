//! Streams of raw telemetry: chunks of any size are cut into records, decoded and fed.

use alloc::boxed::Box;

use super::instance::Engine;
use super::outcome::FeedReport;
use super::record_sink::RecordSink;
use super::report::StreamReport;
use super::stream::{Stream, StreamId, StreamOptions};
use crate::decode::{Dispatcher, Framed, Record, Taker};

impl Engine {
    /// Opens a stream of raw telemetry.
    pub fn open_stream(&mut self, options: StreamOptions) -> StreamId {
        let stream = Stream::new(options, self.limits.max_record_bytes);
        let free = self.streams.iter().position(Option::is_none).unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        self.streams[free] = Some(Box::new(stream));
        StreamId(free as u32)
    }

    /// The number of open streams.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.streams.iter().flatten().count()
    }

    /// Whether this stream is open.
    #[must_use]
    pub fn has_stream(&self, stream: StreamId) -> bool {
        matches!(self.streams.get(stream.0 as usize), Some(Some(_)))
    }

    /// The report on an open stream so far; `None` for a closed one, whose report [`Engine::close_stream`] returned.
    #[must_use]
    pub fn stream_report(&self, stream: StreamId) -> Option<StreamReport> {
        self.streams.get(stream.0 as usize)?.as_ref().map(|stream| stream.report())
    }

    /// Takes a chunk of a stream; it may end inside a record. The unfinished records of all streams together own a bounded
    /// part of [`Limits::bytes`](crate::Limits::bytes): where they exceed it, the longest is given up with an error, and
    /// its stream goes on behind it. The report lists errors, and the stream goes on after
    /// them. An unknown or closed stream takes nothing. See [the one rule](Engine).
    pub fn feed_bytes(&mut self, stream: StreamId, chunk: &[u8]) -> FeedReport {
        self.stats.stream_bytes += chunk.len() as u64;
        let mut report = self.with_stream(stream, |open, record_sink| {
            open.feed(chunk, record_sink);
        });
        while self.unfinished > self.unfinished_budget {
            let Some(largest) = self.longest.first().map(StreamId) else { break };
            let before = self.unfinished;
            let gone = self.with_stream(largest, Stream::abandon);
            if self.unfinished == before {
                // All that is left are the first bytes of streams, of which nothing can be given up.
                break;
            }
            if largest == stream {
                report.records += gone.records;
                report.error_count += gone.error_count;
                report.errors.extend(gone.errors);
            }
        }
        report
    }

    /// Counts the bytes of a stream's unfinished record, which were `before`.
    pub(super) fn count_unfinished(&mut self, id: StreamId, before: usize, now: usize) {
        self.unfinished = self.unfinished + now - before;
        self.longest.set(id.0, id.0.into(), now as u64);
    }

    /// Takes one whole record whose number its container gives (an EVTX record rendered as JSON).
    /// See [the one rule](Engine).
    pub fn feed_record(&mut self, stream: StreamId, number: u64, bytes: &[u8]) -> FeedReport {
        self.stats.stream_bytes += bytes.len() as u64;
        self.with_stream(stream, |open, record_sink| {
            record_sink.record(Record { bytes, number, offset: 0 }, &mut open.decoder);
        })
    }

    /// Judges the events that the stream's decoder holds back (an audit event that no newer one has closed yet), as
    /// when a live feed has gone quiet. The stream stays open. The call loses nothing at any moment: the decoder keeps
    /// records that make no event yet, and an event that gets more records later is judged again with them, without
    /// being counted again. See [the one rule](Engine).
    pub fn settle_stream(&mut self, stream: StreamId) -> FeedReport {
        self.with_stream(stream, |open, record_sink| {
            open.settle(record_sink);
            // An event with a record since the last round counts as quiet only in the second.
            record_sink.quiet(&mut open.decoder);
            record_sink.quiet(&mut open.decoder);
        })
    }

    /// Judges the events that the stream's decoder holds back and that got no further record since the last call. Call
    /// it at intervals while a live feed goes on. Like [`Engine::settle_stream`] it loses nothing. See [the one
    /// rule](Engine).
    pub fn settle_quiet(&mut self, stream: StreamId) -> FeedReport {
        self.with_stream(stream, |open, record_sink| record_sink.quiet(&mut open.decoder))
    }

    /// Ends a stream; its last line need not be terminated. The result includes the report on the whole stream. See
    /// [the one rule](Engine).
    pub fn close_stream(&mut self, stream: StreamId) -> FeedReport {
        let mut report = self.with_stream(stream, |open, record_sink| {
            open.finish(record_sink);
            record_sink.rest(&mut open.decoder);
        });
        if let Some(slot) = self.streams.get_mut(stream.0 as usize) {
            let closed = slot.take();
            let unfinished = closed.as_ref().map_or(0, |open| open.unfinished_bytes());
            report.closed = closed.map(|open| Box::new(open.report()));
            self.count_unfinished(stream, unfinished, 0);
        }
        report
    }

    pub(super) fn with_stream(
        &mut self,
        id: StreamId,
        run: impl FnOnce(&mut Stream, &mut RecordSink<'_>),
    ) -> FeedReport {
        let Some(mut stream) = self.streams.get_mut(id.0 as usize).and_then(Option::take) else {
            return FeedReport::default();
        };
        let unfinished = stream.unfinished_bytes();
        let host = core::mem::take(&mut stream.host);
        let mut tally = core::mem::take(&mut stream.tally);
        let mut record_sink = RecordSink {
            engine: self,
            report: FeedReport::default(),
            tally: &mut tally,
            host: &host,
            file: stream.file,
        };
        run(&mut stream, &mut record_sink);
        let report = record_sink.report;
        stream.tally = tally;
        self.stats.records += report.records;
        self.stats.skipped += report.skipped;
        self.stats.decode_errors += report.error_count;
        stream.host = host;
        if unfinished > 0 || stream.unfinished_bytes() > 0 {
            self.count_unfinished(id, unfinished, stream.unfinished_bytes());
        }
        self.streams[id.0 as usize] = Some(stream);
        report
    }
}

impl Stream {
    /// Takes a chunk, which may end anywhere.
    fn feed(&mut self, chunk: &[u8], record_sink: &mut RecordSink<'_>) {
        let Self { text, framer, decoder, .. } = self;
        let mut taking = Taking { decoder, record_sink };
        text.feed(chunk, |at, piece| {
            at.into_iter().for_each(|at| framer.set_offset(at));
            framer.feed(piece, &mut taking);
        });
    }

    /// Takes the whole records of a line that has not ended.
    fn settle(&mut self, record_sink: &mut RecordSink<'_>) {
        let Self { framer, decoder, .. } = self;
        framer.settle(&mut Taking { decoder, record_sink });
    }

    /// Gives up the record that is unfinished, and the room that it had.
    fn abandon(&mut self, record_sink: &mut RecordSink<'_>) {
        let Self { framer, decoder, .. } = self;
        framer.abandon(&mut Taking { decoder, record_sink });
        self.text.shrink();
    }

    /// The stream ended.
    fn finish(&mut self, record_sink: &mut RecordSink<'_>) {
        let Self { text, framer, decoder, .. } = self;
        let mut taking = Taking { decoder, record_sink };
        text.finish(|_, piece| framer.feed(piece, &mut taking));
        framer.finish(&mut taking);
    }
}

/// Takes records into the engine.
struct Taking<'t, 'e> {
    decoder: &'t mut Dispatcher,
    record_sink: &'t mut RecordSink<'e>,
}

impl Taker for Taking<'_, '_> {
    fn take(&mut self, record: Framed<'_>) {
        match record {
            Ok(record) => self.record_sink.record(record, self.decoder),
            Err(error) => self.record_sink.unframed(error),
        }
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        self.decoder.goes_on(line)
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::{Engine, StreamOptions};
    use crate::limits::Limits;
    use crate::policy::Policy;
    use crate::rules::Catalog;

    #[test]
    fn first_bytes_of_streams_that_exceed_the_budget_are_kept() {
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        engine.unfinished_budget = 2;
        let streams = [(); 3].map(|()| engine.open_stream(StreamOptions::recognize()));
        for stream in streams {
            assert_eq!(engine.feed_bytes(stream, b"\xff\xfe\x7b").error_count, 0);
        }
        assert!(engine.unfinished >= 9, "{} bytes", engine.unfinished);
    }
}
