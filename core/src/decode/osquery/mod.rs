//! osquery result log: differential and snapshot lines of the event tables, with the columns of osquery's schema
//! documentation, and the `launchd` table.
//!
//! A line holds the operator's name for the query, not the table, so the columns identify the table of a row.
//! `process_events` exists on macOS and on Linux: the columns or the paths of a row tell which. A row that may be of both
//! counts as macOS unless the stream has had a row of Linux. Values are strings or, with `numerics`, numbers. The line's other members
//! may precede or follow the rows, so each line is read twice: first for these members, then row by row.

mod linux;
mod macos;
mod row;

use self::row::{Row, seconds};
use super::json::{JsonError, Reader, Scratch, Span, Value};
use super::macos::message::Messages;
use super::members::{faulty, malformed, members, text};
use super::watch::without_fault;
use super::writing::Writing;
use super::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::event::Os;
use crate::time::Timestamp;
use crate::util::saved::restored;

/// Decodes osquery result lines.
#[derive(Debug, Default)]
pub(super) struct Osquery {
    scratch: Scratch,
    messages: Messages,
    /// The stream has had a row that exists only on Linux.
    is_of_linux: bool,
}

impl Decoder for Osquery {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.bytes.trim_ascii().is_empty() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.read(&record, Writing::PLAIN, sink);
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        without_fault(sink, |sink| self.read(&record, Writing::within(room), sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.messages.finish(sink);
    }

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.messages.held_bytes()
    }
}

impl Osquery {
    fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        self.scratch.start(record.bytes);
        let line = match Line::read(writing.reader(record.bytes), &mut self.scratch) {
            Ok(line) => line,
            Err(fault) => return sink.error(malformed(record, fault)),
        };
        if self.scratch.get(record.bytes, line.action) == Some(b"removed") {
            return sink.skipped(record.number, Skip::NotOfInterest);
        }
        let Some(rows) = line.rows else {
            return sink.error(faulty(record, DecodeErrorKind::Missing, "columns"));
        };
        match self.rows(&line, rows, record, writing, sink) {
            Ok(Outcome::Events) => {}
            Ok(Outcome::Nothing(why)) => sink.skipped(record.number, why),
            Ok(Outcome::NoTime) => sink.error(faulty(record, DecodeErrorKind::Missing, "unixTime")),
            Err(fault) => sink.error(malformed(record, fault)),
        }
    }
}

/// The result of a line's rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Events,
    Nothing(Skip),
    NoTime,
}

impl Osquery {
    /// Passes on the events of the rows that begin at byte `at`: one object, or an array of objects.
    fn rows(
        &mut self,
        line: &Line,
        at: usize,
        record: &Record<'_>,
        mut writing: Writing<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, JsonError> {
        let is_plain = writing.is_plain();
        let mut reader = writing.reader(record.bytes.get(at..).unwrap_or_default());
        let many = match reader.value()? {
            // An error in a later row would come after events.
            Value::Array if !is_plain => return Err(JsonError { offset: at, too_deep: false }),
            Value::Array => true,
            Value::Object => false,
            _ => return Ok(Outcome::Nothing(Skip::NotOfInterest)),
        };
        let mut outcome = Outcome::Nothing(Skip::NotOfInterest);
        while !many || matches!(reader.next_element()?, Some(Value::Object)) {
            let row = Row::read(&mut reader, &mut self.scratch)?;
            let of_path = row.system_of_paths(|span| self.scratch.get(record.bytes, span));
            self.is_of_linux |= row.is_of_linux() || of_path == Some(Os::Linux) && !row.is_of_macos();
            if self.is_of_linux && !row.is_of_macos() && of_path != Some(Os::Macos) {
                match row.linux(line, record, &self.scratch) {
                    Ok(event) => {
                        sink.event(&event);
                        outcome = Outcome::Events;
                    }
                    Err(why) if outcome == Outcome::Nothing(Skip::NotOfInterest) => outcome = why,
                    Err(_) => {}
                }
            } else if let Some(entry) = row.entry(line, record, &self.scratch) {
                // `entry` itself reports events and skips to the sink.
                self.messages.entry(&entry, sink);
                outcome = Outcome::Events;
            } else if let Some(kind) = row.kind(record.bytes, &self.scratch) {
                match row.time.or(line.time) {
                    Some(time) => {
                        let mut event = row.event(time, kind, line, record, &self.scratch);
                        row.environment.report(&mut event, |span| self.scratch.get(record.bytes, span), sink);
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

/// The members of a line besides its rows.
#[derive(Default)]
struct Line {
    time: Option<Timestamp>,
    host: Span,
    action: Span,
    /// The offset of the rows.
    rows: Option<usize>,
}

impl Line {
    fn read(mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut line = Self::default();
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

restored!(Osquery { messages, is_of_linux } else { scratch });
