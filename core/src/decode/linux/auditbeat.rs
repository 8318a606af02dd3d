//! auditbeat and Elastic Agent's auditd module (`auditd_manager`): one kernel event per document in Elastic Common
//! Schema, based on the module's source (elastic/beats auditbeat/module/auditd) and go-libaudit's documentation:
//!
//! `{"event": {"module": "auditd", "sequence": …}, "auditd": {"data": {"syscall": "connect", …}, "paths": […]}, …}`
//!
//! The documents hold the details of the kernel's records under other names, so they are read into the same structure.
//! The shipper turns numbers into names (`exit`, `arch`, `syscall`) and cuts an AF_UNIX address at its first NUL, so
//! abstract and unnamed sockets are lost.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::audit_event::{AuditEvent, MAX_PATHS};
use super::fault::{Fault, Lost, unless_lost};
use super::kinds::RecordKind;
use super::meaning::deliver;
use super::stamp::Stamp;
use super::syscall::Work;
use super::tables;
use super::value::{Form, RawField};
use crate::Timestamp;
use crate::decode::json::{self, JsonError, RawStr, Reader, Scratch, Span, Value};
use crate::decode::members::{elastic_document, faulty, first, malformed, position, scalar, walk};
use crate::decode::{DecodeErrorKind, Record, Sink, Skip};
use crate::time::{MILLISECOND, SECOND};

/// A quick check whether a document may come from the module. It has false positives but no false negatives.
pub(crate) fn may_be(document: &[u8]) -> bool {
    memchr::memmem::find(document, b"\"auditd").is_some()
}

/// The paths of the members that are read. If a member occurs several times, the first wins.
const PATHS: &[&[u8]] = &[
    b"event.module",
    b"@timestamp",
    b"event.sequence",
    b"host.name",
    b"auditd.message_type",
    b"auditd.result",
    b"event.outcome",
    b"auditd.session",
    b"auditd.data.arch",
    b"auditd.data.syscall",
    b"auditd.data.exit",
    b"auditd.data.argc",
    b"auditd.data.opid",
    b"auditd.data.oflag",
    b"auditd.data.socket.path",
    b"auditd.data.socket.addr",
    b"auditd.data.socket.port",
    b"auditd.paths",
    b"auditd.paths.item",
    b"auditd.paths.name",
    b"auditd.paths.nametype",
    b"auditd.paths.inode",
    b"auditd.paths.dev",
    b"auditd.paths.mode",
    b"auditd.paths.ouid",
    b"process.args",
    b"process.working_directory",
    b"auditd.data.a0",
    b"auditd.data.a1",
    b"auditd.data.a2",
    b"auditd.data.a3",
    b"auditd.data.tty",
    b"auditd.data.terminal",
    b"auditd.data.acct",
    b"auditd.data.op",
    b"process.pid",
    b"process.parent.pid",
    b"process.executable",
    b"user.id",
    b"user.name",
    b"user.effective.id",
    b"user.effective.name",
    b"user.audit.id",
    b"source.ip",
];

/// Members that correspond to fields of the kernel's records, with the names of these fields.
const FIELDS: &[(usize, &[u8])] = &[
    (at(b"auditd.data.a0"), b"a0"),
    (at(b"auditd.data.a1"), b"a1"),
    (at(b"auditd.data.a2"), b"a2"),
    (at(b"auditd.data.a3"), b"a3"),
    (at(b"auditd.data.tty"), b"tty"),
    (at(b"auditd.data.terminal"), b"terminal"),
    (at(b"auditd.data.acct"), b"acct"),
    (at(b"auditd.data.op"), b"op"),
    (at(b"auditd.session"), b"ses"),
    (at(b"process.pid"), b"pid"),
    (at(b"process.parent.pid"), b"ppid"),
    (at(b"process.executable"), b"exe"),
    (at(b"user.id"), b"uid"),
    (at(b"user.name"), b"UID"),
    (at(b"user.effective.id"), b"euid"),
    (at(b"user.effective.name"), b"EUID"),
    (at(b"user.audit.id"), b"auid"),
    (at(b"source.ip"), b"addr"),
];

const fn at(path: &[u8]) -> usize {
    position(PATHS, path)
}

