//! The bounded container of all state: a hash table of fixed capacity with fair eviction in constant time.
//!
//! Entries live in chunks, so growth never copies them. The index grows by linear hashing, two buckets an insertion, so
//! no rehash stalls it. Every entry belongs to a *quota group* (a host, and some of its actors). If the table is full,
//! the entry longest unused of the heaviest quota group of the heaviest host is evicted. So a flooding host or process
//! evicts its own entries first, and a host that has less than the others loses nothing. Within a group, entries that
//! are [preferred](Table::prefer) outlive the others as long as they are no more than half of the group.

mod buckets;
mod eviction;
mod groups;
mod snapshot;

use alloc::vec::Vec;
use core::num::NonZeroU32;

use buckets::{Buckets, NIL};
use groups::Groups;

use crate::util::chunks::Chunks;
use crate::util::saved::saved;

pub(crate) use groups::{QuotaGroup, weight};

/// Entries that are prefetched at once.
const PREFETCHED: usize = 4;
const CHUNK: usize = 256;
const BUCKET_CHUNK: usize = 1024;
/// Buckets for each entry. With two, chains are short, and most lookups of absent entries end at the bucket.
const BUCKETS_AN_ENTRY: usize = 2;
/// Most entries of one chain. With a uniform hash less than one bucket in a billion would need more; an attacker who
/// crafts a longer chain evicts only entries of that chain. No lookup takes more steps than this.
const LONGEST_CHAIN: u8 = 10;
/// For each so many entries there is always room for a group. There are more groups where entries leave room.
const ENTRIES_A_GROUP: usize = 6;

/// Refers to an entry; to nothing once the entry is gone, even if another entry has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Handle {
    index: u32,
    /// Never zero, so that an `Option` of a handle is no larger than a handle.
    generation: NonZeroU32,
}

saved!(Handle { index, generation });

impl Handle {
    /// A number that is unique among present and past entries of one table, until 32-bit generations wrap.
    pub(crate) const fn number(self) -> u64 {
        (self.generation.get() as u64) << 32 | self.index as u64
    }

    /// The place of its entry in the table, which a later entry may have, too.
    pub(crate) const fn place(self) -> u32 {
        self.index
    }
}

/// The index of an entry with eight bits of its hash, which spare a lookup most other entries of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ChainLink(u32);

impl ChainLink {
    const NIL: Self = Self(NIL);
    const INDEX_BITS: u32 = 24;
    /// Most entries that links can address.
    const MOST: usize = (1 << Self::INDEX_BITS) - 1;

    const fn new(index: u32, hash: u64) -> Self {
        Self(Self::tag(hash) << Self::INDEX_BITS | index)
    }

    const fn index(self) -> u32 {
        self.0 & Self::MOST as u32
    }

    /// Whether the entry may be of this hash.
    const fn may_be(self, hash: u64) -> bool {
        self.0 >> Self::INDEX_BITS == Self::tag(hash)
    }

    const fn tag(hash: u64) -> u32 {
        (hash >> 56) as u32
    }
}

/// The links of an entry. They are stored apart from the entries, so that a walk along a chain or queue touches few
/// cache lines.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// In two halves, so that no padding is needed.
    hash: [u32; 2],
    chain: ChainLink,
    newer: u32,
    older: u32,
    group: u32,
    /// What the entry counts for in its quota group.
    weight: u16,
    /// Entries behind this one in its chain.
    behind: u8,
    /// Whether it is in its group's queue of preferred entries.
    preferred: bool,
}

impl Head {
    const VACANT: Self = Self {
        hash: [0; 2],
        chain: ChainLink::NIL,
        newer: NIL,
        older: NIL,
        group: 0,
        weight: 1,
        behind: 0,
        preferred: false,
    };

    const fn hash(&self) -> u64 {
        (self.hash[1] as u64) << 32 | self.hash[0] as u64
    }

    const fn set_hash(&mut self, hash: u64) {
        self.hash = [hash as u32, (hash >> 32) as u32];
    }
}

/// A place for an entry, with the generation that counts its successive entries. The layout is fixed, so that a lookup
/// finds the first fields of the entry in the cache line of the tag.
#[derive(Debug)]
#[repr(u32)]
enum Cell<V> {
    Vacant(NonZeroU32),
    Taken(NonZeroU32, V),
}

