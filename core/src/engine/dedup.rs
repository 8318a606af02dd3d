//! Tells an alert from repetitions of one and from more evidence for one.
//!
//! Alerts of one behavior, host and initiator are one where they are about the same service and the same endpoint, as
//! far as each knows them; without either, where the target's image is the same.

use crate::matching::Completion;
use crate::rules::Severity;
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::saved::{restored, saved, small};
use crate::util::table::{Handle, QuotaGroup, Table};

/// What two alerts have in common that are one.
#[derive(Clone, Copy, Debug)]
pub(super) struct DedupKey {
    /// Behavior, host and initiator.
    pub(super) who: Digest,
    pub(super) service: Option<Digest>,
    pub(super) endpoint: Option<Digest>,
    /// The target's image.
    pub(super) target: Digest,
}

impl DedupKey {
    /// The keys it is found under.
    fn places(&self) -> impl Iterator<Item = Digest> {
        let service = self.service.map(|service| self.who.and(1, service));
        let endpoint = self.endpoint.map(|endpoint| self.who.and(2, endpoint));
        let target = (service.is_none() && endpoint.is_none()).then(|| self.who.and(3, self.target));
        [service, endpoint, target].into_iter().flatten()
    }

    /// Whether neither contradicts the other.
    fn may_be(&self, other: &Self) -> bool {
        let agrees = |a: Option<Digest>, b: Option<Digest>| a.is_none() || b.is_none() || a == b;
        agrees(self.service, other.service) && agrees(self.endpoint, other.endpoint)
    }
}

/// What is remembered of an alert that was raised.
#[derive(Clone, Copy, Debug)]
pub(super) struct RaisedAlert {
    key: DedupKey,
    id: u64,
    revision: u32,
    met: u16,
    severity: Severity,
    confidence: u16,
    time: Timestamp,
    /// How often it happened, and how often the last revision says it did.
    count: u64,
    reported_count: u64,
    /// Entries of the policy that covered it so far, as [`Answers::covering_set`](crate::policy::Answers) numbers them.
    covered: u64,
}

/// What a completion is, seen beside what was raised before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    New,
    /// The alert of this id gained evidence: this is its next revision, and how often it happened.
    Revised(u64, u32, u64),
    /// The alert of this id happened again; whether a revision that says so is due.
    Counted(u64, bool),
    Repeated,
}

/// Alerts raised lately.
#[derive(Debug)]
pub(super) struct Dedup {
    places: Table<(Digest, Handle)>,
    raised: Table<RaisedAlert>,
}

impl RaisedAlert {
    pub(super) const fn of(
        key: DedupKey,
        id: u64,
        completion: &Completion,
        severity: Severity,
        time: Timestamp,
    ) -> Self {
        let (met, confidence) = (completion.met, completion.confidence);
        Self { key, id, revision: 1, met, severity, confidence, time, count: 1, reported_count: 1, covered: 0 }
    }
}

impl Dedup {
    pub(super) fn new(bytes: usize) -> Self {
        Self { places: Table::with_bytes(bytes / 2), raised: Table::with_bytes(bytes / 2) }
    }

    /// Notes a completion and says what it is.
    pub(super) fn note(&mut self, fresh: RaisedAlert, window: i64) -> Outcome {
        // An alert of the same id is the same alert, whatever else is known of it by now.
        let same = |known: &RaisedAlert| known.id == fresh.id;
        let found = fresh.key.places().find_map(|place| self.find(place, &fresh, window));
        let Some(found) = found.or_else(|| self.raised.find(fresh.id, same)) else {
            let (handle, _) = self.raised.insert(fresh.id, QuotaGroup::of_host(fresh.key.who.low()), fresh);
            self.put(&fresh.key, handle);
            return Outcome::New;
        };
        let Some(known) = self.raised.get_mut(found) else { return Outcome::New };
        let is_later = fresh.time > known.time;
        known.time = known.time.max(fresh.time);
        known.key.service = known.key.service.or(fresh.key.service);
        known.key.endpoint = known.key.endpoint.or(fresh.key.endpoint);
        let adds_clause = known.met | fresh.met != known.met;
        let adds = adds_clause || fresh.severity > known.severity || fresh.confidence > known.confidence;
        let outcome = if adds && fresh.severity >= known.severity {
            known.met |= fresh.met;
            known.severity = fresh.severity;
            known.confidence = known.confidence.max(fresh.confidence);
            known.revision += 1;
            known.reported_count = known.count;
            Outcome::Revised(known.id, known.revision, known.count)
        } else if is_later {
            known.count += 1;
            Outcome::Counted(known.id, known.count.is_power_of_two())
        } else {
            Outcome::Repeated
        };
        let key = known.key;
        self.put(&key, found);
        outcome
    }

    /// The next revision of an alert: its number, how often it happened and when last. `None` when it was forgotten.
    pub(super) fn next_revision(&mut self, id: u64) -> Option<(u32, u64, Timestamp)> {
        let found = self.raised.find(id, |known| known.id == id)?;
        let known = self.raised.get_mut(found)?;
        known.revision += 1;
        known.reported_count = known.count;
        Some((known.revision, known.count, known.time))
    }

    /// Whether the last revision of an alert says less often than it happened.
    pub(super) fn is_uncounted(&mut self, id: u64) -> bool {
        let found = self.raised.find(id, |known| known.id == id);
        found.and_then(|found| self.raised.get(found)).is_some_and(|known| known.count != known.reported_count)
    }

    /// Adds entries that cover an alert, and returns those that did before.
    pub(super) fn cover(&mut self, id: u64, covering: u64) -> u64 {
        let found = self.raised.find(id, |known| known.id == id);
        let Some(known) = found.and_then(|found| self.raised.get_mut(found)) else { return 0 };
        let before = known.covered;
        known.covered |= covering;
        before
    }

    fn find(&mut self, place: Digest, fresh: &RaisedAlert, window: i64) -> Option<Handle> {
        let found = self.places.find(place.low(), |(key, _)| *key == place)?;
        let (_, handle) = self.places.get(found)?;
        let known = self.raised.get(*handle)?;
        (fresh.time.distance(known.time) <= window && known.key.may_be(&fresh.key)).then_some(*handle)
    }

    /// Lets an alert be found under its keys; of two under one key the later one is found.
    fn put(&mut self, key: &DedupKey, handle: Handle) {
        for place in key.places() {
            match self.places.find(place.low(), |(known, _)| *known == place) {
                Some(entry) => {
                    if let Some(entry) = self.places.get_mut(entry) {
                        entry.1 = handle;
                    }
                }
                None => {
                    // What falls out is only forgotten sooner.
                    let _ = self.places.insert(place.low(), QuotaGroup::of_host(key.who.low()), (place, handle));
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.places.bytes() + self.raised.bytes()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.places.take_steps() + self.raised.take_steps()
    }
}

saved!(DedupKey { who, service, endpoint, target });
saved!(RaisedAlert { key, id, revision, met, severity, confidence, time, count, reported_count, covered }
    where |raised| raised.revision < 1 << 31 && small(raised.count) && small(raised.reported_count));
restored!(Dedup { places, raised });
