//! What is rare is kept longest: what an actor, its host or its lineage does all the time tells little, and a flood is
//! made of it. And whom a flood is of.

use super::flood::Flood;
use super::frequencies::Rate;
use super::host_state::HostState;
use super::ids::{HostId, ProcessId};
use super::resolved_event::ResolvedEvent;
use crate::event::{Class, Event, KindTag};
use crate::rules::{Tag, Tags};
use crate::time::{MINUTE, SECOND, Timestamp};

/// Acts of one class by one lineage; likewise children of one parent.
const OF_LINEAGE: Rate = Rate { most: 8, falls: MINUTE };
/// Acts of one class on one host that are rare by their lineages.
const OF_HOST: Rate = Rate { most: 512, falls: SECOND };
/// Acts of one lineage that are kept as long for what they are about, or because they add to what others did.
const OF_WEIGHT: Rate = Rate { most: 32, falls: MINUTE };

/// Numbers of counters beside those of classes.
const CHILDREN: u64 = 1 << 8;
const OF_PRIVILEGED: u64 = 2 << 8;
const OF_LIVE: u64 = 3 << 8;

impl HostState {
    /// Counts an act, and prefers what is known of its participants if it is rare. Whether it is.
    pub(crate) fn prefer_rare(&mut self, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) -> bool {
        let class = u64::from(Class::of(&event.kind).number());
        let actor = self.process(resolved.actor);
        let lineage = actor.map_or(resolved.host_hash, |process| process.lineage).low();
        let parent = actor.and_then(|process| process.parent).filter(|_| event.kind.tag() == KindTag::ProcessStart);
        let frequencies = &mut self.frequencies;
        let mut note = |of, what, rate| frequencies.note(of, what, event.time, rate);
        // A lineage alone does not use up what its host may have; many lineages together do.
        let is_rare = note(lineage, class, OF_LINEAGE)
            & parent.is_none_or(|parent| note(parent.number(), CHILDREN, OF_LINEAGE))
            && note(resolved.host_hash.low(), class, OF_HOST);
        let is_privileged = tags.has(Tag::RootEquivalent) || tags.has(Tag::PrivilegeRise);
        let is_rare = is_rare || is_privileged && note(lineage, OF_PRIVILEGED, OF_WEIGHT);
        if is_rare {
            self.prefer(resolved);
        }
        is_rare
    }

    /// Likewise for an event that adds to a partial match of others.
    pub(crate) fn prefer_live(&mut self, event: &Event<'_>, resolved: &ResolvedEvent) -> bool {
        let lineage = self.process(resolved.actor).map_or(resolved.host_hash, |process| process.lineage).low();
        let is_rare = self.frequencies.note(lineage, OF_LIVE, event.time, OF_WEIGHT);
        if is_rare {
            self.prefer(resolved);
        }
        is_rare
    }

    /// Prefers what is known of the participants of an event to what is known of others.
    fn prefer(&mut self, resolved: &ResolvedEvent) {
        for process in [resolved.actor, resolved.target, resolved.peer].into_iter().flatten() {
            self.prefer_process(process);
        }
        if let Some(parent) = self.process(resolved.actor).and_then(|process| process.parent) {
            self.prefer_process(parent);
        }
        if let Some(endpoint) = resolved.endpoint {
            self.endpoints.prefer(endpoint);
        }
        let endpoint = self.endpoint(resolved.endpoint).map(|endpoint| endpoint.name);
        for name in [endpoint, resolved.object].into_iter().flatten() {
            self.names.prefer(name);
        }
    }

    fn prefer_process(&mut self, id: ProcessId) {
        if !self.processes.prefer(id) {
            return;
        }
        let Some(process) = self.processes.get(id) else { return };
        let (host, pid) = (process.host, process.pid);
        for name in [process.image, process.user].into_iter().flatten() {
            self.names.prefer(name);
        }
        if let Some(entry) = pid.and_then(|pid| self.pid_entry(host, pid)) {
            self.pids.prefer(entry);
        }
    }

    /// Anchors of the host with its record at this place were evicted, the last hit of which was of this time.
    pub(crate) fn note_lost_hits(&mut self, place: u32, latest: Timestamp, count: u64, is_long_term: bool) {
        if let Some(host) = self.hosts.at(place).and_then(|id| self.hosts.get_mut(id)) {
            let last = &mut host.lost_hits[usize::from(is_long_term)];
            *last = (*last).max(latest);
            host.lost += count;
        }
    }

    /// Notes an event for which entries may have been evicted of its own host.
    pub(crate) fn note_flood(&mut self, event: &Event<'_>, host: HostId, actor: Option<ProcessId>) {
        let by = self.process(actor).map(|process| {
            let starter = process.parent.filter(|_| event.kind.tag() == KindTag::ProcessStart);
            (process.lineage, starter.or(actor))
        });
        let Some(known) = self.host_mut(host).filter(|known| known.lost > 0) else { return };
        let lost = core::mem::take(&mut known.lost);
        known.evicting.add(event.time, lost, by);
        known.flood = Some(known.evicting).filter(Flood::is_one).or(known.flood);
    }
}
