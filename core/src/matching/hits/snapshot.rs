//! Saves partial matches with their hits, and gives them to the behaviors of another catalog.

use alloc::vec::Vec;

use super::{
    AtAnchor, CommonHits, HITS_A_CLAUSE, HitEvent, Leg, NIL, Node, PartialMatch, PartialMatches, Pool, Roles,
    SharedEvent,
};
use crate::rules::{BehaviorId, ClauseId, MAX_CLAUSES};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, small};
use crate::util::table::{Handle, Table};

impl Restored for PartialMatches {
    fn form(schema: Schema) -> Schema {
        let schema = Table::<AtAnchor>::form_of(schema).word("partial matches at anchors 3").number(MAX_CLAUSES as u64);
        schema.of::<HitEvent>().of::<Roles>().of::<(BehaviorId, ClauseId)>()
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { anchors, partials: _, nodes: _, common: _, events, evicted, lost: _, looked_at, live: _ } = self;
        (*evicted, *looked_at).save(out);
        // Events have numbers in the order in which their hits are saved.
        let mut numbers = alloc::vec![NIL; events.len()];
        let mut kept: Vec<u32> = Vec::new();
        let of_table = anchors.values().flat_map(|known| self.partials_at(known.first));
        let of_partials =
            of_table.flat_map(|partial| partial.clauses().flat_map(move |clause| self.ring(partial, clause)));
        let of_common = anchors.values().flat_map(|known| self.common_at(known.common));
        for event in of_partials.map(|node| node.event).chain(of_common.map(|item| item.event)) {
            let number = &mut numbers[event as usize];
            if *number == NIL {
                *number = kept.len() as u32;
                kept.push(event);
            }
        }
        out.count(kept.len());
        kept.iter().for_each(|&event| events[event].event.save(out));
        anchors.store_with(out, |AtAnchor { anchor, first, common, count: _, latest, host }, out| {
            (*anchor, *latest, *host).save(out);
            out.count(self.common_at(*common).count());
            for item in self.common_at(*common) {
                numbers[item.event as usize].save(out);
                out.count(item.legs().len());
                item.legs().iter().for_each(|leg| (leg.behavior(), leg.clause()).save(out));
            }
            out.count(self.partials_at(*first).count());
            for partial in self.partials_at(*first) {
                let PartialMatch { behavior, mask, next: _, counts: _, latest, newest: _ } = partial;
                (*behavior, *mask).save(out);
                latest.save(out);
                for clause in partial.clauses() {
                    (partial.count(clause) as u8).save(out);
                    for Node { event, next: _, clause: _, process_lifetime, roles } in self.ring(partial, clause) {
                        numbers[*event as usize].save(out);
                        (*process_lifetime, *roles).save(out);
                    }
                }
            }
        });
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        (self.evicted, self.looked_at) = Saved::load(from)?;
        from.need(small(self.evicted) && small(self.looked_at), "a counter is too large")?;
        let Self { anchors, partials, nodes, common, events, evicted: _, lost: _, looked_at: _, live: _ } = self;
        let count = from.count()?;
        for _ in 0..count {
            let event = HitEvent::load(from)?;
            from.need(events.has_room(), "more events are kept than the limits allow")?;
            events.put(SharedEvent { event, hits: 0, vacant: NIL });
        }
        anchors.restore_with(from, |from| {
            let (anchor, latest, host) = Saved::load(from)?;
            let mut at_anchor = AtAnchor { latest, ..AtAnchor::new(anchor, host) };
            let mut last = NIL;
            for _ in 0..from.count()? {
                from.need(common.has_room(), "more hits are kept than the limits allow")?;
                let index = common.put(load_common(from, events)?);
                match last {
                    NIL => at_anchor.common = index,
                    last => common[last].next = index,
                }
                last = index;
                at_anchor.count += 1;
            }
            let mut last = NIL;
            for _ in 0..from.count()? {
                from.need(partials.has_room(), "more partial matches are kept than the limits allow")?;
                let index = partials.put(load_partial(from, nodes, events)?);
                match last {
                    NIL => at_anchor.first = index,
                    last => partials[last].next = index,
                }
                last = index;
            }
            Ok(at_anchor)
        })?;
        let all_have_hits = (0..count as u32).all(|event| events[event].hits > 0);
        from.need(all_have_hits, "an event that is kept has no hit")
    }
}

