//! Sysmon for Linux: records of the same form from another system, as its repository (Sysinternals/SysmonForLinux) and
//! the samples of Elastic's `sysmon_linux` integration show them. It tells of processes, files, TCP and UDP; of local
//! sockets and FIFOs it tells nothing.
//!
//! Three things differ. A start is an exec. `UtcTime` of a process start may lie at the boot of the machine, so the
//! envelope's clock counts. And `ProcessGuid` is shared by processes of one second and changes with every exec, so
//! that processes are told apart by their pids.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::*;
use super::sysmon;
use crate::event::{Access, AccessMethod, Kind, ProcessAccess, ProcessRef, ProcessStart, StartMethod, UniqueId};

/// How records of that id are read.
pub(super) fn parser(id: u32) -> Option<Parser> {
    match id {
        1 => Some(process_start),
        10 => Some(process_access),
        3 | 4 | 5 | 11 | 16 | 23 | 255 => sysmon::parser(id),
        _ => None,
    }
}

fn process_start<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    sysmon::actor(of)?;
    of.actor.command_line = of.text(CommandLine);
    of.actor.working_folder = of.text(CurrentDirectory);
    of.parent = sysmon::process(of, ParentProcessGuid, ParentProcessId, ParentImage, ParentUser);
    of.parent.command_line = of.text(ParentCommandLine);
    Ok(Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, ..ProcessStart::default() }))
}

/// Only attachments that succeeded are logged (PTRACE_ATTACH, PTRACE_SEIZE).
fn process_access<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let target = ProcessRef { unique_id: UniqueId::None, ..sysmon::two_processes(of)? };
    let access = Access { method: AccessMethod::PtraceAttach, mask: 0 };
    Ok(Kind::ProcessAccess(ProcessAccess { target, access, ..ProcessAccess::default() }))
}
