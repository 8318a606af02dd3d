//! The completion of a behavior: its requirements are met.

use smallvec::SmallVec;

use super::hits::Hit;
use super::window::Match;
use crate::event::KindTag;
use crate::rules::{Behavior, BehaviorId, EvidenceClass, Severity};
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
    /// The confidence of the fallback form that completed, in thousandths.
    pub(crate) weaker: Option<u16>,
    /// The reputations that moved the confidence, one bit each, by their places in the catalog.
    pub(crate) reputations: u64,
    /// What a baseline added to the confidence, in thousandths.
    pub(crate) baseline: i16,
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
        confidence: confidence.min(1000) as u16,
        severity: severity(rule, &found),
        blind: 0,
        weaker: None,
        reputations: 0,
        baseline: 0,
        hits: found.hits,
    }
}

/// The severity of what was met. One record is one class of evidence: more than medium needs the two legs in two records.
fn severity(rule: &Behavior, found: &Match) -> Severity {
    use EvidenceClass as Class;
    let of = |classes: &'static [Class]| {
        let class = |hit: &&Hit| rule.clauses.get(usize::from(hit.clause)).map(|clause| clause.class);
        found.hits.iter().filter(move |hit| class(hit).is_some_and(|class| classes.contains(&class)))
    };
    let apart = |one: &'static [Class], other: &'static [Class]| of(one).any(|a| of(other).any(|b| !is_one_fact(a, b)));
    let two_records = apart(&[Class::Execution, Class::Injection], &[Class::Ipc])
        || apart(&[Class::Injection], &[Class::Effect, Class::Execution]);
    let severity = rule.severity_of(found.met);
    if two_records { severity } else { severity.min(Severity::Medium) }
}

/// Whether two hits are of one record, or of two sources' records of one process start.
fn is_one_fact(a: &Hit, b: &Hit) -> bool {
    let is_start = |hit: &Hit| hit.source.kind == KindTag::ProcessStart && hit.actor.is_some();
    a.source.is_same_record(&b.source)
        || is_start(a)
            && is_start(b)
            && a.actor == b.actor
            && a.image == b.image
            && a.source.channel != b.source.channel
}
