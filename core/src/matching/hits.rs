//! Partial matches: for each anchor and behavior the last hits of each clause, in bounded space.
//!
//! All partial matches at an anchor are found by one lookup and evicted together. An event is kept once for all of its
//! hits.

mod common;
mod common_legs;
mod pool;
mod scan;
mod snapshot;

use alloc::vec::Vec;
use core::ops::Deref;

use smallvec::SmallVec;

use self::common::{CommonHits, Leg};
use self::pool::{Linked, NIL, Pool};
use super::pending::{Anchor, PendingHit};
use crate::event::{Channel, Event, KindTag, NativeId, Os};
use crate::limits::part;
use crate::rules::{Behavior, BehaviorId, ClauseId, MAX_CLAUSES, RoleId};
use crate::state::{EndpointId, HostId, ProcessId};
use crate::time::Timestamp;
use crate::util::hash::Hasher;
use crate::util::intern::Sym;
use crate::util::saved::saved;
use crate::util::table::{Handle, PREFETCHED, QuotaGroup, Table};

/// Hits that a partial match keeps of each clause.
pub(super) const HITS_A_CLAUSE: usize = 4;

/// The record of a hit: its place, source and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceRef {
    pub(crate) time: Timestamp,
    pub(crate) record: u64,
    pub(crate) part: u32,
    pub(crate) file: u32,
    pub(crate) channel: Channel,
    pub(crate) code: u32,
    pub(crate) kind: KindTag,
    pub(crate) os: Os,
    pub(crate) id: NativeId,
}

impl SourceRef {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        Self {
            time: event.time,
            record: event.record,
            part: event.part,
            file: event.file,
            channel: event.source.channel,
            code: event.source.code,
            kind: event.kind.tag(),
            os: event.os,
            id: event.source.id,
        }
    }

    /// Whether both were read from one record. Equal line numbers are not enough: a line may hold several records.
    pub(crate) fn is_same_record(&self, other: &Self) -> bool {
        let place = |at: &Self| (at.record, at.part, at.file, at.id, at.time);
        place(self) == place(other)
    }

    /// A number that differs between records.
    pub(crate) fn record_key(&self) -> u64 {
        let id = match self.id {
            NativeId::Number(n) => n,
            NativeId::Audit { serial, .. } => serial,
            NativeId::None => self.time.0 as u64,
        };
        let place = self.record ^ u64::from(self.file) << 48 ^ u64::from(self.part) << 32;
        place.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ id
    }
}

/// What a role is bound to.
pub(crate) use crate::state::Principal as Bound;

/// Roles one clause may bind.
pub(super) const ROLES_A_CLAUSE: usize = 3;

/// An event that met a clause: what all of its hits have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HitEvent {
    pub(crate) source: SourceRef,
    /// The number of events judged before. It orders records without an id independently of where they were read.
    pub(crate) sequence: u64,
    pub(crate) host: HostId,
    pub(crate) actor: Option<ProcessId>,
    /// The actor's image at the act: exec may change it later.
    pub(crate) image: Option<Sym>,
    /// Likewise the target's image or, without a target, the parent's.
    pub(crate) other_image: Option<Sym>,
    pub(crate) target: Option<ProcessId>,
    /// The actor's parent.
    pub(crate) parent: Option<ProcessId>,
    pub(crate) endpoint: Option<EndpointId>,
    pub(crate) object: Option<Sym>,
    /// What the object was given or did, as the record says it.
    pub(crate) detail: Option<Sym>,
}

impl HitEvent {
    /// The order of ties: by time, channel, native id, then as they were judged.
    pub(crate) const fn order(&self) -> (Timestamp, Channel, NativeId, u64) {
        (self.source.time, self.source.channel, self.source.id, self.sequence)
    }
}

/// One clause met by one event. It reads as its event does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) event: HitEvent,
    pub(crate) clause: ClauseId,
    pub(crate) roles: Roles,
    pub(crate) process_lifetime: bool,
}

/// The hits at an anchor.
pub(super) type Hits = SmallVec<[Hit; 16]>;

/// The roles that a hit binds.
pub(super) type Roles = [Option<(RoleId, Bound)>; ROLES_A_CLAUSE];

