//! The `System` element of nested records, with or without the `#attributes` level that XML attributes get.

use super::super::json::{JsonError, RawStr, Reader, Value};
use super::fields::{FieldName, Fields};
use super::member_order::Part;
use super::record::is_unwanted;

/// Reads a nested record: `Event`, its `System`, and `EventData` with the function `data`. Returns `false` as soon as
/// the record turns out to be of no interest.
pub(super) fn read_event<'a>(
    reader: &mut Reader<'a>,
    fields: &mut Fields<'a>,
    data: fn(&mut Reader<'a>, &mut Fields<'a>) -> Result<(), JsonError>,
) -> Result<bool, JsonError> {
    while let Some(key) = reader.next_key()? {
        if key.bytes != b"Event" {
            reader.skip()?;
            continue;
        }
        if reader.value()? != Value::Object {
            return Ok(true);
        }
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"System" => {
                    read_system(reader, fields)?;
                    if is_unwanted(fields) {
                        return Ok(false);
                    }
                }
                b"EventData" => data(reader, fields)?,
                b"UserData" => read_user_data(reader, fields)?,
                _ => reader.skip()?,
            }
        }
    }
    Ok(true)
}

fn read_system<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if !enter(reader)? {
        return Ok(());
    }
    fields.orders.begin(Part::Envelope);
    loop {
        fields.read_expected(Part::Envelope, reader, |_| false)?;
        let Some(key) = reader.next_key()? else { return Ok(()) };
        match key.bytes {
            // evtx_dump can write attributes as a member beside their element (`--separate-json-attributes`); Chainsaw
            // does.
            b"Provider" | b"Provider_attributes" => set(fields, FieldName::Provider, attribute(reader, b"Name")?),
            b"TimeCreated" | b"TimeCreated_attributes" => {
                set(fields, FieldName::SystemTime, attribute(reader, b"SystemTime")?);
            }
            b"Execution" | b"Execution_attributes" => {
                set(fields, FieldName::SensorProcess, attribute(reader, b"ProcessID")?);
            }
            _ => {
                fields.read_in_order(Part::Envelope, key, reader)?;
            }
        }
    }
}

/// Reads the one element of `UserData`, whose members are the fields.
fn read_user_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if !enter(reader)? {
        return Ok(());
    }
    while let Some(element) = reader.next_key()? {
        if element.bytes.starts_with(b"#") {
            reader.skip()?;
        } else if enter(reader)? {
            while let Some(key) = reader.next_key()? {
                if key.bytes == b"ProcessID" {
                    set(fields, FieldName::HostProcessId, super::fields::scalar(reader)?);
                } else {
                    fields.read_member(key, reader)?;
                }
            }
        }
    }
    Ok(())
}

/// Enters the next value if it is an object; otherwise skips it and returns `false`.
pub(super) fn enter(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    match reader.value()? {
        Value::Object => Ok(true),
        Value::Array => reader.skip_container().map(|()| false),
        _ => Ok(false),
    }
}

/// Reads an attribute of an element, which stands in the element or in its `#attributes`.
fn attribute<'a>(reader: &mut Reader<'a>, name: &[u8]) -> Result<Option<RawStr<'a>>, JsonError> {
    let mut found = None;
    if !enter(reader)? {
        return Ok(found);
    }
    while let Some(key) = reader.next_key()? {
        if key.bytes == b"#attributes" {
            found = attribute(reader, name)?.or(found);
        } else if key.bytes == name {
            found = super::fields::scalar(reader)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(found)
}

fn set<'a>(fields: &mut Fields<'a>, field: FieldName, value: Option<RawStr<'a>>) {
    if let Some(value) = value {
        fields.set(field, value);
    }
}
