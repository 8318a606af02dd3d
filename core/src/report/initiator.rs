//! Who is named as the initiator: the requester behind any broker, else the first role that is bound.

use crate::matching::{Bound, Hit};
use crate::rules::{Behavior, RoleId};
use crate::state::{HostState, ProcessId};

/// What the first of these roles that is bound stands for.
pub(super) fn first_bound(roles: &[RoleId], hits: &[Hit]) -> Option<Bound> {
    roles.iter().find_map(|role| hits.iter().find_map(|h| h.role(*role)))
}

/// The initiator, and how sure that is in thousandths. `actor` stands in where no role is bound.
pub(super) fn of(state: &HostState, rule: &Behavior, hits: &[Hit], actor: Option<ProcessId>) -> (Option<Bound>, u16) {
    // Of a process that left no trace but its pid little can be said: another role that is known serves better.
    let is_known = |bound: &Bound| match bound {
        Bound::Process(p) => state.process(Some(*p)).is_some_and(|p| p.image.is_some()),
        Bound::Remote(_) => true,
    };
    let known = rule.initiator.iter().find_map(|role| hits.iter().filter_map(|h| h.role(*role)).find(is_known));
    let named = known.or_else(|| first_bound(&rule.initiator, hits)).or(actor.map(Bound::Process));
    match named {
        Some(Bound::Process(p)) => match state.process(Some(p)).and_then(|p| p.requester) {
            Some(request) if still_known(state, request.by) => (Some(request.by), request.confidence),
            _ => (named, 900),
        },
        other => (other, 800),
    }
}

fn still_known(state: &HostState, who: Bound) -> bool {
    match who {
        Bound::Process(process) => state.process(Some(process)).is_some(),
        Bound::Remote(_) => true,
    }
}
