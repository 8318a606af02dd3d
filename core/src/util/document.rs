//! Documents that people write (rules, policy): JSON with comments. Every fault names line, column and member, says
//! what is allowed there, and suggests the nearest spelling.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::util::hash::Hasher;
use crate::util::jsonc::{self, Data, Member, SyntaxError, Value};
use crate::util::spelling::{suggestion, unknown};

/// A complaint about a document: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The document's name; empty where it has none.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// From 1, in characters.
    pub(crate) column: u32,
    /// The JSON path.
    pub(crate) path: String,
    /// What the place belongs to: `behavior W07, clause shell: weight`.
    pub(crate) within: String,
    pub(crate) what: String,
}

impl Fault {
    /// A complaint without a place.
    pub(crate) fn of(path: &str, what: impl fmt::Display) -> Self {
        let (file, within) = (String::new(), String::new());
        Self { file, line: 0, column: 0, path: path.to_owned(), within, what: what.to_string() }
    }

    /// The complaint as one about a named part of the document.
    pub(crate) fn within(self, part: impl fmt::Display, node: Node<'_>) -> Self {
        let within = if self.within.is_empty() {
            let inside = self.path.strip_prefix(&node.path()).unwrap_or(&self.path).trim_start_matches('.');
            if inside.is_empty() { part.to_string() } else { format!("{part}: {inside}") }
        } else {
            format!("{part}, {}", self.within)
        };
        Self { within, ..self }
    }

    /// The complaint, with the part of the document that it is about.
    pub(crate) fn message(&self) -> String {
        match (self.within.as_str(), self.path.as_str()) {
            ("", "") => self.what.clone(),
            ("", part) | (part, _) => format!("{part}: {}", self.what),
        }
    }
}

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    file: &'a str,
    text: &'a [u8],
    value: Value<'a>,
}

impl<'a> Document<'a> {
    /// Reads a document. Every complaint carries the name of its file.
    pub(crate) fn parse(text: &'a [u8], file: &'a str) -> Result<Self, Fault> {
        let value = jsonc::parse(text).map_err(|SyntaxError { at, what }| {
            let (line, column) = place(text, at);
            Fault { file: file.to_owned(), line, column, ..Fault::of("", what) }
        })?;
        Ok(Self { file, text, value })
    }

    /// The whole document.
    pub(crate) const fn root(&self) -> Node<'_> {
        Node { document: self, value: &self.value }
    }

    /// Its only value.
    #[cfg(feature = "scenarios")]
    pub(crate) const fn value(&self) -> &Value<'a> {
        &self.value
    }

    fn fault(&self, at: usize, path: String, what: impl fmt::Display) -> Fault {
        let (line, column) = place(self.text, at);
        Fault { file: self.file.to_owned(), line, column, path, ..Fault::of("", what) }
    }

    /// The path to the value or the member's name at an offset.
    fn path_to(&self, at: usize) -> String {
        let mut path = String::new();
        let mut value = &self.value;
        while value.at < at {
            value = match &value.data {
                Data::Object(members) => {
                    let Some(member) = members.iter().rev().find(|m| m.at <= at) else { break };
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&member.name);
                    if member.value.at > at {
                        break;
                    }
                    &member.value
                }
                Data::List(items) => {
                    let Some(number) = items.iter().rposition(|item| item.at <= at) else { break };
                    path.push_str(&format!("[{number}]"));
                    &items[number]
                }
                _ => break,
            };
        }
        path
    }
}

/// Line and column of an offset, from 1, columns in characters.
fn place(text: &[u8], at: usize) -> (u32, u32) {
    let before = &text[..at.min(text.len())];
    let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    // Every byte of a character but the first is a continuation.
    let column = 1 + before[start..].iter().filter(|b| **b & 0xc0 != 0x80).count();
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// Members that only explain the others.
const PROSE: [&str; 2] = ["note", "why"];

impl Value<'_> {
    fn digest(&self, hasher: Hasher) -> Hasher {
        match &self.data {
            Data::Null => hasher.u64(0),
            Data::Bool(is_so) => hasher.u64(1 + u64::from(*is_so)),
            Data::Number(number) => hasher.u64(3).u64(*number as u64),
            Data::Decimal(number) => hasher.u64(4).u64(number.to_bits()),
            Data::Text(text) => hasher.u64(5).bytes(text.as_bytes()),
            Data::List(items) => {
                items.iter().fold(hasher.u64(6).u64(items.len() as u64), |hasher, item| item.digest(hasher))
            }
            Data::Object(members) => {
                let said = || members.iter().filter(|member| !PROSE.contains(&&*member.name));
                said().fold(hasher.u64(7).u64(said().count() as u64), |hasher, member| {
                    member.value.digest(hasher.bytes(member.name.as_bytes()))
                })
            }
        }
    }

    const fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Decimal(_) => "a number with a fraction",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Object(_) => "an object",
        }
    }
}

