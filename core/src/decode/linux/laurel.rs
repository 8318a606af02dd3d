//! laurel JSON: one event a line, its records as members.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::audit_event::AuditEvent;
use super::kinds::RecordKind;
use super::syscall::Work;
use super::value::{Form, RawField};
use super::{Stamp, deliver, is_blank};
use crate::decode::json::{self, JsonError, RawStr, Reader, Value};
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};

/// Whether one of the first lines is a laurel event: an object that begins with an audit event's name.
pub(super) fn recognizes(head: &[u8]) -> bool {
    head.split(|&b| b == b'\n').take(8).any(|line| {
        let id = line.strip_prefix(b"{\"ID\":\"");
        id.and_then(Stamp::parse).is_some()
    })
}

/// Reads laurel JSON.
#[derive(Debug, Default)]
pub(super) struct Laurel {
    audit: AuditEvent,
    work: Work,
    /// A string with JSON escapes, without them.
    plain: Vec<u8>,
    node: Vec<u8>,
}

impl Decoder for Laurel {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if is_blank(&record) {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.audit.clear();
        self.node.clear();
        let mut reader = Reader::new(record.bytes);
        match self.event(&mut reader) {
            Ok(stamp) => deliver(&mut self.audit, stamp, &self.node, record.number, &mut self.work, sink),
            Err(fault) => {
                let at = fault.offset.unwrap_or(reader.offset());
                let offset = record.offset + at as u64;
                sink.error(DecodeError { kind: fault.kind, record: record.number, offset, field: fault.field });
            }
        }
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.audit.held_bytes() + self.work.held_bytes() + self.plain.capacity() + self.node.capacity()
    }
}

/// Why a line could not be read.
struct Fault {
    kind: DecodeErrorKind,
    offset: Option<usize>,
    field: Option<&'static str>,
}

impl Fault {
    const fn of(kind: DecodeErrorKind, field: &'static str) -> Self {
        Self { kind, offset: None, field: Some(field) }
    }
}

impl From<JsonError> for Fault {
    fn from(error: JsonError) -> Self {
        let kind = if error.too_deep { DecodeErrorKind::TooDeep } else { DecodeErrorKind::Malformed };
        Self { kind, offset: Some(error.offset), field: None }
    }
}

/// A value that is not what its field must hold.
impl From<&'static str> for Fault {
    fn from(field: &'static str) -> Self {
        Self::of(DecodeErrorKind::BadValue, field)
    }
}

impl Laurel {
    fn event(&mut self, reader: &mut Reader<'_>) -> Result<Stamp, Fault> {
        let mut stamp = None;
        if reader.value()? != Value::Object {
            return Err(Fault { kind: DecodeErrorKind::Malformed, offset: Some(0), field: None });
        }
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"ID" => stamp = Some(id(reader.value()?).ok_or("ID")?),
                b"NODE" => {
                    if let Some(name) = field(reader.value()?, &mut self.plain) {
                        name.decode(&mut self.node).ok_or("NODE")?;
                    }
                }
                name => match RecordKind::named(name) {
                    RecordKind::Other | RecordKind::End => reader.skip()?,
                    kind => self.records(kind, reader)?,
                },
            }
        }
        if !reader.at_end() {
            return Err(Fault { kind: DecodeErrorKind::Malformed, offset: None, field: None });
        }
        stamp.ok_or(Fault::of(DecodeErrorKind::Missing, "ID"))
    }

    /// One record, or a list of them.
    fn records(&mut self, kind: RecordKind, reader: &mut Reader<'_>) -> Result<(), Fault> {
        match reader.value()? {
            Value::Object => self.one(kind, reader),
            Value::Array => {
                while let Some(element) = reader.next_element()? {
                    match element {
                        Value::Object => self.one(kind, reader)?,
                        Value::Array => reader.skip_container()?,
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn one(&mut self, kind: RecordKind, reader: &mut Reader<'_>) -> Result<(), Fault> {
        self.audit.begin(kind);
        self.members(kind, reader)
    }

    fn members(&mut self, kind: RecordKind, reader: &mut Reader<'_>) -> Result<(), Fault> {
        while let Some(key) = reader.next_key()? {
            match (reader.value()?, kind, key.bytes) {
                (Value::Array, RecordKind::Syscall | RecordKind::Execve, b"ARGV") => self.arguments(kind, reader)?,
                (Value::Object, RecordKind::SockAddr, b"SADDR") => self.translated_address(reader)?,
                // The nested fields of user-space records are read as the record's own.
                (Value::Object, RecordKind::Standalone(_), b"msg") => self.members(kind, reader)?,
                (Value::Object | Value::Array, ..) => reader.skip_container()?,
                (value, _, name) => {
                    if let Some(field) = field(value, &mut self.plain) {
                        self.audit.set(kind, name, field)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// `ARGV`: of SYSCALL the four argument registers, of EXECVE the argument vector.
    fn arguments(&mut self, kind: RecordKind, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let mut index = 0_u32;
        while let Some(element) = reader.next_element()? {
            match (field(element, &mut self.plain), kind) {
                (Some(field), RecordKind::Execve) => self.audit.push_argument(index, field)?,
                (Some(field), _) => {
                    if let Some(key) = [b"a0", b"a1", b"a2", b"a3"].get(index as usize) {
                        self.audit.set(kind, *key, field)?;
                    }
                }
                (None, _) if matches!(element, Value::Object | Value::Array) => reader.skip_container()?,
                (None, _) => {}
            }
            index = index.saturating_add(1);
        }
        Ok(())
    }

    /// `{"saddr_fam":"local","path":…}` or `{"saddr_fam":"inet","addr":…,"port":…}`.
    fn translated_address(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let (mut ip, mut port) = (None, None);
        while let Some(key) = reader.next_key()? {
            match (reader.value()?, key.bytes) {
                (Value::Object | Value::Array, _) => reader.skip_container()?,
                (value, name) => match (field(value, &mut self.plain), name) {
                    (Some(field), b"addr") => ip = Some(address(field.text).ok_or("addr")?),
                    (Some(field), b"port") => port = Some(field.decimal::<u16>().ok_or("port")?),
                    (Some(field), b"path") => self.audit.set(RecordKind::SockAddr, name, field)?,
                    _ => {}
                },
            }
        }
        if let (Some(ip), Some(port)) = (ip, port) {
            self.audit.set_inet(ip, port);
        }
        Ok(())
    }
}

fn id(value: Value<'_>) -> Option<Stamp> {
    match value {
        Value::String(RawStr { bytes, escaped: false }) => {
            Stamp::parse(bytes).filter(|&(_, end)| end == bytes.len()).map(|(stamp, _)| stamp)
        }
        _ => None,
    }
}

fn address(text: &[u8]) -> Option<IpAddr> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// A scalar as a field; `plain` receives its text if it has JSON escapes.
fn field<'p, 'v: 'p>(value: Value<'v>, plain: &'p mut Vec<u8>) -> Option<RawField<'p>> {
    match value {
        Value::String(RawStr { bytes, escaped: false }) => Some(RawField { text: bytes, form: Form::Percent }),
        Value::String(RawStr { bytes, .. }) => {
            plain.clear();
            json::unescape(bytes, plain);
            Some(RawField { text: plain, form: Form::Percent })
        }
        Value::Number(text) => Some(RawField { text, form: Form::Percent }),
        _ => None,
    }
}
