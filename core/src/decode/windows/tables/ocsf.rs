//! The Open Cybersecurity Schema Framework, versions 1.0 to 1.5, after schema.ocsf.io: process (1007), file (1001),
//! module (1005) and network activity (4001), registry key (201001) and value activity (201002) of any product, on
//! Windows, Linux and macOS.

use super::super::fields::{FieldName, FieldName::*, Fields, plain};
use super::super::origin::OCSF;
use super::super::products::{FILE, MEMORY_WRITE, REGISTRY_QUERY};
use super::super::values::number32;
use super::row::{Column, Row, Table, field, noted};
use crate::decode::{Format, Skip};

pub(super) const TABLE: Table = Table {
    format: Format::OcsfJson,
    marks: &[&[b"class_uid", b"activity_id"], &[b"class_uid", b"metadata"]],
    columns: COLUMNS,
    open: false,
    place,
};

const COLUMNS: &[Column] = &[
    noted(b"class_uid"),
    noted(b"activity_id"),
    noted(b"activity_name"),
    noted(b"type_name"),
    noted(b"status_id"),
    field(b"time", SystemTime),
    field(b"time_dt", SystemTime),
    field(b"device.hostname", Host),
    field(b"device.name", Host),
    noted(b"device.os.type"),
    noted(b"device.os.type_id"),
    noted(b"device.os.name"),
    field(b"metadata.sequence", RecordId),
    noted(b"actor.process.pid"),
    noted(b"actor.process.uid"),
    noted(b"actor.process.file.path"),
    noted(b"actor.process.path"),
    noted(b"actor.process.name"),
    noted(b"actor.process.cmd_line"),
    noted(b"actor.process.created_time"),
    noted(b"actor.process.integrity"),
    noted(b"actor.process.session.uid"),
    noted(b"actor.process.working_directory"),
    noted(b"actor.process.user.name"),
    noted(b"actor.process.user.domain"),
    noted(b"actor.process.parent_process.pid"),
    noted(b"actor.process.parent_process.uid"),
    noted(b"actor.process.parent_process.file.path"),
    noted(b"actor.process.parent_process.path"),
    noted(b"actor.process.parent_process.cmd_line"),
    noted(b"actor.process.parent_process.created_time"),
    noted(b"actor.user.name"),
    noted(b"actor.user.domain"),
    noted(b"process.pid"),
    noted(b"process.uid"),
    noted(b"process.file.path"),
    noted(b"process.path"),
    noted(b"process.name"),
    noted(b"process.cmd_line"),
    noted(b"process.created_time"),
    noted(b"process.integrity"),
    noted(b"process.working_directory"),
    noted(b"process.user.name"),
    noted(b"process.user.domain"),
    noted(b"process.parent_process.pid"),
    noted(b"process.parent_process.uid"),
    noted(b"process.parent_process.file.path"),
    noted(b"process.parent_process.path"),
    noted(b"process.parent_process.cmd_line"),
    noted(b"process.parent_process.created_time"),
    noted(b"injection_type_id"),
    noted(b"actual_permissions"),
    noted(b"requested_permissions"),
    noted(b"file.path"),
    noted(b"file.type_id"),
    noted(b"module.file.path"),
    noted(b"module.path"),
    noted(b"module.file.signature.certificate.subject"),
    noted(b"module.file.signature.state"),
    noted(b"module.function_name"),
    noted(b"reg_key.path"),
    noted(b"reg_value.path"),
    noted(b"reg_value.name"),
    noted(b"reg_value.data"),
    noted(b"src_endpoint.ip"),
    noted(b"src_endpoint.port"),
    noted(b"dst_endpoint.ip"),
    noted(b"dst_endpoint.port"),
    noted(b"connection_info.direction_id"),
    noted(b"exit_code"),
];

