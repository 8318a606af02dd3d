//! A JSON document for people's own files (catalog, policy): members keep their order, doubled members are refused,
//! and every complaint names the JSON path.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A complaint about a document: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) what: String,
}

/// A JSON value. There are no fractions: no file of ours has any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Value {
    /// Parses a document; nesting is bounded by the parser.
    pub(crate) fn parse(text: &[u8], path: &str) -> Result<Self, Fault> {
        serde_json::from_slice(text).map_err(|e| Fault { path: path.into(), what: e.to_string() })
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON without fractions")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Number(value))
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
                i64::try_from(value).map(Value::Number).map_err(|_| E::custom("number is too large"))
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = from.next_element()? {
                    list.push(item);
                }
                Ok(Value::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = from.next_entry::<String, Value>()? {
                    if members.iter().any(|(n, _)| *n == name) {
                        return Err(A::Error::custom(format_args!("`{name}` stands twice")));
                    }
                    members.push((name, value));
                }
                Ok(Value::Object(members))
            }
        }
        from.deserialize_any(Any)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The root of a document, under a name of its own or none.
    pub(crate) fn root(value: &'a Value, path: &str) -> Self {
        Self { value, path: path.into() }
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A complaint about this value.
    pub(crate) fn fault(&self, what: impl fmt::Display) -> Fault {
        Fault { path: self.path.clone(), what: what.to_string() }
    }

    fn wanted(&self, what: &str) -> Fault {
        self.fault(format_args!("should be {what}, is {}", self.value.kind()))
    }

    fn child(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value, path }
    }

    /// The members of an object in their order.
    pub(crate) fn members(&self) -> Result<Vec<(&'a str, Self)>, Fault> {
        match self.value {
            Value::Object(members) => Ok(members.iter().map(|(n, v)| (n.as_str(), self.child(n, v))).collect()),
            _ => Err(self.wanted("an object")),
        }
    }

    /// This object, once it is known to have no members but these.
    pub(crate) fn only(self, names: &[&str]) -> Result<Self, Fault> {
        for (name, member) in self.members()? {
            if !names.contains(&name) {
                return Err(member.fault(format_args!("unknown; known here: {}", names.join(", "))));
            }
        }
        Ok(self)
    }

    /// A member, if it is there.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        match self.value {
            Value::Object(members) => members.iter().find(|(n, _)| n == name).map(|(n, v)| self.child(n, v)),
            _ => None,
        }
    }

    /// A member that has to be there.
    pub(crate) fn need(&self, name: &str) -> Result<Self, Fault> {
        self.get(name).ok_or_else(|| self.fault(format_args!("`{name}` is missing")))
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Result<Vec<Self>, Fault> {
        match self.value {
            Value::List(items) => Ok(self.number(items)),
            _ => Err(self.wanted("a list")),
        }
    }

    /// The items of a list, or the value itself as the only one.
    pub(crate) fn one_or_more(&self) -> Vec<Self> {
        match self.value {
            Value::List(items) => self.number(items),
            _ => alloc::vec![self.clone()],
        }
    }

    fn number(&self, items: &'a [Value]) -> Vec<Self> {
        let numbered = items.iter().enumerate();
        numbered.map(|(i, value)| Self { value, path: format!("{}[{i}]", self.path) }).collect()
    }

    /// Whether this is an object.
    pub(crate) const fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<&'a str, Fault> {
        match self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wanted("a text")),
        }
    }

    /// A text that says something.
    pub(crate) fn words(&self) -> Result<&'a str, Fault> {
        match self.text()? {
            "" => Err(self.fault("is empty")),
            text => Ok(text),
        }
    }

    /// A list of texts (or one), none of them empty.
    pub(crate) fn texts(&self) -> Result<Vec<String>, Fault> {
        self.one_or_more().iter().map(|n| n.words().map(str::to_owned)).collect()
    }

    /// True or false.
    pub(crate) fn flag(&self) -> Result<bool, Fault> {
        match self.value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.wanted("true or false")),
        }
    }

    /// A whole number; masks may be written as `"0x20"`.
    pub(crate) fn integer(&self) -> Result<i64, Fault> {
        let hex = |text: &str| i64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        match self.value {
            Value::Number(n) => Ok(*n),
            Value::Text(text) => hex(text).ok_or_else(|| self.wanted("a number")),
            _ => Err(self.wanted("a number")),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn within(&self, least: u16, most: u16) -> Result<u16, Fault> {
        let n = self.integer()?;
        match u16::try_from(n) {
            Ok(n) if (least..=most).contains(&n) => Ok(n),
            _ => Err(self.fault(format_args!("{n} is not within {least} and {most}"))),
        }
    }

    /// One of a list of names.
    pub(crate) fn named<T: Copy>(&self, what: &str, names: &[(&str, T)]) -> Result<T, Fault> {
        let name = self.text()?;
        let found = names.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        found.ok_or_else(|| self.fault(format_args!("`{name}` is no {what}")))
    }
}
