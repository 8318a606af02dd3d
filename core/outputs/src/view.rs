//! Reading of alerts: what is absent is `None` or empty.

use alloc::string::{String, ToString};

use serde_json::{Map, Value};

/// A text of an object; `None` if it is absent or empty.
pub(crate) fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of[name].as_str().filter(|text| !text.is_empty())
}

/// A text of an object; empty if it is absent.
pub(crate) fn word<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    list(of, name).iter().filter_map(Value::as_str)
}

/// A list of an object; empty if it is absent.
pub(crate) fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], |list| list.as_slice())
}

/// A member of an object, if it is an object.
pub(crate) fn object<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    Some(&of[name]).filter(|value| value.is_object())
}

/// The last part of a path of any platform.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// Confidence in hundredths; an alert has it as a number from 0 to 1.
pub(crate) fn percent(of: &Value) -> u64 {
    let confidence = of["confidence"].as_f64().unwrap_or_default().clamp(0.0, 1.0);
    // Rounding without the standard library: the number is not negative.
    (confidence * 100.0 + 0.5) as u64
}

/// The user of Windows without its domain, and the domain.
pub(crate) fn account(user: &str) -> (&str, Option<&str>) {
    match user.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => (name, Some(domain)),
        _ => (user, None),
    }
}

/// The number of a user that is known by number alone, as `uid=501`.
pub(crate) fn number(user: &str) -> Option<&str> {
    user.strip_prefix("uid=")
}

/// The hashes of an image by algorithm in lower case. A sensor writes `SHA256=…,MD5=…`, or one hash without a name.
pub(crate) fn hashes(process: &Value) -> impl Iterator<Item = (&'static str, String)> {
    word(process, "hash").split([',', ';', ' ']).filter_map(|part| {
        let (name, digits) = part.rsplit_once(['=', ':']).unwrap_or(("", part));
        let algorithm = match (digits.len(), name.to_ascii_lowercase().as_str()) {
            (32, "" | "md5") => "md5",
            (40, "" | "sha1") => "sha1",
            (64, "" | "sha256") => "sha256",
            _ => return None,
        };
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| (algorithm, digits.to_ascii_lowercase()))
    })
}

/// The platform that an analytic is of.
pub(crate) fn platform(alert: &Value) -> Option<&'static str> {
    match word(alert, "analytic") {
        "AN1357" => Some("windows"),
        "AN1358" => Some("linux"),
        "AN1359" => Some("macos"),
        _ => None,
    }
}

/// The process that an alert is about: what was executed or injected, else who acted, else who initiated it. The lineage of
/// an alert is that of the first two.
pub(crate) fn subject(alert: &Value) -> Option<&Value> {
    object(alert, "target").or_else(|| object(alert, "actor")).or_else(|| object(&alert["initiator"], "process"))
}

/// The parent of the subject.
pub(crate) fn parent(alert: &Value) -> Option<&Value> {
    let first = list(alert, "lineage").first()?;
    let is_known = object(alert, "target").or_else(|| object(alert, "actor")).is_some();
    (is_known && first["edge"] == "parent").then(|| object(first, "process")).flatten()
}

/// An object of JSON that is built member by member.
#[derive(Default)]
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// Sets a member, unless the value is null, or an empty text, list or object.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(name.to_string(), value);
        }
        self
    }

    /// The object; its members are in order of name, whatever order maps of JSON keep.
    pub(crate) fn done(self) -> Value {
        let mut value = Value::Object(self.0);
        value.sort_all_objects();
        value
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hashes_are_told_apart_by_name_and_length() {
        let digits = |n: usize| "aB".repeat(n / 2);
        let process =
            json!({ "hash": alloc::format!("SHA1={},MD5={},IMPHASH={}", digits(40), digits(32), digits(32)) });
        let found: alloc::vec::Vec<_> = hashes(&process).collect();
        assert_eq!(found, [("sha1", "ab".repeat(20)), ("md5", "ab".repeat(16))]);
        let bare = json!({ "hash": digits(64) });
        assert_eq!(hashes(&bare).next(), Some(("sha256", "ab".repeat(32))));
        assert_eq!(hashes(&json!({ "hash": "SHA256=zz" })).count(), 0);
    }

    #[test]
    fn a_user_has_a_domain_only_on_windows() {
        assert_eq!(account("CORP\\ida"), ("ida", Some("CORP")));
        assert_eq!(account("uid=501"), ("uid=501", None));
        assert_eq!(account("\\ida"), ("\\ida", None));
    }
}
