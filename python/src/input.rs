//! One stream of telemetry, opened when its first bytes come.

use ipcsentry::decode::Format;
use ipcsentry::{Engine, FeedReport, StreamId, StreamOptions, StreamReport};

/// A stream whose format is recognized unless it was given.
#[derive(Debug)]
pub(crate) struct Input {
    options: StreamOptions,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    Open(StreamId),
    /// What it came to.
    Closed(Box<StreamReport>),
}

impl Input {
    pub(crate) fn new(format: Option<Format>, host: Vec<u8>, record_base: u64, file: u32) -> Self {
        let mut options = format.map_or_else(StreamOptions::recognize, StreamOptions::new);
        (options.host, options.record_base, options.file) = (host, record_base, file);
        Self { options, state: State::New }
    }

    /// The stream; `None` when it is closed.
    fn stream(&mut self, engine: &mut Engine) -> Option<StreamId> {
        if let State::New = self.state {
            self.state = State::Open(engine.open_stream(self.options.clone()));
        }
        match self.state {
            State::Open(stream) => Some(stream),
            _ => None,
        }
    }

    /// Takes a chunk, which may end inside a record. `None` when the stream is closed.
    pub(crate) fn feed(&mut self, engine: &mut Engine, chunk: &[u8]) -> Option<FeedReport> {
        self.stream(engine).map(|stream| engine.feed_bytes(stream, chunk))
    }

    /// Takes one whole record with the number its container gives.
    pub(crate) fn record(&mut self, engine: &mut Engine, number: u64, bytes: &[u8]) -> Option<FeedReport> {
        self.stream(engine).map(|stream| engine.feed_record(stream, number, bytes))
    }

    /// Hands over what the decoder holds back.
    pub(crate) fn settle(&mut self, engine: &mut Engine) -> Option<FeedReport> {
        self.stream(engine).map(|stream| engine.settle_stream(stream))
    }

    /// Hands over what the decoder holds back of events that have gone quiet.
    pub(crate) fn settle_quiet(&mut self, engine: &mut Engine) -> Option<FeedReport> {
        self.stream(engine).map(|stream| engine.settle_quiet(stream))
    }

    /// Ends the stream: its last line need not be terminated.
    pub(crate) fn close(&mut self, engine: &mut Engine) -> Option<FeedReport> {
        let stream = self.stream(engine)?;
        let report = engine.close_stream(stream);
        self.state = State::Closed(report.closed.clone().unwrap_or_default());
        Some(report)
    }

    /// What the stream came to so far.
    pub(crate) fn report(&self, engine: &Engine) -> StreamReport {
        match &self.state {
            State::New => StreamReport::default(),
            State::Open(stream) => engine.stream_report(*stream).unwrap_or_default(),
            State::Closed(report) => StreamReport::clone(report),
        }
    }
}

/// Adds what a further call came to.
pub(crate) fn add(report: &mut FeedReport, other: FeedReport) {
    report.records += other.records;
    report.events += other.events;
    report.skipped += other.skipped;
    report.error_count += other.error_count;
    report.errors.extend(other.errors);
    report.closed = other.closed.or(report.closed.take());
}
