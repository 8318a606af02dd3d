//! Near misses: partial matches to which one thing is missing.

use smallvec::SmallVec;

use super::completion::{Completion, completion};
use super::correlator::Correlator;
use super::fallback::clauses_in;
use super::hits::Hit;
use super::window::{self, Ask, Match};
use crate::rules::{Behavior, BehaviorId, ClauseId, EvidenceClass, Memory};
use crate::state::HostState;

/// What is missing to a partial match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Any one of these clauses.
    Clauses(u16),
    /// Every clause is met, but their records do not come in the order, or within the window, or the processes do not
    /// stand to each other as the behavior asks.
    Relation,
    /// Nothing: it is complete. Whether it was raised depends on the policy.
    Nothing,
}

/// A partial match to which one thing is missing, with what it comes to.
#[derive(Debug)]
pub(crate) struct Near {
    pub(crate) completion: Completion,
    pub(crate) lack: Lack,
}

impl Correlator {
    /// Gives every near miss in which IPC was used or code injected.
    pub(crate) fn near(&self, state: &HostState, each: &mut dyn FnMut(Near)) {
        let behaviors = state.catalog.behaviors();
        let wants = |behavior: BehaviorId, mask: u16| {
            behaviors
                .get(usize::from(behavior))
                .is_some_and(|rule| rule.alerts && shows_ipc(rule, mask) && near(rule, mask))
        };
        for memory in [&self.partial_matches, &self.long_term] {
            memory.each(behaviors, &wants, &mut |behavior, hits| {
                let Some(rule) = behaviors.get(usize::from(behavior)) else { return };
                if let Some(found) = self.near_miss(state, rule, behavior, hits) {
                    each(found);
                }
            });
        }
    }

    /// Gives every event that is kept because it met a clause, with the behavior; often more than once.
    pub(crate) fn each_event(&self, state: &HostState, each: &mut dyn FnMut(BehaviorId, &Hit)) {
        for memory in [&self.partial_matches, &self.long_term] {
            memory.each_event(state.catalog.behaviors(), each);
        }
    }

    fn near_miss(
        &self,
        state: &HostState,
        rule: &Behavior,
        behavior: BehaviorId,
        hits: SmallVec<[Hit; 16]>,
    ) -> Option<Near> {
        let host = hits.last()?.host;
        let ask = Ask::Requirements { assume_absent: false };
        if let Some(found) = hits.iter().find_map(|hit| window::find(state, rule, &hits, hit.source.time, ask)) {
            return Some(Near { completion: completion(rule, behavior, host, found), lack: Lack::Nothing });
        }
        let latest = hits.iter().map(|hit| hit.source.time).max()?;
        let is_blind = |clause| self.is_blind(state, host, behavior, clause, latest);
        let met_of = |hits: &[Hit]| window::mask(rule, hits.iter());
        let all = met_of(&hits);
        // A weaker form that has fired says the same by an alert.
        if rule.fallback.iter().any(|form| all & form.have == form.have && clauses_in(form.when_blind).all(is_blind)) {
            return None;
        }
        let inside = |hit: &&Hit| {
            rule.memory == Memory::ProcessLifetime || hit.process_lifetime || hit.source.time >= latest - rule.window
        };
        let last: SmallVec<[Hit; 16]> = hits.iter().filter(inside).copied().collect();
        let met = met_of(&last);
        let lack = if rule.require.holds(met, true) {
            Lack::Relation
        } else {
            let missing = Some(one_of(rule, met)).filter(|set| *set != 0 && shows_ipc(rule, met));
            Lack::Clauses(missing?)
        };
        Some(Near { completion: completion(rule, behavior, host, Match { met, hits: last }), lack })
    }
}

/// Whether something of this set is evidence of IPC or injection.
fn shows_ipc(rule: &Behavior, met: u16) -> bool {
    let is = |class| matches!(class, EvidenceClass::Ipc | EvidenceClass::Injection);
    rule.clauses.iter().enumerate().any(|(i, clause)| met >> i & 1 == 1 && is(clause.class))
}

/// Whether one clause at most is missing to these.
fn near(rule: &Behavior, met: u16) -> bool {
    rule.require.holds(met, true) || one_of(rule, met) != 0
}

/// The clauses any of which would complete the behavior.
fn one_of(rule: &Behavior, met: u16) -> u16 {
    let completes = |clause: &ClauseId| met >> clause & 1 == 0 && rule.require.holds(met | 1 << clause, true);
    (0..rule.clauses.len() as ClauseId).filter(completes).fold(0, |set, clause| set | 1 << clause)
}
