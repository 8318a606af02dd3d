//! Which member followed which in the objects that a decoder read before. Most records of a stream have their members
//! in one order, so a name is compared with the expected one instead of being searched.

use alloc::vec::Vec;

/// The objects of a record whose members have an order of their own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Envelope,
    Data,
}

/// The orders of both parts. They save time only: what is read does not depend on them.
#[derive(Debug, Default)]
pub(super) struct MemberOrders([MemberOrder; 2]);

/// The order of the known members of one part.
#[derive(Debug, Default)]
struct MemberOrder {
    /// By spelling, the one that followed it last.
    following: Vec<u8>,
    last: u8,
}

/// Stands before the first member; where a spelling is expected, for none.
const NONE: u8 = u8::MAX;

impl MemberOrders {
    /// Begins with the first member of an object.
    pub(super) fn begin(&mut self, part: Part) {
        let order = &mut self.0[part as usize];
        if order.following.is_empty() {
            order.following.resize(usize::from(NONE) + 1, NONE);
        }
        order.last = NONE;
    }

    /// The spelling that most likely comes next; of no field where none is known.
    pub(super) fn expected(&self, part: Part) -> u8 {
        let order = &self.0[part as usize];
        order.following.get(usize::from(order.last)).copied().unwrap_or(NONE)
    }

    /// Notes which spelling came next.
    pub(super) fn note(&mut self, part: Part, spelling: u8) {
        let order = &mut self.0[part as usize];
        if let Some(following) = order.following.get_mut(usize::from(order.last)) {
            *following = spelling;
        }
        order.last = spelling;
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|order| order.following.capacity()).sum()
    }
}
