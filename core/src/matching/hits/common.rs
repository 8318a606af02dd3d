//! Common legs that one event met at one anchor.

use super::pool::Linked;
use crate::rules::{BehaviorId, ClauseId};

/// Common legs that one item holds.
const LEGS: usize = 9;

/// A clause of a behavior, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg(u32);

impl Leg {
    /// No clause; it stands in places that are not used.
    const NONE: Self = Self(u32::MAX);

    pub(super) const fn new(behavior: BehaviorId, clause: ClauseId) -> Self {
        Self((behavior as u32) << 8 | clause as u32)
    }

    pub(super) const fn behavior(self) -> BehaviorId {
        (self.0 >> 8) as BehaviorId
    }

    pub(super) const fn clause(self) -> ClauseId {
        self.0 as ClauseId
    }
}

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
        Self { event, next, count: 0, legs: [Leg::NONE; LEGS] }
    }

    pub(super) fn legs(&self) -> &[Leg] {
        &self.legs[..usize::from(self.count)]
    }

    /// Whether it has a leg. All places are compared, without a branch for each.
    pub(super) fn has(&self, leg: Leg) -> bool {
        self.legs.iter().fold(false, |has, known| has | (*known == leg))
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
        (self.count, self.legs) = (0, [Leg::NONE; LEGS]);
        for leg in before.legs().iter().filter_map(|leg| keep(*leg)) {
            self.push(leg);
        }
    }
}
