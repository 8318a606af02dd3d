//! tetragon: `{"process_exec": {"process": {…}, "parent": {…}}, "node_name": …, "time": …}`, one event per line, in the
//! JSON form of its gRPC API (api/v1/tetragon, "GetEventsResponse").
//!
//! tetragon reports sockets if a tracing policy hooks `security_socket_bind` or `security_socket_connect` with the
//! address (`sockaddr_arg` for IP, `sockaddrun_arg` for AF_UNIX in newer releases). The hook runs before the call takes
//! effect, so the result is known only if the policy requests the return value. An `exec_id` changes with every exec,
//! so processes are identified by their pids.

use alloc::vec::Vec;

use super::sensor::{Line, Refusal, Schema, event, network, unix_socket};
use crate::decode::Skip;
use crate::decode::members::{assigned, position};
use crate::event::{
    Channel, Direction, Event, Kind, ProcessEnd, ProcessRef, ProcessSeen, ProcessStart, StartMethod, Text,
};

pub(super) static SCHEMA: Schema = Schema { envelopes: ENVELOPES, paths: PATHS, event: read };

const ENVELOPES: &[&[u8]] = &[
    b"process_exec",
    b"process_exit",
    b"process_kprobe",
    b"process_lsm",
    b"process_connect",
    b"process_accept",
    b"process_listen",
    b"process_close",
    b"process_tracepoint",
    b"process_uprobe",
    b"process_usdt",
    b"process_loader",
    b"process_throttle",
];

const PATHS: &[&[u8]] = &[
    b"time",
    b"node_name",
    b"process.pid",
    b"process.uid",
    b"process.auid",
    b"process.cwd",
    b"process.binary",
    b"process.arguments",
    b"process.flags",
    b"parent.pid",
    b"parent.uid",
    b"parent.auid",
    b"parent.binary",
    b"status",
    b"function_name",
    b"args.sockaddr_arg.family",
    b"args.sockaddr_arg.addr",
    b"args.sockaddr_arg.port",
    b"args.sockaddrun_arg.family",
    b"args.sockaddrun_arg.path",
    b"args.sock_arg.daddr",
    b"args.sock_arg.dport",
    b"args.sock_arg.saddr",
    b"args.sock_arg.sport",
    b"return.int_arg",
    b"source_ip",
    b"source_port",
    b"destination_ip",
    b"destination_port",
];

const fn at(path: &[u8]) -> usize {
    position(PATHS, path)
}

fn read<'a>(line: &Line<'a>, work: &'a mut Vec<u8>) -> Result<Event<'a>, Refusal> {
    let name = line.envelope.and_then(|at| ENVELOPES.get(at)).copied().ok_or(Skip::NotOfInterest)?;
    let mut actor =
        process(line, const { [at(b"process.pid"), at(b"process.uid"), at(b"process.auid"), at(b"process.binary")] });
    actor.working_folder = line.text(const { at(b"process.cwd") });
    let mut label = name;
    let kind = match name {
        b"process_exec" => {
            let kind = started(line.text(const { at(b"process.flags") }).unwrap_or_default());
            actor.command_line = command_line(line, work);
            kind
        }
        b"process_exit" => {
            let exit_code = line.number(const { at(b"status") });
            Kind::ProcessEnd(ProcessEnd { exit_code, ..ProcessEnd::default() })
        }
        b"process_kprobe" | b"process_lsm" => {
            label = line.text(const { at(b"function_name") }).ok_or(Skip::Incomplete)?;
            hooked(line, label, actor.working_folder, work)?
        }
        b"process_connect" => network(
            Direction::Outbound,
            (line.text(const { at(b"source_ip") }), line.number(const { at(b"source_port") })),
            (line.text(const { at(b"destination_ip") }), line.number(const { at(b"destination_port") })),
        ),
        _ => return Err(Skip::NotOfInterest.into()),
    };
    if actor.is_unknown() {
        return Err(Skip::Incomplete.into());
    }
    let mut event = event(line.time(const { at(b"time") }, "time")?, line.text(const { at(b"node_name") }));
    event.source.channel = Channel::Tetragon;
    event.source.name = Some(label);
    event.kind = kind;
    event.actor = actor;
    let parent =
        process(line, const { [at(b"parent.pid"), at(b"parent.uid"), at(b"parent.auid"), at(b"parent.binary")] });
    // After an exec without a fork, the parent may be the process's own previous image.
    if parent.pid != actor.pid {
        event.parent = parent;
    }
    Ok(event)
}

