//! Helpers shared by the integration tests of ipcsentry.

pub mod ablation;
pub mod attacks;
pub mod c;
pub mod c_api;
pub mod cycles;
pub mod document;
pub mod enrich;
pub mod evasion;
pub mod forms;
pub mod layouts;
pub mod life;
pub mod literals;
pub mod navigator;
pub mod profiles;
pub mod published;
pub mod recordings;
pub mod rerender;
pub mod rewrite;
pub mod ring;
pub mod rules;
pub mod samples;
pub mod schema;
pub mod score;
pub mod spent;
pub mod steps;
pub mod survive;
pub mod tables;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

use ipcsentry::decode::{DecodeError, Decoder, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use serde_json::Value;

/// The output of a decoder for a stream, with events as JSON.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The events in order.
    pub events: Vec<Value>,
    /// Skipped records and why.
    pub skipped: Vec<(u64, Skip)>,
    /// Errors.
    pub errors: Vec<DecodeError>,
}

impl Sink for Decoded {
    fn event(&mut self, event: &Event<'_>) {
        self.events.push(event.to_json());
    }
    fn skipped(&mut self, record: u64, why: Skip) {
        self.skipped.push((record, why));
    }
    fn error(&mut self, error: DecodeError) {
        self.errors.push(error);
    }
}

/// Decodes whole lines, as the engine passes them to a decoder.
pub fn decode_lines<'a>(format: Format, lines: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder: Box<dyn Decoder> = format.decoder();
    let mut decoded = Decoded::default();
    let mut offset = 0;
    for (number, bytes) in lines.into_iter().enumerate() {
        decoder.record(Record { bytes, number: number as u64, offset }, &mut decoded);
        offset += bytes.len() as u64 + 1;
    }
    decoder.finish(&mut decoded);
    decoded
}

/// The format by the name of its variant (`EvtxJson`), as in case files.
pub fn format_named(name: &str) -> Option<Format> {
    Format::ALL.iter().map(|(_, format)| *format).find(|f| format!("{f:?}") == name)
}

/// Checks that `actual` contains every member of `expected` (objects recursively, other values exactly). The error has
/// the path of the first difference.
pub fn contains(actual: &Value, expected: &Value, path: &str) -> Result<(), String> {
    match (actual, expected) {
        (Value::Object(have), Value::Object(want)) => want.iter().try_for_each(|(key, value)| {
            contains(have.get(key).unwrap_or(&Value::Null), value, &format!("{path}.{key}"))
        }),
        _ if actual == expected => Ok(()),
        _ => Err(format!("{path}: expected {expected}, found {actual}")),
    }
}
