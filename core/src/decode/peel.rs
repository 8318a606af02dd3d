//! Extracts records from their wrappers.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use smallvec::SmallVec;

use super::envelopes::{Body, ENVELOPES, HOST, TIME};
use super::json::{Reader, Value, unescape};
use super::members::is_same;
use super::paths::{First, LONGEST, Memory, Written, walk, walk_again};
use super::rewrite::{audit_lines, pairs, put_together, rename};
use super::template::Template;
use crate::util::saved::saved;

/// The range of a value within an object.
type Span = (usize, usize);
type Spans = SmallVec<[Span; 4]>;

/// How a wrapper holds its records.
#[derive(Debug)]
pub(super) enum Inner {
    /// The record is in [`Opener::text`], unescaped or rebuilt.
    Text,
    /// The record is this range of the wrapper, a value that needs no unescaping.
    Part(Span),
    /// Each of these ranges of the wrapper is a record.
    Values(Spans),
    /// The first range is a list of names, and each list in the second range holds the values of a record.
    Rows(Span, Span),
}

const PATHS: [&[u8]; ENVELOPES.len()] = {
    let mut paths: [&[u8]; ENVELOPES.len()] = [b""; ENVELOPES.len()];
    let mut at = 0;
    while at < ENVELOPES.len() {
        paths[at] = ENVELOPES[at].path;
        at += 1;
    }
    paths
};

/// The wrappers that an object may be, judged by its members: a bit for each index in [`ENVELOPES`].
pub(super) fn candidates(object: &[u8]) -> u64 {
    const { assert!(ENVELOPES.len() <= 64) }
    let mut found = 0_u64;
    let _ = walk(object, &PATHS, &mut |path, _, _| {
        // Several wrappers may hold their records in a member of the same name.
        for (at, other) in PATHS.iter().enumerate() {
            found |= u64::from(*other == PATHS[path]) << at;
        }
    });
    found
}

/// A member that holds records in a stream although no wrapper of [`ENVELOPES`] names it.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) key: Vec<u8>,
    /// The member is a list of records.
    pub(super) is_list: bool,
}

/// The minimum length of a text that may be a record; times and names are shorter.
pub(super) const SHORTEST: usize = 40;
/// The maximum number of an object's members that are searched for records.
const MOST: usize = 24;
/// The maximum number of records that are unescaped before it is tried again to read one within its string.
const DOUBTS: u32 = 63;

/// Finds the top-level members of an object that may hold records although no wrapper names them.
pub(super) fn holders(object: &[u8]) -> SmallVec<[Holder; 4]> {
    let mut holders = SmallVec::new();
    let mut reader = Reader::new(object);
    if reader.value() != Ok(Value::Object) {
        return holders;
    }
    while let Ok(Some(key)) = reader.next_key() {
        let Ok(value) = reader.value() else { break };
        let is_list = value == Value::Array;
        let may_hold = match value {
            Value::String(text) => text.bytes.len() >= SHORTEST,
            Value::Object | Value::Array => reader.skip_container().is_ok(),
            _ => false,
        };
        let is_named = ENVELOPES.iter().any(|e| match e.body {
            Body::Rows => false,
            Body::Each => is_list && e.path == key.bytes,
            _ => !is_list && e.path == key.bytes,
        });
        if may_hold && !is_named && key.bytes.len() < LONGEST && holders.len() < MOST {
            holders.push(Holder { key: key.bytes.to_vec(), is_list });
        }
    }
    holders
}

/// What a wrapper states about its record.
pub(super) struct Label<'a> {
    /// The host; empty when the wrapper names none.
    pub(super) host: &'a [u8],
    /// The value that states when the record was received; empty when there is none.
    pub(super) time: &'a [u8],
}