/// The fields of PATH records that are read, which Elasticsearch exports by column.
const COLUMNS: [&[u8]; 7] = [b"item", b"name", b"nametype", b"inode", b"dev", b"mode", b"ouid"];
const FIRST_COLUMN: usize = at(b"auditd.paths.item");
const LAST_COLUMN: usize = at(b"auditd.paths.ouid");
const _: () = assert!(LAST_COLUMN - FIRST_COLUMN + 1 == COLUMNS.len());

/// Decodes the module's documents.
#[derive(Debug, Default)]
pub(crate) struct Auditbeat {
    audit: AuditEvent,
    work: Work,
    scratch: Scratch,
    node: Vec<u8>,
    /// The unescaped text of a string with JSON escapes.
    plain: Vec<u8>,
}

impl Auditbeat {
    /// Decodes a document of the module; `false` when the document comes from elsewhere.
    pub(crate) fn take(&mut self, record: &Record<'_>, sink: &mut dyn Sink) -> bool {
        self.scratch.start(record.bytes);
        let document = match Document::read(record.bytes, &mut self.scratch) {
            Ok(document) => document,
            Err(fault) => {
                sink.error(malformed(record, fault));
                return true;
            }
        };
        let text = |path: usize| document.text(path, record.bytes, &self.scratch);
        // An export may hold only the fields that were asked for.
        let is_audit = match text(const { at(b"event.module") }) {
            Some(module) => module == b"auditd",
            None => text(const { at(b"auditd.data.syscall") }).or(text(const { at(b"auditd.message_type") })).is_some(),
        };
        if !is_audit {
            return false;
        }
        self.audit.clear();
        self.node.clear();
        self.node.extend_from_slice(text(const { at(b"host.name") }).unwrap_or_default());
        let mut lost = |field| sink.error(faulty(record, DecodeErrorKind::BadValue, field));
        match gather(&mut self.audit, &document, record.bytes, &self.scratch, &mut self.plain, &mut lost) {
            Ok(Some(stamp)) => deliver(&mut self.audit, stamp, &self.node, record.number, &mut self.work, sink),
            Ok(None) => sink.skipped(record.number, Skip::NotOfInterest),
            Err(fault) => sink.error(fault.of(record)),
        }
        true
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn held_bytes(&self) -> usize {
        self.audit.held_bytes()
            + self.work.held_bytes()
            + self.scratch.capacity()
            + self.node.capacity()
            + self.plain.capacity()
    }
}

/// The details of one document.
struct Document {
    spans: [Span; PATHS.len()],
    /// The offsets of the lists.
    arguments: Option<usize>,
    paths: Option<usize>,
    columns: [Option<usize>; COLUMNS.len()],
}

impl Document {
    fn read(bytes: &[u8], scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut document =
            Self { spans: [Span::NONE; PATHS.len()], arguments: None, paths: None, columns: [None; COLUMNS.len()] };
        let from = elastic_document(bytes)?;
        let mut reader = Reader::new(bytes.get(from..).unwrap_or_default());
        if reader.value()? != Value::Object {
            return Err(JsonError { offset: 0, too_deep: false });
        }
        walk(&mut reader, PATHS, &mut |path, reader: &mut Reader<'_>| {
            const ARGUMENTS: usize = at(b"process.args");
            const LIST: usize = at(b"auditd.paths");
            match path {
                ARGUMENTS | LIST | FIRST_COLUMN..=LAST_COLUMN => {
                    let list = match path {
                        LIST => &mut document.paths,
                        ARGUMENTS => &mut document.arguments,
                        _ => &mut document.columns[path - FIRST_COLUMN],
                    };
                    *list = list.or(Some(from + reader.offset()));
                    reader.skip()
                }
                _ => {
                    let text = first(reader)?.text(scratch).unwrap_or(Span::NONE);
                    let span = &mut document.spans[path];
                    *span = if span.is_some() { *span } else { text };
                    Ok(())
                }
            }
        })?;
        // Bytes after a whole document are an error; bytes after a nested one belong to the wrapper.
        if from == 0 && !reader.at_end() {
            return Err(JsonError { offset: reader.offset(), too_deep: false });
        }
        Ok(document)
    }

    fn text<'a>(&self, path: usize, bytes: &'a [u8], scratch: &'a Scratch) -> Option<&'a [u8]> {
        scratch.get(bytes, self.spans[path]).filter(|text| !text.is_empty() && *text != b"unset")
    }
}

