//! Eviction: removes the entry longest unused of the heaviest quota group of the heaviest host, one that is not preferred
//! unless the preferred ones are more than half of the group.

use super::Table;
use super::index::NIL;

/// Entries that the first eviction of an event passes over at most, and that all of them do beside one each.
const SECOND_CHANCES: u8 = 8;

impl<V> Table<V> {
    /// Removes the entry longest unused of the heaviest quota group of the heaviest host. A second chance approximates
    /// the order of use.
    pub(crate) fn evict(&mut self) -> Option<V> {
        self.steps += 1;
        let group = self.groups.heaviest()?;
        let preferred = self.groups.get(group).gives_preferred();
        let oldest = |table: &Self| table.groups.get(group).queue(preferred).oldest;
        // Entries that were used since they were queued get a second chance.
        for _ in 0..SECOND_CHANCES.saturating_sub(self.chances).max(1) {
            let oldest = oldest(self);
            if oldest == NIL || !self.places.links.is_used(oldest) {
                break;
            }
            self.steps += 1;
            self.chances = self.chances.saturating_add(1);
            self.places.links.requeue(&mut self.groups, oldest);
        }
        let place = oldest(self);
        if place == NIL {
            return None;
        }
        self.remove(self.places.handle(place))
    }

    /// Makes room in the buckets of a hash: evicts the one of some entries there that would be evicted first if the
    /// whole table were full.
    pub(super) fn make_way(&mut self, hash: u64) -> Option<V> {
        let Self { places, index, steps, .. } = self;
        let mut in_the_way = index.in_the_way(hash);
        if !in_the_way.is_empty() && index.is_splitting() {
            *steps += index.end_split(|place| places.links.head(place).hash());
            in_the_way = index.in_the_way(hash);
        }
        let first = in_the_way.into_iter().max_by_key(|&place| {
            let head = self.places.links.head(place);
            let is_next = head.preferred == self.groups.get(head.group).gives_preferred();
            (self.groups.weights(head.group), is_next, !self.places.links.is_used(place))
        })?;
        self.steps += 1;
        self.remove(self.places.handle(first))
    }
}
