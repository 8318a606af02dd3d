//! The builtin behaviors as JSON, for tests that change them.

use std::collections::BTreeMap;
use std::fmt;

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::_internal_test_exports::Behavior;
use ipcsentry::Catalog;
use ipcsentry::rules::builtin_texts;
use serde_json::{Value, json};

/// A clause in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseText {
    /// The class of its evidence, and its weight.
    pub class: String,
    /// The kinds of events it looks at.
    pub events: String,
    /// What follows them, each with the word it begins with: `at`, `bind` …
    pub parts: BTreeMap<String, String>,
    /// What has to hold.
    pub condition: Option<String>,
}

impl ClauseText {
    /// Takes a clause apart: a text, a list of its lines, or an object with such a `match`.
    ///
    /// # Panics
    /// If it is none of these.
    #[must_use]
    pub fn of(clause: &Value) -> Self {
        let text = match clause {
            Value::Array(lines) => {
                lines.iter().map(|line| line.as_str().expect("a line")).collect::<Vec<_>>().join(" ")
            }
            Value::Object(members) => return Self::of(&members["match"]),
            text => text.as_str().expect("a text").to_owned(),
        };
        let (head, condition) = match text.split_once(" where ") {
            Some((head, condition)) => (head, Some(condition.to_owned())),
            None => (&*text, None),
        };
        let (class, rest) = head.split_once(':').expect("a class of evidence");
        let mut clause = Self { class: class.to_owned(), events: String::new(), parts: BTreeMap::new(), condition };
        let (mut part, mut before) = (None, "");
        for word in rest.split_whitespace() {
            // A clause may have the name of a part: `after bind`.
            let is_name = ["after", "like", "or"].contains(&before);
            before = word;
            if !is_name && ["at", "bind", "count", "after", "memory"].contains(&word) {
                part = Some(clause.parts.entry(word.to_owned()).or_default());
                continue;
            }
            let into = part.as_deref_mut().unwrap_or(&mut clause.events);
            let between = if into.is_empty() { "" } else { " " };
            into.push_str(between);
            into.push_str(word);
        }
        clause
    }

    /// The clause with what it takes over from another one written out.
    fn over(self, other: &Self) -> Self {
        let mut parts = other.parts.clone();
        parts.extend(self.parts);
        let condition = match (&other.condition, self.condition) {
            (Some(theirs), Some(own)) => Some(format!("({theirs}) and ({own})")),
            (theirs, own) => own.or_else(|| theirs.clone()),
        };
        Self { class: self.class, events: other.events.clone(), parts, condition }
    }
}

impl fmt::Display for ClauseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.events)?;
        self.parts.iter().try_for_each(|(word, part)| write!(f, " {word} {part}"))?;
        self.condition.iter().try_for_each(|condition| write!(f, " where {condition}"))
    }
}

/// Every builtin behavior. Clauses lose their order here, so what goes by it is written out.
#[must_use]
pub fn behaviors() -> Vec<Value> {
    let catalog = Catalog::builtin();
    let read = |(name, text): &(&str, String)| {
        let mut behavior = json_of(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let code = behavior["code"].as_str().expect("a code");
        let compiled = internal::behaviors(&catalog).iter().find(|b| b.code == code).expect("it is compiled");
        behavior["initiator"] = json!(initiators(compiled));
        // In their own order: what a clause takes over stands before it.
        let mut clauses: BTreeMap<&str, ClauseText> = BTreeMap::new();
        for clause in &compiled.clauses {
            let own = ClauseText::of(&behavior["clauses"][&clause.name]);
            let whole = match own.events.strip_prefix("like ") {
                Some(other) => own.clone().over(&clauses[other]),
                None => own,
            };
            clauses.insert(&clause.name, whole);
        }
        let texts = clauses.into_iter().map(|(name, clause)| (name.to_owned(), json!(clause.to_string())));
        behavior["clauses"] = Value::Object(texts.collect());
        behavior
    };
    builtin_texts().iter().map(read).collect()
}

fn initiators(behavior: &Behavior) -> Vec<String> {
    let named = behavior.initiator.iter();
    named.map(|n| [if n.behind { "behind " } else { "" }, &behavior.roles[usize::from(n.role)]].concat()).collect()
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
