//! Interprets an entry of the unified log, whatever style it was printed in.

use super::appleevents::AppleEvents;
use super::fields::{after, until};
use super::launchd;
use super::log_entry::LogEntry;
use super::tcc::Tcc;
use crate::decode::{Sink, Skip};
use crate::event::{Channel, Endpoint, EndpointAct, Kind, Mechanism};
use crate::util::saved::restored;

/// The supported subsystems.
#[derive(Clone, Copy, Debug)]
enum Subsystem {
    AppleEvents,
    Tcc,
    Xpc,
}

const SUBSYSTEMS: &[(&[u8], Subsystem)] = &[
    (b"com.apple.appleevents", Subsystem::AppleEvents),
    (b"com.apple.TCC", Subsystem::Tcc),
    (b"com.apple.xpc", Subsystem::Xpc),
];

fn subsystem(name: &[u8]) -> Option<Subsystem> {
    SUBSYSTEMS.iter().find(|(known, _)| *known == name).map(|(_, subsystem)| *subsystem)
}

/// Whether entries of this subsystem, or of this process whatever the subsystem, are read.
pub(super) fn is_of_interest(name: &[u8], process: &[u8]) -> bool {
    subsystem(name).is_some() || launchd::is_source(process)
}

/// Reads entries and joins those that belong together.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    apple_events: AppleEvents,
    tcc: Tcc,
}

impl Messages {
    pub(crate) fn entry(&mut self, entry: &LogEntry<'_>, sink: &mut dyn Sink) {
        match subsystem(entry.subsystem) {
            Some(Subsystem::AppleEvents) => self.apple_events.entry(entry, sink),
            Some(Subsystem::Tcc) => self.tcc.entry(entry, sink),
            Some(Subsystem::Xpc) => match connection(entry.message) {
                Some(kind) => sink.event(&entry.event(Channel::UnifiedLog, kind)),
                None => sink.skipped(entry.record, Skip::NotOfInterest),
            },
            None if entry.process.is_some_and(launchd::is_source) => launchd::entry(entry, sink),
            None => sink.skipped(entry.record, Skip::NotOfInterest),
        }
    }

    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) {
        self.tcc.finish(sink);
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.apple_events.held_bytes() + self.tcc.held_bytes()
    }
}

/// `activating connection: mach=true listener=false peer=false name=…`: a client looks up a service, or (listener) a
/// server registers it. Peers of a listener and anonymous connections name no service.
fn connection(message: &[u8]) -> Option<Kind<'_>> {
    let details = after(message, b"activating connection: ")?;
    let flag = |marker: &[u8]| after(details, marker).is_some();
    let name = until(after(details, b" name=")?, b" ");
    if !flag(b"mach=true") || flag(b"peer=true") || name.is_empty() {
        return None;
    }
    let act = EndpointAct::new(Endpoint::new(Mechanism::MachService, Some(name)));
    Some(if flag(b"listener=true") { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) })
}

restored!(Messages { apple_events, tcc });
