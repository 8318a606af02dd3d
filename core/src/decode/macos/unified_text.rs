//! `log show` and `log stream`, default style: one entry per line, followed by the further lines of its message.
//!
//! `TIMESTAMP THREAD TYPE ACTIVITY PID [TTL] process: (sender) [subsystem:category] message`
//!
//! Entries copied from Console.app may be among them ([`console`]). Two more styles differ only in the header (log(1)):
//! compact, `TIMESTAMP TY process[PID:TID] (sender) [subsystem:category] message`, with at most milliseconds and no
//! time zone, and syslog, `TIMESTAMP HOST process[PID]: …`.

use alloc::vec::Vec;
use core::ops::Range;

use super::aemonitor;
use super::console::{self, Copied};
use super::fields::{faulty, parse, until};
use super::log_entry::LogEntry;
use super::message::{Messages, is_of_interest};
use crate::decode::watch::Again;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::time::Timestamp;
use crate::util::saved::{restored, saved};

/// The maximum number of bytes kept of one entry. The log itself cuts messages at half of that.
const MAX_ENTRY: usize = 64 * 1024;

/// Beginnings of lines that are not entries: the column header, the filter notice and the final summary.
const FRAMING: &[&[u8]] = &[b"Timestamp ", FILTER_NOTICE, b"--------------------", b"Log      - Default:"];

const FILTER_NOTICE: &[u8] = b"Filtering the log data using ";

/// Whether a line is the notice that `log` prints first when it was given a predicate.
pub(super) fn is_filter_notice(line: &[u8]) -> bool {
    line.starts_with(FILTER_NOTICE)
}

/// Whether a stream that begins with this line has this style.
pub(super) fn detect(line: &[u8]) -> bool {
    let has = |word: &[u8]| line.windows(word.len()).any(|w| w == word);
    let is_column_header =
        line.starts_with(b"Timestamp ") && (has(b" Thread ") || has(b"[PID:TID]") || has(b"process[PID]"));
    is_column_header
        || matches!(Header::parse(line), Ok(Some(_)))
        || begins_with_time(line) && aemonitor::read(line, 0).is_some()
        || console::read(line).is_some()
}

/// Decodes this style. An entry is read when the next one begins, because more lines of it may follow.
#[derive(Debug, Default)]
pub(super) struct UnifiedText {
    open: Option<Open>,
    lines: Vec<u8>,
    messages: Messages,
}

/// The entry whose lines are being collected; `header` is `None` when it is irrelevant.
#[derive(Debug)]
struct Open {
    record: u64,
    header: Option<Header>,
    /// The entry was reported with its earlier lines.
    is_reported: bool,
    /// Lines arrived after the last report.
    has_news: bool,
    /// Lines arrived after the last call of `settle`.
    is_fresh: bool,
}

