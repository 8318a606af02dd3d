//! Linux audit events, as auditd and as laurel write them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use serde_json::{Map, Value};

use super::refusal::WhyNot;
use super::text::{base, hex, string, unix};
use crate::event::{
    AccessMethod, Direction, Endpoint, EndpointAct, Event, FileOperation, Kind, Mechanism, ProcessRef, SensorChange,
    StartMethod, Text,
};

/// A field's value, which the two formats write differently.
pub(super) enum AuditField {
    /// A number in decimal, or -1 as an unset id.
    Decimal(i64),
    /// A number in hex.
    Hex(u64),
    /// A file mode.
    Octal(u32),
    /// A word that the kernel chose.
    Word(&'static str),
    /// Text that a process chose.
    Text(Vec<u8>),
    /// Raw bytes.
    Raw(Vec<u8>),
}

pub(super) type Fields = Vec<(String, AuditField)>;

/// One record of an event.
pub(super) struct Record {
    pub(super) kind: &'static str,
    pub(super) fields: Fields,
}

/// The system call of an event and what goes with it.
struct Call {
    number: u32,
    args: [u64; 4],
    exit: i64,
    companions: Vec<Record>,
}

const AT_FDCWD: u64 = 0xffff_ff9c;
/// O_NOFOLLOW and O_CLOEXEC, which `shm_open` adds.
const SHM_OPEN: u64 = 0xa_0000;
const SOCKET: u32 = 0o140_755;
const FIFO: u32 = 0o010_644;
const REGULAR: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const QUEUE: u32 = 0o100_622;

/// The lines of one event in audit.log.
pub(super) fn auditd(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    for record in records(event)? {
        let head = format!("type={} msg=audit({}):", record.kind, stamp(event, step));
        out.extend_from_slice(head.as_bytes());
        for (key, field) in &record.fields {
            let value = match field {
                AuditField::Decimal(n) => n.to_string(),
                AuditField::Hex(n) => format!("{n:x}"),
                AuditField::Octal(n) => format!("0{n:o}"),
                AuditField::Word(word) => (*word).into(),
                AuditField::Text(text) => untrusted(text),
                AuditField::Raw(bytes) => hex(bytes),
            };
            out.extend_from_slice(format!(" {key}={value}").as_bytes());
        }
        out.push(b'\n');
    }
    Ok(())
}

/// The line of one event in laurel's log.
pub(super) fn laurel(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let mut members =
        Vec::from([format!("\"ID\":\"{}\",\"NODE\":{}", stamp(event, step), Value::String(string(event.host)))]);
    let records = records(event)?;
    let standalone = ["DAEMON_START", "DAEMON_END", "DAEMON_CONFIG", "DAEMON_ERR"];
    for kind in ["SYSCALL", "EXECVE", "CWD", "SOCKADDR", "PATH", "OBJ_PID"].into_iter().chain(standalone) {
        let mut of_kind: Vec<Value> = records.iter().filter(|r| r.kind == kind).map(laurel_record).collect();
        // Records that may come several times are lists even when they come once.
        let value = match (of_kind.is_empty(), kind) {
            (true, _) => continue,
            (_, "SOCKADDR" | "PATH" | "OBJ_PID") => Value::Array(of_kind),
            _ => of_kind.remove(0),
        };
        members.push(format!("\"{kind}\":{value}"));
    }
    out.extend_from_slice(format!("{{{}}}\n", members.join(",")).as_bytes());
    Ok(())
}

fn laurel_record(record: &Record) -> Value {
    let mut object = Map::new();
    let mut vector = Vec::new();
    for (key, field) in &record.fields {
        let value = match field {
            AuditField::Decimal(n) => Value::from(*n),
            AuditField::Hex(n) => format!("{n:#x}").into(),
            AuditField::Octal(n) => format!("0o{n:o}").into(),
            AuditField::Word(word) => (*word).into(),
            AuditField::Text(text) => percent(text).into(),
            AuditField::Raw(bytes) => percent(bytes).into(),
        };
        // Argument registers and vectors are lists.
        let is_argument = key.strip_prefix('a').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if is_argument && matches!(record.kind, "SYSCALL" | "EXECVE") {
            vector.push(value);
        } else {
            object.insert(key.clone(), value);
        }
    }
    if !vector.is_empty() {
        object.insert("ARGV".into(), Value::Array(vector));
    }
    Value::Object(object)
}

/// `SECONDS.MILLIS:SERIAL`.
fn stamp(event: &Event<'_>, step: usize) -> String {
    let (seconds, millis) = unix(event.time);
    format!("{seconds}.{millis:03}:{}", serial(step))
}

/// The serial number of an event.
pub(super) fn serial(step: usize) -> usize {
    step + 4000
}

/// In quotes where that is safe, in hex where not.
fn untrusted(text: &[u8]) -> String {
    let safe = text.iter().all(|&b| b > b' ' && b < 0x7f && b != b'"');
    if safe { format!("\"{}\"", string(text)) } else { hex(text) }
}

fn percent(text: &[u8]) -> String {
    let plain = |b: u8| (b' '..0x7f).contains(&b) && !matches!(b, b'%' | b'+');
    text.iter().map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02x}") }).collect()
}

