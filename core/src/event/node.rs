//! What events are read from: a value whose shape shows only when it is read, of JSON or of a row of a table.

use serde_json::Value;

use super::error::EventError;
use super::text::Text;

/// A value without members.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// There is none.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number; as a time, nanoseconds since 1970.
    Int(i64),
    /// A whole number beyond `i64`.
    Uint(u64),
    /// A text.
    Text(Text<'a>),
    /// Something of which no member of an event is made.
    Other,
}

/// A value with or without members.
pub(crate) trait Node<'a>: Copy {
    /// No value, in place of this one.
    fn null(self) -> Self;
    /// Whether there is no value.
    fn is_null(self) -> bool;
    /// The value, if it has no members.
    fn cell(self) -> Cell<'a>;
    /// Refuses a value that is no object, and one with other members than these.
    fn check(self, names: &[&str]) -> Result<(), EventError>;
    /// A member by its name, and by the place of its name among those that were checked.
    fn member(self, place: usize, name: &str) -> Option<Self>;
    /// The name and value of the only member of an object.
    fn only_member(&self) -> Option<(&str, Self)>;
}

impl<'a> Node<'a> for &'a Value {
    fn null(self) -> Self {
        &Value::Null
    }

    fn is_null(self) -> bool {
        Value::is_null(self)
    }

    fn cell(self) -> Cell<'a> {
        match self {
            Value::Null => Cell::Null,
            Value::Bool(truth) => Cell::Bool(*truth),
            Value::String(text) => Cell::Text(text.as_bytes()),
            _ => match (self.as_i64(), self.as_u64()) {
                (Some(number), _) => Cell::Int(number),
                (_, Some(number)) => Cell::Uint(number),
                _ => Cell::Other,
            },
        }
    }

    fn check(self, names: &[&str]) -> Result<(), EventError> {
        match self {
            Value::Null => Ok(()),
            Value::Object(members) => match members.keys().find(|name| !names.contains(&name.as_str())) {
                Some(unknown) => Err(EventError::unknown().at(unknown)),
                None => Ok(()),
            },
            _ => Err(EventError::no_object()),
        }
    }

    fn member(self, _: usize, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    fn only_member(&self) -> Option<(&str, Self)> {
        let members = self.as_object().filter(|members| members.len() == 1)?;
        members.iter().next().map(|(name, value)| (name.as_str(), value))
    }
}
