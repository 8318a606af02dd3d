//! Output of forensic tools that contains records of `.evtx` files: EvtxECmd, Velociraptor, Chainsaw, Hayabusa.

use super::super::fields::{FieldName, FieldName::*, Fields, plain};
use super::super::values::number32;
use super::row::{Column, Holds, Row, Table, as_it_is, field, holds, noted};
use crate::decode::{Format, Skip};

/// EvtxECmd, in JSON and CSV. `Payload` has all data of the record; times are UTC.
pub(super) const EVTXECMD: Table = Table {
    format: Format::EvtxEcmdJson,
    marks: &[&[b"EventId", b"Payload", b"Channel"], &[b"EventId", b"EventRecordId", b"Provider"]],
    columns: &[
        field(b"EventId", EventId),
        field(b"Provider", Provider),
        field(b"Channel", Channel),
        field(b"Computer", Host),
        field(b"EventRecordId", RecordId),
        field(b"TimeCreated", SystemTime),
        field(b"Keywords", Keywords),
        field(b"ProcessId", SensorProcess),
        holds(b"Payload", Holds::Data),
    ],
    open: false,
    place: as_it_is,
};

/// Velociraptor: rows of `parse_evtx`, and of the artifacts `Windows.EventLogs.*`, which name the log beside the data.
pub(super) const VELOCIRAPTOR: Table = Table {
    format: Format::VelociraptorJson,
    marks: &[
        &[b"System", b"EventData"],
        &[b"System", b"UserData"],
        &[b"EventTime", b"EventID", b"EventData"],
        &[b"TimeCreated", b"EventID", b"EventData", b"Channel", b"OSPath"],
    ],
    columns: &[
        holds(b"System", Holds::Columns),
        field(b"System.EventID.Value", EventId),
        field(b"System.EventID", EventId),
        field(b"System.Provider.Name", Provider),
        field(b"System.Channel", Channel),
        field(b"System.Computer", Host),
        field(b"System.EventRecordID", RecordId),
        field(b"System.Keywords", Keywords),
        field(b"System.TimeCreated.SystemTime", SystemTime),
        field(b"System.Execution.ProcessID", SensorProcess),
        field(b"EventID", EventId),
        field(b"Provider", Provider),
        field(b"Channel", Channel),
        field(b"Computer", Host),
        field(b"EventRecordID", RecordId),
        field(b"EventTime", SystemTime),
        field(b"TimeCreated", SystemTime),
        holds(b"EventData", Holds::Data),
        holds(b"UserData", Holds::Data),
        holds(b"Message", Holds::Message),
    ],
    open: false,
    place: as_it_is,
};

/// Chainsaw: findings that contain the record.
pub(super) const CHAINSAW: Table = Table {
    format: Format::ChainsawJson,
    marks: &[&[b"document", b"timestamp"], &[b"document", b"kind", b"name"]],
    columns: &[holds(b"document.data", Holds::Event)],
    open: false,
    place: as_it_is,
};

/// Hayabusa: one finding per row. The record's fields have their own names (`AllFieldInfo`, `ExtraFieldInfo`) or short
/// ones (`Details`), whose meaning depends on the log and the id.
pub(super) const HAYABUSA: Table = Table {
    format: Format::HayabusaJson,
    marks: &[&[b"Timestamp", b"RuleTitle", b"EventID"], &[b"Timestamp", b"Channel", b"EventID", b"Details"]],
    columns: HAYABUSA_COLUMNS,
    open: false,
    place: place_hayabusa,
};

const HAYABUSA_COLUMNS: &[Column] = &[
    field(b"Timestamp", SystemTime),
    field(b"Computer", Host),
    noted(b"Channel"),
    field(b"EventID", EventId),
    field(b"RecordID", RecordId),
    holds(b"AllFieldInfo", Holds::Data),
    holds(b"ExtraFieldInfo", Holds::Data),
    holds(b"Details", Holds::Pairs),
    noted(b"Details.Cmdline"),
    noted(b"Details.Proc"),
    noted(b"Details.PID"),
    noted(b"Details.PGUID"),
    noted(b"Details.User"),
    noted(b"Details.LID"),
    noted(b"Details.ParentCmdline"),
    noted(b"Details.ParentPID"),
    noted(b"Details.ParentPGUID"),
    noted(b"Details.ParentUser"),
    noted(b"Details.Pipe"),
    noted(b"Details.Path"),
    noted(b"Details.Image"),
    noted(b"Details.Svc"),
    noted(b"Details.Acct"),
    noted(b"Details.SrcProc"),
    noted(b"Details.SrcPID"),
    noted(b"Details.SrcPGUID"),
    noted(b"Details.SrcUser"),
    noted(b"Details.TgtProc"),
    noted(b"Details.TgtPID"),
    noted(b"Details.TgtPGUID"),
    noted(b"Details.TgtUser"),
    noted(b"Details.Access"),
    noted(b"Details.CallTrace"),
    noted(b"Details.TgtObj"),
    noted(b"Details.Details"),
    noted(b"Details.EventType"),
    noted(b"Details.Initiated"),
    noted(b"Details.SrcIP"),
    noted(b"Details.SrcPort"),
    noted(b"Details.TgtIP"),
    noted(b"Details.TgtPort"),
    noted(b"Details.Type"),
    noted(b"Details.ShareName"),
    noted(b"Details.ScriptBlock"),
];

