//! Linux: auditd text (raw, enriched), laurel JSON, AUOMS JSON, and the JSON of eBPF sensors: tetragon, kunai, Falco.
//!
//! The audit formats carry the same kernel records. [`auditd`], [`laurel`], [`auoms`] and [`auditbeat`] read them into one
//! [`audit_event::AuditEvent`] per event; [`syscall`] and [`standalone`] interpret the details. [`sensor`] is shared by
//! the eBPF formats.

mod assembler;
mod audit_event;
pub(super) mod auditbeat;
mod auditd;
mod auoms;
mod details;
mod falco;
mod fault;
mod fields;
mod folder;
mod kinds;
mod kunai;
mod laurel;
mod meaning;
mod order;
mod sensor;
mod sockaddr;
mod stamp;
mod standalone;
mod syscall;
mod tables;
mod tetragon;
mod value;

use alloc::boxed::Box;

use super::Format;
use super::resume::Resumable;

/// Whether a line is an audit record.
pub(super) fn is_audit(line: &[u8]) -> bool {
    auditd::recognizes(line)
}

/// Where an audit record begins after a header: at its node, if it names one, else at its type.
pub(super) fn audit_begin(line: &[u8]) -> Option<usize> {
    auditd::next_record(line, value::Quotes::Plain)
}

/// Whether a value is the stamp of an audit event, as laurel writes it.
pub(super) fn is_event_id(value: &[u8]) -> bool {
    laurel::is_event_id(value)
}

/// Whether a value is the name that AUOMS gives to a kind of message.
pub(super) fn is_auoms_message(value: &[u8]) -> bool {
    auoms::is_message_type(value)
}

/// Creates a decoder for one of this platform's formats.
pub(super) fn decoder(format: Format) -> Box<dyn Resumable> {
    match format {
        Format::AuomsJson => Box::new(auoms::Auoms::default()),
        Format::LaurelJson => Box::new(laurel::Laurel::default()),
        Format::TetragonJson => Box::new(sensor::Sensor::new(&tetragon::SCHEMA)),
        Format::KunaiJson => Box::new(sensor::Sensor::new(&kunai::SCHEMA)),
        Format::FalcoJson => Box::new(sensor::Sensor::new(&falco::SCHEMA)),
        _ => Box::new(auditd::Auditd::default()),
    }
}
