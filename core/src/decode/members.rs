//! Small readers of JSON members, shared by the decoders.

use core::str::FromStr;

use super::json::{JsonError, Reader, Scratch, Span, Value};
use super::{DecodeError, DecodeErrorKind, Record, Sink};

/// Walks an object; `member` must consume the value of every key it is given. `false` when the value is not an object.
pub(super) fn members<'a>(
    reader: &mut Reader<'a>,
    mut member: impl FnMut(&mut Reader<'a>, &'a [u8]) -> Result<(), JsonError>,
) -> Result<bool, JsonError> {
    match reader.value()? {
        Value::Object => {}
        Value::Array => return reader.skip_container().map(|()| false),
        _ => return Ok(false),
    }
    while let Some(key) = reader.next_key()? {
        member(reader, key.bytes)?;
    }
    Ok(true)
}

/// Reads the hash of a signature's code directory and labels it, because it is no hash of the file. Programs without a
/// signature have zeros.
pub(super) fn code_directory_hash(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Span, JsonError> {
    Ok(match scalar(reader)? {
        Value::String(hash) if hash.bytes.iter().any(|&b| b != b'0') => scratch.compose(|out| {
            out.extend_from_slice(b"CDHASH=");
            out.extend_from_slice(hash.bytes);
        }),
        _ => Span::default(),
    })
}

/// The length in bytes of the longest path that is followed.
const LONGEST: usize = 64;

/// Walks an object whose opening brace was read and calls `found` with the index of each dotted path that leads to a
/// member; `found` must consume the value. Keys may be nested or dotted themselves; the objects in a list are walked
/// one after another, as if each replaced the list.
pub(super) fn walk<'a, E: From<JsonError>>(
    reader: &mut Reader<'a>,
    paths: &[&[u8]],
    found: &mut dyn FnMut(usize, &mut Reader<'a>) -> Result<(), E>,
) -> Result<(), E> {
    object(reader, &mut [0; LONGEST], 0, paths, found)
}

/// Walks an object whose members' paths begin with the first `above` bytes.
fn object<'a, E: From<JsonError>>(
    reader: &mut Reader<'a>,
    at: &mut [u8; LONGEST],
    above: usize,
    paths: &[&[u8]],
    found: &mut dyn FnMut(usize, &mut Reader<'a>) -> Result<(), E>,
) -> Result<(), E> {
    while let Some(key) = reader.next_key()? {
        let end = above + key.bytes.len();
        match at.get_mut(above..end) {
            Some(room) => room.copy_from_slice(key.bytes),
            None => {
                reader.skip()?;
                continue;
            }
        }
        let name = &at[..end];
        if let Some(path) = paths.iter().position(|path| *path == name) {
            found(path, reader)?;
            continue;
        }
        let leads = paths.iter().any(|path| path.get(end) == Some(&b'.') && path.starts_with(name));
        let value = reader.value()?;
        if !matches!(value, Value::Object | Value::Array) {
            continue;
        }
        match (at.get_mut(end).filter(|_| leads), value) {
            (None, _) => reader.skip_container()?,
            (Some(dot), Value::Object) => {
                *dot = b'.';
                object(reader, at, end + 1, paths, found)?;
            }
            (Some(dot), _) => {
                *dot = b'.';
                list(reader, at, end + 1, paths, found)?;
            }
        }
    }
    Ok(())
}

fn list<'a, E: From<JsonError>>(
    reader: &mut Reader<'a>,
    at: &mut [u8; LONGEST],
    above: usize,
    paths: &[&[u8]],
    found: &mut dyn FnMut(usize, &mut Reader<'a>) -> Result<(), E>,
) -> Result<(), E> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object => object(reader, at, above, paths, found)?,
            Value::Array => reader.skip_container()?,
            _ => {}
        }
    }
    Ok(())
}

/// The index of a path in a list, for use at compile time.
pub(super) const fn position(paths: &[&[u8]], name: &[u8]) -> usize {
    let mut at = 0;
    while at < paths.len() {
        if equal(paths[at], name) {
            return at;
        }
        at += 1;
    }
    panic!("no such path")
}

/// Whether two names are equal, for use at compile time.
pub(super) const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether two texts, most often both empty, are equal. The length check comes first because some C libraries compare
/// empty slices slowly.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// The next value; a container is skipped and reads as `Null`.
pub(super) fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, JsonError> {
    match reader.value()? {
        Value::Object | Value::Array => reader.skip_container().map(|()| Value::Null),
        value => Ok(value),
    }
}

/// The next value if it is a scalar, or the first scalar of a list: Elasticsearch exports every field as a list of its
/// values.
pub(super) fn first<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, JsonError> {
    match reader.value()? {
        Value::Array => {
            let mut found = Value::Null;
            scalars(reader, |value| {
                if found == Value::Null {
                    found = value;
                }
            })?;
            Ok(found)
        }
        Value::Object => reader.skip_container().map(|()| Value::Null),
        value => Ok(value),
    }
}

/// Passes on the scalars of a list whose opening bracket was read.
pub(super) fn scalars<'a>(reader: &mut Reader<'a>, mut take: impl FnMut(Value<'a>)) -> Result<(), JsonError> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object | Value::Array => reader.skip_container()?,
            value => take(value),
        }
    }
    Ok(())
}