fn process<'a>(line: &Line<'a>, [pid, uid, auid, binary]: [usize; 4]) -> ProcessRef<'a> {
    ProcessRef {
        pid: line.process(pid),
        uid: line.number(uid),
        auid: assigned(line.number(auid)),
        image: line.text(binary),
        ..ProcessRef::default()
    }
}

/// Interprets the flags: a process that started before the sensor, a copy of its parent, or a new image.
fn started<'a>(flags: &[u8]) -> Kind<'a> {
    let has = |flag: &[u8]| flags.split(|&b| b == b' ').any(|f| f == flag);
    if has(b"procFS") {
        return Kind::ProcessSeen(ProcessSeen::default());
    }
    let method = if has(b"clone") && !has(b"execve") { StartMethod::Fork } else { StartMethod::Exec };
    Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() })
}

/// `arguments` lacks the first argument; the program takes its place.
fn command_line<'a>(line: &Line<'a>, work: &'a mut Vec<u8>) -> Option<Text<'a>> {
    let binary = line.text(const { at(b"process.binary") })?;
    let Some(arguments) = line.text(const { at(b"process.arguments") }) else { return Some(binary) };
    work.clear();
    work.extend_from_slice(binary);
    work.push(b' ');
    work.extend_from_slice(arguments);
    Some(work)
}

fn hooked<'a>(
    line: &Line<'a>,
    function: &[u8],
    folder: Option<Text<'a>>,
    work: &'a mut Vec<u8>,
) -> Result<Kind<'a>, Refusal> {
    const EINPROGRESS: i64 = -115;
    let binds = function.ends_with(b"socket_bind");
    if !binds && !function.ends_with(b"socket_connect") && function != b"tcp_connect" {
        return Err(Skip::NotOfInterest.into());
    }
    let failed = |code: i64| code < 0 && code != EINPROGRESS;
    if line.number(const { at(b"return.int_arg") }).is_some_and(failed) {
        return Err(Skip::Failed.into());
    }
    let number = |path| line.number(path).filter(|&port: &u32| port != 0);
    let local = (line.text(const { at(b"args.sock_arg.saddr") }), number(const { at(b"args.sock_arg.sport") }));
    if function == b"tcp_connect" {
        let remote = (line.text(const { at(b"args.sock_arg.daddr") }), number(const { at(b"args.sock_arg.dport") }));
        return Ok(network(Direction::Outbound, local, remote));
    }
    if line.text(const { at(b"args.sockaddrun_arg.family") }).is_some() {
        let act = unix_socket(line.text(const { at(b"args.sockaddrun_arg.path") }), folder, work);
        return Ok(if binds { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) });
    }
    match line.text(const { at(b"args.sockaddr_arg.family") }) {
        Some(b"AF_INET" | b"AF_INET6") if !binds => {
            let address = line.text(const { at(b"args.sockaddr_arg.addr") });
            // An address of the socket before it connects is not its local address.
            Ok(network(Direction::Outbound, (None, None), (address, number(const { at(b"args.sockaddr_arg.port") }))))
        }
        // Without the argument that holds the path, the socket is unknown.
        Some(b"AF_UNIX" | b"AF_LOCAL") | None => Err(Skip::Incomplete.into()),
        Some(_) => Err(Skip::NotOfInterest.into()),
    }
}
