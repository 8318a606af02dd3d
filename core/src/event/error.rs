//! Why JSON is no event.

use alloc::format;
use alloc::string::String;

/// Why a JSON value is no event, and where; see [`Event::from_json`](super::Event::from_json).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
#[non_exhaustive]
pub struct EventError {
    /// The path of the member, for example `actor.pid`.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

impl EventError {
    pub(super) fn new(what: &str) -> Self {
        Self { path: String::new(), what: what.into() }
    }

    pub(super) fn unknown() -> Self {
        Self::new("there is no such member")
    }

    pub(super) fn no_object() -> Self {
        Self::new("not an object")
    }

    pub(super) fn one_of(names: &[&str]) -> Self {
        Self { path: String::new(), what: format!("must be one of {}", names.join(", ")) }
    }

    /// The error, in a member of this name.
    pub(super) fn at(mut self, name: &str) -> Self {
        if self.path.is_empty() {
            self.path = name.into();
        } else {
            self.path = format!("{name}.{}", self.path);
        }
        self
    }
}
