//! CSV (RFC 4180) with a header. Separators are commas, semicolons, tabs or bars; a quoted cell may take several lines.
//!
//! The header identifies the table and the column of each cell. A stream may have several headers, as concatenated
//! files do.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::clock::Drift;
use super::super::fields::{Fields, plain};
use super::super::finish::{finish_record, report_skipped, without_mark};
use super::super::texts::Arena;
use super::list::TABLES;
use super::row::{Row, Slot, Table};
use crate::decode::cells::{Cells, is_open, separator_of};
use crate::decode::frame::{begins_object, is_framing};
use crate::decode::resume::Resumable;
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::util::saved::{Fault, Reader, Saved, Schema, Writer, restored};

/// Most bytes that are held of an unfinished row.
const MAX_HELD: usize = 512 << 10;
/// Most columns of a header.
const MAX_COLUMNS: usize = 512;

/// A decoder of CSV.
pub(super) fn decoder() -> Box<dyn Resumable> {
    Box::<Csv>::default()
}

#[derive(Default)]
struct Csv {
    header: Option<Header>,
    /// The lines of a row that has not ended.
    held: Vec<u8>,
    /// The number of its first line, and the offset of the row.
    first: Option<(u64, u64)>,
    /// The buffer for data that are packed into one cell.
    unpacked: Vec<u8>,
    buffer: Vec<u8>,
    drift: Drift,
}

/// A header.
pub(super) struct Header {
    table: &'static Table,
    separator: u8,
    /// The slot of each column.
    slots: Vec<Slot>,
    /// The slot of cells beyond the last column.
    rest: Slot,
    /// The line itself: a restored decoder reads the header anew.
    line: Box<[u8]>,
}

impl Decoder for Csv {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = without_mark(record.bytes);
        if let Some(first) = self.first {
            let separator = self.header.as_ref().map_or(b',', |header| header.separator);
            if self.held.len() + line.len() >= MAX_HELD {
                return self.abandon(sink);
            }
            self.held.push(b'\n');
            self.held.extend_from_slice(line);
            if !is_open(line, separator, true) {
                let held = core::mem::take(&mut self.held);
                self.first = None;
                self.row(Record { bytes: &held, number: first.0, offset: first.1 }, sink);
                self.held = held;
                self.held.clear();
            }
            return;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return sink.skipped(record.number, Skip::Blank);
        }
        if is_framing(line) {
            return sink.skipped(record.number, Skip::Framing);
        }
        if is_header_like(line)
            && let Some(header) = header_of(line)
        {
            self.header = Some(header);
            return sink.skipped(record.number, Skip::Framing);
        }
        match &self.header {
            Some(header) if is_open(line, header.separator, false) => {
                self.first = Some((record.number, record.offset));
                self.held.clear();
                self.held.extend_from_slice(line);
            }
            _ => self.row(Record { bytes: line, ..record }, sink),
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        if self.first.is_some() {
            self.abandon(sink);
        }
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        self.first.is_some() || self.header.is_some() && !begins_object(line) && line.first() != Some(&b'<')
    }

    fn held_bytes(&self) -> usize {
        self.held.capacity()
            + self.unpacked.capacity()
            + self.buffer.capacity()
            + self.header.as_ref().map_or(0, |header| header.slots.capacity() * size_of::<Slot>() + header.line.len())
    }
}

impl Csv {
    fn row(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let Some(header) = &self.header else {
            let (record, offset) = (record.number, record.offset);
            return sink.error(DecodeError { kind: DecodeErrorKind::Missing, record, offset, field: Some("header") });
        };
        let mut fields = Fields::default();
        let mut row = Row::new(header.table, Arena::new(&mut self.unpacked, record.bytes.len()));
        for (at, cell) in (Cells { rest: Some(record.bytes), separator: header.separator }).enumerate() {
            let slot = header.slots.get(at).copied().unwrap_or(header.rest);
            let text = if cell.doubled { row.arena.halved(cell.text, b'"') } else { Some(cell.text) };
            if let Some(text) = text {
                row.take(slot, plain(text), &mut fields);
            }
        }
        match row.place(&mut fields) {
            Ok(()) => finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink),
            Err(why) => report_skipped(record.number, why, &fields, sink),
        }
    }

    fn abandon(&mut self, sink: &mut dyn Sink) {
        self.held.clear();
        if let Some((record, offset)) = self.first.take() {
            sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
        }
    }
}

/// The header in a line, if it is one of a known table.
pub(super) fn header_of(line: &[u8]) -> Option<Header> {
    let line = without_mark(line);
    let (separator, count) = separator_of(line);
    if !(1..MAX_COLUMNS).contains(&count) {
        return None;
    }
    let cells = || Cells { rest: Some(line), separator };
    // The end of a cut JSON object has names in quotes, too, but each is followed by a colon.
    if cells().any(|cell| !cell.is_whole) {
        return None;
    }
    let names: Vec<&[u8]> = cells().map(|cell| cell.text.trim_ascii()).collect();
    let table = TABLES.iter().copied().find(|table| table.fits(|name| names.contains(&name)))?;
    // The index column of a data frame has no name.
    let is_index = |at: usize| at == 0 && names[0].is_empty();
    let slots = (0..names.len()).map(|at| if is_index(at) { Slot::None } else { table.slot(names[at]) }).collect();
    Some(Header { table, separator, slots, rest: table.slot(b""), line: line.into() })
}

/// Whether a line begins like a header, with a name, which may follow the nameless column of an index.
pub(super) fn is_header_like(line: &[u8]) -> bool {
    let line = without_mark(line);
    let index =
        [&b"\"\","[..], b"\"\";", b"\"\"\t", b",", b";", b"\t"].iter().find_map(|index| line.strip_prefix(*index));
    let line = index.unwrap_or(line);
    let begin = line.strip_prefix(b"\"").unwrap_or(line).first();
    begin.is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_' || b == b'@')
}

impl Saved for Header {
    fn schema(schema: Schema) -> Schema {
        schema.word("header")
    }
    fn save(&self, out: &mut Writer<'_>) {
        self.line.save(out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        header_of(&Vec::load(from)?).ok_or_else(|| from.fault("it is the header of no known table"))
    }
}
restored!(Csv { header, held, first, drift } else { unpacked, buffer });
