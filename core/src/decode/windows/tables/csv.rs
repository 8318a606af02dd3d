//! CSV (RFC 4180) with a header. Separators are commas, semicolons or tabs; a quoted cell may take several lines.
//!
//! The header identifies the table and the column of each cell. A stream may have several headers, as concatenated
//! files do.

use alloc::boxed::Box;
use alloc::vec::Vec;

use memchr::memchr;

use super::super::clock::Drift;
use super::super::fields::Fields;
use super::super::texts::Arena;
use super::super::{finish_record, tell_skipped, without_mark};
use super::{Row, Slot, TABLES, Table, plain};
use crate::decode::lines::is_framing;
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};

/// Most bytes that are held of an unfinished row.
const MAX_HELD: usize = 512 << 10;
/// Most columns of a header.
const MAX_COLUMNS: usize = 512;

/// A decoder of CSV.
pub(in super::super) fn decoder() -> Box<dyn Decoder> {
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
        self.first.is_some() || self.header.is_some() && !matches!(line.first(), Some(b'{' | b'<'))
    }

    fn held_bytes(&self) -> usize {
        self.held.capacity()
            + self.unpacked.capacity()
            + self.buffer.capacity()
            + self.header.as_ref().map_or(0, |header| header.slots.capacity() * size_of::<Slot>())
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
            Err(why) => tell_skipped(record.number, why, &fields, sink),
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
    let count = |separator: u8| line.iter().filter(|&&b| b == separator).count();
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|&separator| count(separator))?;
    if !(1..MAX_COLUMNS).contains(&count(separator)) {
        return None;
    }
    let cells = || Cells { rest: Some(line), separator };
    // The end of a cut JSON object has names in quotes, too, but each is followed by a colon.
    if cells().any(|cell| !cell.is_whole) {
        return None;
    }
    let names: Vec<&[u8]> = cells().map(|cell| cell.text.trim_ascii()).collect();
    let table = TABLES.iter().copied().find(|table| table.fits(|name| names.contains(&name)))?;
    let slots = names.iter().map(|name| table.slot(name)).collect();
    Some(Header { table, separator, slots, rest: table.slot(b"") })
}

/// Whether a line begins like a header, with a name.
pub(super) fn is_header_like(line: &[u8]) -> bool {
    let line = without_mark(line);
    let begin = line.strip_prefix(b"\"").unwrap_or(line).first();
    begin.is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_' || b == b'@')
}

/// Whether the row continues on the next line, inside a quoted cell. `open` says that the line begins inside one.
fn is_open(line: &[u8], separator: u8, mut open: bool) -> bool {
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        if open {
            let Some(quote) = memchr(b'"', rest) else { return true };
            at += quote + 1;
            if line.get(at) == Some(&b'"') {
                at += 1;
                continue;
            }
            open = false;
        } else if rest.first() == Some(&b'"') {
            open = true;
            at += 1;
            continue;
        }
        match memchr(separator, line.get(at..).unwrap_or_default()) {
            Some(end) => at += end + 1,
            None => return false,
        }
    }
}

/// The cells of a row.
struct Cells<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

struct Cell<'a> {
    text: &'a [u8],
    /// Quotes in it are doubled.
    doubled: bool,
    /// Nothing is between its closing quote and the separator.
    is_whole: bool,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let rest = self.rest.take()?;
        let Some(quoted) = rest.strip_prefix(b"\"") else {
            let end = memchr(self.separator, rest);
            self.rest = end.and_then(|end| rest.get(end + 1..));
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            return Some(Cell { text, doubled: false, is_whole: true });
        };
        let (mut at, mut doubled) = (0, false);
        let end = loop {
            let Some(quote) = memchr(b'"', quoted.get(at..).unwrap_or_default()) else { break quoted.len() };
            at += quote;
            if quoted.get(at + 1) != Some(&b'"') {
                break at;
            }
            doubled = true;
            at += 2;
        };
        // Text between the closing quote and the separator is dropped.
        let after = quoted.get(end + 1..).unwrap_or_default();
        let separator = memchr(self.separator, after);
        self.rest = separator.and_then(|end| after.get(end + 1..));
        let is_whole = after.get(..separator.unwrap_or(after.len())).unwrap_or_default().trim_ascii().is_empty();
        Some(Cell { text: quoted.get(..end).unwrap_or_default(), doubled, is_whole })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, is_open};
    use alloc::string::String;
    use alloc::vec::Vec;

    fn cells(row: &str, separator: u8) -> Vec<(String, bool)> {
        let cells = Cells { rest: Some(row.as_bytes()), separator };
        cells.map(|cell| (String::from_utf8(cell.text.to_vec()).unwrap(), cell.doubled)).collect()
    }

    #[test]
    fn cells_are_cut_at_separators_outside_quotes() {
        let row = "a,,\"b,c\",\"say \"\"d\"\"\",e\"f\",\"g\"x,";
        let want =
            [("a", false), ("", false), ("b,c", false), ("say \"\"d\"\"", true), ("e\"f\"", false), ("g", false)];
        let mut want: Vec<(String, bool)> =
            want.iter().map(|(text, doubled)| (String::from(*text), *doubled)).collect();
        want.push((String::new(), false));
        assert_eq!(cells(row, b','), want);
        assert_eq!(cells("a;\"b;c\"", b';').len(), 2);
    }

    #[test]
    fn a_row_goes_on_only_inside_quotes() {
        for (line, begins_open, open) in [
            ("a,\"b", false, true),
            ("a,\"b\"", false, false),
            ("a,b\"c", false, false),
            ("a,\"b\"\"", false, true),
            ("c\",d", true, false),
            ("c\",\"d", true, true),
            ("c", true, true),
            ("", true, true),
            ("", false, false),
        ] {
            assert_eq!(is_open(line.as_bytes(), b',', begins_open), open, "{line}");
        }
    }
}
