//! Saves the reorder buffer with the room that its events take, so that it is full when it would have been.

use alloc::vec::Vec;

use super::{Held, Queue, Reorder, Waiting};
use crate::event;
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::heap::{Arena, Root};
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer};
use crate::util::table::Table;

impl Restored for Reorder {
    fn form(schema: Schema) -> Schema {
        let schema = Arena::<Held>::form_of(Table::<Queue>::form_of(schema));
        event::form(schema.word("reorder 2"))
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { queues, held, heaviest, pool, orphans, bytes: _, budget: _ } = self;
        held.places().save(out);
        heaviest.room().save(out);
        queues.store_with(out, |queue, out| {
            let Queue { host, dated, undated, bytes: _ } = queue;
            host.save(out);
            for Waiting { newest, held: root } in [dated, undated] {
                newest.save(out);
                held.store_queue(*root, out, Held::save);
            }
        });
        out.count(orphans.len());
        orphans.capacity().save(out);
        orphans.iter().for_each(|root| held.store_queue(*root, out, Held::save));
        out.count(pool.len());
        pool.capacity().save(out);
        pool.iter().for_each(|buffer| (buffer.capacity() as u32).save(out));
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        const TOO_MUCH: &str = "more waits to be judged than the limits allow";
        let places = usize::load(from)?;
        let weighed: (u32, u32) = Saved::load(from)?;
        // The last event that was taken may exceed the budget, and a chunk of places may be partly used.
        let most = self.budget.saturating_mul(2);
        from.need(places.saturating_mul(Arena::<Held>::ITEM_BYTES) <= most, TOO_MUCH)?;
        let Self { queues, held, .. } = self;
        let mut owned = 0;
        queues.restore_with(from, |from| {
            let host: Digest = Saved::load(from)?;
            let mut bytes = 0;
            let mut waiting = || {
                let newest = Option::<Timestamp>::load(from)?;
                let held = held.restore_queue(from, |from| Held::load(from, &mut bytes, most))?;
                Ok(Waiting { newest, held })
            };
            let (dated, undated) = (waiting()?, waiting()?);
            owned += bytes;
            from.need(owned <= most, TOO_MUCH)?;
            // What the queue counts is what its events cost.
            let count = held.count(dated.held) + held.count(undated.held);
            bytes += count * Arena::<Held>::ITEM_BYTES;
            Ok(Queue { host, dated, undated, bytes })
        })?;
        let (orphans, room) = (from.count()?, usize::load(from)?);
        from.need(orphans <= room && room <= most / size_of::<Root>(), TOO_MUCH)?;
        self.orphans = Vec::with_capacity(room);
        for _ in 0..orphans {
            let root = self.held.restore_queue(from, |from| Held::load(from, &mut owned, most))?;
            self.orphans.push(root);
        }
        let (pooled, room) = (from.count()?, usize::load(from)?);
        from.need(pooled <= room && room <= most / size_of::<Vec<u8>>(), TOO_MUCH)?;
        self.pool = Vec::with_capacity(room);
        for _ in 0..pooled {
            let capacity = u32::load(from)? as usize;
            owned += capacity;
            from.need(owned <= most, TOO_MUCH)?;
            self.pool.push(Vec::with_capacity(capacity));
        }
        self.bytes = owned;
        from.need(self.held.len() <= places, "more events wait than there are places")?;
        self.held.extend_to(places);
        for (handle, queue) in self.queues.entries() {
            self.heaviest.set(handle.place(), queue.host.low(), queue.bytes as u64);
        }
        from.need(weighed.0.max(weighed.1) as usize <= most, TOO_MUCH)?;
        self.heaviest.extend_to(weighed);
        Ok(())
    }
}

impl Held {
    fn save(&self, out: &mut Writer<'_>) {
        let Self { time, channel, id, bytes, record, part, file, host } = self;
        (*time, *channel, *id).save(out);
        (*record, *part, *file).save(out);
        host.save(out);
        (bytes.capacity() as u32).save(out);
        bytes.save(out);
    }

    /// Makes one anew; `owned` counts its room, of which there may be `most`.
    fn load(from: &mut Reader<'_>, owned: &mut usize, most: usize) -> Result<Self, Fault> {
        let (time, channel, id) = Saved::load(from)?;
        let (record, part, file) = Saved::load(from)?;
        let host = Saved::load(from)?;
        let capacity = u32::load(from)? as usize;
        let length = from.count()?;
        *owned = owned.saturating_add(capacity);
        from.need(length <= capacity && *owned <= most, "an event has more room than the limits allow")?;
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(from.take(length)?);
        from.need(event::decode(&bytes).is_some(), "it is no event")?;
        Ok(Self { time, channel, id, bytes, record, part, file, host })
    }
}