pub(super) fn records(event: &Event<'_>) -> Result<Vec<Record>, WhyNot> {
    if let Kind::SensorState(state) = &event.kind {
        return Ok(Vec::from([standalone(event, state.change)]));
    }
    let call = call(event)?;
    let actor = &event.actor;
    let mut fields = Fields::new();
    let mut put = |key: &str, field| fields.push((key.into(), field));
    put("arch", AuditField::Hex(0xc000_003e));
    put("syscall", AuditField::Decimal(call.number.into()));
    put("success", AuditField::Word("yes"));
    put("exit", AuditField::Decimal(call.exit));
    for (key, arg) in ["a0", "a1", "a2", "a3"].into_iter().zip(call.args) {
        put(key, AuditField::Hex(arg));
    }
    put("items", AuditField::Decimal(call.companions.iter().filter(|r| r.kind == "PATH").count() as i64));
    put("ppid", AuditField::Decimal(event.parent.pid.map_or(1, i64::from)));
    put("pid", AuditField::Decimal(actor.pid.ok_or(WhyNot::Lacks("a pid"))?.into()));
    put("auid", unset(actor.auid.map(u64::from)));
    for key in ["uid", "euid"] {
        put(key, AuditField::Decimal(actor.uid.map_or(0, i64::from)));
    }
    match actor.terminal {
        Some(terminal) => put("tty", AuditField::Text(terminal.to_vec())),
        None => put("tty", AuditField::Word("(none)")),
    }
    put("ses", unset(actor.session));
    let image = actor.image.ok_or(WhyNot::Lacks("an image"))?;
    let comm = base(image);
    put("comm", AuditField::Text(comm[..comm.len().min(15)].to_vec()));
    put("exe", AuditField::Text(image.to_vec()));
    put("key", AuditField::Text(b"ipc".to_vec()));
    let mut records = Vec::from([Record { kind: "SYSCALL", fields }]);
    records.extend(call.companions);
    Ok(records)
}

/// Records of the audit daemon about its own state.
fn standalone(event: &Event<'_>, change: SensorChange) -> Record {
    let kind = match change {
        SensorChange::Started => "DAEMON_START",
        SensorChange::Stopped => "DAEMON_END",
        SensorChange::Reconfigured => "DAEMON_CONFIG",
        SensorChange::Lost => "DAEMON_ERR",
    };
    let fields = [
        ("op", AuditField::Word("state")),
        ("auid", unset(event.actor.auid.map(u64::from))),
        ("uid", AuditField::Decimal(event.actor.uid.map_or(0, i64::from))),
        ("ses", unset(event.actor.session)),
        ("pid", AuditField::Decimal(event.actor.pid.map_or(1, i64::from))),
        ("res", AuditField::Word("success")),
    ];
    Record { kind, fields: fields.into_iter().map(|(k, v)| (k.into(), v)).collect() }
}

fn unset(id: Option<u64>) -> AuditField {
    AuditField::Decimal(id.map_or(i64::from(u32::MAX), |n| n as i64))
}