/// The actor of an event about one process.
const ACTOR: &[(&[u8], FieldName)] = &[
    (b"actor.process.pid", ProcessId),
    (b"actor.process.uid", ProcessGuid),
    (b"actor.process.file.path", Image),
    (b"actor.process.path", Image),
    (b"actor.process.name", Image),
    (b"actor.process.cmd_line", CommandLine),
    (b"actor.process.created_time", ActorStart),
    (b"actor.process.integrity", IntegrityLevel),
    (b"actor.process.session.uid", LogonId),
    (b"actor.process.user.name", UserName),
    (b"actor.process.user.domain", UserDomain),
    (b"actor.user.name", UserName),
    (b"actor.user.domain", UserDomain),
    (b"actor.process.parent_process.pid", ParentProcessId),
    (b"actor.process.parent_process.uid", ParentProcessGuid),
    (b"actor.process.parent_process.file.path", ParentImage),
    (b"actor.process.parent_process.path", ParentImage),
    (b"actor.process.parent_process.cmd_line", ParentCommandLine),
    (b"actor.process.parent_process.created_time", ParentStart),
];
/// A process that was started. The actor is its parent, unless the event names another parent.
const STARTED: &[(&[u8], FieldName)] = &[
    (b"process.pid", ProcessId),
    (b"process.uid", ProcessGuid),
    (b"process.file.path", Image),
    (b"process.path", Image),
    (b"process.name", Image),
    (b"process.cmd_line", CommandLine),
    (b"process.created_time", ActorStart),
    (b"process.integrity", IntegrityLevel),
    (b"process.working_directory", CurrentDirectory),
    (b"process.user.name", UserName),
    (b"process.user.domain", UserDomain),
    (b"actor.user.name", UserName),
    (b"actor.user.domain", UserDomain),
];
const PARENT: &[(&[u8], FieldName)] = &[
    (b"process.parent_process.pid", ParentProcessId),
    (b"process.parent_process.uid", ParentProcessGuid),
    (b"process.parent_process.file.path", ParentImage),
    (b"process.parent_process.path", ParentImage),
    (b"process.parent_process.cmd_line", ParentCommandLine),
    (b"process.parent_process.created_time", ParentStart),
];
const ACTOR_AS_PARENT: &[(&[u8], FieldName)] = &[
    (b"actor.process.pid", ParentProcessId),
    (b"actor.process.uid", ParentProcessGuid),
    (b"actor.process.file.path", ParentImage),
    (b"actor.process.path", ParentImage),
    (b"actor.process.name", ParentImage),
    (b"actor.process.cmd_line", ParentCommandLine),
    (b"actor.process.created_time", ParentStart),
];
/// The two processes of an access or an injection.
const TWO: &[(&[u8], FieldName)] = &[
    (b"actor.process.pid", SourceProcessId),
    (b"actor.process.uid", SourceProcessGuid),
    (b"actor.process.file.path", SourceImage),
    (b"actor.process.path", SourceImage),
    (b"actor.process.name", SourceImage),
    (b"actor.process.cmd_line", CommandLine),
    (b"actor.process.created_time", ActorStart),
    (b"actor.user.name", SourceUser),
    (b"process.pid", TargetProcessId),
    (b"process.uid", TargetProcessGuid),
    (b"process.file.path", TargetImage),
    (b"process.path", TargetImage),
    (b"process.name", TargetImage),
    (b"process.created_time", TargetStart),
    (b"actual_permissions", GrantedAccess),
    (b"requested_permissions", GrantedAccess),
    (b"module.function_name", StartFunction),
];
const A_FILE: &[(&[u8], FieldName)] = &[(b"file.path", TargetFilename), (b"file.type_id", FileKind)];
const MODULE: &[(&[u8], FieldName)] = &[
    (b"module.file.path", ImageLoaded),
    (b"module.path", ImageLoaded),
    (b"module.file.signature.certificate.subject", Signature),
    (b"module.file.signature.state", SignatureStatus),
];
const NETWORK: &[(&[u8], FieldName)] = &[
    (b"src_endpoint.ip", SourceIp),
    (b"src_endpoint.port", SourcePort),
    (b"dst_endpoint.ip", DestinationIp),
    (b"dst_endpoint.port", DestinationPort),
];

/// Columns and the fields that they are.
type Part = &'static [(&'static [u8], FieldName)];

