//! `truncated`: whether details of an alert were lost to a memory limit.

use crate::matching::Hit;
use crate::rules::{Behavior, Memory};
use crate::state::{Host, HostState, ProcessId};
use crate::time::Timestamp;

/// A process, a parent or a name is known to have been, but its record had to go.
pub(super) fn is_cut(state: &HostState, hits: &[Hit], participants: &[ProcessId]) -> bool {
    let gone = |id: Option<ProcessId>| id.is_some() && state.process(id).is_none();
    let cut = |id: ProcessId| {
        state.process(Some(id)).is_none_or(|p| {
            gone(p.parent) || state.may_have_lost_parent(p) || (p.image.is_some() && state.text(p.image).is_none())
        })
    };
    hits.iter().any(|h| gone(h.actor) || gone(h.target))
        || participants.iter().any(|&id| cut(id) || state.ancestors(Some(id)).any(cut))
}

/// Whether hits that were evicted may have been evidence of a behavior, the first hit of which is of this time.
pub(super) fn may_lack_hits(host: Option<&Host>, rule: &Behavior, first: Timestamp) -> bool {
    let is_long_term = rule.memory == Memory::LongTerm;
    host.is_some_and(|host| host.loses_much() && host.lost_hits[usize::from(is_long_term)] >= first - rule.window)
}
