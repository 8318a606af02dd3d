//! Eviction: removes the entry longest unused of the heaviest quota group of the heaviest host, one that is not preferred
//! unless the preferred ones are more than half of the group.

use super::groups::Queue;
use super::{Handle, Head, NIL, Table};

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
            if oldest == NIL || !self.is_used(oldest) {
                break;
            }
            self.steps += 1;
            self.chances = self.chances.saturating_add(1);
            self.requeue(oldest);
        }
        let index = oldest(self);
        if index == NIL {
            return None;
        }
        let generation = self.cell(index).generation();
        self.remove(Handle { index, generation })
    }

    pub(super) fn enqueue(&mut self, index: u32) {
        self.put_into_queue(index);
        let Head { group, weight, preferred, .. } = *self.head(index);
        self.groups.add(group, weight.into(), preferred);
    }

    /// Puts an entry at the end of its queue.
    pub(super) fn put_into_queue(&mut self, index: u32) {
        self.clear_used(index);
        let Head { group, preferred, .. } = *self.head(index);
        let queue = self.groups.get_mut(group).queue_mut(preferred);
        let newest = core::mem::replace(&mut queue.newest, index);
        if newest == NIL {
            queue.oldest = index;
        } else {
            self.head_mut(newest).newer = index;
        }
        let head = self.head_mut(index);
        (head.older, head.newer) = (newest, NIL);
    }

    /// Moves the oldest entry of a queue to its end.
    fn requeue(&mut self, index: u32) {
        let Head { group, preferred, .. } = *self.head(index);
        let newest = self.groups.get(group).queue(preferred).newest;
        self.clear_used(index);
        if index == newest {
            return;
        }
        let newer = core::mem::replace(&mut self.head_mut(index).newer, NIL);
        self.head_mut(index).older = newest;
        self.head_mut(newer).older = NIL;
        self.head_mut(newest).newer = index;
        *self.groups.get_mut(group).queue_mut(preferred) = Queue { oldest: newer, newest: index };
    }

    pub(super) fn unqueue(&mut self, index: u32) {
        self.take_from_queue(index);
        let Head { group, weight, preferred, .. } = *self.head(index);
        self.groups.subtract(group, weight.into(), preferred);
    }

    pub(super) fn take_from_queue(&mut self, index: u32) {
        let head = *self.head(index);
        if head.newer == NIL {
            self.groups.get_mut(head.group).queue_mut(head.preferred).newest = head.older;
        } else {
            self.head_mut(head.newer).older = head.older;
        }
        if head.older == NIL {
            self.groups.get_mut(head.group).queue_mut(head.preferred).oldest = head.newer;
        } else {
            self.head_mut(head.older).newer = head.newer;
        }
    }
}
