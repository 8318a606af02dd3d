//! `{"EventID": 17, "SourceName": …, "Image": …}`: NXLog and Mordor, envelope and data side by side in any order.
//! The second level of winlogbeat 6 (`event_data`) is read as if it were flat too.

use super::super::json::{JsonError, Reader};
use super::fields::{FieldName, Fields};
use super::record::is_unwanted;
use super::system::enter;

/// Reads the members of one record into the field table; `false` when it is of no interest.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    while let Some(key) = reader.next_key()? {
        if key.bytes == b"event_data" {
            if enter(reader)? && !read(reader, fields)? {
                return Ok(false);
            }
            continue;
        }
        let field = fields.read_member(key, reader)?;
        if matches!(field, Some(FieldName::EventId | FieldName::Provider)) && is_unwanted(fields) {
            return Ok(false);
        }
    }
    Ok(true)
}
