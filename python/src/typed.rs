//! Typed events, which Python gives as JSON lines.

use ipcsentry::Engine;
use ipcsentry::event::{Event, EventError};
use pyo3::prelude::*;

use crate::errors;
use crate::report::FeedReport;

/// Most errors that are kept.
const MAX_ERRORS: usize = 1000;

/// A run of typed events, and what became of them.
pub(crate) struct Typed {
    host: Vec<u8>,
    file: u32,
    records: u64,
    events: u64,
    error_count: u64,
    errors: Vec<(u64, EventError)>,
}

impl Typed {
    pub(crate) const fn new(host: Vec<u8>, file: u32) -> Self {
        Self { host, file, records: 0, events: 0, error_count: 0, errors: Vec::new() }
    }

    /// Feeds one event a line.
    pub(crate) fn feed(&mut self, engine: &mut Engine, lines: &[u8]) {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let number = self.records;
            self.records += 1;
            // Whoever writes these lines writes JSON: they are objects.
            let json = serde_json::from_slice::<serde_json::Value>(line).unwrap_or_default();
            match Event::from_json(&json) {
                Ok(mut event) => {
                    if event.host.is_empty() {
                        event.host = &self.host;
                    }
                    if json.get("record").is_none() {
                        event.record = number;
                    }
                    if json.get("file").is_none() {
                        event.file = self.file;
                    }
                    engine.feed(&event);
                    self.events += 1;
                }
                Err(error) => {
                    self.error_count += 1;
                    if self.errors.len() < MAX_ERRORS {
                        self.errors.push((number, error));
                    }
                }
            }
        }
    }

    pub(crate) fn report(self, py: Python<'_>) -> PyResult<FeedReport> {
        let errors =
            self.errors.iter().map(|(number, error)| errors::event(py, *number, error).into_value(py).into_any());
        Ok(FeedReport {
            records: self.records,
            events: self.events,
            skipped: 0,
            error_count: self.error_count,
            errors: errors.collect(),
            judged: match (self.records, self.events) {
                (0, _) => "empty",
                (_, 0) => "nothing_decoded",
                _ => "yes",
            },
        })
    }
}
