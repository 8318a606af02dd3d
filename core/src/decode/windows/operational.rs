//! Logs of single components: TaskScheduler, PowerShell, RPC Firewall.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::{self, *};
use super::values::{number32, pid};
use crate::event::{Kind, ProcessRef, RpcCall, ScriptRun, TaskRegister, TaskRun, Text};

/// How TaskScheduler's records of that id are read.
pub(super) fn task_scheduler(id: u32) -> Option<Parser> {
    Some(match id {
        106 | 140 => task_registered,
        141 => task_deleted,
        100 | 129 | 200 => task_started,
        201 => task_ended,
        _ => return None,
    })
}

/// How PowerShell's records of that id are read.
pub(super) fn powershell(id: u32) -> Option<Parser> {
    matches!(id, 4103 | 4104).then_some(script_run)
}

/// How RPC Firewall's records of that id are read.
pub(super) fn rpc_firewall(id: u32) -> Option<Parser> {
    (id == 3).then_some(call_of_function)
}

/// What RPC Firewall's values without names are, in their order, after its message file.
pub(super) const RPC_FIREWALL: &[Option<FieldName>] = &[
    None,
    Some(ProcessId),
    Some(ProcessName),
    Some(RpcProtocol),
    Some(RpcEndpoint),
    Some(ClientAddress),
    Some(RpcInterface),
    Some(RpcOperation),
    None,
    None,
    None,
    Some(ClientPort),
];

/// 106: registered; 140: changed. Neither says what the task runs.
fn task_registered<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, false)
}

fn task_deleted<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task(of, true)
}

fn task<'a>(of: &mut Builder<'_, 'a>, deleted: bool) -> Result<Kind<'a>, Skip> {
    let name = of.text(TaskName).ok_or(Skip::Incomplete)?;
    of.actor.user = account(of);
    Ok(Kind::TaskRegister(TaskRegister { name: Some(name), deleted, ..TaskRegister::default() }))
}

/// 100: the task; 129: a process for it; 200: an action of it.
fn task_started<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task_run(of, false)
}

fn task_ended<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    task_run(of, true)
}

fn task_run<'a>(of: &mut Builder<'_, 'a>, ended: bool) -> Result<Kind<'a>, Skip> {
    let name = of.text(TaskName).ok_or(Skip::Incomplete)?;
    of.actor.user = account(of);
    let command = of.text(ActionName).or_else(|| of.text(ScriptPath));
    let process = match of.value(HostProcessId, pid) {
        Some(pid) => ProcessRef { pid: Some(pid), image: command, ..ProcessRef::default() },
        None => ProcessRef::default(),
    };
    Ok(Kind::TaskRun(TaskRun { name: Some(name), command, process, ended, ..TaskRun::default() }))
}

fn account<'a>(of: &mut Builder<'_, 'a>) -> Option<Text<'a>> {
    of.text(UserContext).or_else(|| of.text(AccountOfTask))
}

/// 4103: what a pipeline called; 4104: the text of a script. The provider's own process runs the script.
fn script_run<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.pid = of.value(SensorProcess, pid);
    let text = of.text(ScriptText).or_else(|| of.text(ScriptOutput)).ok_or(Skip::Incomplete)?;
    Ok(Kind::ScriptRun(ScriptRun { path: of.text(ScriptPath), text: Some(text), ..ScriptRun::default() }))
}

fn call_of_function<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    call(of)
}

/// A call as the server saw it: the process in the record is its own.
pub(super) fn call<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let interface = of.text(RpcInterface).ok_or(Skip::Incomplete)?;
    let server = ProcessRef { pid: of.value(ProcessId, pid), image: of.text(ProcessName), ..ProcessRef::default() };
    let details = RpcCall {
        server,
        interface: Some(interface),
        operation: of.value(RpcOperation, number32),
        protocol: of.text(RpcProtocol),
        endpoint: of.text(RpcEndpoint),
        address: of.text(ClientAddress).or_else(|| of.text(IpAddress)),
        port: of.value(ClientPort, number32).or_else(|| of.value(IpPort, number32)),
        ..RpcCall::default()
    };
    Ok(Kind::RpcCall(details))
}
