//! Microsoft-Windows-Sysmon.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::{self, *};
use super::values::{boolean, egress, guid, integrity, number32, pid, session};
use crate::event::{
    Access, AccessMethod, Direction, Endpoint, EndpointAct, FileAccess, FileOperation, ImageLoad, ImageTamper, Kind,
    Mechanism, NetworkConnect, ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, RegistryAct, RemoteThread,
    SensorChange, SensorState, Signing, TaskRegister, Text, UniqueId,
};

/// The id of a network connection, whose time is not reliable.
pub(super) const NETWORK_CONNECT: u32 = 3;

/// The parser of records of an id.
pub(super) fn parser(id: u32) -> Option<Parser> {
    Some(match id {
        1 => process_start,
        NETWORK_CONNECT => network_connect,
        4 => service_state,
        5 => process_end,
        7 => image_load,
        8 => remote_thread,
        10 => process_access,
        11 | 15 => file_create,
        12..=14 => registry_set,
        16 => reconfigured,
        17 => pipe_create,
        18 => pipe_connect,
        20 => wmi_consumer,
        21 => wmi_binding,
        23 => file_delete,
        25 => image_tamper,
        255 => sensor_error,
        _ => return None,
    })
}

fn process_start<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    of.actor.start = Some(of.clock.time);
    of.actor.command_line = of.text(CommandLine);
    of.actor.working_folder = of.text(CurrentDirectory);
    of.actor.session = of.value(LogonId, session);
    of.actor.terminal = of.text(TerminalSessionId);
    of.actor.integrity = of.value(IntegrityLevel, integrity);
    of.actor.original_file_name = of.text(OriginalFileName);
    of.actor.hash = of.text(Hashes);
    of.actor.signing = match (of.value(ActorSigned, boolean), of.value(ActorTrusted, boolean)) {
        (_, Some(true)) => Some(Signing::Signed),
        (Some(false), _) | (_, Some(false)) => Some(Signing::Unsigned),
        _ => None,
    };
    of.actor.signer = of.text(ActorSigner);
    of.parent = process(of, ParentProcessGuid, ParentProcessId, ParentImage, ParentUser);
    of.parent.command_line = of.text(ParentCommandLine);
    let creator = ProcessRef { pid: of.value(CreatorProcessId, pid), ..ProcessRef::default() };
    Ok(Kind::ProcessStart(ProcessStart { creator, ..ProcessStart::default() }))
}

fn network_connect<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    let source = (of.text(SourceIp), of.value(SourcePort, number32));
    let destination = (of.text(DestinationIp), of.value(DestinationPort, number32));
    let initiated = of.value(Initiated, boolean).or_else(|| of.value(NetworkDirection, egress));
    let (direction, (local_address, local_port), (remote_address, remote_port)) = match initiated {
        Some(true) => (Direction::Outbound, source, destination),
        Some(false) => (Direction::Inbound, destination, source),
        None => (Direction::Unknown, source, destination),
    };
    let details = NetworkConnect {
        direction,
        local_address,
        local_port,
        remote_address,
        remote_port,
        ..NetworkConnect::default()
    };
    Ok(Kind::NetworkConnect(details))
}

fn process_end<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    Ok(Kind::ProcessEnd(ProcessEnd::default()))
}

fn image_load<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    let details = ImageLoad {
        image: of.text(ImageLoaded),
        signed: holds(of.value(Signed, boolean), of.bytes(SignatureStatus)),
        signer: of.text(Signature),
        ..ImageLoad::default()
    };
    Ok(Kind::ImageLoad(details))
}

/// Whether a signature is valid, by `Signed` and `SignatureStatus`: a revoked or expired one is not. `None` if it could
/// not be checked.
fn holds(signed: Option<bool>, status: Option<Text<'_>>) -> Option<bool> {
    const UNCHECKED: [&[u8]; 5] = [b"", b"-", b"Unavailable", b"Unknown", b"Pending"];
    match (signed, status) {
        (Some(false), _) => Some(false),
        (signed, None) => signed,
        (_, Some(status)) if status.eq_ignore_ascii_case(b"Valid") => Some(true),
        (_, Some(status)) if UNCHECKED.iter().any(|word| word.eq_ignore_ascii_case(status)) => None,
        (_, Some(_)) => Some(false),
    }
}

fn remote_thread<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = RemoteThread {
        target: two_processes(of)?,
        start_module: of.text(StartModule),
        start_function: of.text(StartFunction),
        ..RemoteThread::default()
    };
    Ok(Kind::RemoteThread(details))
}

fn process_access<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = ProcessAccess {
        target: two_processes(of)?,
        access: Access { method: AccessMethod::Handle, mask: of.value(GrantedAccess, number32).unwrap_or_default() },
        unbacked_caller: of.bytes(CallTrace).is_some_and(names_unbacked),
        ..ProcessAccess::default()
    };
    Ok(Kind::ProcessAccess(details))
}

/// Whether a call trace names memory that no file backs: `UNKNOWN(0000020C2C1D0000)`.
fn names_unbacked(trace: &[u8]) -> bool {
    memchr::memchr_iter(b'(', trace).any(|at| trace[..at].ends_with(b"UNKNOWN"))
}