impl<V> Cell<V> {
    const fn generation(&self) -> NonZeroU32 {
        match self {
            Self::Vacant(generation) | Self::Taken(generation, _) => *generation,
        }
    }

    const fn value(&self) -> Option<&V> {
        match self {
            Self::Vacant(_) => None,
            Self::Taken(_, value) => Some(value),
        }
    }
}

/// A bounded table; see the [module](self).
#[derive(Debug)]
pub(crate) struct Table<V> {
    heads: Chunks<Head, CHUNK>,
    cells: Chunks<Cell<V>, CHUNK>,
    /// Entries that were used since they went to the end of their queue, one bit each. Marking an entry as used touches
    /// no links.
    used: Vec<u64>,
    buckets: Buckets<BUCKET_CHUNK>,
    groups: Groups,
    free: u32,
    len: usize,
    /// Bytes that the table may own.
    budget: usize,
    /// Table steps taken since the last [`Table::take_steps`], and second chances given since.
    steps: u64,
    chances: u8,
}

impl<V> Table<V> {
    /// Bytes that a few entries need beyond their own: parts of chunks.
    const FIXED: usize = 8192;
    /// Bytes of an entry with its links. The last byte is for the bit of `used` and the lists of chunks.
    const ENTRY_BYTES: usize = size_of::<Cell<V>>() + size_of::<Head>() + BUCKETS_AN_ENTRY * size_of::<ChainLink>() + 1;

    /// A table that owns at most `bytes`, what entries own on the heap excepted.
    pub(crate) const fn with_bytes(bytes: usize) -> Self {
        Self {
            heads: Chunks::new(),
            cells: Chunks::new(),
            used: Vec::new(),
            buckets: Buckets::new(),
            groups: Groups::new(),
            free: NIL,
            len: 0,
            budget: bytes,
            steps: 0,
            chances: 0,
        }
    }