fn call(event: &Event<'_>) -> Result<Call, WhyNot> {
    let call = |number, args, exit, companions| Ok(Call { number, args, exit, companions });
    match &event.kind {
        Kind::ProcessStart(k) if k.method != StartMethod::Fork => {
            call(59, [0x55d0, 0x55e0, 0x55f0, 8], 0, exec(&event.actor)?)
        }
        Kind::ProcessEnd(_) => call(231, [0; 4], 0, Vec::new()),
        Kind::EndpointCreate(k) => create(event, k),
        Kind::EndpointConnect(k) => connect(event, k),
        Kind::EndpointRemove(k) => {
            let mode = if k.endpoint.mechanism == Mechanism::Fifo { FIFO } else { SOCKET };
            let name = named(&k.endpoint)?;
            call(87, [0x7ffc, 0, 0, 0], 0, on_path(event, name, mode, "DELETE", k.endpoint.owner_uid))
        }
        Kind::FdDup(k) => {
            let (from, to) = (k.from.unwrap_or_default() as u32, k.to.unwrap_or_default() as u32);
            call(33, [from.into(), to.into(), 0, 0], to.into(), Vec::new())
        }
        Kind::ProcessAccess(k) => {
            let target = k.target.pid.ok_or(WhyNot::Lacks("a target"))?.into();
            match k.access.method {
                AccessMethod::PtraceAttach => call(101, [0x10, target, 0, 0], 0, object(&k.target)),
                AccessMethod::PtraceControl => call(101, [0xd, target, 0, 0x7ffd], 0, object(&k.target)),
                AccessMethod::TraceMe => call(101, [0, 0, 0, 0], 0, Vec::new()),
                AccessMethod::TaskRead => call(310, [target, 0x7ffd, 1, 0x7ffe], 64, Vec::new()),
                _ => Err(WhyNot::NoSuchVariant),
            }
        }
        Kind::MemoryWrite(k) => {
            let target = k.target.pid.ok_or(WhyNot::Lacks("a target"))?.into();
            call(311, [target, 0x7ffd, 1, 0x7ffe], 64, Vec::new())
        }
        Kind::NetworkConnect(k) => {
            let address = inet(k.remote_address, k.remote_port).ok_or(WhyNot::Lacks("an address"))?;
            let number = if k.direction == Direction::Inbound { 288 } else { 42 };
            call(number, [5, 0x7ffd, 16, 0], 0, Vec::from([raw_address(address)]))
        }
        Kind::FileAccess(k) => file(event, k.path, k.operation),
        _ => Err(WhyNot::NoSuchRecord),
    }
}

fn create(event: &Event<'_>, act: &EndpointAct<'_>) -> Result<Call, WhyNot> {
    let endpoint = &act.endpoint;
    let owner = endpoint.owner_uid.or(event.actor.uid);
    let call = |number, args, exit, companions| Ok(Call { number, args, exit, companions });
    match endpoint.mechanism {
        Mechanism::UnixPath => call(49, [3, 0x7ffd, 110, 0], 0, socket(event, named(endpoint)?, "CREATE", owner)),
        Mechanism::UnixAbstract => {
            let address = abstract_address(named(endpoint)?);
            call(49, [3, 0x7ffd, address.len() as u64, 0], 0, Vec::from([raw_address(address)]))
        }
        Mechanism::UnixUnnamed => call(53, [1, 1, 0, 0x7ffd], 0, Vec::new()),
        Mechanism::Fifo => {
            let companions = on_path(event, named(endpoint)?, FIFO, "CREATE", owner);
            call(259, [AT_FDCWD, 0x55d0, 0x11b6, 0], 0, companions)
        }
        Mechanism::PosixQueue => {
            call(240, [0x55d0, 0x42, 0o622, 0], 3, queue(event, named(endpoint)?, "CREATE", owner))
        }
        Mechanism::SysvQueue => call(68, [key(endpoint)?, 0o1622, 0, 0], 1, Vec::new()),
        Mechanism::SharedMemory if is_posix(endpoint) => {
            call(257, [AT_FDCWD, 0x55d0, SHM_OPEN | 0x42, 0o666], 3, shared_file(event, endpoint, "CREATE", owner)?)
        }
        Mechanism::SharedMemory => call(29, [key(endpoint)?, 0x1000, 0o1622, 0], 1, Vec::new()),
        _ => Err(WhyNot::NoSuchVariant),
    }
}

