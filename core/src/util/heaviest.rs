//! Owners by what they have: the one with most is known at once, and a change costs the logarithm of their number.

use crate::util::chunks::Chunks;

const NIL: u32 = u32::MAX;
const CHUNK: usize = 32;

/// An owner in the heap. Of owners with equal weights the one with the greater `tie` is the heavier, so that the order
/// does not depend on the order of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    weight: u64,
    tie: u64,
    owner: u32,
}

/// Owners, known by small numbers, in a heap.
#[derive(Debug)]
pub(crate) struct Heaviest {
    heap: Chunks<Item, CHUNK>,
    len: usize,
    /// The place of each owner in the heap.
    places: Chunks<u32, CHUNK>,
}

impl Heaviest {
    /// Bytes that an owner takes.
    pub(crate) const OWNER_BYTES: usize = size_of::<Item>() + size_of::<u32>();

    pub(crate) const fn new() -> Self {
        Self { heap: Chunks::new(), len: 0, places: Chunks::new() }
    }

    /// The owner with most.
    pub(crate) fn first(&self) -> Option<u32> {
        (self.len > 0).then(|| self.heap[0].owner)
    }

    /// What an owner has, and its tie.
    pub(crate) fn of(&self, owner: u32) -> (u64, u64) {
        match self.places.get(owner as usize) {
            Some(&place) if place != NIL => {
                let Item { weight, tie, .. } = self.heap[place as usize];
                (weight, tie)
            }
            _ => (0, 0),
        }
    }

    /// Sets what an owner has; who has nothing is no owner.
    pub(crate) fn set(&mut self, owner: u32, tie: u64, weight: u64) {
        while self.places.len() <= owner as usize {
            self.places.grow(|| NIL);
        }
        let place = self.places[owner as usize];
        match (place, weight) {
            (NIL, 0) => {}
            (NIL, _) => {
                if self.len == self.heap.len() {
                    self.heap.grow(Item::default);
                }
                self.len += 1;
                self.put(self.len as u32 - 1, Item { weight, tie, owner });
                self.up(self.len as u32 - 1);
            }
            (_, 0) => self.remove(place),
            _ => {
                let item = &mut self.heap[place as usize];
                let before = core::mem::replace(item, Item { weight, tie, owner });
                if *item > before {
                    self.up(place);
                } else {
                    self.down(place);
                }
            }
        }
    }

    /// Bytes owned.
    pub(crate) const fn bytes(&self) -> usize {
        self.heap.bytes() + self.places.bytes()
    }

    /// Room for owners, in the heap and by their numbers, that is in use or was.
    pub(crate) const fn room(&self) -> (u32, u32) {
        (self.heap.len() as u32, self.places.len() as u32)
    }

    /// Makes room as [`Self::room`] gave it.
    pub(crate) fn extend_to(&mut self, (heap, places): (u32, u32)) {
        while self.heap.len() < heap as usize {
            self.heap.grow(Item::default);
        }
        while self.places.len() < places as usize {
            self.places.grow(|| NIL);
        }
    }

    fn remove(&mut self, place: u32) {
        self.places[self.heap[place as usize].owner as usize] = NIL;
        self.len -= 1;
        if place as usize != self.len {
            self.put(place, self.heap[self.len]);
            let place = self.up(place);
            self.down(place);
        }
    }

    fn put(&mut self, place: u32, item: Item) {
        self.places[item.owner as usize] = place;
        self.heap[place as usize] = item;
    }

    /// Moves an item up to where nothing above it is lighter.
    fn up(&mut self, mut place: u32) -> u32 {
        while place > 0 {
            let (above, item) = ((place - 1) / 2, self.heap[place as usize]);
            let upper = self.heap[above as usize];
            if item <= upper {
                break;
            }
            self.put(place, upper);
            self.put(above, item);
            place = above;
        }
        place
    }

    /// Moves an item down to where nothing below it is heavier.
    fn down(&mut self, mut place: u32) {
        loop {
            let item = self.heap[place as usize];
            let below = 2 * place as usize + 1;
            let heavier = (below..self.len.min(below + 2)).max_by_key(|&at| self.heap[at]);
            let Some(lower) = heavier.filter(|&at| self.heap[at] > item) else { return };
            self.put(place, self.heap[lower]);
            self.put(lower as u32, item);
            place = lower as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Heaviest;
    use crate::util::hash::Hasher;

    #[test]
    fn the_first_is_who_has_most_after_any_change() {
        let (mut heaviest, mut weights) = (Heaviest::new(), [0_u64; 100]);
        for n in 0..20_000_u64 {
            let random = Hasher::new(3).u64(n).finish();
            let owner = (random % 100) as usize;
            weights[owner] = if random >> 40 & 3 == 0 { 0 } else { random >> 50 };
            heaviest.set(owner as u32, random % 100, weights[owner]);
            let due = (0..100).filter(|&at| weights[at] > 0).max_by_key(|&at| (weights[at], at));
            assert_eq!(heaviest.first(), due.map(|at| at as u32));
            assert_eq!(heaviest.of(owner as u32).0, weights[owner]);
        }
        (0..100).for_each(|owner| heaviest.set(owner, u64::from(owner), 0));
        assert_eq!(heaviest.first(), None);
        let room = heaviest.room();
        let mut other = Heaviest::new();
        other.extend_to(room);
        assert_eq!((other.room(), other.bytes()), (room, heaviest.bytes()));
    }
}
