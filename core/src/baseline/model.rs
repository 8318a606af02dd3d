//! A baseline: the relations that were seen, on how many hosts and days.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Place;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::relation::{Id, LONGEST_GROUP, Relation, RelationKind};
use super::sightings::Sightings;
use crate::policy::Policy;
use crate::time::{DAY, Timestamp};
use crate::util::sort::{sort_by, sort_by_key};

/// What is known of one relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) relation: Relation,
    /// Away from alerts.
    pub(super) calm: Sightings,
    /// Near an alert of the same host.
    pub(super) near: Sightings,
}

impl Entry {
    pub(super) fn of(relation: Relation) -> Self {
        Self { relation, calm: Sightings::default(), near: Sightings::default() }
    }

    /// All sightings.
    pub(super) fn all(&self) -> Sightings {
        let mut all = self.calm.clone();
        all.merge(&self.near);
        all
    }

    pub(super) const fn is_seen(&self) -> bool {
        !(self.calm.is_empty() && self.near.is_empty())
    }

    fn merge(&mut self, other: &Self) {
        self.calm.merge(&other.calm);
        self.near.merge(&other.near);
    }

    fn bytes(&self) -> usize {
        self.relation.bytes() + self.calm.bytes() + self.near.bytes()
    }

    pub(super) fn standing(&self, policy: &Policy) -> Standing {
        let quorum = policy.baseline();
        if self.calm.reach(quorum.hosts, quorum.days) || self.all().reach(2 * quorum.hosts, 2 * quorum.days) {
            Standing::Usual
        } else if self.near.is_empty() {
            Standing::Rare
        } else {
            Standing::Quarantined
        }
    }

    pub(super) fn known(&self, policy: &Policy) -> Known {
        let all = self.all();
        let (first, last) = all.span.unwrap_or_default();
        Known {
            kind: self.relation.kind,
            group: self.relation.group.clone().into(),
            names: self.relation.names.iter().cloned().map(String::from).collect(),
            hosts: all.hosts.count(),
            days: all.days.count(),
            host_days: all.host_days.count(),
            first_day: date(first),
            last_day: date(last),
            standing: self.standing(policy),
        }
    }
}

/// How a relation stands under the quorum of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Standing {
    /// Seen away from alerts on as many hosts and days as the policy asks for; or on twice as many, near alerts or not.
    Usual,
    /// Seen near an alert, and not usual: it is kept apart until somebody has looked at it or the quorum is reached.
    Quarantined,
    /// Anything else.
    Rare,
}

impl Standing {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Quarantined => "quarantined",
            Self::Rare => "rare",
        }
    }
}

/// What a baseline knows of one relation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Known {
    /// What it is between.
    #[serde(serialize_with = "by_name")]
    pub kind: RelationKind,
    /// The group of hosts; empty for hosts of no group.
    pub group: String,
    /// Its names, as [`RelationKind::members`] says.
    pub names: Vec<String>,
    /// Hosts on which it was seen: exact up to 15, estimated beyond.
    pub hosts: u32,
    /// Days on which it was seen, likewise.
    pub days: u32,
    /// Pairs of host and day, likewise: the smaller, the rarer.
    pub host_days: u32,
    /// The first day, `2026-01-31`.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// How it stands.
    #[serde(serialize_with = "standing_by_name")]
    pub standing: Standing,
}

fn by_name<S: serde::Serializer>(kind: &RelationKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

fn standing_by_name<S: serde::Serializer>(standing: &Standing, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(standing.name())
}

/// A frozen baseline takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the baseline is frozen: it takes nothing more")]
#[non_exhaustive]
pub struct Frozen;

/// The relations that were seen in learning, on how many hosts and days. See the [module](super) for what is learned
/// and what becomes of it.
///
/// ```
/// use ipcsentry::baseline::Baseline;
/// let mut one = Baseline::default();
/// one.merge(&Baseline::default())?;
/// assert!(one.is_empty());
/// # Ok::<(), ipcsentry::baseline::Frozen>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    pub(super) relations: BTreeMap<Id, Box<Entry>>,
    /// The hosts and days of each group.
    pub(super) groups: BTreeMap<Box<str>, Sightings>,
    pub(super) is_frozen: bool,
}

impl Baseline {
    /// Most relations that a baseline holds: those with the smallest hashes. Which these are does not depend on how
    /// baselines were merged. A relation that does not fit is one that nobody knows, so that no alert is lowered for
    /// it.
    pub const MOST_RELATIONS: usize = 1 << 16;
    /// Most groups of hosts, those first by name.
    pub const MOST_GROUPS: usize = 1 << 10;
    /// Most bytes that a baseline owns, whatever is learned.
    pub const MOST_BYTES: usize = 144 << 20;

    /// Adds what another baseline has seen: a union. It does not matter in which order baselines are merged, how they
    /// are paired, or whether one is merged twice.
    ///
    /// # Errors
    /// Where this baseline is frozen.
    pub fn merge(&mut self, other: &Self) -> Result<(), Frozen> {
        if self.is_frozen {
            return Err(Frozen);
        }
        for (id, theirs) in &other.relations {
            match self.relations.entry(*id) {
                Place::Occupied(mut own) => own.get_mut().merge(theirs),
                Place::Vacant(place) => {
                    place.insert(theirs.clone());
                }
            }
        }
        for (group, theirs) in &other.groups {
            self.groups.entry(group.clone()).or_default().merge(theirs);
        }
        self.bound();
        Ok(())
    }

