//! Eviction: removes the entry longest unused of the heaviest quota group of the heaviest host, one that is not preferred
//! unless the preferred ones are more than half of the group.

use super::Table;
use super::groups::Queue;
use super::index::NIL;
use super::places::Head;

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
            if oldest == NIL || !self.places.is_used(oldest) {
                break;
            }
            self.steps += 1;
            self.chances = self.chances.saturating_add(1);
            self.requeue(oldest);
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
            *steps += index.end_split(|place| places.head(place).hash());
            in_the_way = index.in_the_way(hash);
        }
        let first = in_the_way.into_iter().max_by_key(|&place| {
            let head = self.places.head(place);
            let is_next = head.preferred == self.groups.get(head.group).gives_preferred();
            (self.groups.weights(head.group), is_next, !self.places.is_used(place))
        })?;
        self.steps += 1;
        self.remove(self.places.handle(first))
    }

    pub(super) fn enqueue(&mut self, place: u32) {
        self.put_into_queue(place);
        let Head { group, weight, preferred, .. } = *self.places.head(place);
        self.groups.add(group, weight.into(), preferred);
    }

    /// Puts an entry at the end of its queue.
    pub(super) fn put_into_queue(&mut self, place: u32) {
        self.places.clear_used(place);
        let Head { group, preferred, .. } = *self.places.head(place);
        let queue = self.groups.get_mut(group).queue_mut(preferred);
        let newest = core::mem::replace(&mut queue.newest, place);
        if newest == NIL {
            queue.oldest = place;
        } else {
            self.places.head_mut(newest).newer = place;
        }
        let head = self.places.head_mut(place);
        (head.older, head.newer) = (newest, NIL);
    }

    /// Moves the oldest entry of a queue to its end.
    fn requeue(&mut self, place: u32) {
        let Head { group, preferred, .. } = *self.places.head(place);
        let newest = self.groups.get(group).queue(preferred).newest;
        self.places.clear_used(place);
        if place == newest {
            return;
        }
        let newer = core::mem::replace(&mut self.places.head_mut(place).newer, NIL);
        self.places.head_mut(place).older = newest;
        self.places.head_mut(newer).older = NIL;
        self.places.head_mut(newest).newer = place;
        *self.groups.get_mut(group).queue_mut(preferred) = Queue { oldest: newer, newest: place };
    }

    pub(super) fn unqueue(&mut self, place: u32) {
        self.take_from_queue(place);
        let Head { group, weight, preferred, .. } = *self.places.head(place);
        self.groups.subtract(group, weight.into(), preferred);
    }

    pub(super) fn take_from_queue(&mut self, place: u32) {
        let head = *self.places.head(place);
        if head.newer == NIL {
            self.groups.get_mut(head.group).queue_mut(head.preferred).newest = head.older;
        } else {
            self.places.head_mut(head.newer).older = head.older;
        }
        if head.older == NIL {
            self.groups.get_mut(head.group).queue_mut(head.preferred).oldest = head.newer;
        } else {
            self.places.head_mut(head.older).newer = head.newer;
        }
    }
}
