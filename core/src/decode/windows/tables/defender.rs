//! Microsoft Defender's hunting tables, after the schema reference on Microsoft Learn: `DeviceProcessEvents`,
//! `DeviceEvents`, `DeviceImageLoadEvents`, `DeviceRegistryEvents`, `DeviceNetworkEvents`, `DeviceFileEvents` and
//! `DeviceLogonEvents`, in Defender's portal, its API, Sentinel and the streaming API.
//!
//! Every row has an `ActionType`. The columns that begin with `InitiatingProcess` are the acting process; the others
//! are the object of the action. No column names the operating system unless the query joined `DeviceInfo`, so it is
//! inferred from paths and from the initiator's parent.

use super::super::fields::{FieldName, FieldName::*, Fields, plain};
use super::super::origin::DEFENDER;
use super::super::products::{FILE, MEMORY_WRITE};
use super::row::{Column, Holds, Row, Table, field, holds, noted};
use crate::decode::json::RawStr;
use crate::decode::unix_system::system_of;
use crate::decode::{Format, Skip};
use crate::event::Os;

pub(super) const TABLE: Table = Table {
    format: Format::DefenderJson,
    marks: &[&[b"ActionType", b"DeviceName"], &[b"ActionType", b"DeviceId"], &[b"category", b"properties"]],
    columns: COLUMNS,
    open: false,
    place,
};

const COLUMNS: &[Column] = &[
    // The streaming API wraps a row in these two. Its `time` is the time of sending.
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
    noted(b"SHA256"),
    noted(b"SHA1"),
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
    // A column of DeviceInfo.
    noted(b"OSPlatform"),
    holds(b"AdditionalFields", Holds::Columns),
    noted(b"AdditionalFields.InitiatingProcessCurrentWorkingDirectory"),
    noted(b"AdditionalFields.ProcessCurrentWorkingDirectory"),
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

/// How the rows of an action are read.
struct Action {
    name: &'static [u8],
    /// The id of the corresponding record of Windows.
    id: &'static [u8],
    parts: &'static [&'static [(&'static [u8], FieldName)]],
    /// The field that the row's file is.
    file: Option<FieldName>,
    /// The field that the image of the initiating process is.
    initiator: Option<FieldName>,
    /// The field that the user of the initiating process is.
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

/// An action of one process on another.
const fn on_process(name: &'static [u8], id: &'static [u8]) -> Action {
    let action = action(name, id, &[SOURCE, TARGET]);
    Action { file: Some(TargetImage), initiator: Some(SourceImage), user: Some(SourceUser), ..action }
}

/// The initiating process as the actor.
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
/// The initiating process as the first of two processes.
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
/// The initiating process as the parent of the row's process.
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
    (b"SHA256", Hashes),
    (b"SHA1", Hashes),
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

/// The actions that are read.
const ACTIONS: &[Action] = &[
    Action {
        file: Some(Image),
        initiator: Some(ParentImage),
        user: Some(ParentUser),
        ..action(b"ProcessCreated", b"1", &[STARTED, PARENT])
    },
    // 18 for the client's end of the pipe.
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

fn place<'a>(row: &mut Row<'a>, fields: &mut Fields<'a>) -> Result<(), Skip> {
    let name = row.bytes(b"ActionType");
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        // The report on ignored records names the action.
        fields.set(Provider, plain(DEFENDER));
        fields.set_if_none(Some(EventId), row.cell(b"ActionType"));
        return Err(Skip::NotOfInterest);
    };
    let system = system(row);
    fields.set(System, plain(system));
    fields.set(Provider, plain(DEFENDER));
    fields.set(EventId, plain(action.id));
    for part in action.parts {
        row.give(fields, part);
    }
    if system != WINDOWS {
        // On Linux and macOS, the domain column holds the host's name.
        fields.clear(UserDomain);
        fields.clear(TargetDomainName);
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
        let text = if system == WINDOWS { row.joined(domain, b'\\', account) } else { account };
        fields.set_if_none(Some(user), text);
    }
    complete(name, row, fields);
    Ok(())
}

const WINDOWS: &[u8] = b"windows";
const LINUX: &[u8] = b"linux";
const MACOS: &[u8] = b"macos";

/// Columns with paths on the row's host.
const PATHS: &[&[u8]] = &[
    b"FolderPath",
    b"InitiatingProcessFolderPath",
    b"PreviousFolderPath",
    b"AdditionalFields.InitiatingProcessCurrentWorkingDirectory",
    b"AdditionalFields.ProcessCurrentWorkingDirectory",
];
/// The operating system of a row. Where its paths are on both systems, a program in `/bin` or `/sbin` is of macOS, because
/// the distributions of Linux have moved these folders into `/usr`, and Defender resolves links.
fn system(row: &Row<'_>) -> &'static [u8] {
    match row.bytes(b"OSPlatform") {
        b"Linux" => return LINUX,
        b"macOS" => return MACOS,
        name if name.starts_with(b"Windows") => return WINDOWS,
        _ => {}
    }
    let paths = || PATHS.iter().map(|column| row.bytes(column)).filter(|path| path.starts_with(b"/"));
    if paths().next().is_none() {
        return WINDOWS;
    }
    if let Some(system) = paths().find_map(system_of) {
        return if system == Os::Macos { MACOS } else { LINUX };
    }
    match row.bytes(b"InitiatingProcessParentFileName") {
        b"launchd" => MACOS,
        b"systemd" => LINUX,
        _ if paths().any(|path| path.starts_with(b"/bin/") || path.starts_with(b"/sbin/")) => MACOS,
        _ => LINUX,
    }
}

/// Adds what the name of an action says, and the columns that only one action has.
fn complete<'a>(name: &[u8], row: &mut Row<'a>, fields: &mut Fields<'a>) {
    let mut said = |field, text| fields.set_if_none(Some(field), Some(plain(text)));
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
        b"NamedPipeEvent" if !is_server(row) => fields.set(EventId, plain(b"18")),
        // Sysmon's fields have the remote side of an inbound connection as the source.
        b"InboundConnectionAccepted" => {
            let [local, remote] = [[SourceIp, SourcePort], [DestinationIp, DestinationPort]];
            for (near, far) in local.into_iter().zip(remote) {
                fields.swap(near, far);
            }
        }
        _ if name.starts_with(b"Registry") => {
            let path = row.joined(row.cell(b"RegistryKey"), b'\\', row.cell(b"RegistryValueName"));
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
    /// A file's path, from the folder's column, which may lack the name, and the name's column.
    fn path(&mut self, folder: &[u8], name: &[u8]) -> Option<RawStr<'a>> {
        let (Some(folder), Some(name)) = (self.cell(folder), self.cell(name)) else {
            return self.cell(folder).or_else(|| self.cell(name));
        };
        let begin = folder.bytes.len().saturating_sub(name.bytes.len());
        let ends_so = folder.bytes.get(begin..).is_some_and(|end| end.eq_ignore_ascii_case(name.bytes));
        let between = if folder.bytes.starts_with(b"/") { b'/' } else { b'\\' };
        if ends_so { Some(folder) } else { self.joined(Some(folder), between, Some(name)) }
    }
}
