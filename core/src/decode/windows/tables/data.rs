//! The data of a record as exporters lay them out in JSON: members by name, pairs of name and text in a list, or either
//! of them below `EventData` or `UserData`.

use super::super::fields::{Fields, field_named, scalar};
use crate::decode::json::{JsonError, RawStr, Reader, Value};

/// Reads the members of an object that holds a record's data, and those of objects in it (`EventData`, `UserData` and
/// the element below it).
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

/// Reads `Data`: pairs, one pair, texts that have a place instead of a name, or those in one object.
pub(crate) fn list<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
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
            Value::Number(text) => fields.push_unnamed(RawStr::plain(text)),
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
                Value::Number(text) => value = Some(RawStr::plain(text)),
                Value::Array => elements(reader, fields)?,
                Value::Object => reader.skip_container()?,
                _ => {}
            },
            _ => reader.skip()?,
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