/// Opens wrappers, one after another.
#[derive(Debug, Default)]
pub(super) struct Opener {
    /// The index of the wrapper whose members are searched; indexes beyond [`ENVELOPES`] denote holders.
    number: Option<usize>,
    /// The paths to search: to the record, the required members, the host and the time.
    paths: Vec<Cow<'static, [u8]>>,
    /// The indexes in `paths` of the first host path and the first time path.
    hosts: usize,
    times: usize,
    /// The range of the value found for each path.
    found: Vec<Option<Span>>,
    memory: Memory,
    /// The last wrapper, if its record was a string.
    template: Template,
    /// The last wrapper's record was an object and its last member.
    is_last: bool,
    /// The last wrapper was read by the template.
    is_by_template: bool,
    /// Opens this wrapper and the one that is its last member at once.
    both: Option<Box<Self>>,
    /// The number of records to unescape before the next one is read within its string, and how many of them were.
    doubts: u32,
    waited: u32,
    attributes: Attributes,
    /// A record that was unescaped or rebuilt.
    pub(super) text: Vec<u8>,
}

/// The last list of attributes that was searched for the host, and where its name stands in it.
#[derive(Debug, Default)]
struct Attributes {
    list: Vec<u8>,
    name: Option<Span>,
}

impl Attributes {
    /// The maximum number of bytes of a list that is remembered.
    const LONGEST: usize = 512;

    /// The host that a list names. One shipper sends the same list again and again.
    fn host<'a>(&mut self, list: &'a [u8]) -> Option<&'a [u8]> {
        if !is_same(&self.list, list) {
            let name = host_attribute(list)?;
            if list.len() > Self::LONGEST {
                return Some(name);
            }
            self.list.clear();
            self.list.extend_from_slice(list);
            let from = name.as_ptr() as usize - list.as_ptr() as usize;
            self.name = Some((from, from + name.len()));
        }
        self.name.map(|(from, to)| &list[from..to])
    }
}