/// A value of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    document: &'a Document<'a>,
    value: &'a Value<'a>,
}

impl<'a> Node<'a> {
    /// The JSON path to it.
    pub(crate) fn path(self) -> String {
        self.document.path_to(self.value.at)
    }

    /// A complaint about this value.
    pub(crate) fn fault(self, what: impl fmt::Display) -> Fault {
        self.document.fault(self.value.at, self.path(), what)
    }

    /// A complaint about an offset within this text.
    pub(crate) fn fault_at(self, offset: usize, what: impl fmt::Display) -> Fault {
        let at = jsonc::source_offset(self.document.text, self.value.at, offset);
        self.document.fault(at, self.path(), what)
    }

    fn wanted(self, what: &str) -> Fault {
        self.fault(format_args!("should be {what}, is {}", self.value.kind()))
    }

    const fn child(self, value: &'a Value<'a>) -> Self {
        Self { document: self.document, value }
    }

    fn own_members(self) -> Result<&'a [Member<'a>], Fault> {
        match &self.value.data {
            Data::Object(members) => Ok(members),
            _ => Err(self.wanted("an object")),
        }
    }

    /// A digest of what the value says, whatever its spaces, comments and prose.
    pub(crate) fn digest(self) -> u64 {
        self.value.digest(Hasher::new(0)).finish()
    }

    /// The members of an object in their order.
    pub(crate) fn members(self) -> Result<Vec<(&'a str, Self)>, Fault> {
        Ok(self.own_members()?.iter().map(|m| (m.name.as_ref(), self.child(&m.value))).collect())
    }

    /// This object; an error if it has other members than these.
    pub(crate) fn only(self, names: &[&str]) -> Result<Self, Fault> {
        match self.own_members()?.iter().find(|m| !names.contains(&m.name.as_ref())) {
            None => Ok(self),
            Some(unknown) => {
                let near = suggestion(&unknown.name, names.iter().copied());
                let what = format!("is not known here{near}; known: {}", names.join(", "));
                Err(self.document.fault(unknown.at, self.document.path_to(unknown.at), what))
            }
        }
    }

    /// A member, if it is there.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        let Data::Object(members) = &self.value.data else { return None };
        members.iter().find(|m| m.name == name).map(|m| self.child(&m.value))
    }

    /// A required member.
    pub(crate) fn need(self, name: &str) -> Result<Self, Fault> {
        self.get(name).ok_or_else(|| self.fault(format_args!("`{name}` is missing")))
    }

    /// The items of a list.
    pub(crate) fn items(self) -> Result<Vec<Self>, Fault> {
        match &self.value.data {
            Data::List(items) => Ok(items.iter().map(|item| self.child(item)).collect()),
            _ => Err(self.wanted("a list")),
        }
    }

    /// The items of a list, or the value itself as the only one.
    pub(crate) fn one_or_more(self) -> Vec<Self> {
        match &self.value.data {
            Data::List(items) => items.iter().map(|item| self.child(item)).collect(),
            _ => alloc::vec![self],
        }
    }

    /// Calls `take` with this value, if it is a text, and with every text in it.
    pub(crate) fn each_text(self, take: &mut dyn FnMut(&'a str)) {
        match &self.value.data {
            Data::Text(text) => take(text),
            Data::List(items) => items.iter().for_each(|item| self.child(item).each_text(take)),
            Data::Object(members) => members.iter().for_each(|m| self.child(&m.value).each_text(take)),
            _ => {}
        }
    }

    /// Whether this is an object.
    pub(crate) const fn is_object(self) -> bool {
        matches!(self.value.data, Data::Object(_))
    }

    /// A text.
    pub(crate) fn text(self) -> Result<&'a str, Fault> {
        match &self.value.data {
            Data::Text(text) => Ok(text),
            _ => Err(self.wanted("a text")),
        }
    }

    /// A text that is not empty.
    pub(crate) fn words(self) -> Result<&'a str, Fault> {
        match self.text()? {
            "" => Err(self.fault("is empty")),
            text => Ok(text),
        }
    }

    /// A list of texts (or one), none of them empty.
    pub(crate) fn texts(self) -> Result<Vec<String>, Fault> {
        self.one_or_more().iter().map(|n| n.words().map(str::to_owned)).collect()
    }

    /// An error unless this is a list of texts (or one), none of them empty.
    pub(crate) fn need_texts(self) -> Result<(), Fault> {
        match &self.value.data {
            Data::List(items) => items.iter().try_for_each(|item| self.child(item).words().map(drop)),
            _ => self.words().map(drop),
        }
    }

    /// A text, or a list of its lines, with the place of every character.
    pub(crate) fn lines(self) -> Result<Lines<'a>, Fault> {
        let mut lines = Lines { node: self, text: String::new(), starts: Vec::new() };
        for line in self.one_or_more() {
            lines.starts.push((lines.text.len(), line));
            lines.text.push_str(line.text()?);
            lines.text.push('\n');
        }
        Ok(lines)
    }

    /// Prose: a text, or a list of its lines.
    pub(crate) fn prose(self) -> Result<String, Fault> {
        Ok(self.texts()?.join(" "))
    }

    /// True or false.
    pub(crate) fn flag(self) -> Result<bool, Fault> {
        match self.value.data {
            Data::Bool(flag) => Ok(flag),
            _ => Err(self.wanted("true or false")),
        }
    }

    /// A whole number.
    pub(crate) fn integer(self) -> Result<i64, Fault> {
        match self.value.data {
            Data::Number(n) => Ok(n),
            Data::Decimal(n) => Err(self.fault(format_args!("should be a whole number, is {n}"))),
            _ => Err(self.wanted("a whole number")),
        }
    }

    /// A number with a fraction, where it is written as one.
    pub(crate) const fn decimal(self) -> Option<f64> {
        match self.value.data {
            Data::Decimal(number) => Some(number),
            _ => None,
        }
    }

    /// A whole number within bounds.
    pub(crate) fn within(self, least: u16, most: u16) -> Result<u16, Fault> {
        let n = self.integer()?;
        match u16::try_from(n) {
            Ok(n) if (least..=most).contains(&n) => Ok(n),
            _ => Err(self.fault(format_args!("{n} is not within {least} and {most}"))),
        }
    }

    /// One of a list of names.
    pub(crate) fn named<T: Copy>(self, what: &str, names: &[(&str, T)]) -> Result<T, Fault> {
        let name = self.text()?;
        let found = names.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        found.ok_or_else(|| self.fault(unknown(what, name, names.iter().map(|(n, _)| *n))))
    }
}

