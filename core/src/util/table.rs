//! The bounded container of all state: a hash table of fixed capacity with fair eviction in constant time.
//!
//! Entries live in [places], so growth never copies them, and are found through an [index] that reads two buckets at
//! most. Every entry belongs to a *quota group* (a host, and some of its actors). If the table is full, the entry longest
//! unused of the heaviest quota group of the heaviest host is evicted. So a flooding host or process evicts its own
//! entries first, and a host that has less than the others loses nothing. Within a group, entries that are
//! [preferred](Table::prefer) outlive the others as long as they are no more than half of the group. If both buckets of
//! a hash are full, the entry that is to go is sought among some of those there.

mod eviction;
mod groups;
mod index;
mod links;
mod places;
mod snapshot;
#[cfg(test)]
mod tests;

use groups::Groups;
use index::{Index, NIL};
use links::{CHUNK, Head};
use places::Places;

pub(crate) use groups::{QuotaGroup, weight};
pub(crate) use places::Handle;

/// Entries that are prefetched at once.
pub(crate) const PREFETCHED: usize = 4;
/// Buckets that are added at once.
const BUCKET_CHUNK: usize = 64;
/// For each so many entries there is always room for a group. There are more groups where entries leave room.
const ENTRIES_A_GROUP: usize = 6;

/// A bounded table; see the [module](self).
#[derive(Debug)]
pub(crate) struct Table<V> {
    places: Places<V>,
    index: Index<BUCKET_CHUNK>,
    groups: Groups,
    /// Bytes that the table may own.
    budget: usize,
    /// Table steps taken since the last [`Table::take_steps`], and second chances given since.
    steps: u64,
    chances: u8,
}

impl<V> Table<V> {
    /// Bytes that a few entries need beyond their own: parts of chunks.
    const FIXED: usize = 8192;
    /// Bytes of an entry with its links.
    const ENTRY_BYTES: usize = Places::<V>::PLACE_BYTES + Index::<BUCKET_CHUNK>::ENTRY_BYTES;

    /// A table that owns at most `bytes`, what entries own on the heap excepted.
    pub(crate) const fn with_bytes(bytes: usize) -> Self {
        Self { places: Places::new(), index: Index::new(), groups: Groups::new(), budget: bytes, steps: 0, chances: 0 }
    }

    /// Bytes owned, what entries own on the heap excepted.
    pub(crate) fn bytes(&self) -> usize {
        self.places.bytes() + self.index.bytes() + self.groups.bytes()
    }