impl Opener {
    /// Guesses that the record is an object and the wrapper's last member, as in the previous wrapper, and returns
    /// where the record begins without searching for its end. The returned end leaves out only the wrapper's closing
    /// brace.
    pub(super) fn guess<'a>(&mut self, number: usize, object: &'a [u8]) -> Option<(Span, Label<'a>)> {
        if !self.is_for(number) || !self.is_last {
            return None;
        }
        let end = object.strip_suffix(b"}")?.trim_ascii_end().len();
        self.look_for(number, &[])?;
        let Self { paths, found, memory, attributes, hosts, times, .. } = self;
        let (hosts, times) = (*hosts, *times);
        let mut begin = None;
        let _ = walk_again(object, paths, memory, First::Begin(&mut begin), &mut |path, from, to| {
            found[path] = found[path].or(Some((from, to)));
        });
        if found[1..hosts].iter().any(Option::is_none) {
            return None;
        }
        Some(((begin?, end), label(&found[hosts..times], &found[times..], attributes, object)))
    }

    /// What opens a wrapper of number `outer` and the one that is its last member at once, if those before were the same.
    pub(super) fn both(&mut self, outer: usize) -> Option<&mut Self> {
        if self.is_for(outer) && self.is_last { self.both.as_deref_mut() } else { None }
    }

    /// Remembers how to open at once a wrapper that was guessed, and the one of number `number` that begins there in it and
    /// was opened by `inner`.
    pub(super) fn note_both(&mut self, number: usize, inner: &Self, object: &[u8], begin: usize) {
        let is_known = inner.is_by_template && inner.is_for(number);
        let Some((from, to)) = inner.template.record().filter(|_| is_known) else { return };
        let both = self.both.get_or_insert_default();
        if both.template.declines(object.len() - (to - from)) {
            return;
        }
        // What the inner wrapper states comes first.
        let mut found = vec![None; inner.times];
        let mut times = vec![None; inner.paths.len() - inner.times];
        for (path, (from, to)) in inner.template.values() {
            let range = Some((begin + from, begin + to));
            match path.checked_sub(inner.times) {
                Some(path) => times[path] = range,
                None => found[path] = range,
            }
        }
        found.extend_from_slice(&self.found[self.hosts..self.times]);
        (both.number, both.hosts, both.times) = (Some(number), inner.hosts, found.len());
        found.append(&mut times);
        found.extend_from_slice(&self.found[self.times..]);
        both.paths.resize(found.len(), Cow::Borrowed(b""));
        both.template.learn(object, (begin + from, begin + to), begin, &found);
    }

    /// Where in the last object that the template has read the wrapper begins that has the record.
    pub(super) fn origin(&self) -> usize {
        self.template.origin()
    }

    /// Whether the previous wrapper was of this number.
    pub(super) fn is_for(&self, number: usize) -> bool {
        self.number == Some(number)
    }

    /// Guesses that the wrapper differs from the previous one in its values alone, and returns the range of the text in its
    /// string. It may hold quotes that end the string before.
    pub(super) fn string<'a>(&mut self, number: usize, object: &'a [u8]) -> Option<(Span, Label<'a>)> {
        if self.waited < self.doubts {
            self.waited += 1;
            return None;
        }
        if !self.is_for(number) || self.template.is_empty() {
            return None;
        }
        let place = self.template.place(object);
        self.is_by_template = place.is_some();
        let (from, to) = place?;
        Some(((from + 1, to - 1), self.label(object)))
    }

    /// Notes whether such a text could be read as it is written in its string.
    pub(super) fn note_string(&mut self, is_read: bool) {
        self.doubts = if is_read { self.doubts / 2 } else { DOUBTS.min(2 * self.doubts + 1) };
        self.waited = 0;
    }

    /// Room for what is unescaped of such a text.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.text.len() < length {
            self.text.resize(length, 0);
        }
        &mut self.text[..length]
    }

    /// Reads a wrapper that nothing follows and that differs from the previous one in its values alone: returns the text
    /// in its string, where that begins (where the wrapper does, if it was unescaped), and what the wrapper states about it.
    pub(super) fn read<'a>(&'a mut self, object: &'a [u8]) -> Option<(&'a [u8], usize, Label<'a>)> {
        let read = self.template.read(object, &mut self.text);
        self.is_by_template = read.is_some();
        let ((from, to), length) = read?;
        self.is_last = false;
        let (origin, label) = (self.template.origin(), self.label(object));
        Some(match length {
            Some(length) => (&self.text[..length], origin, label),
            None => (&object[from + 1..to - 1], from, label),
        })
    }

    /// Builds the label of an object that the template has read.
    #[inline]
    fn label<'a>(&mut self, object: &'a [u8]) -> Label<'a> {
        let Some((host, time)) = self.template.label() else { return self.search_label(object) };
        let (host, time) = (&object[host.0..host.1], &object[time.0..time.1]);
        Label { host, time: if begins_with_digit(time) { time } else { &[] } }
    }

    /// Builds the label from the first host and the first time that have a usable value.
    #[inline(never)]
    fn search_label<'a>(&mut self, object: &'a [u8]) -> Label<'a> {
        let Self { template, attributes, .. } = self;
        let (hosts, times) = (self.hosts..self.times, self.times..self.paths.len());
        let value = |(from, to): Span| &object[from..to];
        let time = template.ranges(times.clone()).map(value).find(|value| begins_with_digit(value));
        let name = template.ranges(hosts.clone()).find_map(|span| host(value(span), attributes));
        let begin = |name: &[u8]| name.as_ptr() as usize - object.as_ptr() as usize;
        template.note_label(name.map(|name| (begin(name), begin(name) + name.len())), hosts, times);
        Label { host: name.unwrap_or_default(), time: time.unwrap_or_default() }
    }

    /// Prepares to search for the members of a wrapper; returns how it holds its record.
    fn look_for(&mut self, number: usize, holders: &[Holder]) -> Option<&'static Body> {
        let known = ENVELOPES.get(number);
        if self.number != Some(number) {
            let (path, with, host) = match known {
                Some(known) => (Cow::Borrowed(known.path), known.with, known.host),
                None => (Cow::Owned(holders.get(number - ENVELOPES.len())?.key.clone()), &[][..], HOST),
            };
            self.number = Some(number);
            self.memory.clear();
            self.template.clear();
            (self.is_last, self.both) = (false, None);
            self.paths.clear();
            self.paths.push(path);
            (self.hosts, self.times) = (1 + with.len(), 1 + with.len() + host.len());
            for paths in [with, host, TIME] {
                self.paths.extend(paths.iter().copied().map(Cow::Borrowed));
            }
        }
        self.is_by_template = false;
        if self.found.len() == self.paths.len() {
            self.found.fill(None);
        } else {
            self.found.clear();
            self.found.resize(self.paths.len(), None);
        }
        match known {
            Some(known) => Some(&known.body),
            // A holder's record is an object, or each element of its list.
            None => Some(if holders.get(number - ENVELOPES.len()).is_some_and(|h| h.is_list) {
                &Body::Each
            } else {
                &Body::Value
            }),
        }
    }

    /// Opens a wrapper: returns its records and what it states about them. `None` when the object is not this wrapper,
    /// or when bytes follow it although it should be `alone`.
    pub(super) fn open<'a>(
        &mut self,
        number: usize,
        holders: &[Holder],
        object: &'a [u8],
        alone: bool,
    ) -> Option<(Inner, Label<'a>)> {
        let body = self.look_for(number, holders)?;
        let Self { paths, found, memory, template, attributes, text, hosts, times, .. } = self;
        let (hosts, times) = (*hosts, *times);
        let mut bodies = Spans::new();
        let mut written = Written::Not;
        let first = match body {
            Body::Value | Body::Only => First::Text(text, &mut written),
            Body::Each => First::Elements,
            _ => First::Value,
        };
        let is_alone = walk_again(object, paths, memory, first, &mut |path, from, to| {
            if path == 0 {
                bodies.push((from, to));
            }
            found[path] = found[path].or(Some((from, to)));
        })
        .ok()?;
        if alone && !is_alone || found[..hosts].iter().any(Option::is_none) {
            return None;
        }
        if matches!(body, Body::Only) && bodies.len() != 1 {
            return None;
        }
        let label = label(&found[hosts..times], &found[times..], attributes, object);
        if let Some(&(from, to)) = bodies.first() {
            self.is_last = object[from] == b'{' && object[to..].trim_ascii() == b"}";
            let is_text = matches!(written, Written::Plain | Written::Text);
            if is_alone && is_text && bodies.len() == 1 && object[from] == b'"' {
                template.learn(object, (from, to), 0, found);
            }
        }
        let inner = match body {
            Body::Value | Body::Only if written == Written::Text => Inner::Text,
            Body::Value if written == Written::Elements => Inner::Values(bodies),
            Body::Value | Body::Only => Inner::Part(*bodies.first()?),
            Body::Each => Inner::Values(bodies),
            Body::Rows => Inner::Rows(found[1]?, *bodies.first()?),
            Body::Members(names) => {
                // If the names have a prefix, the wrapper itself holds the members of the record; otherwise the member
                // does.
                let (from, to) = if names.prefix.is_empty() { *bodies.first()? } else { (0, object.len()) };
                text.clear();
                rename(names, &object[from..to], text).then_some(Inner::Text)?
            }
            Body::Pairs => {
                text.clear();
                let (from, to) = *bodies.first()?;
                pairs(&object[from..to], text).then_some(Inner::Text)?
            }
            Body::Messages => {
                text.clear();
                let part = |span: Option<Span>| span.map_or(&b""[..], |(from, to)| unquoted(&object[from..to]));
                let (from, to) = *bodies.first()?;
                audit_lines(part(found[1]), part(found[2]), &object[from..to], text).then_some(Inner::Text)?
            }
            Body::Pieces(pieces) => {
                text.clear();
                put_together(pieces, object, text).then_some(Inner::Text)?
            }
        };
        Some((inner, label))
    }

    /// Drops the search state if it belongs to this wrapper, because its paths change.
    pub(super) fn forget(&mut self, number: usize) {
        self.number = self.number.filter(|&own| own != number);
        self.both = self.both.take().filter(|both| both.number != Some(number));
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn bytes(&self) -> usize {
        self.paths.capacity() * size_of::<Cow<'static, [u8]>>()
            + self.found.capacity() * size_of::<Option<Span>>()
            + self.memory.bytes()
            + self.template.owned()
            + self.attributes.list.capacity()
            + self.text.capacity()
            + self.both.as_ref().map_or(0, |both| size_of::<Self>() + both.bytes())
    }
}

