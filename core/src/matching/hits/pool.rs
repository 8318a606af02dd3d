//! A pool: items by number, of which those that are given back are used again.

use core::ops::{Index, IndexMut};

use crate::util::chunks::Chunks;

/// The number of no item.
pub(super) const NIL: u32 = u32::MAX;

/// Items that are allocated at once.
const CHUNK: usize = 64;

/// An item with a link, which leads to the next vacant item while it is vacant itself.
pub(super) trait Linked: Copy {
    fn link(&mut self) -> &mut u32;
}

/// A bounded number of items.
#[derive(Debug)]
pub(super) struct Pool<T> {
    items: Chunks<T, CHUNK>,
    free: u32,
    capacity: usize,
}

impl<T: Linked> Pool<T> {
    /// A pool that owns at most `bytes`.
    pub(super) fn with_bytes(bytes: usize) -> Self {
        // The number of an item has 32 bits.
        let capacity = (bytes / size_of::<T>()).clamp(CHUNK, NIL as usize) / CHUNK * CHUNK;
        Self { items: Chunks::new(), free: NIL, capacity }
    }

    /// Whether one more item fits.
    pub(super) const fn has_room(&self) -> bool {
        self.free != NIL || self.items.len() < self.capacity
    }

    /// Adds an item. There must be room for it. Items are large: written here, they are copied once.
    #[inline]
    pub(super) fn put(&mut self, item: T) -> u32 {
        let index = if self.free == NIL { self.grow(&item) } else { self.free };
        if index == self.free {
            self.free = *self[index].link();
        }
        self[index] = item;
        index
    }

    /// Adds the place of one more item.
    #[inline(never)]
    fn grow(&mut self, item: &T) -> u32 {
        // The number of an item has 32 bits.
        self.items.grow(|| *item) as u32
    }

    /// Takes an item out.
    pub(super) fn give_back(&mut self, index: u32) {
        let free = core::mem::replace(&mut self.free, index);
        *self[index].link() = free;
    }

    /// Items in use and those given back.
    pub(super) const fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.items.bytes()
    }
}

impl<T> Index<u32> for Pool<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        &self.items[index as usize]
    }
}

impl<T> IndexMut<u32> for Pool<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.items[index as usize]
    }
}
