//! Flat JSON of NXLog and Mordor (`{"EventID": 17, "SourceName": …, "Image": …}`), with envelope and data in one object
//! in any order. Winlogbeat 6 and OpenTelemetry's Windows receiver, which have the data in `event_data`, are read in the
//! same way; the receiver also has objects for provider, id and process.

use super::super::json::{JsonError, RawStr, Reader, Value};
use super::data;
use super::fields::{FieldName, Fields, plain, scalar};
use super::member_order::Part;
use super::record::is_unwanted;
use super::system::enter;

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    fields.orders.begin(Part::Envelope);
    loop {
        let decides = |field| matches!(field, FieldName::EventId | FieldName::Provider);
        if fields.read_expected(Part::Envelope, reader, decides)? {
            if is_unwanted(fields) {
                return Ok(false);
            }
            continue;
        }
        let Some(key) = reader.next_key()? else { return Ok(true) };
        let field = match key.bytes {
            b"event_data" => {
                read_data(reader, fields)?;
                continue;
            }
            b"provider" => set(fields, FieldName::Provider, part(reader, b"name")?),
            b"event_id" => set(fields, FieldName::EventId, part(reader, b"id")?),
            b"execution" => set(fields, FieldName::SensorProcess, part(reader, b"process_id")?),
            _ => fields.read_in_order(Part::Envelope, key, reader)?,
        };
        if field.is_some_and(decides) && is_unwanted(fields) {
            return Ok(false);
        }
    }
}

/// Reads the members of `event_data`, one of which may be a list of pairs.
fn read_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if enter(reader)? {
        while let Some(key) = reader.next_key()? {
            if key.bytes == b"data" {
                data::list(reader, fields)?;
            } else {
                fields.read_member(key, reader)?;
            }
        }
    }
    Ok(())
}

/// The next value if it is a scalar, or its member of this name if it is an object.
fn part<'a>(reader: &mut Reader<'a>, name: &[u8]) -> Result<Option<RawStr<'a>>, JsonError> {
    let mut found = None;
    match reader.value()? {
        Value::String(text) => found = Some(text),
        Value::Number(text) => found = Some(plain(text)),
        Value::Array => reader.skip_container()?,
        Value::Object => {
            while let Some(key) = reader.next_key()? {
                let value = scalar(reader)?;
                if key.bytes == name {
                    found = value;
                }
            }
        }
        _ => {}
    }
    Ok(found)
}

fn set<'a>(fields: &mut Fields<'a>, field: FieldName, value: Option<RawStr<'a>>) -> Option<FieldName> {
    value.map(|value| {
        fields.set(field, value);
        field
    })
}
