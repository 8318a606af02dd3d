//! Events of endpoint products with tables of their own: Microsoft Defender for Endpoint, and any product that writes
//! OCSF. Most correspond to a record of Windows and are read by its parser under its id; the others have ids of our
//! own.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::*;
use super::values::{integrity, number32};
use super::{classic, operational, security, sysmon, times};
use crate::event::{
    Endpoint, EndpointAct, FileAccess, FileOperation, Kind, Mechanism, MemoryWrite, Os, ProcessRef, RegistryAct,
    StartMethod, Text,
};
use crate::names::is_pipe;

/// Memory of another process was written.
pub(super) const MEMORY_WRITE: &[u8] = b"100001";
/// A file, a pipe or a socket was created, opened, written or deleted.
pub(super) const FILE: &[u8] = b"100002";
/// A registry key or value was read.
pub(super) const REGISTRY_QUERY: &[u8] = b"100003";

/// The parser of Defender's events of an id.
pub(super) fn defender(id: u32) -> Option<Parser> {
    own(id).or_else(|| match id {
        4104 => operational::powershell(id),
        4624 | 4698 | 4699 => security::parser(id),
        5861 => classic::wmi_activity(id),
        7045 => classic::service_control(id),
        _ => None,
    })
}

/// The parser of OCSF events of an id.
pub(super) fn ocsf(id: u32) -> Option<Parser> {
    own(id)
}

fn own(id: u32) -> Option<Parser> {
    Some(match id {
        1 => start,
        100_001 => memory_write,
        100_002 => file,
        100_003 => registry_query,
        3 | 5 | 7 | 8 | 10 | 11 | 12 | 13 | 17 | 18 | 23 => like_sysmon,
        _ => return None,
    })
}

fn start<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let mut kind = like_sysmon(of)?;
    if let (Kind::ProcessStart(details), true) = (&mut kind, of.os() != Os::Windows) {
        details.method = StartMethod::Exec;
    }
    if of.os() != Os::Windows {
        of.actor.start = of.value(ActorStart, times::parse);
    }
    Ok(kind)
}

/// Reads an event like the Sysmon record of its id, and adds what products report beyond it: start times of processes
/// and more details of the actor.
fn like_sysmon<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let parser = sysmon::parser(of.id).ok_or(Skip::NotOfInterest)?;
    let mut kind = parser(of)?;
    match &mut kind {
        Kind::ProcessAccess(details) => details.target.start = of.value(TargetStart, times::parse),
        Kind::RemoteThread(details) => details.target.start = of.value(TargetStart, times::parse),
        _ => {}
    }
    describe(of);
    Ok(kind)
}

/// Adds the details of the actor and its parent that any event may have.
fn describe(of: &mut Builder<'_, '_>) {
    of.actor.start = of.value(ActorStart, times::parse).or(of.actor.start);
    of.actor.command_line = of.actor.command_line.or_else(|| of.text(CommandLine));
    of.actor.integrity = of.actor.integrity.or_else(|| of.value(IntegrityLevel, integrity));
    of.actor.original_file_name = of.actor.original_file_name.or_else(|| of.text(OriginalFileName));
    if of.parent.is_unknown() {
        of.parent = sysmon::process(of, ParentProcessGuid, ParentProcessId, ParentImage, ParentUser);
        of.parent.command_line = of.text(ParentCommandLine);
    }
    of.parent.start = of.value(ParentStart, times::parse);
}

fn memory_write<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let target = ProcessRef { start: of.value(TargetStart, times::parse), ..sysmon::two_processes(of)? };
    describe(of);
    Ok(Kind::MemoryWrite(MemoryWrite { target, ..MemoryWrite::default() }))
}

fn registry_query<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    sysmon::actor(of)?;
    describe(of);
    Ok(Kind::RegistryQuery(RegistryAct { path: of.text(TargetObject), ..RegistryAct::default() }))
}

/// An operation on a file. `FileAct` names the operation.
fn file<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    sysmon::actor(of)?;
    describe(of);
    let operation = match of.bytes(FileAct) {
        Some(b"create") => FileOperation::Create,
        Some(b"delete") => FileOperation::Delete,
        Some(b"write") => FileOperation::Write,
        _ => FileOperation::Open,
    };
    let path = of.text(TargetFilename);
    let Some(mechanism) = mechanism(of, path) else {
        return Ok(Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() }));
    };
    let mut act = EndpointAct::new(Endpoint::new(mechanism, path));
    Ok(match operation {
        FileOperation::Create => Kind::EndpointCreate(act),
        FileOperation::Delete => Kind::EndpointRemove(act),
        _ => {
            act.writes = (operation == FileOperation::Write).then_some(true);
            Kind::EndpointConnect(act)
        }
    })
}

/// The IPC mechanism of a file, by OCSF's type (5 is a socket, 6 a pipe) or by its path. `None` for an ordinary file.
fn mechanism(of: &Builder<'_, '_>, path: Option<Text<'_>>) -> Option<Mechanism> {
    let kind = of.value(FileKind, number32);
    match (of.os(), kind) {
        (Os::Windows, Some(6)) => Some(Mechanism::NamedPipe),
        (Os::Windows, _) => path.filter(|path| is_pipe(path)).map(|_| Mechanism::NamedPipe),
        (_, Some(5)) => Some(Mechanism::UnixPath),
        (_, Some(6)) => Some(Mechanism::Fifo),
        _ => None,
    }
}
