//! Partial matches: for each anchor and behavior the last hits of each clause, in bounded space.

use smallvec::SmallVec;

use super::pending::{Anchor, PendingHit};
use crate::event::{Channel, Event, KindTag, NativeId, Os};
use crate::limits::part;
use crate::rules::{BehaviorId, ClauseId, MAX_CLAUSES, RoleId};
use crate::state::{EndpointId, HostId, ProcessId};
use crate::time::Timestamp;
use crate::util::chunks::Chunks;
use crate::util::hash::Hasher;
use crate::util::intern::Sym;
use crate::util::saved::saved;
use crate::util::table::{QuotaGroup, Table};

mod snapshot;

/// Hits that a partial match keeps of each clause.
pub(super) const HITS_A_CLAUSE: usize = 4;
const NIL: u32 = u32::MAX;
const CHUNK: usize = 256;

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

/// One clause met by one event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) clause: ClauseId,
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
    pub(crate) endpoint: Option<EndpointId>,
    pub(crate) object: Option<Sym>,
    /// What the object was given or did, as the record says it.
    pub(crate) detail: Option<Sym>,
    pub(crate) roles: [Option<(RoleId, Bound)>; ROLES_A_CLAUSE],
    pub(crate) process_lifetime: bool,
}

impl Hit {
    /// What a role is bound to by this hit.
    pub(crate) fn role(&self, role: RoleId) -> Option<Bound> {
        self.roles.iter().flatten().find(|(r, _)| *r == role).map(|(_, b)| *b)
    }

    /// The order of ties: by time, channel, native id, then as they were judged.
    pub(crate) const fn order(&self) -> (Timestamp, Channel, NativeId, u64) {
        (self.source.time, self.source.channel, self.source.id, self.sequence)
    }
}

#[derive(Debug)]
struct Node {
    hit: Hit,
    next: u32,
}

/// The partial match of one behavior at one anchor: a ring of hits for each clause, in order of time.
#[derive(Debug)]
struct PartialMatch {
    behavior: BehaviorId,
    /// Clauses with a hit.
    mask: u16,
    anchor: Anchor,
    /// The number of hits of each clause, four bits each.
    counts: u64,
    /// No hit is later than this.
    latest: Timestamp,
    /// The last hit of each clause; the first follows it.
    newest: [u32; MAX_CLAUSES],
}

impl PartialMatch {
    const fn new(behavior: BehaviorId, anchor: Anchor) -> Self {
        Self { behavior, mask: 0, anchor, counts: 0, latest: Timestamp::MIN, newest: [NIL; MAX_CLAUSES] }
    }

    const fn count(&self, clause: ClauseId) -> usize {
        (self.counts >> (4 * clause) & 0xf) as usize
    }
}

/// The hash under which a partial match is kept.
pub(super) const fn key(behavior: BehaviorId, anchor: Anchor) -> u64 {
    Hasher::of(anchor).u64(behavior as u64).finish()
}

/// All partial matches of an engine.
#[derive(Debug)]
pub(crate) struct PartialMatches {
    table: Table<PartialMatch>,
    nodes: Chunks<Node, CHUNK>,
    free: u32,
    node_capacity: usize,
    evicted: u64,
}

