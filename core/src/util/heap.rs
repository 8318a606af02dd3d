//! Many priority queues in one arena. A queue reuses the room that another one gave back.

mod snapshot;

use smallvec::SmallVec;

use crate::util::chunks::Chunks;

const NIL: u32 = u32::MAX;
const CHUNK: usize = 256;

/// One queue of an [`Arena`], empty by default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    /// A list of items that came in order, linked by `right`.
    first: u32,
    last: u32,
    /// The heap of the other items.
    heap: u32,
}

impl Default for Root {
    fn default() -> Self {
        Self { first: NIL, last: NIL, heap: NIL }
    }
}

/// The items of many queues. Most items come in order and are appended to a list. The others go into a leftist heap,
/// where adding and taking cost the logarithm of its length. Neither moves another item.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    nodes: Chunks<Node<T>, CHUNK>,
    free: u32,
    len: usize,
}

#[derive(Debug)]
struct Node<T> {
    item: Option<T>,
    left: u32,
    right: u32,
    /// Nodes on the way to the nearest free place. Along `right` there are at most the logarithm of all nodes.
    rank: u32,
}

impl<T: Ord> Arena<T> {
    /// Bytes an item takes.
    pub(crate) const ITEM_BYTES: usize = size_of::<Node<T>>();

    pub(crate) const fn new() -> Self {
        Self { nodes: Chunks::new(), free: NIL, len: 0 }
    }

    /// Items in all queues.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes owned, what items own on the heap excepted.
    pub(crate) const fn bytes(&self) -> usize {
        self.nodes.bytes()
    }

    pub(crate) fn push(&mut self, queue: &mut Root, item: T) {
        let node = Node { item: Some(item), left: NIL, right: NIL, rank: 1 };
        let index = if self.free == NIL {
            let index = self.nodes.grow(|| Node { item: None, left: NIL, right: NIL, rank: 0 });
            self.nodes[index] = node;
            index as u32
        } else {
            let index = self.free;
            self.free = core::mem::replace(self.node_mut(index), node).right;
            index
        };
        self.len += 1;
        if queue.first == NIL {
            (queue.first, queue.last) = (index, index);
        } else if self.node(queue.last).item <= self.node(index).item {
            self.node_mut(queue.last).right = index;
            queue.last = index;
        } else {
            queue.heap = self.merge(queue.heap, index);
        }
    }

    /// The least item.
    pub(crate) fn peek(&self, queue: Root) -> Option<&T> {
        let least = self.least(queue);
        if least == NIL { None } else { self.node(least).item.as_ref() }
    }

    /// Takes the least item out.
    pub(crate) fn pop(&mut self, queue: &mut Root) -> Option<T> {
        let index = self.least(*queue);
        if index == NIL {
            return None;
        }
        let free = core::mem::replace(&mut self.free, index);
        let node = self.node_mut(index);
        let (item, left, right) = (node.item.take(), node.left, node.right);
        node.right = free;
        self.len -= 1;
        if index == queue.heap {
            queue.heap = self.merge(left, right);
        } else {
            queue.first = right;
        }
        item
    }

    fn least(&self, queue: Root) -> u32 {
        match (queue.first, queue.heap) {
            (NIL, index) | (index, NIL) => index,
            (first, heap) if self.node(heap).item < self.node(first).item => heap,
            (first, _) => first,
        }
    }

    fn merge(&mut self, mut a: u32, mut b: u32) -> u32 {
        let mut path: SmallVec<[u32; 64]> = SmallVec::new();
        while a != NIL && b != NIL {
            if self.node(b).item < self.node(a).item {
                core::mem::swap(&mut a, &mut b);
            }
            path.push(a);
            a = self.node(a).right;
        }
        let mut merged = if a == NIL { b } else { a };
        let mut rank = self.rank(merged);
        for &index in path.iter().rev() {
            let left = self.node(index).left;
            let left_rank = self.rank(left);
            let node = self.node_mut(index);
            (node.left, node.right) = if left_rank < rank { (merged, left) } else { (left, merged) };
            rank = left_rank.min(rank) + 1;
            node.rank = rank;
            merged = index;
        }
        merged
    }

    fn rank(&self, index: u32) -> u32 {
        if index == NIL { 0 } else { self.node(index).rank }
    }

    fn node(&self, index: u32) -> &Node<T> {
        &self.nodes[index as usize]
    }

    fn node_mut(&mut self, index: u32) -> &mut Node<T> {
        &mut self.nodes[index as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Arena, NIL, Root};
    use crate::util::hash::Hasher;
    use alloc::vec::Vec;

    #[test]
    fn queues_give_their_items_in_order_and_their_room_back() {
        let mut arena = Arena::new();
        let mut queues = [Root::default(); 3];
        for round in 0..10_u64 {
            for n in 0..3_000_u64 {
                // One in order, one in reverse, one at random.
                let keys = [n, 3_000 - n, Hasher::new(round).u64(n).finish()];
                for (queue, key) in queues.iter_mut().zip(keys) {
                    arena.push(queue, key);
                }
            }
            for queue in &mut queues {
                assert_eq!(arena.peek(*queue).copied(), {
                    let first = arena.pop(queue);
                    if let Some(item) = first {
                        arena.push(queue, item);
                    }
                    first
                });
                let items: Vec<u64> = core::iter::from_fn(|| arena.pop(queue)).collect();
                assert_eq!(items.len(), 3_000);
                assert!(items.is_sorted());
            }
            assert_eq!(arena.len(), 0);
        }
        // Half of a queue waits while the other half is taken out: no way to a free place is longer than it may be.
        for n in 0..20_000_u64 {
            arena.push(&mut queues[0], Hasher::new(1).u64(n).finish());
            if n % 2 == 1 {
                arena.pop(&mut queues[0]);
            }
        }
        let (mut open, mut seen) = (Vec::from([queues[0].heap]), 0);
        while let Some(index) = open.pop().filter(|&index| index != NIL) {
            let node = arena.node(index);
            assert!(arena.rank(node.left) >= arena.rank(node.right) && node.rank == arena.rank(node.right) + 1);
            assert!(node.rank <= 15, "a heap of 10,000 items");
            open.extend([node.right, node.left].into_iter().filter(|&child| child != NIL));
            seen += 1;
        }
        assert!(seen > 5_000, "only {seen} items came out of order");
        while arena.pop(&mut queues[0]).is_some() {}
        assert!(arena.bytes() <= 10_500 * Arena::<u64>::ITEM_BYTES, "{}", arena.bytes());
    }
}
