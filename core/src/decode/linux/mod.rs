//! Linux: auditd text (raw, enriched), laurel JSON, and the JSON of eBPF sensors: tetragon, kunai, Falco.
//!
//! The audit formats carry the same kernel records. [`auditd`], [`laurel`] and
//! [`auditbeat`] read them into [`audit_event::AuditEvent`], one set
//! an event; [`syscall`] and [`standalone`] say what the details mean. [`sensor`] is what the others have in common.

mod assembler;
mod audit_event;
pub(super) mod auditbeat;
mod auditd;
mod falco;
mod fields;
mod kinds;
mod kunai;
mod laurel;
mod order;
mod sensor;
mod sockaddr;
mod standalone;
mod syscall;
mod tables;
mod tetragon;
mod value;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Decoder, Format, Record, Sink, Skip, Subject, SubjectName};
use crate::Timestamp;
use crate::event::{Channel, Event, NativeId};
use crate::time::MILLISECOND;
use audit_event::AuditEvent;

/// Whether a line is an audit record.
pub(super) fn is_audit(line: &[u8]) -> bool {
    auditd::recognizes(line)
}

/// Where an audit record begins behind a header: at its node, if it names one, else at its type.
pub(super) fn audit_begin(line: &[u8]) -> Option<usize> {
    auditd::next_record(line)
}

/// Whether a value is the name of an audit event, as laurel gives it.
pub(super) fn is_event_id(value: &[u8]) -> bool {
    laurel::is_event_id(value)
}

/// A decoder for one of this platform's formats.
pub(super) fn decoder(format: Format) -> Box<dyn Decoder> {
    match format {
        Format::LaurelJson => Box::new(laurel::Laurel::default()),
        Format::TetragonJson => Box::new(sensor::Sensor::new(&tetragon::SCHEMA)),
        Format::KunaiJson => Box::new(sensor::Sensor::new(&kunai::SCHEMA)),
        Format::FalcoJson => Box::new(sensor::Sensor::new(&falco::SCHEMA)),
        _ => Box::new(auditd::Auditd::default()),
    }
}

/// An event's own name: unique per host and boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    // First, because it tells nearly all events apart.
    serial: u64,
    seconds: u64,
    millis: u16,
}

impl Stamp {
    fn time(self) -> Timestamp {
        Timestamp::from_unix(i64::try_from(self.seconds).unwrap_or(i64::MAX), i64::from(self.millis) * MILLISECOND)
    }

    /// Reads `SECONDS.MILLIS:SERIAL`; also says how many bytes that took.
    fn parse(text: &[u8]) -> Option<(Self, usize)> {
        let (seconds, dot) = value::leading_decimal(text)?;
        let rest = text[dot..].strip_prefix(b".")?;
        let (millis, colon) = value::leading_decimal(rest)?;
        let rest = rest[colon..].strip_prefix(b":")?;
        let (serial, end) = value::leading_decimal(rest)?;
        let millis = u16::try_from(millis).ok().filter(|&ms| ms < 1000)?;
        Some((Self { seconds, millis, serial }, dot + 1 + colon + 1 + end))
    }
}

/// Hands over what one complete event's details mean.
fn deliver(
    audit: &mut AuditEvent,
    stamp: Stamp,
    host: &[u8],
    record: u64,
    work: &mut syscall::Work,
    sink: &mut dyn Sink,
) {
    match meaning(audit, stamp, host, record, work) {
        Ok(event) => sink.event(&event),
        Err(why) => refuse(audit, record, why, sink),
    }
}

/// Says that one event's details mean nothing, and of a call that is not read which it was.
fn refuse(audit: &AuditEvent, record: u64, why: Skip, sink: &mut dyn Sink) {
    match audit.call() {
        Some(call) if why == Skip::NotOfInterest => {
            let name = SubjectName::Number(call.number.into());
            sink.ignored(record, Subject { source: b"SYSCALL", name });
        }
        _ => sink.skipped(record, why),
    }
}

/// What one event's details mean.
fn meaning<'a>(
    audit: &'a mut AuditEvent,
    stamp: Stamp,
    host: &'a [u8],
    record: u64,
    work: &'a mut syscall::Work,
) -> Result<Event<'a>, Skip> {
    audit.settle();
    let mut event = if audit.standalone.is_some() {
        standalone::event(audit, stamp.time())
    } else if audit.call().is_some() {
        syscall::event(audit, stamp.time(), work)
    } else {
        Err(if audit.is_torn() { Skip::Incomplete } else { Skip::NotOfInterest })
    }?;
    sign(&mut event, stamp, record);
    event.host = host;
    Ok(event)
}

fn sign(event: &mut Event<'_>, stamp: Stamp, record: u64) {
    event.record = record;
    event.source.channel = Channel::Audit;
    event.source.id = NativeId::Audit { seconds: stamp.seconds, millis: stamp.millis, serial: stamp.serial };
}

/// The name below the folder if it is relative. Nothing else is normalized.
fn below<'a>(name: &'a [u8], folder: &[u8], out: &'a mut Vec<u8>) -> &'a [u8] {
    if name.starts_with(b"/") || folder.is_empty() {
        return name;
    }
    out.clear();
    out.extend_from_slice(folder);
    if !folder.ends_with(b"/") {
        out.push(b'/');
    }
    out.extend_from_slice(name);
    out
}

/// A record without content.
fn is_blank(record: &Record<'_>) -> bool {
    record.bytes.iter().all(u8::is_ascii_whitespace)
}
