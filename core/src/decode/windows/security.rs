//! Microsoft-Windows-Security-Auditing.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::*;
use super::operational;
use super::values::{integrity, is_audit_failure, logon_type, number32, pid, session};
use crate::event::{
    Access, AccessMethod, Endpoint, EndpointAct, Kind, Logon, Mechanism, ProcessAccess, ProcessEnd, ProcessRef,
    ProcessStart, RegistryAct, ServiceInstall, ShareAccess, TaskRegister, Text,
};

/// The parser of records of an id.
pub(super) fn parser(id: u32) -> Option<Parser> {
    Some(match id {
        4624 => logon,
        4648 => explicit_logon,
        4656 | 4663 => object_access,
        4657 => registry_set,
        4670 => permissions,
        4688 => process_start,
        4689 => process_end,
        4697 => service_install,
        4698 | 4702 => task_register,
        4699 => task_delete,
        5145 => share_access,
        5712 => rpc_call,
        _ => return None,
    })
}

/// 4688. `ProcessId` is the pid of the creator. The target account is set if the new process runs as another user.
fn process_start<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject(of);
    of.parent.user = of.actor.user;
    of.parent.session = of.actor.session;
    of.parent.pid = of.value(ProcessId, pid);
    of.parent.image = of.text(ParentProcessName);
    if let Some(target) = of.value(TargetLogonId, session) {
        of.actor.session = Some(target);
        of.actor.user = of.account(TargetDomainName, TargetUserName).or(of.actor.user);
    }
    of.actor.pid = of.value(NewProcessId, pid);
    of.actor.start = Some(of.clock.time);
    of.actor.image = of.text(NewProcessName);
    of.actor.command_line = of.text(CommandLine);
    of.actor.integrity = of.value(MandatoryLabel, integrity);
    of.need_actor()?;
    Ok(Kind::ProcessStart(ProcessStart::default()))
}

fn process_end<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_process(of)?;
    let details = ProcessEnd { exit_code: of.value(Status, number32).map(u32::cast_signed), ..ProcessEnd::default() };
    Ok(Kind::ProcessEnd(details))
}

/// 4656 and 4663: a handle to an object was requested or used. The type of the object decides the kind of event.
fn object_access<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let object = of.bytes(ObjectType).unwrap_or_default();
    let (process, file, key) = (
        object.eq_ignore_ascii_case(b"Process"),
        object.eq_ignore_ascii_case(b"File"),
        object.eq_ignore_ascii_case(b"Key"),
    );
    if !(process || file || key) {
        return Err(Skip::NotOfInterest);
    }
    let name = of.text(ObjectName);
    let pipe = name.and_then(pipe_name);
    if file && pipe.is_none() {
        return Err(Skip::NotOfInterest);
    }
    refuse_failure(of)?;
    subject_process(of)?;
    let mask = access_mask(of);
    Ok(if process {
        let target = ProcessRef { image: name, ..ProcessRef::default() };
        let access = Access { method: AccessMethod::Handle, mask };
        let details = ProcessAccess { target, access, ..ProcessAccess::default() };
        Kind::ProcessAccess(details)
    } else if key {
        let details = RegistryAct { path: name, ..RegistryAct::default() };
        Kind::RegistryQuery(details)
    } else {
        const WRITE_OR_APPEND: u32 = 0x2 | 0x4;
        let mut act = EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, pipe));
        act.writes = Some(mask & WRITE_OR_APPEND != 0);
        Kind::EndpointConnect(act)
    })
}

/// 4670: permissions of an object were changed. Who can do that (WRITE_DAC) can grant itself any right to the object.
fn permissions<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    const WRITE_DAC: u32 = 0x0004_0000;
    let object = of.bytes(ObjectType).unwrap_or_default();
    let name = of.text(ObjectName);
    if object.eq_ignore_ascii_case(b"Process") {
        subject_process(of)?;
        let target = ProcessRef { image: name, ..ProcessRef::default() };
        let access = Access { method: AccessMethod::Handle, mask: WRITE_DAC };
        let details = ProcessAccess { target, access, ..ProcessAccess::default() };
        return Ok(Kind::ProcessAccess(details));
    }
    let pipe = name.and_then(pipe_name).filter(|_| object.eq_ignore_ascii_case(b"File"));
    let pipe = pipe.ok_or(Skip::NotOfInterest)?;
    subject_process(of)?;
    Ok(Kind::EndpointConnect(EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(pipe)))))
}

