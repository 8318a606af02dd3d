//! Writes the parts of an event as bytes and as JSON, and reads them back: a trait, and macros that implement it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::error::EventError;
use super::node::{Cell, Node};
use super::text::{Text, guid_bytes, guid_text};
use crate::time::Timestamp;
use crate::util::saved::Schema;

/// A value with a byte form.
pub(crate) trait Wire<'a>: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(from: &mut Reader<'a>) -> Option<Self>;
    /// The value as JSON, for people and tests. Objects leave out `Null`.
    fn json(&self) -> Value;
    /// Adds the byte form to a schema: snapshots hold events.
    fn form(schema: Schema) -> Schema;
    /// The value from what has the members of the JSON that [`json`](Self::json) writes, but that a time may be a number of
    /// nanoseconds. Null stands for an absent member.
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError>;
    /// A value with every detail there is, another one for each number that it draws.
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self;
}

/// Adds the byte form of a field; the closure says which one.
pub(crate) fn form_of<'a, S, T: Wire<'a>>(schema: Schema, _field: fn(&S) -> &T) -> Schema {
    T::form(schema)
}

/// The members of an object, or of no value.
#[derive(Clone, Copy)]
pub(crate) struct Members<N>(N);

impl<'a, N: Node<'a>> Members<N> {
    /// The members of an object that has no others than these.
    pub(crate) fn of(node: N, names: &[&str]) -> Result<Self, EventError> {
        node.check(names).map(|()| Self(node))
    }

    /// A member by its name, and by the place of its name among those of `of`.
    pub(crate) fn find(self, place: usize, name: &str) -> Option<N> {
        self.0.member(place, name)
    }

    /// The value of a member that was found; one that was not is read as null.
    pub(crate) fn read<T: Wire<'a>>(self, found: Option<N>, name: &str) -> Result<T, EventError> {
        T::parse(found.unwrap_or_else(|| self.0.null())).map_err(|error| error.at(name))
    }

    /// A member; an absent one is read as null.
    pub(crate) fn get<T: Wire<'a>>(self, place: usize, name: &str) -> Result<T, EventError> {
        self.read(self.find(place, name), name)
    }
}

/// Numbers for samples.
#[cfg(feature = "_internal_test_exports")]
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u32);

#[cfg(feature = "_internal_test_exports")]
impl Numbers {
    pub(crate) const fn from(first: u32) -> Self {
        Self(first)
    }

    pub(super) const fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(1);
        self.0
    }
}

/// An object of the members that are not empty.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().filter(|(_, v)| !is_empty(v)).map(|(k, v)| (String::from(k), v)).collect())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A cursor over encoded bytes.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// Steps over these bytes if they come next.
    pub(super) fn takes(&mut self, bytes: &[u8]) -> bool {
        let behind = self.0.strip_prefix(bytes);
        self.0 = behind.unwrap_or(self.0);
        behind.is_some()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }
}

macro_rules! wire_integer {
    ($($t:ty),*) => {$(
        impl<'a> Wire<'a> for $t {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn read(from: &mut Reader<'a>) -> Option<Self> {
                from.array().map(Self::from_le_bytes)
            }
            fn json(&self) -> Value {
                Value::from(*self)
            }
            fn form(schema: Schema) -> Schema {
                schema.word(stringify!($t))
            }
            fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
                let number = match node.cell() {
                    Cell::Null => return Ok(0),
                    Cell::Int(number) => number.try_into().ok(),
                    Cell::Uint(number) => number.try_into().ok(),
                    _ => return Err(EventError::new("not a whole number")),
                };
                number.ok_or_else(|| EventError::new("the number is out of range"))
            }
            #[cfg(feature = "_internal_test_exports")]
            fn sample(numbers: &mut Numbers) -> Self {
                numbers.next() as Self
            }
        }
    )*};
}
wire_integer!(u8, u16, u32, u64, i32, i64);

impl<'a> Wire<'a> for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(u8::read(from)? != 0)
    }
    fn json(&self) -> Value {
        Value::Bool(*self)
    }
    fn form(schema: Schema) -> Schema {
        schema.word("bool")
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        match node.cell() {
            Cell::Null => Ok(false),
            Cell::Bool(truth) => Ok(truth),
            _ => Err(EventError::new("not true or false")),
        }
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        numbers.next() & 1 == 0
    }
}

impl<'a> Wire<'a> for [u8; 16] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.array()
    }
    fn json(&self) -> Value {
        Value::String(guid_text(self))
    }
    fn form(schema: Schema) -> Schema {
        schema.word("guid")
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        let guid = match node.cell() {
            Cell::Text(text) => guid_bytes(text),
            _ => None,
        };
        guid.ok_or_else(|| EventError::new("not a GUID"))
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        core::array::from_fn(|_| numbers.next() as u8)
    }
}