/// Where a document of Elasticsearch begins: a search hit holds it in `_source`, or its members in `fields`. A document
/// of its own may have a member `fields`, too, but none in which there is a time.
pub(super) fn elastic_document(bytes: &[u8]) -> Result<usize, JsonError> {
    let may_hold = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
    let mut begin = 0;
    if !may_hold(b"\"_source\"") && !may_hold(b"\"fields\"") {
        return Ok(begin);
    }
    let mut reader = Reader::new(bytes);
    members(&mut reader, |reader, key| {
        let from = reader.offset();
        reader.skip()?;
        match key {
            b"_source" => begin = from,
            b"fields" if begin == 0 && memchr::memmem::find(reader.since(from), b"\"@timestamp\"").is_some() => {
                begin = from;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(begin)
}

/// The next value as text.
pub(super) fn text(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Span, JsonError> {
    Ok(scalar(reader)?.text(scratch).unwrap_or(Span::NONE))
}

/// The next value as a number, which may be quoted.
pub(super) fn number<T: FromStr>(reader: &mut Reader<'_>) -> Result<Option<T>, JsonError> {
    Ok(match scalar(reader)? {
        Value::Number(text) => parse(text),
        Value::String(text) => parse(text.bytes),
        _ => None,
    })
}

/// Parses a decimal number.
pub(super) fn parse<T: FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// An id for which all bits set means "none" (login user, audit session).
pub(super) const fn assigned(id: Option<u32>) -> Option<u32> {
    match id {
        Some(u32::MAX) => None,
        id => id,
    }
}

/// The id of a process, for which all bits set also means "none", signed or unsigned.
pub(super) fn process_id(reader: &mut Reader<'_>) -> Result<Option<u32>, JsonError> {
    number(reader).map(assigned)
}

/// Members of a wrong JSON type, which do not spoil the rest of their record. The array is as long as the largest
/// number of fields that a decoder opens this way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost([Option<(&'static str, usize)>; 2]);

impl Lost {
    /// Opens the object or array that must come next. Returns `false`, with nothing opened, when the value is `null` or
    /// of another type; another type is noted and skipped.
    pub(super) fn open(
        &mut self,
        reader: &mut Reader<'_>,
        wanted: Value<'static>,
        field: &'static str,
    ) -> Result<bool, JsonError> {
        match reader.value()? {
            value if value == wanted => return Ok(true),
            Value::Null => return Ok(false),
            Value::Object | Value::Array => reader.skip_container()?,
            _ => {}
        }
        if let Some(free) = self.0.iter_mut().find(|noted| noted.is_none()) {
            *free = Some((field, reader.offset()));
        }
        Ok(false)
    }

    /// Reports the noted members as errors.
    pub(super) fn report(self, record: &Record<'_>, sink: &mut dyn Sink) {
        for (field, at) in self.0.into_iter().flatten() {
            let error = faulty(record, DecodeErrorKind::BadValue, field);
            sink.error(DecodeError { offset: record.offset + at as u64, ..error });
        }
    }
}

/// The error for JSON that could not be read.
pub(super) fn malformed(record: &Record<'_>, fault: JsonError) -> DecodeError {
    let kind = if fault.too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed };
    DecodeError { kind, record: record.number, offset: record.offset + fault.offset as u64, field: None }
}

/// The error for one field of the record.
pub(super) fn faulty(record: &Record<'_>, kind: DecodeErrorKind, field: &'static str) -> DecodeError {
    DecodeError { kind, record: record.number, offset: record.offset, field: Some(field) }
}

#[cfg(test)]
mod tests {
    use super::{JsonError, Reader, Value, position, scalar, walk};
    use alloc::vec::Vec;

    const PATHS: &[&[u8]] = &[b"a.b", b"a.list.c", b"top", b"e.f.g"];

    fn found(text: &'static [u8]) -> Vec<(usize, Value<'static>)> {
        let mut seen = Vec::new();
        let mut reader = Reader::new(text);
        assert_eq!(reader.value(), Ok(Value::Object));
        let walked: Result<(), JsonError> = walk(&mut reader, PATHS, &mut |path, reader| {
            seen.push((path, scalar(reader)?));
            Ok(())
        });
        walked.unwrap();
        assert!(reader.at_end());
        seen
    }

    #[test]
    fn members_are_found_nested_dotted_and_in_lists() {
        let text = br#"{"x":{"b":0},"a":{"b":1,"list":[{"c":2},7,{"d":{},"c":3}],"z":[{"b":9}]},"top":4,"e.f":{"g":5},"a.b":6,"e":7}"#;
        let want = [(0, b"1"), (1, b"2"), (1, b"3"), (2, b"4"), (3, b"5"), (0, b"6")];
        assert_eq!(found(text), want.map(|(path, n)| (path, Value::Number(n))));
    }

    #[test]
    fn names_longer_than_any_path_are_passed_over() {
        let text = br#"{"a":{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb":{"c":1},"b":2}}"#;
        assert_eq!(found(text), [(0, Value::Number(b"2"))]);
    }

    #[test]
    fn a_path_is_known_by_its_place() {
        assert_eq!(position(PATHS, b"top"), 2);
    }
}
