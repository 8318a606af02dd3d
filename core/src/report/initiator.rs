//! Who is named as the initiator: the requester behind any broker, else the first role that is bound.

use smallvec::SmallVec;

use super::evidence_class::clause_class;
use crate::event::Os;
use crate::matching::{Bound, Hit};
use crate::rules::{Behavior, EvidenceClass, RoleId};
use crate::state::{HostId, HostState, MAX_DEPTH, ProcessId};
use crate::time::MINUTE;

/// Most candidates of an alert.
const MOST_CANDIDATES: usize = 4;

/// What the first of these roles that is bound stands for.
pub(super) fn first_bound(roles: &[RoleId], hits: &[Hit]) -> Option<Bound> {
    roles.iter().find_map(|role| hits.iter().find_map(|h| h.role(*role)))
}

/// The initiator, and how sure that is in thousandths. `actor` stands in where no role is bound, unless it is the
/// target.
pub(super) fn of(
    state: &HostState,
    rule: &Behavior,
    hits: &[Hit],
    actor: Option<ProcessId>,
    target: Option<ProcessId>,
) -> (Option<Bound>, u16) {
    let injects =
        |who: Bound| hits.iter().any(|h| clause_class(rule, h) == EvidenceClass::Injection && binds(rule, h, who));
    let answers = |bound: Bound| match bound {
        Bound::Process(p) => match state.process(Some(p)).and_then(|p| p.requester) {
            Some(request) if still_known(state, request.by) => Some((request.by, request.confidence)),
            _ if state.is_broker(Some(p)) && !injects(bound) => None,
            _ => Some((bound, 900)),
        },
        Bound::Remote(_) => Some((bound, 800)),
    };
    // Of a process that left no trace but its pid little can be said: another role that is known serves better.
    // Init starts what others want and adopts their orphans.
    let is_known = |bound: &Bound| match bound {
        Bound::Process(p) => state.process(Some(*p)).is_some_and(|p| p.image.is_some() && p.pid != Some(1)),
        Bound::Remote(_) => true,
    };
    let of = |role: &RoleId| hits.iter().filter_map(|h| h.role(*role)).collect::<SmallVec<[Bound; 8]>>();
    let known = |role: &RoleId| of(role).into_iter().filter(is_known).find_map(answers);
    let any = |role: &RoleId| of(role).into_iter().find_map(answers);
    // What was run is not who had it run.
    let acted = || actor.filter(|a| rule.actor.is_empty() && Some(*a) != target).map(Bound::Process).and_then(answers);
    let roles = || rule.initiator.iter();
    let found = roles().find_map(known).or_else(|| roles().find_map(any)).or_else(acted);
    // Another host's client that no record names may be named by another record.
    let nameless = |(who, _): &(Bound, u16)| matches!(who, Bound::Remote(r) if state.remote(*r).is_none_or(|r| r.address.is_none()));
    let named = |role: &RoleId| {
        of(role).into_iter().filter_map(answers).find(|a| matches!(a.0, Bound::Remote(_)) && !nameless(a))
    };
    let found = match found {
        Some(one) if nameless(&one) => roles().find_map(named).or(Some(one)),
        other => other,
    };
    let (initiator, confidence) = found.map_or((None, 0), |(who, confidence)| (Some(who), confidence));
    let initiator = match initiator {
        Some(Bound::Process(p)) if rule.os == Os::Linux => Some(Bound::Process(behind(state, rule.os, p))),
        other => other,
    };
    (initiator, confidence)
}

/// Who may have asked the broker, where nobody is known to have: who talked to brokers within a minute before, programs
/// that users had just started, other hosts that had just logged on.
pub(super) fn candidates(state: &HostState, host: HostId, hits: &[Hit]) -> SmallVec<[Bound; 4]> {
    let mut found: SmallVec<[Bound; 4]> = SmallVec::new();
    let (Some(host), Some(first)) = (state.host(host), hits.first()) else { return found };
    let (callers, time) = (&host.callers, first.source.time);
    let asked = callers.services.within(time, MINUTE).chain(callers.tasks.within(time, MINUTE));
    let all = asked.chain(callers.remotes.within(time, MINUTE)).chain(callers.starts.within(time, MINUTE));
    for who in all {
        let takes_part = hits.iter().any(|hit| Some(who) == hit.actor.map(Bound::Process));
        if found.len() < MOST_CANDIDATES && !takes_part && !found.contains(&who) && still_known(state, who) {
            found.push(who);
        }
    }
    found
}

/// Why nobody is named.
pub(super) fn reason(state: &HostState, rule: &Behavior, hits: &[Hit]) -> &'static str {
    let bound = || rule.initiator.iter().flat_map(|role| hits.iter().filter_map(|hit| hit.role(*role)));
    let is_broker = |who: Bound| matches!(who, Bound::Process(process) if state.is_broker(Some(process)));
    let parents = || hits.iter().filter_map(|hit| state.parent(hit.actor)).map(Bound::Process);
    if bound().chain(parents()).any(is_broker) {
        "a broker did it for somebody, and no record names who asked it"
    } else {
        "no cited record names who did it"
    }
}

/// Whoever wanted what a process did: up through what only passes it on, to where init, a login or a scheduler begins.
fn behind(state: &HostState, os: Os, process: ProcessId) -> ProcessId {
    let mut at = process;
    for _ in 0..MAX_DEPTH {
        let known = |p: &ProcessId| state.process(Some(*p)).is_some_and(|p| p.image.is_some() && p.pid != Some(1));
        let above = state.parent(Some(at)).filter(|p| known(p) && !state.is_lineage_root(os, Some(*p)));
        match above.filter(|_| state.is_transparent(at)) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}

/// Whether a hit gives somebody a role of the initiator.
fn binds(rule: &Behavior, hit: &Hit, who: Bound) -> bool {
    rule.initiator.iter().any(|role| hit.role(*role) == Some(who))
}

fn still_known(state: &HostState, who: Bound) -> bool {
    match who {
        Bound::Process(process) => state.process(Some(process)).is_some(),
        Bound::Remote(_) => true,
    }
}