impl<'a> Wire<'a> for Text<'a> {
    fn write(&self, out: &mut Vec<u8>) {
        let n = u32::try_from(self.len()).unwrap_or(u32::MAX);
        n.write(out);
        out.extend_from_slice(&self[..n as usize]);
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let n = u32::read(from)?;
        from.take(n as usize)
    }
    fn json(&self) -> Value {
        Value::String(String::from_utf8_lossy(self).into_owned())
    }
    fn form(schema: Schema) -> Schema {
        schema.word("text")
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        match node.cell() {
            Cell::Null => Ok(b""),
            Cell::Text(text) => Ok(text),
            _ => Err(EventError::new("not a string")),
        }
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        alloc::format!("text {} \u{e9}\u{10348}", numbers.next()).into_bytes().leak()
    }
}

impl<'a> Wire<'a> for Timestamp {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        i64::read(from).map(Self)
    }
    fn json(&self) -> Value {
        Value::String(self.to_string())
    }
    fn form(schema: Schema) -> Schema {
        schema.word("time")
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        let time = match node.cell() {
            Cell::Text(text) => Self::parse(text),
            Cell::Int(nanos) => Some(Self(nanos)),
            _ => None,
        };
        time.ok_or_else(|| EventError::new("not a time (RFC 3339, or nanoseconds since 1970)"))
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        Self(i64::sample(numbers))
    }
}

impl<'a, T: Wire<'a>> Wire<'a> for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.write(out);
            }
        }
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(if u8::read(from)? == 0 { None } else { Some(T::read(from)?) })
    }
    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Wire::json)
    }
    fn form(schema: Schema) -> Schema {
        T::form(schema.word("option"))
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        if node.is_null() { Ok(None) } else { T::parse(node).map(Some) }
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        Some(T::sample(numbers))
    }
}

/// Implements [`Wire`] for a struct, field by field in the order given. `field if absent` is what the field is if JSON does
/// not have it, where that is not empty, zero or false. Of a struct `or BLANK` each empty field is one zero byte;
/// it often has no other fields, and is then written and read at once.
macro_rules! wire_struct {
    ($name:ident $(or $blank:ident)?, $($field:ident $(if absent $default:literal)?),* $(,)?) => {
        impl<'a> $crate::event::wire::Wire<'a> for $name<'a> {
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                const _FIELDS: usize = [$(stringify!($field)),*].len();
                $(
                    const $blank: [u8; _FIELDS] = [0; _FIELDS];
                    if *self == Self::default() {
                        out.extend_from_slice(&$blank);
                        return;
                    }
                )?
                $($crate::event::wire::Wire::write(&self.$field, out);)*
            }
            fn read(from: &mut $crate::event::wire::Reader<'a>) -> Option<Self> {
                const _FIELDS: usize = [$(stringify!($field)),*].len();
                $(
                    const $blank: [u8; _FIELDS] = [0; _FIELDS];
                    if from.takes(&$blank) {
                        return Some(Self::default());
                    }
                )?
                Some(Self { $($field: $crate::event::wire::Wire::read(from)?),* })
            }
            fn json(&self) -> serde_json::Value {
                $crate::event::wire::object([$((stringify!($field), $crate::event::wire::Wire::json(&self.$field))),*])
            }
            fn form(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                $(
                    let schema = schema.word(stringify!($field));
                    let schema = $crate::event::wire::form_of(schema, |this: &$name<'a>| &this.$field);
                )*
                schema
            }
            fn parse<N: $crate::event::node::Node<'a>>(node: N) -> Result<Self, $crate::event::error::EventError> {
                let members = $crate::event::wire::Members::of(node, &[$(stringify!($field)),*])?;
                let mut places = 0..;
                Ok(Self { $($field: {
                    let (place, name) = (places.next().unwrap_or_default(), stringify!($field));
                    match members.find(place, name) {
                        $(None => $default,)?
                        found => members.read(found, name)?,
                    }
                }),* })
            }
            #[cfg(feature = "_internal_test_exports")]
            fn sample(numbers: &mut $crate::event::wire::Numbers) -> Self {
                Self { $($field: $crate::event::wire::Wire::sample(numbers)),* }
            }
        }
    };
}
pub(crate) use wire_struct;

