//! Windows: evtx_dump, NXLog/Mordor flat and MaxPatrol JSON, Elastic Common Schema, event XML and text, and the tables
//! of SIEMs and tools in JSON and CSV.
//!
//! The reader of an envelope (`evtx`, `maxpatrol`, `flat`, `ecs`, `xml`, `text`, `tables`) fills the field table in one
//! pass over the record. `record` then makes an event of provider, id and fields with the parsers of `sysmon`,
//! `security`, `classic`, `operational`, `products` (endpoint products with tables of their own) and `sysmon_linux`.

mod classic;
mod clock;
mod ecs;
mod evtx;
mod fields;
mod flat;
mod maxpatrol;
mod message;
mod operational;
mod positions;
mod products;
mod record;
mod security;
mod sysmon;
mod sysmon_linux;
mod system;
mod tables;
mod text;
mod texts;
mod times;
mod values;
mod xml;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use self::clock::Drift;
use self::fields::{FieldName, Fields};
use self::record::Refusal;
use self::texts::Arena;
use super::json::{JsonError, RawStr, Reader, Value};
use super::lines::is_framing;
use super::received;
use super::{DecodeError, DecodeErrorKind, Decoder, Format, Record, Sink, Skip, Subject, SubjectName};

/// Where an event begins in a line of text.
pub(super) fn xml_begin(line: &[u8]) -> Option<usize> {
    xml::event_begin(line)
}

/// Whether an event in XML begins in a line.
pub(super) fn is_xml(line: &[u8]) -> bool {
    xml::event_begin(line).is_some()
}

/// Whether a record in text form begins in a line.
pub(super) fn is_text(line: &[u8]) -> bool {
    text::is_begin(line)
}

/// Whether a line is the CSV header of a known table.
pub(super) fn is_csv_header(line: &[u8]) -> bool {
    tables::is_header(line)
}

/// A decoder for one of the formats of Windows records.
pub(super) fn decoder(format: Format) -> Box<dyn Decoder> {
    let read = match format {
        Format::WindowsXml => return xml::decoder(),
        Format::WindowsText => return text::decoder(),
        Format::Csv => return tables::csv_decoder(),
        Format::EcsJson => ecs::read,
        Format::EvtxJson => evtx::read,
        Format::MaxPatrolJson => maxpatrol::read,
        other => match tables::json_decoder(other) {
            Some(decoder) => return decoder,
            None => flat::read,
        },
    };
    Box::new(Windows { read, buffer: Vec::new(), drift: Drift::default(), received: Vec::new(), time: String::new() })
}

/// Reads the members of a record's outermost object into the field table. Returns `false` as soon as the record turns
/// out to be of no interest.
type Read = for<'a> fn(&mut Reader<'a>, &mut Fields<'a>) -> Result<bool, JsonError>;

/// The decoder of every format that is one JSON object; the formats differ only in `read`.
struct Windows {
    read: Read,
    buffer: Vec<u8>,
    drift: Drift,
    /// The time at which the wrapper says the next record was received; empty if it does not say.
    received: Vec<u8>,
    /// That time as text.
    time: String,
}

impl Decoder for Windows {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.bytes.iter().all(u8::is_ascii_whitespace) {
            return sink.skipped(record.number, Skip::Blank);
        }
        let received = core::mem::take(&mut self.received);
        self.decode(record, &received, sink);
        self.received = received;
        self.received.clear();
    }

    fn received(&mut self, time: &[u8]) {
        self.received.clear();
        self.received.extend_from_slice(time);
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.buffer.capacity() + self.received.capacity() + self.time.capacity()
    }
}

impl Windows {
    /// Reads a record that is not blank; `received` is the time of its wrapper.
    fn decode(&mut self, record: Record<'_>, received: &[u8], sink: &mut dyn Sink) {
        let error = |kind, at: usize| DecodeError {
            kind,
            record: record.number,
            offset: record.offset.saturating_add(at as u64),
            field: None,
        };
        let mut fields = Fields::default();
        let bytes = without_mark(record.bytes);
        match read_whole(self.read, bytes, &mut fields) {
            Ok(true) => {}
            Ok(false) => return tell_skipped(record.number, Skip::NotOfInterest, &fields, sink),
            Err(_) if is_framing(bytes) => return sink.skipped(record.number, Skip::Framing),
            Err(JsonError { offset, too_deep }) => {
                let kind = if too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed };
                return sink.error(error(kind, record.bytes.len() - bytes.len() + offset));
            }
        }
        // It is used only if the record has no time of shipping itself.
        let has_time = [FieldName::SystemTime, FieldName::ShippedTime].iter().any(|time| fields.get(*time).is_some());
        if !has_time && let Some(time) = received::time(received) {
            self.time.clear();
            let _ = write!(self.time, "{time}");
            fields.set(FieldName::ShippedTime, RawStr { bytes: self.time.as_bytes(), escaped: false });
        }
        finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink);
    }
}

/// Makes the event of a record whose fields were read, or reports why there is none.
fn finish_record<'a>(
    fields: &mut Fields<'a>,
    buffer: &'a mut Vec<u8>,
    drift: &mut Drift,
    record: Record<'_>,
    sink: &mut dyn Sink,
) {
    let arena = Arena::new(buffer, record.bytes.len());
    match record::make(fields, arena, drift) {
        Ok(mut event) => {
            event.record = record.number;
            sink.event(&event);
        }
        Err(Refusal::Skip(why)) => tell_skipped(record.number, why, fields, sink),
        Err(Refusal::Fault(fault)) => {
            let (kind, field) = (fault.kind, Some(fault.field));
            sink.error(DecodeError { kind, record: record.number, offset: record.offset, field });
        }
    }
}

/// Reports why a record gave no event; for a record of no interest, with its source and id.
fn tell_skipped(record: u64, why: Skip, fields: &Fields<'_>, sink: &mut dyn Sink) {
    let source = fields.bytes(FieldName::Provider).or(fields.bytes(FieldName::Channel));
    let id = fields.bytes(FieldName::EventId);
    if why != Skip::NotOfInterest || source.or(id).is_none() {
        return sink.skipped(record, why);
    }
    let name = SubjectName::Text(id.unwrap_or_default());
    sink.ignored(record, Subject { source: source.unwrap_or_default(), name });
}

/// Reads one record, which must be a single object.
fn read_whole<'a>(read: Read, record: &'a [u8], fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    let mut reader = Reader::new(record);
    if reader.value()? != Value::Object {
        return Err(JsonError { offset: 0, too_deep: false });
    }
    let wanted = read(&mut reader, fields)?;
    if wanted && !reader.at_end() {
        return Err(JsonError { offset: reader.offset(), too_deep: false });
    }
    Ok(wanted)
}

/// The record without a byte order mark.
fn without_mark(record: &[u8]) -> &[u8] {
    record.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(record)
}