    /// Steps taken since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.chances = 0;
        core::mem::replace(&mut self.steps, 0)
    }

    /// All entries in order of their places. It is a full scan, for rare use.
    pub(crate) fn handles(&self) -> impl Iterator<Item = Handle> + '_ {
        self.entries().map(|(handle, _)| handle)
    }

    /// All entries with their handles, in order of their places. It is a full scan, for rare use.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Handle, &V)> + '_ {
        self.places.entries()
    }

    /// The entry at a place.
    pub(crate) fn at(&self, place: u32) -> Option<Handle> {
        self.places.entry(place).map(|(handle, _)| handle)
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&V> {
        self.places.get(handle)
    }

    pub(crate) fn get_mut(&mut self, handle: Handle) -> Option<&mut V> {
        self.places.get_mut(handle)
    }

    /// The entry of this hash for which `is` holds; marks it as used.
    pub(crate) fn find(&mut self, hash: u64, mut is: impl FnMut(&V) -> bool) -> Option<Handle> {
        let Self { places, index, steps, .. } = self;
        let place = index.find(hash, steps, |place| places.value(place).is_some_and(&mut is))?;
        places.links.set_used(place);
        Some(places.handle(place))
    }

    /// The entry of this hash for which `is` holds, without marking it as used.
    pub(crate) fn peek(&self, hash: u64, is: impl Fn(&V) -> bool) -> Option<&V> {
        let place = self.index.find(hash, &mut 0, |place| self.places.value(place).is_some_and(&is))?;
        self.places.value(place)
    }

    /// Prefetches the first entries of these hashes. The loads do not depend on one another, so their cache misses
    /// overlap instead of following one another in the lookups.
    pub(crate) fn prefetch(&self, hashes: &[u64]) {
        for group in hashes.chunks(PREFETCHED) {
            let mut likely = [None; PREFETCHED];
            likely.iter_mut().zip(group).for_each(|(place, hash)| *place = self.index.likely(*hash));
            let known = likely.iter().flatten();
            core::hint::black_box(known.fold(0, |all, &place| all ^ self.places.generation(place).get()));
        }
    }

    /// Marks an entry as used; `false` if it is gone.
    pub(crate) fn touch(&mut self, handle: Handle) -> bool {
        let lives = self.get(handle).is_some();
        if lives {
            self.places.links.set_used(handle.place);
        }
        lives
    }

    /// Marks an entry as used if it is not gone and `is` holds for it. Returns whether it did.
    pub(crate) fn find_again(&mut self, handle: Handle, is: impl FnOnce(&V) -> bool) -> bool {
        self.steps += 1;
        let is_it = self.get(handle).is_some_and(is);
        if is_it {
            self.places.links.set_used(handle.place);
        }
        is_it
    }

    /// Adds an entry, even if there is one of that hash. Returns the entry that was evicted for it.
    pub(crate) fn insert(&mut self, hash: u64, quota_group: QuotaGroup, value: V) -> (Handle, Option<V>) {
        let Self { places, index, steps, .. } = self;
        *steps += 1 + index.grow(places.taken(), |place| places.links.head(place).hash());
        let mut evicted = self.make_way(hash);
        if evicted.is_none() && self.places.free() == NIL && !self.may_grow() {
            evicted = self.evict();
        }
        let before = self.places.len();
        let handle = self.places.put(Head::new(hash), value);
        if before != self.places.len() && before.is_multiple_of(CHUNK) {
            self.allow_groups();
        }
        self.places.links.head_mut(handle.place).group = self.groups.of(quota_group, &mut self.steps);
        self.index.link(hash, handle.place);
        self.places.links.enqueue(&mut self.groups, handle.place);
        (handle, evicted)
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, handle: Handle) -> Option<V> {
        self.get(handle)?;
        self.index.unlink(self.places.links.head(handle.place).hash(), handle.place);
        self.places.links.unqueue(&mut self.groups, handle.place);
        self.places.vacate(handle.place)
    }

    /// Gives an entry another hash. Returns the entry that was evicted from the buckets for it.
    pub(crate) fn rehash(&mut self, handle: Handle, hash: u64) -> Option<V> {
        self.get(handle)?;
        self.index.unlink(self.places.links.head(handle.place).hash(), handle.place);
        // The entry itself is in no bucket now, so it is not evicted.
        let evicted = self.make_way(hash);
        self.places.links.head_mut(handle.place).set_hash(hash);
        self.index.link(hash, handle.place);
        evicted
    }

    /// Whether there is room for one more place. Some of the room is kept for the groups of hosts that are yet to come.
    const fn may_grow(&self) -> bool {
        let places = self.places.len();
        if !places.is_multiple_of(CHUNK) || places == 0 {
            return true;
        }
        let grown = places + CHUNK;
        let for_groups = grown / ENTRIES_A_GROUP * Groups::GROUP_BYTES;
        let groups = if self.groups.claimed() > for_groups { self.groups.claimed() } else { for_groups };
        grown <= index::MOST && Self::FIXED + grown * Self::ENTRY_BYTES + groups <= self.budget
    }

    /// Lets groups use what the entries leave.
    const fn allow_groups(&mut self) {
        let places = self.places.len().next_multiple_of(CHUNK);
        let kept = places / ENTRIES_A_GROUP * Groups::GROUP_BYTES + Self::FIXED;
        let left = self.budget.saturating_sub(Self::FIXED + places * Self::ENTRY_BYTES);
        self.groups.allow(if left > kept { left } else { kept });
    }

    /// Sets what an entry counts for in its quota group, the new one being 1.
    pub(crate) fn weigh(&mut self, handle: Handle, weight: u16) {
        if self.get(handle).is_none() {
            return;
        }
        let Head { group, weight: before, preferred, .. } = *self.places.links.head(handle.place);
        if weight != before {
            self.groups.add(group, weight.into(), preferred);
            self.groups.subtract(group, before.into(), preferred);
            self.places.links.head_mut(handle.place).weight = weight;
        }
    }

    /// Whether an entry is preferred, or gone.
    pub(crate) fn is_preferred(&self, handle: Handle) -> bool {
        self.get(handle).is_none() || self.places.links.head(handle.place).preferred
    }

    /// Prefers an entry: it outlives the other entries of its quota group. `false` if it was preferred before, or is
    /// gone.
    pub(crate) fn prefer(&mut self, handle: Handle) -> bool {
        if self.is_preferred(handle) {
            return false;
        }
        self.steps += 1;
        self.places.links.take_from_queue(&mut self.groups, handle.place);
        let head = self.places.links.head_mut(handle.place);
        head.preferred = true;
        let Head { group, weight, .. } = *head;
        self.groups.get_mut(group).preferred_weight += u64::from(weight);
        self.places.links.put_into_queue(&mut self.groups, handle.place);
        true
    }
}