impl PartialMatches {
    /// Partial matches that own at most `bytes`.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            table: Table::with_bytes(part(bytes, 45, 100)),
            nodes: Chunks::new(),
            free: NIL,
            // The number of a node has 32 bits.
            node_capacity: (part(bytes, 55, 100) / size_of::<Node>()).clamp(CHUNK, NIL as usize) / CHUNK * CHUNK,
            evicted: 0,
        }
    }

    /// Prefetches the partial matches of these pending hits.
    pub(super) fn prefetch(&self, pending_hits: &[PendingHit]) {
        let keys: SmallVec<[u64; 16]> = pending_hits.iter().take(16).map(|pending| pending.key).collect();
        self.table.prefetch(&keys);
    }

    /// Keeps a hit. Returns the mask of clauses with a hit, or `None` if the hit of this record was there already.
    pub(super) fn add(
        &mut self,
        behavior: BehaviorId,
        anchor: Anchor,
        key: u64,
        quota_group: QuotaGroup,
        hit: &Hit,
    ) -> Option<u16> {
        let found = self.table.find(key, |s| s.behavior == behavior && s.anchor == anchor);
        let handle = found.unwrap_or_else(|| {
            let (handle, gone) = self.table.insert(key, quota_group, PartialMatch::new(behavior, anchor));
            self.release(gone);
            handle
        });
        let clause = usize::from(hit.clause);
        let partial = self.table.get(handle)?;
        let (newest, count) = (*partial.newest.get(clause)?, partial.count(hit.clause));
        // Most events come in order; only the others search for their place in the ring.
        let (after, is_newest) = match count {
            0 => (NIL, true),
            _ if hit.source.time > partial.latest => (newest, true),
            _ => self.place(newest, count, hit)?,
        };
        let (index, after) = match count {
            0 => self.vacant(hit).map(|index| (index, index))?,
            HITS_A_CLAUSE => self.take_oldest(newest, after, hit),
            _ => (self.vacant(hit)?, after),
        };
        let Some(partial) = self.table.get_mut(handle) else {
            // Making room evicted this partial match.
            self.free_node(index);
            return None;
        };
        if after != index {
            let node = &mut self.nodes[after as usize];
            let next = core::mem::replace(&mut node.next, index);
            self.nodes[index as usize].next = next;
        }
        if is_newest {
            partial.newest[clause] = index;
        }
        if count < HITS_A_CLAUSE {
            partial.counts += 1 << (4 * hit.clause);
        }
        partial.latest = partial.latest.max(hit.source.time);
        partial.mask |= 1 << hit.clause;
        Some(partial.mask)
    }

    /// The hit in its clause's ring that a hit follows, and whether it becomes the last; `None` if it is there already,
    /// or is older than all hits of a full ring.
    fn place(&self, newest: u32, count: usize, hit: &Hit) -> Option<(u32, bool)> {
        let (mut at, mut after, mut earlier) = (newest, newest, 0);
        for _ in 0..count {
            at = self.node(at).next;
            let known = &self.node(at).hit;
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

    /// Removes the first hit of a ring and reuses its node for a hit that follows `after`.
    fn take_oldest(&mut self, newest: u32, after: u32, hit: &Hit) -> (u32, u32) {
        let oldest = self.node(newest).next;
        self.node_mut(newest).next = self.node(oldest).next;
        self.node_mut(oldest).hit = *hit;
        (oldest, if after == oldest { newest } else { after })
    }

    /// All hits of a behavior at an anchor, in order of time.
    pub(super) fn hits(&mut self, behavior: BehaviorId, anchor: Anchor) -> SmallVec<[Hit; 16]> {
        let mut hits: SmallVec<[Hit; 16]> = SmallVec::new();
        let key = key(behavior, anchor);
        let found = self.table.find(key, |s| s.behavior == behavior && s.anchor == anchor);
        if let Some(partial) = found.and_then(|handle| self.table.get(handle)) {
            for clause in 0..MAX_CLAUSES as ClauseId {
                let mut at = partial.newest[usize::from(clause)];
                for _ in 0..partial.count(clause) {
                    let node = self.node(at);
                    hits.push(node.hit);
                    at = node.next;
                }
            }
        }
        hits.sort_unstable_by_key(|h| (h.order(), h.clause));
        hits
    }

    /// Partial matches evicted so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.table.bytes() + self.nodes.bytes()
    }

    /// Table steps since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.table.take_steps()
    }

    /// A node with a hit that follows itself. Whole partial matches are evicted to make room.
    fn vacant(&mut self, hit: &Hit) -> Option<u32> {
        for _ in 0..8 {
            if self.free != NIL {
                let index = self.free;
                self.free = self.node(index).next;
                let node = self.node_mut(index);
                (node.hit, node.next) = (*hit, index);
                return Some(index);
            }
            if self.nodes.len() < self.node_capacity {
                let index = self.nodes.grow(|| Node { hit: *hit, next: NIL });
                let node = &mut self.nodes[index];
                (node.hit, node.next) = (*hit, index as u32);
                return Some(index as u32);
            }
            let gone = self.table.evict();
            self.release(gone);
        }
        None
    }

    fn release(&mut self, gone: Option<PartialMatch>) {
        let Some(partial) = gone else { return };
        self.evicted += 1;
        for clause in 0..MAX_CLAUSES as ClauseId {
            let mut at = partial.newest[usize::from(clause)];
            for _ in 0..partial.count(clause) {
                let next = self.node(at).next;
                self.free_node(at);
                at = next;
            }
        }
    }

    fn free_node(&mut self, index: u32) {
        let free = core::mem::replace(&mut self.free, index);
        self.node_mut(index).next = free;
    }

    fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
    }
}

saved!(SourceRef { time, record, part, file, channel, code, kind, os, id });
saved!(Hit {
    clause, source, sequence, host, actor, image, other_image, target, endpoint, object, detail, roles,
    process_lifetime,
} where |hit| usize::from(hit.clause) < MAX_CLAUSES);
