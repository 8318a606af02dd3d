//! What class of evidence a hit is.

use crate::matching::Hit;
use crate::rules::{Behavior, EvidenceClass};

/// The class of the clause that was hit.
pub(super) fn clause_class(rule: &Behavior, hit: &Hit) -> EvidenceClass {
    rule.clauses.get(usize::from(hit.clause)).map_or(EvidenceClass::Context, |c| c.class)
}
