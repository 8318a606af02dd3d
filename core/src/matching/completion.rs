//! The completion of a behavior: its requirements are met.

use smallvec::SmallVec;

use super::hits::Hit;
use super::window::Match;
use crate::rules::{Behavior, BehaviorId, Severity};
use crate::state::HostId;

/// A behavior whose requirements are met at one anchor.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) behavior: BehaviorId,
    pub(crate) host: HostId,
    /// Clauses met.
    pub(crate) met: u16,
    /// Hits in order of time.
    pub(crate) hits: SmallVec<[Hit; 16]>,
    /// Confidence in thousandths.
    pub(crate) confidence: u16,
    pub(crate) severity: Severity,
    /// The clauses that are blind on the host, if a fallback form completed; otherwise none.
    pub(crate) blind: u16,
}

/// A completion with the confidence and severity of the clauses that are met.
pub(super) fn completion(rule: &Behavior, behavior: BehaviorId, host: HostId, found: Match) -> Completion {
    let met = |i: usize| found.met >> i & 1 == 1;
    let clauses = || rule.clauses.iter().enumerate().filter(|(i, _)| met(*i)).map(|(_, c)| c);
    let confidence: u32 = clauses().map(|c| u32::from(c.weight)).sum();
    Completion {
        behavior,
        host,
        met: found.met,
        hits: found.hits,
        confidence: confidence.min(1000) as u16,
        severity: rule.severity_of(found.met),
        blind: 0,
    }
}
