//! Small readers shared by the decoders of this platform.

use core::str::FromStr;

use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::{DecodeError, DecodeErrorKind, Record};
use crate::event::ProcessRef;

/// Walks an object; `member` must consume the value of every key it is given. `false` when the value is no object.
pub(super) fn members<'a>(
    reader: &mut Reader<'a>,
    mut member: impl FnMut(&mut Reader<'a>, &'a [u8]) -> Result<(), JsonError>,
) -> Result<bool, JsonError> {
    match reader.value()? {
        Value::Object => {}
        Value::Array => return reader.skip_container().map(|()| false),
        _ => return Ok(false),
    }
    while let Some(key) = reader.next_key()? {
        member(reader, key.bytes)?;
    }
    Ok(true)
}

/// The next value; a container is skipped and reads as `Null`.
pub(super) fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, JsonError> {
    match reader.value()? {
        Value::Object | Value::Array => reader.skip_container().map(|()| Value::Null),
        value => Ok(value),
    }
}

/// The next value as text.
pub(super) fn text(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Span, JsonError> {
    Ok(scalar(reader)?.text(scratch).unwrap_or(Span::NONE))
}

/// The next value as a number, which may stand in quotes.
pub(super) fn number<T: FromStr>(reader: &mut Reader<'_>) -> Result<Option<T>, JsonError> {
    Ok(match scalar(reader)? {
        Value::Number(text) => parse(text),
        Value::String(text) => parse(text.bytes),
        _ => None,
    })
}

/// A number in decimal.
pub(super) fn parse<T: FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// An id where all bits set means "none" (login user, audit session).
pub(super) const fn assigned(id: Option<u32>) -> Option<u32> {
    match id {
        Some(u32::MAX) => None,
        id => id,
    }
}

/// Names the first process of a Mac, which is launchd whether or not a record says so.
pub(super) fn name_launchd(process: &mut ProcessRef<'_>) {
    if process.pid == Some(1) && process.image.is_none() {
        process.image = Some(b"/sbin/launchd");
    }
}

/// The part of `text` after `marker`.
pub(super) fn after<'a>(text: &'a [u8], marker: &[u8]) -> Option<&'a [u8]> {
    memchr::memmem::find(text, marker).map(|at| &text[at + marker.len()..])
}

/// The part of `text` before the first of `ends`, or all of it.
pub(super) fn until<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text.iter().position(|b| ends.contains(b)).unwrap_or(text.len());
    &text[..end]
}

/// The whole number at the start of `text`, with its sign.
pub(super) fn leading_number<T: FromStr>(text: &[u8]) -> Option<T> {
    let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    parse(text.get(..=digits)?)
}

/// JSON that could not be read.
pub(super) fn malformed(record: &Record<'_>, fault: JsonError) -> DecodeError {
    let kind = if fault.too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed };
    DecodeError { kind, record: record.number, offset: record.offset + fault.offset as u64, field: None }
}

/// A fault of one field of the record.
pub(super) fn faulty(record: &Record<'_>, kind: DecodeErrorKind, field: &'static str) -> DecodeError {
    DecodeError { kind, record: record.number, offset: record.offset, field: Some(field) }
}
