//! Interprets the details of an audit event.

use super::audit_event::AuditEvent;
use super::stamp::Stamp;
use super::{standalone, syscall};
use crate::decode::{Sink, Skip, Subject, SubjectName};
use crate::event::{Channel, Event, NativeId};

/// Passes on the event that the details give, or the reason why they give none.
pub(super) fn deliver(
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

/// Reports that the details give no event, with the number of the system call if that is not read.
pub(super) fn refuse(audit: &AuditEvent, record: u64, why: Skip, sink: &mut dyn Sink) {
    match audit.call() {
        Some(call) if why == Skip::NotOfInterest => {
            let name = SubjectName::Number(call.number.into());
            sink.ignored(record, Subject { source: b"SYSCALL", name });
        }
        _ => sink.skipped(record, why),
    }
}

/// Interprets the details of one event.
pub(super) fn meaning<'a>(
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
