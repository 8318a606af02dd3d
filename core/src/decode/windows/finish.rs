//! The end of every envelope: the event of a record whose fields were read, or why there is none.

use alloc::vec::Vec;

use super::super::{DecodeError, Record, Sink, Skip, Subject, SubjectName};
use super::clock::Drift;
use super::fields::{FieldName, Fields};
use super::record::{self, Refusal};
use super::texts::Arena;

/// Makes the event of a record whose fields were read, or says why there is none.
pub(super) fn finish_record<'a>(
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

/// Says why a record gave no event, and of one of no interest what it was.
pub(super) fn tell_skipped(record: u64, why: Skip, fields: &Fields<'_>, sink: &mut dyn Sink) {
    let source = fields.bytes(FieldName::Provider).or(fields.bytes(FieldName::Channel));
    let id = fields.bytes(FieldName::EventId);
    if why != Skip::NotOfInterest || source.or(id).is_none() {
        return sink.skipped(record, why);
    }
    let name = SubjectName::Text(id.unwrap_or_default());
    sink.ignored(record, Subject { source: source.unwrap_or_default(), name });
}

/// The record without the byte order mark that a file may begin with.
pub(super) fn without_mark(record: &[u8]) -> &[u8] {
    record.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(record)
}