/// Defines a struct of borrowed details with its byte form. The struct may have no field that uses its lifetime.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident : $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name<'a> {
            $($(#[$fmeta])* pub $field: $ty,)*
            pub(crate) _borrows: core::marker::PhantomData<&'a ()>,
        }
        impl<'a> $crate::event::wire::Wire<'a> for $name<'a> {
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $($crate::event::wire::Wire::write(&self.$field, out);)*
                let _ = out;
            }
            fn read(from: &mut $crate::event::wire::Reader<'a>) -> Option<Self> {
                let _ = &from;
                Some(Self { $($field: $crate::event::wire::Wire::read(from)?,)* _borrows: core::marker::PhantomData })
            }
            fn form(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                $(let schema = <$ty as $crate::event::wire::Wire<'a>>::form(schema.word(stringify!($field)));)*
                schema
            }
            fn json(&self) -> serde_json::Value {
                $crate::event::wire::object([$((stringify!($field), $crate::event::wire::Wire::json(&self.$field))),*])
            }
            fn parse<N: $crate::event::node::Node<'a>>(node: N) -> Result<Self, $crate::event::error::EventError> {
                let members = $crate::event::wire::Members::of(node, &[$(stringify!($field)),*])?;
                let _ = members;
                #[allow(unused_mut, reason = "of a kind without details nothing is assigned")]
                let (mut read, mut places) = (Self::default(), 0..);
                $(
                    let (place, name) = (places.next().unwrap_or_default(), stringify!($field));
                    if let Some(found) = members.find(place, name) {
                        read.$field = members.read(Some(found), name)?;
                    }
                )*
                let _ = places.next();
                Ok(read)
            }
            #[cfg(feature = "_internal_test_exports")]
            fn sample(numbers: &mut $crate::event::wire::Numbers) -> Self {
                let _ = &numbers;
                Self { $($field: $crate::event::wire::Wire::sample(numbers),)* _borrows: core::marker::PhantomData }
            }
        }
    };
}
pub(crate) use record;

/// The name of a variant in snake case: `UnixPath` is `unix_path`.
macro_rules! snake_case {
    ($variant:ident) => {{
        const SOURCE: &[u8] = stringify!($variant).as_bytes();
        const LENGTH: usize = $crate::event::wire::snake_length(SOURCE);
        const BYTES: [u8; LENGTH] = $crate::event::wire::snake_bytes(SOURCE);
        match core::str::from_utf8(&BYTES) {
            Ok(name) => name,
            Err(_) => "",
        }
    }};
}
pub(crate) use snake_case;

/// The length of a name in snake case.
pub(crate) const fn snake_length(name: &[u8]) -> usize {
    let (mut at, mut length) = (0, name.len());
    while at < name.len() {
        if at > 0 && name[at].is_ascii_uppercase() {
            length += 1;
        }
        at += 1;
    }
    length
}

/// A name in snake case.
pub(crate) const fn snake_bytes<const N: usize>(name: &[u8]) -> [u8; N] {
    let mut bytes = [b'_'; N];
    let (mut from, mut to) = (0, 0);
    while from < name.len() {
        if from > 0 && name[from].is_ascii_uppercase() {
            to += 1;
        }
        bytes[to] = name[from].to_ascii_lowercase();
        from += 1;
        to += 1;
    }
    bytes
}

/// Defines a field-less enum with fixed numbers, together with its byte form and [`ALL`](enumeration).
macro_rules! enumeration {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant = $number,)* }
        impl $name {
            /// Every value, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The name of every value, in the same order.
            pub const NAMES: &'static [&'static str] = &[$(Self::$variant.name()),*];
            /// The value's name in data and output, in snake case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $crate::event::wire::snake_case!($variant)),* }
            }
        }
        impl<'a> $crate::event::wire::Wire<'a> for $name {
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                out.push(*self as u8);
            }
            fn read(from: &mut $crate::event::wire::Reader<'a>) -> Option<Self> {
                match <u8 as $crate::event::wire::Wire<'a>>::read(from)? {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
            fn json(&self) -> serde_json::Value {
                serde_json::Value::from(self.name())
            }
            fn form(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                <Self as $crate::util::saved::Saved>::schema(schema)
            }
            fn parse<N: $crate::event::node::Node<'a>>(node: N) -> Result<Self, $crate::event::error::EventError> {
                let found = match node.cell() {
                    $crate::event::node::Cell::Text(text) => {
                        Self::ALL.iter().find(|known| text == known.name().as_bytes()).copied()
                    }
                    _ => None,
                };
                found.ok_or_else(|| $crate::event::error::EventError::one_of(Self::NAMES))
            }
            #[cfg(feature = "_internal_test_exports")]
            fn sample(numbers: &mut $crate::event::wire::Numbers) -> Self {
                Self::ALL[numbers.next() as usize % Self::ALL.len()]
            }
        }
        $crate::util::saved::saved_enumeration!($name);
    };
}
pub(crate) use enumeration;
