//! Rules that can never fire: what a behavior may not say though every word of it is known.
//!
//! Each check takes the compiled behavior and the places of its parts, so that an error names one. They run once, when a
//! catalog is loaded.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{
    AnchorPath, Base, Behavior, BindFrom, Clause, DEFAULT_MIN_CONFIDENCE, EvidenceClass, Predicate, Require, Subject,
    Test,
};
use super::clause::Place;
use crate::event::KindTag;
use crate::util::document::{Fault, Node};

/// A clause's value in the document, and the places in its text.
type ClausePlace<'a> = (Node<'a>, Place<'a>);

/// Refuses a behavior that can never raise an alert or complete, and clauses that have no part in it.
pub(super) fn check(node: Node<'_>, behavior: &Behavior, places: &[ClausePlace<'_>]) -> Result<(), Fault> {
    let within = |clause: &Clause, (node, _): &ClausePlace<'_>, fault: Fault| {
        fault.within(format_args!("clause {}", clause.name), *node)
    };
    for (clause, place) in behavior.clauses.iter().zip(places) {
        let checked = check_subjects(&place.1, clause)
            .and_then(|()| check_fields(&place.1, clause))
            .and_then(|()| check_predicates(&place.1, &clause.predicates, &[]));
        checked.map_err(|fault| within(clause, place, fault))?;
    }
    let (reachable, used) = (reachable(behavior), used(behavior));
    for (bit, (clause, place)) in bits().zip(behavior.clauses.iter().zip(places)) {
        if reachable & bit == 0 {
            return Err(within(clause, place, place.1.fault_in_order("the clause could only come after itself")));
        }
        if used & bit == 0 {
            let what = "nothing uses the clause: `require`, `corroborate`, a fallback form or `after` should name it";
            return Err(within(clause, place, place.1.fault(what)));
        }
    }
    check_initiator(node, behavior)?;
    check_satisfiable(node.need("require")?, behavior)?;
    check_confidence(node, behavior)
}

/// A role bound to a process, or a path that begins at one or at a field, that none of the clause's kinds of events has.
fn check_subjects(place: &Place<'_>, clause: &Clause) -> Result<(), Fault> {
    if clause.on_evidence.is_some() {
        return Ok(());
    }
    let bound = clause.bind.iter().filter_map(|(_, from)| match from {
        BindFrom::Process(subject) => Some((Base::Subject(*subject).name().to_owned(), subject.kinds())),
        BindFrom::Remote => None,
    });
    let begun = clause.at.iter().map(|path| match path {
        AnchorPath::Walk(base, _) => (base.name().to_owned(), base.kinds()),
        AnchorPath::Key(_, field) => (field.name(), field.kinds()),
    });
    for (name, kinds) in bound.chain(begun) {
        if let Some(having) = kinds.filter(|kinds| !kinds.iter().any(|kind| clause.looks_at(*kind))) {
            return Err(place.fault(&format!("no such event has `{name}`; events that have it: {}", names(having))));
        }
    }
    Ok(())
}

/// A condition on a field that none of the clause's kinds of events has never holds, or always.
fn check_fields(place: &Place<'_>, clause: &Clause) -> Result<(), Fault> {
    if clause.on_evidence.is_some() {
        return Ok(());
    }
    let mut misfit = None;
    Predicate::each_test(&clause.predicates, &mut |field, _| {
        if let Some(having) = field.kinds().filter(|kinds| !kinds.iter().any(|kind| clause.looks_at(*kind))) {
            misfit = misfit.or(Some((field, having)));
        }
    });
    match misfit {
        None => Ok(()),
        Some((field, having)) => {
            let (name, having) = (field.name(), names(having));
            Err(place.fault_in_condition(&format!("no such event has `{name}`; events that have it: {having}")))
        }
    }
}

/// Two conditions on one field that exclude each other. `outside`: what has to hold besides.
fn check_predicates(place: &Place<'_>, predicates: &[Predicate], outside: &[&Predicate]) -> Result<(), Fault> {
    let mut together: Vec<&Predicate> = outside.to_vec();
    for predicate in predicates {
        if let Predicate::Test(field, test) = predicate {
            let excludes = |other: &&Predicate| match other {
                Predicate::Test(known, other) => known == field && exclude(test, other),
                Predicate::Any(_) => false,
            };
            if together.iter().any(excludes) {
                let name = field.name();
                return Err(place.fault_in_condition(&format!("two conditions on `{name}` exclude each other")));
            }
        }
        together.push(predicate);
    }
    for predicate in predicates {
        if let Predicate::Any(ways) = predicate {
            ways.iter().try_for_each(|way| check_predicates(place, way, &together))?;
        }
    }
    Ok(())
}

/// Whether no value passes both tests of one field.
fn exclude(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::Not(inner), test) | (test, Test::Not(inner)) => implies(test, inner),
        (Test::Unknown(a), Test::Unknown(b)) => a != b,
        (Test::Unknown(true), _) | (_, Test::Unknown(true)) => true,
        (Test::NumberIn(a), Test::NumberIn(b)) => !a.iter().any(|n| b.contains(n)),
        (Test::NumberIn(list), Test::Less(limit)) | (Test::Less(limit), Test::NumberIn(list)) => {
            list.iter().all(|n| n >= limit)
        }
        (Test::NumberIn(list), Test::Greater(limit)) | (Test::Greater(limit), Test::NumberIn(list)) => {
            list.iter().all(|n| n <= limit)
        }
        (Test::Less(most), Test::Greater(least)) | (Test::Greater(least), Test::Less(most)) => {
            least.saturating_add(1) >= *most
        }
        (Test::TextIn(a), Test::TextIn(b)) => !a.iter().any(|x| b.iter().any(|y| x.eq_ignore_ascii_case(y))),
        (Test::Rare(a), Test::Rare(b)) => a != b,
        _ => false,
    }
}

