//! Hits on their way to the anchors they are kept at.

use crate::rules::{BehaviorId, ClauseId};
use crate::util::hash::Digest;

/// Stands for an anchor's kind (the first number of each) and what it is.
pub(super) type Anchor = Digest;

/// Where a hit belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingHit {
    pub(super) behavior: BehaviorId,
    pub(super) clause: ClauseId,
    pub(super) anchor: Anchor,
    /// It waits there for a process to be linked to an endpoint.
    pub(super) waits: bool,
}
