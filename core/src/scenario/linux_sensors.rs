//! Linux events as the sensors beside audit write them: tetragon, kunai, Falco, osquery, Sysmon.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::refusal::WhyNot;
use super::text::{base, json as text, line, object, string, time, unix};
use crate::event::{
    AccessMethod, Direction, Endpoint, Event, FileOperation, Kind, Mechanism, NetworkConnect, ProcessRef, SensorChange,
    StartMethod, Text,
};

/// One message of tetragon, with a policy that hooks the sockets' calls.
pub(super) fn tetragon(event: &Event<'_>, _step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let process = |p: &ProcessRef<'_>, arguments| {
        object([
            ("pid", p.pid.into()),
            ("uid", p.uid.into()),
            ("auid", p.auid.unwrap_or(u32::MAX).into()),
            ("cwd", text(p.working_folder)),
            ("binary", text(p.image)),
            ("arguments", arguments),
            ("flags", "execve clone".into()),
        ])
    };
    let plain = process(&event.actor, Value::Null);
    let parent = event.parent.pid.map_or(Value::Null, |_| process(&event.parent, Value::Null));
    let hooked = |function: &str, argument: Value| {
        Ok((
            "process_kprobe",
            json!({"process": plain, "parent": parent, "function_name": function, "args": [argument]}),
        ))
    };
    let (kind, message) = match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => {
            let arguments = after_first(event.actor.command_line.ok_or(WhyNot::Lacks("a command line"))?);
            ("process_exec", json!({"process": process(&event.actor, arguments.into()), "parent": parent}))
        }
        Kind::ProcessEnd(k) => ("process_exit", json!({"process": plain, "parent": parent, "status": k.exit_code})),
        Kind::EndpointCreate(k) => hooked("security_socket_bind", unix_address(&k.endpoint)?)?,
        Kind::EndpointConnect(k) if !k.accepted => hooked("security_socket_connect", unix_address(&k.endpoint)?)?,
        Kind::NetworkConnect(k) if k.direction == Direction::Outbound => {
            let (address, port) = remote(k)?;
            let address = json!({"sockaddr_arg": {"family": "AF_INET", "addr": address, "port": port}});
            hooked("security_socket_connect", address)?
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    let time = time(event.time, 'T', 9, "Z");
    line([(kind, message), ("node_name", string(event.host).into()), ("time", time.into())], out);
    Ok(())
}

/// Tetragon's name for the program stands before its arguments, which have no first one.
fn after_first(command_line: Text<'_>) -> String {
    let space = command_line.iter().position(|&b| b == b' ');
    space.map_or_else(String::new, |at| string(&command_line[at + 1..]))
}

fn unix_address(endpoint: &Endpoint<'_>) -> Result<Value, WhyNot> {
    let name = match endpoint.mechanism {
        Mechanism::UnixPath => string(named(endpoint)?),
        Mechanism::UnixAbstract => format!("@{}", string(named(endpoint)?)),
        _ => return Err(WhyNot::NoSuchVariant),
    };
    Ok(json!({"sockaddrun_arg": {"family": "AF_UNIX", "path": name}}))
}

/// One event of kunai.
pub(super) fn kunai(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let actor = &event.actor;
    let common = [("command_line", text(actor.command_line)), ("exe", json!({"path": text(actor.image)}))];
    let record = |name: &'static str, own: Vec<(&'static str, Value)>| Ok((name, own));
    let (name, own) = match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => {
            record("execve", Vec::from([("parent_exe", text(event.parent.image))]))
        }
        Kind::ProcessEnd(k) => record("exit_group", Vec::from([("error_code", k.exit_code.into())])),
        Kind::ProcessAccess(k) if k.access.method == AccessMethod::PtraceAttach => {
            let target = json!({"exe": {"path": text(k.target.image)}, "task": task(&k.target)});
            record("ptrace", Vec::from([("mode", "0xa".into()), ("target", target)]))
        }
        Kind::NetworkConnect(k) if k.direction == Direction::Outbound => {
            let (address, port) = remote(k)?;
            record("connect", Vec::from([("dst", json!({"ip": address, "port": port}))]))
        }
        Kind::ImageLoad(k) => record("mmap_exec", Vec::from([("mapped", json!({"path": text(k.image)}))])),
        Kind::FileAccess(k) => {
            let name = match k.operation {
                FileOperation::Create => "file_create",
                FileOperation::Write => "write_close",
                FileOperation::Delete => "file_unlink",
                FileOperation::Open => "read_config",
                _ => return Err(WhyNot::NoSuchVariant),
            };
            record(name, Vec::from([("path", text(Some(k.path.ok_or(WhyNot::Lacks("a path"))?)))]))
        }
        Kind::SensorState(k) if k.change == SensorChange::Started => record("start", Vec::new()),
        Kind::SensorState(k) if k.change == SensorChange::Lost => record("event_loss", Vec::new()),
        _ => Err(WhyNot::NoSuchRecord),
    }?;
    let info = object([
        ("host", json!({"name": string(event.host)})),
        ("event", json!({"source": "kunai", "name": name, "batch": step})),
        ("task", task(actor)),
        ("parent_task", task(&event.parent)),
        ("utc_time", time(event.time, 'T', 9, "Z").into()),
    ]);
    line([("data", object(common.into_iter().chain(own))), ("info", info)], out);
    Ok(())
}

