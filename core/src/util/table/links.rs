//! The links of a table's entries: the queue that each is in, and whether it was used. They are apart from the entries, so
//! that a walk along a queue touches few cache lines, and their code is the same for tables of any kind.

use alloc::vec::Vec;

use super::groups::{Groups, Queue};
use super::index::NIL;
use crate::util::chunks::Chunks;

/// Places that are added at once.
pub(super) const CHUNK: usize = 256;

/// What the table keeps of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// In two halves, so that no padding is needed.
    hash: [u32; 2],
    /// The next entry of the queue, or the next vacant place.
    pub(super) newer: u32,
    pub(super) older: u32,
    pub(super) group: u32,
    /// What the entry counts for in its quota group.
    pub(super) weight: u16,
    /// Whether it is in its group's queue of preferred entries.
    pub(super) preferred: bool,
}

impl Head {
    pub(super) const VACANT: Self =
        Self { hash: [0; 2], newer: NIL, older: NIL, group: 0, weight: 1, preferred: false };

    pub(super) const fn new(hash: u64) -> Self {
        Self { hash: [hash as u32, (hash >> 32) as u32], ..Self::VACANT }
    }

    pub(super) const fn set_hash(&mut self, hash: u64) {
        self.hash = [hash as u32, (hash >> 32) as u32];
    }

    pub(super) const fn hash(&self) -> u64 {
        (self.hash[1] as u64) << 32 | self.hash[0] as u64
    }
}

/// The links of all places.
#[derive(Debug)]
pub(super) struct Links {
    heads: Chunks<Head, CHUNK>,
    /// Entries that were used since they went to the end of their queue, one bit each. Marking an entry as used touches
    /// no links.
    used: Vec<u64>,
}

impl Links {
    pub(super) const fn new() -> Self {
        Self { heads: Chunks::new(), used: Vec::new() }
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.heads.bytes() + self.used.capacity() * size_of::<u64>()
    }

    /// Places, vacant ones included.
    pub(super) const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Adds the links of one place more.
    pub(super) fn add(&mut self) {
        let place = self.heads.grow(|| Head::VACANT);
        if place.is_multiple_of(CHUNK) {
            self.used.resize((place + CHUNK) / 64, 0);
        }
    }

    pub(super) fn head(&self, place: u32) -> &Head {
        &self.heads[place as usize]
    }

    pub(super) fn head_mut(&mut self, place: u32) -> &mut Head {
        &mut self.heads[place as usize]
    }

    pub(super) fn is_used(&self, place: u32) -> bool {
        self.used[place as usize / 64] >> (place % 64) & 1 == 1
    }

    pub(super) fn set_used(&mut self, place: u32) {
        self.used[place as usize / 64] |= 1 << (place % 64);
    }

    fn clear_used(&mut self, place: u32) {
        self.used[place as usize / 64] &= !(1 << (place % 64));
    }

    /// Puts an entry at the end of its queue, and adds its weight to its group.
    pub(super) fn enqueue(&mut self, groups: &mut Groups, place: u32) {
        self.put_into_queue(groups, place);
        let Head { group, weight, preferred, .. } = *self.head(place);
        groups.add(group, weight.into(), preferred);
    }

    /// Puts an entry at the end of its queue.
    pub(super) fn put_into_queue(&mut self, groups: &mut Groups, place: u32) {
        self.clear_used(place);
        let Head { group, preferred, .. } = *self.head(place);
        let queue = groups.get_mut(group).queue_mut(preferred);
        let newest = core::mem::replace(&mut queue.newest, place);
        if newest == NIL {
            queue.oldest = place;
        } else {
            self.head_mut(newest).newer = place;
        }
        let head = self.head_mut(place);
        (head.older, head.newer) = (newest, NIL);
    }

    /// Moves the oldest entry of a queue to its end.
    pub(super) fn requeue(&mut self, groups: &mut Groups, place: u32) {
        let Head { group, preferred, .. } = *self.head(place);
        let newest = groups.get(group).queue(preferred).newest;
        self.clear_used(place);
        if place == newest {
            return;
        }
        let newer = core::mem::replace(&mut self.head_mut(place).newer, NIL);
        self.head_mut(place).older = newest;
        self.head_mut(newer).older = NIL;
        self.head_mut(newest).newer = place;
        *groups.get_mut(group).queue_mut(preferred) = Queue { oldest: newer, newest: place };
    }

    /// Takes an entry out of its queue, and its weight from its group.
    pub(super) fn unqueue(&mut self, groups: &mut Groups, place: u32) {
        self.take_from_queue(groups, place);
        let Head { group, weight, preferred, .. } = *self.head(place);
        groups.subtract(group, weight.into(), preferred);
    }

    pub(super) fn take_from_queue(&mut self, groups: &mut Groups, place: u32) {
        let head = *self.head(place);
        if head.newer == NIL {
            groups.get_mut(head.group).queue_mut(head.preferred).newest = head.older;
        } else {
            self.head_mut(head.newer).older = head.older;
        }
        if head.older == NIL {
            groups.get_mut(head.group).queue_mut(head.preferred).oldest = head.newer;
        } else {
            self.head_mut(head.older).newer = head.newer;
        }
    }
}
