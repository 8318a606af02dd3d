//! Takes records out of their wrappers.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::envelopes::{Body, ENVELOPES, Envelope, Names, Piece, TIME};
use super::json::{JsonError, RawStr, Reader, Value, unescape};
use super::members::parse;
use crate::time::Timestamp;

/// Where values stand in an object.
type Spans = SmallVec<[(usize, usize); 4]>;

/// What a wrapper holds.
#[derive(Debug)]
pub(super) enum Inner {
    /// These parts of the wrapper, each a value.
    Parts(Spans),
    /// What was put together in the scratch.
    Scratch,
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

/// The wrappers that an object may be, by the members it has.
pub(super) fn candidates(object: &[u8]) -> u64 {
    const { assert!(ENVELOPES.len() <= 64) }
    let mut found = 0_u64;
    let _ = walk(object, &PATHS, &mut |path, _, _| {
        // Several wrappers may hold their records in a member of that name.
        for (at, other) in PATHS.iter().enumerate() {
            found |= u64::from(*other == PATHS[path]) << at;
        }
    });
    found
}

/// What a wrapper says of its record.
pub(super) struct Label<'a> {
    /// The host; empty when it names none.
    pub(super) host: &'a [u8],
    /// When the record was received.
    pub(super) time: Option<Timestamp>,
}

/// Opens a wrapper: what it holds and what it says of it. `None` when it is not of that kind.
pub(super) fn open<'a>(envelope: &Envelope, object: &'a [u8], scratch: &mut Vec<u8>) -> Option<(Inner, Label<'a>)> {
    let hosts = 1 + envelope.with.len();
    let mut paths: SmallVec<[&[u8]; 32]> = SmallVec::new();
    paths.push(envelope.path);
    paths.extend_from_slice(envelope.with);
    paths.extend_from_slice(envelope.host);
    let times = paths.len();
    paths.extend_from_slice(TIME);
    let mut bodies = Spans::new();
    let mut found: SmallVec<[Option<(usize, usize)>; 32]> = SmallVec::from_elem(None, paths.len());
    walk(object, &paths, &mut |path, from, to| {
        if path == 0 {
            bodies.push((from, to));
        }
        found[path] = found[path].or(Some((from, to)));
    })
    .ok()?;
    if found[..hosts].iter().any(Option::is_none) {
        return None;
    }
    let named = found[hosts..times].iter().flatten().find_map(|&(from, to)| host(&object[from..to]));
    let time = found[times..].iter().flatten().find_map(|&(from, to)| time(&object[from..to]));
    scratch.clear();
    let inner = match &envelope.body {
        Body::Value => Inner::Parts(bodies.into_iter().take(1).collect()),
        Body::Each => Inner::Parts(elements(object, &bodies)?),
        Body::Members(names) => {
            // Of the wrapper itself where the names have a prefix, else of the member.
            let (from, to) = if names.prefix.is_empty() { *bodies.first()? } else { (0, object.len()) };
            rename(names, &object[from..to], scratch).then_some(Inner::Scratch)?
        }
        Body::Pieces(pieces) => put_together(pieces, object, scratch).then_some(Inner::Scratch)?,
    };
    Some((inner, Label { host: named.unwrap_or_default(), time }))
}

/// The text of a value that is a string; anything else as it stands.
pub(super) fn text_of<'a>(value: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let Some(text) = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")) else { return value };
    if memchr::memchr(b'\\', text).is_none() {
        return text;
    }
    scratch.clear();
    unescape(text, scratch);
    scratch
}

/// A time: a text, or a number of seconds or of a thousandth, millionth or milliardth of one, in quotes or not.
fn time(value: &[u8]) -> Option<Timestamp> {
    let text = match Reader::new(value).value().ok()? {
        Value::String(RawStr { bytes, escaped: false }) | Value::Number(bytes) => bytes,
        _ => return None,
    };
    let (whole, fraction) = text.split_at(text.iter().position(|&b| b == b'.').unwrap_or(text.len()));
    let scale = match whole.len() {
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return Timestamp::parse_unix(text).or_else(|| Timestamp::parse(text)),
    };
    let number = fraction.is_empty().then(|| parse::<i64>(whole)).flatten();
    number.and_then(|n| n.checked_mul(scale)).map(Timestamp).or_else(|| Timestamp::parse(text))
}

