//! Runs all behaviors: keeps the hits of an event at their anchors and checks which behaviors they complete.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::completion::{Completion, completion};
use super::deadlines::{Deadlines, DeferredCheck};
use super::hits::{self, Bound, Hit, Hits, LastKept, Lost, PartialMatches, ROLES_A_CLAUSE, Roles};
use super::paths::{self, Anchors, LateLink};
use super::pending::{Anchor, PendingHit};
use super::view::View;
use super::window::{self, Ask};
use crate::event::{Kind, Os, StartMethod};
use crate::limits::part;
use crate::rules::{
    AnchorKind, Behavior, BehaviorId, BindFrom, Catalog, Clause, ClauseId, EvidenceTag, Field, Memory, Subject, WalkId,
};
use crate::state::{HostId, HostState, ProcessId};
use crate::time::{DAY, HOUR, Timestamp};
use crate::util::hash::Digest;
use crate::util::saved::restored;
use crate::util::table::QuotaGroup;

/// By how much an event may be late for its weaker forms to wait for what is late with it. Whoever sets the clock ahead
/// delays alerts by no more.
const LONGEST_LAG: i64 = HOUR;

/// Checks events against all behaviors; see the [module](super).
#[derive(Debug)]
pub(crate) struct Correlator {
    pub(super) partial_matches: PartialMatches,
    /// Partial matches of behaviors with long-term memory, in a table of their own: frequent events must not evict
    /// them.
    pub(super) long_term: PartialMatches,
    deadlines: Deadlines,
    /// Events judged.
    sequence: u64,
    /// By platform, the behaviors on endpoints whose hits wait for late links, with the kind of link.
    late_links: [Vec<(BehaviorId, LateLink)>; Os::ALL.len()],
    /// The walks of one event, each done once.
    walked: Vec<Walked>,
    /// Reused space for the hits of one event and for normalized texts.
    pending_hits: Vec<PendingHit>,
    buffer: Vec<u8>,
}

/// A walk that was done for an event, and which of the pending hits it gave.
#[derive(Clone, Copy, Debug)]
struct Walked {
    walk: WalkId,
    from: usize,
    to: usize,
}

restored!(Correlator { partial_matches, long_term, deadlines, sequence } else {
    late_links, walked, pending_hits, buffer,
});

