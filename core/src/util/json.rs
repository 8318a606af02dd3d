//! Values as JSON.

use alloc::string::String;

use serde::Serialize;

/// A value as one line of JSON. It owns plain data, so that nothing can fail.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
