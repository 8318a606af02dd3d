//! What an alert has in common with others: with repetitions of itself, and with the rest of its incident.

use super::dedup::DedupKey;
use super::incidents::Ties;
use crate::event::Os;
use crate::matching::{Bound, Completion};
use crate::report::{Draft, service};
use crate::rules::Behavior;
use crate::state::{HostState, ProcessId};
use crate::util::hash::Digest;
use crate::util::intern::Sym;
use smallvec::SmallVec;

/// Logon sessions of Windows that the system and its services share.
const SHARED_SESSIONS: [u64; 4] = [0, 0x3e4, 0x3e5, 0x3e7];
/// The audit session of what nobody logged in for.
const NO_SESSION: u64 = u32::MAX as u64;

/// What repetitions of the alert have in common.
pub(super) fn dedup_key(state: &HostState, rule: &Behavior, completion: &Completion, draft: &Draft) -> DedupKey {
    let of = |name: Option<Sym>| state.name(name).map_or(Digest::NONE, |name| name.identity);
    let image = |process| of(state.process(process).and_then(|process| process.image));
    let who = state.hash().digest(host_id(state, completion)).bytes(rule.id.as_bytes());
    let who = match draft.initiator {
        Some(Bound::Process(process)) => match script_of(state, rule.os, process) {
            // What one script starts again and again is one.
            Some(script) => who.u64(3).u64(script.number()).digest(image(Some(process))),
            None => who.u64(1).u64(process.number()),
        },
        Some(Bound::Remote(remote)) => who.u64(2).digest(of(state.remote(remote).and_then(|remote| remote.address))),
        None => who.u64(0),
    };
    let hits = &completion.hits;
    DedupKey {
        who: who.finish_digest(),
        service: service(state, hits),
        endpoint: hits.iter().find_map(|hit| state.endpoint(hit.endpoint)).map(|endpoint| endpoint.identity),
        target: image(draft.target),
    }
}

/// The process that runs a Linux process as one command of several.
fn script_of(state: &HostState, os: Os, process: ProcessId) -> Option<ProcessId> {
    let parent = state.process(Some(process))?.parent.filter(|_| os == Os::Linux)?;
    let is_script = state.process(Some(parent)).is_some_and(|p| p.image.is_some() && p.pid != Some(1));
    (is_script && !state.is_lineage_root(os, Some(parent))).then_some(parent)
}

/// Who is to account for an alert: the initiator's lineage, and whoever asked for it.
pub(super) fn accountable(state: &HostState, draft: &Draft) -> SmallVec<[Digest; 2]> {
    let principal = |who: Bound| match who {
        Bound::Process(process) => Digest::of_number(2, process.number()),
        Bound::Remote(remote) => {
            let address = state.remote(remote).and_then(|remote| state.name(remote.address));
            address.map_or(Digest::NONE, |address| address.identity)
        }
    };
    let process = match draft.initiator {
        Some(Bound::Process(process)) => state.process(Some(process)),
        _ => None,
    };
    let remote = draft.initiator.filter(|who| matches!(who, Bound::Remote(_)));
    let requester = process.and_then(|process| process.requester).map(|request| request.by).or(remote);
    let lineage = process.map(|process| process.lineage);
    lineage.into_iter().chain(requester.map(principal)).filter(|who| *who != Digest::NONE).collect()
}

/// What ties the alert to others of its incident.
pub(super) fn ties(state: &HostState, rule: &Behavior, completion: &Completion, draft: &Draft) -> Ties {
    let host = host_id(state, completion);
    let mut ties = Ties::new();
    let mut tie = |kind: u64, what: Digest| {
        let tie = host.and(kind, what);
        if !ties.contains(&tie) && ties.len() < ties.inline_size() {
            ties.push(tie);
        }
    };
    let initiator = match draft.initiator {
        Some(Bound::Process(process)) => Some(process),
        Some(Bound::Remote(remote)) => {
            if let Some(address) = state.remote(remote).and_then(|remote| state.name(remote.address)) {
                tie(10, address.identity);
            }
            None
        }
        // Whoever asked the broker did so as the user that it acted for.
        None => {
            let target = state.process(draft.target);
            let shared = |session: u64| SHARED_SESSIONS.contains(&session);
            let user = target.filter(|target| !target.session.is_some_and(shared)).and_then(|target| target.user);
            if let Some(user) = state.name(user) {
                tie(17, user.identity);
            }
            None
        }
    };
    for id in [initiator, draft.actor, draft.target].into_iter().flatten() {
        let Some(process) = state.process(Some(id)) else { continue };
        let is_broker = |id| rule.os == Os::Windows && state.is_broker(rule.os, id);
        if process.pid == Some(1) || state.is_lineage_root(rule.os, Some(id)) || is_broker(Some(id)) {
            // A service host serves many: only alerts of which it is the victim belong together.
            if draft.target == Some(id) {
                tie(18, Digest::of_number(0, id.number()));
            }
            continue;
        }
        tie(11, Digest::of_number(0, id.number()));
        tie(12, process.lineage);
        // A service that is started anew is the same service.
        let image =
            state.name(process.image).filter(|_| is_broker(process.parent) && !state.is_system(rule.os, process.image));
        if let Some(image) = image {
            tie(16, image.identity);
        }
        let is_shared = |session: &u64| match rule.os {
            Os::Windows => SHARED_SESSIONS.contains(session),
            Os::Linux | Os::Macos => *session == NO_SESSION,
        };
        if let Some(session) = process.session.filter(|session| !is_shared(session)) {
            tie(13, Digest::of_number(0, session));
        }
        match process.requester.map(|request| request.by) {
            Some(Bound::Process(requester)) => tie(11, Digest::of_number(0, requester.number())),
            Some(Bound::Remote(remote)) => {
                if let Some(address) = state.remote(remote).and_then(|remote| state.name(remote.address)) {
                    tie(10, address.identity);
                }
            }
            None => {}
        }
    }
    // Everybody uses what is known as harmless.
    let is_harmless = |reference| state.catalog.reference_names().known_bad(reference).is_none();
    let endpoints = completion.hits.iter().filter_map(|hit| state.endpoint(hit.endpoint));
    for endpoint in endpoints.filter(|endpoint| !endpoint.reference.is_some_and(is_harmless)) {
        tie(14 + ((endpoint.mechanism as u64) << 8), endpoint.identity);
    }
    if let Some(service) = service(state, &completion.hits) {
        tie(15, service);
    }
    ties
}

fn host_id(state: &HostState, completion: &Completion) -> Digest {
    state.host(completion.host).map_or(Digest::NONE, |host| host.id)
}
