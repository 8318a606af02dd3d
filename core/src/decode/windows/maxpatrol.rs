//! `{"Event": {"System": {…}, "EventData": {"Data": [{"Name": "Image", "text": …}]}}}`: MaxPatrol, all values strings.

use super::super::json::{JsonError, Reader, Value};
use super::fields::{Fields, scalar};
use super::system::{enter, read_event};

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    read_event(reader, fields, read_data)
}

fn read_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if !enter(reader)? {
        return Ok(());
    }
    while let Some(key) = reader.next_key()? {
        if key.bytes != b"Data" {
            reader.skip()?;
            continue;
        }
        match reader.value()? {
            Value::Array => {
                while let Some(element) = reader.next_element()? {
                    match element {
                        Value::Object => read_pair(reader, fields)?,
                        Value::Array => reader.skip_container()?,
                        _ => {}
                    }
                }
            }
            // A record with one field has no array around it.
            Value::Object => read_pair(reader, fields)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_pair<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    let (mut name, mut value) = (None, None);
    while let Some(key) = reader.next_key()? {
        match key.bytes {
            b"Name" => name = scalar(reader)?,
            b"text" => value = scalar(reader)?,
            _ => reader.skip()?,
        }
    }
    if let (Some(name), Some(value)) = (name, value) {
        fields.set_named(name.bytes, value);
    }
    Ok(())
}