/// Hayabusa's short names of logs.
const HAYABUSA_LOGS: &[(&[u8], &[u8])] = &[
    (b"Sysmon", b"Microsoft-Windows-Sysmon/Operational"),
    (b"Sec", b"Security"),
    (b"Sys", b"System"),
    (b"WMI", b"Microsoft-Windows-WMI-Activity/Operational"),
    (b"TaskSch", b"Microsoft-Windows-TaskScheduler/Operational"),
    (b"PwSh", b"Microsoft-Windows-PowerShell/Operational"),
];

/// Short names in records about one process.
const ONE: &[(&[u8], FieldName)] = &[
    (b"Details.Cmdline", CommandLine),
    (b"Details.Proc", Image),
    (b"Details.PID", ProcessId),
    (b"Details.PGUID", ProcessGuid),
    (b"Details.User", User),
    (b"Details.LID", LogonId),
    (b"Details.ParentCmdline", ParentCommandLine),
    (b"Details.ParentPID", ParentProcessId),
    (b"Details.ParentPGUID", ParentProcessGuid),
    (b"Details.ParentUser", ParentUser),
    (b"Details.Pipe", PipeName),
    (b"Details.Path", TargetFilename),
    (b"Details.Image", ImageLoaded),
    (b"Details.TgtObj", TargetObject),
    (b"Details.Details", Details),
    (b"Details.EventType", EventType),
    (b"Details.Initiated", Initiated),
    (b"Details.SrcIP", SourceIp),
    (b"Details.SrcPort", SourcePort),
    (b"Details.TgtIP", DestinationIp),
    (b"Details.TgtPort", DestinationPort),
];
/// Short names in records about two processes.
const TWO: &[(&[u8], FieldName)] = &[
    (b"Details.SrcProc", SourceImage),
    (b"Details.SrcPID", SourceProcessId),
    (b"Details.SrcPGUID", SourceProcessGuid),
    (b"Details.SrcUser", SourceUser),
    (b"Details.TgtProc", TargetImage),
    (b"Details.TgtPID", TargetProcessId),
    (b"Details.TgtPGUID", TargetProcessGuid),
    (b"Details.TgtUser", TargetUser),
    (b"Details.Access", GrantedAccess),
    (b"Details.CallTrace", CallTrace),
];
const SECURITY_START: &[(&[u8], FieldName)] = &[
    (b"Details.Cmdline", CommandLine),
    (b"Details.Proc", NewProcessName),
    (b"Details.PID", NewProcessId),
    (b"Details.User", SubjectUserName),
    (b"Details.LID", SubjectLogonId),
    (b"Details.ParentPID", ProcessId),
];
const SECURITY: &[(&[u8], FieldName)] = &[
    (b"Details.Proc", ProcessName),
    (b"Details.PID", ProcessId),
    (b"Details.User", SubjectUserName),
    (b"Details.LID", SubjectLogonId),
    (b"Details.TgtUser", TargetUserName),
    (b"Details.SrcIP", IpAddress),
    (b"Details.SrcPort", IpPort),
    (b"Details.Type", LogonType),
    (b"Details.ShareName", ShareName),
    (b"Details.Path", RelativeTargetName),
    (b"Details.Svc", ServiceName),
];
const OTHER: &[(&[u8], FieldName)] = &[
    (b"Details.Svc", ServiceName),
    (b"Details.Path", ServiceCommand),
    (b"Details.Acct", AccountName),
    (b"Details.ScriptBlock", ScriptText),
];

fn place_hayabusa<'a>(row: &mut Row<'a>, fields: &mut Fields<'a>) -> Result<(), Skip> {
    let Some(log) = row.cell(b"Channel") else { return Err(Skip::NotOfInterest) };
    let long = HAYABUSA_LOGS.iter().find(|(short, _)| *short == log.bytes).map_or(log, |(_, long)| plain(long));
    fields.set(Channel, long);
    let id = fields.bytes(EventId).and_then(number32).unwrap_or_default();
    let names = match (log.bytes, id) {
        (b"Sysmon", 8 | 10) => TWO,
        (b"Sysmon", _) => ONE,
        (b"Sec", 4688) => SECURITY_START,
        (b"Sec", _) => SECURITY,
        _ => OTHER,
    };
    row.give(fields, names);
    Ok(())
}