/// Whether whatever passes the first test passes the second, as far as it is plain to see.
fn implies(test: &Test, then: &Test) -> bool {
    match (test, then) {
        (Test::Tag(a), Test::Tag(b)) => a == b,
        (Test::List(a), Test::List(b)) => a.iter().all(|list| b.contains(list)),
        (Test::NumberIn(a), Test::NumberIn(b)) => a.iter().all(|n| b.contains(n)),
        (Test::TextIn(a), Test::TextIn(b)) => a.iter().all(|text| b.contains(text)),
        (Test::Not(_) | Test::Unknown(true), _) => false,
        (_, Test::Unknown(false)) => true,
        _ => false,
    }
}

/// The clauses that can ever be met, as a bit set: one that has to come after itself cannot.
fn reachable(behavior: &Behavior) -> u16 {
    // A clause can come first, or after one that can come: what is left once nothing more is added waits for itself.
    let mut can_come = 0_u16;
    for _ in &behavior.clauses {
        for (bit, clause) in bits().zip(&behavior.clauses) {
            if clause.after == 0 || clause.after & can_come != 0 {
                can_come |= bit;
            }
        }
    }
    can_come
}

/// The clauses that something names, as a bit set.
fn used(behavior: &Behavior) -> u16 {
    let (needed, absent) = named_by(&behavior.require);
    let mut used = needed | absent | behavior.corroborate;
    used = behavior.fallback.iter().fold(used, |used, form| used | form.have | form.when_blind);
    // What a used clause has to come after is used, and one step more each time round.
    for _ in &behavior.clauses {
        let named = bits().zip(&behavior.clauses).filter(|(bit, _)| used & bit != 0);
        used |= named.fold(0, |set, (_, clause)| set | clause.after);
    }
    used
}

/// A role that is only ever what was run: its process did nothing that it could be the initiator of.
fn check_initiator(node: Node<'_>, behavior: &Behavior) -> Result<(), Fault> {
    for named in behavior.initiator.iter().filter(|named| !named.behind) {
        let acts = |clause: &Clause| {
            let mut bound = clause.bind.iter().filter(|(role, _)| *role == named.role);
            let is_run = clause.class == EvidenceClass::Execution && clause.looks_at(KindTag::ProcessStart);
            bound.any(|(_, from)| !is_run || *from != BindFrom::Process(Subject::Actor))
        };
        if !behavior.clauses.iter().any(acts) {
            let role = behavior.roles.get(usize::from(named.role)).map_or("", String::as_str);
            let what = format_args!("`{role}` is what was run: `behind {role}` names who asked for it");
            return Err(node.get("initiator").unwrap_or(node).fault(what));
        }
    }
    Ok(())
}

/// Requirements that ask for a clause and for its absence at once.
fn check_satisfiable(require: Node<'_>, behavior: &Behavior) -> Result<(), Fault> {
    let (needed, absent) = named_by(&behavior.require);
    let both: Vec<u16> = bits().take(behavior.clauses.len()).filter(|bit| needed & absent & bit != 0).collect();
    // Any other clause serves best as the requirement wants it; of these every choice is tried.
    let choices = 1_u32 << both.len();
    let can_hold = (0..choices).any(|choice| {
        let chosen = (0..).zip(&both).filter(|(n, _)| choice >> n & 1 == 1);
        let met = chosen.fold(needed & !absent, |met, (_, bit)| met | bit);
        behavior.require.holds(met, true)
    });
    if can_hold { Ok(()) } else { Err(require.fault("the requirements contradict each other")) }
}

/// A behavior whose alerts all stay below what policies report by default.
fn check_confidence(node: Node<'_>, behavior: &Behavior) -> Result<(), Fault> {
    if !behavior.alerts {
        return Ok(());
    }
    let (needed, _) = named_by(&behavior.require);
    let counted = bits().zip(&behavior.clauses).filter(|(bit, _)| (needed | behavior.corroborate) & bit != 0);
    let most: u32 = counted.map(|(_, clause)| u32::from(clause.weight)).sum();
    let least = DEFAULT_MIN_CONFIDENCE;
    if most < u32::from(least) {
        let what = format_args!("all clauses together reach a confidence of {most}, policies report from {least} on");
        return Err(node.fault(what));
    }
    Ok(())
}

/// The clauses that a requirement asks for, and those it wants absent.
fn named_by(require: &Require) -> (u16, u16) {
    match require {
        Require::Clause(clause) => (1 << clause, 0),
        Require::Absent(clause) => (0, 1 << clause),
        Require::All(list) | Require::Any(list) | Require::AtLeast(_, list) => {
            list.iter().map(named_by).fold((0, 0), |(n, a), (needed, absent)| (n | needed, a | absent))
        }
    }
}

/// One bit a clause, in their order.
fn bits() -> impl Iterator<Item = u16> {
    (0..u16::BITS).map(|n| 1 << n)
}

fn names(kinds: &[KindTag]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}