fn task(process: &ProcessRef<'_>) -> Value {
    let name = process.image.map_or_else(String::new, |image| string(base(image)));
    object([
        ("name", name.into()),
        ("pid", process.pid.into()),
        ("tgid", process.pid.into()),
        ("uid", process.uid.into()),
    ])
}

/// One alert of Falco, by rules that print what is needed.
pub(super) fn falco(event: &Event<'_>, _step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let actor = &event.actor;
    let record = |call: &'static str, own: Vec<(&'static str, Value)>| Ok((call, own));
    let traced = |target: &ProcessRef<'_>, request: &str| {
        let target = target.pid.ok_or(WhyNot::Lacks("a target"))?;
        record("ptrace", Vec::from([("evt.arg.pid", target.into()), ("evt.arg.request", request.into())]))
    };
    let (call, own) = match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => record("execve", Vec::new()),
        Kind::EndpointCreate(k) => record("bind", unix_descriptor(&k.endpoint, "")?),
        Kind::EndpointConnect(k) if !k.accepted => {
            record("connect", unix_descriptor(&k.endpoint, "ffff8d00->ffff8d01 ")?)
        }
        Kind::NetworkConnect(k) => {
            let (address, port) = remote(k)?;
            let kind = if address.contains(':') { "ipv6" } else { "ipv4" };
            let (call, name) = match k.direction {
                Direction::Inbound => ("accept4", format!("{address}:{port}->192.0.2.1:1")),
                _ => ("connect", format!("192.0.2.1:1->{address}:{port}")),
            };
            record(call, Vec::from([("fd.type", kind.into()), ("fd.name", name.into())]))
        }
        Kind::FileAccess(k) => {
            let path = Value::String(string(k.path.ok_or(WhyNot::Lacks("a path"))?));
            let writes = match k.operation {
                FileOperation::Delete => {
                    return falco_line(event, "unlinkat", Vec::from([("fs.path.name", path)]), out);
                }
                FileOperation::Write => true,
                FileOperation::Open => false,
                _ => return Err(WhyNot::NoSuchVariant),
            };
            let own = [("fd.type", "file".into()), ("fd.name", path), ("evt.is_open_write", writes.into())];
            record("openat", own.into())
        }
        Kind::ProcessAccess(k) if k.access.method == AccessMethod::PtraceAttach => traced(&k.target, "PTRACE_ATTACH"),
        Kind::ProcessAccess(k) if k.access.method == AccessMethod::PtraceControl => traced(&k.target, "PTRACE_SETREGS"),
        Kind::MemoryWrite(k) if actor.pid != k.target.pid => traced(&k.target, "PTRACE_POKETEXT"),
        _ => Err(WhyNot::NoSuchRecord),
    }?;
    falco_line(event, call, own, out)
}

fn falco_line(event: &Event<'_>, call: &str, own: Vec<(&'static str, Value)>, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let actor = &event.actor;
    let fields = [
        ("evt.time", event.time.nanos().into()),
        ("evt.type", call.into()),
        ("proc.pid", actor.pid.into()),
        ("proc.ppid", event.parent.pid.into()),
        ("proc.exepath", text(actor.image)),
        ("proc.cmdline", text(actor.command_line)),
        ("proc.cwd", text(actor.working_folder)),
        ("proc.pexepath", text(event.parent.image)),
        ("proc.tty", text(actor.terminal)),
        ("user.uid", actor.uid.into()),
        ("user.loginuid", actor.auid.map_or(-1, i64::from).into()),
    ];
    let members = [
        ("hostname", string(event.host).into()),
        ("output_fields", object(fields.into_iter().chain(own))),
        ("priority", "Notice".into()),
        ("rule", "R".into()),
        ("source", "syscall".into()),
        ("time", time(event.time, 'T', 9, "Z").into()),
    ];
    line(members, out);
    Ok(())
}

fn unix_descriptor(endpoint: &Endpoint<'_>, before: &str) -> Result<Vec<(&'static str, Value)>, WhyNot> {
    let name = match endpoint.mechanism {
        Mechanism::UnixPath => string(named(endpoint)?),
        Mechanism::UnixAbstract => format!("@{}", string(named(endpoint)?)),
        _ => return Err(WhyNot::NoSuchVariant),
    };
    Ok(Vec::from([("fd.type", "unix".into()), ("fd.name", format!("{before}{name}").into())]))
}