/// A host's name: a text, or the attribute of that name in a list of them.
fn host(value: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(value);
    match reader.value().ok()? {
        Value::String(RawStr { bytes, escaped: false }) => Some(bytes).filter(|name| !name.is_empty()),
        Value::Array => {
            let mut pair = (None, None);
            walk(value, &[b"key", b"value.stringValue"], &mut |path, from, to| {
                let text = value.get(from + 1..to - 1);
                if path == 0 {
                    pair.0 = text;
                } else if pair.0 == Some(b"host.name") && pair.1.is_none() {
                    pair.1 = text;
                }
            })
            .ok()?;
            pair.1
        }
        _ => None,
    }
}

/// The elements of lists that are objects or strings.
fn elements(object: &[u8], lists: &Spans) -> Option<Spans> {
    let mut found = Spans::new();
    for &(from, to) in lists {
        let mut reader = Reader::new(&object[from..to]);
        if reader.value().ok()? != Value::Array {
            return None;
        }
        loop {
            // Where an element begins is known only when the comma before it was read.
            let before = reader.offset();
            let Some(element) = reader.next_element().ok()? else { break };
            let begin =
                object[from + before..to].iter().position(|b| !matches!(b, b' ' | b',' | b'\n' | b'\r' | b'\t'));
            if matches!(element, Value::Object | Value::Array) {
                reader.skip_container().ok()?;
            }
            if matches!(element, Value::Object | Value::String(_)) {
                found.push((from + before + begin?, from + reader.offset()));
            }
        }
    }
    Some(found)
}

/// Writes the record that a wrapper's members are; `false` when it has none.
fn rename(names: &Names, object: &[u8], out: &mut Vec<u8>) -> bool {
    out.push(b'{');
    if names.flat.is_empty() {
        let _ = renamed(names, false, object, out);
    } else {
        for (path, doubled) in names.flat {
            let _ = walk(object, &[path], &mut |_, from, to| {
                let _ = renamed(names, *doubled, &object[from..to], out);
            });
        }
    }
    let some = out.len() > 1;
    out.push(b'}');
    some
}

fn renamed(names: &Names, doubled: bool, object: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    let mut reader = Reader::new(object);
    if reader.value()? != Value::Object {
        return Ok(());
    }
    while let Some(key) = reader.next_key()? {
        let from = reader.offset();
        let value = reader.value()?;
        if matches!(value, Value::Object | Value::Array) {
            reader.skip_container()?;
        }
        let Some(name) = key.bytes.strip_prefix(names.prefix).filter(|name| !name.is_empty()) else { continue };
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'"');
        match names.renamed.iter().find(|(own, _)| *own == name) {
            Some((_, other)) => out.extend_from_slice(other),
            None => {
                let first = out.len();
                out.extend_from_slice(name);
                if names.capital {
                    out[first].make_ascii_uppercase();
                }
            }
        }
        out.extend_from_slice(b"\":");
        match value {
            Value::String(RawStr { bytes, escaped: true }) if doubled => {
                let begin = out.len() + 1;
                out.push(b'"');
                unescape(bytes, out);
                out.push(b'"');
                // A value that was escaped once only is no longer a string of JSON.
                let whole = Reader::new(&out[begin - 1..]).value();
                if !matches!(whole, Ok(Value::String(text)) if text.bytes.len() + 1 == out.len() - begin) {
                    out.truncate(begin);
                    out.extend_from_slice(bytes);
                    out.push(b'"');
                }
            }
            _ => out.extend_from_slice(&object[from..reader.offset()]),
        }
    }
    Ok(())
}

