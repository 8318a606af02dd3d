//! What is remembered between events: per anchor and behaviour the last hits of each clause, in bounded space.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::anchor::{Anchor, Deferred};
use crate::catalogue::{BehaviourId, ClauseId, RoleId};
use crate::causality::{EndpointId, HostId, ProcessId};
use crate::event::{Channel, Event, KindTag, NativeId, Os};
use crate::intern::Sym;
use crate::table::{Handle, Share, Table};
use crate::time::Timestamp;

/// Hits remembered of each clause.
pub(super) const HITS_A_CLAUSE: usize = 4;
/// Deferred hits remembered of each process.
const DEFERRED_A_PROCESS: usize = 4;
const NIL: u32 = u32::MAX;
const CHUNK: usize = 256;

/// Where the record of a hit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceRef {
    pub(crate) time: Timestamp,
    pub(crate) record: u64,
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
            file: event.file,
            channel: event.source.channel,
            code: event.source.code,
            kind: event.kind.tag(),
            os: event.os,
            id: event.source.id,
        }
    }
}

/// What a role stands for.
pub(crate) use crate::causality::Principal as Bound;

/// Roles one clause may bind.
pub(super) const ROLES_A_CLAUSE: usize = 3;

/// One clause met by one event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) clause: ClauseId,
    pub(crate) source: SourceRef,
    /// How many events had been judged: tells records without an id apart by something their place does not change.
    pub(crate) turn: u64,
    pub(crate) host: HostId,
    pub(crate) actor: Option<ProcessId>,
    pub(crate) target: Option<ProcessId>,
    pub(crate) endpoint: Option<EndpointId>,
    pub(crate) object: Option<Sym>,
    pub(crate) roles: [Option<(RoleId, Bound)>; ROLES_A_CLAUSE],
    pub(crate) sticky: bool,
}

impl Hit {
    /// What a role is bound to by this hit.
    pub(crate) fn role(&self, role: RoleId) -> Option<Bound> {
        self.roles.iter().flatten().find(|(r, _)| *r == role).map(|(_, b)| *b)
    }

    /// The order of ties: by time, channel, native id, then as they were judged.
    pub(crate) const fn order(&self) -> (Timestamp, Channel, NativeId, u64) {
        (self.source.time, self.source.channel, self.source.id, self.turn)
    }
}

#[derive(Debug)]
struct Node {
    hit: Hit,
    next: u32,
}

/// What is remembered of one behaviour at one anchor.
#[derive(Debug)]
struct State {
    behaviour: BehaviourId,
    anchor: Anchor,
    /// Clauses with a hit.
    mask: u16,
    first: u32,
}

/// A hit waiting for its process to be tied to an endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) behaviour: BehaviourId,
    pub(super) deferred: Deferred,
    pub(super) hit: Hit,
}

#[derive(Debug)]
struct WaitingList {
    process: ProcessId,
    list: [Option<Waiting>; DEFERRED_A_PROCESS],
    next: u8,
}

/// All states of an engine.
#[derive(Debug)]
pub(crate) struct States {
    table: Table<State>,
    nodes: Vec<Vec<Node>>,
    free: u32,
    node_capacity: usize,
    waiting: Table<WaitingList>,
    seed: u64,
    evicted: u64,
}

impl States {
    /// States that own at most `bytes`.
    pub(super) fn new(bytes: usize, seed: u64) -> Self {
        Self {
            table: Table::with_bytes(bytes / 100 * 25),
            nodes: Vec::new(),
            free: NIL,
            node_capacity: (bytes / 100 * 55 / size_of::<Node>()).max(CHUNK) / CHUNK * CHUNK,
            waiting: Table::with_bytes(bytes / 100 * 20),
            seed,
            evicted: 0,
        }
    }

    /// Keeps a hit. Returns the mask of clauses that have one, or `None` when this very record was there already.
    pub(super) fn add(&mut self, behaviour: BehaviourId, anchor: Anchor, share: Share, hit: Hit) -> Option<u16> {
        let key = self.key(behaviour, anchor);
        let found = self.table.find(key, |s| s.behaviour == behaviour && s.anchor == anchor);
        let state = found.unwrap_or_else(|| {
            let (handle, gone) = self.table.insert(key, share, State { behaviour, anchor, mask: 0, first: NIL });
            self.release(gone);
            handle
        });
        // The new hit takes the place of the clause's oldest when there are enough.
        let (mut at, mut same_clause, mut oldest) = (self.table.get(state)?.first, 0, NIL);
        while at != NIL {
            let node = self.node(at);
            if node.hit.clause == hit.clause {
                if node.hit.source == hit.source && node.hit.actor == hit.actor {
                    return None;
                }
                same_clause += 1;
                if oldest == NIL || node.hit.order() < self.node(oldest).hit.order() {
                    oldest = at;
                }
            }
            at = node.next;
        }
        if same_clause >= HITS_A_CLAUSE {
            if self.node(oldest).hit.order() > hit.order() {
                return None;
            }
            self.node_mut(oldest).hit = hit;
        } else {
            let index = self.vacant(hit)?;
            // Making room may have taken this very state.
            let Some(kept) = self.table.get_mut(state) else {
                self.free_node(index);
                return None;
            };
            let first = core::mem::replace(&mut kept.first, index);
            self.node_mut(index).next = first;
        }
        let kept = self.table.get_mut(state)?;
        kept.mask |= 1 << hit.clause;
        Some(kept.mask)
    }

