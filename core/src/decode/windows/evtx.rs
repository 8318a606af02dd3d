//! `{"Event": {"System": {…}, "EventData": {"Image": …}}}`: evtx_dump and pyevtx-rs.

use super::super::json::{JsonError, Reader};
use super::data;
use super::fields::{Fields, scalar};
use super::system::{enter, read_event};

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    read_event(reader, fields, read_data)
}

fn read_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if enter(reader)? {
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"ProcessID" => fields.set_process(scalar(reader)?),
                // Classic providers write values without names.
                b"Data" => data::list(reader, fields)?,
                _ => {
                    fields.read_member(key, reader)?;
                }
            }
        }
    }
    Ok(())
}
