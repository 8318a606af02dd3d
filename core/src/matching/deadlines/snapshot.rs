//! Saves deferred checks, and gives them to the behaviors of another catalog.

use alloc::vec::Vec;

use super::{Deadlines, Queue, Scheduled};
use crate::rules::BehaviorId;
use crate::time::Timestamp;
use crate::util::heap::{Arena, Root};
use crate::util::recent::Recent;
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, small};
use crate::util::table::Table;

impl Restored for Deadlines {
    fn form(schema: Schema) -> Schema {
        Arena::<Scheduled>::form_of(Table::<Queue>::form_of(schema)).of::<Scheduled>().of::<Recent<Timestamp>>()
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { queues, checks, heaviest, budget: _, arrivals, dropped, not_before } = self;
        (*arrivals, *dropped, heaviest.room()).save(out);
        checks.places().save(out);
        not_before.save(out);
        queues.store_with(out, |queue, out| {
            let Queue { host, checks: root, count: _ } = queue;
            host.save(out);
            checks.store_queue(*root, out, |check, out| check.save(out));
        });
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        let (arrivals, dropped, room): (u64, u64, (u32, u32)) = Saved::load(from)?;
        let places = usize::load(from)?;
        self.not_before = Saved::load(from)?;
        from.need(small(arrivals) && small(dropped), "a counter is too large")?;
        from.need(
            places.saturating_mul(Arena::<Scheduled>::ITEM_BYTES) <= self.budget.saturating_mul(2),
            "more checks wait than the limits allow",
        )?;
        (self.arrivals, self.dropped) = (arrivals, dropped);
        let Self { queues, checks, .. } = self;
        queues.restore_with(from, |from| {
            let host = Saved::load(from)?;
            let before = checks.len();
            let root = checks.restore_queue(from, Scheduled::load)?;
            let count = checks.len() - before;
            from.need(count > 0, "a host without checks has a queue")?;
            Ok(Queue { host, checks: root, count })
        })?;
        from.need(checks.len() <= places, "more checks wait than there are places")?;
        checks.extend_to(places);
        for (handle, queue) in self.queues.entries() {
            self.heaviest.set(handle.place(), queue.host.low(), queue.weight());
        }
        from.need(room.0.max(room.1) as usize <= self.budget, "more hosts have checks than the limits allow")?;
        self.heaviest.extend_to(room);
        Ok(())
    }
}

impl Deadlines {
    /// Gives the checks to other numbers of their behaviors; those of behaviors that have none go, each with a call of
    /// `dropped`.
    pub(crate) fn renumber(
        &mut self,
        number: impl Fn(BehaviorId) -> Option<BehaviorId>,
        mut dropped: impl FnMut(BehaviorId),
    ) {
        let handles: Vec<_> = self.queues.handles().collect();
        for handle in handles {
            let Some(queue) = self.queues.get_mut(handle) else { continue };
            let (mut all, mut kept) = (core::mem::take(&mut queue.checks), Root::default());
            queue.count = 0;
            while let Some(mut scheduled) = self.checks.pop(&mut all) {
                let old = scheduled.check.behavior;
                match number(old) {
                    Some(new) => {
                        scheduled.check.behavior = new;
                        queue.count += 1;
                        self.checks.push(&mut kept, scheduled);
                    }
                    None => dropped(old),
                }
            }
            queue.checks = kept;
            self.heaviest.set(handle.place(), queue.host.low(), queue.weight());
            if queue.count == 0 {
                self.queues.remove(handle);
            }
        }
    }
}
