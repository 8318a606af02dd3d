//! Quota groups: whose share of a table an entry counts against, and whose entry goes next.
//!
//! Each host with entries has a group of its own, so what a host has is exact, however many hosts there are. A host with
//! more than a few entries has further groups for its actors.

use core::cmp::Reverse;

use super::index::{Index, NIL};
use crate::util::chunks::Chunks;
use crate::util::heaviest::Heaviest;

/// Groups of the actors of a host.
const ACTOR_GROUPS: u64 = 16;
/// The weight from which on a host's further entries are told apart by actor.
const APART: u64 = 16;
/// The group of all hosts for which there is no room for a group of their own.
const OTHERS: u32 = 0;
/// Bytes on the heap that weigh as much as an entry without any.
const BYTES_A_WEIGHT: usize = 128;
const CHUNK: usize = 32;
const BUCKET_CHUNK: usize = 4;
/// Places for groups that need not be looked up again.
const RECENT: usize = 16;
/// Groups for which room is claimed at once.
const CLAIMED: usize = 64;

/// Against whom an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuotaGroup {
    host: u64,
    actor: u8,
}

impl QuotaGroup {
    /// The group of a host and of the actor that causes the entry, by their hashes.
    pub(crate) const fn new(host: u64, actor: u64) -> Self {
        Self { host, actor: (actor % ACTOR_GROUPS) as u8 }
    }

    /// The group of all actors of a host.
    pub(crate) const fn of_host(host: u64) -> Self {
        Self { host, actor: Group::HOST }
    }

    /// The group of entries that are hosts themselves: the one longest unused goes first.
    pub(crate) const COMMON: Self = Self::of_host(0);
}

/// What an entry weighs that owns so many bytes on the heap.
pub(crate) const fn weight(bytes: usize) -> u16 {
    let weight = 1 + bytes / BYTES_A_WEIGHT;
    if weight > u16::MAX as usize { u16::MAX } else { weight as u16 }
}

/// Entries in order of use, by the first and the last of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    pub(super) newest: u32,
    pub(super) oldest: u32,
}

/// The entries of a host or of some of its actors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// The host's hash, which the groups of its actors share.
    pub(super) host_hash: u64,
    /// What the entries of this group weigh.
    weight: u64,
    /// What the preferred ones of them weigh.
    pub(super) preferred_weight: u64,
    /// The entries that are not preferred.
    usual: Queue,
    preferred: Queue,
    /// The host's group: this one where it is that of a host.
    host: u32,
    /// The next group of the same host, or the next vacant one; behind the last one comes the host's.
    next: u32,
    /// The group before it; before the host's comes the last one.
    before: u32,
    /// The actors, or [`Self::HOST`].
    pub(super) actor: u8,
}

impl Group {
    /// In place of actors: the group of a host.
    pub(super) const HOST: u8 = u8::MAX;
    const VACANT: Self = Self {
        host_hash: 0,
        weight: 0,
        preferred_weight: 0,
        usual: Queue { newest: NIL, oldest: NIL },
        preferred: Queue { newest: NIL, oldest: NIL },
        host: NIL,
        next: NIL,
        before: NIL,
        actor: Self::HOST,
    };

    pub(super) const fn queue(&self, preferred: bool) -> Queue {
        if preferred { self.preferred } else { self.usual }
    }

    pub(super) const fn queue_mut(&mut self, preferred: bool) -> &mut Queue {
        if preferred { &mut self.preferred } else { &mut self.usual }
    }

    /// Whether the next entry to go is a preferred one.
    pub(super) const fn gives_preferred(&self) -> bool {
        self.usual.oldest == NIL || self.preferred_weight > self.weight / 2
    }

    const fn is_empty(&self) -> bool {
        self.usual.oldest == NIL && self.preferred.oldest == NIL
    }

    /// Whether it is the group of nobody.
    const fn is_vacant(&self) -> bool {
        self.host == NIL
    }

    const fn hash(&self) -> u64 {
        Self::key(self.host_hash, self.actor)
    }