/// Puts a line together of members; `false` when one is missing.
fn put_together(pieces: &[Piece], object: &[u8], out: &mut Vec<u8>) -> bool {
    let member = |path: &'static [u8], write: &mut dyn FnMut(RawStr<'_>, &mut Vec<u8>) -> bool, out: &mut Vec<u8>| {
        let mut done = false;
        let _ = walk(object, &[path], &mut |_, from, to| {
            if let (false, Ok(Value::String(text))) = (done, Reader::new(&object[from..to]).value()) {
                done = write(text, out);
            }
        });
        done
    };
    pieces.iter().all(|piece| match piece {
        Piece::Text(text) => {
            out.extend_from_slice(text);
            true
        }
        Piece::Member(path) => member(
            path,
            &mut |text, out| {
                unescape(text.bytes, out);
                true
            },
            out,
        ),
        Piece::Seconds(path) => member(
            path,
            &mut |text, out| {
                let micros = text.bytes;
                let Some((seconds, rest)) = micros.len().checked_sub(6).map(|at| micros.split_at(at)) else {
                    return false;
                };
                let is_number = !seconds.is_empty() && micros.iter().all(u8::is_ascii_digit);
                out.extend_from_slice(seconds);
                out.push(b'.');
                out.extend_from_slice(&rest[..3]);
                is_number
            },
            out,
        ),
        Piece::Tail(path) => member(
            path,
            &mut |text, out| {
                let blank = text.bytes.iter().position(|&b| b == b' ').unwrap_or(text.bytes.len());
                unescape(&text.bytes[blank..], out);
                true
            },
            out,
        ),
    })
}

/// Paths are no longer.
const LONGEST: usize = 48;

/// Walks an object, or the objects of a list, and tells of each value that a path leads to where it begins and ends.
/// Keys may be nested or dotted. An object that a path leads through is entered even where a path ends at it.
fn walk(text: &[u8], paths: &[&[u8]], found: &mut dyn FnMut(usize, usize, usize)) -> Result<(), JsonError> {
    let mut walk = Walk { text, paths, at: [0; LONGEST] };
    let mut reader = Reader::new(text);
    match reader.value()? {
        Value::Object => walk.members(&mut reader, 0, found),
        Value::Array => walk.list(&mut reader, 0, found),
        _ => Ok(()),
    }
}

struct Walk<'w> {
    text: &'w [u8],
    paths: &'w [&'w [u8]],
    at: [u8; LONGEST],
}

impl Walk<'_> {
    fn members(
        &mut self,
        reader: &mut Reader<'_>,
        above: usize,
        found: &mut dyn FnMut(usize, usize, usize),
    ) -> Result<(), JsonError> {
        while let Some(key) = reader.next_key()? {
            let end = above + key.bytes.len();
            let Some(room) = self.at.get_mut(above..end) else {
                reader.skip()?;
                continue;
            };
            room.copy_from_slice(key.bytes);
            let name = &self.at[..end];
            let exact = self.paths.iter().position(|path| *path == name);
            let leads = end + 1 < LONGEST
                && self.paths.iter().any(|path| path.get(end) == Some(&b'.') && path.starts_with(name));
            let before = reader.offset();
            let value = reader.value()?;
            match value {
                Value::Object if leads => {
                    self.at[end] = b'.';
                    self.members(reader, end + 1, found)?;
                }
                Value::Array if leads => {
                    self.at[end] = b'.';
                    self.list(reader, end + 1, found)?;
                }
                Value::Object | Value::Array => reader.skip_container()?,
                _ => {}
            }
            if let Some(exact) = exact {
                let blank = self.text[before..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                found(exact, before + blank, reader.offset());
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        reader: &mut Reader<'_>,
        above: usize,
        found: &mut dyn FnMut(usize, usize, usize),
    ) -> Result<(), JsonError> {
        while let Some(element) = reader.next_element()? {
            match element {
                Value::Object => self.members(reader, above, found)?,
                Value::Array => reader.skip_container()?,
                _ => {}
            }
        }
        Ok(())
    }
}
