//! Saves partial matches with their hits, and gives them to the behaviors of another catalog.

use super::{HITS_A_CLAUSE, Hit, NIL, Node, PartialMatch, PartialMatches, key};
use crate::rules::{BehaviorId, ClauseId, MAX_CLAUSES};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, small};
use crate::util::table::Table;

impl Restored for PartialMatches {
    fn form(schema: Schema) -> Schema {
        let schema = Table::<PartialMatch>::form_of(schema).word("partial match 1").number(MAX_CLAUSES as u64);
        schema.of::<Hit>()
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { table, nodes: _, free: _, node_capacity: _, evicted } = self;
        evicted.save(out);
        table.store_with(out, |partial, out| {
            let PartialMatch { behavior, mask, anchor, counts: _, latest, newest: _ } = partial;
            (*behavior, *mask).save(out);
            (*anchor, *latest).save(out);
            for clause in (0..MAX_CLAUSES as ClauseId).filter(|clause| mask >> clause & 1 == 1) {
                (partial.count(clause) as u8).save(out);
                self.ring(partial, clause).for_each(|hit| hit.save(out));
            }
        });
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        self.evicted = u64::load(from)?;
        from.need(small(self.evicted), "a counter is too large")?;
        let Self { table, nodes, node_capacity, .. } = self;
        table.restore_with(from, |from| {
            let (behavior, mask): (BehaviorId, u16) = Saved::load(from)?;
            let (anchor, latest) = Saved::load(from)?;
            let mut partial = PartialMatch { mask, latest, ..PartialMatch::new(behavior, anchor) };
            for clause in (0..MAX_CLAUSES as ClauseId).filter(|clause| mask >> clause & 1 == 1) {
                let count = usize::from(u8::load(from)?);
                from.need((1..=HITS_A_CLAUSE).contains(&count), "a clause has no such number of hits")?;
                let (mut first, mut last) = (NIL, NIL);
                for _ in 0..count {
                    let hit = Hit::load(from)?;
                    from.need(hit.clause == clause, "a hit is of another clause")?;
                    from.need(nodes.len() < *node_capacity, "more hits are kept than the limits allow")?;
                    let index = nodes.grow(|| Node { hit, next: NIL });
                    nodes[index] = Node { hit, next: NIL };
                    if last == NIL {
                        first = index as u32;
                    } else {
                        nodes[last as usize].next = index as u32;
                    }
                    last = index as u32;
                }
                nodes[last as usize].next = first;
                partial.newest[usize::from(clause)] = last;
                partial.counts |= (count as u64) << (4 * clause);
            }
            Ok(partial)
        })
    }
}

impl PartialMatches {
    /// The hits of a clause, the first one first.
    fn ring<'s>(&'s self, partial: &PartialMatch, clause: ClauseId) -> impl Iterator<Item = &'s Hit> + use<'s> {
        let mut at = partial.newest[usize::from(clause)];
        (0..partial.count(clause)).map(move |_| {
            at = self.node(at).next;
            &self.node(at).hit
        })
    }

    /// Gives the partial matches to other numbers of their behaviors; those of behaviors that have none go, each with a
    /// call of `dropped`.
    pub(crate) fn renumber(
        &mut self,
        number: impl Fn(BehaviorId) -> Option<BehaviorId>,
        mut dropped: impl FnMut(BehaviorId),
    ) {
        let handles: alloc::vec::Vec<_> = self.table.handles().collect();
        let mut moved = alloc::vec::Vec::new();
        for handle in handles {
            let Some(partial) = self.table.get_mut(handle) else { continue };
            let old = partial.behavior;
            match number(old) {
                Some(same) if same == old => {}
                Some(new) => {
                    partial.behavior = new;
                    moved.push((handle, key(new, partial.anchor)));
                }
                None => {
                    dropped(old);
                    let (gone, evicted) = (self.table.remove(handle), self.evicted);
                    self.release(gone);
                    self.evicted = evicted;
                }
            }
        }
        for (handle, key) in moved {
            let gone = self.table.rehash(handle, key);
            self.release(gone);
        }
    }
}
