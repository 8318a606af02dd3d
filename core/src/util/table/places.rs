//! The places of a table: its entries, each with a generation, and apart from them their links.

use core::num::NonZeroU32;

use super::index::NIL;
use super::links::{CHUNK, Head, Links};
use crate::util::chunks::Chunks;
use crate::util::saved::saved;

/// Refers to an entry; to nothing once the entry is gone, even if another entry has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Handle {
    pub(super) place: u32,
    /// Never zero, so that an `Option` of a handle is no larger than a handle.
    generation: NonZeroU32,
}

saved!(Handle { place, generation });

impl Handle {
    /// A number that is unique among present and past entries of one table, until 32-bit generations wrap.
    pub(crate) const fn number(self) -> u64 {
        (self.generation.get() as u64) << 32 | self.place as u64
    }

    /// The place of its entry in the table, which a later entry may have, too.
    pub(crate) const fn place(self) -> u32 {
        self.place
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

/// All places of a table, by their numbers.
#[derive(Debug)]
pub(super) struct Places<V> {
    pub(super) links: Links,
    cells: Chunks<Cell<V>, CHUNK>,
    /// The vacant place that is taken next.
    free: u32,
    taken: usize,
}

impl<V> Places<V> {
    /// Bytes of a place. The last byte is for the bit that says whether it is used, and the lists of chunks.
    pub(super) const PLACE_BYTES: usize = size_of::<Cell<V>>() + size_of::<Head>() + 1;

    pub(super) const fn new() -> Self {
        Self { links: Links::new(), cells: Chunks::new(), free: NIL, taken: 0 }
    }

    /// Bytes owned, what entries own on the heap excepted.
    pub(super) fn bytes(&self) -> usize {
        self.cells.bytes() + self.links.bytes()
    }

    /// Places, vacant ones included.
    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Entries.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// The first vacant place, or [`NIL`].
    pub(super) const fn free(&self) -> u32 {
        self.free
    }

    pub(super) fn get(&self, handle: Handle) -> Option<&V> {
        match self.cells.get(handle.place as usize)? {
            Cell::Taken(generation, value) if *generation == handle.generation => Some(value),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, handle: Handle) -> Option<&mut V> {
        match self.cells.get_mut(handle.place as usize)? {
            Cell::Taken(generation, value) if *generation == handle.generation => Some(value),
            _ => None,
        }
    }

    /// The entry at a place.
    pub(super) fn entry(&self, place: u32) -> Option<(Handle, &V)> {
        let cell = self.cells.get(place as usize)?;
        cell.value().map(|value| (Handle { place, generation: cell.generation() }, value))
    }

    pub(super) fn value(&self, place: u32) -> Option<&V> {
        self.cells.get(place as usize).and_then(Cell::value)
    }

    /// The handle of the entry that a place has or that it will have.
    pub(super) fn handle(&self, place: u32) -> Handle {
        Handle { place, generation: self.cells[place as usize].generation() }
    }

    /// All entries in order of their places.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Handle, &V)> + '_ {
        (0..).zip(self.cells.iter()).filter_map(|(place, cell)| {
            cell.value().map(|value| (Handle { place, generation: cell.generation() }, value))
        })
    }

    /// Adds a place that is in no list.
    pub(super) fn add(&mut self) -> u32 {
        let place = self.cells.grow(|| Cell::Vacant(NonZeroU32::MIN));
        self.links.add();
        place as u32
    }

    /// Puts an entry into the first vacant place, or a new one.
    pub(super) fn put(&mut self, head: Head, value: V) -> Handle {
        let place = if self.free == NIL { self.add() } else { self.free };
        let before = core::mem::replace(self.links.head_mut(place), head);
        if place == self.free {
            self.free = before.newer;
        }
        self.fill(place, value)
    }

    /// Puts an entry into a place that is in no list.
    pub(super) fn fill(&mut self, place: u32, value: V) -> Handle {
        self.taken += 1;
        let handle = self.handle(place);
        self.cells[place as usize] = Cell::Taken(handle.generation, value);
        handle
    }

    /// Makes a place the first vacant one. Returns its entry.
    pub(super) fn vacate(&mut self, place: u32) -> Option<V> {
        self.taken -= 1;
        self.links.head_mut(place).newer = self.free;
        self.free = place;
        let cell = &mut self.cells[place as usize];
        let next = cell.generation().checked_add(1).unwrap_or(NonZeroU32::MIN);
        match core::mem::replace(cell, Cell::Vacant(next)) {
            Cell::Vacant(_) => None,
            Cell::Taken(_, value) => Some(value),
        }
    }

    /// Sets which place is the first vacant one.
    pub(super) const fn set_free(&mut self, free: u32) {
        self.free = free;
    }

    /// Sets the generation of a vacant place.
    pub(super) fn set_generation(&mut self, place: u32, generation: NonZeroU32) {
        self.cells[place as usize] = Cell::Vacant(generation);
    }

    /// The generation of a place.
    pub(super) fn generation(&self, place: u32) -> NonZeroU32 {
        self.cells[place as usize].generation()
    }
}
