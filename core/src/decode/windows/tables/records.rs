//! Rows of Windows' own tools, and of collectors with similar columns.

use super::super::fields::{FieldName::*, Fields, plain};
use super::row::{Holds, Row, Table, as_it_is, field, holds, noted};
use crate::decode::{Format, Skip};

/// `Get-WinEvent` and `Get-EventLog` in JSON or CSV, after published output of Windows PowerShell and PowerShell 7;
/// Fluent Bit's `winevtlog` has most of the same names. The data are a list in the order of the record's template
/// (`Properties` with a sufficient `-Depth`, `ReplacementStrings`, `StringInserts`), or only in the rendered message.
pub(super) const GET_WINEVENT: Table = Table {
    format: Format::GetWinEventJson,
    marks: &[
        &[b"ProviderName", b"LogName", b"Id"],
        &[b"ProviderName", b"TimeCreated", b"Id", b"Message"],
        &[b"ProviderName", b"Channel", b"EventID", b"StringInserts"],
        &[b"ProviderName", b"Channel", b"EventID", b"Message"],
        &[b"EventID", b"ReplacementStrings", b"InstanceId"],
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
        holds(b"Properties", Holds::Values),
        holds(b"StringInserts", Holds::Values),
        // Columns of Get-EventLog.
        field(b"Source", Provider),
        field(b"Index", RecordId),
        field(b"TimeGenerated", LocalTime),
        noted(b"EntryType"),
        holds(b"ReplacementStrings", Holds::Values),
        holds(b"Message", Holds::Message),
    ],
    open: false,
    place: place_get_winevent,
};

/// A time that names its zone is not local. Get-EventLog has "failure audit" as the name or number of the entry's type.
fn place_get_winevent<'a>(row: &mut Row<'a>, fields: &mut Fields<'a>) -> Result<(), Skip> {
    if matches!(row.bytes(b"EntryType"), b"FailureAudit" | b"16") {
        fields.set(Keywords, plain(b"Audit Failure"));
    }
    let local = fields.get(LocalTime);
    let says_zone = local.is_some_and(|time| {
        memchr::memmem::find(time.bytes, b"Date(").is_some() || time.bytes.ends_with(b"Z") || has_offset(time.bytes)
    });
    if says_zone {
        fields.swap(LocalTime, SystemTime);
    }
    Ok(())
}

fn has_offset(time: &[u8]) -> bool {
    time.get(19..).is_some_and(|zone| zone.iter().any(|b| matches!(b, b'+' | b'-')))
}

/// Event Viewer's CSV. Its last column has no name; log and host are missing.
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

/// CSV with a column for each field, as NXLog and collections of logs have it.
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
