//! Saves a table exactly as it is: places, generations, buckets and queues, so that after loading the same entries are
//! found in as many steps and evicted in the same order.

use alloc::vec;
use alloc::vec::Vec;

use super::groups::{Group, Groups};
use super::index::{self, Index, NIL};
use super::links::{CHUNK, Head, Links};
use super::{BUCKET_CHUNK, Table};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, small};

/// What a place is: its entry, if any, is used since it was queued, and is preferred.
const TAKEN: u8 = 1;
const USED: u8 = 2;
const PREFERRED: u8 = 4;

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
        self.entries().map(|(_, value)| value)
    }

    /// The form of a table without that of its entries.
    pub(crate) fn form_of(schema: Schema) -> Schema {
        schema.word("table 4")
    }

    /// Stores the table; `save` writes an entry.
    pub(crate) fn store_with(&self, out: &mut Writer<'_>, mut save: impl FnMut(&V, &mut Writer<'_>)) {
        let Self { places, index, groups, budget: _, steps, chances: _ } = self;
        out.count(places.len());
        (places.free(), *steps).save(out);
        for place in 0..places.len() as u32 {
            let head = places.links.head(place);
            places.generation(place).save(out);
            match places.value(place) {
                None => {
                    0_u8.save(out);
                    head.newer.save(out);
                }
                Some(value) => {
                    let bits = [(places.links.is_used(place), USED), (head.preferred, PREFERRED)];
                    bits.iter().fold(TAKEN, |is, (holds, bit)| is | if *holds { *bit } else { 0 }).save(out);
                    (head.hash(), head.weight).save(out);
                    save(value, out);
                }
            }
        }
        out.count(index.len());
        index.split().save(out);
        for (away, linked) in index.buckets() {
            away.save(out);
            out.count(linked.len());
            linked.for_each(|place| place.save(out));
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
            queued().for_each(|place| place.save(out));
        }
        false.save(out);
    }

    /// The entries of a queue that begins with this one.
    fn queue(&self, oldest: u32) -> impl Iterator<Item = u32> + '_ {
        let entry = |place: u32| Some(place).filter(|&place| place != NIL);
        core::iter::successors(entry(oldest), move |&place| entry(self.places.links.head(place).newer))
    }

    /// Takes the content into an empty table; `load` makes an entry.
    pub(crate) fn restore_with(
        &mut self,
        from: &mut Reader<'_>,
        mut load: impl FnMut(&mut Reader<'_>) -> Result<V, Fault>,
    ) -> Result<(), Fault> {
        let places = from.count()?;
        let most = (self.budget / Self::ENTRY_BYTES).clamp(CHUNK, index::MOST);
        from.need(places <= most, "a table holds more than the limits allow")?;
        let free = u32::load(from)?;
        self.steps = Saved::load(from)?;
        from.need(small(self.steps), "a table took too many steps")?;
        for _ in 0..places {
            let generation = Saved::load(from)?;
            let is = u8::load(from)?;
            let place = self.places.add();
            self.places.set_generation(place, generation);
            if is & TAKEN == 0 {
                self.places.links.head_mut(place).newer = u32::load(from)?;
                continue;
            }
            let (hash, weight) = Saved::load(from)?;
            from.need(weight > 0, "an entry has no weight")?;
            let mut head = Head::new(hash);
            (head.weight, head.preferred) = (weight, is & PREFERRED != 0);
            *self.places.links.head_mut(place) = head;
            self.places.fill(place, load(from)?);
            if is & USED != 0 {
                self.places.links.set_used(place);
            }
        }
        self.places.set_free(free);
        self.check_free().map_err(|what| from.fault(what))?;
        let (vacant, entries) = (self.vacant(), self.places.taken());
        self.index = restored_index(&self.places.links, entries, vacant.clone(), from)?;
        let room = Saved::load(from)?;
        self.groups.allow(usize::MAX);
        restore_queues(&mut self.places.links, &mut self.groups, entries, vacant, from)?;
        self.allow_groups();
        from.need(self.groups.extend_to(room), "a table has more queues than the limits allow")
    }

    /// The places without an entry, one bit each, and those behind the last one.
    fn vacant(&self) -> Vec<u64> {
        let mut vacant = vec![u64::MAX; self.places.len().div_ceil(64)];
        self.places.entries().for_each(|(handle, _)| vacant[handle.place as usize / 64] ^= 1 << (handle.place % 64));
        vacant
    }

    /// Checks that the list of free places has all of them.
    fn check_free(&self) -> Result<(), &'static str> {
        let vacant = self.places.len() - self.places.taken();
        let (mut at, mut seen) = (self.places.free(), 0);
        while at != NIL {
            let is_vacant = (at as usize) < self.places.len() && self.places.value(at).is_none();
            if !is_vacant || seen == vacant {
                return Err("the list of free places leads astray");
            }
            seen += 1;
            at = self.places.links.head(at).newer;
        }
        if seen == vacant { Ok(()) } else { Err("a free place is in no list") }
    }
}

