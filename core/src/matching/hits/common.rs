//! Common legs that one event met at one anchor.

use super::pool::Linked;
use crate::rules::{BehaviorId, ClauseId};
use crate::util::saved::saved;

/// Common legs that one item holds.
const LEGS: usize = 9;

/// A clause of a behavior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) behavior: BehaviorId,
    pub(super) clause: ClauseId,
}

saved!(Leg { behavior, clause });

/// The common legs that one event met at one anchor.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommonHits {
    /// The number of the event.
    pub(super) event: u32,
    pub(super) next: u32,
    count: u8,
    legs: [Leg; LEGS],
}

impl Linked for CommonHits {
    fn link(&mut self) -> &mut u32 {
        &mut self.next
    }
}

impl CommonHits {
    /// Of an event by its number, before the item of this number.
    pub(super) const fn new(event: u32, next: u32) -> Self {
        Self { event, next, count: 0, legs: [Leg { behavior: 0, clause: 0 }; LEGS] }
    }

    pub(super) fn legs(&self) -> &[Leg] {
        &self.legs[..usize::from(self.count)]
    }

    /// Adds a leg; `false` if there is no room for it.
    pub(super) fn push(&mut self, leg: Leg) -> bool {
        let Some(place) = self.legs.get_mut(usize::from(self.count)) else { return false };
        *place = leg;
        self.count += 1;
        true
    }

    /// Keeps the legs that `keep` gives a new form of.
    pub(super) fn change(&mut self, mut keep: impl FnMut(Leg) -> Option<Leg>) {
        let before = *self;
        self.count = 0;
        for leg in before.legs().iter().filter_map(|leg| keep(*leg)) {
            self.push(leg);
        }
    }
}
