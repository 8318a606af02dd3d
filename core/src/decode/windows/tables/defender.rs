//! Microsoft Defender's hunting tables, after the schema reference on Microsoft Learn: `DeviceProcessEvents`,
//! `DeviceEvents`, `DeviceImageLoadEvents`, `DeviceRegistryEvents`, `DeviceNetworkEvents`, `DeviceFileEvents` and
//! `DeviceLogonEvents`, in Defender's portal, its API, Sentinel and the streaming API.
//!
//! Every row has an `ActionType`, who did it in columns that begin with `InitiatingProcess`, and whom it was done to in
//! the others. Rows of systems that are not Windows are of no interest: their tables do not say which system it is.

use super::super::fields::{FieldName, FieldName::*, Fields};
use super::super::origin::DEFENDER;
use super::super::products::{FILE, MEMORY_WRITE};
use super::row::{Column, Holds, Row, Table, field, holds, noted};
use crate::decode::Format;
use crate::decode::json::RawStr;

pub(super) const TABLE: Table = Table {
    format: Format::DefenderJson,
    marks: &[&[b"ActionType", b"DeviceName"], &[b"ActionType", b"DeviceId"], &[b"category", b"properties"]],
    columns: COLUMNS,
    open: false,
    place,
};

const COLUMNS: &[Column] = &[
    // The streaming API wraps a row in these two; `time` is when it was sent.
    noted(b"category"),
    holds(b"properties", Holds::Row),
    field(b"Timestamp", SystemTime),
    field(b"Timestamp [UTC]", SystemTime),
    field(b"TimeGenerated", SystemTime),
    field(b"TimeGenerated [UTC]", SystemTime),
    field(b"DeviceName", Host),
    field(b"DeviceId", Host),
    field(b"ReportId", RecordId),
    field(b"ActionType", EventName),
    noted(b"FileName"),
    noted(b"FolderPath"),
    noted(b"PreviousFolderPath"),
    noted(b"ProcessId"),
    noted(b"ProcessUniqueId"),
    noted(b"ProcessCommandLine"),
    noted(b"ProcessCreationTime"),
    noted(b"ProcessIntegrityLevel"),
    noted(b"ProcessVersionInfoOriginalFileName"),
    noted(b"AccountDomain"),
    noted(b"AccountName"),
    noted(b"LogonId"),
    noted(b"LogonType"),
    noted(b"RegistryKey"),
    noted(b"RegistryValueName"),
    noted(b"RegistryValueData"),
    noted(b"LocalIP"),
    noted(b"LocalPort"),
    noted(b"RemoteIP"),
    noted(b"RemotePort"),
    noted(b"InitiatingProcessFileName"),
    noted(b"InitiatingProcessFolderPath"),
    noted(b"InitiatingProcessId"),
    noted(b"InitiatingProcessUniqueId"),
    noted(b"InitiatingProcessCommandLine"),
    noted(b"InitiatingProcessCreationTime"),
    noted(b"InitiatingProcessIntegrityLevel"),
    noted(b"InitiatingProcessVersionInfoOriginalFileName"),
    noted(b"InitiatingProcessAccountDomain"),
    noted(b"InitiatingProcessAccountName"),
    noted(b"InitiatingProcessLogonId"),
    noted(b"InitiatingProcessParentId"),
    noted(b"InitiatingProcessParentFileName"),
    noted(b"InitiatingProcessParentCreationTime"),
    holds(b"AdditionalFields", Holds::Columns),
    noted(b"AdditionalFields.PipeName"),
    noted(b"AdditionalFields.NamedPipeEnd"),
    noted(b"AdditionalFields.FileOperation"),
    noted(b"AdditionalFields.DesiredAccess"),
    noted(b"AdditionalFields.ServiceName"),
    noted(b"AdditionalFields.ServiceAccount"),
    noted(b"AdditionalFields.ServiceImagePath"),
    noted(b"AdditionalFields.TaskName"),
    noted(b"AdditionalFields.TaskContent"),
    noted(b"AdditionalFields.Command"),
    noted(b"AdditionalFields.ScriptContent"),
    noted(b"AdditionalFields.Consumer"),
    noted(b"AdditionalFields.PossibleCause"),
];

