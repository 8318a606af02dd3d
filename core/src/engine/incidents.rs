//! Which alerts are of one incident: those of a host that share a process, a lineage, an object, a session or a requester
//! within [`GAP`] of one another. An incident is known by its earliest alert, so its id does not depend on their order.

use smallvec::SmallVec;

use crate::time::{HOUR, Timestamp};
use crate::util::hash::Digest;
use crate::util::saved::{restored, saved};
use crate::util::sort::sort_by_key;
use crate::util::table::{Handle, QuotaGroup, Table};

/// An incident goes on while its next alert comes within this time.
const GAP: i64 = 6 * HOUR;
/// Alerts of an incident that are known by id, so that they can be revised when it turns out to be part of another.
const MEMBERS: usize = 32;
/// Incidents that were joined one after another and are followed.
const MOST_JOINED: usize = 8;

/// What ties an alert to others.
pub(super) type Ties = SmallVec<[Digest; 24]>;

/// The entries that the ties of an alert had before, in their order.
type Entries = SmallVec<[Option<Handle>; 24]>;

/// An alert as an incident sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) id: u64,
    /// When its first and its last record happened.
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

#[derive(Debug)]
struct Incident {
    /// Its earliest alert.
    earliest: (Timestamp, u64),
    last: Timestamp,
    members: SmallVec<[u64; 4]>,
    /// The older incident that it turned out to be part of.
    joined: Option<Handle>,
}

/// Where an alert belongs.
#[derive(Debug)]
pub(super) struct Placed {
    /// The incident's id.
    pub(super) incident: u64,
    /// Alerts raised before whose incident is now this one.
    pub(super) moved: SmallVec<[u64; 8]>,
}

/// All incidents of an engine.
#[derive(Debug)]
pub(super) struct Incidents {
    ties: Table<(Digest, Handle)>,
    incidents: Table<Incident>,
    merged: u64,
    /// Members that incidents keep on the heap.
    members: usize,
}

impl Incident {
    /// Members that it keeps on the heap.
    fn spilled(&self) -> usize {
        if self.members.spilled() { self.members.capacity() } else { 0 }
    }
}

impl Incidents {
    pub(super) fn new(bytes: usize) -> Self {
        Self { ties: Table::with_bytes(bytes / 4 * 3), incidents: Table::with_bytes(bytes / 4), merged: 0, members: 0 }
    }

    /// Notes an alert of a host and says of which incident it is.
    pub(super) fn note(&mut self, host: Digest, alert: Member, ties: &Ties) -> Placed {
        let mut found: SmallVec<[Handle; 4]> = SmallVec::new();
        let mut entries: Entries = SmallVec::new();
        for tie in ties {
            let entry = self.ties.find(tie.low(), |(known, _)| known == tie);
            entries.push(entry);
            if let Some(incident) = entry.and_then(|entry| self.tied(entry, &alert))
                && !found.contains(&incident)
            {
                found.push(incident);
            }
        }
        let key = |this: &Self, handle: &Handle| this.incidents.get(*handle).map(|incident| incident.earliest);
        sort_by_key(&mut found, |handle| key(self, handle));
        let mut placed = Placed { incident: alert.id, moved: SmallVec::new() };
        let group = QuotaGroup::of_host(host.low());
        let Some((&oldest, younger)) = found.split_first() else {
            let members = SmallVec::from_slice(&[alert.id]);
            let incident = Incident { earliest: (alert.first, alert.id), last: alert.last, members, joined: None };
            let (handle, gone) = self.incidents.insert(alert.id, group, incident);
            self.members -= gone.map_or(0, |gone| gone.spilled());
            self.tie(ties, &entries, handle, group);
            return placed;
        };
        for handle in younger {
            let Some(other) = self.incidents.get_mut(*handle) else { continue };
            other.joined = Some(oldest);
            self.members -= other.spilled();
            let (members, last) = (core::mem::take(&mut other.members), other.last);
            self.merged += 1;
            if let Some(incident) = self.incidents.get_mut(oldest) {
                incident.last = incident.last.max(last);
                self.members -= incident.spilled();
                incident.members.extend(members.iter().copied().take(MEMBERS - incident.members.len().min(MEMBERS)));
                self.members += incident.spilled();
                placed.moved.extend(members.into_iter().filter(|id| *id != alert.id));
            }
        }
        if let Some(incident) = self.incidents.get_mut(oldest) {
            incident.last = incident.last.max(alert.last);
            if (alert.first, alert.id) < incident.earliest {
                if incident.earliest.1 != alert.id {
                    placed.moved = incident.members.iter().copied().filter(|id| *id != alert.id).collect();
                }
                incident.earliest = (alert.first, alert.id);
            }
            if !incident.members.contains(&alert.id) && incident.members.len() < MEMBERS {
                self.members -= incident.spilled();
                incident.members.push(alert.id);
                self.members += incident.spilled();
            }
            placed.incident = incident.earliest.1;
        }
        self.tie(ties, &entries, oldest, group);
        placed
    }

