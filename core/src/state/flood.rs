//! A flood: what is done so often that a host's own state is evicted for it, and by whom.

use super::ids::ProcessId;
use crate::time::{MINUTE, Timestamp};
use crate::util::hash::Digest;
use crate::util::saved::saved;

/// The time over which what was evicted is added up.
const WINDOW: i64 = 10 * MINUTE;
/// Entries evicted in that time from which on it is a flood.
const MANY: u64 = 1_000;

/// What a host lost of its own state in one window, and who did most of what it was lost for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flood {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) evicted: u64,
    /// The lineage that did most of it, if any did more than half, a process of it, and its acts less those of others.
    lineage: Option<Digest>,
    pub(crate) process: Option<ProcessId>,
    lead: u64,
}

saved!(Flood { first, last, evicted, lineage, process, lead });

impl Flood {
    /// Whether it is worth telling.
    pub(crate) const fn is_one(&self) -> bool {
        self.evicted >= MANY
    }

    /// Whether most of it was done by the process that is named, or by others of its lineage.
    pub(crate) const fn is_of_one(&self) -> bool {
        self.lead * 4 > self.evicted
    }

    /// Adds what was evicted for an event of a process of a lineage.
    pub(super) fn add(&mut self, time: Timestamp, evicted: u64, by: Option<(Digest, Option<ProcessId>)>) {
        if self.first + WINDOW < time || self.evicted == 0 {
            *self = Self { first: time, ..Self::default() };
        }
        self.last = self.last.max(time);
        self.evicted += evicted;
        let lineage = by.map(|(lineage, _)| lineage);
        if self.lineage == lineage {
            self.lead += evicted;
        } else if self.lead >= evicted {
            self.lead -= evicted;
        } else {
            (self.lineage, self.process, self.lead) = (lineage, by.and_then(|(_, process)| process), evicted);
        }
    }
}
