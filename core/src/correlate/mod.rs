//! The generic correlator: a star join of clauses on one anchor, symmetric in time.
//!
//! Every behaviour of the catalogue runs through this one piece of code; nothing here knows any of them. An event is
//! held against the clauses that look at its kind. A clause that is met becomes a *hit* at each anchor its paths lead
//! to; an anchor keeps the last four hits a clause. With every new hit the requirements are checked over the hits
//! within one window around it, whatever their order. Work is O(clauses) over at most eight anchors an event.

mod agenda;
mod anchor;
mod complete;
mod state;
mod value;

use alloc::vec::Vec;

use smallvec::SmallVec;

use agenda::{Agenda, Pending};
use anchor::{Anchor, Anchors, Tied};
use complete::{Ask, Match};
use state::{ROLES_A_CLAUSE, States};

pub(crate) use state::{Bound, Hit, SourceRef};
pub(crate) use value::View;

use crate::catalogue::{
    AnchorKind, Behaviour, BehaviourId, BindFrom, Catalogue, Clause, ClauseId, EvidenceTag, MAX_CLAUSES, Memory,
    Require, Role, RoleId, Severity,
};
use crate::causality::{Class, HostId, ProcessId, World};
use crate::event::{KindTag, Mechanism};
use crate::hash::Digest;
use crate::limits::part;
use crate::table::Share;
use crate::time::{DAY, Timestamp};

/// A behaviour whose requirements are met.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) behaviour: BehaviourId,
    pub(crate) host: HostId,
    /// Clauses met.
    pub(crate) met: u16,
    /// Hits in order of time.
    pub(crate) hits: SmallVec<[Hit; 16]>,
    /// Confidence in thousandths.
    pub(crate) confidence: u16,
    pub(crate) severity: Severity,
    /// A leg could not be seen and the weaker form was used: the clauses that are blind.
    pub(crate) blind: u16,
}

