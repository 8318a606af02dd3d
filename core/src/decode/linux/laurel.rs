//! laurel JSON: one event per line, with its records as members.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::audit_event::{AuditEvent, is_vital};
use super::kinds::RecordKind;
use super::meaning::deliver;
use super::stamp::Stamp;
use super::syscall::Work;
use super::value::{Form, RawField};
use crate::decode::json::{self, JsonError, RawStr, Reader, Value};
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::util::saved::restored;

/// Whether a value is the stamp of an audit event.
pub(super) fn is_event_id(value: &[u8]) -> bool {
    Reader::new(value).value().is_ok_and(|value| id(value).is_some())
}

/// Decodes laurel JSON.
#[derive(Debug, Default)]
pub(super) struct Laurel {
    audit: AuditEvent,
    work: Work,
    /// The unescaped text of a string with JSON escapes.
    plain: Vec<u8>,
    node: Vec<u8>,
}

impl Decoder for Laurel {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.is_blank() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.audit.clear();
        self.node.clear();
        let mut reader = Reader::new(record.bytes);
        let mut lost = |field, at: usize| {
            let (kind, offset) = (DecodeErrorKind::BadValue, record.offset + at as u64);
            sink.error(DecodeError { kind, record: record.number, offset, field: Some(field) });
        };
        match self.event(&mut reader, &mut lost) {
            Ok(stamp) => deliver(&mut self.audit, stamp, &self.node, record.number, &mut self.work, sink),
            Err(fault) => {
                let at = fault.offset.unwrap_or(reader.offset());
                let offset = record.offset + at as u64;
                sink.error(DecodeError { kind: fault.kind, record: record.number, offset, field: fault.field });
            }
        }
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        self.audit.clear();
        self.node.clear();
        let mut is_whole = true;
        let stamp = self.event(&mut Reader::within(record.bytes, room), &mut |_, _| is_whole = false);
        let Ok(stamp) = stamp else { return false };
        if is_whole {
            deliver(&mut self.audit, stamp, &self.node, record.number, &mut self.work, sink);
        }
        is_whole
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

/// The named field has an invalid value.
impl From<&'static str> for Fault {
    fn from(field: &'static str) -> Self {
        Self::of(DecodeErrorKind::BadValue, field)
    }
}

/// Called with the name of a lost field and the offset after it, while the rest of the record remains usable.
type Lost<'l> = &'l mut dyn FnMut(&'static str, usize);

/// Reports a field that could not be read as lost, or fails when its record is useless without it.
fn unless_lost(set: Result<(), &'static str>, at: usize, lost: Lost<'_>) -> Result<(), Fault> {
    match set {
        Err(field) if is_vital(field) => Err(field.into()),
        Err(field) => {
            lost(field, at);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

impl Laurel {
    fn event(&mut self, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<Stamp, Fault> {
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
                    kind => self.records(kind, reader, lost)?,
                },
            }
        }
        if !reader.at_end() {
            return Err(Fault { kind: DecodeErrorKind::Malformed, offset: None, field: None });
        }
        stamp.ok_or(Fault::of(DecodeErrorKind::Missing, "ID"))
    }

    /// Reads one record, or a list of records.
    fn records(&mut self, kind: RecordKind, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        match reader.value()? {
            Value::Object => self.one(kind, reader, lost),
            Value::Array => {
                while let Some(element) = reader.next_element()? {
                    match element {
                        Value::Object => self.one(kind, reader, lost)?,
                        Value::Array => reader.skip_container()?,
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn one(&mut self, kind: RecordKind, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        self.audit.begin(kind);
        self.members(kind, reader, lost)
    }

    fn members(&mut self, kind: RecordKind, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        while let Some(key) = reader.next_key()? {
            match (reader.value()?, kind, key.bytes) {
                (Value::Array, RecordKind::Syscall | RecordKind::Execve, b"ARGV") => {
                    self.arguments(kind, reader, lost)?;
                }
                (Value::Object, RecordKind::SockAddr, b"SADDR") => self.translated_address(reader, lost)?,
                // The nested fields of user-space records are read as the record's own.
                (Value::Object, RecordKind::Standalone(_), b"msg") => self.members(kind, reader, lost)?,
                (Value::Object | Value::Array, ..) => reader.skip_container()?,
                (value, _, name) => {
                    if let Some(field) = field(value, &mut self.plain) {
                        unless_lost(self.audit.set(kind, name, field), reader.offset(), lost)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads `ARGV`: the four argument registers of SYSCALL, or the argument vector of EXECVE.
    fn arguments(&mut self, kind: RecordKind, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        let mut index = 0_u32;
        while let Some(element) = reader.next_element()? {
            match (field(element, &mut self.plain), kind) {
                (Some(field), RecordKind::Execve) => {
                    unless_lost(self.audit.push_argument(index, field), reader.offset(), lost)?;
                }
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

    /// Reads `{"saddr_fam":"local","path":…}` or `{"saddr_fam":"inet","addr":…,"port":…}`.
    fn translated_address(&mut self, reader: &mut Reader<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        let (mut ip, mut port) = (None, None);
        let mut need = |read: bool, field, at| {
            if !read {
                lost(field, at)
            }
        };
        while let Some(key) = reader.next_key()? {
            match (reader.value()?, key.bytes) {
                (Value::Object | Value::Array, _) => reader.skip_container()?,
                (value, name) => match (field(value, &mut self.plain), name) {
                    (Some(field), b"addr") => {
                        ip = address(field.text);
                        need(ip.is_some(), "addr", reader.offset());
                    }
                    (Some(field), b"port") => {
                        port = field.decimal::<u16>();
                        need(port.is_some(), "port", reader.offset());
                    }
                    (Some(field), b"path") => {
                        let set = self.audit.set(RecordKind::SockAddr, name, field);
                        need(set.is_ok(), "saddr", reader.offset());
                    }
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

// Every record is an event of its own.
restored!(Laurel {} else { audit, work, plain, node });
