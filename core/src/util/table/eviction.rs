//! Eviction: removes the entry longest unused of the heaviest quota group of the heaviest host.

use super::{Handle, NIL, Table};

/// Entries that an eviction passes over at most.
const SECOND_CHANCES: u32 = 8;

impl<V> Table<V> {
    /// Removes the entry longest unused of the heaviest quota group of the heaviest host. A second chance approximates
    /// the order of use.
    pub(crate) fn evict(&mut self) -> Option<V> {
        self.steps += 1;
        let group = self.groups.heaviest()?;
        // Entries that were used since they were queued get a second chance.
        for _ in 0..SECOND_CHANCES {
            let oldest = self.groups.get(group).oldest;
            if oldest == NIL || !self.is_used(oldest) {
                break;
            }
            self.steps += 1;
            self.requeue(group);
        }
        let index = self.groups.get(group).oldest;
        if index == NIL {
            return None;
        }
        let generation = self.cell(index).generation();
        self.remove(Handle { index, generation })
    }

    pub(super) fn enqueue(&mut self, index: u32) {
        self.clear_used(index);
        let (group, weight) = (self.head(index).group, self.head(index).weight);
        let queue = self.groups.get_mut(group);
        let newest = core::mem::replace(&mut queue.newest, index);
        if newest == NIL {
            queue.oldest = index;
        } else {
            self.head_mut(newest).newer = index;
        }
        let head = self.head_mut(index);
        (head.older, head.newer) = (newest, NIL);
        self.groups.add(group, weight.into());
    }

    /// Moves the oldest entry of a queue to its end.
    fn requeue(&mut self, group: u32) {
        let queue = *self.groups.get(group);
        let (index, newest) = (queue.oldest, queue.newest);
        self.clear_used(index);
        if index == newest {
            return;
        }
        let newer = core::mem::replace(&mut self.head_mut(index).newer, NIL);
        self.head_mut(index).older = newest;
        self.head_mut(newer).older = NIL;
        self.head_mut(newest).newer = index;
        let queue = self.groups.get_mut(group);
        (queue.oldest, queue.newest) = (newer, index);
    }

    pub(super) fn unqueue(&mut self, index: u32) {
        let head = *self.head(index);
        if head.newer == NIL {
            self.groups.get_mut(head.group).newest = head.older;
        } else {
            self.head_mut(head.newer).older = head.older;
        }
        if head.older == NIL {
            self.groups.get_mut(head.group).oldest = head.newer;
        } else {
            self.head_mut(head.older).newer = head.newer;
        }
        self.groups.subtract(head.group, head.weight.into());
    }
}
