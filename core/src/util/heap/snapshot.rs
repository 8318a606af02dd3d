//! Saves queues exactly as they are: items of equal order leave them in the order they would have.

use alloc::vec::Vec;

use super::{Arena, NIL, Node, Root};
use crate::util::saved::{Fault, Reader, Saved, Schema, Writer};

/// What a node of a heap has below it.
const LEFT: u8 = 1;
const RIGHT: u8 = 2;

impl<T: Ord> Arena<T> {
    /// The form of a queue without that of its items.
    pub(crate) fn form_of(schema: Schema) -> Schema {
        schema.word("queue 1")
    }

    /// Stores a queue; `save` writes an item.
    pub(crate) fn store_queue(&self, queue: Root, out: &mut Writer<'_>, mut save: impl FnMut(&T, &mut Writer<'_>)) {
        let listed = || self.listed(queue);
        out.count(listed().count());
        let mut item = |index: u32, out: &mut Writer<'_>| {
            // Every node of a queue has an item.
            if let Some(item) = &self.node(index).item {
                save(item, out);
            }
        };
        listed().for_each(|index| item(index, out));
        (queue.heap != NIL).save(out);
        let mut open = Vec::from([queue.heap]);
        while let Some(index) = open.pop().filter(|&index| index != NIL) {
            let Node { left, right, .. } = *self.node(index);
            (if left == NIL { 0 } else { LEFT } | if right == NIL { 0 } else { RIGHT }).save(out);
            item(index, out);
            open.extend([right, left].into_iter().filter(|&child| child != NIL));
        }
    }

    /// Takes a queue in; `load` makes an item.
    pub(crate) fn restore_queue(
        &mut self,
        from: &mut Reader<'_>,
        mut load: impl FnMut(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> Result<Root, Fault> {
        let mut queue = Root::default();
        for _ in 0..from.count()? {
            let index = self.place(load(from)?);
            if queue.first == NIL {
                queue.first = index;
            } else {
                self.node_mut(queue.last).right = index;
            }
            queue.last = index;
        }
        if bool::load(from)? {
            queue.heap = self.restore_heap(from, load)?;
        }
        Ok(queue)
    }

    /// Takes a heap in, from its root down, what is left of a node before what is right of it.
    fn restore_heap(
        &mut self,
        from: &mut Reader<'_>,
        mut load: impl FnMut(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> Result<u32, Fault> {
        let (mut root, mut nodes) = (NIL, Vec::new());
        // The nodes that still lack a child: the node, and whether the child is the right one.
        let mut open: Vec<Option<(u32, bool)>> = Vec::from([None]);
        while let Some(above) = open.pop() {
            let has = u8::load(from)?;
            let index = self.place(load(from)?);
            nodes.push(index);
            match above {
                None => root = index,
                Some((above, false)) => self.node_mut(above).left = index,
                Some((above, true)) => self.node_mut(above).right = index,
            }
            if has & RIGHT != 0 {
                open.push(Some((index, true)));
            }
            if has & LEFT != 0 {
                open.push(Some((index, false)));
            }
        }
        // Children come after their parents.
        for &index in nodes.iter().rev() {
            let (left, right) = (self.node(index).left, self.node(index).right);
            let is_ordered =
                [left, right].into_iter().filter(|&n| n != NIL).all(|n| self.node(n).item >= self.node(index).item);
            from.need(is_ordered && self.rank(left) >= self.rank(right), "a queue is out of order")?;
            self.node_mut(index).rank = self.rank(right) + 1;
        }
        Ok(root)
    }

    /// The nodes of the items that came in order.
    fn listed(&self, queue: Root) -> impl Iterator<Item = u32> + '_ {
        let node = |at: u32| Some(at).filter(|&at| at != NIL);
        core::iter::successors(node(queue.first), move |&at| node(self.node(at).right))
    }

    /// The number of items of a queue.
    pub(crate) fn count(&self, queue: Root) -> usize {
        let mut count = self.listed(queue).count();
        let mut open = Vec::from([queue.heap]);
        while let Some(index) = open.pop() {
            if index != NIL {
                count += 1;
                open.extend([self.node(index).left, self.node(index).right]);
            }
        }
        count
    }

    /// Places, those without an item included.
    pub(crate) const fn places(&self) -> usize {
        self.nodes.len()
    }

    /// Adds free places until there are so many.
    pub(crate) fn extend_to(&mut self, places: usize) {
        while self.nodes.len() < places {
            let index = self.nodes.grow(|| Node { item: None, left: NIL, right: NIL, rank: 0 });
            self.nodes[index] = Node { item: None, left: NIL, right: self.free, rank: 0 };
            self.free = index as u32;
        }
    }

    /// A new place with an item.
    fn place(&mut self, item: T) -> u32 {
        let index = self.nodes.grow(|| Node { item: None, left: NIL, right: NIL, rank: 0 });
        self.nodes[index] = Node { item: Some(item), left: NIL, right: NIL, rank: 1 };
        self.len += 1;
        index as u32
    }
}