/// Stores the document's details as the kernel's records would have; `None` when the document is irrelevant.
fn gather(
    audit: &mut AuditEvent,
    document: &Document,
    bytes: &[u8],
    scratch: &Scratch,
    plain: &mut Vec<u8>,
    lost: Lost<'_>,
) -> Result<Option<Stamp>, Fault> {
    let text = |path: usize| document.text(path, bytes, scratch);
    let mut name = [0; 24];
    let kind = RecordKind::named(upper(text(const { at(b"auditd.message_type") }).unwrap_or_default(), &mut name));
    let exit_code = text(const { at(b"auditd.data.exit") });
    // An export of some fields may lack the result: then the exit code tells, an error by its name.
    let result = text(const { at(b"auditd.result") }).or(text(const { at(b"event.outcome") }));
    let succeeded = result
        .map(|result| result == b"success")
        .or_else(|| exit_code.map(|code| exit(code).is_some_and(|code| code >= 0)));
    let begin = |audit: &mut AuditEvent, kind, lost: Lost<'_>| -> Result<(), &'static str> {
        audit.begin(kind);
        let set = FIELDS.iter().filter_map(|(path, key)| Some((*key, text(*path)?)));
        for (key, value) in set {
            unless_lost(audit.set(kind, key, literal(value)), lost)?;
        }
        Ok(())
    };
    if matches!(kind, RecordKind::Standalone(_)) {
        begin(audit, kind, lost)?;
        if let Some(succeeded) = succeeded {
            audit.set(kind, b"res", literal(if succeeded { b"success" } else { b"failed" }))?;
        }
    }
    if let Some(call) = text(const { at(b"auditd.data.syscall") }) {
        let arch = tables::architecture(text(const { at(b"auditd.data.arch") }).unwrap_or_default());
        begin(audit, RecordKind::Syscall, lost)?;
        audit.set(RecordKind::Syscall, b"SYSCALL", literal(call))?;
        if let Some(syscall) = &mut audit.syscall {
            syscall.architecture = arch;
            syscall.number = tables::number(arch, call).unwrap_or(u32::MAX);
            syscall.success = succeeded;
            syscall.exit = exit_code.and_then(exit);
        }
    } else if !matches!(kind, RecordKind::Standalone(_)) {
        return Ok(None);
    }
    if let Some(folder) = text(const { at(b"process.working_directory") }) {
        unless_lost(audit.set(RecordKind::Cwd, b"cwd", literal(folder)), lost)?;
    }
    const COMPANIONS: &[(RecordKind, usize, &[u8])] = &[
        (RecordKind::Execve, at(b"auditd.data.argc"), b"argc"),
        (RecordKind::ObjectPid, at(b"auditd.data.opid"), b"opid"),
        (RecordKind::OpenHow, at(b"auditd.data.oflag"), b"oflag"),
        (RecordKind::SockAddr, at(b"auditd.data.socket.path"), b"path"),
    ];
    for &(kind, path, key) in COMPANIONS {
        if let Some(value) = text(path) {
            unless_lost(audit.set(kind, key, literal(value)), lost)?;
        }
    }
    if let Some(ip) = text(const { at(b"auditd.data.socket.addr") }).and_then(address) {
        let port = text(const { at(b"auditd.data.socket.port") }).map(literal);
        match port.and_then(RawField::decimal) {
            Some(port) => audit.set_inet(ip, port),
            None => lost("auditd.data.socket.port"),
        }
    }
    let reader_at = |list: usize| Reader::new(bytes.get(list..).unwrap_or_default());
    document.arguments.map_or(Ok(()), |list| arguments(audit, reader_at(list), plain, lost))?;
    document.paths.map_or(Ok(()), |list| paths(audit, reader_at(list), plain, lost))?;
    columns(audit, &document.columns.map(|list| list.map(reader_at)), plain, lost)?;
    let time = text(const { at(b"@timestamp") }).and_then(Timestamp::parse).ok_or("@timestamp")?;
    let serial = text(const { at(b"event.sequence") }).map(literal).and_then(RawField::decimal).unwrap_or_default();
    let nanos = u64::try_from(time.nanos()).map_err(|_| "@timestamp")?;
    let (seconds, rest) = (nanos / SECOND as u64, nanos % SECOND as u64);
    Ok(Some(Stamp { seconds, millis: (rest / MILLISECOND as u64) as u16, serial }))
}