impl Deref for Hit {
    type Target = HitEvent;

    fn deref(&self) -> &HitEvent {
        &self.event
    }
}

impl Hit {
    /// What a role is bound to by this hit.
    pub(crate) fn role(&self, role: RoleId) -> Option<Bound> {
        self.roles.iter().flatten().find(|(r, _)| *r == role).map(|(_, b)| *b)
    }
}

/// An event as it is kept: once, however many hits it has.
#[derive(Clone, Copy, Debug)]
struct SharedEvent {
    event: HitEvent,
    /// Hits of it that are kept.
    hits: u32,
    vacant: u32,
}

/// A hit as it is kept.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The number of its event.
    event: u32,
    next: u32,
    clause: ClauseId,
    process_lifetime: bool,
    roles: Roles,
}

/// The partial match of one behavior at one anchor: a ring of hits for each clause, in order of time.
#[derive(Clone, Copy, Debug)]
struct PartialMatch {
    behavior: BehaviorId,
    /// Clauses with a hit.
    mask: u16,
    /// The next partial match at the anchor.
    next: u32,
    /// The number of hits of each clause, four bits each.
    counts: u64,
    /// No hit is later than this.
    latest: Timestamp,
    /// The last hit of each clause; the first follows it.
    newest: [u32; MAX_CLAUSES],
}

impl PartialMatch {
    const fn new(behavior: BehaviorId, next: u32) -> Self {
        Self { behavior, mask: 0, next, counts: 0, latest: Timestamp::MIN, newest: [NIL; MAX_CLAUSES] }
    }

    const fn count(&self, clause: ClauseId) -> usize {
        (self.counts >> (4 * clause) & 0xf) as usize
    }

    /// The clauses with a hit.
    fn clauses(&self) -> impl Iterator<Item = ClauseId> + use<> {
        let mask = self.mask;
        (0..MAX_CLAUSES as ClauseId).filter(move |clause| mask >> clause & 1 == 1)
    }
}

/// What is kept at one anchor.
#[derive(Debug)]
struct AtAnchor {
    anchor: Anchor,
    /// The number of the first partial match.
    first: u32,
    /// The number of the first item of common legs, and how many there are.
    common: u32,
    count: u32,
    /// None of these items is later than this, the first one excepted.
    latest: Timestamp,
    /// The place of the record of its host.
    host: u32,
}

impl AtAnchor {
    const fn new(anchor: Anchor, host: u32) -> Self {
        Self { anchor, first: NIL, common: NIL, count: 0, latest: Timestamp::MIN, host }
    }
}

impl Linked for SharedEvent {
    fn link(&mut self) -> &mut u32 {
        &mut self.vacant
    }
}

impl Linked for Node {
    fn link(&mut self) -> &mut u32 {
        &mut self.next
    }
}

impl Linked for PartialMatch {
    fn link(&mut self) -> &mut u32 {
        &mut self.next
    }
}

/// The hash under which the partial matches at an anchor are kept.
pub(super) const fn key(anchor: Anchor) -> u64 {
    Hasher::of(anchor).finish()
}

/// Where the hits of one event were kept last: most of them share a few anchors, and all share the event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastKept {
    anchors: [Option<(Anchor, Handle)>; LAST_ANCHORS],
    next: usize,
    event: Option<u32>,
}

const LAST_ANCHORS: usize = 4;
/// Anchors of one event that may become preferred because of others.
const LIVE: usize = 4;

/// Anchors of one host that were evicted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost {
    /// The place of the host's record.
    pub(crate) host: u32,
    /// The time of the last hit that they had.
    pub(crate) latest: Timestamp,
    pub(crate) count: u64,
}

/// All partial matches of an engine.
#[derive(Debug)]
pub(crate) struct PartialMatches {
    anchors: Table<AtAnchor>,
    partials: Pool<PartialMatch>,
    nodes: Pool<Node>,
    common: Pool<CommonHits>,
    events: Pool<SharedEvent>,
    evicted: u64,
    /// What was evicted since it was asked for.
    lost: Vec<Lost>,
    /// Items of common legs that were looked at since steps were taken.
    looked_at: u64,
    /// Anchors that are not preferred and at which the present event adds to what other events were kept for.
    live: SmallVec<[Handle; LIVE]>,
}

