//! Rows of CSV files under a header of any names. A row may hold a whole record in one cell, as SIEMs export the original
//! text of a record (`_raw`, `event.original`); the rows themselves show which column it is. Otherwise its cells may be
//! the members of a record.

use alloc::vec::Vec;

use super::cells::{Cell, Cells, is_open, separator_of};
use super::error::{DecodeError, DecodeErrorKind};
use super::json::Reader;
use super::peel::SHORTEST;
use super::record::Sink;
use super::rewrite::{member, quote};
use crate::util::saved::saved;

/// The maximum number of bytes kept of an unfinished row.
const MAX_HELD: usize = 512 << 10;
/// The number of columns that are searched.
const MAX_COLUMNS: usize = 128;
/// The number of rows without a record after which the search ends.
const FRUITLESS: u32 = 16;
/// The maximum length of a column name.
const LONGEST: usize = 64;
/// Names of columns that hold the host.
const HOST: &[&[u8]] = &[b"host", b"host.name", b"hostname", b"Computer", b"computer", b"_HOSTNAME", b"agent.name"];
/// Names that a file's only column may have.
const ALONE: &[&[u8]] = &[b"_raw", b"raw", b"message", b"Message", b"log", b"event.original", b"event", b"line"];

/// The rows below one header.
#[derive(Debug)]
pub(super) struct Rows {
    separator: u8,
    host: Option<usize>,
    /// The header's line number and offset, until a row confirms that it is a header.
    header: Option<(u64, u64)>,
    /// The column that holds the records, once a row has shown it.
    column: Option<usize>,
    /// The rows are records, once one has shown it.
    are_objects: bool,
    /// The line of names.
    names: Vec<u8>,
    /// The number of rows without a record before the first record.
    fruitless: u32,
    /// The lines of an unfinished row.
    held: Vec<u8>,
    /// The line number and offset of the unfinished row.
    first: Option<(u64, u64)>,
}

/// The effect of a line on the rows.
pub(super) enum Row {
    /// The line begins or continues a row.
    Open,
    /// The line ends the held row, which began at this line number and offset.
    Held(u64, u64),
    /// The line is a complete row.
    Line,
    /// The line ends a row that is too long.
    TooLong(u64, u64),
}

