//! kunai: `{"data": {…}, "info": {"event": {"name": "execve"}, "task": {…}, "parent_task": {…}, "utc_time": …}}`, one
//! event per line, based on its documentation (why.kunai.rocks, "Events").
//!
//! A task's `guuid` belongs to its process and survives an exec. kunai reports `connect` for IP sockets only and
//! reports no FIFOs, so local IPC shows only by its consequences. `clone` does not state which of its tasks is new, and
//! `exit` ends a thread, so neither is read.

use alloc::vec::Vec;

use super::sensor::{Line, Refusal, Schema, event, file, network};
use crate::decode::Skip;
use crate::decode::members::{assigned, position};
use crate::event::{
    Access, AccessMethod, Channel, Direction, Event, FileOperation, ImageLoad, Kind, ProcessAccess, ProcessEnd,
    ProcessRef, ProcessStart, SensorChange, SensorState, StartMethod, UniqueId,
};

pub(super) static SCHEMA: Schema = Schema { envelopes: &[], paths: PATHS, event: read };

const PATHS: &[&[u8]] = &[
    b"info.event.name",
    b"info.utc_time",
    b"info.host.name",
    b"info.host.hostname",
    b"info.task.tgid",
    b"info.task.guuid",
    b"info.task.uid",
    b"info.task.user",
    b"info.parent_task.tgid",
    b"info.parent_task.guuid",
    b"info.parent_task.uid",
    b"data.exe.path",
    b"data.command_line",
    b"data.parent_exe",
    b"data.parent_command_line",
    b"data.interpreter.path",
    b"data.error_code",
    b"data.target.task.tgid",
    b"data.target.task.guuid",
    b"data.target.task.uid",
    b"data.target.exe.path",
    b"data.target.command_line",
    b"data.mode",
    b"data.src.ip",
    b"data.src.port",
    b"data.dst.ip",
    b"data.dst.port",
    b"data.path",
    b"data.new",
    b"data.mapped.path",
    b"data.success",
];

const fn at(path: &[u8]) -> usize {
    position(PATHS, path)
}

fn read<'a>(line: &Line<'a>, _work: &'a mut Vec<u8>) -> Result<Event<'a>, Refusal> {
    let name = line.text(const { at(b"info.event.name") }).ok_or(Skip::Incomplete)?;
    let (exe, script) = match line.text(const { at(b"data.interpreter.path") }) {
        // For a script, `exe` is the script itself.
        Some(interpreter) => (Some(interpreter), line.text(const { at(b"data.exe.path") })),
        None => (line.text(const { at(b"data.exe.path") }), None),
    };
    let path = || line.text(const { at(b"data.path") });
    let kind = match name {
        b"execve" | b"execve_script" => {
            Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, script, ..ProcessStart::default() })
        }
        b"exit_group" => {
            let exit_code = line.number(const { at(b"data.error_code") }).map(|code: i64| code as i32 & 0xff);
            Kind::ProcessEnd(ProcessEnd { exit_code, ..ProcessEnd::default() })
        }
        b"ptrace" => ptrace(line)?,
        b"connect" => network(
            Direction::Outbound,
            (line.text(const { at(b"data.src.ip") }), line.number(const { at(b"data.src.port") })),
            (line.text(const { at(b"data.dst.ip") }), line.number(const { at(b"data.dst.port") })),
        ),
        b"mmap_exec" => {
            let image = line.text(const { at(b"data.mapped.path") });
            Kind::ImageLoad(ImageLoad { image, ..ImageLoad::default() })
        }
        b"file_create" => file(path(), FileOperation::Create)?,
        b"file_rename" => file(line.text(const { at(b"data.new") }), FileOperation::Create)?,
        b"write" | b"write_config" | b"write_close" => file(path(), FileOperation::Write)?,
        b"read" | b"read_config" => file(path(), FileOperation::Open)?,
        b"file_unlink" if line.text(const { at(b"data.success") }) == Some(b"false") => return Err(Skip::Failed.into()),
        b"file_unlink" => file(path(), FileOperation::Delete)?,
        b"start" => sensor(SensorChange::Started),
        b"event_loss" | b"loss" => sensor(SensorChange::Lost),
        _ => return Err(Skip::NotOfInterest.into()),
    };
    let host = line.text(const { at(b"info.host.name") }).or(line.text(const { at(b"info.host.hostname") }));
    let mut event = event(line.time(const { at(b"info.utc_time") }, "utc_time")?, host);
    event.source.channel = Channel::Kunai;
    event.source.name = Some(name);
    event.kind = kind;
    if matches!(kind, Kind::SensorState(_)) {
        return Ok(event);
    }
    event.actor = ProcessRef {
        image: exe,
        command_line: line.text(const { at(b"data.command_line") }),
        user: line.text(const { at(b"info.task.user") }),
        ..task(line, const { [at(b"info.task.tgid"), at(b"info.task.guuid"), at(b"info.task.uid")] })
    };
    if event.actor.is_unknown() {
        return Err(Skip::Incomplete.into());
    }
    event.parent = ProcessRef {
        image: line.text(const { at(b"data.parent_exe") }),
        command_line: line.text(const { at(b"data.parent_command_line") }),
        ..task(
            line,
            const { [at(b"info.parent_task.tgid"), at(b"info.parent_task.guuid"), at(b"info.parent_task.uid")] },
        )
    };
    Ok(event)
}

/// The process of a task, given the paths of its three members.
fn task<'a>(line: &Line<'a>, [tgid, guuid, uid]: [usize; 3]) -> ProcessRef<'a> {
    ProcessRef {
        pid: line.process(tgid),
        unique_id: line.text(guuid).filter(|id| is_set(id)).map_or(UniqueId::None, UniqueId::Opaque),
        uid: assigned(line.number(uid)),
        ..ProcessRef::default()
    }
}

/// Whether an id has more than zeros and separators.
fn is_set(id: &[u8]) -> bool {
    id.iter().any(|b| !matches!(b, b'0' | b'-'))
}

/// Interprets `mode`, the kernel's PTRACE_MODE flags, because access that only reads is not an attachment.
fn ptrace<'a>(line: &Line<'a>) -> Result<Kind<'a>, Refusal> {
    const ATTACH: u32 = 2;
    let mode = line.text(const { at(b"data.mode") }).unwrap_or_default();
    let digits = mode.strip_prefix(b"0x").unwrap_or(mode);
    let mode = core::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if mode.is_some_and(|mode| mode & ATTACH == 0) {
        return Err(Skip::NotOfInterest.into());
    }
    let target = ProcessRef {
        image: line.text(const { at(b"data.target.exe.path") }),
        command_line: line.text(const { at(b"data.target.command_line") }),
        ..task(
            line,
            const { [at(b"data.target.task.tgid"), at(b"data.target.task.guuid"), at(b"data.target.task.uid")] },
        )
    };
    let access = Access { method: AccessMethod::PtraceAttach, mask: 0 };
    Ok(Kind::ProcessAccess(ProcessAccess { target, access, ..ProcessAccess::default() }))
}

fn sensor<'a>(change: SensorChange) -> Kind<'a> {
    Kind::SensorState(SensorState { change, ..SensorState::default() })
}
