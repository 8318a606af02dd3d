//! Log entries of launchd, of the kernel's policies and of the sandbox: programs started on demand, failed service
//! lookups and denied task ports. The shapes come from published log excerpts.
//!
//! launchd writes `[system/com.example.helper [512]:] Successfully spawned helper[512] because ipc (mach)`. The entry
//! names the service and the started program, never the requester. Another reason (`speculative`, `launch job demand`)
//! means that no process requested the service.
//!
//! Failed attempts are skipped with [`Skip::Failed`]:
//!
//! `failed lookup: name = com.example.x, requestor = tool[812]` (launchd),
//!
//! `(NAME) may not get the task control port of (NAME) (pid: 6215)` (taskgate, AMFI, macOSTaskPolicy),
//!
//! `Sandbox: tool(812) deny(1) mach-lookup com.example.x` (kernel).

use super::fields::{after, parse, until};
use super::log_entry::LogEntry;
use crate::decode::{Sink, Skip};
use crate::event::{Channel, Endpoint, EndpointAct, Event, Kind, Mechanism, Os, ProcessRef, Text};

/// Whether a process with this name writes such entries, whatever their subsystem.
pub(super) fn is_source(process: &[u8]) -> bool {
    let name = process.rsplit(|&b| b == b'/').next().unwrap_or_default();
    matches!(name, b"launchd" | b"kernel" | b"taskgated" | b"amfid" | b"sandboxd")
}

pub(super) fn entry(entry: &LogEntry<'_>, sink: &mut dyn Sink) {
    let message = entry.message;
    if let Some((label, server)) = spawned(message) {
        let mut act = EndpointAct::new(Endpoint::new(Mechanism::MachService, Some(label)));
        act.peer = server;
        let mut event = Event::new(Os::Macos, entry.time, Kind::EndpointConnect(act));
        event.record = entry.record;
        event.source.channel = Channel::UnifiedLog;
        sink.event(&event);
    } else if is_refusal(message) {
        sink.skipped(entry.record, Skip::Failed);
    } else {
        sink.skipped(entry.record, Skip::NotOfInterest);
    }
}

/// The service and the program started for it.
fn spawned(message: &[u8]) -> Option<(Text<'_>, ProcessRef<'_>)> {
    let rest = after(message, b"Successfully spawned ")?;
    let (who, why) = split(rest, b" because ")?;
    if !why.starts_with(b"ipc") {
        return None;
    }
    // `[domain/LABEL [PID]:]`; the domain of a user includes the user's number: `gui/501/LABEL`.
    let job = until(message.strip_prefix(b"[")?, b" :]");
    let label = job.rsplit(|&b| b == b'/').next().filter(|label| !label.is_empty())?;
    Some((label, process(who)?))
}

fn is_refusal(message: &[u8]) -> bool {
    after(message, b"may not get the task control port of").is_some()
        || after(message, b"failed lookup: name = ").is_some()
        || after(message, b"Sandbox: ").is_some_and(|rest| after(rest, b" deny(").is_some())
}

/// Parses `NAME[PID]`.
fn process(text: &[u8]) -> Option<ProcessRef<'_>> {
    let open = memchr::memrchr(b'[', text)?;
    let pid = parse(until(&text[open + 1..], b"]"))?;
    Some(ProcessRef { pid: Some(pid), image: Some(&text[..open]), ..ProcessRef::default() })
}

fn split<'a>(text: &'a [u8], marker: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    memchr::memmem::find(text, marker).map(|at| (&text[..at], &text[at + marker.len()..]))
}