fn connect(event: &Event<'_>, act: &EndpointAct<'_>) -> Result<Call, WhyNot> {
    let endpoint = &act.endpoint;
    let owner = endpoint.owner_uid.or(event.actor.uid);
    let call = |number, args, exit, companions| Ok(Call { number, args, exit, companions });
    match endpoint.mechanism {
        Mechanism::UnixPath => call(42, [3, 0x7ffd, 110, 0], 0, socket(event, named(endpoint)?, "NORMAL", owner)),
        Mechanism::UnixAbstract => {
            let address = abstract_address(named(endpoint)?);
            call(42, [3, 0x7ffd, address.len() as u64, 0], 0, Vec::from([raw_address(address)]))
        }
        Mechanism::UnixUnnamed if act.accepted => {
            call(288, [3, 0, 0, 0], 4, Vec::from([raw_address(Vec::from([1, 0]))]))
        }
        Mechanism::Fifo => {
            let flags = if act.writes == Some(true) { 0x241 } else { 0 };
            call(257, [AT_FDCWD, 0x55d0, flags, 0], 3, on_path(event, named(endpoint)?, FIFO, "NORMAL", owner))
        }
        Mechanism::PosixQueue => {
            let flags = if act.writes == Some(true) { 1 } else { 0 };
            call(240, [0x55d0, flags, 0, 0], 3, queue(event, named(endpoint)?, "NORMAL", owner))
        }
        Mechanism::SysvQueue => call(68, [key(endpoint)?, 0o622, 0, 0], 1, Vec::new()),
        Mechanism::SharedMemory if is_posix(endpoint) => {
            let flags = if act.writes == Some(true) { SHM_OPEN | 2 } else { SHM_OPEN };
            call(257, [AT_FDCWD, 0x55d0, flags, 0], 3, shared_file(event, endpoint, "NORMAL", owner)?)
        }
        Mechanism::SharedMemory => call(29, [key(endpoint)?, 0x1000, 0o622, 0], 1, Vec::new()),
        _ => Err(WhyNot::NoSuchVariant),
    }
}

fn file(event: &Event<'_>, path: Option<Text<'_>>, operation: FileOperation) -> Result<Call, WhyNot> {
    let call = |number, args, exit, companions| Ok(Call { number, args, exit, companions });
    if operation == FileOperation::CreateInMemory {
        return call(319, [0x55d0, 1, 0, 0], 3, Vec::new());
    }
    let path = path.ok_or(WhyNot::Lacks("a path"))?;
    let on = |name_type| on_path(event, path, REGULAR, name_type, event.actor.uid);
    match operation {
        FileOperation::Create => call(257, [AT_FDCWD, 0x55d0, 0x241, 0o644], 3, on("CREATE")),
        FileOperation::Write => call(257, [AT_FDCWD, 0x55d0, 1, 0], 3, on("NORMAL")),
        FileOperation::Delete => call(87, [0x55d0, 0, 0, 0], 0, on("DELETE")),
        _ => call(257, [AT_FDCWD, 0x55d0, 0, 0], 3, on("NORMAL")),
    }
}

/// EXECVE, CWD and PATH. A command line is split into words as far as the argument count allows.
fn exec(actor: &ProcessRef<'_>) -> Result<Vec<Record>, WhyNot> {
    let line = actor.command_line.ok_or(WhyNot::Lacks("a command line"))?;
    let count = actor.argument_count.map_or(usize::MAX, |n| n as usize);
    let words: Vec<&[u8]> = line.splitn(count, |&b| b == b' ').collect();
    let mut fields = Vec::from([("argc".to_string(), AuditField::Decimal(words.len() as i64))]);
    fields.extend(words.iter().enumerate().map(|(i, word)| (format!("a{i}"), AuditField::Text(word.to_vec()))));
    let image = actor.image.ok_or(WhyNot::Lacks("an image"))?;
    Ok(Vec::from([Record { kind: "EXECVE", fields }, folder(actor), path(image, PROGRAM, "NORMAL", Some(0))]))
}

/// SOCKADDR with its whole 110 bytes, CWD and PATH.
fn socket(event: &Event<'_>, name: Text<'_>, name_type: &'static str, owner: Option<u32>) -> Vec<Record> {
    let mut address = Vec::from([1, 0]);
    address.extend_from_slice(name);
    address.resize(address.len().max(109) + 1, 0);
    let mut records = Vec::from([raw_address(address)]);
    records.extend(on_path(event, name, SOCKET, name_type, owner));
    records
}