impl Correlator {
    /// A correlator of the state's catalog that owns at most `bytes`.
    pub(crate) fn new(catalog: &Catalog, bytes: usize) -> Self {
        Self {
            late_links: late_links(catalog.behaviors()),
            partial_matches: PartialMatches::new(part(bytes, 74, 100)),
            long_term: PartialMatches::new(part(bytes, 19, 100)),
            deadlines: Deadlines::new(part(bytes, 7, 100)),
            sequence: 0,
            walked: Vec::new(),
            pending_hits: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// The state has another catalog. What is kept of a behavior moves to its new number; of one that has none it goes,
    /// each partial match and each check with a call of `dropped`.
    pub(crate) fn replace_catalog(
        &mut self,
        catalog: &Catalog,
        number: impl Fn(BehaviorId) -> Option<BehaviorId>,
        mut dropped: impl FnMut(BehaviorId),
    ) {
        self.partial_matches.renumber(&number, &mut dropped);
        self.long_term.renumber(&number, &mut dropped);
        self.deadlines.renumber(&number, &mut dropped);
        self.late_links = late_links(catalog.behaviors());
    }

    /// Checks one event against all behaviors. Says whether any clause is met: then [`Self::complete`] is due.
    pub(crate) fn meet(&mut self, view: &View<'_>) -> bool {
        self.sequence += 1;
        self.walked.clear();
        self.partial_matches.forget_live();
        self.long_term.forget_live();
        let Some(kind) = view.kind() else { return false };
        for index in view.state.catalog.clause_indexes(view.os(), kind.tag()) {
            view.meets(index, |clause| self.met(view, clause.behavior, clause.clause));
        }
        !self.pending_hits.is_empty()
    }

    /// Keeps the hits of the event that was met last, and gives what they complete.
    pub(crate) fn complete(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        self.keep(view, out);
        if view.resolved.new_link {
            self.late_link(view, out);
        }
    }

    /// Checks the clauses that use the completion of another behavior. The actor of the view is that behavior's
    /// initiator.
    pub(crate) fn evidence(&mut self, view: &View<'_>, tag: EvidenceTag, out: &mut Vec<Completion>) {
        self.walked.clear();
        for (b, rule) in view.state.catalog.behaviors().iter().enumerate().filter(|(_, r)| r.os == view.os()) {
            for (c, clause) in rule.clauses.iter().enumerate() {
                if clause.on_evidence == Some(tag) && view.holds(&clause.predicates) {
                    self.met(view, b as BehaviorId, c as ClauseId);
                }
            }
        }
        self.keep(view, out);
    }

    /// Whether a check of a host may be due by `watermark`. Mostly none is.
    #[inline]
    pub(crate) fn may_be_due(&mut self, host: Digest, watermark: Timestamp) -> bool {
        self.deadlines.may_be_due(host, watermark)
    }

    /// Runs those checks of a host whose windows have ended by `watermark`, at most `most` of them.
    #[inline(never)]
    pub(crate) fn advance(
        &mut self,
        state: &HostState,
        host: Digest,
        watermark: Timestamp,
        most: usize,
        out: &mut Vec<Completion>,
    ) {
        for _ in 0..most {
            let Some(check) = self.deadlines.take_passed(host, watermark) else { break };
            self.run_check(state, check, out);
        }
    }

    /// Runs all checks, whatever the watermark.
    pub(crate) fn flush(&mut self, state: &HostState, out: &mut Vec<Completion>) {
        for host in self.deadlines.hosts() {
            self.advance(state, host, Timestamp::MAX, usize::MAX, out);
        }
    }

    /// When the next check is due, for any host.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.next_deadline()
    }

    /// Whether the host sent none of the classes that can meet a clause within a day before a time.
    pub(crate) fn is_blind(
        &self,
        state: &HostState,
        host: HostId,
        behavior: BehaviorId,
        clause: usize,
        time: Timestamp,
    ) -> bool {
        let Some(host) = state.host(host) else { return true };
        let clause = state.catalog.behaviors().get(behavior as usize).and_then(|b| b.clauses.get(clause));
        let Some(clause) = clause else { return false };
        // A clause that another behavior's completion meets has no classes.
        !clause.classes.is_empty() && clause.classes.iter().all(|class| host.is_blind(class, time - DAY))
    }

    /// Whether the last event added to what others were kept for at an anchor that is not preferred yet.
    pub(crate) fn has_live_anchors(&self) -> bool {
        self.partial_matches.has_live() || self.long_term.has_live()
    }

    /// Prefers these anchors.
    pub(crate) fn prefer_live_anchors(&mut self) {
        self.partial_matches.prefer_live();
        self.long_term.prefer_live();
    }

    pub(crate) const fn evicted(&self) -> u64 {
        self.partial_matches.evicted() + self.long_term.evicted()
    }

    pub(crate) fn has_lost(&self) -> bool {
        self.partial_matches.has_lost() || self.long_term.has_lost()
    }

    /// What was evicted since it was asked for last; `true` for long-term memory.
    pub(crate) fn take_lost(&mut self) -> impl Iterator<Item = (Lost, bool)> + '_ {
        let Self { partial_matches, long_term, .. } = self;
        partial_matches.take_lost().map(|lost| (lost, false)).chain(long_term.take_lost().map(|lost| (lost, true)))
    }

    pub(crate) const fn dropped_checks(&self) -> u64 {
        self.deadlines.dropped()
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.partial_matches.bytes()
            + self.long_term.bytes()
            + self.buffer.capacity()
            + self.pending_hits.capacity() * size_of::<PendingHit>()
            + self.walked.capacity() * size_of::<Walked>()
            + self.late_links.iter().map(|links| links.capacity() * size_of::<(BehaviorId, LateLink)>()).sum::<usize>()
            + self.deadlines.bytes()
    }

