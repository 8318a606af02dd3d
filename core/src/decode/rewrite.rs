//! Rebuilds the record from a wrapper's members when the wrapper does not hold it as one value.

use alloc::vec::Vec;

use super::envelopes::{Names, Piece};
use super::json::{JsonError, RawStr, Reader, Value, unescape};
use super::paths::walk;

/// Writes the record with its original member names; `false` when it has no members.
pub(super) fn rename(names: &Names, object: &[u8], out: &mut Vec<u8>) -> bool {
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
                // A value that was escaped only once is no longer a valid JSON string.
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

/// Joins members into a line; `false` when one is missing.
pub(super) fn put_together(pieces: &[Piece], object: &[u8], out: &mut Vec<u8>) -> bool {
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

/// Writes audit records as lines with their headers; `false` when there are none.
pub(super) fn audit_lines(time: &[u8], serial: &[u8], list: &[u8], out: &mut Vec<u8>) -> bool {
    let mut reader = Reader::new(list);
    let is_read = reader.value() == Ok(Value::Array) && each_audit_line(&mut reader, time, serial, out).is_ok();
    is_read && !out.is_empty()
}

fn each_audit_line(reader: &mut Reader<'_>, time: &[u8], serial: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object => {}
            Value::Array => {
                reader.skip_container()?;
                continue;
            }
            _ => continue,
        }
        let (mut kind, mut data) = (None, None);
        while let Some(key) = reader.next_key()? {
            match (key.bytes, reader.value()?) {
                (b"type", Value::Number(number)) => kind = Some(number),
                (b"data", Value::String(text)) => data = Some(text),
                (_, Value::Object | Value::Array) => reader.skip_container()?,
                _ => {}
            }
        }
        if let (Some(kind), Some(data)) = (kind, data) {
            for part in [&b"type="[..], kind, b" msg=audit(", time, b":", serial, b"): "] {
                out.extend_from_slice(part);
            }
            unescape(data.bytes, out);
            out.push(b'\n');
        }
    }
    Ok(())
}

/// Writes a list of key and value pairs as an object; each value is an object whose only member names its type. `false`
/// when the list has no pairs.
pub(super) fn pairs(list: &[u8], out: &mut Vec<u8>) -> bool {
    let begin = out.len();
    let mut reader = Reader::new(list);
    let is_whole = matches!(reader.value(), Ok(Value::Array)) && object_of_pairs(&mut reader, out).is_ok();
    is_whole && out.len() > begin + 2
}

/// Writes an object from a list whose opening bracket was read.
fn object_of_pairs(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    out.push(b'{');
    let first = out.len();
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object => {}
            Value::Array => {
                reader.skip_container()?;
                continue;
            }
            _ => continue,
        }
        let before = out.len();
        if before > first {
            out.push(b',');
        }
        let (mut has_key, mut has_value) = (false, false);
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                // All OpenTelemetry encoders write the key before its value.
                b"key" if !has_key => {
                    let from = reader.offset();
                    has_key = matches!(reader.value()?, Value::String(_));
                    out.extend_from_slice(reader.since(from).trim_ascii());
                    out.push(b':');
                }
                b"value" if has_key && !has_value => {
                    any_value(reader, out)?;
                    has_value = true;
                }
                _ => reader.skip()?,
            }
        }
        if !has_value {
            out.truncate(before);
        }
    }
    out.push(b'}');
    Ok(())
}

/// Writes a value according to the type that its only member names; `null` when it has none.
fn any_value(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let begin = out.len();
    if reader.value()? == Value::Object {
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"stringValue" | b"boolValue" | b"doubleValue" | b"bytesValue" if out.len() == begin => {
                    let from = reader.offset();
                    reader.skip()?;
                    out.extend_from_slice(reader.since(from).trim_ascii());
                }
                // The JSON encoding of Protocol Buffers writes 64-bit numbers as strings.
                b"intValue" if out.len() == begin => match reader.value()? {
                    Value::String(text) => out.extend_from_slice(text.bytes),
                    Value::Number(text) => out.extend_from_slice(text),
                    Value::Object | Value::Array => reader.skip_container()?,
                    _ => {}
                },
                b"kvlistValue" | b"arrayValue" if out.len() == begin => {
                    container(reader, key.bytes == b"kvlistValue", out)?;
                }
                _ => reader.skip()?,
            }
        }
    }
    if out.len() == begin {
        out.extend_from_slice(b"null");
    }
    Ok(())
}

/// Writes the `values` of a map (`pairs`) or a list.
fn container(reader: &mut Reader<'_>, pairs: bool, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let begin = out.len();
    if reader.value()? == Value::Object {
        while let Some(key) = reader.next_key()? {
            if key.bytes != b"values" || out.len() > begin || reader.value()? != Value::Array {
                reader.skip()?;
            } else if pairs {
                object_of_pairs(reader, out)?;
            } else {
                out.push(b'[');
                let first = out.len();
                while reader.at_element()?.is_some() {
                    if out.len() > first {
                        out.push(b',');
                    }
                    any_value(reader, out)?;
                }
                out.push(b']');
            }
        }
    }
    if out.len() == begin {
        out.extend_from_slice(if pairs { b"{}" } else { b"[]" });
    }
    Ok(())
}

