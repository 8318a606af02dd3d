//! Falco alerts as JSON (`json_output`): `{"hostname": …, "output_fields": {"evt.type": "connect", "proc.pid": 5, …},
//! "rule": …, "source": "syscall", "time": …}`, based on Falco's documentation "Falco Alerts" and "Supported Fields".
//!
//! A rule prints the fields that its author chose: fields missing from `output_fields` are unknown, and an alert
//! without `evt.type` or `proc.pid` gives no event. `fd.name` holds the sockets of `connect`: two kernel addresses and
//! the path for AF_UNIX, `address:port->address:port` for IP.

use alloc::vec::Vec;

use super::folder::below;
use super::sensor::{Line, Refusal, Schema, event, file, network, unix_socket};
use crate::decode::Skip;
use crate::decode::members::{assigned, parse, position};
use crate::event::{
    Access, AccessMethod, Channel, Direction, Event, FileOperation, Kind, MemoryWrite, ProcessAccess, ProcessRef,
    ProcessStart, StartMethod, Text,
};
use crate::time::Timestamp;

pub(super) static SCHEMA: Schema = Schema { envelopes: &[], paths: PATHS, event: read };

const PATHS: &[&[u8]] = &[
    b"time",
    b"hostname",
    b"source",
    b"output_fields.evt.time",
    b"output_fields.evt.type",
    b"output_fields.evt.res",
    b"output_fields.evt.is_open_write",
    b"output_fields.evt.arg.pid",
    b"output_fields.evt.arg.request",
    b"output_fields.evt.arg.path",
    b"output_fields.evt.arg.name",
    b"output_fields.fs.path.name",
    b"output_fields.proc.pid",
    b"output_fields.proc.ppid",
    b"output_fields.proc.exepath",
    b"output_fields.proc.cmdline",
    b"output_fields.proc.cwd",
    b"output_fields.proc.pexepath",
    b"output_fields.proc.pcmdline",
    b"output_fields.proc.tty",
    b"output_fields.user.name",
    b"output_fields.user.uid",
    b"output_fields.user.loginuid",
    b"output_fields.fd.name",
    b"output_fields.fd.type",
];

const fn at(path: &[u8]) -> usize {
    position(PATHS, path)
}

/// Reads the output fields of an alert.
struct Alert<'l, 'a>(&'l Line<'a>);

impl<'a> Alert<'_, 'a> {
    /// A field's text, unless Falco had no value for it.
    fn text(&self, path: usize) -> Option<Text<'a>> {
        self.0.text(path).filter(|text| !matches!(*text, b"<NA>" | b"null"))
    }

    fn time(&self) -> Result<Timestamp, Refusal> {
        // `evt.time` is a text if a rule formats it.
        match self.0.number(const { at(b"output_fields.evt.time") }) {
            Some(nanoseconds) => Ok(Timestamp(nanoseconds)),
            None => self.0.time(const { at(b"time") }, "time"),
        }
    }
}

fn read<'a>(line: &Line<'a>, work: &'a mut Vec<u8>) -> Result<Event<'a>, Refusal> {
    let alert = Alert(line);
    if alert.text(const { at(b"source") }).is_some_and(|source| source != b"syscall") {
        return Err(Skip::NotOfInterest.into());
    }
    let name = alert.text(const { at(b"output_fields.evt.type") }).ok_or(Skip::Incomplete)?;
    let result = alert.text(const { at(b"output_fields.evt.res") }).unwrap_or(b"SUCCESS");
    if !matches!(result, b"SUCCESS" | b"EINPROGRESS") && parse::<i64>(result).is_none_or(|code| code < 0) {
        return Err(Skip::Failed.into());
    }
    let folder = alert.text(const { at(b"output_fields.proc.cwd") });
    let kind = match name {
        b"execve" | b"execveat" => {
            Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, ..ProcessStart::default() })
        }
        b"bind" | b"connect" | b"accept" | b"accept4" => socket(&alert, name, folder, work)?,
        b"open" | b"openat" | b"openat2" | b"creat" => opened(&alert, name)?,
        b"unlink" | b"unlinkat" => {
            let paths = const {
                [
                    at(b"output_fields.fs.path.name"),
                    at(b"output_fields.evt.arg.path"),
                    at(b"output_fields.evt.arg.name"),
                ]
            };
            let path = paths.into_iter().find_map(|path| alert.text(path));
            let path = path.map(|path| below(path, folder.unwrap_or_default(), work));
            file(path.filter(|path| path.starts_with(b"/")), FileOperation::Delete)?
        }
        b"ptrace" => ptrace(&alert)?,
        _ => return Err(Skip::NotOfInterest.into()),
    };
    let mut event = event(alert.time()?, alert.text(const { at(b"hostname") }));
    event.source.channel = Channel::Falco;
    event.source.name = Some(name);
    event.kind = kind;
    let pid = |path| line.process(path);
    event.actor = ProcessRef {
        pid: pid(const { at(b"output_fields.proc.pid") }),
        image: alert.text(const { at(b"output_fields.proc.exepath") }),
        command_line: alert.text(const { at(b"output_fields.proc.cmdline") }),
        working_folder: folder,
        user: alert.text(const { at(b"output_fields.user.name") }),
        uid: line.number(const { at(b"output_fields.user.uid") }),
        // An unset id is -1, which does not parse as an unsigned number.
        auid: assigned(line.number(const { at(b"output_fields.user.loginuid") })),
        terminal: alert.text(const { at(b"output_fields.proc.tty") }).filter(|tty| *tty != b"0"),
        ..ProcessRef::default()
    };
    if event.actor.is_unknown() {
        return Err(Skip::Incomplete.into());
    }
    event.parent.pid = pid(const { at(b"output_fields.proc.ppid") });
    event.parent.image = alert.text(const { at(b"output_fields.proc.pexepath") });
    event.parent.command_line = alert.text(const { at(b"output_fields.proc.pcmdline") });
    Ok(event)
}

