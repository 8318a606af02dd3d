//! Bodies of the fuzz targets. Each takes arbitrary bytes and panics only if the library breaks a guarantee.
//!
//! They run on stable Rust: `cargo test -p ipcsentry-fuzz` replays `corpus/` and `regressions/` and feeds random bytes;
//! the program `soak` goes on for as long as it is told to. `fuzz/libfuzzer` runs them with cargo-fuzz.

mod acts;
mod snapshots;

pub use acts::{events, streams};
pub use snapshots::snapshot;

use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions, Timestamp};

/// The body of a target: takes arbitrary bytes and panics on a finding.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("decode", decode),
    ("stream", stream),
    ("detect", detect),
    ("policy", policy),
    ("catalog", catalog),
    ("timestamp", timestamp),
    ("snapshot", snapshot),
    ("events", events),
    ("streams", streams),
];

const FORMATS: &[Format] = &[
    Format::EvtxJson,
    Format::WindowsFlatJson,
    Format::MaxPatrolJson,
    Format::Auditd,
    Format::LaurelJson,
    Format::EsloggerJson,
    Format::UnifiedLogJson,
    Format::UnifiedLogText,
    Format::OsqueryJson,
    Format::EcsJson,
    Format::WindowsXml,
    Format::JamfJson,
    Format::TetragonJson,
    Format::KunaiJson,
    Format::FalcoJson,
    Format::SantaJson,
    Format::SantaLog,
    Format::WindowsText,
    Format::SentinelJson,
    Format::DefenderJson,
    Format::VelociraptorJson,
    Format::EvtxEcmdJson,
    Format::GetWinEventJson,
    Format::ChainsawJson,
    Format::HayabusaJson,
    Format::OcsfJson,
    Format::Csv,
    Format::AuomsJson,
];

/// Most bytes that a decoder may hold between records.
const HELD: usize = 4 << 20;

/// The first byte selects the format, the rest are lines. No decoder panics, each holds a bounded number of bytes, and
/// gives the same result twice.
pub fn decode(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let format = FORMATS[*first as usize % FORMATS.len()];
    let run = || {
        let mut decoder = format.decoder();
        let mut seen = Seen::default();
        for (number, line) in text.split(|&b| b == b'\n').enumerate() {
            decoder.record(Record { bytes: line, number: number as u64, offset: 0 }, &mut seen);
        }
        assert!(decoder.held_bytes() <= HELD, "{format:?} holds {} bytes", decoder.held_bytes());
        decoder.finish(&mut seen);
        seen
    };
    assert_eq!(run(), run());
}

/// The first byte selects the format or its recognition, the second where the stream is cut. Alerts and counters do not
/// depend on the cut, and the engine stays within its memory limit.
pub fn stream(data: &[u8]) {
    let [first, second, text @ ..] = data else { return };
    let format = FORMATS.get(*first as usize % (FORMATS.len() + 1));
    let cut = text.len() * usize::from(*second) / 256;
    let run = |parts: [&[u8]; 2]| {
        let mut limits = Limits::default();
        limits.bytes = 4 << 20;
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits.clone());
        let stream = engine.open_stream(format.map_or_else(StreamOptions::recognize, |f| StreamOptions::new(*f)));
        for part in parts {
            engine.feed_bytes(stream, part);
        }
        engine.close_stream(stream);
        engine.flush();
        let alerts: Vec<String> = std::iter::from_fn(|| engine.poll_alert()).map(|a| a.to_json()).collect();
        let stats = engine.stats();
        assert!(stats.bytes <= limits.bytes as u64, "{} bytes", stats.bytes);
        (alerts, stats.records, stats.events, stats.skipped, stats.decode_errors)
    };
    assert_eq!(run([text, b""]), run(text.split_at(cut).into()));
}

/// Limits as tight as they may be.
fn small(lateness: i64) -> Limits {
    let mut limits = Limits::default();
    (limits.bytes, limits.lateness) = (Limits::MIN_BYTES, lateness);
    limits
}

/// The snapshot of an engine.
fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    bytes
}

/// Recognizing a format never panics, and every recognized format has a decoder.
pub fn detect(data: &[u8]) {
    if let Some(format) = Format::detect(data) {
        let _ = format.decoder();
    }
}

/// A policy that loads is the same after writing and reading it; any other text is an error with a place.
pub fn policy(data: &[u8]) {
    match Policy::from_json(data) {
        Ok(policy) => assert_eq!(Policy::from_json(policy.to_json().to_string().as_bytes()), Ok(policy)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A catalog loads, or the error has a place.
pub fn catalog(data: &[u8]) {
    if let Err(error) = Catalog::from_json(data) {
        assert!(!error.what.is_empty());
    }
}

/// A time that is read is the same after printing and reading it.
pub fn timestamp(data: &[u8]) {
    if let Some(time) = Timestamp::parse(data) {
        assert_eq!(Timestamp::parse(time.to_string().as_bytes()), Some(time));
    }
    let _ = Timestamp::parse_unix(data);
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    events: Vec<String>,
    skipped: Vec<(u64, Skip)>,
    errors: Vec<DecodeError>,
}

impl Sink for Seen {
    fn event(&mut self, event: &Event<'_>) {
        self.events.push(event.to_json().to_string());
    }
    fn skipped(&mut self, record: u64, why: Skip) {
        self.skipped.push((record, why));
    }
    fn error(&mut self, error: DecodeError) {
        self.errors.push(error);
    }
}
