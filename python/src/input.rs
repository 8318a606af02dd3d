//! One stream of telemetry, opened when something comes.

use ipcsentry::decode::Format;
use ipcsentry::{Engine, FeedReport, Judged, StreamId, StreamOptions, StreamReport};

/// A stream, before, while and after it is open.
#[derive(Debug)]
pub(crate) struct Input {
    host: Vec<u8>,
    record_base: u64,
    file: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Nothing came yet.
    New(Option<Format>),
    Open(StreamId),
    /// What it came to; none where nothing came.
    Closed(Option<Box<StreamReport>>),
}

/// What became of a call.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) feed: FeedReport,
    /// Whether anything of the stream was judged so far.
    pub(crate) judged: Option<Judged>,
}

impl Input {
    /// A stream of this format, or of whatever its records are.
    pub(crate) const fn new(format: Option<Format>, host: Vec<u8>, record_base: u64, file: u32) -> Self {
        Self { host, record_base, file, phase: Phase::New(format) }
    }

    /// The open stream; `None` when it is closed.
    fn open(&mut self, engine: &mut Engine) -> Option<StreamId> {
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

    /// Takes a chunk, which may end anywhere. `None` when the stream is closed.
    pub(crate) fn feed(&mut self, engine: &mut Engine, chunk: &[u8]) -> Option<Report> {
        self.with(engine, |engine, stream| engine.feed_bytes(stream, chunk))
    }

    /// Takes one whole record with the number its container gives.
    pub(crate) fn record(&mut self, engine: &mut Engine, number: u64, bytes: &[u8]) -> Option<Report> {
        self.with(engine, |engine, stream| engine.feed_record(stream, number, bytes))
    }

    /// Hands over what the decoder holds back.
    pub(crate) fn settle(&mut self, engine: &mut Engine) -> Option<Report> {
        match self.phase {
            Phase::New(_) => Some(Report::default()),
            _ => self.with(engine, Engine::settle_stream),
        }
    }

    /// Hands over what the decoder holds back of events that have gone quiet.
    pub(crate) fn settle_quiet(&mut self, engine: &mut Engine) -> Option<Report> {
        match self.phase {
            Phase::New(_) => Some(Report::default()),
            _ => self.with(engine, Engine::settle_quiet),
        }
    }

    /// Ends the stream: its last line need not be terminated. `None` when it was closed before.
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

    /// What the stream came to so far.
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
    /// Adds what a further call came to.
    pub(crate) fn add(&mut self, other: Self) {
        let Self { feed, judged } = other;
        self.feed.records += feed.records;
        self.feed.events += feed.events;
        self.feed.skipped += feed.skipped;
        self.feed.error_count += feed.error_count;
        self.feed.errors.extend(feed.errors);
        self.judged = judged.or(self.judged);
    }
}