fn file_create<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    file(of, FileOperation::Create)
}

fn file_delete<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    file(of, FileOperation::Delete)
}

fn file<'a>(of: &mut Builder<'_, 'a>, operation: FileOperation) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    let details = FileAccess { path: of.text(TargetFilename), operation, ..FileAccess::default() };
    Ok(Kind::FileAccess(details))
}

fn registry_set<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    let details = RegistryAct {
        path: of.text(TargetObject),
        // A rename has a new name instead of data.
        data: of.text(Details).or_else(|| of.text(NewName)),
        operation: of.text(EventTypeOriginal).or_else(|| of.text(EventType)).filter(|text| !is_severity(text)),
        ..RegistryAct::default()
    };
    Ok(Kind::RegistrySet(details))
}

/// Whether NXLog has replaced Sysmon's `EventType` with the severity.
fn is_severity(text: &[u8]) -> bool {
    matches!(
        text,
        b"INFO" | b"WARNING" | b"ERROR" | b"CRITICAL" | b"VERBOSE" | b"DEBUG" | b"AUDIT_SUCCESS" | b"AUDIT_FAILURE"
    )
}

fn pipe_create<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    pipe(of).map(Kind::EndpointCreate)
}

fn pipe_connect<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    pipe(of).map(Kind::EndpointConnect)
}

fn pipe<'a>(of: &mut Builder<'_, 'a>) -> Result<EndpointAct<'a>, Skip> {
    actor(of)?;
    let endpoint = match of.text(PipeName) {
        Some(b"<Anonymous Pipe>") => Endpoint::new(Mechanism::AnonymousPipe, None),
        name => Endpoint::new(Mechanism::NamedPipe, name),
    };
    Ok(EndpointAct::new(endpoint))
}

fn image_tamper<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    actor(of)?;
    let details = ImageTamper { what: of.text(Type), ..ImageTamper::default() };
    Ok(Kind::ImageTamper(details))
}

/// A consumer of WMI events was registered, with what it will run. A filter (19) runs nothing.
fn wmi_consumer<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.user = of.text(User);
    let details = TaskRegister {
        name: of.text(ConsumerName),
        command: of.text(Destination),
        deleted: of.bytes(Operation).is_some_and(|what| what.eq_ignore_ascii_case(b"Deleted")),
        subscription: true,
        ..TaskRegister::default()
    };
    Ok(Kind::TaskRegister(details))
}

/// A consumer was bound to a filter, so that it will run. Only the consumer classes that run a program or script
/// matter.
fn wmi_binding<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    const RUN: [&[u8]; 2] = [b"CommandLineEventConsumer", b"ActiveScriptEventConsumer"];
    let name = of.text(Consumer).ok_or(Skip::Incomplete)?;
    let is_of = |class: &&[u8]| name.windows(class.len()).any(|part| part.eq_ignore_ascii_case(class));
    if !RUN.iter().any(is_of) {
        return Err(Skip::NotOfInterest);
    }
    of.actor.user = of.text(User);
    let details = TaskRegister {
        name: Some(name),
        deleted: of.bytes(Operation).is_some_and(|what| what.eq_ignore_ascii_case(b"Deleted")),
        subscription: true,
        ..TaskRegister::default()
    };
    Ok(Kind::TaskRegister(details))
}

fn service_state<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let state = of.text(State);
    let stopped = state.is_some_and(|state| state.eq_ignore_ascii_case(b"Stopped"));
    Ok(sensor(if stopped { SensorChange::Stopped } else { SensorChange::Started }, state))
}

fn reconfigured<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    Ok(sensor(SensorChange::Reconfigured, of.text(Configuration)))
}

fn sensor_error<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    Ok(sensor(SensorChange::Lost, of.text(Description)))
}

fn sensor(change: SensorChange, detail: Option<Text<'_>>) -> Kind<'_> {
    let details = SensorState { change, detail, ..SensorState::default() };
    Kind::SensorState(details)
}

/// Fills the actor of a record about one process.
pub(super) fn actor(of: &mut Builder<'_, '_>) -> Result<(), Skip> {
    of.actor = process(of, ProcessGuid, ProcessId, Image, User);
    of.actor.user = of.actor.user.or_else(|| of.account(UserDomain, UserName));
    of.need_actor()
}

/// Fills the actor and returns the target of a record about two processes.
pub(super) fn two_processes<'a>(of: &mut Builder<'_, 'a>) -> Result<ProcessRef<'a>, Skip> {
    of.actor = process(of, SourceProcessGuid, SourceProcessId, SourceImage, SourceUser);
    let target = process(of, TargetProcessGuid, TargetProcessId, TargetImage, TargetUser);
    of.need_actor().map(|()| target)
}

pub(super) fn process<'a>(
    of: &mut Builder<'_, 'a>,
    unique_id: FieldName,
    id: FieldName,
    image: FieldName,
    user: FieldName,
) -> ProcessRef<'a> {
    ProcessRef {
        pid: of.value(id, pid),
        unique_id: of.bytes(unique_id).map_or(UniqueId::None, guid),
        image: of.text(image),
        user: of.text(user),
        ..ProcessRef::default()
    }
}