/// Where a hit belongs.
#[derive(Clone, Copy, Debug)]
struct Spot {
    behaviour: BehaviourId,
    clause: ClauseId,
    anchor: Anchor,
    /// It waits there for a process to be tied to an endpoint.
    waits: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Correlator {
    catalogue: Catalogue,
    states: States,
    /// States of behaviours that remember for days: hot traffic must not push them out.
    ledger: States,
    agenda: Agenda,
    /// Events judged.
    turn: u64,
    /// Per behaviour and clause the classes of telemetry it is read from.
    classes: Vec<Vec<SmallVec<[Class; 4]>>>,
    /// Per behaviour whether a requirement is an absence.
    absences: Vec<bool>,
    /// Behaviours on endpoints whose hits wait for ties, and for which.
    ties: Vec<(BehaviourId, Tied)>,
    /// Space that is used again and again: where one event's hits belong, and normalised texts.
    spots: Vec<Spot>,
    buffer: Vec<u8>,
}

impl Correlator {
    /// A correlator that owns at most `bytes`.
    pub(crate) fn new(catalogue: Catalogue, bytes: usize) -> Self {
        let classes = catalogue.behaviours().iter().map(|b| b.clauses.iter().map(classes_of).collect()).collect();
        let absences = catalogue.behaviours().iter().map(|b| has_absence(&b.require)).collect();
        let ties = ties(catalogue.behaviours());
        Self {
            catalogue,
            ties,
            states: States::new(part(bytes, 74, 100)),
            ledger: States::new(part(bytes, 19, 100)),
            agenda: Agenda::new(part(bytes, 7, 100)),
            turn: 0,
            classes,
            absences,
            spots: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Holds one event against the catalogue.
    pub(crate) fn judge(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        self.turn += 1;
        let catalogue = self.catalogue.clone();
        for clause in catalogue.sieves(view.event.os, view.event.kind.tag()).iter().flat_map(|s| view.meets(s)) {
            self.met(view, clause.behaviour, clause.clause);
        }
        self.keep(view, out);
        if view.scene.new_tie {
            self.tied(view, out);
        }
    }

    /// Lets behaviours that use another's completion see it; `process` is who it names as the initiator.
    pub(crate) fn evidence(&mut self, view: &View<'_>, tag: EvidenceTag, out: &mut Vec<Completion>) {
        let catalogue = self.catalogue.clone();
        for (b, rule) in catalogue.behaviours().iter().enumerate().filter(|(_, r)| r.os == view.event.os) {
            for (c, clause) in rule.clauses.iter().enumerate() {
                if clause.on_evidence == Some(tag) && view.holds(&clause.predicates) {
                    self.met(view, b as BehaviourId, c as ClauseId);
                }
            }
        }
        self.keep(view, out);
    }

    /// Runs the checks of a host whose windows have passed at `watermark`, at most `most`.
    pub(crate) fn advance(
        &mut self,
        world: &World,
        host: Digest,
        watermark: Timestamp,
        most: usize,
        out: &mut Vec<Completion>,
    ) {
        for _ in 0..most {
            let Some(pending) = self.agenda.due(host, watermark) else { break };
            self.due(world, pending, out);
        }
    }

    /// Runs all checks, whatever the watermark.
    pub(crate) fn flush(&mut self, world: &World, out: &mut Vec<Completion>) {
        for host in self.agenda.hosts() {
            self.advance(world, host, Timestamp::MAX, usize::MAX, out);
        }
    }

    /// When the next check is due, for any host.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// Whether all classes of telemetry a clause is read from are blind on a host around a time.
    pub(crate) fn is_blind(
        &self,
        world: &World,
        host: HostId,
        behaviour: BehaviourId,
        clause: usize,
        time: Timestamp,
    ) -> bool {
        let Some(host) = world.host(host) else { return true };
        let classes = self.classes.get(behaviour as usize).and_then(|b| b.get(clause));
        // What is told by another behaviour is of no class.
        classes.is_some_and(|list| !list.is_empty() && list.iter().all(|&class| host.is_blind(class, time - DAY)))
    }

    pub(crate) const fn evicted(&self) -> u64 {
        self.states.evicted() + self.ledger.evicted()
    }

    pub(crate) const fn dropped_pending(&self) -> u64 {
        self.agenda.dropped()
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.states.bytes()
            + self.ledger.bytes()
            + self.buffer.capacity()
            + self.spots.capacity() * size_of::<Spot>()
            + self.agenda.bytes()
    }

    /// Table steps since the last call.
    pub(crate) const fn take_work(&mut self) -> u64 {
        self.states.take_work() + self.ledger.take_work() + self.agenda.take_work()
    }

    /// Notes where the hits of a clause that the event meets belong.
    fn met(&mut self, view: &View<'_>, behaviour: BehaviourId, clause: ClauseId) {
        let Some(rule) = self.catalogue.behaviours().get(behaviour as usize) else { return };
        let Some(what) = rule.clauses.get(clause as usize) else { return };
        let mut anchors = Anchors::new(&mut self.spots, behaviour, clause);
        for path in &what.at {
            anchor::anchors(view, rule.anchor, path, &mut anchors, &mut self.buffer);
        }
    }

    /// Keeps one event's hits.
    fn keep(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        if self.spots.is_empty() {
            return;
        }
        let mut spots = core::mem::take(&mut self.spots);
        if spots.len() > 1 {
            self.states.anticipate(&spots);
        }
        let catalogue = self.catalogue.clone();
        let mut hit = hit_of(view, self.turn);
        let share = Share::new(view.scene.host_hash.low(), hit.actor.map_or(0, |a| a.number()));
        for spot in spots.drain(..) {
            let Some(rule) = catalogue.behaviours().get(spot.behaviour as usize) else { continue };
            let Some(what) = rule.clauses.get(spot.clause as usize) else { continue };
            hit.clause = spot.clause;
            hit.roles = roles(view, what);
            hit.sticky = what.sticky;
            if spot.waits {
                // Nothing is complete there.
                let _ = self.states.add(spot.behaviour, spot.anchor, share, &hit);
            } else {
                self.add(view.world, rule, spot.behaviour, spot.anchor, share, &hit, Some(view), out);
            }
        }
        self.spots = spots;
    }

    /// The actor was just tied to an endpoint: hits that waited for that belong there now.
    fn tied(&mut self, view: &View<'_>, out: &mut Vec<Completion>) {
        let (Some(actor), Some(endpoint)) = (view.scene.actor, view.scene.endpoint) else { return };
        let catalogue = self.catalogue.clone();
        let anchor = anchor::endpoint_anchor(view.world, endpoint);
        let others: SmallVec<[ProcessId; 8]> = view.world.job_members(actor).filter(|&m| m != actor).collect();
        for at in 0..self.ties.len() {
            let (behaviour, tied) = self.ties[at];
            let Some(rule) = catalogue.behaviours().get(behaviour as usize) else { continue };
            if rule.os != view.event.os || tied.created_only && !view.scene.created {
                continue;
            }
            let of_job: &[ProcessId] = if tied.through_job { &others } else { &[] };
            for &process in core::iter::once(&actor).chain(of_job) {
                let share = Share::new(view.scene.host_hash.low(), process.number());
                for hit in self.states.hits(behaviour, tied.anchor(process)) {
                    if hit.source.time.distance(view.event.time) <= rule.window {
                        self.add(view.world, rule, behaviour, anchor, share, &hit, None, out);
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one hit at one place")]
    fn add(
        &mut self,
        world: &World,
        rule: &Behaviour,
        behaviour: BehaviourId,
        anchor: Anchor,
        share: Share,
        hit: &Hit,
        view: Option<&View<'_>>,
        out: &mut Vec<Completion>,
    ) {
        let Some(mask) = self.states_of(rule).add(behaviour, anchor, share, hit) else { return };
        self.plan_solos(world, rule, behaviour, anchor, mask, hit, view);
        if !self.catalogue.suffices(behaviour, mask) {
            return;
        }
        let hits = self.states_of(rule).hits(behaviour, anchor);
        let around = hit.source.time;
        let ask = Ask::Requirements { assume_absent: false };
        if let Some(found) = complete::find(world, rule, &hits, around, ask) {
            out.push(completion(rule, behaviour, hit.host, found));
        } else if self.absences.get(behaviour as usize) == Some(&true) {
            let ask = Ask::Requirements { assume_absent: true };
            if complete::find(world, rule, &hits, around, ask).is_some() {
                self.plan(rule, Pending { behaviour, anchor, host: hit.host, time: around, solo: None }, world);
            }
        }
    }

    const fn states_of(&mut self, rule: &Behaviour) -> &mut States {
        match rule.memory {
            Memory::Ledger => &mut self.ledger,
            Memory::Window | Memory::Sticky => &mut self.states,
        }
    }

    /// Plans the solo forms this hit completes, for when the window has passed. `mask`: the clauses with a hit.
    #[expect(clippy::too_many_arguments, reason = "one hit at one place")]
    fn plan_solos(
        &mut self,
        world: &World,
        rule: &Behaviour,
        behaviour: BehaviourId,
        anchor: Anchor,
        mask: u16,
        hit: &Hit,
        view: Option<&View<'_>>,
    ) {
        for (i, solo) in rule.solo.iter().enumerate() {
            let completed = solo.have >> hit.clause & 1 == 1 && mask & solo.have == solo.have;
            // A class that was seen by now is not blind when the check is due.
            let mut blinds = clauses_in(solo.when_blind);
            if !completed || !blinds.all(|c| self.is_blind(world, hit.host, behaviour, c, hit.source.time)) {
                continue;
            }
            // Its conditions speak of the first clause's event.
            let first = solo.have.trailing_zeros() == u32::from(hit.clause);
            if !first || solo.predicates.is_empty() || view.is_some_and(|view| view.holds(&solo.predicates)) {
                let pending = Pending { behaviour, anchor, host: hit.host, time: hit.source.time, solo: Some(i as u8) };
                self.plan(rule, pending, world);
            }
        }
    }

    fn plan(&mut self, rule: &Behaviour, pending: Pending, world: &World) {
        let host = world.host(pending.host).map_or(Digest::NONE, |h| h.id);
        self.agenda.plan(host, pending.time + rule.window, pending);
    }

    fn due(&mut self, world: &World, pending: Pending, out: &mut Vec<Completion>) {
        let catalogue = self.catalogue.clone();
        let Some(rule) = catalogue.behaviours().get(pending.behaviour as usize) else { return };
        let solo = pending.solo.and_then(|i| rule.solo.get(usize::from(i)));
        let hits = self.states_of(rule).hits(pending.behaviour, pending.anchor);
        let met = hits.iter().fold(0, |met, hit| met | 1 << hit.clause);
        if solo.is_some_and(|solo| met & solo.have != solo.have) {
            return;
        }
        let blind = |clause| self.is_blind(world, pending.host, pending.behaviour, clause, pending.time);
        let full = Ask::Requirements { assume_absent: false };
        if catalogue.suffices(pending.behaviour, met)
            && complete::find(world, rule, &hits, pending.time, full).is_some()
        {
            return;
        }
        match solo {
            Some(solo) => {
                if clauses_in(solo.when_blind).all(&blind)
                    && let Some(found) = complete::find(world, rule, &hits, pending.time, Ask::Have(&solo.have))
                {
                    let mut completion = completion(rule, pending.behaviour, pending.host, found);
                    completion.confidence = solo.confidence;
                    completion.severity = completion.severity.min(solo.cap);
                    completion.blind = solo.when_blind;
                    out.push(completion);
                }
            }
            None => {
                // An absence counts only where the absent class would have been seen, and on both sides of the rest.
                let absent = absent_clauses(&rule.require);
                let present = hits
                    .iter()
                    .any(|h| absent.contains(&h.clause) && h.source.time.distance(pending.time) <= rule.window);
                if present || absent.iter().any(|&c| blind(usize::from(c))) {
                    return;
                }
                let ask = Ask::Requirements { assume_absent: true };
                if let Some(found) = complete::find(world, rule, &hits, pending.time, ask) {
                    out.push(completion(rule, pending.behaviour, pending.host, found));
                }
            }
        }
    }
}

/// The behaviours on endpoints whose paths lead over ties to come, each with every kind of these.
fn ties(behaviours: &[Behaviour]) -> Vec<(BehaviourId, Tied)> {
    let mut ties = Vec::new();
    for (b, rule) in behaviours.iter().enumerate().filter(|(_, r)| r.anchor == AnchorKind::Endpoint) {
        for tied in rule.clauses.iter().flat_map(|c| &c.at).filter_map(Tied::of) {
            if !ties.contains(&(b as BehaviourId, tied)) {
                ties.push((b as BehaviourId, tied));
            }
        }
    }
    ties
}

/// The clauses of a bit set.
fn clauses_in(set: u16) -> impl Iterator<Item = usize> {
    (0..MAX_CLAUSES).filter(move |c| set >> c & 1 == 1)
}

/// What all hits of one event have in common.
fn hit_of(view: &View<'_>, turn: u64) -> Hit {
    Hit {
        clause: 0,
        source: SourceRef::of(view.event),
        turn,
        host: view.scene.host,
        actor: view.scene.actor,
        target: view.scene.target,
        endpoint: view.scene.endpoint,
        object: view.scene.object,
        roles: [None; ROLES_A_CLAUSE],
        sticky: false,
    }
}

/// What a clause binds to its roles.
fn roles(view: &View<'_>, what: &Clause) -> [Option<(RoleId, Bound)>; ROLES_A_CLAUSE] {
    let mut roles = [None; ROLES_A_CLAUSE];
    for (slot, (role, from)) in roles.iter_mut().zip(&what.bind) {
        let bound = match from {
            BindFrom::Process(subject) => view.subject(*subject).map(Bound::Process),
            BindFrom::Remote => view.scene.remote.map(Bound::Remote),
        };
        *slot = bound.map(|b| (*role, b));
    }
    roles
}

/// Confidence and severity of what was met.
fn completion(rule: &Behaviour, behaviour: BehaviourId, host: HostId, found: Match) -> Completion {
    let met = |i: usize| found.met >> i & 1 == 1;
    let clauses = || rule.clauses.iter().enumerate().filter(|(i, _)| met(*i)).map(|(_, c)| c);
    let confidence: u32 = clauses().map(|c| u32::from(c.weight)).sum();
    Completion {
        behaviour,
        host,
        met: found.met,
        hits: found.hits,
        confidence: confidence.min(1000) as u16,
        severity: severity_of(rule, found.met),
        blind: 0,
    }
}

/// How severe a behaviour is when these clauses are met.
pub(crate) fn severity_of(rule: &Behaviour, met: u16) -> Severity {
    let has = |role| rule.clauses.iter().enumerate().any(|(i, c)| met >> i & 1 == 1 && c.role == role);
    let outcome = has(Role::Execution) || has(Role::Injection);
    // An injection is tied to its victim by itself: what the victim then does is its consequence.
    let consequence = has(Role::Injection) && (has(Role::Effect) || has(Role::Execution));
    let cap = if outcome && has(Role::Ipc) || consequence {
        Severity::Critical
    } else if has(Role::Ipc) && has(Role::Effect) || rule.integrity {
        Severity::Medium
    } else {
        Severity::Low
    };
    rule.severity.min(cap)
}

/// The classes of telemetry a clause is read from: its kinds, narrowed by the mechanism it asks for.
fn classes_of(clause: &Clause) -> SmallVec<[Class; 4]> {
    let mechanisms: SmallVec<[Mechanism; 4]> = clause.mechanisms().collect();
    let mut classes = SmallVec::new();
    for &kind in KindTag::ALL.iter().filter(|&&k| clause.looks_at(k)) {
        if mechanisms.is_empty() || !matches!(kind, KindTag::EndpointCreate | KindTag::EndpointConnect) {
            classes.push(Class::kind(kind));
        } else {
            classes.extend(mechanisms.iter().map(|&m| Class::endpoint(kind, m)));
        }
    }
    classes
}

fn has_absence(require: &Require) -> bool {
    !absent_clauses(require).is_empty()
}

fn absent_clauses(require: &Require) -> SmallVec<[ClauseId; 4]> {
    match require {
        Require::Absent(clause) => core::iter::once(*clause).collect(),
        Require::Clause(_) => SmallVec::new(),
        Require::All(list) | Require::Any(list) | Require::AtLeast(_, list) => {
            list.iter().flat_map(absent_clauses).collect()
        }
    }
}
