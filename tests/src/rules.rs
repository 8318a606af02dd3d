//! The builtin behaviors as JSON, for tests that change them.

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::_internal_test_exports::Behavior;
use ipcsentry::Catalog;
use ipcsentry::rules::builtin_texts;
use serde_json::{Value, json};

/// Every builtin behavior. Clauses lose their order here, so what goes by it is written down.
#[must_use]
pub fn behaviors() -> Vec<Value> {
    let catalog = Catalog::builtin();
    let read = |(name, text): (&str, &str)| {
        let mut behavior = json_of(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let code = behavior["code"].as_str().expect("a code");
        let compiled = internal::behaviors(&catalog).iter().find(|b| b.code == code).expect("it is compiled");
        behavior["initiator"] = json!(initiators(compiled));
        behavior
    };
    builtin_texts().map(read).collect()
}

fn initiators(behavior: &Behavior) -> Vec<&str> {
    behavior.initiator.iter().map(|role| behavior.roles[usize::from(*role)].as_str()).collect()
}

/// JSON with comments and trailing commas as plain JSON.
///
/// # Errors
/// What is no JSON when they are gone.
pub fn json_of(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&plain(text))
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
                continue;
            }
            ']' | '}' => {
                let kept = plain.trim_end().trim_end_matches(',').len();
                plain.truncate(kept);
                1
            }
            _ => first.len_utf8(),
        };
        plain.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    plain
}

/// The length of a text with its quotes.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::json_of;

    #[test]
    fn comments_and_trailing_commas_go() {
        let text = "{ // x\n \"a//\": [1, /* , */ 2,\n], \"b\\\"\": \"/*, ]\",}";
        assert_eq!(json_of(text).expect("JSON").to_string(), r#"{"a//":[1,2],"b\"":"/*, ]"}"#);
    }
}
