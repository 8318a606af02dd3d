//! What the entries of a policy did: which alerts each covered, so that those that are worn out are seen.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use smallvec::SmallVec;

use super::entry::{Answer, ElementEntry, Entry};
use crate::time::Timestamp;
use crate::util::json;

/// The place of an entry in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryId {
    Element(usize),
    Suppression(usize),
}

impl EntryId {
    /// The JSON path.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Element(at) => format!("elements[{at}]"),
            Self::Suppression(at) => format!("suppressions[{at}]"),
        }
    }

    const fn bit(self) -> u64 {
        match self {
            Self::Element(at) => 1 << (at % 32),
            Self::Suppression(at) => 1 << (32 + at % 32),
        }
    }
}

/// What the entries that could cover an alert say of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(pub(super) SmallVec<[(EntryId, Answer); 4]>);

impl Answers {
    /// The entries that cover the alert.
    pub(crate) fn covering(&self) -> impl Iterator<Item = EntryId> + '_ {
        self.0.iter().filter(|(_, answer)| *answer == Answer::Yes).map(|(entry, _)| *entry)
    }

    /// The entries that cover the alert, each as a bit. In a policy of more than 32 entries in one list some share a bit.
    pub(crate) fn covering_set(&self) -> u64 {
        self.covering().fold(0, |set, entry| set | entry.bit())
    }
}

/// What an entry of a policy did since the engine was made or got the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryUse {
    /// The JSON path of the entry, `suppressions[2]`.
    pub path: String,
    /// Its owner.
    pub owner: Option<String>,
    /// Its reason.
    pub reason: Option<String>,
    /// Alerts that it might have covered: they are of its behaviors. Each counts once, however often it is revised.
    pub asked: u64,
    /// Those of them that it covered.
    pub matched: u64,
    /// Those of them that it would have covered, had it not expired.
    pub expired: u64,
    /// When an alert that it covered last happened, RFC 3339, UTC.
    pub last: Option<String>,
    /// Whether it has expired by the newest event.
    pub is_expired: bool,
}

impl EntryUse {
    /// All of it as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }

    /// What is odd about it: it never matched, has expired, or matched whatever there was.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, Policy};
    /// let policy = Policy::from_json(br#"{"suppressions": [{"behavior": "L05", "host": "ci-*"}]}"#)?;
    /// let engine = Engine::new(Catalog::builtin(), policy, Limits::default());
    /// assert_eq!(engine.policy_use()[0].finding().as_deref(), Some("never matched: there was no alert of its behaviors"));
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn finding(&self) -> Option<String> {
        match (self.asked, self.matched) {
            (_, matched) if self.is_expired && self.expired > 0 => {
                Some(format!("has expired: {} come through that it would cover, {matched} did before", self.expired))
            }
            (_, matched) if self.is_expired => Some(format!("has expired; it matched {matched}")),
            (0, _) => Some("never matched: there was no alert of its behaviors".into()),
            (asked, 0) => Some(format!("never matched any of {asked} alerts of its behaviors")),
            (asked, matched) if asked == matched && asked >= SUSPECT => {
                Some(format!("matched everything: all {asked} alerts of its behaviors"))
            }
            _ => None,
        }
    }
}

/// Alerts from which on an entry that covers all of them is suspect.
const SUSPECT: u64 = 3;

/// Counts of one entry.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    asked: u64,
    matched: u64,
    expired: u64,
    last: Option<Timestamp>,
}

/// Counts of all entries of a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyUse {
    elements: Vec<Counts>,
    suppressions: Vec<Counts>,
}

impl PolicyUse {
    pub(super) fn of(elements: usize, suppressions: usize) -> Self {
        let none = |count| alloc::vec![Counts::default(); count];
        Self { elements: none(elements), suppressions: none(suppressions) }
    }

    /// Notes what the entries say of an alert that is new.
    pub(crate) fn note(&mut self, answers: &Answers, time: Timestamp) {
        for (entry, answer) in &answers.0 {
            let Some(counts) = self.counts(*entry) else { continue };
            counts.asked += 1;
            match answer {
                Answer::No => {}
                Answer::Expired => counts.expired += 1,
                Answer::Yes => {
                    counts.matched += 1;
                    counts.last = counts.last.max(Some(time));
                }
            }
        }
    }

    /// Notes the entries that cover a revision of an alert and covered none before, given as bits.
    pub(crate) fn note_revision(&mut self, answers: &Answers, before: u64, time: Timestamp) {
        for entry in answers.covering().filter(|entry| before & entry.bit() == 0) {
            let Some(counts) = self.counts(entry) else { continue };
            counts.matched += 1;
            counts.last = counts.last.max(Some(time));
        }
    }

    fn counts(&mut self, entry: EntryId) -> Option<&mut Counts> {
        match entry {
            EntryId::Element(at) => self.elements.get_mut(at),
            EntryId::Suppression(at) => self.suppressions.get_mut(at),
        }
    }

    /// What the entries did by `now`. Windows are no entries: they cover nothing.
    pub(super) fn report(&self, elements: &[ElementEntry], suppressions: &[Entry], now: Timestamp) -> Vec<EntryUse> {
        let used = |id: EntryId, entry: &Entry, counts: &Counts| EntryUse {
            path: id.path(),
            owner: entry.owner.clone(),
            reason: entry.reason.clone(),
            asked: counts.asked,
            matched: counts.matched,
            expired: counts.expired,
            last: counts.last.map(|time| format!("{time}")),
            is_expired: entry.expires.is_some_and(|end| end <= now),
        };
        let elements = elements.iter().zip(&self.elements).enumerate().filter(|(_, (of, _))| of.window.is_none());
        let elements = elements.map(|(at, (of, counts))| used(EntryId::Element(at), &of.entry, counts));
        let suppressions = suppressions.iter().zip(&self.suppressions).enumerate();
        let suppressions = suppressions.map(|(at, (entry, counts))| used(EntryId::Suppression(at), entry, counts));
        elements.chain(suppressions).collect()
    }

    pub(crate) const fn bytes(&self) -> usize {
        (self.elements.capacity() + self.suppressions.capacity()) * size_of::<Counts>()
    }
}