impl Decoder for UnifiedText {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = record.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(record.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            sink.skipped(record.number, Skip::Blank);
        } else if FRAMING.iter().any(|beginning| line.starts_with(beginning)) {
            self.close(sink);
            sink.skipped(record.number, Skip::Framing);
        } else if begins_entry(line) {
            self.close(sink);
            self.begin(line, &record, sink);
        } else if let Some(open) = &mut self.open {
            let fits = self.lines.len() + line.len() < MAX_ENTRY;
            if open.header.is_some() && fits {
                self.lines.push(b'\n');
                self.lines.extend_from_slice(line);
                (open.has_news, open.is_fresh) = (true, true);
            }
        } else {
            // A message without its entry has no time.
            sink.skipped(record.number, Skip::Incomplete);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.report(sink);
        self.messages.finish(sink);
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        let is_fresh = self.open.as_mut().is_some_and(|open| core::mem::take(&mut open.is_fresh));
        if !is_fresh {
            self.report(sink);
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let open = self.open.as_ref().filter(|open| open.has_news)?;
        open.header.as_ref().map(|header| header.time)
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        self.open.is_some() && !begins_entry(line) && !FRAMING.iter().any(|beginning| line.starts_with(beginning))
    }

    fn held_bytes(&self) -> usize {
        self.lines.capacity() + self.messages.held_bytes()
    }
}

impl UnifiedText {
    fn begin(&mut self, line: &[u8], record: &Record<'_>, sink: &mut dyn Sink) {
        let header = match Header::parse(line) {
            Ok(Some(header)) if is_of_interest(header.subsystem(line), &line[header.process.clone()]) => {
                self.lines.clear();
                self.lines.extend_from_slice(&line[..line.len().min(MAX_ENTRY)]);
                Some(header)
            }
            Ok(Some(_)) => {
                sink.skipped(record.number, Skip::NotOfInterest);
                None
            }
            Ok(None) => {
                sink.skipped(record.number, Skip::Framing);
                None
            }
            Err((kind, field)) => {
                match aemonitor::read(line, record.number) {
                    Some(Some(event)) => sink.event(&event),
                    Some(None) => sink.skipped(record.number, Skip::NotOfInterest),
                    None => sink.error(faulty(record, kind, field)),
                }
                None
            }
        };
        let has_news = header.is_some();
        self.open = Some(Open { record: record.number, header, is_reported: false, has_news, is_fresh: true });
    }

    fn close(&mut self, sink: &mut dyn Sink) {
        self.report(sink);
        self.open = None;
    }

    /// Reports the open entry with its present lines.
    fn report(&mut self, sink: &mut dyn Sink) {
        let Some(open) = self.open.as_mut().filter(|open| open.has_news) else { return };
        let Some(header) = &open.header else { return };
        let part = |range: Range<usize>| self.lines.get(range).unwrap_or_default();
        let entry = LogEntry {
            time: header.time,
            record: open.record,
            pid: header.pid,
            process: Some(part(header.process.clone())),
            uid: None,
            subsystem: header.subsystem(&self.lines),
            message: part(header.message..self.lines.len()),
        };
        if open.is_reported {
            self.messages.entry(&entry, &mut Again(sink));
        } else {
            self.messages.entry(&entry, sink);
        }
        (open.is_reported, open.has_news) = (true, false);
    }
}

/// The header of an entry: details, and the ranges of its parts in the line.
#[derive(Clone, Debug)]
struct Header {
    time: Timestamp,
    pid: Option<u32>,
    process: Range<usize>,
    /// `None` if the style has none; then the message identifies the subsystem.
    subsystem: Option<Range<usize>>,
    message: usize,
}

impl Header {
    fn subsystem<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let part = |range: Range<usize>| line.get(range).unwrap_or_default();
        match &self.subsystem {
            Some(subsystem) => part(subsystem.clone()),
            None => console::subsystem(part(self.process.clone()), part(self.message..line.len())),
        }
    }

    /// `None` for notices of `log` itself (`=== system boot: …`).
    fn parse(line: &[u8]) -> Result<Option<Self>, (DecodeErrorKind, &'static str)> {
        let malformed = |field| (DecodeErrorKind::Malformed, field);
        if !begins_with_time(line) {
            let Copied { time, process, message } = console::read(line).ok_or(malformed("timestamp"))?;
            return Ok(Some(Self { time, pid: None, process, subsystem: None, message }));
        }
        let mut cursor = Cursor { line, at: 11 };
        cursor.word();
        let time = Timestamp::parse(&line[..cursor.at]).ok_or((DecodeErrorKind::BadValue, "timestamp"))?;
        let thread = cursor.word();
        if thread.starts_with(b"===") {
            return Ok(None);
        }
        if !thread.starts_with(b"0x") {
            let is_word = thread.first().is_some_and(u8::is_ascii_alphabetic);
            return is_word.then(|| Self::short(cursor, time)).flatten().map(Some).ok_or(malformed("thread"));
        }
        let _kind = cursor.word();
        if !cursor.word().starts_with(b"0x") {
            return Err(malformed("activity"));
        }
        let pid = Some(parse(cursor.word()).ok_or((DecodeErrorKind::BadValue, "pid"))?);
        cursor.time_to_live();
        let process = cursor.up_to(b": ").ok_or(malformed("process"))?;
        Ok(Some(Self::tail(cursor, time, pid, process)))
    }

