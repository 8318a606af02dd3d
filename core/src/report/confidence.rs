//! Confidence as the sum of its parts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::matching::Completion;
use crate::rules::Behavior;
use crate::state::HostState;
use crate::util::saved::saved;

/// A part of an alert's confidence. All parts of an alert add up to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConfidencePart {
    /// What it is for: a clause that is met, a weaker form, what is known of the initiator, what
    /// the baseline knows, the limits of 0 and 1.
    pub what: String,
    /// What it adds; below 0 where it lowers.
    pub adds: f64,
}

/// The parts of the confidence of a completion.
pub(super) fn parts(state: &HostState, rule: &Behavior, completion: &Completion) -> Vec<ConfidencePart> {
    let mut parts: Vec<(String, i32)> = Vec::new();
    let sum = |parts: &[(String, i32)]| parts.iter().map(|(_, adds)| adds).sum::<i32>();
    match completion.weaker {
        Some(own) => parts.push(("weaker form of the behavior".into(), i32::from(own))),
        None => {
            let met = rule.clauses.iter().enumerate().filter(|(i, _)| completion.met >> i & 1 == 1);
            parts.extend(met.map(|(_, clause)| (format!("clause {}", clause.name), i32::from(clause.weight))));
            // What is known of the initiator moves what the clauses come to, which is 1 at most.
            let beyond = (sum(&parts) - 1000).max(0);
            parts.push(("the clauses come to 1 at most".into(), -beyond));
        }
    }
    let reputations = state.catalog.reputations().iter().enumerate().take(64);
    for (_, reputation) in reputations.filter(|(at, _)| completion.reputations >> at & 1 == 1) {
        parts.push((format!("initiator: {}", reputation.about), i32::from(reputation.confidence)));
    }
    parts.push(("baseline".into(), i32::from(completion.baseline)));
    let rest = i32::from(completion.confidence) - sum(&parts);
    parts.push(("a confidence lies within 0 and 1".into(), rest));
    let parts = parts.into_iter().filter(|(_, adds)| *adds != 0);
    parts.map(|(what, adds)| ConfidencePart { what, adds: f64::from(adds) / 1000.0 }).collect()
}

saved!(ConfidencePart { what, adds });
