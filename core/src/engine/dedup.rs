//! Drops repetitions of an alert, and makes revisions of those that add something.

use crate::matching::Completion;
use crate::rules::Severity;
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::table::{QuotaGroup, Table};

/// What is remembered of an alert that was raised.
#[derive(Clone, Copy, Debug)]
pub(super) struct RaisedAlert {
    id: u64,
    revision: u32,
    met: u16,
    severity: Severity,
    confidence: u16,
    time: Timestamp,
}

/// What a completion is, seen beside what was raised before.
pub(super) enum Outcome {
    New,
    /// The alert of this id gained evidence: this is its next revision.
    Revised(u64, u32),
    Repeated,
}

/// Alerts raised lately.
#[derive(Debug)]
pub(super) struct Dedup {
    table: Table<(Digest, RaisedAlert)>,
}

impl RaisedAlert {
    pub(super) const fn of(id: u64, completion: &Completion, severity: Severity, time: Timestamp) -> Self {
        Self { id, revision: 1, met: completion.met, severity, confidence: completion.confidence, time }
    }
}

impl Dedup {
    pub(super) fn new(bytes: usize) -> Self {
        Self { table: Table::with_bytes(bytes) }
    }

    /// Notes a completion and says what it is.
    pub(super) fn note(&mut self, key: Digest, fresh: RaisedAlert, window: i64) -> Outcome {
        let Some(found) = self.table.find(key.low(), |(k, _)| *k == key) else {
            // What falls out is only forgotten sooner.
            let _ = self.table.insert(key.low(), QuotaGroup::new(key.low(), 0), (key, fresh));
            return Outcome::New;
        };
        let Some((_, known)) = self.table.get_mut(found) else { return Outcome::New };
        if fresh.time.distance(known.time) > window {
            *known = fresh;
            return Outcome::New;
        }
        known.time = known.time.max(fresh.time);
        let adds = known.met | fresh.met != known.met
            || fresh.severity > known.severity
            || fresh.confidence > known.confidence;
        if !adds || fresh.severity < known.severity {
            return Outcome::Repeated;
        }
        known.met |= fresh.met;
        known.severity = fresh.severity;
        known.confidence = known.confidence.max(fresh.confidence);
        known.revision += 1;
        Outcome::Revised(known.id, known.revision)
    }

    pub(super) fn bytes(&self) -> usize {
        self.table.bytes()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.table.take_steps()
    }
}