fn on_path(event: &Event<'_>, name: Text<'_>, mode: u32, name_type: &'static str, owner: Option<u32>) -> Vec<Record> {
    Vec::from([folder(&event.actor), path(name, mode, name_type, owner)])
}

/// The kernel logs a queue's name without its slash.
fn queue(event: &Event<'_>, name: Text<'_>, name_type: &'static str, owner: Option<u32>) -> Vec<Record> {
    on_path(event, name.strip_prefix(b"/").unwrap_or(name), QUEUE, name_type, owner)
}

/// Named as `shm_open` names it, not by a key.
fn is_posix(endpoint: &Endpoint<'_>) -> bool {
    endpoint.name.is_some_and(|name| name.starts_with(b"/"))
}

/// POSIX shared memory is a file.
fn shared_file(
    event: &Event<'_>,
    endpoint: &Endpoint<'_>,
    name_type: &'static str,
    owner: Option<u32>,
) -> Result<Vec<Record>, WhyNot> {
    let file = [b"/dev/shm", named(endpoint)?].concat();
    Ok(Vec::from([folder(&event.actor), path(&file, REGULAR, name_type, owner)]))
}

fn folder(actor: &ProcessRef<'_>) -> Record {
    let cwd = actor.working_folder.unwrap_or(b"/").to_vec();
    Record { kind: "CWD", fields: Vec::from([("cwd".into(), AuditField::Text(cwd))]) }
}

fn path(name: Text<'_>, mode: u32, name_type: &'static str, owner: Option<u32>) -> Record {
    // The same object has the same number in every record.
    let inode = name.iter().fold(1000_i64, |n, &b| (n * 31 + i64::from(b)) % 9_000_000);
    let fields = [
        ("item", AuditField::Decimal(0)),
        ("name", AuditField::Text(name.to_vec())),
        ("inode", AuditField::Decimal(inode)),
        ("dev", AuditField::Word("fd:01")),
        ("mode", AuditField::Octal(mode)),
        ("ouid", AuditField::Decimal(owner.map_or(0, i64::from))),
        ("nametype", AuditField::Word(name_type)),
    ];
    Record { kind: "PATH", fields: fields.into_iter().map(|(k, v)| (k.into(), v)).collect() }
}

fn object(target: &ProcessRef<'_>) -> Vec<Record> {
    let fields = [
        ("opid", AuditField::Decimal(target.pid.map_or(0, i64::from))),
        ("oauid", unset(target.auid.map(u64::from))),
        ("ouid", AuditField::Decimal(target.uid.map_or(0, i64::from))),
        ("oses", unset(target.session)),
    ];
    Vec::from([Record { kind: "OBJ_PID", fields: fields.into_iter().map(|(k, v)| (k.into(), v)).collect() }])
}

fn raw_address(address: Vec<u8>) -> Record {
    Record { kind: "SOCKADDR", fields: Vec::from([("saddr".into(), AuditField::Raw(address))]) }
}

fn abstract_address(name: Text<'_>) -> Vec<u8> {
    let mut address = Vec::from([1, 0, 0]);
    address.extend_from_slice(name);
    address
}

fn inet(address: Option<Text<'_>>, port: Option<u32>) -> Option<Vec<u8>> {
    let ip: IpAddr = core::str::from_utf8(address?).ok()?.parse().ok()?;
    let port = u16::try_from(port?).ok()?.to_be_bytes();
    Some(match ip {
        IpAddr::V4(ip) => [&[2, 0][..], &port, &ip.octets(), &[0; 8]].concat(),
        IpAddr::V6(ip) => [&[10, 0][..], &port, &[0; 4], &ip.octets(), &[0; 4]].concat(),
    })
}

fn named<'a>(endpoint: &Endpoint<'a>) -> Result<Text<'a>, WhyNot> {
    endpoint.name.ok_or(WhyNot::Lacks("a name"))
}

/// The key of a System V object: its name is the key in hex.
fn key(endpoint: &Endpoint<'_>) -> Result<u64, WhyNot> {
    let text = named(endpoint)?;
    let digits = text.strip_prefix(b"0x").and_then(|t| core::str::from_utf8(t).ok());
    digits.and_then(|d| u64::from_str_radix(d, 16).ok()).ok_or(WhyNot::Lacks("a key"))
}
