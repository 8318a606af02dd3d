//! Hits of common legs: clauses that many events meet and that complete nothing without a hit of another clause.
//!
//! Those of one event at one anchor are kept as one item, whichever behaviors they are of. They become hits when a hit of
//! another clause asks for them.

use super::common::{CommonHits, Leg};
use super::pool::NIL;
use super::{AtAnchor, Bound, HITS_A_CLAUSE, Hit, HitEvent, Hits, LastKept, PartialMatches, ROLES_A_CLAUSE, Roles};
use crate::rules::{Behavior, BehaviorId, BindFrom, Clause, Subject};
use crate::util::table::Handle;

/// The roles that a clause binds by a hit of this event.
fn roles(clause: &Clause, event: &HitEvent) -> Roles {
    let mut roles = [None; ROLES_A_CLAUSE];
    for (slot, (role, from)) in roles.iter_mut().zip(&clause.bind) {
        let process = match from {
            BindFrom::Process(Subject::Actor) => event.actor,
            BindFrom::Process(Subject::Parent) => event.parent,
            BindFrom::Process(Subject::Target) => event.target,
            _ => None,
        };
        *slot = process.map(|process| (*role, Bound::Process(process)));
    }
    roles
}

impl PartialMatches {
    /// Keeps a hit of a common leg at an anchor. Returns the mask of the behavior's clauses with a hit if any of them is
    /// of another kind; `None` too if the hit of this record was there already.
    pub(super) fn add_common(&mut self, handle: Handle, leg: Leg, hit: &Hit, last: &mut LastKept) -> Option<u16> {
        let &AtAnchor { first, common, count, latest, .. } = self.anchors.get(handle)?;
        let newest = (common != NIL).then(|| self.common[common].event);
        let is_of_event = newest.is_some() && newest == last.event;
        // The other items at the anchor, and the time that none of them is later than.
        let (others, latest) = match newest {
            Some(_) if is_of_event => (count - 1, latest),
            Some(newest) => (count, latest.max(self.events[newest].event.source.time)),
            None => (0, latest),
        };
        // Most events come in order, to anchors with few hits; only the others look at each of these.
        let is_usual = hit.source.time > latest && others < HITS_A_CLAUSE as u32;
        if !is_usual && !self.gives_way(handle, leg, hit, last) {
            return None;
        }
        if !(is_of_event && self.common[common].push(leg)) {
            let event = self.event_of(hit, last);
            let known = self.anchors.get_mut(handle)?;
            let mut item = CommonHits::new(event, known.common);
            item.push(leg);
            known.common = self.common.put(item);
            (known.count, known.latest) = (known.count + 1, latest);
        }
        if first == NIL {
            return None;
        }
        let known = self.anchors.get(handle)?;
        let partial = self.partials_at(known.first).find(|partial| partial.behavior == leg.behavior())?;
        Some(partial.mask | self.common_mask(known.common, leg.behavior()))
    }

    /// Makes room for one more hit of a common leg, of which only the last few are kept. `false` if the hit of this
    /// record is there already or is older than all of them.
    fn gives_way(&mut self, handle: Handle, leg: Leg, hit: &Hit, last: &LastKept) -> bool {
        let (mut count, mut looked_at, mut is_there) = (0, 0, false);
        // Of the items with the leg the oldest: its number, that of the item before it in the list, and its event.
        let mut oldest: Option<(u32, u32, &HitEvent)> = None;
        let mut at = self.anchors.get(handle).map_or(NIL, |known| known.common);
        let mut before = NIL;
        while at != NIL {
            looked_at += 1;
            let item = &self.common[at];
            if item.has(leg) {
                let event = &self.events[item.event].event;
                if Some(item.event) == last.event || event.source == hit.source && event.actor == hit.actor {
                    is_there = true;
                    break;
                }
                if oldest.is_none_or(|(.., known)| event.order() < known.order()) {
                    oldest = Some((at, before, event));
                }
                count += 1;
                // No leg has more.
                if count == HITS_A_CLAUSE {
                    break;
                }
            }
            (before, at) = (at, item.next);
        }
        let oldest = oldest.filter(|_| count == HITS_A_CLAUSE);
        let oldest = oldest.map(|(at, before, event)| (at, before, hit.order() <= event.order()));
        self.looked_at += looked_at;
        match oldest {
            _ if is_there => return false,
            None => {}
            Some((_, _, true)) => return false,
            Some((oldest, before, false)) => {
                let item = &mut self.common[oldest];
                item.change(|known| (known != leg).then_some(known));
                if item.legs().is_empty() {
                    self.unlink_common(handle, oldest, before);
                }
            }
        }
        true
    }

    /// Drops an item that has no legs any more. `before` is the one before it in the list.
    fn unlink_common(&mut self, handle: Handle, gone: u32, before: u32) {
        let next = self.drop_common(gone);
        let Some(known) = self.anchors.get_mut(handle) else { return };
        known.count -= 1;
        match before {
            NIL => known.common = next,
            before => self.common[before].next = next,
        }
    }

    /// Drops an item. Returns the one that followed it.
    pub(super) fn drop_common(&mut self, index: u32) -> u32 {
        let CommonHits { event, next, .. } = self.common[index];
        self.common.give_back(index);
        self.drop_hit_of(event);
        next
    }

    /// The items at an anchor, by the number of the first.
    pub(super) fn common_at(&self, first: u32) -> impl Iterator<Item = &CommonHits> {
        let mut at = first;
        core::iter::from_fn(move || {
            let item = (at != NIL).then(|| &self.common[at])?;
            at = item.next;
            Some(item)
        })
    }

    /// The common legs of a behavior with a hit, by the number of the first item.
    pub(super) fn common_mask(&self, first: u32, behavior: BehaviorId) -> u16 {
        let mut mask = 0;
        let mut at = first;
        while at != NIL {
            let item = &self.common[at];
            for leg in item.legs().iter().filter(|leg| leg.behavior() == behavior) {
                mask |= 1 << leg.clause();
            }
            at = item.next;
        }
        mask
    }

    /// Adds the hits of a behavior's common legs.
    pub(super) fn common_hits(&self, first: u32, behavior: BehaviorId, rule: &Behavior, hits: &mut Hits) {
        for item in self.common_at(first) {
            for leg in item.legs().iter().filter(|leg| leg.behavior() == behavior) {
                let Some(clause) = rule.clauses.get(usize::from(leg.clause())) else { continue };
                let event = self.events[item.event].event;
                let roles = roles(clause, &event);
                hits.push(Hit { event, clause: leg.clause(), roles, process_lifetime: false });
            }
        }
    }
}
