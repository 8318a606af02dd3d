//! Eviction: removes the entry longest unused of the heaviest quota group of the heaviest host group.

use super::{ACTOR_GROUPS, Handle, NIL, Queue, Table};

/// Entries that an eviction passes over at most.
const SECOND_CHANCES: u32 = 8;
/// Evictions from one quota group before the heaviest is determined again.
const EVICTIONS_A_GROUP: u8 = 16;

impl<V> Table<V> {
    /// Removes the entry longest unused of the heaviest quota group of the heaviest host group. A second chance
    /// approximates the order of use.
    pub(crate) fn evict(&mut self) -> Option<V> {
        self.steps += 1;
        let queue = self.heaviest();
        // Entries that were used since they were queued get a second chance.
        for _ in 0..SECOND_CHANCES {
            let oldest = self.queues[queue].oldest;
            if oldest == NIL || !self.is_used(oldest) {
                break;
            }
            self.steps += 1;
            self.requeue(queue);
        }
        let index = self.queues[queue].oldest;
        if index == NIL {
            return None;
        }
        let generation = self.cell(index).generation();
        self.remove(Handle { index, generation })
    }

    /// The heaviest queue, as determined at most [`EVICTIONS_A_GROUP`] evictions ago.
    pub(super) fn heaviest(&mut self) -> usize {
        let (mut queue, mut left) = self.victim;
        if left == 0 || self.queues[queue].count == 0 {
            let host = first_of_greatest(self.host_counts.iter().copied());
            let of_host = &self.queues[host * ACTOR_GROUPS..][..ACTOR_GROUPS];
            queue = host * ACTOR_GROUPS + first_of_greatest(of_host.iter().map(|q| q.count));
            left = EVICTIONS_A_GROUP;
        }
        self.victim = (queue, left - 1);
        queue
    }

    pub(super) fn enqueue(&mut self, index: u32) {
        let quota_group = self.head(index).quota_group.0 as usize;
        let newest = self.queues[quota_group].newest;
        self.clear_used(index);
        let head = self.head_mut(index);
        head.older = newest;
        head.newer = NIL;
        if newest == NIL {
            self.queues[quota_group].oldest = index;
        } else {
            self.head_mut(newest).newer = index;
        }
        self.queues[quota_group].newest = index;
        self.queues[quota_group].count += 1;
        self.host_counts[quota_group / ACTOR_GROUPS] += 1;
    }

    /// Moves the oldest entry of a queue to its end.
    pub(super) fn requeue(&mut self, queue: usize) {
        let Queue { oldest: index, newest, .. } = self.queues[queue];
        self.clear_used(index);
        if index == newest {
            return;
        }
        let newer = core::mem::replace(&mut self.head_mut(index).newer, NIL);
        self.head_mut(index).older = newest;
        self.head_mut(newer).older = NIL;
        self.head_mut(newest).newer = index;
        self.queues[queue].oldest = newer;
        self.queues[queue].newest = index;
    }

    pub(super) fn unqueue(&mut self, index: u32) {
        let (quota_group, newer, older) = {
            let head = self.head(index);
            (head.quota_group.0 as usize, head.newer, head.older)
        };
        if newer == NIL {
            self.queues[quota_group].newest = older
        } else {
            self.head_mut(newer).older = older
        }
        if older == NIL {
            self.queues[quota_group].oldest = newer
        } else {
            self.head_mut(older).newer = newer
        }
        self.queues[quota_group].count -= 1;
        self.host_counts[quota_group / ACTOR_GROUPS] -= 1;
    }
}

fn first_of_greatest(counts: impl Iterator<Item = u32>) -> usize {
    let (mut first, mut greatest) = (0, 0);
    for (n, count) in counts.enumerate() {
        if count > greatest {
            (first, greatest) = (n, count);
        }
    }
    first
}
