//! `log show --style ndjson` and `log stream --style ndjson`: one entry per line; and `--style json`: an array of
//! entries over many lines. Open parsers of the log's files (mandiant/macos-UnifiedLogs, ydkhatri/UnifiedLogReader) write
//! one entry per line or row with names of their own.

use alloc::vec::Vec;

use super::fields::{faulty, malformed, members, number, parse, scalar, text};
use super::log_entry::LogEntry;
use super::message::{Messages, is_of_interest};
use super::unified_text::is_filter_notice;
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip, Subject, SubjectName};
use crate::time::Timestamp;
use crate::util::saved::{restored, saved};

/// The maximum length of an array's entry; longer ones are dropped.
const MAX_ENTRY: usize = 256 * 1024;

/// Decodes these styles.
#[derive(Debug, Default)]
pub(super) struct UnifiedJson {
    entries: Entries,
    array: Array,
}

/// Reads entries.
#[derive(Debug, Default)]
struct Entries {
    scratch: Scratch,
    messages: Messages,
}

/// Splits an array into its entries.
#[derive(Debug, Default)]
struct Array {
    /// The nesting depth at the current position; 1 between entries.
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The current entry, its first line and that line's offset.
    entry: Vec<u8>,
    record: u64,
    offset: u64,
    /// The entry is too long: the rest of it is skipped.
    given_up: bool,
}

impl Array {
    /// Whether this line is inside an array or opens one.
    fn is_open(&self, line: &[u8]) -> bool {
        self.depth > 0 || line.trim_ascii_start().starts_with(b"[")
    }

    /// Reads a line and passes on each entry that ends in it. `false` when the line has no part of an entry.
    fn line(&mut self, record: &Record<'_>, mut entry: impl FnMut(Record<'_>)) -> bool {
        let mut held = self.depth > 1;
        for (at, &byte) in record.bytes.iter().enumerate() {
            let begins = self.depth == 1 && byte == b'{';
            if begins {
                self.entry.clear();
                (self.record, self.offset, self.given_up) = (record.number, record.offset + at as u64, false);
                held = true;
            }
            if self.depth > 1 || begins {
                self.given_up |= self.entry.len() == MAX_ENTRY;
                if !self.given_up {
                    self.entry.push(byte);
                }
            }
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 1 && !self.given_up {
                        entry(Record { bytes: &self.entry, number: self.record, offset: self.offset });
                    }
                }
                _ => {}
            }
        }
        if self.depth > 1 && !self.given_up {
            self.entry.push(b'\n');
        }
        held
    }
}

#[derive(Default)]
struct Fields {
    time: Span,
    /// Nanoseconds since 1970, which open parsers write beside or instead of a date.
    nanos: Option<i64>,
    pid: Option<u32>,
    uid: Option<u32>,
    image: Span,
    subsystem: Span,
    message: Span,
    /// The summary that ends the stream.
    is_footer: bool,
}

impl Fields {
    fn read(mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut fields = Self::default();
        let is_object = members(&mut reader, |reader, key| {
            match key {
                // The first name is Apple's, the others are those of open parsers.
                b"timestamp" | b"Timestamp" | b"TimeUtc" => fields.time = text(reader, scratch)?,
                b"processID" | b"pid" | b"PID" | b"ProcessID" => fields.pid = number(reader)?,
                b"userID" | b"euid" | b"EUID" | b"EffectiveUID" => fields.uid = number(reader)?,
                b"processImagePath" | b"process" | b"Process" | b"ProcessImagePath" => {
                    fields.image = text(reader, scratch)?;
                }
                b"subsystem" | b"Subsystem" => fields.subsystem = text(reader, scratch)?,
                b"eventMessage" | b"message" | b"Message" => fields.message = text(reader, scratch)?,
                b"time" => fields.nanos = nanos(reader)?,
                b"finished" => {
                    fields.is_footer = true;
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if is_object && reader.at_end() {
            Ok(fields)
        } else {
            Err(JsonError { offset: reader.offset(), too_deep: false })
        }
    }
}

/// Reads whole nanoseconds. Such large numbers may be written with a fraction and an exponent.
fn nanos(reader: &mut Reader<'_>) -> Result<Option<i64>, JsonError> {
    Ok(match scalar(reader)? {
        Value::Number(text) => parse::<f64>(text).map(|nanos| nanos as i64),
        _ => None,
    })
}

impl Decoder for UnifiedJson {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = record.bytes;
        if line.trim_ascii().is_empty() {
            sink.skipped(record.number, Skip::Blank);
        } else if is_filter_notice(line) {
            sink.skipped(record.number, Skip::Framing);
        } else if self.array.is_open(line) {
            let Self { entries, array } = self;
            if !array.line(&record, |entry| entries.read(&entry, Writing::PLAIN, sink)) {
                sink.skipped(record.number, Skip::Framing);
            }
        } else {
            self.entries.read(&record, Writing::PLAIN, sink);
        }
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        if self.array.depth > 0 || is_filter_notice(record.bytes) {
            return false;
        }
        without_fault(sink, |sink| self.entries.read(&record, Writing::within(room), sink))
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        // The stream ended inside an entry.
        if self.array.depth > 1 {
            let error = DecodeErrorKind::Abandoned;
            let Array { record: number, offset, .. } = self.array;
            sink.error(faulty(&Record { bytes: b"", number, offset }, error, "entry"));
            self.array = Array::default();
        }
        self.entries.messages.finish(sink);
    }

    fn held_bytes(&self) -> usize {
        self.array.entry.capacity() + self.entries.scratch.capacity() + self.entries.messages.held_bytes()
    }
}

impl Entries {
    fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        let line = record.bytes;
        self.scratch.start(line);
        let fields = match Fields::read(writing.reader(line), &mut self.scratch) {
            Ok(fields) => fields,
            Err(fault) => return sink.error(malformed(record, fault)),
        };
        let texts = |span| self.scratch.get(line, span);
        let time = texts(fields.time).map(Timestamp::parse).or(fields.nanos.map(|nanos| Some(Timestamp(nanos))));
        let Some(time) = time else {
            if fields.is_footer {
                return sink.skipped(record.number, Skip::Framing);
            }
            return sink.error(faulty(record, DecodeErrorKind::Missing, "timestamp"));
        };
        let Some(time) = time else {
            return sink.error(faulty(record, DecodeErrorKind::BadValue, "timestamp"));
        };
        let (subsystem, process) = (texts(fields.subsystem).unwrap_or_default(), texts(fields.image));
        if !is_of_interest(subsystem, process.unwrap_or_default()) {
            return sink.ignored(record.number, Subject { source: b"unified log", name: SubjectName::Text(subsystem) });
        }
        let Some(message) = texts(fields.message) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        let entry =
            LogEntry { time, record: record.number, pid: fields.pid, process, uid: fields.uid, subsystem, message };
        self.messages.entry(&entry, sink);
    }
}

saved!(Array { depth, in_string, escaped, entry, record, offset, given_up }
    where |array| array.entry.len() <= MAX_ENTRY);
restored!(Entries { messages } else { scratch });
restored!(UnifiedJson { entries, array });