/// Common legs that one of these events met.
fn load_common(from: &mut Reader<'_>, events: &mut Pool<SharedEvent>) -> Result<CommonHits, Fault> {
    let event = u32::load(from)?;
    from.need((event as usize) < events.len(), "a hit is of no event")?;
    events[event].hits += 1;
    let mut item = CommonHits::new(event, NIL);
    for _ in 0..from.count()? {
        let (behavior, clause): (BehaviorId, ClauseId) = Saved::load(from)?;
        let is_clause = usize::from(clause) < MAX_CLAUSES;
        from.need(is_clause && item.push(Leg::new(behavior, clause)), "an event meets too many common legs")?;
    }
    Ok(item)
}

/// A partial match whose hits are of these events.
fn load_partial(
    from: &mut Reader<'_>,
    nodes: &mut Pool<Node>,
    events: &mut Pool<SharedEvent>,
) -> Result<PartialMatch, Fault> {
    let (behavior, mask): (BehaviorId, u16) = Saved::load(from)?;
    let latest = Saved::load(from)?;
    let mut partial = PartialMatch { mask, latest, ..PartialMatch::new(behavior, NIL) };
    for clause in (0..MAX_CLAUSES as ClauseId).filter(|clause| mask >> clause & 1 == 1) {
        let count = usize::from(u8::load(from)?);
        from.need((1..=HITS_A_CLAUSE).contains(&count), "a clause has no such number of hits")?;
        let (mut first, mut last) = (NIL, NIL);
        for _ in 0..count {
            let event = u32::load(from)?;
            let (process_lifetime, roles): (bool, Roles) = Saved::load(from)?;
            from.need((event as usize) < events.len(), "a hit is of no event")?;
            from.need(nodes.has_room(), "more hits are kept than the limits allow")?;
            events[event].hits += 1;
            let index = nodes.put(Node { event, next: NIL, clause, process_lifetime, roles });
            match last {
                NIL => first = index,
                last => nodes[last].next = index,
            }
            last = index;
        }
        nodes[last].next = first;
        partial.newest[usize::from(clause)] = last;
        partial.counts |= (count as u64) << (4 * clause);
    }
    Ok(partial)
}

impl PartialMatches {
    /// Gives the partial matches to other numbers of their behaviors; those of behaviors that have none go, each with a
    /// call of `dropped`.
    pub(crate) fn renumber(
        &mut self,
        number: impl Fn(BehaviorId) -> Option<BehaviorId>,
        mut dropped: impl FnMut(BehaviorId),
    ) {
        let handles: Vec<_> = self.anchors.handles().collect();
        for handle in handles {
            let Some(known) = self.anchors.get_mut(handle) else { continue };
            let mut at = core::mem::replace(&mut known.first, NIL);
            // They stay in their order, so that a restored engine is the same to the byte.
            let (mut first, mut previous) = (NIL, NIL);
            while at != NIL {
                let PartialMatch { behavior, next, .. } = self.partials[at];
                match number(behavior) {
                    Some(new) => {
                        (self.partials[at].behavior, self.partials[at].next) = (new, NIL);
                        match previous {
                            NIL => first = at,
                            previous => self.partials[previous].next = at,
                        }
                        previous = at;
                    }
                    None => {
                        dropped(behavior);
                        self.drop_partial(at);
                    }
                }
                at = next;
            }
            let common = self.renumber_common(handle, &number, &mut dropped);
            if first == NIL && common == NIL {
                self.anchors.remove(handle);
            } else if let Some(known) = self.anchors.get_mut(handle) {
                known.first = first;
            }
        }
    }

    /// As [`Self::renumber`], for the common legs at one anchor. Returns the number of the first item that is left.
    fn renumber_common(
        &mut self,
        handle: Handle,
        number: &impl Fn(BehaviorId) -> Option<BehaviorId>,
        dropped: &mut impl FnMut(BehaviorId),
    ) -> u32 {
        let mut at = self.anchors.get(handle).map_or(NIL, |known| known.common);
        // They stay in their order, of which `latest` is true.
        let (mut first, mut previous, mut count) = (NIL, NIL, 0);
        let mut gone: Vec<BehaviorId> = Vec::new();
        while at != NIL {
            let item = &mut self.common[at];
            let next = item.next;
            item.change(|leg| {
                let new = number(leg.behavior());
                if new.is_none() && !gone.contains(&leg.behavior()) {
                    gone.push(leg.behavior());
                }
                new.map(|behavior| Leg::new(behavior, leg.clause()))
            });
            if item.legs().is_empty() {
                self.drop_common(at);
            } else {
                item.next = NIL;
                match previous {
                    NIL => first = at,
                    previous => self.common[previous].next = at,
                }
                previous = at;
                count += 1;
            }
            at = next;
        }
        gone.into_iter().for_each(dropped);
        if let Some(known) = self.anchors.get_mut(handle) {
            (known.common, known.count) = (first, count);
        }
        first
    }
}
