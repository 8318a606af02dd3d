//! The index of a table: which entries may be of a hash.
//!
//! Every hash has two buckets, each of one cache line. An entry is linked in the first one; once that is nearly full, in
//! the one with more room. If neither has room, an entry there has to go for it. So a lookup reads two buckets at most,
//! whatever was inserted before, and most lookups read one. The index grows by linear hashing: one bucket for every few
//! insertions, each of which moves few entries, so that no rehash stalls it. What is to come to the last bucket may still
//! be in the one that it is split from.

use smallvec::SmallVec;

use crate::util::chunks::Chunks;

/// The number of no entry.
pub(super) const NIL: u32 = u32::MAX;

/// Links of a bucket, which is a cache line.
const SLOTS: usize = 12;
/// Links from which on an entry goes to its second bucket, if that has more room.
const NEARLY_FULL: usize = SLOTS - 1;
/// Entries for each bucket. Buckets that are not split yet have up to twice as many.
const ENTRIES_A_BUCKET: usize = 4;
/// Entries of a bucket that an insertion looks at to split it. A bucket has eight when its turn comes, and is split
/// every four insertions.
const MOVES: u64 = 2;
/// Buckets of an index with its first entry: a hash needs two different ones.
const FIRST_BUCKETS: usize = 16;
/// Most entries that links can address.
pub(super) const MOST: usize = (1 << 24) - 1;

/// The links of a bucket, the oldest first. The tag of an entry is sixteen bits of its hash. No two links of a bucket
/// have one tag, so a lookup compares one entry of a bucket.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    tags: [u16; SLOTS],
    places: [[u8; 3]; SLOTS],
    /// How many entries whose first bucket this is may be linked in their second one; the greatest number is for more.
    away: u16,
    len: u8,
}

impl Bucket {
    const EMPTY: Self = Self { tags: [0; SLOTS], places: [[0; 3]; SLOTS], away: 0, len: 0 };

    /// The place of the entry of this tag.
    fn of_tag(&self, tag: u16) -> Option<u32> {
        let at = self.tags[..usize::from(self.len)].iter().position(|known| *known == tag)?;
        Some(self.place(at))
    }

    fn place(&self, at: usize) -> u32 {
        let [a, b, c] = self.places[at];
        u32::from_le_bytes([a, b, c, 0])
    }

    /// The places of all entries.
    fn linked(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        (0..usize::from(self.len)).map(|at| self.place(at))
    }

    /// Links that can be added of this tag.
    fn room(&self, tag: u16) -> usize {
        if self.of_tag(tag).is_none() { SLOTS - usize::from(self.len) } else { 0 }
    }

    /// Adds a link. There must be room.
    fn push(&mut self, tag: u16, place: u32) {
        let [a, b, c, _] = place.to_le_bytes();
        let at = usize::from(self.len);
        (self.tags[at], self.places[at]) = (tag, [a, b, c]);
        self.len += 1;
    }

    /// Which of the links that of an entry is.
    fn at(&self, place: u32) -> Option<usize> {
        self.linked().position(|known| known == place)
    }

    fn remove(&mut self, at: usize) {
        self.tags.copy_within(at + 1.., at);
        self.places.copy_within(at + 1.., at);
        self.len -= 1;
    }
}