impl PartialMatches {
    /// Partial matches that own at most `bytes`.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            anchors: Table::with_bytes(part(bytes, 18, 100)),
            partials: Pool::with_bytes(part(bytes, 20, 100)),
            nodes: Pool::with_bytes(part(bytes, 20, 100)),
            common: Pool::with_bytes(part(bytes, 10, 100)),
            events: Pool::with_bytes(part(bytes, 32, 100)),
            evicted: 0,
            lost: Vec::new(),
            looked_at: 0,
            live: SmallVec::new(),
        }
    }

    /// Prefetches the partial matches of these pending hits.
    pub(super) fn prefetch(&self, pending_hits: &[PendingHit]) {
        let (mut keys, mut count) = ([0; PREFETCHED], 0);
        for PendingHit { key, .. } in pending_hits {
            let Some(place) = keys.get_mut(count) else { break };
            *place = *key;
            count += usize::from(!keys[..count].contains(key));
        }
        // One alone would save nothing.
        if count > 1 {
            self.anchors.prefetch(&keys[..count]);
        }
    }

    /// Keeps a hit of a behavior with these common legs. Returns the mask of clauses with a hit, or `None` if the hit
    /// of this record was there already or cannot complete anything.
    pub(super) fn add(
        &mut self,
        pending_hit: &PendingHit,
        common_legs: u16,
        is_rare: bool,
        quota_group: QuotaGroup,
        hit: &Hit,
        last: &mut LastKept,
    ) -> Option<u16> {
        // Room is made first, so that it evicts nothing that is found here.
        self.make_room()?;
        let PendingHit { behavior, anchor, key, .. } = *pending_hit;
        let handle = self.at_anchor(anchor, key, hit.host, is_rare, quota_group, last);
        if common_legs >> hit.clause & 1 == 1 {
            let mask = self.add_common(handle, Leg::new(behavior, hit.clause), hit, last);
            // A common leg alone has no mask: there is a hit of another clause, and nearly always of another event.
            if mask.is_some() {
                self.note_live(handle);
            }
            return mask;
        }
        let at = self.partial_of(behavior, handle)?;
        let clause = usize::from(hit.clause);
        let partial = &self.partials[at];
        let (newest, count) = (*partial.newest.get(clause)?, partial.count(hit.clause));
        // Most events come in order; only the others search for their place in the ring.
        let (after, is_newest) = match count {
            0 => (NIL, true),
            _ if hit.source.time > partial.latest => (newest, true),
            _ => self.place(newest, count, hit)?,
        };
        let after = if count == HITS_A_CLAUSE { self.drop_oldest(newest, after) } else { after };
        let event = self.event_of(hit, last);
        let Hit { event: _, clause: _, roles, process_lifetime } = *hit;
        let index = self.nodes.put(Node { event, next: NIL, clause: hit.clause, process_lifetime, roles });
        let before = if after == NIL { index } else { after };
        self.nodes[index].next = index;
        let next = core::mem::replace(&mut self.nodes[before].next, index);
        self.nodes[index].next = next;
        let partial = &mut self.partials[at];
        if is_newest {
            partial.newest[clause] = index;
        }
        if count < HITS_A_CLAUSE {
            partial.counts += 1 << (4 * hit.clause);
        }
        partial.latest = partial.latest.max(hit.source.time);
        partial.mask |= 1 << hit.clause;
        let partial = *partial;
        let mask = partial.mask;
        let is_others = |clause: ClauseId| self.nodes[partial.newest[usize::from(clause)]].event != event;
        if mask.count_ones() > 1 && partial.clauses().any(is_others) {
            self.note_live(handle);
        }
        if common_legs == 0 {
            return Some(mask);
        }
        let common = self.anchors.get(handle).map_or(NIL, |known| known.common);
        Some(mask | self.common_mask(common, behavior))
    }

    fn note_live(&mut self, handle: Handle) {
        if self.live.len() < LIVE && !self.live.contains(&handle) && !self.anchors.is_preferred(handle) {
            self.live.push(handle);
        }
    }

    pub(super) fn has_live(&self) -> bool {
        !self.live.is_empty()
    }

    pub(super) fn prefer_live(&mut self) {
        for handle in core::mem::take(&mut self.live) {
            self.anchors.prefer(handle);
        }
    }

    pub(super) fn forget_live(&mut self) {
        self.live.clear();
    }

    /// What is kept at an anchor, which is added if it is new, and preferred if the event is rare.
    fn at_anchor(
        &mut self,
        anchor: Anchor,
        key: u64,
        host: HostId,
        is_rare: bool,
        quota_group: QuotaGroup,
        last: &mut LastKept,
    ) -> Handle {
        let is_it = |&&(known, handle): &&(Anchor, Handle)| known == anchor && self.anchors.get(handle).is_some();
        if let Some((_, handle)) = last.anchors.iter().flatten().find(is_it) {
            return *handle;
        }
        let handle = self.anchors.find(key, |known| known.anchor == anchor).unwrap_or_else(|| {
            let (handle, gone) = self.anchors.insert(key, quota_group, AtAnchor::new(anchor, host.place()));
            self.release(gone);
            handle
        });
        if is_rare {
            self.anchors.prefer(handle);
        }
        last.anchors[last.next % LAST_ANCHORS] = Some((anchor, handle));
        last.next += 1;
        handle
    }

    /// The partial match of a behavior at an anchor; a new one is added.
    fn partial_of(&mut self, behavior: BehaviorId, handle: Handle) -> Option<u32> {
        let known = self.anchors.get_mut(handle)?;
        let first = known.first;
        let mut at = first;
        while at != NIL {
            let partial = &self.partials[at];
            if partial.behavior == behavior {
                return Some(at);
            }
            at = partial.next;
        }
        known.first = self.partials.put(PartialMatch::new(behavior, first));
        Some(known.first)
    }

    /// The number under which the event of a hit is kept, which counts one more hit.
    fn event_of(&mut self, hit: &Hit, last: &mut LastKept) -> u32 {
        // An event that lost all of its hits is no longer kept.
        if let Some(index) = last.event.filter(|&index| self.events[index].hits > 0) {
            self.events[index].hits += 1;
            return index;
        }
        let index = self.events.put(SharedEvent { event: hit.event, hits: 1, vacant: NIL });
        last.event = Some(index);
        index
    }

    /// The hit in its clause's ring that a hit follows, and whether it becomes the last; `None` if it is there already,
    /// or is older than all hits of a full ring.
    fn place(&self, newest: u32, count: usize, hit: &Hit) -> Option<(u32, bool)> {
        let (mut at, mut after, mut earlier) = (newest, newest, 0);
        for _ in 0..count {
            at = self.nodes[at].next;
            let known = self.event(at);
            if known.source == hit.source && known.actor == hit.actor {
                return None;
            }
            if known.order() < hit.order() {
                after = at;
                earlier += 1;
            }
        }
        (earlier > 0 || count < HITS_A_CLAUSE).then_some((after, earlier == count))
    }

    /// Drops the first hit of a ring, which has others. Returns the hit that a hit behind `after` follows then.
    fn drop_oldest(&mut self, newest: u32, after: u32) -> u32 {
        let oldest = self.nodes[newest].next;
        self.nodes[newest].next = self.nodes[oldest].next;
        self.drop_node(oldest);
        if after == oldest { newest } else { after }
    }

    /// Gives all hits of a behavior at an anchor, in order of time, in place of what the list held: it is long to move.
    /// Returns whether anything is kept at the anchor.
    pub(super) fn hits(&mut self, behavior: BehaviorId, rule: &Behavior, anchor: Anchor, hits: &mut Hits) -> bool {
        hits.clear();
        let found = self.anchors.find(key(anchor), |known| known.anchor == anchor);
        let Some(known) = found.and_then(|handle| self.anchors.get(handle)) else { return false };
        for partial in self.partials_at(known.first).filter(|p| p.behavior == behavior) {
            for clause in partial.clauses() {
                hits.extend(self.ring(partial, clause).map(|node| self.hit(node)));
            }
        }
        self.common_hits(known.common, behavior, rule, hits);
        hits.sort_unstable_by_key(|h| (h.order(), h.clause));
        true
    }

    fn event_time(&self, event: u32) -> Timestamp {
        self.events[event].event.source.time
    }

    pub(super) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// What was evicted since it was asked for last.
    pub(super) fn take_lost(&mut self) -> impl Iterator<Item = Lost> + '_ {
        self.lost.drain(..)
    }

    /// Partial matches evicted so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.anchors.bytes()
            + self.partials.bytes()
            + self.nodes.bytes()
            + self.common.bytes()
            + self.events.bytes()
            + self.lost.capacity() * size_of::<Lost>()
    }

    /// Table steps since the last call, and items of common legs that were looked at.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.anchors.take_steps() + core::mem::replace(&mut self.looked_at, 0)
    }

    /// Makes room for one more hit of one more event in one more partial match. The partial matches at whole anchors
    /// are evicted for it, at most at eight.
    fn make_room(&mut self) -> Option<()> {
        for _ in 0..8 {
            let has_room = self.partials.has_room() && self.nodes.has_room() && self.common.has_room();
            if has_room && self.events.has_room() {
                return Some(());
            }
            let gone = self.anchors.evict();
            self.release(gone);
        }
        None
    }

    /// Drops the partial matches at an anchor that was evicted.
    fn release(&mut self, gone: Option<AtAnchor>) {
        let Some(AtAnchor { first: mut partial, mut common, host, mut latest, .. }) = gone else { return };
        latest = self.partials_at(partial).fold(latest, |latest, partial| latest.max(partial.latest));
        if common != NIL {
            latest = latest.max(self.event_time(self.common[common].event));
        }
        match self.lost.last_mut().filter(|lost| lost.host == host) {
            Some(lost) => (lost.latest, lost.count) = (lost.latest.max(latest), lost.count + 1),
            None => self.lost.push(Lost { host, latest, count: 1 }),
        }
        // What is kept of common legs counts as one partial match.
        self.evicted += u64::from(common != NIL);
        while partial != NIL {
            self.evicted += 1;
            partial = self.drop_partial(partial);
        }
        while common != NIL {
            common = self.drop_common(common);
        }
    }

    /// Drops a partial match with its hits. Returns the one that followed it.
    fn drop_partial(&mut self, index: u32) -> u32 {
        let partial = self.partials[index];
        for clause in partial.clauses() {
            let mut at = partial.newest[usize::from(clause)];
            for _ in 0..partial.count(clause) {
                let next = self.nodes[at].next;
                self.drop_node(at);
                at = next;
            }
        }
        self.partials.give_back(index);
        partial.next
    }

    fn drop_node(&mut self, index: u32) {
        let event = self.nodes[index].event;
        self.nodes.give_back(index);
        self.drop_hit_of(event);
    }

    /// Counts one hit of an event less. An event without hits is no longer kept.
    fn drop_hit_of(&mut self, event: u32) {
        let shared = &mut self.events[event];
        shared.hits -= 1;
        if shared.hits == 0 {
            self.events.give_back(event);
        }
    }

    /// The partial matches at an anchor, by the number of the first.
    fn partials_at(&self, first: u32) -> impl Iterator<Item = &PartialMatch> {
        let mut at = first;
        core::iter::from_fn(move || {
            let partial = (at != NIL).then(|| &self.partials[at])?;
            at = partial.next;
            Some(partial)
        })
    }

    /// The hits of a clause, the first one first.
    fn ring<'s>(&'s self, partial: &PartialMatch, clause: ClauseId) -> impl Iterator<Item = &'s Node> + use<'s> {
        let mut at = partial.newest[usize::from(clause)];
        (0..partial.count(clause)).map(move |_| {
            at = self.nodes[at].next;
            &self.nodes[at]
        })
    }

    fn hit(&self, node: &Node) -> Hit {
        let Node { event, next: _, clause, process_lifetime, roles } = *node;
        Hit { event: self.events[event].event, clause, roles, process_lifetime }
    }

    fn event(&self, node: u32) -> &HitEvent {
        &self.events[self.nodes[node].event].event
    }
}

saved!(SourceRef { time, record, part, file, channel, code, kind, os, id });
saved!(HitEvent { source, sequence, host, actor, image, other_image, target, parent, endpoint, object, detail });
