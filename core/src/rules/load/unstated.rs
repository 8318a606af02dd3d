//! Conditions that deny something of a parent and do not say what an unknown parent means: the denial holds for it, so
//! that it counts as a wrong one.

use alloc::vec::Vec;

use super::super::{Field, Subject, Test};
use super::condition::Expression;

/// The first field of a parent or grandparent that is denied something, where neither a test says whether the process has
/// to be known nor anything else has to be true of it.
pub(super) fn unstated(condition: &Expression) -> Option<Field> {
    let mut stated = Vec::new();
    each_asked(condition, &mut |subject| stated.push(subject));
    find(condition, false, &stated)
}

/// `stated`: of whom something is said already.
fn find(expression: &Expression, negated: bool, stated: &[Subject]) -> Option<Field> {
    match expression {
        Expression::Not(inner) => find(inner, !negated, stated),
        Expression::Test(field, test) => {
            let is_denied = matches!(test, Test::Not(_)) != negated && !asks_if_known(test);
            let is_unstated = |field: &Field| forebear(*field).is_some_and(|subject| !stated.contains(&subject));
            [Some(*field), other_field(test)].into_iter().flatten().filter(|_| is_denied).find(is_unstated)
        }
        Expression::All(list) | Expression::Any(list) => {
            let mut stated = stated.to_vec();
            if matches!(expression, Expression::All(_)) != negated {
                list.iter().for_each(|part| stated.extend(settled(part, negated)));
            }
            list.iter().find_map(|part| find(part, negated, &stated))
        }
    }
}

/// Of whom a part that has to hold says something: what is true of them cannot be true of nobody.
fn settled(part: &Expression, negated: bool) -> Vec<Subject> {
    match (part, negated) {
        (Expression::Not(inner), _) => settled(inner, !negated),
        (Expression::Test(field, test), _) => {
            let is_true = matches!(test, Test::Not(_)) == negated;
            [Some(*field), other_field(test)].into_iter().flatten().filter(|_| is_true).filter_map(forebear).collect()
        }
        (Expression::All(list), false) | (Expression::Any(list), true) => {
            list.iter().flat_map(|part| settled(part, negated)).collect()
        }
        (Expression::Any(list) | Expression::All(list), _) => {
            let mut ways = list.iter().map(|part| settled(part, negated));
            let first = ways.next().unwrap_or_default();
            ways.fold(first, |all, way| all.into_iter().filter(|subject| way.contains(subject)).collect())
        }
    }
}

/// Calls `each` with all of whom a test asks whether they are known.
fn each_asked(expression: &Expression, each: &mut dyn FnMut(Subject)) {
    match expression {
        Expression::Not(inner) => each_asked(inner, each),
        Expression::Test(field, test) if asks_if_known(test) => forebear(*field).into_iter().for_each(each),
        Expression::Test(..) => {}
        Expression::All(list) | Expression::Any(list) => list.iter().for_each(|part| each_asked(part, each)),
    }
}

fn asks_if_known(test: &Test) -> bool {
    match test {
        Test::Unknown(_) => true,
        Test::Not(inner) => asks_if_known(inner),
        _ => false,
    }
}

/// The field that another one is compared with.
fn other_field(test: &Test) -> Option<Field> {
    match test {
        Test::Same(other) => Some(*other),
        Test::Not(inner) => other_field(inner),
        _ => None,
    }
}

/// The parent or grandparent that a field is of.
const fn forebear(field: Field) -> Option<Subject> {
    match field {
        Field::Process(subject @ (Subject::Parent | Subject::Grandparent), _) => Some(subject),
        _ => None,
    }
}