/// Builds the label from the first host and the first time that have a usable value.
fn label<'a>(
    hosts: &[Option<Span>],
    times: &[Option<Span>],
    attributes: &mut Attributes,
    object: &'a [u8],
) -> Label<'a> {
    let value = |&(from, to): &Span| &object[from..to];
    let host = hosts.iter().flatten().find_map(|span| host(value(span), attributes));
    let time = times.iter().flatten().map(value).find(|value| begins_with_digit(value));
    Label { host: host.unwrap_or_default(), time: time.unwrap_or_default() }
}

/// Whether a value, quoted or not, begins with a digit, as times do.
fn begins_with_digit(value: &[u8]) -> bool {
    matches!(value, [b'"', b'0'..=b'9', ..] | [b'0'..=b'9', ..])
}

/// A text that is written within a string, without the ends of lines after it, which many shippers keep.
pub(super) fn without_line_ends(mut text: &[u8]) -> &[u8] {
    while let Some(line) = text.strip_suffix(br"\n").or_else(|| text.strip_suffix(br"\r")) {
        text = line;
    }
    text
}

/// A value without the quotes of a string.
pub(super) fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(value)
}

/// The text of a value that is a string; any other value unchanged.
pub(super) fn text_of<'a>(value: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let text = unquoted(value);
    if text.len() == value.len() || memchr::memchr(b'\\', text).is_none() {
        return text;
    }
    scratch.clear();
    unescape(text, scratch);
    scratch
}