/// One row of osquery's `process_events` or `socket_events`.
pub(super) fn osquery(event: &Event<'_>, _step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let actor = &event.actor;
    let column = |value: Option<u32>| value.map_or(Value::Null, |n| n.to_string().into());
    let socket = |action: &str, family: &str, own: [(&'static str, Value); 2]| {
        let fixed = [("action", action.into()), ("status", "succeeded".into()), ("family", family.into())];
        Ok(fixed.into_iter().chain(own).collect::<Vec<_>>())
    };
    let at_path = |endpoint: &Endpoint<'_>, action| match endpoint.mechanism {
        Mechanism::UnixPath => {
            socket(action, "1", [("socket", string(named(endpoint)?).into()), ("remote_port", "0".into())])
        }
        _ => Err(WhyNot::NoSuchVariant),
    };
    let own = match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => Vec::from([
            ("syscall", "execve".into()),
            ("cmdline", text(actor.command_line)),
            ("cwd", text(actor.working_folder)),
            ("parent", column(event.parent.pid)),
            ("uid", column(actor.uid)),
            ("euid", column(actor.uid)),
        ]),
        Kind::EndpointCreate(k) => at_path(&k.endpoint, "bind")?,
        Kind::EndpointConnect(k) if !k.accepted => at_path(&k.endpoint, "connect")?,
        Kind::NetworkConnect(k) if k.direction == Direction::Outbound => {
            let (address, port) = remote(k)?;
            socket("connect", "2", [("remote_address", address.into()), ("remote_port", port.to_string().into())])?
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    let (seconds, _) = unix(event.time);
    let fixed = [
        ("time", seconds.to_string().into()),
        ("pid", column(actor.pid)),
        ("path", text(actor.image)),
        ("auid", actor.auid.unwrap_or(u32::MAX).to_string().into()),
    ];
    let members = [
        ("name", "events".into()),
        ("hostIdentifier", string(event.host).into()),
        ("unixTime", seconds.into()),
        ("columns", object(fixed.into_iter().chain(own))),
        ("action", "added".into()),
    ];
    line(members, out);
    Ok(())
}

/// One line of Sysmon for Linux in syslog.
pub(super) fn sysmon(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let (actor, parent) = (&event.actor, &event.parent);
    let number = |n: Option<u32>| n.map_or_else(|| "-".into(), |n: u32| n.to_string());
    let word = |text: Option<Text<'_>>| text.map_or_else(|| "-".into(), string);
    let by = |own: Vec<(&'static str, String)>| {
        let who = [("ProcessId", number(actor.pid)), ("Image", word(actor.image)), ("User", word(actor.user))];
        who.into_iter().chain(own).collect::<Vec<_>>()
    };
    let (id, data) = match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => {
            let own = [
                ("CommandLine", word(actor.command_line)),
                ("CurrentDirectory", word(actor.working_folder)),
                ("ParentProcessId", number(parent.pid)),
                ("ParentImage", word(parent.image)),
            ];
            (1, by(own.into()))
        }
        Kind::NetworkConnect(k) if k.direction != Direction::Unknown => {
            let (address, port) = remote(k)?;
            let outbound = k.direction == Direction::Outbound;
            let ends = if outbound { ["DestinationIp", "DestinationPort"] } else { ["SourceIp", "SourcePort"] };
            (3, by(Vec::from([("Initiated", outbound.to_string()), (ends[0], address), (ends[1], port.to_string())])))
        }
        Kind::ProcessEnd(_) => (5, by(Vec::new())),
        Kind::ProcessAccess(k) if k.access.method == AccessMethod::PtraceAttach => {
            let data = [
                ("SourceProcessId", number(actor.pid)),
                ("SourceImage", word(actor.image)),
                ("TargetProcessId", number(k.target.pid)),
                ("TargetImage", word(k.target.image)),
            ];
            (10, data.into())
        }
        Kind::FileAccess(k) if k.operation == FileOperation::Create => {
            (11, by(Vec::from([("TargetFilename", word(k.path))])))
        }
        Kind::FileAccess(k) if k.operation == FileOperation::Delete => {
            (23, by(Vec::from([("TargetFilename", word(k.path))])))
        }
        Kind::SensorState(k) if matches!(k.change, SensorChange::Started | SensorChange::Stopped) => {
            let state = if k.change == SensorChange::Started { "Started" } else { "Stopped" };
            (4, Vec::from([("State", state.into())]))
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    let data: String =
        data.iter().map(|(name, value)| format!("<Data Name=\"{name}\">{}</Data>", escaped(value))).collect();
    let host = string(event.host);
    let system = format!(
        "<Provider Name=\"Linux-Sysmon\" Guid=\"{{ff032593-a8d3-4f13-b0d6-01fc615a0f97}}\"/><EventID>{id}</EventID>\
         <TimeCreated SystemTime=\"{}\"/><EventRecordID>{step}</EventRecordID><Computer>{host}</Computer>",
        time(event.time, 'T', 9, "Z")
    );
    let event = format!("<Event><System>{system}</System><EventData>{data}</EventData></Event>");
    out.extend_from_slice(format!("Mar  1 10:00:00 {host} sysmon: {event}\n").as_bytes());
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn remote(connection: &NetworkConnect<'_>) -> Result<(String, u32), WhyNot> {
    let address = connection.remote_address.map(string).ok_or(WhyNot::Lacks("an address"))?;
    Ok((address, connection.remote_port.ok_or(WhyNot::Lacks("a port"))?))
}

fn named<'a>(endpoint: &Endpoint<'a>) -> Result<Text<'a>, WhyNot> {
    endpoint.name.ok_or(WhyNot::Lacks("a name"))
}
