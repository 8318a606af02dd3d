//! How often things happened lately, in a fixed number of counters.

use alloc::vec::Vec;

use crate::time::{SECOND, Timestamp};
use crate::util::hash::Hasher;
use crate::util::saved::{restored, saved};

/// What is kept of one counter.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    count: u32,
    /// Seconds of the time up to which it has fallen.
    at: u32,
}

saved!(Counter { count, at });

/// How often something happens before it is no longer rare, and the time in which the count falls by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) most: u32,
    pub(super) falls: i64,
}

/// How often things happened lately, in a fixed number of counters. Things that share one count together, so that
/// something may seem more frequent than it is, but never rarer.
#[derive(Debug)]
pub(super) struct Frequencies {
    counters: Vec<Counter>,
    budget: usize,
}

restored!(Frequencies { counters } else { budget } then check);

impl Frequencies {
    /// Counters that own at most `bytes`.
    pub(super) const fn new(bytes: usize) -> Self {
        Self { counters: Vec::new(), budget: bytes }
    }

    /// Counts one occurrence of something about someone. Whether it was rare.
    pub(super) fn note(&mut self, of: u64, what: u64, time: Timestamp, rate: Rate) -> bool {
        let key = Hasher::new(0).u64(of).u64(what).finish();
        if self.counters.is_empty() {
            self.counters.resize(self.number(), Counter::default());
        }
        let place = key as usize & (self.counters.len() - 1);
        let Some(counter) = self.counters.get_mut(place) else { return false };
        let now = (time.0 / SECOND).clamp(0, u32::MAX.into()) as u32;
        let fallen = now.saturating_sub(counter.at) / (rate.falls / SECOND) as u32;
        counter.count = counter.count.saturating_sub(fallen);
        counter.at = match counter.count {
            0 => counter.at.max(now),
            _ => counter.at + fallen * (rate.falls / SECOND) as u32,
        };
        let is_rare = counter.count < rate.most;
        // A flood that has ended is forgotten after as long as it takes for what is just no longer rare.
        counter.count = (counter.count + 1).min(2 * rate.most);
        is_rare
    }

    /// How many counters there are: a power of two, at least one.
    const fn number(&self) -> usize {
        1 << ((self.budget / size_of::<Counter>()) | 1).ilog2()
    }

    /// Under other limits there is another number of counters, which then begin anew.
    fn check(&mut self) -> Result<(), &'static str> {
        if self.counters.len() != self.number() {
            self.counters = Vec::new();
        }
        Ok(())
    }

    pub(super) const fn bytes(&self) -> usize {
        self.counters.capacity() * size_of::<Counter>()
    }
}
