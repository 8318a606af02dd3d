//! Rows in JSON, one object per record.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::clock::Drift;
use super::super::fields::Fields;
use super::super::finish::{finish_record, report_skipped, without_mark};
use super::super::texts::Arena;
use super::list;
use super::row::{Row, Table, members};
use crate::decode::json::{JsonError, Reader, Value};
use crate::decode::resume::Resumable;
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Format, Record, Sink, Skip};
use crate::util::saved::restored;

/// A decoder of rows of that format.
pub(super) fn decoder(format: Format) -> Option<Box<dyn Resumable>> {
    let table = list::of(format)?;
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
        if let Err(JsonError { offset, too_deep }) = self.decode(Reader::new(bytes), record, sink) {
            sink.error(DecodeError {
                kind: if too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed },
                record: record.number,
                offset: record.offset.saturating_add((record.bytes.len() - bytes.len() + offset) as u64),
                field: None,
            });
        }
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        self.decode(Reader::within(record.bytes, room), record, sink).is_ok()
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.unpacked.capacity() + self.buffer.capacity()
    }
}

impl Rows {
    /// Decodes a row that is not blank; passes on nothing if it is not well-formed.
    fn decode(&mut self, reader: Reader<'_>, record: Record<'_>, sink: &mut dyn Sink) -> Result<(), JsonError> {
        let mut fields = Fields::default();
        let row = Row::new(self.table, Arena::new(&mut self.unpacked, record.bytes.len()));
        match whole(row, reader, &mut fields)? {
            Ok(()) => finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink),
            Err(why) => report_skipped(record.number, why, &fields, sink),
        }
        Ok(())
    }
}

/// Reads one row, which must be a single object. The inner error says why the row is no record.
fn whole<'a>(mut row: Row<'a>, mut reader: Reader<'a>, fields: &mut Fields<'a>) -> Result<Result<(), Skip>, JsonError> {
    if reader.value()? != Value::Object {
        return Err(JsonError { offset: 0, too_deep: false });
    }
    members(&mut row, &mut reader, b"", fields)?;
    if !reader.at_end() {
        return Err(JsonError { offset: reader.offset(), too_deep: false });
    }
    Ok(row.place(fields))
}

restored!(Rows { drift } else { table, unpacked, buffer });
