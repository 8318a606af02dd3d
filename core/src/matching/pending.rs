//! Pending hits: their anchors are known, and they are not kept yet.

use crate::rules::{BehaviorId, ClauseId};
use crate::util::hash::Digest;

/// Digest of an anchor: its kind and what identifies it within the kind.
pub(super) type Anchor = Digest;

/// A hit of one clause at one anchor.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingHit {
    pub(super) behavior: BehaviorId,
    pub(super) clause: ClauseId,
    pub(super) anchor: Anchor,
    /// The hash under which the partial matches at the anchor are kept.
    pub(super) key: u64,
    /// The anchor stands for the late links of a process; see [`super::paths::LateLink`].
    pub(super) waits: bool,
}