    /// Bytes owned, what entries own on the heap excepted.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.bytes()
            + self.heads.bytes()
            + self.buckets.bytes()
            + self.groups.bytes()
            + self.used.capacity() * size_of::<u64>()
    }

    /// Steps taken since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.chances = 0;
        core::mem::replace(&mut self.steps, 0) + core::mem::replace(&mut self.groups.steps, 0)
    }

    /// All entries in order of their places. It is a full scan, for rare use.
    pub(crate) fn handles(&self) -> impl Iterator<Item = Handle> + '_ {
        self.entries().map(|(handle, _)| handle)
    }

    /// All entries with their handles, in order of their places. It is a full scan, for rare use.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Handle, &V)> + '_ {
        (0..).zip(self.cells.iter()).filter_map(|(index, cell)| Self::entry(index, cell))
    }

    /// The entry at a place.
    pub(crate) fn at(&self, place: u32) -> Option<Handle> {
        self.cells.get(place as usize).and_then(|cell| Self::entry(place, cell)).map(|(handle, _)| handle)
    }

    fn entry(index: u32, cell: &Cell<V>) -> Option<(Handle, &V)> {
        cell.value().map(|value| (Handle { index, generation: cell.generation() }, value))
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&V> {
        let cell = self.cells.get(handle.index as usize)?;
        match cell {
            Cell::Taken(generation, value) if *generation == handle.generation => Some(value),
            _ => None,
        }
    }

    pub(crate) fn get_mut(&mut self, handle: Handle) -> Option<&mut V> {
        let cell = self.cells.get_mut(handle.index as usize)?;
        match cell {
            Cell::Taken(generation, value) if *generation == handle.generation => Some(value),
            _ => None,
        }
    }

    /// The entry of this hash for which `is` holds; marks it as used.
    pub(crate) fn find(&mut self, hash: u64, mut is: impl FnMut(&V) -> bool) -> Option<Handle> {
        let mut link = self.first(hash);
        while link != ChainLink::NIL {
            self.steps += 1;
            let index = link.index();
            if link.may_be(hash) {
                let cell = self.cell(index);
                if cell.value().is_some_and(&mut is) {
                    let handle = Handle { index, generation: cell.generation() };
                    self.set_used(index);
                    return Some(handle);
                }
            }
            link = self.head(index).chain;
        }
        None
    }

    /// The entry of this hash for which `is` holds, without marking it as used. A chain has a bounded length.
    pub(crate) fn peek(&self, hash: u64, is: impl Fn(&V) -> bool) -> Option<&V> {
        let mut link = self.first(hash);
        while link != ChainLink::NIL {
            if let Some(value) = self.cell(link.index()).value().filter(|value| link.may_be(hash) && is(value)) {
                return Some(value);
            }
            link = self.head(link.index()).chain;
        }
        None
    }

    /// Prefetches the first entries of these hashes. The loads do not depend on one another, so their cache misses
    /// overlap instead of following one another in the lookups.
    pub(crate) fn prefetch(&self, hashes: &[u64]) {
        for group in hashes.chunks(PREFETCHED) {
            let mut links = [ChainLink::NIL; PREFETCHED];
            links.iter_mut().zip(group).for_each(|(link, hash)| *link = self.first(*hash));
            let known = links.iter().filter(|link| **link != ChainLink::NIL);
            core::hint::black_box(known.fold(0, |all, link| all ^ self.cell(link.index()).generation().get()));
        }
    }

    /// Marks an entry as used; `false` if it is gone.
    pub(crate) fn touch(&mut self, handle: Handle) -> bool {
        let lives = self.get(handle).is_some();
        if let (true, Some(word)) = (lives, self.used.get_mut(handle.index as usize / 64)) {
            *word |= 1 << (handle.index % 64);
        }
        lives
    }

    /// Adds an entry, even if there is one of that hash. Returns the entry that was evicted for it.
    pub(crate) fn insert(&mut self, hash: u64, quota_group: QuotaGroup, value: V) -> (Handle, Option<V>) {
        let mut evicted = self.shorten_chain(hash);
        if evicted.is_none() && self.free == NIL && !self.may_grow() {
            evicted = self.evict();
        }
        let index = self.vacant();
        self.steps += 1;
        let bucket = self.split_then_bucket_of(hash);
        let group = self.groups.of(quota_group);
        let head = self.head_mut(index);
        (head.group, head.weight, head.preferred) = (group, 1, false);
        let cell = self.cell_mut(index);
        let generation = cell.generation();
        *cell = Cell::Taken(generation, value);
        self.link(index, hash, bucket);
        self.enqueue(index);
        self.len += 1;
        (Handle { index, generation }, evicted)
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, handle: Handle) -> Option<V> {
        self.get(handle)?;
        self.unlink(handle.index);
        self.unqueue(handle.index);
        self.len -= 1;
        let free = ChainLink(self.free);
        self.head_mut(handle.index).chain = free;
        self.free = handle.index;
        let cell = self.cell_mut(handle.index);
        let next = cell.generation().checked_add(1).unwrap_or(NonZeroU32::MIN);
        match core::mem::replace(cell, Cell::Vacant(next)) {
            Cell::Vacant(_) => None,
            Cell::Taken(_, value) => Some(value),
        }
    }

    /// Gives an entry another hash. Returns the entry that was evicted from the chain for it.
    pub(crate) fn rehash(&mut self, handle: Handle, hash: u64) -> Option<V> {
        self.get(handle)?;
        self.unlink(handle.index);
        let bucket = self.bucket_of(hash);
        // The entry itself is in no chain now, so it is not evicted.
        let evicted = self.shorten_chain(hash);
        self.link(handle.index, hash, bucket);
        evicted
    }

    /// Removes the newest entry of this hash's chain if the chain is full. An attacker who fills a chain so evicts only
    /// its own entries.
    fn shorten_chain(&mut self, hash: u64) -> Option<V> {
        let first = self.first(hash);
        if first == ChainLink::NIL || self.head(first.index()).behind + 1 < LONGEST_CHAIN {
            return None;
        }
        let index = first.index();
        self.remove(Handle { index, generation: self.cell(index).generation() })
    }

    /// Puts an entry at the beginning of a bucket's chain.
    fn link(&mut self, index: u32, hash: u64, bucket: usize) {
        let chain = self.bucket(bucket);
        let behind = if chain == ChainLink::NIL { 0 } else { self.head(chain.index()).behind + 1 };
        let head = self.head_mut(index);
        head.set_hash(hash);
        head.chain = chain;
        head.behind = behind;
        self.set_bucket(bucket, ChainLink::new(index, hash));
    }

    /// A place for one more entry.
    fn vacant(&mut self) -> u32 {
        if self.free != NIL {
            let index = self.free;
            self.free = self.head(index).chain.0;
            return index;
        }
        self.add_place() as u32
    }

    /// Adds a vacant place.
    fn add_place(&mut self) -> usize {
        let index = self.cells.grow(|| Cell::Vacant(NonZeroU32::MIN));
        self.heads.grow(|| Head::VACANT);
        if index.is_multiple_of(CHUNK) {
            self.used.resize((index + CHUNK) / 64, 0);
            self.allow_groups();
        }
        index
    }

    /// Whether there is room for one more place. Some of the room is kept for the groups of hosts that are yet to come.
    const fn may_grow(&self) -> bool {
        let places = self.cells.len();
        if !places.is_multiple_of(CHUNK) || places == 0 {
            return true;
        }
        let grown = places + CHUNK;
        let for_groups = grown / ENTRIES_A_GROUP * Groups::GROUP_BYTES;
        let groups = if self.groups.claimed() > for_groups { self.groups.claimed() } else { for_groups };
        grown <= ChainLink::MOST && Self::FIXED + grown * Self::ENTRY_BYTES + groups <= self.budget
    }

    /// Lets groups use what the entries leave.
    const fn allow_groups(&mut self) {
        let places = self.cells.len().next_multiple_of(CHUNK);
        let kept = places / ENTRIES_A_GROUP * Groups::GROUP_BYTES + Self::FIXED;
        let left = self.budget.saturating_sub(Self::FIXED + places * Self::ENTRY_BYTES);
        self.groups.allow(if left > kept { left } else { kept });
    }

    /// Sets what an entry counts for in its quota group, the new one being 1.
    pub(crate) fn weigh(&mut self, handle: Handle, weight: u16) {
        if self.get(handle).is_none() {
            return;
        }
        let Head { group, weight: before, preferred, .. } = *self.head(handle.index);
        if weight != before {
            self.groups.add(group, weight.into(), preferred);
            self.groups.subtract(group, before.into(), preferred);
            self.head_mut(handle.index).weight = weight;
        }
    }

    /// Whether an entry is preferred, or gone.
    pub(crate) fn is_preferred(&self, handle: Handle) -> bool {
        self.get(handle).is_none() || self.head(handle.index).preferred
    }

    /// Prefers an entry: it outlives the other entries of its quota group. `false` if it was preferred before, or is
    /// gone.
    pub(crate) fn prefer(&mut self, handle: Handle) -> bool {
        if self.is_preferred(handle) {
            return false;
        }
        self.steps += 1;
        self.take_from_queue(handle.index);
        let head = self.head_mut(handle.index);
        head.preferred = true;
        let Head { group, weight, .. } = *head;
        self.groups.get_mut(group).preferred_weight += u64::from(weight);
        self.put_into_queue(handle.index);
        true
    }

    /// Splits two buckets, unless there are twice as many as entries (linear hashing), and returns the bucket of a
    /// hash.
    fn split_then_bucket_of(&mut self, hash: u64) -> usize {
        for _ in 0..2 {
            if self.buckets.len() <= BUCKETS_AN_ENTRY * self.len {
                self.split();
            }
        }
        self.bucket_of(hash)
    }

    fn split(&mut self) {
        let mut link = ChainLink(self.buckets.add());
        while link != ChainLink::NIL {
            self.steps += 1;
            let head = *self.head(link.index());
            self.link(link.index(), head.hash(), self.bucket_of(head.hash()));
            link = head.chain;
        }
    }

    /// The first link of this hash's chain.
    fn first(&self, hash: u64) -> ChainLink {
        ChainLink(self.buckets.first(hash))
    }

    const fn bucket_of(&self, hash: u64) -> usize {
        self.buckets.of(hash)
    }

    fn bucket(&self, n: usize) -> ChainLink {
        ChainLink(self.buckets.get(n))
    }

    fn set_bucket(&mut self, n: usize, link: ChainLink) {
        self.buckets.set(n, link.0);
    }

    fn head(&self, index: u32) -> &Head {
        &self.heads[index as usize]
    }

    fn head_mut(&mut self, index: u32) -> &mut Head {
        &mut self.heads[index as usize]
    }

    fn cell(&self, index: u32) -> &Cell<V> {
        &self.cells[index as usize]
    }

    fn cell_mut(&mut self, index: u32) -> &mut Cell<V> {
        &mut self.cells[index as usize]
    }

    fn is_used(&self, index: u32) -> bool {
        self.used[index as usize / 64] >> (index % 64) & 1 == 1
    }

    fn set_used(&mut self, index: u32) {
        self.used[index as usize / 64] |= 1 << (index % 64);
    }

    fn clear_used(&mut self, index: u32) {
        self.used[index as usize / 64] &= !(1 << (index % 64));
    }

    fn unlink(&mut self, index: u32) {
        let Head { chain: next, .. } = *self.head(index);
        let bucket = self.bucket_of(self.head(index).hash());
        let mut link = self.bucket(bucket);
        if link.index() == index {
            self.set_bucket(bucket, next);
            return;
        }
        while link != ChainLink::NIL {
            self.steps += 1;
            let head = self.head_mut(link.index());
            head.behind -= 1;
            let chain = head.chain;
            if chain.index() == index {
                head.chain = next;
                return;
            }
            link = chain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{QuotaGroup, Table};
    use crate::util::hash::Hasher;

    fn hash(n: u64) -> u64 {
        Hasher::new(1).u64(n).finish()
    }

    #[test]
    fn what_is_kept_is_found_and_what_goes_is_counted() {
        let mut table = Table::with_bytes(200_000);
        let (mut evicted, mut handles) = (0, alloc::vec::Vec::new());
        for n in 0..20_000_u64 {
            let (handle, gone) = table.insert(hash(n), QuotaGroup::new(n % 3, n % 7), n);
            evicted += usize::from(gone.is_some());
            handles.push(handle);
        }
        assert_eq!(table.values().count() + evicted, 20_000);
        assert!(table.bytes() <= 200_000, "{}", table.bytes());
        let kept = (0..20_000).filter(|&n| table.find(hash(n), |&v| v == n).is_some()).count();
        assert_eq!(kept, table.values().count());
        assert_eq!(handles.iter().filter(|&&h| table.get(h).is_some()).count(), kept);
    }

    #[test]
    fn a_flooding_actor_evicts_its_own() {
        let mut table = Table::with_bytes(200_000);
        for n in 0..100 {
            table.insert(hash(n), QuotaGroup::new(1, 1), n);
        }
        for n in 100..100_000 {
            table.insert(hash(n), QuotaGroup::new(1, 2), n);
        }
        assert!((0..100).all(|n| table.find(hash(n), |&v| v == n).is_some()));
    }

    #[test]
    fn a_preferred_entry_outlives_the_others_of_its_actor() {
        // The first entries of a table have no group of their own yet.
        const PREFERRED: core::ops::Range<u64> = 300..400;
        let mut table = Table::with_bytes(200_000);
        for n in 0..200_000_u64 {
            let (handle, _) = table.insert(hash(n), QuotaGroup::new(1, 1), n);
            if PREFERRED.contains(&n) {
                table.prefer(handle);
                table.prefer(handle);
            }
        }
        assert!(PREFERRED.into_iter().all(|n| table.find(hash(n), |&v| v == n).is_some()));
        // What everything is cannot be preferred: half of the group at most.
        for n in 200_000..400_000 {
            let (handle, _) = table.insert(hash(n), QuotaGroup::new(1, 1), n);
            table.prefer(handle);
            table.weigh(handle, 1 + (n % 3) as u16);
        }
        let kept = (0..400_000).filter(|&n| table.find(hash(n), |&v| v == n).is_some());
        let (old, new): (alloc::vec::Vec<u64>, _) = kept.partition(|&n| n < 200_000);
        assert!(!old.iter().any(|n| PREFERRED.contains(n)), "the longest unused of the preferred go first");
        assert!(old.len() >= new.len() && !new.is_empty(), "{} and {}", old.len(), new.len());
    }

    #[test]
    fn a_host_within_its_part_loses_nothing_to_any_number_of_others() {
        for hosts in [1_u64, 20, 2_000, 100_000] {
            // Room for some four entries a host.
            let mut table = Table::with_bytes(hosts as usize * 400 + 100_000);
            let host = |n: u64| hash(n + 1_000_000_000);
            let mut evicted = 0;
            // The other hosts have come before: they have all of the table.
            for n in 0..10 * hosts + 4_000 {
                let of = host(1 + n % hosts.max(2));
                evicted += usize::from(table.insert(hash(n), QuotaGroup::new(of, n % 40), n).1.is_some());
            }
            let full = table.values().count();
            assert!(evicted > 0, "{hosts} hosts do not fill {full} entries");
            let part = (full as u64 / (hosts + 1)).min(16);
            for round in 0..20 {
                for n in 0..part {
                    let number = 2_000_000_000 + n;
                    if round == 0 {
                        table.insert(hash(number), QuotaGroup::new(host(0), n), number);
                    }
                }
                for n in 0..hosts.max(500) {
                    let of = host(1 + (round * 7 + n) % hosts.max(2));
                    table.insert(hash(n + (round + 1) * 10_000_000), QuotaGroup::new(of, n), n);
                }
            }
            let kept = (0..part).filter(|n| table.find(hash(2_000_000_000 + n), |&v| v == 2_000_000_000 + n).is_some());
            assert_eq!(kept.count() as u64, part, "of {hosts} hosts");
            assert!(part > 0 && table.bytes() <= hosts as usize * 400 + 100_000, "{} bytes", table.bytes());
        }
    }

    #[test]
    fn of_hosts_with_equally_much_the_one_that_came_last_loses_last() {
        let mut table = Table::with_bytes(40_000);
        let mut evicted = alloc::vec::Vec::new();
        for n in 0..2_000_u64 {
            evicted.extend(table.insert(hash(n), QuotaGroup::of_host(hash(n)), n).1);
        }
        assert!(evicted.len() > 1_000 && evicted.is_sorted(), "{evicted:?}");
    }

    #[test]
    fn entries_that_own_much_weigh_more() {
        let mut table = Table::with_bytes(200_000);
        // One host has few entries that own much, the other one has many that own nothing.
        for n in 0..400 {
            let heavy = n % 10 == 0;
            let (handle, _) = table.insert(hash(n), QuotaGroup::of_host(u64::from(heavy)), heavy);
            table.weigh(handle, if heavy { super::weight(4_096) } else { 1 });
        }
        // 11 times 33 is more than 360, 10 times 33 is less.
        assert!((0..30).all(|_| table.evict() == Some(true)), "what owns most goes first");
        assert_eq!(table.evict(), Some(false));
    }

    #[test]
    fn entries_of_one_hash_take_a_bounded_number_of_steps() {
        let mut table = Table::with_bytes(1_000_000);
        for n in 0..20_u64 {
            table.insert(hash(n), QuotaGroup::new(0, 0), n);
        }
        let (mut evicted, mut most) = (0, 0);
        for n in 1_000..3_000_u64 {
            let _ = table.take_steps();
            if table.find(42, |&v| v == n).is_none() {
                evicted += usize::from(table.insert(42, QuotaGroup::new(0, 0), n).1.is_some());
            }
            most = most.max(table.take_steps());
        }
        assert!(most <= 64, "{most} steps for one entry");
        assert_eq!(table.values().count() + evicted, 2_020, "each that goes is handed back");
        assert!((0..20).all(|n| table.find(hash(n), |&v| v == n).is_some()), "other chains lose nothing");
        assert_eq!(table.find(42, |&v| v == 2_999).map(|h| table.get(h) == Some(&2_999)), Some(true));
        // Moving an entry into the chain keeps its bound, too.
        let moved = table.find(hash(3), |&v| v == 3).unwrap();
        assert!(table.rehash(moved, 42).is_some());
        let _ = table.take_steps();
        assert_eq!(table.find(42, |&v| v == 3), Some(moved));
        assert!(table.take_steps() <= u64::from(super::LONGEST_CHAIN));
    }

    #[test]
    fn entries_can_be_removed_and_rehashed() {
        let mut table = Table::with_bytes(100_000);
        let (a, _) = table.insert(hash(1), QuotaGroup::new(0, 0), 1);
        let (b, _) = table.insert(hash(2), QuotaGroup::new(0, 0), 2);
        assert_eq!(table.rehash(a, hash(3)), None);
        assert_eq!(table.find(hash(1), |_| true), None);
        assert_eq!(table.find(hash(3), |_| true), Some(a));
        assert_eq!(table.remove(b), Some(2));
        assert_eq!(table.get(b), None);
        let (c, _) = table.insert(hash(2), QuotaGroup::new(0, 0), 4);
        assert_eq!((table.get(b), table.get(c)), (None, Some(&4)));
    }
}
