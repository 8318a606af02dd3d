//! What an alert says of a process and of the initiator.

use alloc::format;
use alloc::string::{String, ToString};

use super::alert::{Candidate, Initiator, ProcessInfo};
use super::wording::lossy;
use crate::event::{Integrity, Os};
use crate::matching::Bound;
use crate::state::{HostState, Process};
use crate::util::intern::Sym;

/// Everything known of a process.
pub(super) fn process_info(state: &HostState, os: Os, process: &Process, redact: bool) -> ProcessInfo {
    let text = |sym: Option<Sym>| state.text(sym).map(lossy);
    let image = state.text(process.image);
    ProcessInfo {
        pid: process.pid,
        unique_id: process.unique_id_text(),
        image: image.map(lossy),
        command_line: if redact { None } else { process.command_line.as_deref().map(lossy) },
        user: state.user(process).map(lossy).or_else(|| process.uid.map(|u| format!("uid={u}"))),
        uid: process.uid,
        auid: process.auid,
        session: process.session.map(|s| session_text(os, s)),
        integrity: process.integrity.map(Integrity::name),
        signer: text(process.signer),
        hash: text(process.hash),
        working_folder: text(process.working_folder),
        image_hex: image.filter(|i| core::str::from_utf8(i).is_err()).map(hex),
    }
}

/// Names a process as it was when it acted. Its command line has changed with its image.
pub(super) fn as_it_was(state: &HostState, process: &mut ProcessInfo, image: Option<Sym>) {
    let then = state.text(image).map(lossy);
    if then.is_some() && then != process.image {
        process.image = then;
        process.command_line = None;
        process.image_hex = None;
    }
}

/// The initiator as an alert names it.
pub(super) fn initiator_info(
    state: &HostState,
    os: Os,
    who: Option<Bound>,
    confidence: u16,
    redact: bool,
) -> Initiator {
    let confidence = f64::from(confidence) / 1000.0;
    match who {
        Some(Bound::Process(id)) => {
            let process = state.process(Some(id)).map(|p| process_info(state, os, p, redact));
            Initiator {
                kind: if process.is_some() { "process" } else { "unknown" },
                user: process.as_ref().and_then(|p| p.user.clone()),
                session: process.as_ref().and_then(|p| p.session.clone()),
                process,
                confidence,
                ..Initiator::default()
            }
        }
        Some(Bound::Remote(id)) => {
            let remote = state.remote(id);
            Initiator {
                kind: "remote",
                user: remote.and_then(|r| state.text(r.user)).map(lossy),
                session: remote.and_then(|r| r.session).map(|s| session_text(os, s)),
                address: remote.and_then(|r| state.text(r.address)).map(lossy),
                confidence,
                ..Initiator::default()
            }
        }
        None => Initiator { kind: "unknown", ..Initiator::default() },
    }
}

/// Who may have been the initiator.
pub(super) fn candidate(state: &HostState, os: Os, who: Bound, redact: bool) -> Candidate {
    let known = initiator_info(state, os, Some(who), 0, redact);
    Candidate { user: known.user.filter(|_| known.process.is_none()), process: known.process, address: known.address }
}

fn session_text(os: Os, session: u64) -> String {
    if os == Os::Windows { format!("{session:#x}") } else { session.to_string() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
