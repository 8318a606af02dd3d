//! Records of Windows as Windows' own tools, and collectors close to them, lay them out in a row.

use super::super::fields::{FieldName::*, Fields};
use super::row::{Holds, Row, Table, as_it_is, field, holds};
use crate::decode::Format;

/// `Get-WinEvent` to JSON or CSV, after published output of Windows PowerShell and PowerShell 7; Fluent Bit's `winevtlog`
/// has most of the same names. Of the data there is only the message made for people.
pub(super) const GET_WINEVENT: Table = Table {
    format: Format::GetWinEventJson,
    marks: &[
        &[b"ProviderName", b"LogName", b"Id"],
        &[b"ProviderName", b"TimeCreated", b"Id", b"Message"],
        &[b"ProviderName", b"Channel", b"EventID", b"StringInserts"],
        &[b"ProviderName", b"Channel", b"EventID", b"Message"],
    ],
    columns: &[
        field(b"Id", EventId),
        field(b"EventID", EventId),
        field(b"ProviderName", Provider),
        field(b"LogName", Channel),
        field(b"Channel", Channel),
        field(b"MachineName", Host),
        field(b"Computer", Host),
        field(b"RecordId", RecordId),
        field(b"EventRecordID", RecordId),
        field(b"TimeCreated", LocalTime),
        field(b"Keywords", Keywords),
        field(b"ProcessId", SensorProcess),
        field(b"ProcessID", SensorProcess),
        holds(b"Message", Holds::Message),
    ],
    open: false,
    place: place_get_winevent,
};

/// A time in a form that says its zone is no local one.
fn place_get_winevent<'a>(_: &mut Row<'a>, fields: &mut Fields<'a>) -> bool {
    let local = fields.get(LocalTime);
    let says_zone = local.is_some_and(|time| {
        memchr::memmem::find(time.bytes, b"Date(").is_some() || time.bytes.ends_with(b"Z") || has_offset(time.bytes)
    });
    if says_zone && let Some(time) = local {
        fields.set(SystemTime, time);
    }
    true
}

fn has_offset(time: &[u8]) -> bool {
    time.get(19..).is_some_and(|zone| zone.iter().any(|b| matches!(b, b'+' | b'-')))
}

/// What Event Viewer saves as CSV. The last column has no name; which log and host it is of is not said.
pub(super) const EVENT_VIEWER: Table = Table {
    format: Format::Csv,
    marks: &[&[b"Event ID", b"Source", b"Date and Time"]],
    columns: &[
        field(b"Event ID", EventId),
        field(b"Source", Provider),
        field(b"Date and Time", LocalTime),
        field(b"Computer", Host),
        field(b"Log", Channel),
        field(b"Keywords", Keywords),
        holds(b"", Holds::Message),
        holds(b"Description", Holds::Message),
    ],
    open: false,
    place: as_it_is,
};

/// Records with a column a field, as NXLog and collections of logs have them, in a file of CSV.
pub(super) const FLAT: Table = Table {
    format: Format::Csv,
    marks: &[
        &[b"EventID", b"SourceName"],
        &[b"EventID", b"Channel"],
        &[b"EventID", b"ProviderName"],
        &[b"EventCode", b"SourceName"],
        &[b"EventCode", b"ComputerName"],
    ],
    columns: &[
        field(b"EventID", EventId),
        field(b"EventCode", EventId),
        field(b"SourceName", Provider),
        field(b"ProviderName", Provider),
        field(b"Provider", Provider),
        field(b"Channel", Channel),
        field(b"LogName", Channel),
        field(b"Hostname", Host),
        field(b"Computer", Host),
        field(b"ComputerName", Host),
        field(b"host.name", Host),
        field(b"_time", SystemTime),
        holds(b"EventData", Holds::Data),
        holds(b"Message", Holds::Message),
    ],
    open: true,
    place: as_it_is,
};
