//! Learning: every event is a sighting of a relation, which is judged once it is known whether an alert was near.
//!
//! Time is cut into slots as long as the policy's quarantine. What a host did in one slot is near an alert if the host
//! had one in that slot, the one before or the one after. So all sightings of a relation in one slot are judged alike,
//! and what is learned depends neither on how often something was seen nor on the order of events within the lateness.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use smallvec::SmallVec;

use super::acts::Act;
use super::model::Baseline;
use super::relation::{Id, Relation};
use crate::matching::HitEvent;
use crate::policy::Policy;
use crate::state::HostState;
use crate::time::{DAY, Timestamp};
use crate::util::hash::{Digest, Hasher};

/// Most hosts whose sightings wait.
const MOST_HOSTS: usize = 1 << 14;
/// Most sightings that wait, of all hosts together.
const MOST_WAITING: usize = 1 << 19;
/// The last sightings of a host among which a repetition is looked for, if the cache has forgotten it.
const LAST_WAITING: usize = 256;
/// Alerts whose slots a host keeps.
const KEPT_ALERTS: usize = 16;
/// Bytes of the queue of a host that has few waiting.
const LEAST_QUEUE: usize = 128;
/// Places of the two caches.
const PLACES: usize = 1 << 12;

/// What a host did that is not judged yet.
#[derive(Debug)]
struct HostLearning {
    /// The fixed hash of its name.
    hash: u64,
    /// The number of its group.
    group: u32,
    /// The last day on which it was seen.
    day: i32,
    newest: i64,
    /// Slots and relations, in the order in which they were seen.
    waiting: VecDeque<(i64, Id)>,
    /// The slots of its last alerts.
    alerts: SmallVec<[i64; KEPT_ALERTS]>,
}

/// A relation that was looked up, by what it is made of and the group.
type Looked = Option<(Act, u32, Id)>;
/// A relation that was seen on a host in a slot.
type Noted = Option<(Id, u64, i64)>;

/// Learns a baseline.
#[derive(Debug)]
pub(crate) struct Learner {
    baseline: Baseline,
    /// Names of the groups of hosts; the first has none.
    groups: Vec<String>,
    /// Nanoseconds.
    slot: i64,
    hosts: BTreeMap<(u64, u64), HostLearning>,
    waiting: usize,
    looked: Box<[Looked]>,
    noted: Box<[Noted]>,
}

impl Baseline {
    /// Most bytes that learning owns beside the baseline that is learned: sightings that wait, and caches.
    pub const MOST_LEARNING_BYTES: usize = PLACES * (size_of::<Looked>() + size_of::<Noted>())
        + 2 * MOST_WAITING * size_of::<(i64, Id)>()
        + MOST_HOSTS * (2 * size_of::<((u64, u64), HostLearning)>() + LEAST_QUEUE);
}