const fn tag(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// The index of a table, in chunks of `N` buckets.
#[derive(Debug)]
pub(super) struct Index<const N: usize> {
    buckets: Chunks<Bucket, N>,
    /// One less than the power of two that holds the number of buckets.
    mask: usize,
    /// While the last bucket is split from another one: how many links of that one stay there.
    split: Option<u8>,
}

impl<const N: usize> Index<N> {
    /// Bytes for each entry.
    pub(super) const ENTRY_BYTES: usize = size_of::<Bucket>().div_ceil(ENTRIES_A_BUCKET);

    pub(super) const fn new() -> Self {
        Self { buckets: Chunks::new(), mask: 0, split: None }
    }

    /// Bytes owned.
    pub(super) const fn bytes(&self) -> usize {
        self.buckets.bytes()
    }

    /// Buckets in use.
    pub(super) const fn len(&self) -> usize {
        self.buckets.len()
    }

    /// The place of an entry of this hash for which `is` holds. Each bucket, with the entry that is compared there, is a
    /// step.
    pub(super) fn find(&self, hash: u64, steps: &mut u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.len() == 0 {
            return None;
        }
        let mut found = |bucket: usize| {
            let mut found = |bucket: &Bucket| {
                *steps += 1;
                bucket.of_tag(tag(hash)).filter(|&place| is(place))
            };
            found(&self.buckets[bucket]).or_else(|| self.before_split(bucket).and_then(found))
        };
        let first = self.first(hash);
        match found(first) {
            None if self.buckets[first].away > 0 => found(self.second(hash)),
            found => found,
        }
    }

    /// The place that a lookup of this hash compares first; a guess, for prefetching.
    pub(super) fn likely(&self, hash: u64) -> Option<u32> {
        self.buckets.get(self.first(hash))?.of_tag(tag(hash))
    }

    /// Goes on with the split of a bucket, or begins one if `entries` need one more bucket. `hash` gives the hash of an
    /// entry. Returns how many entries were looked at.
    pub(super) fn grow(&mut self, entries: usize, hash: impl Fn(u32) -> u64) -> u64 {
        if self.len() < FIRST_BUCKETS {
            self.extend_to(FIRST_BUCKETS);
        }
        if self.split.is_none() {
            if self.len() * ENTRIES_A_BUCKET > entries {
                return 0;
            }
            let new = self.buckets.grow(|| Bucket::EMPTY);
            self.mask = self.len().next_power_of_two() - 1;
            // Of the entries that are linked elsewhere it is not known which of the two is their first bucket now.
            self.buckets[new].away = self.buckets[self.split_from()].away;
            self.split = Some(0);
        }
        self.go_on(MOVES, hash)
    }

    /// Ends the split of a bucket. Returns how many entries were looked at.
    pub(super) fn end_split(&mut self, hash: impl Fn(u32) -> u64) -> u64 {
        self.go_on(u64::MAX, hash)
    }

    /// Looks at `most` entries of a bucket that is split: they stay or move to the last bucket.
    fn go_on(&mut self, most: u64, hash: impl Fn(u32) -> u64) -> u64 {
        let mut looked_at = 0;
        while let Some(at) = self.split.filter(|_| looked_at < most) {
            let (old, new) = (self.split_from(), self.len() - 1);
            if at == self.buckets[old].len {
                self.split = None;
                break;
            }
            looked_at += 1;
            let place = self.buckets[old].place(at.into());
            let hash = hash(place);
            if self.goes_to(hash) == old {
                self.split = Some(at + 1);
            } else if self.buckets[new].room(tag(hash)) == 0 {
                // It came while the bucket was split, and its second bucket is the one where it is.
                self.add_away(new);
                self.split = Some(at + 1);
            } else {
                self.buckets[old].remove(at.into());
                self.buckets[new].push(tag(hash), place);
            }
        }
        looked_at
    }

    /// To which bucket an entry of this hash goes that is in the one that is split: that one or the last one.
    fn goes_to(&self, hash: u64) -> usize {
        let first = self.first(hash);
        if first == self.split_from() || first == self.len() - 1 { first } else { self.second(hash) }
    }

    /// The bucket that the last one is split from.
    const fn split_from(&self) -> usize {
        let new = self.len() - 1;
        new - (1 << new.ilog2())
    }

    /// The bucket where entries of this one may be, too, because its split is not at its end.
    fn before_split(&self, bucket: usize) -> Option<&Bucket> {
        (self.split.is_some() && bucket == self.len() - 1).then(|| &self.buckets[self.split_from()])
    }

    /// Links that can be added to a bucket of this tag.
    fn room(&self, bucket: usize, tag: u16) -> usize {
        let known = &self.buckets[bucket];
        match self.before_split(bucket) {
            // Any entry there may come to this bucket.
            Some(before) if known.of_tag(tag).is_none() => before.room(tag).saturating_sub(known.len.into()),
            Some(_) => 0,
            None => known.room(tag),
        }
    }

    /// Adds buckets to an index without links.
    fn extend_to(&mut self, buckets: usize) {
        while self.len() < buckets {
            self.buckets.grow(|| Bucket::EMPTY);
        }
        self.mask = self.len().next_power_of_two() - 1;
    }

    /// Whether a bucket is being split.
    pub(super) const fn is_splitting(&self) -> bool {
        self.split.is_some()
    }

    /// The places of entries of which one has to go before one of this hash can be linked; none if there is room. While
    /// a bucket is split it only says whether there is any.
    pub(super) fn in_the_way(&self, hash: u64) -> SmallVec<[u32; 2]> {
        let tag = tag(hash);
        let both = [self.first(hash), self.second(hash)];
        if both.into_iter().any(|bucket| self.room(bucket, tag) > 0) {
            return SmallVec::new();
        }
        let [first, second] = both.map(|bucket| &self.buckets[bucket]);
        // Hardly any two entries of a bucket have one tag unless they were chosen so.
        if let Some(same) = first.of_tag(tag).or_else(|| second.of_tag(tag)) {
            return [same].into_iter().collect();
        }
        // The oldest is likely the one longest unused; the newest is one of whoever fills the bucket.
        [first.place(0), second.place(SLOTS - 1)].into()
    }

    /// Links an entry. Nothing may be [in its way](Self::in_the_way).
    pub(super) fn link(&mut self, hash: u64, place: u32) {
        let (first, second, tag) = (self.first(hash), self.second(hash), tag(hash));
        let room = self.room(first, tag);
        if room > SLOTS - NEARLY_FULL || room >= self.room(second, tag) {
            self.buckets[first].push(tag, place);
        } else {
            self.add_away(first);
            self.buckets[second].push(tag, place);
        }
    }

    fn add_away(&mut self, first: usize) {
        let away = &mut self.buckets[first].away;
        *away = away.saturating_add(1);
    }

    /// Takes the link of an entry away.
    pub(super) fn unlink(&mut self, hash: u64, place: u32) {
        let (first, second) = (self.first(hash), self.second(hash));
        if self.take_from(first, place) || !self.take_from(second, place) {
            return;
        }
        let away = &mut self.buckets[first].away;
        if *away < u16::MAX {
            *away = away.saturating_sub(1);
        }
    }

    fn take_from(&mut self, bucket: usize, place: u32) -> bool {
        if let Some(at) = self.buckets[bucket].at(place) {
            self.buckets[bucket].remove(at);
            if let Some(stay) = self.split.filter(|&stay| bucket == self.split_from() && at < usize::from(stay)) {
                self.split = Some(stay - 1);
            }
            return true;
        }
        self.before_split(bucket).is_some() && self.take_from(self.split_from(), place)
    }

    /// How many links stay in the bucket that is being split.
    pub(super) const fn split(&self) -> Option<u8> {
        self.split
    }

    /// Each bucket: how many entries may be linked elsewhere, and the places of those that are linked here.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u16, impl ExactSizeIterator<Item = u32> + '_)> + '_ {
        self.buckets.iter().map(|bucket| (bucket.away, bucket.linked()))
    }

    /// Whether the index of so many entries at most may have so many buckets.
    pub(super) fn may_have(buckets: usize, entries: usize) -> bool {
        buckets == 0 || (FIRST_BUCKETS..=FIRST_BUCKETS.max(entries / ENTRIES_A_BUCKET + 1)).contains(&buckets)
    }

    /// Makes an empty index with so many buckets, the last of which is being split, for [`Self::restore`].
    pub(super) fn with_buckets(buckets: usize, split: Option<u8>) -> Self {
        let mut index = Self::new();
        index.extend_to(buckets);
        index.split = split;
        index
    }

    /// Whether the split of a bucket can go on: the entries that stay were looked at before those that do not.
    pub(super) fn can_go_on(&self, hash: impl Fn(u32) -> u64) -> bool {
        self.split.is_none_or(|stay| {
            let old = self.split_from();
            let stays = |place| self.goes_to(hash(place)) == old || self.second(hash(place)) == old;
            let links = &self.buckets[old];
            stay <= links.len && links.linked().take(stay.into()).all(stays)
        })
    }

    /// Links an entry in a bucket as it was saved, behind what is linked there. Returns its first bucket, and whether it
    /// is linked for that one; `None` if no lookup would find it there.
    pub(super) fn restore(&mut self, bucket: usize, hash: u64, place: u32) -> Option<(usize, bool)> {
        let first = self.first(hash);
        let is_in = |its: usize| bucket == its || self.before_split(its).is_some() && bucket == self.split_from();
        let is_first = is_in(first);
        if !is_first && !is_in(self.second(hash)) || self.buckets[bucket].room(tag(hash)) == 0 {
            return None;
        }
        self.buckets[bucket].push(tag(hash), place);
        Some((first, is_first))
    }

    /// Sets how many entries may be linked elsewhere than in this bucket, their first one.
    pub(super) fn set_away(&mut self, bucket: usize, away: u16) {
        self.buckets[bucket].away = away;
    }

    fn first(&self, hash: u64) -> usize {
        self.of(hash as u32)
    }

    /// Another bucket than the first one: their numbers differ in the last bit.
    fn second(&self, hash: u64) -> usize {
        self.of((hash >> 32) as u32 & !1 | !(hash as u32) & 1)
    }

    const fn of(&self, half: u32) -> usize {
        let wide = half as usize & self.mask;
        if wide < self.buckets.len() { wide } else { wide & (self.mask >> 1) }
    }
}