/// A text that is written as one line of a document or several.
pub(crate) struct Lines<'a> {
    node: Node<'a>,
    /// The lines, each with a line feed.
    pub(crate) text: String,
    /// The offset of each line in `text`, and its node.
    starts: Vec<(usize, Node<'a>)>,
}

impl Lines<'_> {
    /// A complaint about an offset of the text.
    pub(crate) fn fault(&self, at: usize, what: impl fmt::Display) -> Fault {
        match self.starts.iter().rev().find(|(start, _)| *start <= at) {
            Some((start, line)) => line.fault_at(at - start, what),
            None => self.node.fault(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::{Document, Fault};

    const TEXT: &str = "{ // é\n  \"name\": \"x\",\n  \"parts\": [{\"a\": 1}, {\"é\": \"q\\\\w\", \"b\": [0, 7]}],\n}";

    fn place(fault: &Fault) -> (u32, u32, &str) {
        (fault.line, fault.column, &fault.path)
    }

    #[test]
    fn a_complaint_names_line_column_and_path() {
        let document = Document::parse(TEXT.as_bytes(), "f").expect("it is read");
        let root = document.root();
        let part = root.need("parts").and_then(|p| p.items()).expect("parts")[1];
        let number = part.need("b").and_then(|b| b.items()).expect("a list")[1];
        assert_eq!(place(&root.fault("")), (1, 1, ""));
        assert_eq!(place(&root.need("name").expect("it is there").fault("")), (2, 11, "name"));
        assert_eq!(place(&number.fault("")), (3, 46, "parts[1].b[1]"));
        assert_eq!(place(&number.text().expect_err("a number")), (3, 46, "parts[1].b[1]"));
        assert_eq!(place(&part.need("c").expect_err("it is missing")), (3, 23, "parts[1]"));
        assert_eq!(place(&part.only(&["é"]).expect_err("b is unknown")), (3, 37, "parts[1].b"));
        // A text's own characters: `w` stands behind an escape.
        assert_eq!(place(&part.need("é").expect("it is there").fault_at(2, "")), (3, 33, "parts[1].é"));
    }

    #[test]
    fn a_complaint_is_told_with_what_it_belongs_to_and_what_may_be_meant() {
        let document = Document::parse(TEXT.as_bytes(), "f").expect("it is read");
        let part = document.root().need("parts").and_then(|p| p.items()).expect("parts")[1];
        let fault = part.only(&["é", "bb"]).expect_err("b is unknown");
        let fault = fault.within("part 1", part).within("all", document.root());
        assert_eq!(fault.message(), "all, part 1: b: is not known here; known: é, bb");
        let wrong = document.root().need("name").and_then(|n| n.named("letter", &[("y", 1), ("z", 2)]));
        assert_eq!(wrong.expect_err("x").message(), "name: `x` is no letter; known: y, z");
    }

    #[test]
    fn a_text_that_is_no_json_names_its_place() {
        let fault = Document::parse(b"{\n \"a\": 1\n \"b\": 2}", "f").expect_err("a comma is missing");
        assert_eq!(format!("{}:{}:{}", fault.file, fault.line, fault.column), "f:3:2");
    }
}
