//! What the readers of all envelopes share: the byte order mark before a record and the report after it.

use alloc::vec::Vec;

use super::super::{DecodeError, Record, Sink, Skip, Subject, SubjectName};
use super::clock::Drift;
use super::fault::Refusal;
use super::fields::{FieldName, Fields};
use super::record;
use super::texts::Arena;

/// Makes the event of a record whose fields were read, or reports why there is none.
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
        Err(Refusal::Skip(why)) => report_skipped(record.number, why, fields, sink),
        Err(Refusal::Fault(fault)) => {
            let (kind, field) = (fault.kind, Some(fault.field));
            sink.error(DecodeError { kind, record: record.number, offset: record.offset, field });
        }
    }
}

/// Reports why a record gave no event; for a record of no interest, with its source and id.
pub(super) fn report_skipped(record: u64, why: Skip, fields: &Fields<'_>, sink: &mut dyn Sink) {
    let source = fields.bytes(FieldName::Provider).or(fields.bytes(FieldName::Channel));
    let id = fields.bytes(FieldName::EventId);
    if why != Skip::NotOfInterest || source.or(id).is_none() {
        return sink.skipped(record, why);
    }
    let name = SubjectName::Text(id.unwrap_or_default());
    sink.ignored(record, Subject { source: source.unwrap_or_default(), name });
}

/// The record without a byte order mark.
pub(super) fn without_mark(record: &[u8]) -> &[u8] {
    record.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(record)
}
