//! `truncated`: whether details of an alert were lost to a memory limit.

use crate::matching::Hit;
use crate::state::{HostState, ProcessId};

/// A process, a parent or a name is known to have been, but its record had to go.
pub(super) fn is_cut(state: &HostState, hits: &[Hit], participants: &[ProcessId]) -> bool {
    let gone = |id: Option<ProcessId>| id.is_some() && state.process(id).is_none();
    let cut = |id: ProcessId| {
        state.process(Some(id)).is_none_or(|p| gone(p.parent) || (p.image.is_some() && state.text(p.image).is_none()))
    };
    hits.iter().any(|h| gone(h.actor) || gone(h.target))
        || participants.iter().any(|&id| cut(id) || state.ancestors(Some(id)).any(cut))
}