/// The name of a pipe with its backslash, if the object is below the device of named pipes.
fn pipe_name(object: &[u8]) -> Option<Text<'_>> {
    const DEVICE: &[u8] = br"\Device\NamedPipe";
    let (device, name) = object.split_at_checked(DEVICE.len())?;
    (device.eq_ignore_ascii_case(DEVICE) && name.len() > 1 && name.starts_with(br"\")).then_some(name)
}

fn registry_set<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_process(of)?;
    let details = RegistryAct {
        path: of.registry_path(ObjectName, ObjectValueName),
        data: of.text(NewValue),
        operation: of.text(OperationType),
        ..RegistryAct::default()
    };
    Ok(Kind::RegistrySet(details))
}

fn service_install<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_client(of);
    let details = ServiceInstall {
        name: of.text(ServiceName),
        command: of.text(ServiceCommand),
        account: of.text(ServiceAccount),
        ..ServiceInstall::default()
    };
    Ok(Kind::ServiceInstall(details))
}

fn task_register<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, false)
}

fn task_delete<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, true)
}

fn task<'a>(of: &mut Builder<'_, 'a>, deleted: bool) -> Result<Kind<'a>, Skip> {
    subject_client(of);
    let details =
        TaskRegister { name: of.text(TaskName), command: of.text(TaskContent), deleted, ..TaskRegister::default() };
    Ok(Kind::TaskRegister(details))
}

/// 5145. The client's process is on another host, so the actor is only an account and a session.
fn share_access<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    refuse_failure(of)?;
    subject(of);
    let details = ShareAccess {
        share: of.text(ShareName),
        name: of.text(RelativeTargetName),
        address: of.text(IpAddress),
        port: of.value(IpPort, number32),
        mask: access_mask(of),
        ..ShareAccess::default()
    };
    Ok(Kind::ShareAccess(details))
}

/// 5712: an RPC call to the process in the record. The account is the client's.
fn rpc_call<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject(of);
    operational::call(of)
}

fn logon<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    Ok(Kind::Logon(logon_details(of)))
}

fn explicit_logon<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let mut details = logon_details(of);
    details.explicit = true;
    Ok(Kind::Logon(details))
}

/// The actor is the process that requested the logon; a network logon has none.
fn logon_details<'a>(of: &mut Builder<'_, 'a>) -> Logon<'a> {
    subject(of);
    of.actor.pid = of.value(ProcessId, pid);
    of.actor.image = of.text(ProcessName);
    Logon {
        logon_type: of.value(LogonType, logon_type),
        user: of.account(TargetDomainName, TargetUserName),
        session: of.value(TargetLogonId, session),
        address: of.text(IpAddress),
        ..Logon::default()
    }
}

/// Skips a record of access that was denied.
fn refuse_failure(of: &Builder<'_, '_>) -> Result<(), Skip> {
    let refused = of.bytes(Keywords).is_some_and(is_audit_failure) || of.bytes(Outcome) == Some(b"failure");
    if refused { Err(Skip::Failed) } else { Ok(()) }
}

fn access_mask(of: &Builder<'_, '_>) -> u32 {
    of.value(AccessMask, number32).unwrap_or_default()
}

/// The actor's account and session.
fn subject(of: &mut Builder<'_, '_>) {
    of.actor.user = of.account(SubjectDomainName, SubjectUserName);
    of.actor.session = of.value(SubjectLogonId, session);
}

/// The actor of records whose `ProcessId` and `ProcessName` are those of the actor.
fn subject_process(of: &mut Builder<'_, '_>) -> Result<(), Skip> {
    subject(of);
    of.actor.pid = of.value(ProcessId, pid);
    of.actor.image = of.text(ProcessName);
    of.need_actor()
}

/// The actor of records that a service logs for a call. Newer versions of Windows name the client process.
fn subject_client(of: &mut Builder<'_, '_>) {
    subject(of);
    of.actor.pid = of.value(ClientProcessId, pid);
    of.parent.pid = of.value(ParentProcessId, pid);
}