/// Takes a place from those that are left, of which each may be named once: whether it was among them.
fn take(left: &mut [u64], place: u32) -> bool {
    let Some(word) = left.get_mut(place as usize / 64) else { return false };
    let is_left = *word >> (place % 64) & 1 == 0;
    *word |= 1 << (place % 64);
    is_left
}

/// Links the entries in the buckets in which they were.
fn restored_index(
    links: &Links,
    entries: usize,
    mut vacant: Vec<u64>,
    from: &mut Reader<'_>,
) -> Result<Index<BUCKET_CHUNK>, Fault> {
    let count = from.count()?;
    let may_have = Index::<BUCKET_CHUNK>::may_have(count, links.len());
    from.need(may_have, "a table has not as many buckets as it needs")?;
    let split = Option::<u8>::load(from)?;
    from.need(count > 0 || split.is_none(), "no bucket is split")?;
    let mut index = Index::with_buckets(count, split);
    let (mut away, mut linked) = (vec![0_u16; count], 0);
    for bucket in 0..count {
        index.set_away(bucket, u16::load(from)?);
        for _ in 0..from.count()? {
            let place = u32::load(from)?;
            from.need(take(&mut vacant, place), "a bucket leads astray")?;
            linked += 1;
            let Some((first, is_first)) = index.restore(bucket, links.head(place).hash(), place) else {
                return Err(from.fault("an entry is in a bucket of others"));
            };
            away[first] = away[first].saturating_add(u16::from(!is_first));
        }
    }
    from.need(linked == entries, "an entry is in no bucket")?;
    from.need(index.can_go_on(|place| links.head(place).hash()), "a bucket is split in vain")?;
    let is_counted = index.buckets().zip(&away).all(|((known, _), &away)| away <= known);
    from.need(is_counted, "a bucket counts too few entries")?;
    Ok(index)
}

/// Queues the entries, the oldest of each queue first.
fn restore_queues(
    links: &mut Links,
    groups: &mut Groups,
    entries: usize,
    mut vacant: Vec<u64>,
    from: &mut Reader<'_>,
) -> Result<(), Fault> {
    let (mut ages, mut queued) = (Vec::new(), 0);
    while bool::load(from)? {
        let (host_hash, actor, is_others) = Saved::load(from)?;
        let group = groups.restored(host_hash, actor, is_others);
        let age: (u64, u64) = Saved::load(from)?;
        from.need(small(age.0) && age.0 <= age.1 && small(age.1), "a queue is of no age")?;
        let is_last = bool::load(from)?;
        let Some(group) = group else { return Err(from.fault("a queue is none or is there twice")) };
        for _ in 0..from.count()? {
            let place = u32::load(from)?;
            from.need(take(&mut vacant, place), "a queue leads astray")?;
            let is_used = links.is_used(place);
            links.head_mut(place).group = group;
            links.enqueue(groups, place);
            if is_used {
                links.set_used(place);
            }
            queued += 1;
        }
        ages.push((group, age, is_last));
    }
    for (group, age, is_last) in ages {
        groups.set_age(group, age);
        if is_last {
            groups.set_last(group);
        }
    }
    from.need(queued == entries, "an entry is in no queue")
}
