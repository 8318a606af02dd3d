//! osquery result log: differential and snapshot lines of `process_events`, `es_process_events`,
//! `es_process_file_events`, `unified_log` and `launchd` (columns as osquery's schema documents them).
//!
//! A line carries the name its operator gave the query, not the table: rows are told by their columns. Values are
//! strings or, with `numerics`, numbers. What is logged about the line may stand before or behind the rows, so the
//! line is read twice: first for itself, then row by row.

use super::fields::{assigned, faulty, malformed, members, name_launchd, number, text, until};
use super::message::{Entry, Messages};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::event::{
    Channel, Event, FileAccess, FileOperation, Kind, LaunchItemAdd, NativeId, Os, ProcessEnd, ProcessRef, ProcessStart,
    Signing, StartMethod,
};
use crate::time::Timestamp;

/// Decoder of osquery result lines.
#[derive(Debug, Default)]
pub(super) struct Osquery {
    scratch: Scratch,
    messages: Messages,
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
            Ok(Outcome::NoRows) => sink.skipped(record.number, Skip::NotOfInterest),
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
    NoRows,
    NoTime,
}

impl Osquery {
    /// Hands over the events of the rows that begin at byte `at`: one object, or an array of them.
    fn rows(&mut self, line: &Line, at: usize, record: &Record<'_>, sink: &mut dyn Sink) -> Result<Outcome, JsonError> {
        let mut reader = Reader::new(record.bytes.get(at..).unwrap_or_default());
        let many = match reader.value()? {
            Value::Array => true,
            Value::Object => false,
            _ => return Ok(Outcome::NoRows),
        };
        let mut outcome = Outcome::NoRows;
        while !many || matches!(reader.next_element()?, Some(Value::Object)) {
            let row = Row::read(&mut reader, &mut self.scratch)?;
            if let Some(entry) = row.entry(line, record, &self.scratch) {
                // It says itself what became of it.
                self.messages.entry(&entry, sink);
                outcome = Outcome::Events;
            } else if let Some(kind) = row.kind(record.bytes, &self.scratch) {
                match row.time.or(line.time) {
                    Some(time) => {
                        sink.event(&row.event(time, kind, line, record, &self.scratch));
                        outcome = Outcome::Events;
                    }
                    None if outcome == Outcome::NoRows => outcome = Outcome::NoTime,
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

/// Seconds since the epoch, a number or in quotes.
fn seconds(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, JsonError> {
    Ok(number::<i64>(reader)?.map(|seconds| Timestamp::from_unix(seconds, 0)))
}

/// Columns that `processes` has and no event table: a row with one of them is an inventory, not an event.
const INVENTORY: &[&[u8]] = &[b"name", b"state", b"start_time", b"resident_size", b"on_disk"];

/// The columns of one row.
#[derive(Default)]
struct Row {
    event_type: Span,
    time: Option<Timestamp>,
    pid: Option<u32>,
    child_pid: Option<u32>,
    parent: Option<u32>,
    original_parent: Option<u32>,
    path: Span,
    command_line: Span,
    argument_count: Option<u32>,
    folder: Span,
    user: Span,
    uid: Option<u32>,
    euid: Option<u32>,
    auid: Option<u32>,
    team_id: Span,
    signing_id: Span,
    platform: Option<u32>,
    flags: Span,
    file: Span,
    new_file: Span,
    label: Span,
    program: Span,
    arguments: Span,
    message: Span,
    process: Span,
    subsystem: Span,
    exit_code: Option<i32>,
    number: Option<u64>,
    is_inventory: bool,
}

impl Row {
    /// Reads the members of an object whose opening brace was read.
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut row = Self::default();
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"event_type" => row.event_type = text(reader, scratch)?,
                b"time" | b"timestamp" => row.time = seconds(reader)?,
                b"pid" => row.pid = number(reader)?,
                b"child_pid" => row.child_pid = number(reader)?,
                b"parent" => row.parent = number(reader)?,
                b"original_parent" => row.original_parent = number(reader)?,
                b"path" => row.path = text(reader, scratch)?,
                b"cmdline" => row.command_line = text(reader, scratch)?,
                b"cmdline_count" => row.argument_count = number(reader)?,
                b"cwd" => row.folder = text(reader, scratch)?,
                b"username" => row.user = text(reader, scratch)?,
                b"uid" => row.uid = number(reader)?,
                b"euid" => row.euid = number(reader)?,
                b"auid" => row.auid = assigned(number(reader)?),
                b"team_id" => row.team_id = text(reader, scratch)?,
                b"signing_id" => row.signing_id = text(reader, scratch)?,
                b"platform_binary" => row.platform = number(reader)?,
                b"codesigning_flags" => row.flags = text(reader, scratch)?,
                b"filename" => row.file = text(reader, scratch)?,
                b"dest_filename" => row.new_file = text(reader, scratch)?,
                b"label" => row.label = text(reader, scratch)?,
                b"program" => row.program = text(reader, scratch)?,
                b"program_arguments" => row.arguments = text(reader, scratch)?,
                b"message" => row.message = text(reader, scratch)?,
                b"process" => row.process = text(reader, scratch)?,
                b"subsystem" => row.subsystem = text(reader, scratch)?,
                b"exit_code" => row.exit_code = number(reader)?,
                b"global_seq_num" => row.number = number(reader)?,
                column => {
                    row.is_inventory |= INVENTORY.contains(&column);
                    reader.skip()?;
                }
            }
        }
        Ok(row)
    }

    /// An entry of the unified log.
    fn entry<'a>(&self, line: &Line, record: &Record<'a>, scratch: &'a Scratch) -> Option<Entry<'a>> {
        let stated = |span| scratch.get(record.bytes, span);
        Some(Entry {
            time: self.time.or(line.time)?,
            record: record.number,
            pid: self.pid,
            process: stated(self.process),
            uid: None,
            subsystem: stated(self.subsystem)?,
            message: stated(self.message)?,
        })
    }

    /// What the row tells of, if it is of an event table or of a job of launchd.
    fn kind<'a>(&self, line: &'a [u8], scratch: &'a Scratch) -> Option<Kind<'a>> {
        let stated = |span| scratch.get(line, span).filter(|text| !text.is_empty());
        if let Some(label) = stated(self.label) {
            let program = stated(self.program).or(stated(self.arguments).map(|line| until(line, b" ")));
            return program.map(|program| {
                Kind::LaunchItemAdd(LaunchItemAdd { label: Some(label), program: Some(program), ..Default::default() })
            });
        }
        let started = |method| Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() });
        self.pid?;
        let file = |path, operation| {
            Some(Kind::FileAccess(FileAccess { path: Some(stated(path)?), operation, ..FileAccess::default() }))
        };
        match scratch.get(line, self.event_type) {
            Some(b"create") => file(self.file, FileOperation::Create),
            Some(b"rename") => file(self.new_file, FileOperation::Create),
            Some(b"write" | b"truncate") => file(self.file, FileOperation::Write),
            Some(b"open") => file(self.file, FileOperation::Open),
            Some(b"unlink") => file(self.file, FileOperation::Delete),
            Some(b"exec") => Some(started(StartMethod::Exec)),
            Some(b"fork") => self.child_pid.map(|_| started(StartMethod::Fork)),
            Some(b"exit") => Some(Kind::ProcessEnd(ProcessEnd { exit_code: self.exit_code, ..ProcessEnd::default() })),
            Some(_) => None,
            None => (self.path.is_some() && self.command_line.is_some() && !self.is_inventory)
                .then(|| started(StartMethod::Exec)),
        }
    }

    fn event<'a>(
        &self,
        time: Timestamp,
        kind: Kind<'a>,
        line: &Line,
        record: &Record<'a>,
        scratch: &'a Scratch,
    ) -> Event<'a> {
        let stated = |span| scratch.get(record.bytes, span).filter(|text| !text.is_empty());
        let is_fork = matches!(kind, Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, .. }));
        let mut event = Event::new(Os::MacOs, time, kind);
        event.record = record.number;
        event.host = stated(line.host).unwrap_or_default();
        event.source.channel = Channel::Osquery;
        event.source.name = stated(self.event_type);
        // The clock counts whole seconds: the number puts what happened within one into order.
        event.source.id = self.number.map_or(NativeId::None, NativeId::Number);
        // Of a fork the row describes the parent. launchd adopts orphans: what counts is who gave birth to them.
        (event.actor.pid, event.parent.pid) =
            if is_fork { (self.child_pid, self.pid) } else { (self.pid, self.original_parent.or(self.parent)) };
        name_launchd(&mut event.parent);
        // The row of a job has no actor: its path is the job's definition.
        if self.pid.is_none() {
            return event;
        }
        event.actor = ProcessRef {
            image: stated(self.path),
            command_line: stated(self.command_line),
            argument_count: self.argument_count,
            working_folder: stated(self.folder),
            user: stated(self.user),
            uid: self.euid.or(self.uid),
            auid: self.auid,
            signing: self.signing(stated(self.team_id), stated(self.signing_id), stated(self.flags)),
            signer: stated(self.team_id).or(stated(self.signing_id)),
            ..event.actor
        };
        event
    }

    /// `None` where the row has none of the columns that tell.
    fn signing(&self, team: Option<&[u8]>, signing_id: Option<&[u8]>, flags: Option<&[u8]>) -> Option<Signing> {
        if self.platform.is_none() && !self.signing_id.is_some() && !self.team_id.is_some() {
            return None;
        }
        let flagged =
            |flag: &[u8]| flags.is_some_and(|flags| flags.split(|&b| b == b',').any(|f| f.trim_ascii() == flag));
        Some(if flagged(b"NOT_VALID") {
            Signing::Unsigned
        } else if self.platform == Some(1) {
            Signing::Platform
        } else if team.is_some() {
            Signing::Signed
        } else if signing_id.is_some() || flagged(b"ADHOC") {
            Signing::AdHoc
        } else {
            Signing::Unsigned
        })
    }
}