fn place<'a>(row: &mut Row<'a>, fields: &mut Fields<'a>) -> Result<(), Skip> {
    const FAILURE: Option<u32> = Some(2);
    let number = |name: &[u8]| number32(row.bytes(name));
    if number(b"status_id") == FAILURE {
        return Err(Skip::NotOfInterest);
    }
    let class = number(b"class_uid").unwrap_or_default();
    let activity = number(b"activity_id").unwrap_or_default();
    let Some((id, parts, act)) = kind(class, activity, number(b"injection_type_id")) else {
        return Err(Skip::NotOfInterest);
    };
    let Some(system) = system(row) else { return Err(Skip::NotOfInterest) };
    let said = |fields: &mut Fields<'a>, field, text| fields.set_if_none(Some(field), Some(plain(text)));
    said(fields, Provider, OCSF);
    said(fields, EventId, id);
    said(fields, System, system);
    for part in parts {
        row.give(fields, part);
    }
    // The parent is the process's `parent_process` if there is one, otherwise the actor.
    if parts.first().is_some_and(|part| core::ptr::eq(*part, STARTED)) && fields.get(ParentProcessId).is_none() {
        row.give(fields, ACTOR_AS_PARENT);
    }
    if let Some((field, act)) = act {
        said(fields, field, act);
    }
    match number(b"connection_info.direction_id") {
        Some(1) => said(fields, Initiated, b"false"),
        Some(2) => said(fields, Initiated, b"true"),
        _ => {}
    }
    if class == 201_001 {
        fields.set_if_none(Some(TargetObject), row.cell(b"reg_key.path"));
    } else if class == 201_002 {
        let path = row.joined(row.cell(b"reg_value.path"), b'\\', row.cell(b"reg_value.name"));
        fields.set_if_none(Some(TargetObject), path.or_else(|| row.cell(b"reg_value.path")));
        fields.set_if_none(Some(Details), row.cell(b"reg_value.data"));
    }
    let name = row.cell(b"type_name").or_else(|| row.cell(b"activity_name"));
    fields.set_if_none(Some(EventName), name.or(Some(plain(b"OCSF"))));
    Ok(())
}

/// An activity of a class: the id of the corresponding record of Windows, the columns to read, and a field that the
/// activity itself sets.
#[expect(clippy::type_complexity, reason = "a row of a table that is read in one place")]
fn kind(
    class: u32,
    activity: u32,
    injection: Option<u32>,
) -> Option<(&'static [u8], &'static [Part], Option<(FieldName, &'static [u8])>)> {
    const LIBRARY: Option<u32> = Some(2);
    Some(match (class, activity) {
        (1007, 1) => (b"1", &[STARTED, PARENT], None),
        (1007, 2) => (b"5", &[STARTED, PARENT], None),
        (1007, 3) => (b"10", &[TWO], None),
        (1007, 4) if injection == LIBRARY => (MEMORY_WRITE, &[TWO], None),
        (1007, 4) => (b"8", &[TWO], None),
        (1001, 1) => (FILE, &[ACTOR, A_FILE], Some((FileAct, b"create"))),
        (1001, 3 | 5) => (FILE, &[ACTOR, A_FILE], Some((FileAct, b"write"))),
        (1001, 4) => (FILE, &[ACTOR, A_FILE], Some((FileAct, b"delete"))),
        (1001, 2 | 14) => (FILE, &[ACTOR, A_FILE], None),
        (1005, 1) => (b"7", &[ACTOR, MODULE], None),
        (4001, 1 | 6) => (b"3", &[ACTOR, NETWORK], None),
        (201_001, 1) => (b"12", &[ACTOR], Some((EventType, b"CreateKey"))),
        (201_001, 3) => (b"13", &[ACTOR], Some((EventType, b"SetValue"))),
        (201_001, 4) => (b"12", &[ACTOR], Some((EventType, b"DeleteKey"))),
        (201_001, 5) => (b"12", &[ACTOR], Some((EventType, b"RenameKey"))),
        (201_001, 2 | 6) => (REGISTRY_QUERY, &[ACTOR], None),
        (201_002, 2 | 3) => (b"13", &[ACTOR], Some((EventType, b"SetValue"))),
        (201_002, 4) => (b"12", &[ACTOR], Some((EventType, b"DeleteValue"))),
        (201_002, 1) => (REGISTRY_QUERY, &[ACTOR], None),
        _ => return None,
    })
}

/// The operating system by its number or name; `None` if it is not one of the three.
fn system(row: &Row<'_>) -> Option<&'static [u8]> {
    match number32(row.bytes(b"device.os.type_id")) {
        Some(100) => return Some(b"windows"),
        Some(200) => return Some(b"linux"),
        Some(300) => return Some(b"macos"),
        _ => {}
    }
    const NAMES: [(&[u8], &[u8]); 4] =
        [(b"windows", b"windows"), (b"linux", b"linux"), (b"macos", b"macos"), (b"mac os", b"macos")];
    let said = [row.bytes(b"device.os.type"), row.bytes(b"device.os.name")];
    NAMES.iter().find_map(|(name, system)| {
        let begins = |text: &&[u8]| text.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
        said.iter().any(begins).then_some(*system)
    })
}
