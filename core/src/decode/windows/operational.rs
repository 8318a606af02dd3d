//! Logs of single components: TaskScheduler, PowerShell, RPC Firewall.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::*;
use super::values::{number32, pid};
use crate::event::{Kind, ProcessRef, RpcCall, ScriptRun, TaskRegister, TaskRun, Text};

/// The parser of TaskScheduler's records of an id.
pub(super) fn task_scheduler(id: u32) -> Option<Parser> {
    Some(match id {
        106 | 140 => task_registered,
        141 => task_deleted,
        100 | 129 | 200 => task_started,
        201 => task_ended,
        _ => return None,
    })
}

/// The parser of PowerShell's records of an id.
pub(super) fn powershell(id: u32) -> Option<Parser> {
    matches!(id, 4103 | 4104).then_some(script_run)
}

/// The parser of RPC Firewall's records of an id.
pub(super) fn rpc_firewall(id: u32) -> Option<Parser> {
    (id == 3).then_some(call_of_function)
}

/// 106: a task was registered; 140: it was changed. Neither has the command.
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

/// 100: a task was started; 129: a process of it; 200: an action of it.
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

/// 4103: the commands of a pipeline; 4104: the text of a script. The process that logged the record runs them.
fn script_run<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.pid = of.value(SensorProcess, pid);
    let text = of.text(ScriptText).or_else(|| of.text(ScriptOutput)).ok_or(Skip::Incomplete)?;
    Ok(Kind::ScriptRun(ScriptRun { path: of.text(ScriptPath), text: Some(text), ..ScriptRun::default() }))
}

fn call_of_function<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    call(of)
}

/// An RPC call as the server logs it: the process in the record is the server.
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
