//! A record's data in the JSON of exporters: as members, as a list of pairs of name and text, or either of them inside
//! `EventData` or `UserData`.

use super::fields::{FieldName, Fields, field_named, plain, scalar};
use super::positions;
use super::record::origin_of;
use super::values::number32;
use crate::decode::json::{JsonError, RawStr, Reader, Value};

/// Reads an object that holds a record's data, including the objects in it (`EventData`, `UserData` and its element).
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    while let Some(key) = reader.next_key()? {
        match key.bytes {
            b"Data" => list(reader, fields)?,
            b"ProcessID" => fields.set_process(scalar(reader)?),
            name if field_named(name).is_some() => {
                fields.read_member(key, reader)?;
            }
            _ => match reader.value()? {
                Value::Object => read(reader, fields)?,
                Value::Array => reader.skip_container()?,
                _ => {}
            },
        }
    }
    Ok(())
}

/// Reads `Data`: a list of pairs or of values without names, a single pair, or an object with such a list.
pub(super) fn list<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    match reader.value()? {
        Value::Array => elements(reader, fields),
        Value::Object => pair(reader, fields),
        Value::String(text) => {
            fields.push_unnamed(text);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn elements<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object => pair(reader, fields)?,
            Value::Array => reader.skip_container()?,
            Value::String(text) => fields.push_unnamed(text),
            Value::Number(text) => fields.push_unnamed(plain(text)),
            _ => {}
        }
    }
    Ok(())
}

fn pair<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    let (mut name, mut value) = (None, None);
    while let Some(key) = reader.next_key()? {
        match key.bytes {
            b"Name" | b"@Name" => name = scalar(reader)?,
            b"#text" | b"text" => match reader.value()? {
                Value::String(text) => value = Some(text),
                Value::Number(text) => value = Some(plain(text)),
                Value::Array => elements(reader, fields)?,
                Value::Object => reader.skip_container()?,
                _ => {}
            },
            // Some collectors write each pair as an object with one member.
            other => {
                if let Some(value) = scalar(reader)? {
                    fields.set_named_if_none(other, value);
                }
            }
        }
    }
    match (name, value) {
        (Some(name), Some(value)) if name.bytes == b"ProcessID" => fields.set_process(Some(value)),
        (Some(name), Some(value)) => fields.set_named(name.bytes, value),
        (None, Some(value)) => fields.push_unnamed(value),
        _ => {}
    }
    Ok(())
}

/// Reads a list of values without names, which are scalars or objects with a scalar. Returns whether a template has
/// this number of values.
pub(super) fn read_values<'a>(list: &'a [u8], fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    // PowerShell writes the name of the type instead of a value that is deeper than `-Depth`.
    const TYPE: &[u8] = b"System.Diagnostics.Eventing.Reader.";
    let (mut count, mut are_types) = (0, true);
    walk_values(list, |value| {
        count += 1;
        are_types &= value.is_some_and(|value| value.bytes.starts_with(TYPE));
    })?;
    if are_types {
        return Ok(false);
    }
    let id = fields.bytes(FieldName::EventId).and_then(number32);
    let template = origin_of(fields).zip(id).and_then(|(origin, id)| positions::fields(origin, id, count));
    let Some(mut template) = template else { return Ok(false) };
    walk_values(list, |value| fields.set_if_none(template.next().flatten(), value))?;
    Ok(true)
}

fn walk_values<'a>(list: &'a [u8], mut take: impl FnMut(Option<RawStr<'a>>)) -> Result<(), JsonError> {
    let mut reader = Reader::new(list);
    if reader.value()? != Value::Array {
        return Ok(());
    }
    while let Some(element) = reader.next_element()? {
        take(match element {
            Value::String(text) => Some(text),
            Value::Number(text) => Some(plain(text)),
            Value::Bool(flag) => Some(plain(if flag { b"true" } else { b"false" })),
            Value::Object => value_of(&mut reader)?,
            Value::Array => reader.skip_container().map(|()| None)?,
            Value::Null => None,
        });
    }
    Ok(())
}

/// The value in an object that wraps one value (`{"Value": 1}`).
pub(super) fn value_of<'a>(reader: &mut Reader<'a>) -> Result<Option<RawStr<'a>>, JsonError> {
    let mut found = None;
    while let Some(key) = reader.next_key()? {
        match key.bytes {
            b"Value" | b"value" | b"#text" => found = scalar(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(found)
}
