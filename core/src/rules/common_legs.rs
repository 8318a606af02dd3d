//! Common legs: the clauses of a behavior that frequent events meet and that complete nothing without another clause.

use super::{Behavior, BindFrom, Clause, Subject};
use crate::event::KindTag;

/// Kinds of events that are frequent on most hosts, the most frequent first.
const FREQUENT: [KindTag; 6] = [
    KindTag::ProcessStart,
    KindTag::EndpointConnect,
    KindTag::EndpointCreate,
    KindTag::ProcessAccess,
    KindTag::ImageLoad,
    KindTag::NetworkConnect,
];

/// The common legs of a behavior, as a bit set: all of them together complete neither it nor a fallback form, and what
/// they bind can be told from their events.
pub(super) fn common_legs(behavior: &Behavior) -> u16 {
    let mut common = 0;
    for kind in FREQUENT {
        for (c, clause) in behavior.clauses.iter().enumerate().filter(|(_, clause)| clause.looks_at(kind)) {
            let with = common | 1 << c;
            if !clause.process_lifetime && binds_participants(clause) && !completes(behavior, with) {
                common = with;
            }
        }
    }
    common
}

/// Whether some of these clauses complete a behavior or a fallback form.
fn completes(behavior: &Behavior, clauses: u16) -> bool {
    let forms = behavior.fallback.iter().any(|fallback| clauses & fallback.have == fallback.have);
    // Where a clause must be absent, fewer of them may complete what all do not.
    let fewer = behavior.require.asks_for_absence();
    let sets = core::iter::successors(Some(clauses), |set| set.checked_sub(1).map(|less| less & clauses));
    forms || sets.take(if fewer { usize::MAX } else { 1 }).any(|set| behavior.require.holds(set, true))
}

/// Whether what a clause binds takes part in the event itself.
fn binds_participants(clause: &Clause) -> bool {
    let takes_part = |from| matches!(from, BindFrom::Process(Subject::Actor | Subject::Parent | Subject::Target));
    clause.bind.iter().all(|(_, from)| takes_part(*from))
}

#[cfg(test)]
mod tests {
    use super::common_legs;
    use crate::Catalog;

    #[test]
    fn common_legs_complete_nothing() {
        let mut clauses = 0;
        for behavior in Catalog::builtin().behaviors() {
            let common = common_legs(behavior);
            clauses += common.count_ones();
            for set in (0..=common).filter(|set| set & !common == 0) {
                assert!(!behavior.require.holds(set, true), "{} {set:b}", behavior.code);
                assert!(behavior.fallback.iter().all(|f| set & f.have != f.have), "{} {set:b}", behavior.code);
            }
        }
        assert!(clauses > 50, "{clauses}");
    }
}
