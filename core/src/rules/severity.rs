//! How severe an alert may be, given the clauses that are met.

use super::{Behavior, EvidenceClass, Severity};

impl Behavior {
    /// How severe the behavior is when the clauses of a set are met.
    pub(crate) fn severity_of(&self, met: u16) -> Severity {
        let has = |class| (0..).zip(&self.clauses).any(|(i, c): (u32, _)| met >> i & 1 == 1 && c.class == class);
        let outcome = has(EvidenceClass::Execution) || has(EvidenceClass::Injection);
        // An injection is linked to its victim by itself: what the victim then does is its consequence.
        let consequence =
            has(EvidenceClass::Injection) && (has(EvidenceClass::Effect) || has(EvidenceClass::Execution));
        let cap = if outcome && has(EvidenceClass::Ipc) || consequence {
            Severity::Critical
        } else if has(EvidenceClass::Ipc) && has(EvidenceClass::Effect) || self.integrity {
            Severity::Medium
        } else {
            Severity::Low
        };
        self.severity.min(cap)
    }
}
