//! Microsoft-Windows-Security-Auditing.

use super::super::Skip;
use super::fields::Field::{self, *};
use super::record::{Maker, Recipe};
use super::values::{integrity, is_audit_failure, number32, pid, session};
use crate::event::{
    AccessMethod, Endpoint, EndpointAct, Kind, Logon, Mechanism, ProcessAccess, ProcessEnd, ProcessStart, RegistryAct,
    ServiceInstall, ShareAccess, TaskRegister, Text,
};

/// How records of that id are read.
pub(super) fn recipe(id: u32) -> Option<Recipe> {
    Some(match id {
        4624 => logon,
        4648 => explicit_logon,
        4656 | 4663 => object_access,
        4657 => registry_set,
        4688 => process_start,
        4689 => process_end,
        4697 => service_install,
        4698 | 4702 => task_register,
        4699 => task_delete,
        5145 => share_access,
        _ => return None,
    })
}

/// 4688. Its `ProcessId` is the creator's. Where the new process runs as somebody else, that is the target account.
fn process_start<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
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

fn process_end<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_process(of)?;
    let mut facts = ProcessEnd::default();
    facts.exit_code = of.value(Status, number32).map(u32::cast_signed);
    Ok(Kind::ProcessEnd(facts))
}

/// 4656 and 4663: what kind of object was opened or used decides what it means.
fn object_access<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
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
        let mut facts = ProcessAccess::default();
        facts.target.image = name;
        facts.access.method = AccessMethod::Handle;
        facts.access.mask = mask;
        Kind::ProcessAccess(facts)
    } else if key {
        let mut facts = RegistryAct::default();
        facts.path = name;
        Kind::RegistryQuery(facts)
    } else {
        const WRITE_OR_APPEND: u32 = 0x2 | 0x4;
        let mut act = EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, pipe));
        act.writes = Some(mask & WRITE_OR_APPEND != 0);
        Kind::EndpointConnect(act)
    })
}

/// The name of a pipe, with its backslash, below the device that serves pipes.
fn pipe_name(object: &[u8]) -> Option<Text<'_>> {
    const DEVICE: &[u8] = br"\Device\NamedPipe";
    let (device, name) = object.split_at_checked(DEVICE.len())?;
    (device.eq_ignore_ascii_case(DEVICE) && name.len() > 1 && name.starts_with(br"\")).then_some(name)
}

fn registry_set<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_process(of)?;
    let mut facts = RegistryAct::default();
    facts.path = of.registry_path(ObjectName, ObjectValueName);
    facts.data = of.text(NewValue);
    facts.operation = of.text(OperationType);
    Ok(Kind::RegistrySet(facts))
}

fn service_install<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    subject_client(of);
    let mut facts = ServiceInstall::default();
    facts.name = of.text(ServiceName);
    facts.command = of.text(ServiceCommand);
    facts.account = of.text(ServiceAccount);
    Ok(Kind::ServiceInstall(facts))
}

fn task_register<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, false)
}

fn task_delete<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, true)
}

fn task<'a>(of: &mut Maker<'_, 'a>, deleted: bool) -> Result<Kind<'a>, Skip> {
    subject_client(of);
    let mut facts = TaskRegister::default();
    facts.name = of.text(TaskName);
    facts.command = of.text(TaskContent);
    facts.deleted = deleted;
    Ok(Kind::TaskRegister(facts))
}

/// 5145. The client's process lives on another host, so the actor is an account and a session only.
fn share_access<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    refuse_failure(of)?;
    subject(of);
    let mut facts = ShareAccess::default();
    facts.share = of.text(ShareName);
    facts.name = of.text(RelativeTargetName);
    facts.address = of.text(IpAddress);
    facts.port = of.value(IpPort, number32);
    facts.mask = access_mask(of);
    Ok(Kind::ShareAccess(facts))
}

fn logon<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    Ok(Kind::Logon(logon_facts(of)))
}

fn explicit_logon<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let mut facts = logon_facts(of);
    facts.explicit = true;
    Ok(Kind::Logon(facts))
}

/// The actor is the process that asked for the logon, which a network logon has not.
fn logon_facts<'a>(of: &mut Maker<'_, 'a>) -> Logon<'a> {
    subject(of);
    of.actor.pid = of.value(ProcessId, pid);
    of.actor.image = of.text(ProcessName);
    let mut facts = Logon::default();
    facts.logon_type = of.value(LogonType, number32);
    facts.user = of.account(TargetDomainName, TargetUserName);
    facts.session = of.value(TargetLogonId, session);
    facts.address = of.text(IpAddress);
    facts
}

/// An object that was refused was not obtained.
fn refuse_failure(of: &Maker<'_, '_>) -> Result<(), Skip> {
    if of.bytes(Keywords).is_some_and(is_audit_failure) { Err(Skip::Failed) } else { Ok(()) }
}

fn access_mask(of: &Maker<'_, '_>) -> u32 {
    of.value(AccessMask, number32).unwrap_or_default()
}

/// The actor's account and session.
fn subject(of: &mut Maker<'_, '_>) {
    of.actor.user = of.account(SubjectDomainName, SubjectUserName);
    of.actor.session = of.value(SubjectLogonId, session);
}

/// The actor of records whose `ProcessId` and `ProcessName` are its own.
fn subject_process(of: &mut Maker<'_, '_>) -> Result<(), Skip> {
    subject(of);
    named_process(of, ProcessId);
    of.actor.image = of.text(ProcessName);
    of.need_actor()
}

/// The actor of records that were caused by a call to a service; newer systems name the caller.
fn subject_client(of: &mut Maker<'_, '_>) {
    subject(of);
    named_process(of, ClientProcessId);
    of.parent.pid = of.value(ParentProcessId, pid);
}

fn named_process(of: &mut Maker<'_, '_>, id: Field) {
    of.actor.pid = of.value(id, pid);
}