impl Rows {
    /// Creates the rows below a line, if that line may be a header: a line of names only.
    pub(super) fn below(line: &[u8], number: u64, offset: u64) -> Option<Self> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii_end();
        let (separator, count) = separator_of(line);
        let names = || Cells { rest: Some(line), separator }.map(|cell| (cell.text.trim_ascii(), cell.is_whole));
        let is_name = |name: &[u8]| {
            let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80 || b"_.@-[]()#/' ".contains(b);
            let is_letter = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80;
            name.len() <= LONGEST && name.iter().any(is_letter) && name.iter().all(is_part)
        };
        let mut unnamed = 0;
        let is_header = names().all(|(name, is_whole)| {
            // The index column of a data frame has no name.
            unnamed += usize::from(name.is_empty());
            is_whole && (name.is_empty() && unnamed == 1 || is_name(name))
        });
        let is_alone = count == 0
            && !ALONE.contains(
                &line.trim_ascii_end().strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line),
            );
        if !is_header || is_alone || count >= MAX_COLUMNS {
            return None;
        }
        let host = HOST.iter().find_map(|host| names().position(|(name, _)| name == *host));
        Some(Self {
            separator,
            host,
            header: Some((number, offset)),
            column: None,
            are_objects: false,
            names: line.to_vec(),
            fruitless: 0,
            held: Vec::new(),
            first: None,
        })
    }

    /// Whether a row continues on the next line.
    pub(super) const fn is_open(&self) -> bool {
        self.first.is_some()
    }

    /// Takes the next line.
    pub(super) fn take(&mut self, line: &[u8], number: u64, offset: u64) -> Row {
        match self.first {
            None if is_open(line, self.separator, false) => {
                self.first = Some((number, offset));
                self.held.clear();
                self.held.extend_from_slice(line);
                Row::Open
            }
            None => Row::Line,
            Some((first, begin)) => {
                let ends = !is_open(line, self.separator, true);
                if self.held.len() + line.len() >= MAX_HELD {
                    self.first = None;
                    return Row::TooLong(first, begin);
                }
                self.held.push(b'\n');
                self.held.extend_from_slice(line);
                if !ends {
                    return Row::Open;
                }
                self.first = None;
                Row::Held(first, begin)
            }
        }
    }

    /// Takes out the held row.
    pub(super) fn held(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.held)
    }

    /// The line number and offset of an unfinished row.
    pub(super) const fn unfinished(&mut self) -> Option<(u64, u64)> {
        self.first.take()
    }

    /// The cells of a row that may hold its record, each with its column index, the text between the quotes, and
    /// whether quotes in it are doubled.
    pub(super) fn records<'r>(&self, row: &'r [u8]) -> impl Iterator<Item = (usize, &'r [u8], bool)> + use<'r> {
        let (column, separator) = (self.column, self.separator);
        let cells = Cells { rest: Some(row).filter(|_| !self.are_objects), separator }.take(MAX_COLUMNS).enumerate();
        cells
            .filter(move |(at, cell)| column.is_none_or(|column| column == *at) && cell.text.len() >= SHORTEST)
            .map(|(at, cell)| (at, cell.text, cell.doubled))
    }

    /// Notes that a column holds the records; returns the header's line number on the first call.
    pub(super) const fn note(&mut self, column: usize) -> Option<u64> {
        self.column = Some(column);
        match self.header.take() {
            Some((number, _)) => Some(number),
            None => None,
        }
    }

    /// Writes a row as an object with a member for each cell that is not empty; `false` when the row cannot be one.
    pub(super) fn object(&self, row: &[u8], out: &mut Vec<u8>) -> bool {
        if self.column.is_some() {
            return false;
        }
        let cells = |line| Cells { rest: Some(line), separator: self.separator };
        out.push(b'{');
        if self.is_of_event_viewer(row) {
            // Event Viewer writes its column names in the language of Windows; the last column has none.
            const NAMES: [&[u8]; 6] = [b"Level", b"TimeCreated", b"ProviderName", b"Id", b"Task", b"Message"];
            for (name, cell) in NAMES.into_iter().zip(cells(row)) {
                write_cell(name, &cell, out);
            }
        } else {
            for (name, cell) in cells(&self.names).zip(cells(row)).filter(|(name, _)| !name.text.is_empty()) {
                write_cell(name.text.trim_ascii(), &cell, out);
            }
        }
        out.push(b'}');
        true
    }

    /// Whether a row is one of Event Viewer: five named columns, of which the second is a time, the third a provider and
    /// the fourth an id, and the message in a sixth.
    fn is_of_event_viewer(&self, row: &[u8]) -> bool {
        let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let cells = |line| Cells { rest: Some(line), separator: self.separator };
        cells(&self.names).count() == 5
            && cells(row).count() == 6
            && cells(row).nth(1).is_some_and(|cell| cell.text.first().is_some_and(u8::is_ascii_digit))
            && cells(row).nth(2).is_some_and(|cell| cell.text.first().is_some_and(u8::is_ascii_alphabetic))
            && cells(row).nth(3).is_some_and(|cell| is_number(cell.text))
    }

    /// Notes that the rows themselves are records; returns the header's line number on the first call.
    pub(super) const fn note_objects(&mut self) -> Option<u64> {
        self.are_objects = true;
        match self.header.take() {
            Some((number, _)) => Some(number),
            None => None,
        }
    }

    /// Notes that a row holds no record; returns whether the search continues.
    pub(super) const fn note_none(&mut self) -> bool {
        self.fruitless += 1;
        self.column.is_some() || self.are_objects || self.fruitless < FRUITLESS
    }

    /// Reports that a line taken for a possible header is unknown, if no row confirmed it.
    pub(super) fn report_false_header(&mut self, sink: &mut dyn Sink) {
        if let Some((record, offset)) = self.header.take() {
            sink.error(DecodeError { kind: DecodeErrorKind::Unknown, record, offset, field: None });
        }
    }

    /// The host that a row names.
    pub(super) fn host<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        let cell = self.host.and_then(|host| Cells { rest: Some(row), separator: self.separator }.nth(host));
        cell.map_or(&b""[..], |cell| cell.text)
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn bytes(&self) -> usize {
        self.held.capacity() + self.names.capacity()
    }
}

/// Writes a cell as a member: JSON as it is, anything else as a string.
fn write_cell(name: &[u8], cell: &Cell<'_>, out: &mut Vec<u8>) {
    if cell.text.is_empty() || memchr::memchr2(b'"', b'\\', name).is_some() {
        return;
    }
    let mut halved = Vec::new();
    let text = if cell.doubled {
        halve(cell.text, &mut halved);
        &halved
    } else {
        cell.text
    };
    let is_json = is_container(text);
    member(name, if is_json { text } else { b"" }, out);
    if !is_json {
        quote(text, out);
    }
}

/// Whether a text is a JSON object or array. The reader skips containers without a check of what is in them, so a GUID in
/// braces needs one.
fn is_container(text: &[u8]) -> bool {
    let Some((open, rest)) = text.split_first() else { return false };
    let first = rest.trim_ascii_start().first();
    let is_opened = match open {
        b'{' => matches!(first, Some(b'"' | b'}')),
        b'[' => matches!(first, Some(b'"' | b'{' | b'[' | b']' | b'0'..=b'9')),
        _ => false,
    };
    let mut reader = Reader::new(text);
    is_opened && reader.skip().is_ok() && reader.at_end()
}

/// Appends a text and halves its doubled quotes.
pub(super) fn halve(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (before, after) = rest.split_at(quote + 1);
        out.extend_from_slice(before);
        rest = after.strip_prefix(b"\"").unwrap_or(after);
    }
    out.extend_from_slice(rest);
}

saved!(Rows { separator, host, header, column, are_objects, names, fruitless, held, first }
    where |rows| rows.fruitless < 1 << 30);
