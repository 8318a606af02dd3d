//! What a baseline says of an alert.

use super::acts::Act;
use super::model::{Baseline, Standing};
use super::relation::Relation;
use crate::matching::Completion;
use crate::policy::Policy;
use crate::rules::Severity;
use crate::state::HostState;
use crate::util::sort::sort_by_key;

/// What the confidence of an alert loses that is usual as a whole, and of one whose relations are usual but not the
/// alert, and what it gains where one of its relations is new to hosts that are known well. In thousandths.
const USUAL_ALERT: i16 = -200;
const USUAL_RELATIONS: i16 = -100;
const NEW_RELATION: i16 = 50;

/// What is known of an alert that is usual as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsualAlert {
    pub(crate) hosts: u32,
    pub(crate) days: u32,
}

impl Baseline {
    /// Moves the confidence of a completion, whose relations are given, and caps its severity if all of it is usual.
    /// The confidence does not fall below `least`, from which alerts are raised: a baseline silences nothing. A
    /// completion that falls short of it by itself stays as it is, and no severity falls below the policy's least. What
    /// is critical, or done through an object that
    /// tools of attack are known to use, keeps its severity whatever is usual.
    pub(crate) fn weigh(
        &self,
        state: &HostState,
        policy: &Policy,
        completion: &mut Completion,
        relations: &[Relation],
        least: u16,
    ) -> Option<UsualAlert> {
        if completion.confidence < least {
            return None;
        }
        let group = relations.first().map_or("", |whole| &whole.group);
        let usual = self.usual(relations, policy).filter(|_| !is_known_bad(state, completion));
        let (mut are_usual, mut is_new) = (true, false);
        let mut acts = 0;
        for act in completion.hits.iter().filter_map(|hit| Act::of(state, hit)) {
            acts += 1;
            let known = self.get(&act.relation(state, group));
            are_usual &= known.is_some_and(|entry| entry.standing(policy) == Standing::Usual);
            is_new |= known.is_none();
        }
        let change = match usual {
            Some(_) => USUAL_ALERT,
            None if acts > 0 && are_usual => USUAL_RELATIONS,
            None if is_new && self.knows_group(group, policy) => NEW_RELATION,
            None => 0,
        };
        let moved = completion.confidence.saturating_add_signed(change).clamp(least.min(1000), 1000);
        completion.baseline = moved.cast_signed() - completion.confidence.cast_signed();
        completion.confidence = moved;
        let lowered = usual.filter(|_| completion.severity != Severity::Critical);
        if lowered.is_some() {
            completion.severity = completion.severity.min(Severity::Low.max(policy.min_severity()));
        }
        lowered
    }

    /// On how many hosts and days the rarest of these relations was seen, if all of them are usual.
    fn usual(&self, relations: &[Relation], policy: &Policy) -> Option<UsualAlert> {
        let mut seen = alloc::vec::Vec::new();
        for relation in relations {
            let entry = self.get(relation).filter(|entry| entry.standing(policy) == Standing::Usual)?;
            let all = entry.all();
            seen.push(UsualAlert { hosts: all.hosts.count(), days: all.days.count() });
        }
        sort_by_key(&mut seen, |usual| (usual.hosts, usual.days));
        seen.first().copied()
    }
}

/// Whether a record is about an object whose name tools of attack use by default.
fn is_known_bad(state: &HostState, completion: &Completion) -> bool {
    let names = state.catalog.reference_names();
    let references = completion.hits.iter().filter_map(|hit| state.endpoint(hit.endpoint)?.reference);
    references.into_iter().any(|reference| names.known_bad(reference).is_some())
}