impl Learner {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            baseline: Baseline::default(),
            groups: alloc::vec![String::new()],
            slot: policy.baseline().quarantine.max(1),
            hosts: BTreeMap::new(),
            waiting: 0,
            looked: core::iter::repeat_n(None, PLACES).collect(),
            noted: core::iter::repeat_n(None, PLACES).collect(),
        }
    }

    /// Takes another policy: what waits is judged, and hosts may be in other groups.
    pub(crate) fn replace(&mut self, policy: &Policy) {
        self.settle_all();
        let learned = core::mem::take(&mut self.baseline);
        *self = Self { baseline: learned, ..Self::new(policy) };
    }

    /// What was learned so far, without what waits.
    pub(crate) const fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        let host = 2 * size_of::<((u64, u64), HostLearning)>();
        let waiting = self.hosts.values().map(|host| host.waiting.capacity() * size_of::<(i64, Id)>()).sum::<usize>();
        let caches = self.looked.len() * size_of::<Looked>() + self.noted.len() * size_of::<Noted>();
        self.baseline.bytes() + self.hosts.len() * host + waiting + caches
    }

    /// What was learned.
    pub(crate) fn into_baseline(mut self) -> Baseline {
        self.settle_all();
        self.baseline.relations.retain(|_, entry| entry.is_seen());
        self.baseline
    }

    /// Learns from one event. `group` gives the group of the host, asked for once.
    pub(crate) fn note<'p>(
        &mut self,
        state: &HostState,
        event: &HitEvent,
        (id, name): (Digest, &[u8]),
        group: impl FnOnce() -> &'p str,
    ) {
        let Some(act) = Act::of(state, event) else { return };
        let (slot, host) = self.host(id, name, event.source.time, group);
        let group = host.group;
        let place = act.number() ^ u64::from(group);
        let relation = match self.looked[place as usize % PLACES] {
            Some((known, of, relation)) if (known, of) == (act, group) => relation,
            _ => {
                let relation = act.relation(state, self.groups.get(group as usize).map_or("", String::as_str));
                let found = relation.id();
                self.baseline.place(found, || relation);
                self.looked[place as usize % PLACES] = Some((act, group, found));
                found
            }
        };
        self.wait(id, slot, relation);
    }

    /// Learns the relations of an alert, which is raised or not.
    pub(crate) fn note_relations(
        &mut self,
        relations: &[Relation],
        (id, name): (Digest, &[u8]),
        time: Timestamp,
        group: &str,
    ) {
        let (slot, _) = self.host(id, name, time, || group);
        for relation in relations {
            let found = relation.id();
            self.baseline.place(found, || relation.clone());
            self.wait(id, slot, found);
        }
    }

    /// Notes that an alert was raised: what its host did before and after is kept apart.
    pub(crate) fn note_alert(&mut self, host: Digest, time: Timestamp) {
        let slot = time.nanos().div_euclid(self.slot);
        if let Some(host) = self.hosts.get_mut(&host.halves())
            && !host.alerts.contains(&slot)
        {
            // The oldest is of no more use, unless a host alerts in sixteen slots at once.
            if host.alerts.len() == KEPT_ALERTS {
                host.alerts.remove(0);
            }
            host.alerts.push(slot);
        }
    }

    /// Judges everything that waits, as at the end of input.
    pub(crate) fn settle_all(&mut self) {
        let Self { baseline, hosts, slot, waiting, .. } = self;
        for host in hosts.values_mut() {
            *waiting -= host.settle(baseline, *slot, i64::MAX);
        }
    }

    /// The slot of a time and what is known of a host; judges what no later alert can be near to.
    fn host<'p>(
        &mut self,
        id: Digest,
        name: &[u8],
        time: Timestamp,
        group: impl FnOnce() -> &'p str,
    ) -> (i64, &mut HostLearning) {
        let Self { baseline, groups, hosts, slot: length, waiting, .. } = self;
        let slot = time.nanos().div_euclid(*length);
        let is_new = !hosts.contains_key(&id.halves());
        if is_new
            && hosts.len() >= MOST_HOSTS
            && let Some((_, mut gone)) = hosts.pop_first()
        {
            *waiting -= gone.quarantine(baseline, *length);
        }
        let host = hosts.entry(id.halves()).or_insert_with(|| {
            let group = group();
            let number = groups.iter().position(|known| known == group).unwrap_or_else(|| {
                groups.push(group.into());
                groups.len() - 1
            });
            HostLearning {
                hash: Hasher::new(0).folded(name).finish(),
                group: number as u32,
                day: i32::MIN,
                newest: i64::MIN,
                waiting: VecDeque::new(),
                alerts: SmallVec::new(),
            }
        });
        let day = day_of(slot, *length);
        if host.day != day {
            host.day = day;
            baseline.see_host(groups.get(host.group as usize).map_or("", String::as_str), host.hash, day);
        }
        if slot > host.newest {
            host.newest = slot;
            *waiting -= host.settle(baseline, *length, slot);
        }
        (slot, host)
    }

    /// Lets a sighting wait until it is known whether an alert was near.
    fn wait(&mut self, id: Digest, slot: i64, relation: Id) {
        let key = (relation, id.low(), slot);
        let place = Hasher::new(0).u64(relation.1).u64(id.low()).u64(slot.cast_unsigned()).finish();
        let noted = &mut self.noted[place as usize % PLACES];
        if *noted == Some(key) {
            return;
        }
        *noted = Some(key);
        let Self { baseline, hosts, slot: length, waiting, .. } = self;
        let Some(host) = hosts.get_mut(&id.halves()) else { return };
        if host.waiting.iter().rev().take(LAST_WAITING).any(|known| *known == (slot, relation)) {
            return;
        }
        if *waiting >= MOST_WAITING {
            *waiting -= host.quarantine(baseline, *length);
        }
        host.waiting.push_back((slot, relation));
        *waiting += 1;
    }
}

impl HostLearning {
    /// Judges what was seen at least two slots before `now`. Returns how much that was.
    fn settle(&mut self, baseline: &mut Baseline, length: i64, now: i64) -> usize {
        let mut settled = 0;
        while let Some(&(slot, relation)) = self.waiting.front().filter(|(slot, _)| *slot <= now.saturating_sub(2)) {
            self.waiting.pop_front();
            let is_near = self.alerts.iter().any(|alert| alert.abs_diff(slot) <= 1);
            baseline.see(relation, is_near, self.hash, day_of(slot, length));
            settled += 1;
        }
        // The bound is one of what waits now, not of what each host once had waiting.
        if settled > 0 {
            self.waiting.shrink_to_fit();
        }
        settled
    }

    /// Counts all that waits as near an alert, since nobody can wait to see whether one comes.
    fn quarantine(&mut self, baseline: &mut Baseline, length: i64) -> usize {
        let settled = self.waiting.len();
        for (slot, relation) in core::mem::take(&mut self.waiting) {
            baseline.see(relation, true, self.hash, day_of(slot, length));
        }
        settled
    }
}

/// The day on which a slot begins, in days since 1970.
fn day_of(slot: i64, length: i64) -> i32 {
    (slot.saturating_mul(length).div_euclid(DAY)) as i32
}
