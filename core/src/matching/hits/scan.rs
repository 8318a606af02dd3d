//! All that is kept, looked through at once: for questions that somebody asks, never for an event.

use smallvec::SmallVec;

use super::{Hit, PartialMatches};
use crate::rules::{Behavior, BehaviorId};
use crate::util::sort::sort_by_key;

impl PartialMatches {
    /// Gives the hits of each behavior at each anchor, in order of time, where `wants` its clauses with a hit. Common legs
    /// alone are no partial match.
    pub(in super::super) fn each(
        &self,
        behaviors: &[Behavior],
        wants: &dyn Fn(BehaviorId, u16) -> bool,
        each: &mut dyn FnMut(BehaviorId, SmallVec<[Hit; 16]>),
    ) {
        for known in self.anchors.handles().filter_map(|handle| self.anchors.get(handle)) {
            for partial in self.partials_at(known.first) {
                let Some(rule) = behaviors.get(usize::from(partial.behavior)) else { continue };
                if !wants(partial.behavior, partial.mask | self.common_mask(known.common, partial.behavior)) {
                    continue;
                }
                let mut hits: SmallVec<[Hit; 16]> = SmallVec::new();
                for clause in partial.clauses() {
                    hits.extend(self.ring(partial, clause).map(|node| self.hit(node)));
                }
                self.common_hits(known.common, partial.behavior, rule, &mut hits);
                sort_by_key(&mut hits, |hit| (hit.order(), hit.clause));
                each(partial.behavior, hits);
            }
        }
    }

    /// Gives every event that is kept, once for each place where it is, with the behavior that keeps it.
    pub(in super::super) fn each_event(&self, behaviors: &[Behavior], each: &mut dyn FnMut(BehaviorId, &Hit)) {
        self.each(behaviors, &|_, _| true, &mut |behavior, hits| hits.iter().for_each(|hit| each(behavior, hit)));
        // Common legs that no partial match has use for.
        for known in self.anchors.handles().filter_map(|handle| self.anchors.get(handle)) {
            for item in self.common_at(known.common) {
                if let Some(leg) = item.legs().first() {
                    let event = self.events[item.event].event;
                    let hit = Hit { event, clause: leg.clause(), roles: Default::default(), process_lifetime: false };
                    each(leg.behavior(), &hit);
                }
            }
        }
    }
}