    /// The hash under which a group is found.
    const fn key(host_hash: u64, actor: u8) -> u64 {
        host_hash.wrapping_add((actor as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// All groups of a table.
#[derive(Debug)]
pub(super) struct Groups {
    list: Chunks<Group, CHUNK>,
    free: u32,
    used: usize,
    index: Index<BUCKET_CHUNK>,
    hosts: Heaviest,
    /// Entries so far: of hosts with equal weights the one that got an entry last goes last.
    arrivals: u64,
    /// The group that was asked for last: most entries are of the same host, and of the same actors, as the one before.
    last: Option<(QuotaGroup, u32)>,
    /// Some of those before it, by the highest bits of their hashes.
    recent: [u32; RECENT],
    /// Bytes that the groups may own.
    budget: usize,
}

impl Groups {
    /// Bytes that a group takes.
    pub(super) const GROUP_BYTES: usize = size_of::<Group>() + Heaviest::OWNER_BYTES + 16;

    pub(super) const fn new() -> Self {
        Self {
            list: Chunks::new(),
            free: NIL,
            used: 0,
            index: Index::new(),
            hosts: Heaviest::new(),
            arrivals: 0,
            last: None,
            recent: [NIL; RECENT],
            budget: 0,
        }
    }

    /// Bytes owned.
    pub(super) const fn bytes(&self) -> usize {
        self.list.bytes() + self.index.bytes() + self.hosts.bytes()
    }

    /// Bytes that the groups own at most. Unlike [`Self::bytes`] they do not depend on which group has which place, so a
    /// restored table is full when the saved one would have been.
    pub(super) const fn claimed(&self) -> usize {
        self.list.len().next_multiple_of(CLAIMED) * Self::GROUP_BYTES
    }

    /// Sets how many bytes the groups may own.
    pub(super) const fn allow(&mut self, bytes: usize) {
        self.budget = bytes;
    }

    pub(super) fn get(&self, group: u32) -> &Group {
        &self.list[group as usize]
    }

    pub(super) fn get_mut(&mut self, group: u32) -> &mut Group {
        &mut self.list[group as usize]
    }

    /// The group for a new entry; a new one is made where there is room. Each lookup is a step.
    pub(super) fn of(&mut self, quota_group: QuotaGroup, steps: &mut u64) -> u32 {
        let is_last =
            |&(last, group): &(QuotaGroup, u32)| last == quota_group && self.hosts.of(self.get(group).host).0 >= APART;
        if let Some((_, group)) = self.last.filter(is_last) {
            return group;
        }
        self.begin();
        let QuotaGroup { host, actor } = quota_group;
        let of_last = self.last.filter(|(last, _)| last.host == host).map(|(_, group)| self.get(group).host);
        let of_host = of_last.unwrap_or_else(|| self.find_or_make(host, Group::HOST, NIL, steps));
        if of_host == OTHERS {
            return OTHERS;
        }
        self.remember(QuotaGroup::of_host(host), of_host);
        if actor == Group::HOST || self.hosts.of(of_host).0 < APART {
            return of_host;
        }
        match self.find_or_make(host, actor, of_host, steps) {
            OTHERS => of_host,
            group => {
                self.remember(quota_group, group);
                group
            }
        }
    }

    /// Notes the group that was asked for last. The one before it goes if it has no entries.
    fn remember(&mut self, quota_group: QuotaGroup, group: u32) {
        let before = self.last.replace((quota_group, group));
        if let Some((_, before)) = before.filter(|(_, before)| *before != group) {
            self.drop_empty(before);
        }
    }

    /// The first group is that of the others.
    fn begin(&mut self) {
        if self.list.len() == 0 {
            self.list.grow(|| Group::VACANT);
            self.list[OTHERS as usize] = Group { host: OTHERS, next: OTHERS, before: OTHERS, ..Group::VACANT };
        }
    }

    /// Adds to the weight of a group.
    pub(super) fn add(&mut self, group: u32, weight: u64, preferred: bool) {
        let known = self.get_mut(group);
        known.weight += weight;
        known.preferred_weight += if preferred { weight } else { 0 };
        let host = known.host;
        self.arrivals += 1;
        self.hosts.set(host, u64::MAX - self.arrivals, self.hosts.of(host).0 + weight);
    }

    /// Takes from the weight of a group. A group without entries goes unless it was asked for last, and with the last
    /// group of a host the host.
    pub(super) fn subtract(&mut self, group: u32, weight: u64, preferred: bool) {
        let known = self.get_mut(group);
        known.weight -= weight;
        known.preferred_weight -= if preferred { weight } else { 0 };
        let host = self.get(group).host;
        let (of_host, tie) = self.hosts.of(host);
        self.hosts.set(host, tie, of_host - weight);
        if !self.is_last(group) {
            self.drop_empty(group);
        }
    }

    fn drop_empty(&mut self, group: u32) {
        if group == OTHERS || !self.get(group).is_empty() {
            return;
        }
        let Group { host, next, before, .. } = *self.get(group);
        if host != group {
            self.get_mut(before).next = next;
            self.get_mut(next).before = before;
            self.vacate(group);
        }
        let of_host = self.get(host);
        if of_host.is_empty() && of_host.next == host && !self.is_last(host) {
            self.vacate(host);
        }
    }

    /// The group whose oldest entry goes next: the heaviest of the heaviest host.
    pub(super) fn heaviest(&self) -> Option<u32> {
        self.siblings(self.hosts.first()?).max_by_key(|&group| {
            let Group { weight, actor, .. } = *self.get(group);
            (weight, Reverse(actor))
        })
    }

    /// Whether the last entry was of this group.
    pub(super) fn is_last(&self, group: u32) -> bool {
        self.last.is_some_and(|(_, last)| last == group)
    }

    /// Sets what [`Self::is_last`] gave.
    pub(super) fn set_last(&mut self, group: u32) {
        let Group { host_hash: host, actor, .. } = *self.get(group);
        self.last = Some((QuotaGroup { host, actor }, group));
    }

    /// What the entries of the host of a group weigh, and those of the group.
    pub(super) fn weights(&self, group: u32) -> (u64, u64) {
        let Group { host, weight, .. } = *self.get(group);
        (self.hosts.of(host).0, weight)
    }

    /// The groups of a host, its own first.
    pub(super) fn siblings(&self, host: u32) -> impl Iterator<Item = u32> + '_ {
        core::iter::successors(Some(host), move |&group| Some(self.get(group).next).filter(|&next| next != host))
    }

    /// The groups of the hosts with entries, and of the one that was asked for last.
    pub(super) fn hosts(&self) -> impl Iterator<Item = u32> + '_ {
        let is_known =
            |group| self.hosts.of(group).0 > 0 || self.last.is_some_and(|(_, last)| self.get(last).host == group);
        (0..self.list.len() as u32).filter(move |&group| self.get(group).host == group && is_known(group))
    }

    /// How many entries came before the last one of the host of a group, and before now.
    pub(super) fn age(&self, group: u32) -> (u64, u64) {
        let (weight, tie) = self.hosts.of(self.get(group).host);
        (if weight == 0 { 0 } else { u64::MAX - tie }, self.arrivals)
    }

    /// Sets what [`Self::age`] gave, for a group with entries.
    pub(super) fn set_age(&mut self, group: u32, (last, arrivals): (u64, u64)) {
        let host = self.get(group).host;
        self.hosts.set(host, u64::MAX - last, self.hosts.of(host).0);
        self.arrivals = arrivals;
    }

    /// Whether it is the group of hosts without one of their own.
    pub(super) const fn is_others(&self, group: u32) -> bool {
        group == OTHERS
    }

    /// A group of a snapshot, which has no entries yet; `None` if there can be none.
    pub(super) fn restored(&mut self, host: u64, actor: u8, is_others: bool) -> Option<u32> {
        self.begin();
        let group = match (is_others, actor) {
            (true, _) => OTHERS,
            (false, Group::HOST) => self.find_or_make(host, Group::HOST, NIL, &mut 0),
            (false, _) => {
                let of_host = self.find_or_make(host, Group::HOST, NIL, &mut 0);
                self.find_or_make(host, actor, of_host, &mut 0)
            }
        };
        let is_known = is_others || group != OTHERS;
        let is_actor = u64::from(actor) < ACTOR_GROUPS || actor == Group::HOST;
        (is_known && is_actor && self.get(group).is_empty()).then_some(group)
    }

    /// Room that is in use or was: groups, buckets of the index, and those of the order of hosts.
    pub(super) const fn room(&self) -> (u32, u32, (u32, u32)) {
        (self.list.len() as u32, self.index.len() as u32, self.hosts.room())
    }

    /// Makes room as [`Self::room`] gave it; `false` if that is more than is allowed.
    pub(super) fn extend_to(&mut self, room: (u32, u32, (u32, u32))) -> bool {
        if !self.allows(self.room()) || !self.allows(room) {
            return false;
        }
        let (groups, buckets, hosts) = room;
        if groups > 0 {
            self.begin();
        }
        while self.list.len() < groups as usize {
            let group = self.list.grow(|| Group::VACANT);
            self.list[group] = Group { next: self.free, ..Group::VACANT };
            self.free = group as u32;
        }
        let Self { list, index, .. } = self;
        while index.len() < buckets as usize {
            // An index without buckets gets its first ones at once.
            let entries = if index.len() == 0 { 0 } else { usize::MAX };
            index.grow(entries, |group| list[group as usize].hash());
        }
        self.hosts.extend_to(hosts);
        // Room grows in steps: what it came to has to be allowed, too, or it could not be saved and restored again.
        self.allows(self.room())
    }

    fn allows(&self, (groups, buckets, hosts): (u32, u32, (u32, u32))) -> bool {
        let most = groups.max(buckets).max(hosts.0).max(hosts.1) as usize;
        most.saturating_sub(2 * CLAIMED) <= self.budget / size_of::<u32>()
    }

    /// The group of some actors of a host, or of a host; a new one is made where there is room. Without room it is
    /// [`OTHERS`]; in the index only hosts whose names were chosen for a known seed find none.
    fn find_or_make(&mut self, host_hash: u64, actor: u8, host: u32, steps: &mut u64) -> u32 {
        let Self { list, index, .. } = self;
        let is_of = |known: &Group| (known.host_hash, known.actor) == (host_hash, actor);
        // After a snapshot the buckets have another order: each lookup counts as one.
        *steps += 1;
        let key = Group::key(host_hash, actor);
        let place = (key >> 32) as usize % RECENT;
        let recent = self.recent[place];
        if list.get(recent as usize).is_some_and(|known| !known.is_vacant() && is_of(known)) {
            return recent;
        }
        let found = index.find(key, &mut 0, |group| is_of(&list[group as usize]));
        let group = found.unwrap_or_else(|| self.make(host_hash, actor, host));
        if group != OTHERS {
            self.recent[place] = group;
        }
        group
    }

    fn make(&mut self, host_hash: u64, actor: u8, host: u32) -> u32 {
        let Self { list, index, used, .. } = self;
        index.grow(*used, |group| list[group as usize].hash());
        let key = Group::key(host_hash, actor);
        if !index.in_the_way(key).is_empty() {
            index.end_split(|group| list[group as usize].hash());
            if !index.in_the_way(key).is_empty() {
                return OTHERS;
            }
        }
        let group = if self.free != NIL {
            let group = self.free;
            self.free = self.get(group).next;
            group
        } else if self.claimed() + CLAIMED * Self::GROUP_BYTES <= self.budget {
            self.list.grow(|| Group::VACANT) as u32
        } else {
            return OTHERS;
        };
        self.used += 1;
        let host = if host == NIL { group } else { host };
        *self.get_mut(group) = Group { host_hash, host, actor, next: group, before: group, ..Group::VACANT };
        if host != group {
            let last = self.get(host).before;
            (self.get_mut(group).next, self.get_mut(group).before) = (host, last);
            self.get_mut(last).next = group;
            self.get_mut(host).before = group;
        }
        self.index.link(key, group);
        group
    }

    fn vacate(&mut self, group: u32) {
        self.index.unlink(self.get(group).hash(), group);
        *self.get_mut(group) = Group { next: self.free, ..Group::VACANT };
        self.free = group;
        self.used -= 1;
    }
}
