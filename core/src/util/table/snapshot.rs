//! Saves a table exactly as it is: places, generations, chains and queues, so that after loading the same entries are
//! found in as many steps and evicted in the same order.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::groups::Group;
use super::{CHUNK, Cell, ChainLink, Head, NIL, Table};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, small};

/// What a place is: its entry, if any, is used since it was queued, is the first of its chain, and is preferred.
const TAKEN: u8 = 1;
const USED: u8 = 2;
const FIRST: u8 = 4;
const PREFERRED: u8 = 8;

impl<V: Saved> Restored for Table<V> {
    fn form(schema: Schema) -> Schema {
        Self::form_of(schema).of::<V>()
    }

    fn store(&self, out: &mut Writer<'_>) {
        self.store_with(out, |value, out| value.save(out));
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        self.restore_with(from, V::load)
    }
}

impl<V> Table<V> {
    /// All entries in order of their places.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.cells.iter().filter_map(Cell::value)
    }

    /// The form of a table without that of its entries.
    pub(crate) fn form_of(schema: Schema) -> Schema {
        schema.word("table 3")
    }

    /// Stores the table; `save` writes an entry.
    pub(crate) fn store_with(&self, out: &mut Writer<'_>, mut save: impl FnMut(&V, &mut Writer<'_>)) {
        let Self { heads, cells, used: _, buckets, groups, free, len: _, budget: _, steps, chances: _ } = self;
        out.count(cells.len());
        out.count(buckets.len());
        (*free, *steps).save(out);
        for (index, cell) in (0..).zip(cells.iter()) {
            let head = &heads[index as usize];
            cell.generation().save(out);
            match cell.value() {
                None => {
                    0_u8.save(out);
                    head.chain.0.save(out);
                }
                Some(value) => {
                    let is_first = self.bucket(self.bucket_of(head.hash())).index() == index;
                    let bits = [(self.is_used(index), USED), (is_first, FIRST), (head.preferred, PREFERRED)];
                    bits.iter().fold(TAKEN, |is, (holds, bit)| is | if *holds { *bit } else { 0 }).save(out);
                    (head.hash(), head.weight).save(out);
                    if head.chain == ChainLink::NIL { NIL } else { head.chain.index() }.save(out);
                    save(value, out);
                }
            }
        }
        groups.room().save(out);
        for group in groups.hosts().flat_map(|host| groups.siblings(host)) {
            let known @ Group { host_hash, actor, .. } = *groups.get(group);
            true.save(out);
            (host_hash, actor, groups.is_others(group)).save(out);
            groups.age(group).save(out);
            groups.is_last(group).save(out);
            let queued = || [false, true].into_iter().flat_map(|preferred| self.queue(known.queue(preferred).oldest));
            out.count(queued().count());
            queued().for_each(|index| index.save(out));
        }
        false.save(out);
    }

    /// The entries of a queue that begins with this one.
    fn queue(&self, oldest: u32) -> impl Iterator<Item = u32> + '_ {
        let entry = |index: u32| Some(index).filter(|&index| index != NIL);
        core::iter::successors(entry(oldest), move |&index| entry(self.head(index).newer))
    }

    /// Takes the content into an empty table; `load` makes an entry.
    pub(crate) fn restore_with(
        &mut self,
        from: &mut Reader<'_>,
        mut load: impl FnMut(&mut Reader<'_>) -> Result<V, Fault>,
    ) -> Result<(), Fault> {
        let (places, buckets) = (from.count()?, u32::load(from)? as usize);
        let most = (self.budget / Self::ENTRY_BYTES).clamp(CHUNK, ChainLink::MOST);
        from.need(places <= most, "a table holds more than the limits allow")?;
        from.need(buckets <= places.saturating_mul(2) + 2, "a table has too many buckets")?;
        (self.free, self.steps) = Saved::load(from)?;
        from.need(small(self.steps), "a table took too many steps")?;
        (0..buckets).for_each(|_| {
            self.buckets.add();
        });
        let mut first = Vec::new();
        for index in 0..places as u32 {
            let generation = Saved::load(from)?;
            let is = u8::load(from)?;
            let (cell, head) = if is & TAKEN == 0 {
                (Cell::Vacant(generation), Head { chain: ChainLink(u32::load(from)?), ..Head::VACANT })
            } else {
                let (hash, weight, chain): (u64, u16, u32) = Saved::load(from)?;
                from.need(buckets > 0, "an entry is in no bucket")?;
                if is & FIRST != 0 {
                    first.push(index);
                }
                self.len += 1;
                from.need(weight > 0, "an entry has no weight")?;
                let preferred = is & PREFERRED != 0;
                let mut head = Head { chain: ChainLink(chain), weight, preferred, ..Head::VACANT };
                head.set_hash(hash);
                (Cell::Taken(generation, load(from)?), head)
            };
            let at = self.add_place();
            self.cells[at] = cell;
            self.heads[at] = head;
            if is & USED != 0 {
                self.set_used(index);
            }
        }
        self.restore_chains(&first).and_then(|()| self.check_free()).map_err(|what| from.fault(what))?;
        self.restore_queues(from)
    }

    /// Links the chains that begin with these entries. Until then an entry's link is the place of the next one.
    fn restore_chains(&mut self, first: &[u32]) -> Result<(), &'static str> {
        let mut linked = 0;
        let mut chain: SmallVec<[u32; 32]> = SmallVec::new();
        for &begin in first {
            let bucket = self.bucket_of(self.head(begin).hash());
            if self.bucket(bucket) != ChainLink::NIL {
                return Err("a bucket has two chains");
            }
            chain.clear();
            let mut at = begin;
            while at != NIL {
                // A chain that ends in itself or in another one is longer than all entries in the end.
                let is_entry = self.cells.get(at as usize).is_some_and(|cell| cell.value().is_some());
                if !is_entry || chain.len() == usize::from(u8::MAX) || linked == self.len {
                    return Err("a chain leads astray");
                }
                if self.bucket_of(self.head(at).hash()) != bucket {
                    return Err("an entry is in the chain of another bucket");
                }
                chain.push(at);
                linked += 1;
                at = self.head(at).chain.0;
            }
            let mut next = ChainLink::NIL;
            for (behind, &index) in (0_u8..).zip(chain.iter().rev()) {
                let head = self.head_mut(index);
                (head.chain, head.behind) = (next, behind);
                next = ChainLink::new(index, head.hash());
            }
            self.set_bucket(bucket, next);
        }
        if linked == self.len { Ok(()) } else { Err("an entry is in no chain") }
    }

    /// Checks that the list of free places has all of them.
    fn check_free(&self) -> Result<(), &'static str> {
        let vacant = self.cells.len() - self.len;
        let (mut at, mut seen) = (self.free, 0);
        while at != NIL {
            let is_vacant = self.cells.get(at as usize).is_some_and(|cell| cell.value().is_none());
            if !is_vacant || seen == vacant {
                return Err("the list of free places leads astray");
            }
            seen += 1;
            at = self.head(at).chain.0;
        }
        if seen == vacant { Ok(()) } else { Err("a free place is in no list") }
    }

    /// Queues the entries, the oldest of each queue first.
    fn restore_queues(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        let room = Saved::load(from)?;
        self.groups.allow(usize::MAX);
        let mut ages = Vec::new();
        let mut queued = alloc::vec![0_u64; self.cells.len().div_ceil(64)];
        let mut count = 0;
        while bool::load(from)? {
            let (host_hash, actor, is_others) = Saved::load(from)?;
            let group = self.groups.restored(host_hash, actor, is_others);
            let age: (u64, u64) = Saved::load(from)?;
            from.need(small(age.0) && age.0 <= age.1 && small(age.1), "a queue is of no age")?;
            let is_last = bool::load(from)?;
            let Some(group) = group else { return Err(from.fault("a queue is none or is there twice")) };
            for _ in 0..from.count()? {
                let index = u32::load(from)?;
                let place = index as usize;
                let is_entry = self.cells.get(place).is_some_and(|cell| cell.value().is_some());
                from.need(is_entry && queued[place / 64] >> (place % 64) & 1 == 0, "a queue leads astray")?;
                queued[place / 64] |= 1 << (place % 64);
                let is_used = self.is_used(index);
                self.head_mut(index).group = group;
                self.enqueue(index);
                if is_used {
                    self.set_used(index);
                }
                count += 1;
            }
            ages.push((group, age, is_last));
        }
        for (group, age, is_last) in ages {
            self.groups.set_age(group, age);
            if is_last {
                self.groups.set_last(group);
            }
        }
        self.groups.steps = 0;
        self.allow_groups();
        from.need(count == self.len, "an entry is in no queue")?;
        from.need(self.groups.extend_to(room), "a table has more queues than the limits allow")
    }
}
