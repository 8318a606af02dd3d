//! Texts that more than one format needs.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::event::Text;
use crate::time::{MILLISECOND, SECOND, Timestamp};

/// A text as it goes into JSON.
pub(super) fn string(text: Text<'_>) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// A text as a JSON value; `null` when there is none.
pub(super) fn json(text: Option<Text<'_>>) -> Value {
    text.map_or(Value::Null, |t| Value::String(string(t)))
}

/// The last part of a path.
pub(super) fn base(path: Text<'_>) -> Text<'_> {
    path.rsplit(|&b| b == b'/').next().unwrap_or(path)
}

/// `2025-03-03`, `T`, `09:12:00.123`, `Z` with the given marks and decimals (at most 9).
pub(super) fn time(time: Timestamp, between: char, decimals: usize, zone: &str) -> String {
    let text = time.to_string();
    let end = 20 + decimals.min(9);
    format!("{}{between}{}{zone}", text.get(..10).unwrap_or_default(), text.get(11..end).unwrap_or_default())
}

/// Seconds and milliseconds since the epoch.
pub(super) fn unix(time: Timestamp) -> (i64, i64) {
    (time.nanos().div_euclid(SECOND), time.nanos().rem_euclid(SECOND) / MILLISECOND)
}

/// Upper-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

/// One line of JSON without the members that are `null`.
pub(super) fn line(members: impl IntoIterator<Item = (&'static str, Value)>, out: &mut Vec<u8>) {
    out.extend_from_slice(object(members).to_string().as_bytes());
    out.push(b'\n');
}

/// An object without the members that are `null`.
pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let kept = members.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.to_string(), v));
    Value::Object(kept.collect::<Map<_, _>>())
}
