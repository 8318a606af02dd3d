//! osquery result log: differential and snapshot lines of the event tables, with columns as osquery's schema documents
//! them; `launchd` is read as well.
//!
//! A line carries the name its operator gave the query, not the table: rows are told by their columns. `process_events`
//! is a table of macOS and of Linux alike: a row of it without any column of Linux alone (`syscall` …) is taken for
//! macOS unless the stream has had one with it. Values are
//! strings or, with `numerics`, numbers. What is logged about the line may stand before or behind the rows, so the
//! line is read twice: first for itself, then row by row.

mod linux;
mod macos;
mod row;

use self::row::{Row, seconds};
use super::json::{JsonError, Reader, Scratch, Span, Value};
use super::macos::message::Messages;
use super::members::{faulty, malformed, members, text};
use super::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::event::Kind;
use crate::time::Timestamp;

/// Decoder of osquery result lines.
#[derive(Debug, Default)]
pub(super) struct Osquery {
    scratch: Scratch,
    messages: Messages,
    /// A row that only Linux has was seen.
    is_of_linux: bool,
}

impl Decoder for Osquery {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.bytes.trim_ascii().is_empty() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.scratch.start(record.bytes);
        let line = match Line::read(record.bytes, &mut self.scratch) {
            Ok(line) => line,
            Err(fault) => return sink.error(malformed(&record, fault)),
        };
        if self.scratch.get(record.bytes, line.action) == Some(b"removed") {
            return sink.skipped(record.number, Skip::NotOfInterest);
        }
        let Some(rows) = line.rows else {
            return sink.error(faulty(&record, DecodeErrorKind::Missing, "columns"));
        };
        match self.rows(&line, rows, &record, sink) {
            Ok(Outcome::Events) => {}
            Ok(Outcome::Nothing(why)) => sink.skipped(record.number, why),
            Ok(Outcome::NoTime) => sink.error(faulty(&record, DecodeErrorKind::Missing, "unixTime")),
            Err(fault) => sink.error(malformed(&record, fault)),
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.messages.finish(sink);
    }

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.messages.held_bytes()
    }
}

/// What the rows of a line came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Events,
    Nothing(Skip),
    NoTime,
}

impl Osquery {
    /// Hands over the events of the rows that begin at byte `at`: one object, or an array of them.
    fn rows(&mut self, line: &Line, at: usize, record: &Record<'_>, sink: &mut dyn Sink) -> Result<Outcome, JsonError> {
        let mut reader = Reader::new(record.bytes.get(at..).unwrap_or_default());
        let many = match reader.value()? {
            Value::Array => true,
            Value::Object => false,
            _ => return Ok(Outcome::Nothing(Skip::NotOfInterest)),
        };
        let mut outcome = Outcome::Nothing(Skip::NotOfInterest);
        while !many || matches!(reader.next_element()?, Some(Value::Object)) {
            let row = Row::read(&mut reader, &mut self.scratch)?;
            self.is_of_linux |= row.is_of_linux();
            if self.is_of_linux && !row.is_of_macos() {
                match row.linux(line, record, &self.scratch) {
                    Ok(event) => {
                        sink.event(&event);
                        outcome = Outcome::Events;
                    }
                    Err(why) if outcome == Outcome::Nothing(Skip::NotOfInterest) => outcome = why,
                    Err(_) => {}
                }
            } else if let Some(entry) = row.entry(line, record, &self.scratch) {
                // It says itself what became of it.
                self.messages.entry(&entry, sink);
                outcome = Outcome::Events;
            } else if let Some(kind) = row.kind(record.bytes, &self.scratch) {
                match row.time.or(line.time) {
                    Some(time) => {
                        let mut event = row.event(time, kind, line, record, &self.scratch);
                        sink.event(&event);
                        if matches!(event.kind, Kind::ProcessStart(_)) {
                            let text = |span| self.scratch.get(record.bytes, span);
                            row.environment.tell(&mut event, text, sink);
                        }
                        outcome = Outcome::Events;
                    }
                    None if matches!(outcome, Outcome::Nothing(_)) => outcome = Outcome::NoTime,
                    None => {}
                }
            }
            if !many {
                break;
            }
        }
        Ok(outcome)
    }
}

/// What a line says besides its rows.
#[derive(Default)]
struct Line {
    time: Option<Timestamp>,
    host: Span,
    action: Span,
    /// Where its rows begin.
    rows: Option<usize>,
}

impl Line {
    fn read(bytes: &[u8], scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut line = Self::default();
        let mut reader = Reader::new(bytes);
        let is_object = members(&mut reader, |reader, key| line.member(reader, key, scratch))?;
        if is_object && reader.at_end() {
            Ok(line)
        } else {
            Err(JsonError { offset: reader.offset(), too_deep: false })
        }
    }

    fn member(&mut self, reader: &mut Reader<'_>, key: &[u8], scratch: &mut Scratch) -> Result<(), JsonError> {
        match key {
            b"unixTime" => self.time = seconds(reader)?,
            b"hostIdentifier" => self.host = text(reader, scratch)?,
            b"action" => self.action = text(reader, scratch)?,
            b"columns" | b"snapshot" | b"added" => {
                self.rows = Some(reader.offset());
                reader.skip()?;
            }
            // The batch form: added and removed rows in one line.
            b"diffResults" => {
                members(reader, |reader, key| self.member(reader, key, scratch))?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    }
}
