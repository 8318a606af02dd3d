//! Tables of Microsoft Sentinel and Log Analytics with records of Windows, after the table reference on Microsoft
//! Learn: `SecurityEvent` has a column for each field, `Event` has the data as XML, `WindowsEvent` as an object.

use super::super::fields::{FieldName::*, Fields, plain};
use super::super::values::number32;
use super::row::{Column, Holds, Row, Table, field, holds};
use crate::decode::{Format, Skip};

pub(super) const TABLE: Table = Table {
    format: Format::SentinelJson,
    marks: &[
        &[b"TimeGenerated", b"EventID"],
        &[b"TimeGenerated [UTC]", b"EventID"],
        &[b"TimeGenerated [Local Time]", b"EventID"],
    ],
    columns: COLUMNS,
    open: true,
    place,
};

const COLUMNS: &[Column] = &[
    field(b"EventID", EventId),
    field(b"TimeCreated", SystemTime),
    field(b"TimeGenerated", SystemTime),
    field(b"TimeGenerated [UTC]", SystemTime),
    field(b"TimeGenerated [Local Time]", LocalTime),
    field(b"Computer", Host),
    field(b"Channel", Channel),
    field(b"EventLog", Channel),
    field(b"Provider", Provider),
    field(b"EventSourceName", Provider),
    field(b"Source", Provider),
    field(b"EventRecordId", RecordId),
    field(b"SystemProcessId", SensorProcess),
    holds(b"EventData", Holds::Data),
    holds(b"RawEventData", Holds::Data),
    holds(b"UserData", Holds::Data),
    holds(b"RenderedDescription", Holds::Message),
];

/// A query may omit the columns that name the log. The ids of the Security log are then unique enough to identify it.
fn place<'a>(_: &mut Row<'a>, fields: &mut Fields<'a>) -> Result<(), Skip> {
    let named = fields.get(Provider).or_else(|| fields.get(Channel));
    if named.is_none() {
        let id = fields.bytes(EventId).and_then(number32).unwrap_or_default();
        let provider: &[u8] = match id {
            1..256 if fields.get(ProcessGuid).or_else(|| fields.get(SourceProcessGuid)).is_some() => {
                b"Microsoft-Windows-Sysmon"
            }
            4608..7000 => b"Microsoft-Windows-Security-Auditing",
            _ => return Err(Skip::NotOfInterest),
        };
        fields.set(Provider, plain(provider));
    }
    Ok(())
}
