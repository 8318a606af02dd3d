//! Parses the time at which a wrapper states that it received a record.

use super::json::{RawStr, Reader, Value};
use super::members::parse;
use crate::time::Timestamp;

/// Reads a JSON value that is a time: a text, or a number of seconds, milliseconds, microseconds or nanoseconds, which
/// may be quoted.
pub(super) fn time(value: &[u8]) -> Option<Timestamp> {
    let text = match Reader::new(value).value().ok()? {
        Value::String(RawStr { bytes, escaped: false }) | Value::Number(bytes) => bytes,
        _ => return None,
    };
    let (whole, fraction) = text.split_at(text.iter().position(|&b| b == b'.').unwrap_or(text.len()));
    let scale = match whole.len() {
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return Timestamp::parse_unix(text).or_else(|| Timestamp::parse(text)),
    };
    let number = fraction.is_empty().then(|| parse::<i64>(whole)).flatten();
    number.and_then(|n| n.checked_mul(scale)).map(Timestamp).or_else(|| Timestamp::parse(text))
}
