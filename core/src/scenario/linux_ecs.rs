//! Linux audit events as auditbeat's auditd module writes them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::linux::{AuditField, Record, records, serial};
use super::refusal::WhyNot;
use super::text::{line, string, time};
use crate::event::Event;

/// The document of one event.
pub(super) fn auditbeat(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let mut document = Document::default();
    let records = records(event)?;
    for record in &records {
        document.take(record)?;
    }
    let kind = records.first().map_or_else(String::new, |record| record.kind.to_lowercase());
    let Document { data, process, mut user, paths, session, executed } = document;
    if user.get("effective") == user.get("id") {
        user.remove("effective");
    } else if let Some(id) = user.remove("effective") {
        user.insert("effective".into(), json!({"id": id}));
    }
    let auditd = json!({
        "message_type": kind,
        "session": session,
        "result": "success",
        "data": data,
        "paths": paths,
    });
    let members = [
        ("@timestamp", time(event.time, 'T', 3, "Z").into()),
        ("ecs", json!({"version": "8.0.0"})),
        ("event", json!({"module": "auditd", "outcome": "success", "sequence": serial(step), "kind": "event"})),
        ("host", json!({"name": string(event.host)})),
        ("auditd", auditd),
        ("process", with_arguments(process, executed)),
        ("user", Value::Object(user)),
    ];
    line(members, out);
    Ok(())
}

fn with_arguments(mut process: Map<String, Value>, arguments: Vec<Value>) -> Value {
    if !arguments.is_empty() {
        process.insert("args".into(), arguments.into());
    }
    Value::Object(process)
}

/// A document's parts.
#[derive(Default)]
struct Document {
    data: Map<String, Value>,
    process: Map<String, Value>,
    user: Map<String, Value>,
    paths: Vec<Value>,
    session: String,
    executed: Vec<Value>,
}

impl Document {
    fn take(&mut self, record: &Record) -> Result<(), WhyNot> {
        match record.kind {
            "SOCKADDR" => return self.address(record),
            "PATH" => {
                let members = record.fields.iter().map(|(key, field)| (key.clone(), word(field).into()));
                self.paths.push(Value::Object(members.collect()));
            }
            _ => record.fields.iter().for_each(|(key, field)| self.field(record.kind, key, field)),
        }
        Ok(())
    }

    fn field(&mut self, kind: &str, key: &str, field: &AuditField) {
        let value = word(field);
        match (kind, key) {
            ("EXECVE", "argc") => drop(self.data.insert(key.into(), value.into())),
            ("EXECVE", _) => self.executed.push(value.into()),
            ("CWD", _) => drop(self.process.insert("working_directory".into(), value.into())),
            (_, "arch") => drop(self.data.insert(key.into(), "x86_64".into())),
            (_, "syscall") => drop(self.data.insert(key.into(), name(&value).into())),
            (_, "pid") => drop(self.process.insert(key.into(), value.parse::<u32>().unwrap_or_default().into())),
            (_, "ppid") => {
                let parent = json!({"pid": value.parse::<u32>().unwrap_or_default()});
                self.process.insert("parent".into(), parent);
            }
            (_, "exe") => drop(self.process.insert("executable".into(), value.into())),
            (_, "uid") => drop(self.user.insert("id".into(), value.into())),
            (_, "euid") => drop(self.user.insert("effective".into(), value.into())),
            (_, "auid") if !is_unset(&value) => drop(self.user.insert("audit".into(), json!({"id": value}))),
            (_, "ses") => self.session = if is_unset(&value) { "unset".into() } else { value },
            (_, "auid" | "success" | "items" | "comm" | "key" | "res") => {}
            _ => drop(self.data.insert(key.into(), value.into())),
        }
    }

    /// The shipper cuts names at their first NUL: an abstract one has nothing left.
    fn address(&mut self, record: &Record) -> Result<(), WhyNot> {
        let Some((_, AuditField::Raw(bytes))) = record.fields.first() else { return Ok(()) };
        let socket = match bytes.as_slice() {
            [1, 0, 0, _, ..] => return Err(WhyNot::NoSuchVariant),
            [1, 0, name @ ..] => {
                let name = name.split(|&b| b == 0).next().unwrap_or_default();
                json!({"family": "unix", "path": string(name)})
            }
            [2, 0, high, low, a, b, c, d, ..] => {
                let port = u16::from_be_bytes([*high, *low]).to_string();
                json!({"family": "ipv4", "addr": format!("{a}.{b}.{c}.{d}"), "port": port})
            }
            _ => return Err(WhyNot::NoSuchVariant),
        };
        self.data.insert("socket".into(), socket);
        Ok(())
    }
}

fn is_unset(id: &str) -> bool {
    id == "4294967295"
}

fn word(field: &AuditField) -> String {
    match field {
        AuditField::Decimal(n) => n.to_string(),
        AuditField::Hex(n) => format!("{n:x}"),
        AuditField::Octal(n) => format!("0{n:o}"),
        AuditField::Word(word) => (*word).into(),
        AuditField::Text(text) | AuditField::Raw(text) => string(text),
    }
}

/// The system calls that scenarios use.
fn name(number: &str) -> &'static str {
    match number {
        "29" => "shmget",
        "33" => "dup2",
        "42" => "connect",
        "49" => "bind",
        "53" => "socketpair",
        "59" => "execve",
        "68" => "msgget",
        "87" => "unlink",
        "101" => "ptrace",
        "231" => "exit_group",
        "240" => "mq_open",
        "257" => "openat",
        "259" => "mknodat",
        "288" => "accept4",
        "310" => "process_vm_readv",
        "311" => "process_vm_writev",
        "319" => "memfd_create",
        _ => "",
    }
}
