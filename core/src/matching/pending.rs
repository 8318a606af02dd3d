//! Hits on their way to the anchors they are kept at.

use crate::rules::{BehaviorId, ClauseId};

/// Identity of an anchor: hash of its kind and of what it is.
pub(super) type Anchor = u64;

/// Where a hit belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingHit {
    pub(super) behavior: BehaviorId,
    pub(super) clause: ClauseId,
    pub(super) anchor: Anchor,
    /// It waits there for a process to be linked to an endpoint.
    pub(super) waits: bool,
}
