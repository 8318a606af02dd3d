//! Tables: exports of SIEMs and the output of forensic tools.
//!
//! Each source describes its columns as data, in a file of its own. One mechanism reads them all: the reader of JSON
//! ([`json`]) or CSV ([`csv`]) passes the cells of a row by name to [`Row`], which notes them and unpacks cells that
//! hold several fields (event data as XML or JSON, a rendered message). Then the source's `place` decides which record
//! of Windows the row is, and the row is read like that record.

mod csv;
mod data;
mod defender;
mod json;
mod ocsf;
mod records;
mod sentinel;
mod tools;

use super::fields::{FieldName, Fields, field_named};
use super::texts::Arena;
use super::{message, xml};
use crate::decode::json::{JsonError, RawStr, Reader, Value};
use crate::decode::{Format, Skip};

pub(super) use self::csv::decoder as csv_decoder;
pub(super) use self::data::list as read_data;
pub(super) use self::json::decoder as json_decoder;

/// A source whose records are rows.
pub(super) struct Table {
    /// The format of its rows in JSON.
    format: Format,
    /// Lists of columns: a row that has all columns of one list is of this table.
    marks: &'static [&'static [&'static [u8]]],
    /// If several columns hold the same field, the first one with a value counts.
    columns: &'static [Column],
    /// Columns that are not listed have the names of the Windows fields.
    open: bool,
    /// Assigns the noted cells to the fields of a record of Windows, or returns why the row is none.
    place: for<'r, 'a> fn(&'r mut Row<'a>, &'r mut Fields<'a>) -> Result<(), Skip>,
}

/// A column. The name is dotted if it stands in an object, and empty for cells that a CSV header does not name.
struct Column {
    name: &'static [u8],
    holds: Holds,
}

/// What the cells of a column hold.
#[derive(Clone, Copy)]
enum Holds {
    /// A field.
    FieldName(FieldName),
    /// A value that `place` reads.
    Noted,
    /// The event's data as an object, JSON text or XML.
    Data,
    /// An object or its JSON text, whose members are columns with names that begin with this one's.
    Columns,
    /// The same as [`Holds::Columns`], or as text: `name: value ¦ name: value`.
    Pairs,
    /// A whole record of evtx_dump.
    Event,
    /// The row itself.
    Row,
    /// The event's data without names, as a list in the order of its template.
    Values,
    /// The rendered message, which is read if the row has no data.
    Message,
}

/// Every table. The first that fits a row counts.
const TABLES: &[&Table] = &[
    &ocsf::TABLE,
    &defender::TABLE,
    &records::GET_WINEVENT,
    &sentinel::TABLE,
    &tools::EVTXECMD,
    &tools::HAYABUSA,
    &tools::CHAINSAW,
    &tools::VELOCIRAPTOR,
    &records::EVENT_VIEWER,
    &records::FLAT,
];

/// Most columns of a table.
const MOST: usize = 96;

impl Table {
    /// The table of rows of that format.
    fn of(format: Format) -> Option<&'static Self> {
        TABLES.iter().copied().find(|table| table.format == format)
    }

    /// Whether a row with these columns is of this table.
    fn fits(&self, has: impl Fn(&[u8]) -> bool) -> bool {
        self.marks.iter().any(|list| list.iter().all(|name| has(name)))
    }

    fn slot(&self, name: &[u8]) -> Slot {
        match self.columns.iter().position(|column| column.name == name) {
            Some(column) => Slot::Column(column),
            None if self.open => field_named(name).map_or(Slot::None, Slot::FieldName),
            None => Slot::None,
        }
    }
}

/// Whether a line is the CSV header of a known table.
pub(super) fn is_header(line: &[u8]) -> bool {
    csv::is_header_like(line) && csv::header_of(line).is_some()
}

/// The destination of a named value.
#[derive(Clone, Copy)]
enum Slot {
    Column(usize),
    FieldName(FieldName),
    None,
}

/// A row that is being read.
pub(super) struct Row<'a> {
    table: &'static Table,
    cells: [Option<RawStr<'a>>; MOST],
    /// The buffer for unpacked text.
    arena: Arena<'a>,
    /// Whether the row has data of the record.
    has_data: bool,
}

impl<'a> Row<'a> {
    fn new(table: &'static Table, arena: Arena<'a>) -> Self {
        Self { table, cells: [None; MOST], arena, has_data: false }
    }

