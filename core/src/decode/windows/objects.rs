//! The decoder of records that are one JSON object each.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::super::frame::is_framing;
use super::super::json::{JsonError, RawStr, Reader, Value};
use super::super::received;
use super::super::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use super::clock::Drift;
use super::fields::{FieldName, Fields};
use super::finish::{finish_record, report_skipped, without_mark};
use super::member_order::MemberOrders;
use crate::decode::resume::Resumable;
use crate::util::saved::restored;

/// A decoder of records whose members `read` reads.
pub(super) fn decoder(read: Read) -> Box<dyn Resumable> {
    Box::new(Objects {
        read,
        buffer: Vec::new(),
        orders: MemberOrders::default(),
        drift: Drift::default(),
        received: Vec::new(),
        time: String::new(),
    })
}

/// Reads the members of a record's outermost object into the field table. Returns `false` as soon as the record turns
/// out to be of no interest.
pub(super) type Read = for<'a> fn(&mut Reader<'a>, &mut Fields<'a>) -> Result<bool, JsonError>;

/// The decoder of every format that is one JSON object; the formats differ only in `read`.
struct Objects {
    read: Read,
    buffer: Vec<u8>,
    orders: MemberOrders,
    drift: Drift,
    /// The time at which the wrapper says the next record was received; empty if it does not say.
    received: Vec<u8>,
    /// That time as text.
    time: String,
}

impl Decoder for Objects {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.bytes.iter().all(u8::is_ascii_whitespace) {
            return sink.skipped(record.number, Skip::Blank);
        }
        let bytes = without_mark(record.bytes);
        match self.decode(Reader::new(bytes), record, sink) {
            Ok(()) => {}
            Err(_) if is_framing(bytes) => sink.skipped(record.number, Skip::Framing),
            Err(JsonError { offset, too_deep }) => {
                let kind = if too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed };
                let at = record.bytes.len() - bytes.len() + offset;
                let offset = record.offset.saturating_add(at as u64);
                sink.error(DecodeError { kind, record: record.number, offset, field: None });
            }
        }
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        self.decode(Reader::within(record.bytes, room), record, sink).is_ok()
    }

    fn received(&mut self, time: &[u8]) {
        self.received.clear();
        self.received.extend_from_slice(time);
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.buffer.capacity() + self.orders.bytes() + self.received.capacity() + self.time.capacity()
    }
}

impl Objects {
    /// Decodes a record that is not blank; passes on nothing if it is not well-formed.
    fn decode(&mut self, reader: Reader<'_>, record: Record<'_>, sink: &mut dyn Sink) -> Result<(), JsonError> {
        let received = core::mem::take(&mut self.received);
        let decoded = self.decode_received(reader, record, &received, sink);
        self.received = received;
        self.received.clear();
        decoded
    }

    /// Likewise; `received` is the time of the record's wrapper.
    fn decode_received(
        &mut self,
        reader: Reader<'_>,
        record: Record<'_>,
        received: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<(), JsonError> {
        let mut fields = Fields::default();
        fields.orders = core::mem::take(&mut self.orders);
        let read = read_whole(self.read, reader, &mut fields);
        self.orders = core::mem::take(&mut fields.orders);
        if !read? {
            report_skipped(record.number, Skip::NotOfInterest, &fields, sink);
            return Ok(());
        }
        // It is used only if the record has no time of shipping itself.
        let has_time = [FieldName::SystemTime, FieldName::ShippedTime].iter().any(|time| fields.get(*time).is_some());
        if !has_time && let Some(time) = received::time(received) {
            self.time.clear();
            let _ = write!(self.time, "{time}");
            fields.set(FieldName::ShippedTime, RawStr { bytes: self.time.as_bytes(), escaped: false });
        }
        finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink);
        Ok(())
    }
}

/// Reads one record, which must be a single object.
fn read_whole<'a>(read: Read, mut reader: Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    if reader.value()? != Value::Object {
        return Err(JsonError { offset: 0, too_deep: false });
    }
    let wanted = read(&mut reader, fields)?;
    if wanted && !reader.at_end() {
        return Err(JsonError { offset: reader.offset(), too_deep: false });
    }
    Ok(wanted)
}

restored!(Objects { drift, received } else { read, buffer, orders, time });
