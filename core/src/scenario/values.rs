//! Words and numbers of scenario data.

use alloc::string::String;

use serde_json::Value;

/// A number, or one in a text that a variant filled in.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// The value of that name, in any case.
pub(super) fn named<T: Copy>(source: &Value, all: &[T], name: impl Fn(T) -> &'static str) -> Result<Option<T>, String> {
    let Some(text) = source.as_str() else { return Ok(None) };
    let found = all.iter().copied().find(|v| name(*v).eq_ignore_ascii_case(text));
    found.map(Some).ok_or_else(|| alloc::format!("`{text}` is no name here"))
}