    /// The text of a column, still escaped.
    fn cell(&self, name: &[u8]) -> Option<RawStr<'a>> {
        let column = self.table.columns.iter().position(|column| column.name == name)?;
        self.cells.get(column).copied().flatten()
    }

    /// What the cells of a column hold; `None` if the slot is not a column.
    fn holding(&self, slot: Slot) -> Option<Holds> {
        match slot {
            Slot::Column(column) => self.table.columns.get(column).map(|column| column.holds),
            Slot::FieldName(_) | Slot::None => None,
        }
    }

    /// The bytes of a column, for columns that need no unescaping.
    fn bytes(&self, name: &[u8]) -> &'a [u8] {
        self.cell(name).map_or(&b""[..], |cell| cell.bytes)
    }

    /// Assigns columns to fields.
    fn give(&self, fields: &mut Fields<'a>, columns: &[(&[u8], FieldName)]) {
        for (name, field) in columns {
            fields.set_if_none(Some(*field), self.cell(name));
        }
    }

    /// Two texts joined by a byte, or the second alone if there is no first.
    fn joined(&mut self, head: Option<RawStr<'a>>, between: u8, tail: Option<RawStr<'a>>) -> Option<RawStr<'a>> {
        let (Some(head), Some(tail)) = (head, tail) else { return tail };
        let (head, tail) = (self.arena.plain(head)?, self.arena.plain(tail)?);
        self.arena.join(head, between, tail).map(plain)
    }

    /// Takes a cell with text. An empty one is ignored.
    fn take(&mut self, slot: Slot, value: RawStr<'a>, fields: &mut Fields<'a>) {
        if value.bytes.is_empty() {
            return;
        }
        let column = match slot {
            Slot::Column(column) => column,
            Slot::FieldName(field) => {
                self.has_data = true;
                return fields.set_if_none(Some(field), Some(value));
            }
            Slot::None => return,
        };
        match self.table.columns.get(column).map(|column| (column.name, column.holds)) {
            Some((_, Holds::Data)) => self.packed_data(value, fields),
            Some((name, Holds::Columns)) => {
                // If the text is cut, the members before the cut count.
                let _ = self.arena.plain(value).map(|text| self.packed_columns(name, text, fields));
            }
            Some((name, Holds::Pairs)) => self.packed_pairs(name, value, fields),
            Some((_, Holds::Event | Holds::Row)) | None => {}
            Some((_, Holds::FieldName(_) | Holds::Noted | Holds::Values | Holds::Message)) => {
                if let Some(cell) = self.cells.get_mut(column) {
                    *cell = Some(value);
                }
            }
        }
    }

    fn packed_data(&mut self, value: RawStr<'a>, fields: &mut Fields<'a>) {
        let Some(text) = self.arena.plain(value) else { return };
        if text.trim_ascii_start().starts_with(b"<") {
            let _ = xml::read_data(text, fields);
        } else {
            let mut reader = Reader::new(text);
            if reader.value() != Ok(Value::Object) {
                return;
            }
            let _ = data::read(&mut reader, fields);
        }
        self.has_data = true;
    }

    fn packed_columns(&mut self, name: &[u8], text: &'a [u8], fields: &mut Fields<'a>) -> Result<(), JsonError> {
        let mut reader = Reader::new(text);
        if reader.value()? == Value::Object {
            json::members(self, &mut reader, name, fields)?;
        }
        Ok(())
    }

    /// Reads pairs of name and value. The column of a pair has this column's name, a dot and the pair's name.
    fn packed_pairs(&mut self, above: &[u8], value: RawStr<'a>, fields: &mut Fields<'a>) {
        const BETWEEN: &[u8] = " ¦ ".as_bytes();
        let Some(mut rest) = self.arena.plain(value) else { return };
        if rest.starts_with(b"{") {
            let _ = self.packed_columns(above, rest, fields);
            return;
        }
        while !rest.is_empty() {
            let end = memchr::memmem::find(rest, BETWEEN).unwrap_or(rest.len());
            let (pair, tail) = rest.split_at(end);
            rest = tail.get(BETWEEN.len()..).unwrap_or_default();
            let Some(colon) = memchr::memmem::find(pair, b": ") else { continue };
            let (name, value) = (pair.get(..colon).unwrap_or_default(), pair.get(colon + 2..).unwrap_or_default());
            let below = |column: &Column| column.name.strip_prefix(above)?.strip_prefix(b".");
            if let Some(column) = self.table.columns.iter().position(|column| below(column) == Some(name)) {
                self.take(Slot::Column(column), plain(value.trim_ascii()), fields);
            }
        }
    }

    /// Assigns the noted cells to fields, or returns why the row is no record.
    fn place(mut self, fields: &mut Fields<'a>) -> Result<(), Skip> {
        for (column, cell) in self.table.columns.iter().zip(self.cells) {
            match (column.holds, cell) {
                (Holds::FieldName(field), _) => fields.set_if_none(Some(field), cell),
                (Holds::Values, Some(cell)) => {
                    self.has_data |= data::read_values(cell.bytes, fields).unwrap_or_default()
                }
                (Holds::Message, Some(cell)) if !self.has_data => {
                    if let Some(text) = self.arena.plain(cell) {
                        message::read(text, fields);
                    }
                }
                _ => {}
            }
        }
        (self.table.place)(&mut self, fields)
    }
}

/// `place` for tables whose columns are the fields of Windows.
fn as_it_is(_: &mut Row<'_>, _: &mut Fields<'_>) -> Result<(), Skip> {
    Ok(())
}

const fn field(name: &'static [u8], field: FieldName) -> Column {
    Column { name, holds: Holds::FieldName(field) }
}

const fn noted(name: &'static [u8]) -> Column {
    Column { name, holds: Holds::Noted }
}

const fn holds(name: &'static [u8], holds: Holds) -> Column {
    Column { name, holds }
}

/// A value without escapes.
const fn plain(bytes: &[u8]) -> RawStr<'_> {
    RawStr { bytes, escaped: false }
}

#[cfg(test)]
mod tests {
    use super::{Holds, MOST, TABLES};

    #[test]
    fn no_table_has_more_columns_than_a_row_keeps_or_one_twice() {
        for table in TABLES {
            assert!(table.columns.len() <= MOST);
            for (at, column) in table.columns.iter().enumerate() {
                assert!(table.columns[..at].iter().all(|other| other.name != column.name), "{:?}", column.name);
                if let Some(dot) = column.name.iter().rposition(|&b| b == b'.') {
                    let above = table.columns.iter().find(|other| other.name == &column.name[..dot]);
                    assert!(above.is_none_or(|above| matches!(
                        above.holds,
                        Holds::Columns | Holds::Pairs | Holds::FieldName(_)
                    )));
                }
            }
        }
    }
}