/// The longest name of a column.
const LONGEST_NAME: usize = 128;

/// The names of columns: texts, or objects with a `name`.
pub(super) fn column_names(list: &[u8]) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut reader = Reader::new(list);
    if reader.value() != Ok(Value::Array) {
        return names;
    }
    while let Ok(Some(element)) = reader.next_element() {
        let mut name = match element {
            Value::String(text) => text.bytes,
            _ => &[],
        };
        if element == Value::Object {
            while let Ok(Some(key)) = reader.next_key() {
                match (key.bytes, reader.value()) {
                    (b"name" | b"Name" | b"ColumnName", Ok(Value::String(text))) => name = text.bytes,
                    (_, Ok(Value::Object | Value::Array)) if reader.skip_container().is_err() => return names,
                    (_, Err(_)) => return names,
                    _ => {}
                }
            }
        } else if element == Value::Array && reader.skip_container().is_err() {
            break;
        }
        names.push(if name.len() <= LONGEST_NAME { name } else { &[] });
    }
    names
}

/// Writes a list of values as an object with these names; leaves out values without a name and `null`. `false` when
/// nothing is left.
pub(super) fn row(names: &[&[u8]], list: &[u8], out: &mut Vec<u8>) -> bool {
    let mut reader = Reader::new(list);
    if reader.value() != Ok(Value::Array) {
        return false;
    }
    let mut names = names.iter();
    out.push(b'{');
    while let Ok(Some(from)) = reader.at_element() {
        let Ok(value) = reader.value() else { break };
        if matches!(value, Value::Object | Value::Array) && reader.skip_container().is_err() {
            break;
        }
        let name = names.next().copied().unwrap_or_default();
        if !name.is_empty() && value != Value::Null {
            member(name, reader.since(from), out);
        }
    }
    let some = out.len() > 1;
    out.push(b'}');
    some
}

/// Appends a member to an object that is being written.
pub(super) fn member(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name);
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value);
}

/// Writes a text as a JSON string.
pub(super) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The maximum number of members of an object whose dotted keys are nested.
const MOST_MEMBERS: usize = 1024;

/// Writes an object with dotted keys as nested objects, because wrappers hold their records as objects; `false` when no
/// key is dotted. Members with a common path are put side by side.
pub(super) fn nest(object: &[u8], out: &mut Vec<u8>) -> bool {
    let mut members: Vec<(&[u8], &[u8])> = Vec::new();
    let mut reader = Reader::new(object);
    if reader.value() != Ok(Value::Object) {
        return false;
    }
    while let Ok(Some(key)) = reader.next_key() {
        let from = reader.offset();
        if reader.skip().is_err() || members.len() == MOST_MEMBERS {
            return false;
        }
        members.push((key.bytes, reader.since(from)));
    }
    if !members.iter().any(|(key, _)| is_dotted(key)) {
        return false;
    }
    members.sort_by_key(|(key, _)| *key);
    out.push(b'{');
    // The objects that are open, by the names that lead to them.
    let mut open: Vec<&[u8]> = Vec::new();
    for (key, value) in members {
        let (path, name) = match key.iter().rposition(|&b| b == b'.').filter(|_| is_dotted(key)) {
            Some(dot) => (Some(&key[..dot]), &key[dot + 1..]),
            None => (None, key),
        };
        let path = || path.into_iter().flat_map(|path| path.split(|&b| b == b'.'));
        let common = open.iter().zip(path()).take_while(|(one, other)| *one == other).count();
        out.resize(out.len() + open.len() - common, b'}');
        open.truncate(common);
        for part in path().skip(common) {
            member(part, b"{", out);
            open.push(part);
        }
        member(name, value, out);
    }
    out.resize(out.len() + open.len() + 1, b'}');
    true
}

/// Whether a key is a path of names.
fn is_dotted(key: &[u8]) -> bool {
    let mut names = key.split(|&b| b == b'.');
    key.contains(&b'.') && names.all(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{column_names, nest, row};
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn dotted_keys_become_objects() {
        let mut out = Vec::new();
        assert!(nest(br#"{"b.c.d":1,"a":[2],"b.e":{"f":"x"},"b.c.a":3,"g..h":4}"#, &mut out));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":[2],"b":{"c":{"a":3,"d":1},"e":{"f":"x"}},"g..h":4}"#);
        assert!(!nest(br#"{"a":{"b.c":1}}"#, &mut Vec::new()));
    }

    #[test]
    fn values_get_the_names_of_their_columns() {
        let names = column_names(br#"[{"name":"a","type":"int"},"b",{"type":"x"},{"Name":"c"}]"#);
        assert_eq!(names, [&b"a"[..], b"b", b"", b"c"]);
        let mut out = Vec::new();
        assert!(row(&names, br#"[1,null,2,{"x":[]},5]"#, &mut out));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":1,"c":{"x":[]}}"#);
        assert!(!row(&names, b"[null]", &mut Vec::new()));
    }
}
