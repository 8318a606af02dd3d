//! One stream of telemetry, opened with its first chunk.

use ipcsentry::decode::Format;
use ipcsentry::{Engine, FeedReport, Judged, StreamId, StreamOptions, StreamReport};

/// Most errors that the report on a long call keeps.
const MAX_ERRORS: usize = 1000;

/// A stream that is not open yet, open, or closed.
#[derive(Debug)]
pub(crate) struct Input {
    host: Vec<u8>,
    record_base: u64,
    file: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// No chunk has been fed.
    New(Option<Format>),
    Open(StreamId),
    /// Its report; `None` if no chunk was fed.
    Closed(Option<Box<StreamReport>>),
}

/// The result of a call.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) feed: FeedReport,
    /// Whether the stream was judged so far.
    pub(crate) judged: Option<Judged>,
}

impl Input {
    /// A stream of this format; without one, the format of each record is recognized.
    pub(crate) const fn new(format: Option<Format>, host: Vec<u8>, record_base: u64, file: u32) -> Self {
        Self { host, record_base, file, phase: Phase::New(format) }
    }

    /// An open stream of that number.
    pub(crate) const fn of(stream: StreamId) -> Self {
        Self { host: Vec::new(), record_base: 0, file: 0, phase: Phase::Open(stream) }
    }

    /// The open stream; `None` when it is closed.
    pub(crate) fn open(&mut self, engine: &mut Engine) -> Option<StreamId> {
        let format = match self.phase {
            Phase::Open(stream) => return Some(stream),
            Phase::Closed(_) => return None,
            Phase::New(format) => format,
        };
        let mut options = format.map_or_else(StreamOptions::recognize, StreamOptions::new);
        options.host = self.host.clone();
        options.record_base = self.record_base;
        options.file = self.file;
        let stream = engine.open_stream(options);
        self.phase = Phase::Open(stream);
        Some(stream)
    }

    fn with(&mut self, engine: &mut Engine, work: impl FnOnce(&mut Engine, StreamId) -> FeedReport) -> Option<Report> {
        let stream = self.open(engine)?;
        let feed = work(engine, stream);
        Some(Report { feed, judged: engine.stream_report(stream).map(|report| report.judged()) })
    }

    /// Reads a chunk, which may end anywhere. `None` if the stream is closed.
    pub(crate) fn feed(&mut self, engine: &mut Engine, chunk: &[u8]) -> Option<Report> {
        self.with(engine, |engine, stream| engine.feed_bytes(stream, chunk))
    }

    /// Reads one whole record with the number that its container gives it.
    pub(crate) fn record(&mut self, engine: &mut Engine, number: u64, bytes: &[u8]) -> Option<Report> {
        self.with(engine, |engine, stream| engine.feed_record(stream, number, bytes))
    }

    /// Makes the decoder hand over the events it holds back.
    pub(crate) fn settle(&mut self, engine: &mut Engine) -> Option<Report> {
        match self.phase {
            Phase::New(_) => Some(Report::default()),
            _ => self.with(engine, Engine::settle_stream),
        }
    }

    /// Makes the decoder hand over the events that got no record since the last call.
    pub(crate) fn settle_quiet(&mut self, engine: &mut Engine) -> Option<Report> {
        match self.phase {
            Phase::New(_) => Some(Report::default()),
            _ => self.with(engine, Engine::settle_quiet),
        }
    }

    /// Closes the stream; its last line needs no line break. `None` if it was closed before.
    pub(crate) fn close(&mut self, engine: &mut Engine) -> Option<Report> {
        let mut report = match self.phase {
            Phase::New(_) => Report::default(),
            _ => self.with(engine, Engine::close_stream)?,
        };
        let closed = report.feed.closed.take();
        report.judged = Some(closed.as_ref().map_or(Judged::Empty, |closed| closed.judged()));
        self.phase = Phase::Closed(closed);
        Some(report)
    }

    /// The report on the stream so far.
    pub(crate) fn report(&self, engine: &Engine) -> StreamReport {
        match &self.phase {
            Phase::New(_) => None,
            Phase::Open(stream) => engine.stream_report(*stream),
            Phase::Closed(report) => report.as_deref().cloned(),
        }
        .unwrap_or_default()
    }
}

impl Report {
    /// Adds the result of another call.
    pub(crate) fn take(&mut self, other: Self) {
        let Self { feed, judged } = other;
        self.feed.records += feed.records;
        self.feed.events += feed.events;
        self.feed.skipped += feed.skipped;
        self.feed.error_count += feed.error_count;
        self.feed.errors.extend(feed.errors);
        self.feed.errors.truncate(MAX_ERRORS);
        self.judged = judged.or(self.judged);
    }
}