    /// Reads the rest of a compact or syslog header after its type or host: `process[PID:TID] ` or `process[PID]: `.
    fn short(mut cursor: Cursor<'_>, time: Timestamp) -> Option<Self> {
        cursor.skip_spaces();
        let process = cursor.up_to(b"[").filter(|name| !cursor.line[name.clone()].contains(&b':'))?;
        let inside = cursor.up_to(b"]")?;
        let pid = Some(parse(until(&cursor.line[inside], b":"))?);
        let rest = cursor.rest();
        cursor.at += rest.len() - rest.strip_prefix(b":").unwrap_or(rest).len();
        cursor.skip_spaces();
        Some(Self::tail(cursor, time, pid, process))
    }

    /// Reads `(sender) [subsystem:category] message`; sender and subsystem may be absent.
    fn tail(mut cursor: Cursor<'_>, time: Timestamp, pid: Option<u32>, process: Range<usize>) -> Self {
        if cursor.rest().starts_with(b"(") {
            cursor.up_to(b") ");
        }
        let mut subsystem = cursor.at..cursor.at;
        if cursor.rest().starts_with(b"[") {
            let before = cursor.at;
            let tag = cursor.up_to(b"] ").map(|tag| before + 1..tag.end);
            // launchd also writes the service of its messages in brackets: `[system/com.example.x [512]:]`.
            match tag.filter(|tag| !cursor.line[tag.clone()].iter().any(|b| matches!(b, b'/' | b' '))) {
                Some(tag) => subsystem = tag.start..tag.start + until(&cursor.line[tag], b":").len(),
                None => cursor.at = before,
            }
        }
        Self { time, pid, process, subsystem: Some(subsystem), message: cursor.at }
    }
}

/// Whether an entry begins with this line.
fn begins_entry(line: &[u8]) -> bool {
    begins_with_time(line) || console::read(line).is_some()
}

/// `YYYY-MM-DD HH:…`.
fn begins_with_time(line: &[u8]) -> bool {
    const STAMP: &[u8] = b"0000-00-00 00:";
    line.len() > STAMP.len()
        && line.iter().zip(STAMP).all(|(b, form)| if *form == b'0' { b.is_ascii_digit() } else { b == form })
}

/// Walks the columns of a line.
struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().iter().take_while(|&&b| b == b' ').count();
    }

    /// Reads the next word; the cursor moves past it.
    fn word(&mut self) -> &'a [u8] {
        self.skip_spaces();
        let word = until(self.rest(), b" ");
        self.at += word.len();
        word
    }

    /// Skips the TTL column, which older systems lack. A process name that begins with a number differs from it,
    /// because the name's word ends in the colon or contains other characters.
    fn time_to_live(&mut self) {
        let before = self.at;
        if !self.word().iter().all(u8::is_ascii_digit) {
            self.at = before;
        }
        self.skip_spaces();
    }

    /// The range up to `end`, whose last space may be missing at the end of the line; the cursor moves past `end`.
    /// Returns `None`, without moving, when `end` is absent.
    fn up_to(&mut self, end: &[u8]) -> Option<Range<usize>> {
        let start = self.at;
        let rest = self.rest();
        let found = match memchr::memmem::find(rest, end) {
            Some(at) => start + at,
            None => start + rest.strip_suffix(end.trim_ascii_end())?.len(),
        };
        self.at = self.line.len().min(found + end.len());
        Some(start..found)
    }
}

saved!(Open { record, header, is_reported, has_news, is_fresh });
saved!(Header { time, pid, process, subsystem, message });
restored!(UnifiedText { open, lines, messages });