    /// Incidents that turned out to be part of an older one.
    pub(super) const fn merged(&self) -> u64 {
        self.merged
    }

    pub(super) fn bytes(&self) -> usize {
        self.ties.bytes() + self.incidents.bytes() + self.members * size_of::<u64>()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.ties.take_steps() + self.incidents.take_steps()
    }

    /// The incident that an entry of a tie leads to, where the alert comes soon enough to belong to it.
    fn tied(&mut self, entry: Handle, alert: &Member) -> Option<Handle> {
        let mut handle = self.ties.get(entry)?.1;
        for _ in 0..MOST_JOINED {
            match self.incidents.get(handle)?.joined {
                Some(older) => handle = older,
                None => break,
            }
        }
        let incident = self.incidents.get(handle)?;
        let is_near = alert.first <= incident.last + GAP && alert.last + GAP >= incident.earliest.0;
        is_near.then_some(handle)
    }

    /// Has ties lead to an incident; `entries` are those that they had before.
    fn tie(&mut self, ties: &Ties, entries: &Entries, incident: Handle, group: QuotaGroup) {
        for (tie, known) in ties.iter().zip(entries) {
            // What falls out ties no more: its alerts are of an incident of their own. An entry that was known may have
            // fallen out for one of these.
            match known.and_then(|known| self.ties.get_mut(known)) {
                Some(entry) => entry.1 = incident,
                None => drop(self.ties.insert(tie.low(), group, (*tie, incident))),
            }
        }
    }
}

saved!(Incident { earliest, last, members, joined } where |incident| incident.members.len() <= MEMBERS);
restored!(Incidents { ties, incidents, merged } else { members } then measure);

impl Incidents {
    fn measure(&mut self) -> Result<(), &'static str> {
        self.members = self.incidents.values().map(Incident::spilled).sum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Incidents, Member, Ties};
    use crate::time::{SECOND, Timestamp};
    use crate::util::hash::Digest;
    use alloc::vec::Vec;

    fn alert(id: u64, second: i64) -> Member {
        let time = Timestamp(second * SECOND);
        Member { id, first: time, last: time }
    }

    fn ties(numbers: &[u64]) -> Ties {
        numbers.iter().map(|n| Digest::of_number(9, *n)).collect()
    }

    #[test]
    fn an_incident_has_the_id_of_its_earliest_alert_in_any_order() {
        let alerts = [(7, 10, [1, 2]), (5, 20, [3, 4]), (6, 30, [2, 3])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]] {
            let mut incidents = Incidents::new(1 << 20);
            let mut last: Vec<(u64, u64)> = Vec::new();
            for at in order {
                let (id, second, tied) = alerts[at];
                let placed = incidents.note(Digest::NONE, alert(id, second), &ties(&tied));
                last.push((id, placed.incident));
                for (known, incident) in &mut last {
                    if placed.moved.contains(known) {
                        *incident = placed.incident;
                    }
                }
            }
            assert!(last.iter().all(|(_, incident)| *incident == 7), "{order:?}: {last:?}");
        }
    }

    #[test]
    fn alerts_that_share_nothing_or_come_late_are_of_their_own_incidents() {
        let mut incidents = Incidents::new(1 << 20);
        assert_eq!(incidents.note(Digest::NONE, alert(1, 0), &ties(&[1])).incident, 1);
        assert_eq!(incidents.note(Digest::NONE, alert(2, 1), &ties(&[2])).incident, 2);
        assert_eq!(incidents.note(Digest::NONE, alert(3, 7 * 3600), &ties(&[1])).incident, 3);
        assert_eq!(incidents.merged(), 0);
    }
}
