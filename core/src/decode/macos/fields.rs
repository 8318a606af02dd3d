//! Small readers shared by the decoders of this platform.

use core::str::FromStr;

use crate::decode::json::{JsonError, Reader, Value};
use crate::decode::{DecodeErrorKind, Record, Sink};
use crate::event::ProcessRef;
use crate::time::Timestamp;

pub(super) use crate::decode::members::{
    Lost, assigned, faulty, malformed, members, number, parse, process_id, scalar, text,
};

/// Sets the image of process 1, which on macOS is always launchd.
pub(crate) fn name_launchd(process: &mut ProcessRef<'_>) {
    if process.pid == Some(1) && process.image.is_none() {
        process.image = Some(b"/sbin/launchd");
    }
}

/// The part of `text` after `marker`.
pub(super) fn after<'a>(text: &'a [u8], marker: &[u8]) -> Option<&'a [u8]> {
    memchr::memmem::find(text, marker).map(|at| &text[at + marker.len()..])
}

/// The part of `text` before the first of `ends`, or all of it.
pub(crate) fn until<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text.iter().position(|b| ends.contains(b)).unwrap_or(text.len());
    &text[..end]
}

/// The integer at the beginning of `text`, with its sign.
pub(super) fn leading_number<T: FromStr>(text: &[u8]) -> Option<T> {
    let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    parse(text.get(..=digits)?)
}

/// Parses the time of a record, or reports that it is missing or invalid.
pub(super) fn time_of(
    text: Option<&[u8]>,
    field: &'static str,
    record: &Record<'_>,
    sink: &mut dyn Sink,
) -> Option<Timestamp> {
    let kind = if text.is_some() { DecodeErrorKind::BadValue } else { DecodeErrorKind::Missing };
    let time = text.and_then(Timestamp::parse);
    if time.is_none() {
        sink.error(faulty(record, kind, field));
    }
    time
}

/// The next value as a time: a number of seconds with a fraction, or a text.
pub(super) fn stamp(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, JsonError> {
    Ok(match scalar(reader)? {
        Value::Number(text) => {
            Timestamp::parse_unix(text).or_else(|| leading_number(text).map(|s| Timestamp::from_unix(s, 0)))
        }
        Value::String(text) => Timestamp::parse(text.bytes),
        _ => None,
    })
}
