//! Typed events: JSON lines of objects from Python, and rows of data frames.

use ipcsentry::Engine;
use ipcsentry::event::{Columns, Event, EventError};
use pyo3::prelude::*;

use crate::cells::Cells;
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
            // Whoever writes these lines writes JSON: they are objects.
            let json = serde_json::from_slice::<serde_json::Value>(line).unwrap_or_default();
            let has = |name: &str| json.get(name).is_some();
            self.take(engine, Event::from_json(&json), has("record"), has("file"));
        }
    }

    /// Feeds the events of rows.
    pub(crate) fn feed_rows(
        &mut self,
        engine: &mut Engine,
        columns: &Columns,
        cells: &Cells<'_>,
        rows: std::ops::Range<usize>,
    ) {
        for row in rows {
            let event = Event::from_row(columns, |column| cells.cell(column, row));
            self.take(engine, event, cells.has_record(row), cells.has_file(row));
        }
    }

    fn take(&mut self, engine: &mut Engine, event: Result<Event<'_>, EventError>, has_record: bool, has_file: bool) {
        let number = self.records;
        self.records += 1;
        match event {
            Ok(mut event) => {
                if event.host.is_empty() {
                    event.host = &self.host;
                }
                if !has_record {
                    event.record = number;
                }
                if !has_file {
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
