//! Records in text form: `wevtutil qe /f:text`, copies from Event Viewer, and Splunk's `WinEventLog`. A record has
//! lines of a name and a value, then the rendered message, up to the beginning of the next record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::json::RawStr;
use super::super::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use super::clock::Drift;
use super::fields::FieldName::{self, *};
use super::fields::Fields;
use super::finish::{finish_record, without_mark};
use super::{message, times};
use crate::decode::resume::Resumable;
use crate::util::saved::{restored, saved_enum};

/// Most bytes that are held of an unfinished record.
const MAX_HELD: usize = 512 << 10;

/// Names of the lines before the message, in all of these forms.
const NAMES: &[(&[u8], FieldName)] = &[
    (b"Log Name", Channel),
    (b"LogName", Channel),
    (b"Source", Provider),
    (b"SourceName", Provider),
    (b"Date", LocalTime),
    (b"Event ID", EventId),
    (b"EventCode", EventId),
    (b"Computer", Host),
    (b"ComputerName", Host),
    (b"RecordNumber", RecordId),
    (b"Keyword", Keywords),
    (b"Keywords", Keywords),
];

/// Beginnings of the message.
const MESSAGE: [&[u8]; 2] = [b"Description:", b"Message="];

/// A decoder of records in text form.
pub(super) fn decoder() -> Box<dyn Resumable> {
    Box::<EventText>::default()
}

/// Whether a record begins in a line.
pub(super) fn is_begin(line: &[u8]) -> bool {
    begin(line).is_some()
}

/// The first line of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// `Event[0]:`
    Number,
    /// `Log Name: …`
    Name,
    /// `02/17/2026 01:05:20 PM`
    Date,
}

fn begin(line: &[u8]) -> Option<Begin> {
    const LONGEST_DATE: usize = 30;
    let line = line.trim_ascii_end();
    if line.starts_with(b"Event[") {
        Some(Begin::Number)
    } else if line.starts_with(b"Log Name:") {
        Some(Begin::Name)
    } else {
        let is_date = line.first().is_some_and(u8::is_ascii_digit) && line.len() <= LONGEST_DATE;
        (is_date && times::parse(line).is_some()).then_some(Begin::Date)
    }
}

#[derive(Default)]
struct EventText {
    /// The lines of a record that has not ended.
    held: Vec<u8>,
    /// The number of its first line, and the line's offset.
    first: Option<(u64, u64)>,
    /// The first line that records of this stream have.
    begins: Option<Begin>,
    /// No line has arrived since the last call of `settle`.
    quiet: bool,
    buffer: Vec<u8>,
    drift: Drift,
}

impl Decoder for EventText {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = without_mark(record.bytes);
        self.quiet = false;
        let begins = begin(line).filter(|begin| self.begins.is_none_or(|known| known == *begin));
        if begins.is_some() {
            self.begins = begins;
            self.end(sink);
            self.first = Some((record.number, record.offset));
        } else if self.first.is_none() {
            let blank = line.iter().all(u8::is_ascii_whitespace);
            return sink.skipped(record.number, if blank { Skip::Blank } else { Skip::Framing });
        }
        if self.held.len() + line.len() >= MAX_HELD {
            self.held.clear();
            if let Some((record, offset)) = self.first.take() {
                sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
            }
            return;
        }
        self.held.extend_from_slice(line);
        self.held.push(b'\n');
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.end(sink);
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        if core::mem::replace(&mut self.quiet, true) {
            self.end(sink);
        }
    }

    fn goes_on(&self, _line: &[u8]) -> bool {
        self.first.is_some()
    }

    fn held_bytes(&self) -> usize {
        self.held.capacity() + self.buffer.capacity()
    }
}

impl EventText {
    /// Reads the held record, whose last line has arrived.
    fn end(&mut self, sink: &mut dyn Sink) {
        let Some((number, offset)) = self.first.take() else { return };
        let held = core::mem::take(&mut self.held);
        let mut fields = Fields::default();
        read(&held, &mut fields);
        finish_record(&mut fields, &mut self.buffer, &mut self.drift, Record { bytes: &held, number, offset }, sink);
        self.held = held;
        self.held.clear();
    }
}

fn read<'a>(record: &'a [u8], fields: &mut Fields<'a>) {
    let mut rest = record;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        // The message may begin on the same line.
        let text = rest.trim_ascii_start();
        if let Some(message) = MESSAGE.iter().find_map(|begin| text.strip_prefix(*begin)) {
            return message::read(message, fields);
        }
        let (line, tail) = rest.split_at(end);
        let line = line.trim_ascii();
        rest = tail.get(1..).unwrap_or_default();
        if begin(line) == Some(Begin::Date) {
            fields.set_if_none(Some(LocalTime), Some(RawStr { bytes: line, escaped: false }));
            continue;
        }
        let Some(at) = line.iter().position(|b| matches!(b, b':' | b'=')) else { continue };
        let (name, value) = (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default().trim_ascii());
        let field = NAMES.iter().find(|(known, _)| *known == name.trim_ascii()).map(|(_, field)| *field);
        fields.set_if_none(field.filter(|_| !value.is_empty()), Some(RawStr { bytes: value, escaped: false }));
    }
}

saved_enum!(Begin { 0 => Number, 1 => Name, 2 => Date });
restored!(EventText { held, first, begins, quiet, drift } else { buffer });