/// What kind of record rows of an action are.
struct Action {
    name: &'static [u8],
    /// The number of the record that says the same.
    id: &'static [u8],
    parts: &'static [&'static [(&'static [u8], FieldName)]],
    /// What the row's file is.
    file: Option<FieldName>,
    /// What the file of the initiating process is.
    initiator: Option<FieldName>,
    /// What the user that it ran as is.
    user: Option<FieldName>,
}

const fn action(
    name: &'static [u8],
    id: &'static [u8],
    parts: &'static [&'static [(&'static [u8], FieldName)]],
) -> Action {
    Action { name, id, parts, file: None, initiator: Some(Image), user: Some(User) }
}

const fn on_file(name: &'static [u8], id: &'static [u8], file: FieldName) -> Action {
    Action { file: Some(file), ..action(name, id, &[ACTOR]) }
}

/// What one process did to another.
const fn on_process(name: &'static [u8], id: &'static [u8]) -> Action {
    let action = action(name, id, &[SOURCE, TARGET]);
    Action { file: Some(TargetImage), initiator: Some(SourceImage), user: Some(SourceUser), ..action }
}

/// The initiating process where it is the one that acted.
const ACTOR: &[(&[u8], FieldName)] = &[
    (b"InitiatingProcessId", ProcessId),
    (b"InitiatingProcessUniqueId", ProcessGuid),
    (b"InitiatingProcessCommandLine", CommandLine),
    (b"InitiatingProcessCreationTime", ActorStart),
    (b"InitiatingProcessIntegrityLevel", IntegrityLevel),
    (b"InitiatingProcessVersionInfoOriginalFileName", OriginalFileName),
    (b"InitiatingProcessLogonId", LogonId),
    (b"InitiatingProcessParentId", ParentProcessId),
    (b"InitiatingProcessParentFileName", ParentImage),
    (b"InitiatingProcessParentCreationTime", ParentStart),
];
/// The initiating process where it is the first of two.
const SOURCE: &[(&[u8], FieldName)] = &[
    (b"InitiatingProcessId", SourceProcessId),
    (b"InitiatingProcessUniqueId", SourceProcessGuid),
    (b"InitiatingProcessCommandLine", CommandLine),
    (b"InitiatingProcessCreationTime", ActorStart),
    (b"InitiatingProcessIntegrityLevel", IntegrityLevel),
    (b"InitiatingProcessVersionInfoOriginalFileName", OriginalFileName),
    (b"InitiatingProcessParentId", ParentProcessId),
    (b"InitiatingProcessParentFileName", ParentImage),
    (b"InitiatingProcessParentCreationTime", ParentStart),
];
const TARGET: &[(&[u8], FieldName)] = &[
    (b"ProcessId", TargetProcessId),
    (b"ProcessUniqueId", TargetProcessGuid),
    (b"ProcessCreationTime", TargetStart),
    (b"AdditionalFields.DesiredAccess", GrantedAccess),
];
/// The initiating process where it started the row's process.
const PARENT: &[(&[u8], FieldName)] = &[
    (b"InitiatingProcessId", ParentProcessId),
    (b"InitiatingProcessUniqueId", ParentProcessGuid),
    (b"InitiatingProcessCommandLine", ParentCommandLine),
    (b"InitiatingProcessCreationTime", ParentStart),
];
const STARTED: &[(&[u8], FieldName)] = &[
    (b"ProcessId", ProcessId),
    (b"ProcessUniqueId", ProcessGuid),
    (b"ProcessCommandLine", CommandLine),
    (b"ProcessCreationTime", ActorStart),
    (b"ProcessIntegrityLevel", IntegrityLevel),
    (b"ProcessVersionInfoOriginalFileName", OriginalFileName),
    (b"AccountDomain", UserDomain),
    (b"AccountName", UserName),
    (b"LogonId", LogonId),
];
const PIPE: &[(&[u8], FieldName)] = &[(b"AdditionalFields.PipeName", PipeName)];
const NETWORK: &[(&[u8], FieldName)] = &[
    (b"LocalIP", SourceIp),
    (b"LocalPort", SourcePort),
    (b"RemoteIP", DestinationIp),
    (b"RemotePort", DestinationPort),
];
const REGISTRY: &[(&[u8], FieldName)] = &[(b"RegistryValueData", Details)];
const LOGON: &[(&[u8], FieldName)] = &[
    (b"AccountDomain", TargetDomainName),
    (b"AccountName", TargetUserName),
    (b"LogonId", TargetLogonId),
    (b"LogonType", LogonType),
    (b"RemoteIP", IpAddress),
    (b"InitiatingProcessId", ProcessId),
];
const SERVICE: &[(&[u8], FieldName)] = &[
    (b"AdditionalFields.ServiceName", ServiceName),
    (b"AdditionalFields.ServiceAccount", AccountName),
    (b"AdditionalFields.ServiceImagePath", ServiceCommand),
    (b"ProcessCommandLine", ServiceCommand),
];
const TASK: &[(&[u8], FieldName)] = &[
    (b"AdditionalFields.TaskName", TaskName),
    (b"AdditionalFields.TaskContent", TaskContent),
    (b"InitiatingProcessId", ClientProcessId),
    (b"InitiatingProcessAccountDomain", SubjectDomainName),
    (b"InitiatingProcessAccountName", SubjectUserName),
];
const WMI: &[(&[u8], FieldName)] =
    &[(b"AdditionalFields.Consumer", Consumer), (b"AdditionalFields.PossibleCause", PossibleCause)];
const SCRIPT: &[(&[u8], FieldName)] = &[
    (b"AdditionalFields.ScriptContent", ScriptText),
    (b"AdditionalFields.Command", ScriptText),
    (b"InitiatingProcessId", SensorProcess),
];

/// Actions that tell of processes, channels between them, and what is asked of services.
const ACTIONS: &[Action] = &[
    Action {
        file: Some(Image),
        initiator: Some(ParentImage),
        user: Some(ParentUser),
        ..action(b"ProcessCreated", b"1", &[STARTED, PARENT])
    },
    // Which end of the pipe it is decides between 17 and 18.
    action(b"NamedPipeEvent", b"17", &[ACTOR, PIPE]),
    on_process(b"OpenProcessApiCall", b"10"),
    on_process(b"ReadProcessMemoryApiCall", b"10"),
    on_process(b"NtAllocateVirtualMemoryRemoteApiCall", b"10"),
    on_process(b"NtProtectVirtualMemoryRemoteApiCall", b"10"),
    on_process(b"CreateRemoteThreadApiCall", b"8"),
    on_process(b"QueueUserApcRemoteApiCall", b"8"),
    on_process(b"SetThreadContextRemoteApiCall", b"8"),
    on_process(b"NtMapViewOfSectionRemoteApiCall", MEMORY_WRITE),
    on_process(b"WriteProcessMemoryApiCall", MEMORY_WRITE),
    on_process(b"WriteToLsassProcessMemory", MEMORY_WRITE),
    on_file(b"ImageLoaded", b"7", ImageLoaded),
    on_file(b"FileCreated", FILE, TargetFilename),
    on_file(b"FileRenamed", FILE, TargetFilename),
    on_file(b"FileModified", FILE, TargetFilename),
    on_file(b"FileDeleted", FILE, TargetFilename),
    action(b"RegistryValueSet", b"13", &[ACTOR, REGISTRY]),
    action(b"RegistryKeyCreated", b"12", &[ACTOR, REGISTRY]),
    action(b"RegistryKeyRenamed", b"12", &[ACTOR, REGISTRY]),
    action(b"RegistryKeyDeleted", b"12", &[ACTOR, REGISTRY]),
    action(b"RegistryValueDeleted", b"12", &[ACTOR, REGISTRY]),
    action(b"ConnectionSuccess", b"3", &[ACTOR, NETWORK]),
    action(b"ConnectionFound", b"3", &[ACTOR, NETWORK]),
    action(b"ConnectionAttempt", b"3", &[ACTOR, NETWORK]),
    action(b"ConnectionRequest", b"3", &[ACTOR, NETWORK]),
    action(b"InboundConnectionAccepted", b"3", &[ACTOR, NETWORK]),
    Action { initiator: Some(ProcessName), user: None, ..action(b"LogonSuccess", b"4624", &[LOGON]) },
    Action {
        file: Some(ServiceCommand),
        initiator: None,
        user: None,
        ..action(b"ServiceInstalled", b"7045", &[SERVICE])
    },
    Action { initiator: None, user: None, ..action(b"ScheduledTaskCreated", b"4698", &[TASK]) },
    Action { initiator: None, user: None, ..action(b"ScheduledTaskUpdated", b"4698", &[TASK]) },
    Action { initiator: None, user: None, ..action(b"ScheduledTaskDeleted", b"4699", &[TASK]) },
    Action { initiator: None, user: None, ..action(b"WmiBindEventFilterToConsumer", b"5861", &[WMI]) },
    action(b"PowerShellCommand", b"4104", &[SCRIPT]),
    action(b"ScriptContent", b"4104", &[SCRIPT]),
];

fn place<'a>(row: &mut Row<'a>, fields: &mut Fields<'a>) -> bool {
    let name = row.bytes(b"ActionType");
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        // What was passed over is told by its name.
        fields.set(Provider, RawStr::plain(DEFENDER));
        fields.set_if_none(Some(EventId), row.cell(b"ActionType"));
        return false;
    };
    if [b"InitiatingProcessFolderPath".as_slice(), b"FolderPath"].iter().any(|path| row.bytes(path).starts_with(b"/")) {
        return false;
    }
    fields.set(Provider, RawStr::plain(DEFENDER));
    fields.set(EventId, RawStr::plain(action.id));
    for part in action.parts {
        row.give(fields, part);
    }
    let file = row.path(b"FolderPath", b"FileName");
    fields.set_if_none(action.file, file);
    let initiator = row.path(b"InitiatingProcessFolderPath", b"InitiatingProcessFileName");
    fields.set_if_none(action.initiator, initiator);
    if let Some(user) = action.user {
        let (domain, account) = if user == User || user == SourceUser || user == ParentUser {
            (row.cell(b"InitiatingProcessAccountDomain"), row.cell(b"InitiatingProcessAccountName"))
        } else {
            (None, None)
        };
        let text = row.joined(domain, account);
        fields.set_if_none(Some(user), text);
    }
    complete(name, row, fields);
    true
}

/// What single actions say in their name or in columns of their own.
fn complete<'a>(name: &[u8], row: &mut Row<'a>, fields: &mut Fields<'a>) {
    let mut said = |field, text| fields.set_if_none(Some(field), Some(RawStr::plain(text)));
    match name {
        b"ReadProcessMemoryApiCall" => said(GrantedAccess, b"0x10"),
        b"NtAllocateVirtualMemoryRemoteApiCall" | b"NtProtectVirtualMemoryRemoteApiCall" => said(GrantedAccess, b"0x8"),
        b"InboundConnectionAccepted" => said(Initiated, b"false"),
        b"ConnectionSuccess" | b"ConnectionFound" | b"ConnectionAttempt" | b"ConnectionRequest" => {
            said(Initiated, b"true");
        }
        b"FileCreated" | b"FileRenamed" => said(FileAct, b"create"),
        b"FileModified" => said(FileAct, b"write"),
        b"FileDeleted" => said(FileAct, b"delete"),
        b"RegistryValueSet" => said(EventType, b"SetValue"),
        b"RegistryKeyCreated" => said(EventType, b"CreateKey"),
        b"RegistryKeyRenamed" => said(EventType, b"RenameKey"),
        b"RegistryKeyDeleted" => said(EventType, b"DeleteKey"),
        b"RegistryValueDeleted" => said(EventType, b"DeleteValue"),
        _ => {}
    }
    match name {
        b"NamedPipeEvent" if !is_server(row) => fields.set(EventId, RawStr::plain(b"18")),
        // An inbound connection names the sides the other way round.
        b"InboundConnectionAccepted" => {
            let [local, remote] = [[SourceIp, SourcePort], [DestinationIp, DestinationPort]];
            for (near, far) in local.into_iter().zip(remote) {
                fields.swap(near, far);
            }
        }
        _ if name.starts_with(b"Registry") => {
            let path = row.joined(row.cell(b"RegistryKey"), row.cell(b"RegistryValueName"));
            let path = path.or_else(|| row.cell(b"RegistryKey"));
            fields.set_if_none(Some(TargetObject), path);
        }
        _ => {}
    }
}

fn is_server(row: &Row<'_>) -> bool {
    match row.bytes(b"AdditionalFields.NamedPipeEnd") {
        b"" => row.bytes(b"AdditionalFields.FileOperation").ends_with(b"created"),
        end => end.eq_ignore_ascii_case(b"Server"),
    }
}

impl<'a> Row<'a> {
    /// A file's path, whose last part may be missing from one column and stand in another.
    fn path(&mut self, folder: &[u8], name: &[u8]) -> Option<RawStr<'a>> {
        let (Some(folder), Some(name)) = (self.cell(folder), self.cell(name)) else {
            return self.cell(folder).or_else(|| self.cell(name));
        };
        let begin = folder.bytes.len().saturating_sub(name.bytes.len());
        let ends_so = folder.bytes.get(begin..).is_some_and(|end| end.eq_ignore_ascii_case(name.bytes));
        if ends_so { Some(folder) } else { self.joined(Some(folder), Some(name)) }
    }
}
