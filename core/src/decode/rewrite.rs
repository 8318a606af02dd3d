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
