//! The buckets of an index that grows by linear hashing: a few buckets at a time, so that no rehash stalls it.

use crate::util::chunks::Chunks;

/// The number of no entry.
pub(super) const NIL: u32 = u32::MAX;

/// The first link of each bucket.
#[derive(Debug)]
pub(super) struct Buckets<const N: usize> {
    links: Chunks<u32, N>,
    /// One less than the power of two that holds the number of buckets.
    mask: usize,
}

impl<const N: usize> Buckets<N> {
    pub(super) const fn new() -> Self {
        Self { links: Chunks::new(), mask: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.links.len()
    }

    /// Bytes owned.
    pub(super) const fn bytes(&self) -> usize {
        self.links.bytes()
    }

    /// The bucket of a hash. There must be buckets.
    pub(super) const fn of(&self, hash: u64) -> usize {
        let wide = hash as usize & self.mask;
        if wide < self.links.len() { wide } else { wide & (self.mask >> 1) }
    }

    /// The first link of a hash's bucket; `NIL` if there is none.
    pub(super) fn first(&self, hash: u64) -> u32 {
        if self.links.len() == 0 { NIL } else { self.links[self.of(hash)] }
    }

    pub(super) fn get(&self, bucket: usize) -> u32 {
        self.links[bucket]
    }

    pub(super) fn set(&mut self, bucket: usize, link: u32) {
        self.links[bucket] = link;
    }

    /// Adds a bucket. Returns the first link of the bucket it is split from, which is empty now: the caller links what it
    /// held anew.
    pub(super) fn add(&mut self) -> u32 {
        let new = self.links.grow(|| NIL);
        self.mask = self.links.len().next_power_of_two() - 1;
        if new == 0 { NIL } else { core::mem::replace(&mut self.links[new - (1 << new.ilog2())], NIL) }
    }
}