/// Reads `process.args`: the argument vector.
fn arguments(audit: &mut AuditEvent, mut reader: Reader<'_>, plain: &mut Vec<u8>, lost: Lost<'_>) -> Result<(), Fault> {
    match reader.value()? {
        Value::Array => {}
        // A list of one may be exported as its only value.
        only => {
            let Some(only) = field(only, plain) else { return Ok(()) };
            return Ok(unless_lost(audit.push_argument(0, only), lost)?);
        }
    }
    let mut index = 0;
    while let Some(element) = reader.next_element()? {
        if matches!(element, Value::Object | Value::Array) {
            reader.skip_container()?;
        } else if let Some(argument) = field(element, plain) {
            unless_lost(audit.push_argument(index, argument), lost)?;
        }
        index += 1;
    }
    Ok(())
}

/// Reads `auditd.paths`: the PATH records with the kernel's own names.
fn paths(audit: &mut AuditEvent, mut reader: Reader<'_>, plain: &mut Vec<u8>, lost: Lost<'_>) -> Result<(), Fault> {
    if reader.value()? != Value::Array {
        return Ok(());
    }
    while let Some(element) = reader.next_element()? {
        match element {
            Value::Object => {
                audit.begin(RecordKind::Path);
                while let Some(key) = reader.next_key()? {
                    if let Some(value) = field(scalar(&mut reader)?, plain) {
                        unless_lost(audit.set(RecordKind::Path, key.bytes, value), lost)?;
                    }
                }
            }
            Value::Array => reader.skip_container()?,
            _ => {}
        }
    }
    Ok(())
}

/// Reads the columns of `auditd.paths`: for each field, the values of all PATH records. Without a value for each record
/// it is unknown which value belongs to which.
fn columns(
    audit: &mut AuditEvent,
    columns: &[Option<Reader<'_>>],
    plain: &mut Vec<u8>,
    lost: Lost<'_>,
) -> Result<(), Fault> {
    let mut rows = None;
    for reader in columns.iter().flatten() {
        let mut values = 0;
        each_value(&mut reader.clone(), |_| {
            values += 1;
            Ok(())
        })?;
        if rows.is_some_and(|rows| rows != values) {
            lost("auditd.paths");
            return Ok(());
        }
        rows = Some(values);
    }
    for row in 0..rows.unwrap_or_default().min(MAX_PATHS) {
        audit.begin(RecordKind::Path);
        for (reader, key) in columns.iter().zip(COLUMNS) {
            let mut at = 0;
            let Some(reader) = reader else { continue };
            each_value(&mut reader.clone(), |value| {
                if at == row
                    && let Some(value) = field(value, plain)
                {
                    unless_lost(audit.set(RecordKind::Path, key, value), lost)?;
                }
                at += 1;
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Passes on the only value, or the values of a list.
fn each_value<'a>(reader: &mut Reader<'a>, mut take: impl FnMut(Value<'a>) -> Result<(), Fault>) -> Result<(), Fault> {
    match reader.value()? {
        Value::Array => {
            while let Some(element) = reader.next_element()? {
                if matches!(element, Value::Object | Value::Array) {
                    reader.skip_container()?;
                }
                take(element)?;
            }
            Ok(())
        }
        Value::Object => Ok(()),
        only => take(only),
    }
}

/// A scalar as a field; `plain` receives its text if it has JSON escapes.
fn field<'p, 'v: 'p>(value: Value<'v>, plain: &'p mut Vec<u8>) -> Option<RawField<'p>> {
    let text = match value {
        Value::String(RawStr { bytes, escaped: false }) | Value::Number(bytes) => bytes,
        Value::String(RawStr { bytes, .. }) => {
            plain.clear();
            json::unescape(bytes, plain);
            plain
        }
        _ => return None,
    };
    Some(literal(text))
}

const fn literal(text: &[u8]) -> RawField<'_> {
    RawField { text, form: Form::Quoted }
}

/// A call's return value: a number, or the name of an error. EINPROGRESS is the only error that matters, because the
/// connection may still succeed.
fn exit(text: &[u8]) -> Option<i64> {
    const EINPROGRESS: i64 = -115;
    if text == b"EINPROGRESS" { Some(EINPROGRESS) } else { literal(text).signed() }
}

fn address(text: &[u8]) -> Option<IpAddr> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// A record type in upper case, as the kernel writes it; empty when the name exceeds every known type.
fn upper<'n>(name: &[u8], room: &'n mut [u8; 24]) -> &'n [u8] {
    let Some(room) = room.get_mut(..name.len()) else { return &[] };
    room.copy_from_slice(name);
    room.make_ascii_uppercase();
    room
}