    /// All hits of a behaviour at an anchor, in order of time.
    pub(super) fn hits(&mut self, behaviour: BehaviourId, anchor: Anchor) -> SmallVec<[Hit; 16]> {
        let mut hits: SmallVec<[Hit; 16]> = SmallVec::new();
        let key = self.key(behaviour, anchor);
        let found = self.table.find(key, |s| s.behaviour == behaviour && s.anchor == anchor);
        let mut at = found.and_then(|s| self.table.get(s)).map_or(NIL, |s| s.first);
        while at != NIL {
            let node = self.node(at);
            hits.push(node.hit);
            at = node.next;
        }
        hits.sort_unstable_by_key(|h| (h.order(), h.clause));
        hits
    }

    /// Remembers a hit until its process is tied to an endpoint.
    pub(super) fn wait(&mut self, waiting: Waiting, share: Share) {
        let process = waiting.deferred.process;
        let key = self.waiting_key(process);
        let found = self.waiting.find(key, |w| w.process == process);
        let list = found.unwrap_or_else(|| {
            let empty = WaitingList { process, list: [None; DEFERRED_A_PROCESS], next: 0 };
            self.waiting.insert(key, share, empty).0
        });
        if let Some(list) = self.waiting.get_mut(list) {
            list.list[list.next as usize % DEFERRED_A_PROCESS] = Some(waiting);
            list.next = list.next.wrapping_add(1);
        }
    }

    /// The hits that wait at a process.
    pub(super) fn waiting(&mut self, process: ProcessId) -> SmallVec<[Waiting; DEFERRED_A_PROCESS]> {
        let key = self.waiting_key(process);
        let found = self.waiting.find(key, |w| w.process == process);
        found
            .and_then(|list| self.waiting.get(list))
            .map_or_else(SmallVec::new, |list| list.list.iter().flatten().copied().collect())
    }

    /// States evicted so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.table.bytes()
            + self.waiting.bytes()
            + self.nodes.len() * CHUNK * size_of::<Node>()
            + self.nodes.capacity() * size_of::<Vec<Node>>()
    }

    /// Table steps since the last call.
    pub(crate) const fn take_work(&mut self) -> u64 {
        self.table.take_work() + self.waiting.take_work()
    }

    fn key(&self, behaviour: BehaviourId, anchor: Anchor) -> u64 {
        crate::hash::Hasher::new(self.seed).u64(anchor).u64(u64::from(behaviour)).finish()
    }

    fn waiting_key(&self, process: Handle) -> u64 {
        crate::hash::Hasher::new(self.seed).u64(process.number()).finish()
    }

    /// A node for a hit; room is made by evicting whole states.
    fn vacant(&mut self, hit: Hit) -> Option<u32> {
        for _ in 0..8 {
            if self.free != NIL {
                let index = self.free;
                self.free = self.node(index).next;
                *self.node_mut(index) = Node { hit, next: NIL };
                return Some(index);
            }
            let used = self.nodes.last().map_or(CHUNK, Vec::len);
            if used < CHUNK || self.nodes.len() * CHUNK < self.node_capacity {
                if used == CHUNK {
                    self.nodes.push(Vec::with_capacity(CHUNK));
                }
                let chunk = self.nodes.len() - 1;
                self.nodes[chunk].push(Node { hit, next: NIL });
                return Some((chunk * CHUNK + self.nodes[chunk].len() - 1) as u32);
            }
            let gone = self.table.evict();
            self.release(gone);
        }
        None
    }

    fn release(&mut self, gone: Option<State>) {
        let Some(state) = gone else { return };
        self.evicted += 1;
        let mut at = state.first;
        while at != NIL {
            let next = self.node(at).next;
            self.free_node(at);
            at = next;
        }
    }

    fn free_node(&mut self, index: u32) {
        let free = core::mem::replace(&mut self.free, index);
        self.node_mut(index).next = free;
    }

    fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize / CHUNK][index as usize % CHUNK]
    }

    fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize / CHUNK][index as usize % CHUNK]
    }
}
