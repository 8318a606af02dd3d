//! Fallback forms of behaviors. A hit whose missing clauses are blind on the host plans a check; when the window has
//! ended without them, the check completes the fallback form. Absences are decided likewise.

use alloc::vec::Vec;

use super::completion::{Completion, completion};
use super::correlator::Correlator;
use super::deadlines::DeferredCheck;
use super::hits::{Hit, Hits};
use super::pending::Anchor;
use super::view::View;
use super::window::{self, Ask};
use crate::rules::{Behavior, BehaviorId, MAX_CLAUSES};
use crate::state::HostState;

impl Correlator {
    /// Plans checks of the fallback forms that this hit completes. `mask`: the clauses with a hit at the anchor.
    #[expect(clippy::too_many_arguments, reason = "one hit at one anchor")]
    pub(super) fn plan_fallbacks(
        &mut self,
        state: &HostState,
        rule: &Behavior,
        behavior: BehaviorId,
        anchor: Anchor,
        mask: u16,
        hit: &Hit,
        view: Option<&View<'_>>,
    ) {
        for (i, fallback) in rule.fallback.iter().enumerate() {
            let completed = fallback.have >> hit.clause & 1 == 1 && mask & fallback.have == fallback.have;
            // A class that was seen before now is still not blind when the check is due.
            let mut blinds = clauses_in(fallback.when_blind);
            if !completed || !blinds.all(|c| self.is_blind(state, hit.host, behavior, c, hit.source.time)) {
                continue;
            }
            // A form with conditions has one clause, so they are about the event of this hit.
            if fallback.predicates.is_empty() || view.is_some_and(|view| view.holds(&fallback.predicates)) {
                let check =
                    DeferredCheck { behavior, anchor, host: hit.host, time: hit.source.time, fallback: Some(i as u8) };
                self.plan(rule, check, state);
            }
        }
    }

    /// Runs a check whose window has ended.
    pub(super) fn run_check(&mut self, state: &HostState, check: DeferredCheck, out: &mut Vec<Completion>) {
        let catalog = &state.catalog;
        let Some(rule) = catalog.behaviors().get(check.behavior as usize) else { return };
        let fallback = check.fallback.and_then(|i| rule.fallback.get(usize::from(i)));
        let mut hits = Hits::new();
        self.memory_of(rule).hits(check.behavior, rule, check.anchor, &mut hits);
        let met = hits.iter().fold(0, |met, hit| met | 1 << hit.clause);
        if fallback.is_some_and(|fallback| met & fallback.have != fallback.have) {
            return;
        }
        let blind = |clause| self.is_blind(state, check.host, check.behavior, clause, check.time);
        let full = Ask::Requirements { assume_absent: false };
        if catalog.may_complete(check.behavior, met) && window::find(state, rule, &hits, check.time, full).is_some() {
            return;
        }
        match fallback {
            Some(fallback) => {
                if clauses_in(fallback.when_blind).all(&blind)
                    && let Some(found) = window::find(state, rule, &hits, check.time, Ask::Have(&fallback.have))
                {
                    let mut completion = completion(rule, check.behavior, check.host, found);
                    completion.confidence = fallback.confidence;
                    completion.weaker = Some(fallback.confidence);
                    completion.severity = completion.severity.min(fallback.cap);
                    completion.blind = fallback.when_blind;
                    out.push(completion);
                }
            }
            None => {
                // An absence counts only if the host sends the absent class, and only if no hit of it lies within a
                // window before or after the other hits.
                let absent = rule.require.absent_clauses();
                let present = hits
                    .iter()
                    .any(|h| absent.contains(&h.clause) && h.source.time.distance(check.time) <= rule.window);
                if present || absent.iter().any(|&c| blind(usize::from(c))) {
                    return;
                }
                let ask = Ask::Requirements { assume_absent: true };
                if let Some(found) = window::find(state, rule, &hits, check.time, ask) {
                    out.push(completion(rule, check.behavior, check.host, found));
                }
            }
        }
    }
}

/// The clauses of a bit set.
pub(super) fn clauses_in(set: u16) -> impl Iterator<Item = usize> {
    (0..MAX_CLAUSES).filter(move |c| set >> c & 1 == 1)
}
