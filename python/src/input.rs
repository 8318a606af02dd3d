//! One stream of telemetry whose format need not be told.

use ipcsentry::decode::Format;
use ipcsentry::{Engine, FeedReport, StreamId, StreamOptions};

/// Bytes by which a format is recognized.
const HEAD: usize = 65536;

/// A stream that opens as soon as its format is known.
#[derive(Debug)]
pub(crate) struct Input {
    host: Vec<u8>,
    record_base: u64,
    file: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// What came so far was not enough to tell the format.
    Unknown(Vec<u8>),
    Open(StreamId),
    /// Of no known format: what comes is dropped.
    Foreign,
    Closed,
}

/// What became of a call.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) feed: FeedReport,
    /// The format turned out to be none that is known.
    pub(crate) foreign: bool,
}

impl Input {
    pub(crate) const fn new(host: Vec<u8>, record_base: u64, file: u32) -> Self {
        Self { host, record_base, file, phase: Phase::Unknown(Vec::new()) }
    }

    pub(crate) fn open(&mut self, engine: &mut Engine, format: Format) -> StreamId {
        let mut options = StreamOptions::new(format);
        options.host = self.host.clone();
        options.record_base = self.record_base;
        options.file = self.file;
        let stream = engine.open_stream(options);
        self.phase = Phase::Open(stream);
        stream
    }

    /// Takes a chunk, which may end inside a record. `None` when the stream is closed.
    pub(crate) fn feed(&mut self, engine: &mut Engine, chunk: &[u8]) -> Option<Report> {
        match &mut self.phase {
            Phase::Open(stream) => Some(engine.feed_bytes(*stream, chunk).into()),
            Phase::Foreign => Some(Report::default()),
            Phase::Closed => None,
            Phase::Unknown(head) => {
                head.extend_from_slice(chunk);
                // A line must be whole: half a one may look like another format.
                let enough = head.len() >= HEAD || head.contains(&b'\n');
                Some(if enough { self.recognize(engine, false) } else { Report::default() })
            }
        }
    }

    /// Takes one whole record with the number its container gives.
    pub(crate) fn record(&mut self, engine: &mut Engine, number: u64, bytes: &[u8]) -> Option<Report> {
        let stream = match self.phase {
            Phase::Open(stream) => stream,
            Phase::Foreign => return Some(Report::default()),
            Phase::Closed => return None,
            Phase::Unknown(_) => match Format::detect(bytes) {
                Some(format) => self.open(engine, format),
                None => return Some(self.give_up()),
            },
        };
        Some(engine.feed_record(stream, number, bytes).into())
    }

    /// Hands over what the decoder holds back.
    pub(crate) fn settle(&mut self, engine: &mut Engine) -> Option<Report> {
        let mut report = match self.phase {
            Phase::Unknown(_) => self.recognize(engine, true),
            Phase::Closed => return None,
            _ => Report::default(),
        };
        if let Phase::Open(stream) = self.phase {
            report.add(engine.settle_stream(stream));
        }
        Some(report)
    }

    /// Ends the stream: its last line need not be terminated.
    pub(crate) fn close(&mut self, engine: &mut Engine) -> Option<Report> {
        let mut report = match self.phase {
            Phase::Unknown(_) => self.recognize(engine, true),
            Phase::Closed => return None,
            _ => Report::default(),
        };
        if let Phase::Open(stream) = self.phase {
            report.add(engine.close_stream(stream));
        }
        self.phase = Phase::Closed;
        Some(report)
    }

    /// Opens the stream if what came so far tells its format; gives up when it should have (`last`, or a whole head).
    fn recognize(&mut self, engine: &mut Engine, last: bool) -> Report {
        let Phase::Unknown(head) = &mut self.phase else { return Report::default() };
        let head = core::mem::take(head);
        match Format::detect(&head[..head.len().min(HEAD)]) {
            Some(format) => {
                let stream = self.open(engine, format);
                engine.feed_bytes(stream, &head).into()
            }
            None if head.len() >= HEAD || (last && !head.is_empty()) => self.give_up(),
            None => {
                self.phase = Phase::Unknown(head);
                Report::default()
            }
        }
    }

    fn give_up(&mut self) -> Report {
        self.phase = Phase::Foreign;
        Report { feed: FeedReport::default(), foreign: true }
    }
}

impl From<FeedReport> for Report {
    fn from(feed: FeedReport) -> Self {
        Self { feed, foreign: false }
    }
}

impl Report {
    /// Adds what a further call came to.
    pub(crate) fn add(&mut self, other: impl Into<Self>) {
        let Self { feed, foreign } = other.into();
        self.feed.records += feed.records;
        self.feed.events += feed.events;
        self.feed.skipped += feed.skipped;
        self.feed.error_count += feed.error_count;
        self.feed.errors.extend(feed.errors);
        self.foreign |= foreign;
    }
}