/// The name of a host: a text, or the attribute `host.name` in a list of attributes.
fn host<'a>(value: &'a [u8], attributes: &mut Attributes) -> Option<&'a [u8]> {
    match value.first()? {
        // The search has read the value, so its quotes are the first and the last byte.
        b'"' => Some(unquoted(value)).filter(|name| !name.is_empty() && !name.contains(&b'\\')),
        b'[' => attributes.host(value),
        _ => None,
    }
}

/// The attribute `host.name` in a list of attributes, where it may also be the member `name` of a map `host`.
fn host_attribute(list: &[u8]) -> Option<&[u8]> {
    const PATHS: &[&[u8]] = &[
        b"key",
        b"value.stringValue",
        b"value.string_value",
        b"value.kvlistValue.values.key",
        b"value.kvlistValue.values.value.stringValue",
    ];
    let (mut key, mut below, mut name) = (None, None, None);
    walk(list, PATHS, &mut |path, from, to| {
        let text = list.get(from + 1..to - 1);
        match path {
            0 => (key, below) = (text, None),
            3 => below = text,
            1 | 2 if key == Some(&b"host.name"[..]) => name = name.or(text),
            4 if key == Some(&b"host"[..]) && below == Some(&b"name"[..]) => name = name.or(text),
            _ => {}
        }
    })
    .ok()?;
    name.filter(|name| !name.is_empty())
}

saved!(Holder { key, is_list });