    /// Table steps since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.partial_matches.take_steps() + self.long_term.take_steps() + self.deadlines.take_steps()
    }

    /// Collects the anchors of the hits of a clause that the event meets.
    fn met(&mut self, view: &View<'_>, behavior: BehaviorId, clause: ClauseId) {
        let catalog = &view.state.catalog;
        let Some(rule) = catalog.behaviors().get(behavior as usize) else { return };
        let Some(what) = rule.clauses.get(clause as usize) else { return };
        // Who only forked runs no other program yet.
        let is_fork = |kind: &Kind<'_>| matches!(kind, Kind::ProcessStart(start) if start.method == StartMethod::Fork);
        if view.kind().is_some_and(is_fork) && !what.asks_for(Field::StartMethod) {
            return;
        }
        let Some(walk) = catalog.walk(behavior, clause) else { return };
        if let Some(&Walked { from, to, .. }) = self.walked.iter().find(|walked| walked.walk == walk) {
            for at in from..to {
                self.pending_hits.push(PendingHit { behavior, clause, ..self.pending_hits[at] });
            }
            return;
        }
        let from = self.pending_hits.len();
        let mut anchors = Anchors::new(&mut self.pending_hits, behavior, clause);
        for path in &what.at {
            paths::anchors(view, rule.anchor, path, &mut anchors, &mut self.buffer);
        }
        self.walked.push(Walked { walk, from, to: self.pending_hits.len() });
    }

    /// Keeps the collected hits of one event and checks what they complete.
    fn keep(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        if self.pending_hits.is_empty() {
            return;
        }
        let mut pending_hits = core::mem::take(&mut self.pending_hits);
        if pending_hits.len() > 1 {
            self.partial_matches.prefetch(&pending_hits);
        }
        let catalog = &view.state.catalog;
        let is_rare = view.resolved.is_rare;
        let event = view.hit_event(self.sequence);
        let quota_group = QuotaGroup::new(view.resolved.host_hash.low(), event.actor.map_or(0, |a| a.number()));
        let mut hit = Hit { event, clause: 0, roles: [None; ROLES_A_CLAUSE], process_lifetime: false };
        let mut last = LastKept::default();
        let mut last_long_term = LastKept::default();
        for pending_hit in pending_hits.drain(..) {
            let Some(rule) = catalog.behaviors().get(pending_hit.behavior as usize) else { continue };
            let Some(what) = rule.clauses.get(pending_hit.clause as usize) else { continue };
            hit.clause = pending_hit.clause;
            let common_legs = catalog.common_legs(pending_hit.behavior);
            // What a common leg binds is told by its event, once it is asked for.
            hit.roles =
                if common_legs >> pending_hit.clause & 1 == 1 { [None; ROLES_A_CLAUSE] } else { roles(view, what) };
            hit.process_lifetime = what.process_lifetime;
            if pending_hit.waits {
                // A waiting hit completes nothing.
                let _ = self.partial_matches.add(&pending_hit, common_legs, is_rare, quota_group, &hit, &mut last);
            } else {
                let last = if rule.memory == Memory::LongTerm { &mut last_long_term } else { &mut last };
                self.add(view.state, rule, &pending_hit, common_legs, quota_group, &hit, last, Some(view), out);
            }
        }
        self.pending_hits = pending_hits;
    }

    /// The actor was just linked to an endpoint: keeps the hits that waited for the link there.
    fn late_link(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        let (Some(actor), Some(endpoint)) = (view.resolved.actor, view.resolved.endpoint) else { return };
        let catalog = &view.state.catalog;
        let anchor = paths::endpoint_anchor(view.state, endpoint);
        let others: SmallVec<[ProcessId; 8]> = view.state.job_members(actor).filter(|&m| m != actor).collect();
        // Behaviors share what stands for a process's late links, and mostly nothing waits there.
        let mut empty: SmallVec<[Anchor; 8]> = SmallVec::new();
        let mut hits = Hits::new();
        let os = view.os() as usize;
        for at in 0..self.late_links[os].len() {
            let (behavior, late_link) = self.late_links[os][at];
            let Some(rule) = catalog.behaviors().get(behavior as usize) else { continue };
            if late_link.created_only && !view.resolved.created {
                continue;
            }
            let of_job: &[ProcessId] = if late_link.through_job { &others } else { &[] };
            for &process in core::iter::once(&actor).chain(of_job) {
                let waiting = late_link.anchor(process);
                if empty.contains(&waiting) {
                    continue;
                }
                let is_empty = !self.partial_matches.hits(behavior, rule, waiting, &mut hits);
                if is_empty && empty.len() < empty.inline_size() {
                    empty.push(waiting);
                }
                let quota_group = QuotaGroup::new(view.resolved.host_hash.low(), process.number());
                for hit in &hits {
                    if hit.source.time.distance(view.time()) <= rule.window {
                        let key = hits::key(anchor);
                        let pending_hit = PendingHit { behavior, clause: hit.clause, anchor, key, waits: false };
                        let common_legs = catalog.common_legs(behavior);
                        let mut last = LastKept::default();
                        self.add(view.state, rule, &pending_hit, common_legs, quota_group, hit, &mut last, None, out);
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one hit at one anchor")]
    fn add(
        &mut self,
        state: &HostState,
        rule: &Behavior,
        pending_hit: &PendingHit,
        common_legs: u16,
        quota_group: QuotaGroup,
        hit: &Hit,
        last: &mut LastKept,
        view: Option<&View<'_>>,
        out: &mut Vec<Completion>,
    ) {
        let PendingHit { behavior, anchor, .. } = *pending_hit;
        let is_rare = view.is_none_or(|view| view.resolved.is_rare);
        let Some(mask) = self.memory_of(rule).add(pending_hit, common_legs, is_rare, quota_group, hit, last) else {
            return;
        };
        if !rule.fallback.is_empty() {
            self.plan_fallbacks(state, rule, behavior, anchor, mask, hit, view);
        }
        if !state.catalog.may_complete(behavior, mask) {
            return;
        }
        let mut hits = Hits::new();
        self.memory_of(rule).hits(behavior, rule, anchor, &mut hits);
        let around = hit.source.time;
        let ask = Ask::Requirements { assume_absent: false };
        if let Some(found) = window::find(state, rule, &hits, around, ask) {
            out.push(completion(rule, behavior, hit.host, found));
        } else if rule.require.asks_for_absence() {
            let ask = Ask::Requirements { assume_absent: true };
            if window::find(state, rule, &hits, around, ask).is_some() {
                self.plan(
                    rule,
                    DeferredCheck { behavior, anchor, host: hit.host, time: around, fallback: None },
                    state,
                );
            }
        }
    }

    /// The table that keeps the hits of a behavior.
    pub(super) const fn memory_of(&mut self, rule: &Behavior) -> &mut PartialMatches {
        match rule.memory {
            Memory::LongTerm => &mut self.long_term,
            Memory::Window | Memory::ProcessLifetime => &mut self.partial_matches,
        }
    }

    /// Plans a check for the end of the window. For a late event the window begins at the host's latest event: what else
    /// is late with it, because a channel lags or the clock was turned back, is still to come. An event dated far ahead
    /// holds back nothing: the check is due at once.
    pub(super) fn plan(&mut self, rule: &Behavior, check: DeferredCheck, state: &HostState) {
        let (host, newest) = state.host(check.host).map_or((Digest::NONE, check.time), |h| (h.id, h.newest));
        let is_lagging = newest > check.time && check.time.distance(newest) <= LONGEST_LAG;
        let begin = if is_lagging { newest } else { check.time };
        self.deadlines.plan(host, begin + rule.window, check);
    }
}

/// By platform, the behaviors on endpoints whose paths follow late links, with the kinds of these links.
fn late_links(behaviors: &[Behavior]) -> [Vec<(BehaviorId, LateLink)>; Os::ALL.len()] {
    let mut late_links = [const { Vec::new() }; Os::ALL.len()];
    for (b, rule) in behaviors.iter().enumerate().filter(|(_, r)| r.anchor == AnchorKind::Endpoint) {
        let of_os = &mut late_links[rule.os as usize];
        for late_link in rule.clauses.iter().flat_map(|c| &c.at).filter_map(LateLink::of) {
            if !of_os.contains(&(b as BehaviorId, late_link)) {
                of_os.push((b as BehaviorId, late_link));
            }
        }
    }
    late_links
}

/// The roles that a clause binds.
fn roles(view: &View<'_>, what: &Clause) -> Roles {
    let mut roles = [None; ROLES_A_CLAUSE];
    for (slot, (role, from)) in roles.iter_mut().zip(&what.bind) {
        let bound = match from {
            // The requester may be on another host.
            BindFrom::Process(Subject::Requester) => view.requester(),
            BindFrom::Process(subject) => view.subject(*subject).map(Bound::Process),
            BindFrom::Remote => view.resolved.remote.map(Bound::Remote),
        };
        *slot = bound.map(|b| (*role, b));
    }
    roles
}
