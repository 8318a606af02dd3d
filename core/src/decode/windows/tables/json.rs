//! Rows in JSON, one object per record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::clock::Drift;
use super::super::fields::Fields;
use super::super::texts::Arena;
use super::super::{evtx, finish_record, tell_skipped, without_mark};
use super::{Holds, Row, Slot, Table, data, plain};
use crate::decode::json::{JsonError, RawStr, Reader, Value};
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Format, Record, Sink, Skip};

/// A decoder of rows of that format.
pub(in super::super) fn decoder(format: Format) -> Option<Box<dyn Decoder>> {
    let table = Table::of(format)?;
    Some(Box::new(Rows { table, unpacked: Vec::new(), buffer: Vec::new(), drift: Drift::default() }))
}

struct Rows {
    table: &'static Table,
    /// The buffer for data that are packed into one member.
    unpacked: Vec<u8>,
    buffer: Vec<u8>,
    drift: Drift,
}

impl Decoder for Rows {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let bytes = without_mark(record.bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return sink.skipped(record.number, Skip::Blank);
        }
        let mut fields = Fields::default();
        let row = Row::new(self.table, Arena::new(&mut self.unpacked, bytes.len()));
        match whole(row, bytes, &mut fields) {
            Ok(Ok(())) => finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink),
            Ok(Err(why)) => tell_skipped(record.number, why, &fields, sink),
            Err(JsonError { offset, too_deep }) => sink.error(DecodeError {
                kind: if too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed },
                record: record.number,
                offset: record.offset.saturating_add((record.bytes.len() - bytes.len() + offset) as u64),
                field: None,
            }),
        }
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.unpacked.capacity() + self.buffer.capacity()
    }
}

/// Reads one row, which must be a single object. The inner error says why the row is no record.
fn whole<'a>(mut row: Row<'a>, record: &'a [u8], fields: &mut Fields<'a>) -> Result<Result<(), Skip>, JsonError> {
    let mut reader = Reader::new(record);
    if reader.value()? != Value::Object {
        return Err(JsonError { offset: 0, too_deep: false });
    }
    members(&mut row, &mut reader, b"", fields)?;
    if !reader.at_end() {
        return Err(JsonError { offset: reader.offset(), too_deep: false });
    }
    Ok(row.place(fields))
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
