//! The columns of a table, and a row whose cells are read into fields.

use super::super::fields::{FieldName, Fields, field_named, plain};
use super::super::texts::Arena;
use super::super::{data, evtx, message, xml};
use crate::decode::json::{JsonError, RawStr, Reader, Value};
use crate::decode::{Format, Skip};

/// A source whose records are rows.
pub(super) struct Table {
    /// The format of its rows in JSON.
    pub(super) format: Format,
    /// Lists of columns: a row that has all columns of one list is of this table.
    pub(super) marks: &'static [&'static [&'static [u8]]],
    /// If several columns hold the same field, the first one with a value counts.
    pub(super) columns: &'static [Column],
    /// Columns that are not listed have the names of the Windows fields.
    pub(super) open: bool,
    /// Assigns the noted cells to the fields of a record of Windows, or returns why the row is none.
    pub(super) place: for<'r, 'a> fn(&'r mut Row<'a>, &'r mut Fields<'a>) -> Result<(), Skip>,
}

/// A column. The name is dotted if it stands in an object, and empty for cells that a CSV header does not name.
pub(super) struct Column {
    pub(super) name: &'static [u8],
    pub(super) holds: Holds,
}

/// What the cells of a column hold.
#[derive(Clone, Copy)]
pub(super) enum Holds {
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

/// Most columns of a table.
pub(super) const MOST: usize = 96;

impl Table {
    /// Whether a row with these columns is of this table.
    pub(super) fn fits(&self, has: impl Fn(&[u8]) -> bool) -> bool {
        self.marks.iter().any(|list| list.iter().all(|name| has(name)))
    }

    pub(super) fn slot(&self, name: &[u8]) -> Slot {
        match self.columns.iter().position(|column| column.name == name) {
            Some(column) => Slot::Column(column),
            None if self.open => field_named(name).map_or(Slot::None, Slot::FieldName),
            None => Slot::None,
        }
    }
}

/// The destination of a named value.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Column(usize),
    FieldName(FieldName),
    None,
}

/// A row that is being read.
pub(super) struct Row<'a> {
    table: &'static Table,
    cells: [Option<RawStr<'a>>; MOST],
    /// The buffer for unpacked text.
    pub(super) arena: Arena<'a>,
    /// Whether the row has data of the record.
    has_data: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'static Table, arena: Arena<'a>) -> Self {
        Self { table, cells: [None; MOST], arena, has_data: false }
    }