    /// Whether it holds as many relations as it can: others are unknown, and their alerts stay as they are.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.relations.len() >= Self::MOST_RELATIONS
    }

    /// Ends learning: from now on [`Self::merge`] is refused.
    pub const fn freeze(&mut self) {
        self.is_frozen = true;
    }

    /// Whether it takes nothing more.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// The number of relations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.relations.len()
    }

    /// Whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty() && self.groups.is_empty()
    }

    /// The names of the groups of hosts that it knows; empty for hosts of no group.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(|name| &**name)
    }

    /// Hosts and days on which it learned, of all groups together: each exact up to 15, estimated beyond.
    #[must_use]
    pub fn extent(&self) -> (u32, u32) {
        let mut all = Sightings::default();
        self.groups.values().for_each(|group| all.merge(group));
        (all.hosts.count(), all.days.count())
    }

    /// Bytes that it owns: at most [`Self::MOST_BYTES`].
    #[must_use]
    pub fn bytes(&self) -> usize {
        // A node of the map is at least half full, and holds an id and a pointer for each entry.
        let place = 2 * (size_of::<Id>() + size_of::<usize>()) + 8;
        let entries = self.relations.values().map(|entry| entry.bytes()).sum::<usize>();
        let groups = self.groups.iter().map(|(name, seen)| name.len() + seen.bytes()).sum::<usize>();
        let group_place = 2 * (size_of::<Box<str>>() + size_of::<Sightings>());
        self.relations.len() * (place + size_of::<Entry>()) + entries + self.groups.len() * group_place + groups
    }

    /// All relations under the quorum of a policy, in order of kind, group and names.
    #[must_use]
    pub fn relations(&self, policy: &Policy) -> Vec<Known> {
        self.sorted().into_iter().map(|entry| entry.known(policy)).collect()
    }

    /// What somebody should look at: relations that were seen near an alert and are not usual, the most frequent first.
    #[must_use]
    pub fn review(&self, policy: &Policy) -> Vec<Known> {
        let quarantined = |entry: &&Entry| entry.standing(policy) == Standing::Quarantined;
        let mut list: Vec<Known> =
            self.sorted().into_iter().filter(quarantined).map(|entry| entry.known(policy)).collect();
        sort_by_key(&mut list, |known| Reverse(known.host_days));
        list
    }

    /// Entries that were seen, in order of kind, group and names.
    pub(super) fn sorted(&self) -> Vec<&Entry> {
        let mut all: Vec<&Entry> = self.relations.values().map(|entry| &**entry).filter(|e| e.is_seen()).collect();
        sort_by(&mut all, |a, b| {
            let (a, b) = (&a.relation, &b.relation);
            (a.kind, &a.group, &a.names).cmp(&(b.kind, &b.group, &b.names))
        });
        all
    }

    /// What is known of a relation.
    pub(super) fn get(&self, relation: &Relation) -> Option<&Entry> {
        self.relations.get(&relation.id()).map(|entry| &**entry).filter(|entry| entry.is_seen())
    }

    /// Makes a place for a relation, if it is among the smallest.
    pub(super) fn place(&mut self, id: Id, relation: impl FnOnce() -> Relation) {
        if self.is_full() && self.relations.last_key_value().is_some_and(|(largest, _)| *largest < id) {
            return;
        }
        self.relations.entry(id).or_insert_with(|| Box::new(Entry::of(relation())));
        self.bound();
    }

    /// Adds a sighting of a relation that has a place.
    pub(super) fn see(&mut self, id: Id, is_near: bool, host: u64, day: i32) {
        if let Some(entry) = self.relations.get_mut(&id) {
            let sightings = if is_near { &mut entry.near } else { &mut entry.calm };
            sightings.add(host, day);
        }
    }

    /// Adds that a host of a group was seen on a day.
    pub(super) fn see_host(&mut self, group: &str, host: u64, day: i32) {
        if group.len() <= LONGEST_GROUP {
            self.groups.entry(group.into()).or_default().add(host, day);
            self.bound();
        }
    }

    /// Whether a group was watched on as many hosts and days as the policy asks for, so that what is unknown is rare.
    pub(super) fn knows_group(&self, group: &str, policy: &Policy) -> bool {
        let quorum = policy.baseline();
        !self.is_full() && self.groups.get(group).is_some_and(|seen| seen.reach(quorum.hosts, quorum.days))
    }

    fn bound(&mut self) {
        self.bound_to(Self::MOST_RELATIONS);
    }

    /// Keeps the relations with the smallest identities.
    pub(super) fn bound_to(&mut self, most: usize) {
        while self.relations.len() > most {
            self.relations.pop_last();
        }
        while self.groups.len() > Self::MOST_GROUPS {
            self.groups.pop_last();
        }
    }
}

/// The date of a day in days since 1970.
pub(super) fn date(day: i32) -> String {
    let time = alloc::format!("{}", Timestamp(i64::from(day).saturating_mul(DAY)));
    time.get(..10).unwrap_or_default().into()
}
