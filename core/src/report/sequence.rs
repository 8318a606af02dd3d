//! Whether the IPC came before what was executed or injected.

use super::evidence_class::clause_class;
use crate::matching::Hit;
use crate::rules::{Behavior, EvidenceClass};

/// By the records that are cited: `yes`, `no`, or `unknown` where either is not cited, both are one record, or their clocks cannot be compared.
pub(super) fn ipc_preceded_execution(rule: &Behavior, hits: &[Hit], cited: &[&Hit]) -> &'static str {
    let first = |of: &[EvidenceClass]| {
        let of_class = hits.iter().filter(|hit| of.contains(&clause_class(rule, hit)));
        let of_cited = of_class.filter(|hit| cited.iter().any(|record| record.source.is_same_record(&hit.source)));
        of_cited.min_by_key(|hit| hit.order())
    };
    let outcome = first(&[EvidenceClass::Execution, EvidenceClass::Injection]);
    let (Some(ipc), Some(outcome)) = (first(&[EvidenceClass::Ipc]), outcome) else { return "unknown" };
    let (a, b) = (&ipc.source, &outcome.source);
    let same_clock = a.channel == b.channel;
    let margin = if same_clock { 0 } else { a.channel.resolution().max(b.channel.resolution()) };
    let tied = a.is_same_record(b) || !same_clock && a.time.distance(b.time) <= margin;
    match () {
        () if tied => "unknown",
        () if ipc.order() < outcome.order() => "yes",
        () => "no",
    }
}
