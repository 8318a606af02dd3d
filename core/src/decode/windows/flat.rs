//! Flat JSON of NXLog and Mordor (`{"EventID": 17, "SourceName": …, "Image": …}`), with envelope and data in one object
//! in any order. Winlogbeat 6, which has the data in `event_data`, is read in the same way.

use super::super::json::{JsonError, Reader};
use super::fields::{FieldName, Fields};
use super::record::is_unwanted;
use super::system::enter;

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
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