fn socket<'a>(
    alert: &Alert<'_, 'a>,
    call: &[u8],
    folder: Option<Text<'a>>,
    work: &'a mut Vec<u8>,
) -> Result<Kind<'a>, Refusal> {
    let name = alert.text(const { at(b"output_fields.fd.name") });
    match alert.text(const { at(b"output_fields.fd.type") }) {
        Some(b"unix") => {
            let mut act = unix_socket(name.and_then(unix_name), folder, work);
            act.accepted = call.starts_with(b"accept");
            Ok(if call == b"bind" { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) })
        }
        Some(b"ipv4" | b"ipv6") if call == b"bind" => Err(Skip::NotOfInterest.into()),
        Some(b"ipv4" | b"ipv6") => {
            let (client, server) = name.and_then(ends).ok_or(Skip::Incomplete)?;
            let (direction, local, remote) = match call {
                b"connect" => (Direction::Outbound, client, server),
                _ => (Direction::Inbound, server, client),
            };
            Ok(network(direction, local, remote))
        }
        Some(_) => Err(Skip::NotOfInterest.into()),
        None => Err(Skip::Incomplete.into()),
    }
}

/// The name within `ffff8dc4->ffff8dc5 /run/x.sock`, or the whole text when no addresses precede it.
fn unix_name(name: &[u8]) -> Option<&[u8]> {
    let is_address = |text: &[u8]| !text.is_empty() && text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'x');
    let arrow = memchr::memmem::find(name, b"->").filter(|&at| is_address(&name[..at]));
    let Some(rest) = arrow.map(|at| &name[at + 2..]) else { return Some(name) };
    let end = memchr::memchr(b' ', rest)?;
    Some(&rest[end + 1..]).filter(|name| !name.is_empty())
}

type End<'a> = (Option<Text<'a>>, Option<u32>);

/// The client and server of `10.0.0.1:4000->10.0.0.2:443`.
fn ends(tuple: &[u8]) -> Option<(End<'_>, End<'_>)> {
    let arrow = memchr::memmem::find(tuple, b"->")?;
    let end = |text| {
        let colon = memchr::memrchr(b':', text)?;
        let (address, port): (&[u8], _) = text.split_at(colon);
        Some((Some(address), Some(parse(port.get(1..)?)?)))
    };
    Some((end(&tuple[..arrow])?, end(&tuple[arrow + 2..])?))
}

fn opened<'a>(alert: &Alert<'_, 'a>, call: &[u8]) -> Result<Kind<'a>, Refusal> {
    // Other descriptors are not files. Falco does not state whether a file is a FIFO.
    if alert.text(const { at(b"output_fields.fd.type") }).is_some_and(|kind| kind != b"file") {
        return Err(Skip::NotOfInterest.into());
    }
    let writes = call == b"creat" || alert.text(const { at(b"output_fields.evt.is_open_write") }) == Some(b"true");
    let operation = if writes { FileOperation::Write } else { FileOperation::Open };
    file(alert.text(const { at(b"output_fields.fd.name") }), operation)
}

fn ptrace<'a>(alert: &Alert<'_, 'a>) -> Result<Kind<'a>, Refusal> {
    let pid = alert.text(const { at(b"output_fields.evt.arg.pid") }).and_then(parse);
    let target = ProcessRef { pid: Some(pid.ok_or(Skip::Incomplete)?), ..ProcessRef::default() };
    let access = |method| {
        Kind::ProcessAccess(ProcessAccess { target, access: Access { method, mask: 0 }, ..ProcessAccess::default() })
    };
    let request = alert.text(const { at(b"output_fields.evt.arg.request") }).ok_or(Skip::Incomplete)?;
    match request {
        b"PTRACE_ATTACH" | b"PTRACE_SEIZE" => Ok(access(AccessMethod::PtraceAttach)),
        b"PTRACE_POKETEXT" | b"PTRACE_POKEDATA" => {
            Ok(Kind::MemoryWrite(MemoryWrite { target, ..MemoryWrite::default() }))
        }
        b"PTRACE_POKEUSR" | b"PTRACE_SETREGS" | b"PTRACE_SETFPREGS" | b"PTRACE_SETREGSET" => {
            Ok(access(AccessMethod::PtraceControl))
        }
        _ => Err(Skip::NotOfInterest.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ends, unix_name};

    #[test]
    fn descriptors_are_recognized_by_their_names() {
        assert_eq!(unix_name(b"ffff8dc4->ffff8dc5 /run/a b.sock"), Some(&b"/run/a b.sock"[..]));
        assert_eq!(unix_name(b"0->ffff8dc5 "), None);
        assert_eq!(unix_name(b"0->ffff8dc5"), None);
        assert_eq!(unix_name(b"/run/x->y.sock"), Some(&b"/run/x->y.sock"[..]));
        let (client, server) = ends(b"::1:4000->::1:443").unwrap();
        assert_eq!((client, server), ((Some(&b"::1"[..]), Some(4000)), (Some(&b"::1"[..]), Some(443))));
        assert_eq!(ends(b"10.0.0.1:4000"), None);
    }
}
