//! Walks: the paths of a clause to anchors of its behavior's kind. Many clauses share one, which an event goes once.

use alloc::vec::Vec;

use super::{AnchorKind, AnchorPath, Behavior};

/// The number of a walk.
pub(crate) type WalkId = u32;

/// By behavior and clause: the number of its walk.
pub(super) fn walks(behaviors: &[Behavior]) -> Vec<Vec<WalkId>> {
    let mut known: Vec<(AnchorKind, &[AnchorPath])> = Vec::new();
    let mut walks = Vec::new();
    for behavior in behaviors {
        let mut of_behavior = Vec::new();
        for clause in &behavior.clauses {
            let walk = (behavior.anchor, clause.at.as_slice());
            let number = known.iter().position(|k| *k == walk).unwrap_or(known.len());
            if number == known.len() {
                known.push(walk);
            }
            of_behavior.push(number as WalkId);
        }
        walks.push(of_behavior);
    }
    walks
}