    /// The text of a column, still escaped.
    pub(super) fn cell(&self, name: &[u8]) -> Option<RawStr<'a>> {
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
    pub(super) fn bytes(&self, name: &[u8]) -> &'a [u8] {
        self.cell(name).map_or(&b""[..], |cell| cell.bytes)
    }

    /// Assigns columns to fields.
    pub(super) fn give(&self, fields: &mut Fields<'a>, columns: &[(&[u8], FieldName)]) {
        for (name, field) in columns {
            fields.set_if_none(Some(*field), self.cell(name));
        }
    }

    /// Two texts joined by a byte, or the second alone if there is no first.
    pub(super) fn joined(
        &mut self,
        head: Option<RawStr<'a>>,
        between: u8,
        tail: Option<RawStr<'a>>,
    ) -> Option<RawStr<'a>> {
        let (Some(head), Some(tail)) = (head, tail) else { return tail };
        let (head, tail) = (self.arena.plain(head)?, self.arena.plain(tail)?);
        self.arena.join(head, between, tail).map(plain)
    }

    /// Takes a cell with text. An empty one is ignored.
    pub(super) fn take(&mut self, slot: Slot, value: RawStr<'a>, fields: &mut Fields<'a>) {
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
            members(self, &mut reader, name, fields)?;
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
    pub(super) fn place(mut self, fields: &mut Fields<'a>) -> Result<(), Skip> {
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
pub(super) fn as_it_is(_: &mut Row<'_>, _: &mut Fields<'_>) -> Result<(), Skip> {
    Ok(())
}

pub(super) const fn field(name: &'static [u8], field: FieldName) -> Column {
    Column { name, holds: Holds::FieldName(field) }
}

pub(super) const fn noted(name: &'static [u8]) -> Column {
    Column { name, holds: Holds::Noted }
}

pub(super) const fn holds(name: &'static [u8], holds: Holds) -> Column {
    Column { name, holds }
}

/// The longest name of a column.
const LONGEST: usize = 80;

/// Reads the members of an object. They are columns whose names begin with the object's name.
pub(super) fn members<'a>(
    row: &mut Row<'a>,
    reader: &mut Reader<'a>,
    above: &[u8],
    fields: &mut Fields<'a>,
) -> Result<(), JsonError> {
    let mut at = [0; LONGEST];
    let Some(room) = at.get_mut(..above.len()) else { return reader.skip_container() };
    room.copy_from_slice(above);
    walk(row, reader, &mut at, above.len(), fields)
}

/// Reads the members of the object whose name is the first `end` bytes of `at`; 0 is the row itself.
fn walk<'a>(
    row: &mut Row<'a>,
    reader: &mut Reader<'a>,
    at: &mut [u8; LONGEST],
    end: usize,
    fields: &mut Fields<'a>,
) -> Result<(), JsonError> {
    let begin = if end == 0 { 0 } else { end + 1 };
    while let Some(key) = reader.next_key()? {
        if let Some(dot) = at.get_mut(end).filter(|_| end > 0) {
            *dot = b'.';
        }
        let until = begin + key.bytes.len();
        let Some(room) = at.get_mut(begin..until) else {
            reader.skip()?;
            continue;
        };
        room.copy_from_slice(key.bytes);
        let name = at.get(..until).unwrap_or_default();
        let slot = row.table.slot(name);
        match reader.value()? {
            Value::String(text) => row.take(slot, text, fields),
            Value::Number(text) => row.take(slot, plain(text), fields),
            Value::Bool(true) => row.take(slot, plain(b"true"), fields),
            Value::Bool(false) => row.take(slot, plain(b"false"), fields),
            Value::Null => {}
            Value::Array if matches!(row.holding(slot), Some(Holds::Values)) => {
                row.take(slot, plain(reader.array()?), fields);
            }
            Value::Array => {
                if let Some(text) = first(reader)? {
                    row.take(slot, text, fields);
                }
            }
            Value::Object => object(row, reader, slot, at, until, fields)?,
        }
    }
    Ok(())
}

/// Reads an object by what its column holds. An object that is no column is entered if columns are inside it.
fn object<'a>(
    row: &mut Row<'a>,
    reader: &mut Reader<'a>,
    slot: Slot,
    at: &mut [u8; LONGEST],
    end: usize,
    fields: &mut Fields<'a>,
) -> Result<(), JsonError> {
    match row.holding(slot) {
        Some(Holds::Data) => {
            row.has_data = true;
            data::read(reader, fields)
        }
        Some(Holds::Event) => {
            row.has_data = true;
            evtx::read(reader, fields).map(|_| ())
        }
        Some(Holds::Row) => walk(row, reader, at, 0, fields),
        Some(Holds::FieldName(_) | Holds::Noted | Holds::Values | Holds::Message) if !leads(row.table, at, end) => {
            if let Some(text) = data::value_of(reader)? {
                row.take(slot, text, fields);
            }
            Ok(())
        }
        _ if leads(row.table, at, end) => walk(row, reader, at, end, fields),
        _ => reader.skip_container(),
    }
}

/// Whether columns are inside the object whose name is the first `end` bytes of `at`.
fn leads(table: &Table, at: &[u8; LONGEST], end: usize) -> bool {
    let name = at.get(..end).unwrap_or_default();
    table.columns.iter().any(|column| column.name.get(end) == Some(&b'.') && column.name.starts_with(name))
}

/// The first text of a list.
fn first<'a>(reader: &mut Reader<'a>) -> Result<Option<RawStr<'a>>, JsonError> {
    let mut found = None;
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object | Value::Array => reader.skip_container()?,
            Value::String(text) => found = found.or(Some(text)),
            Value::Number(text) => found = found.or(Some(plain(text))),
            _ => {}
        }
    }
    Ok(found)
}
