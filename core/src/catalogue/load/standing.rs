//! Reputations from JSON: what is known of whoever acted, and what that adds to confidence or takes from it.

use super::super::{Field, Predicate, Standing, Subject, Terms};
use super::condition::Conditions;
use crate::document::{Fault, Node};
use crate::event::Os;

/// How far one reputation may move confidence, in thousandths.
const MOST: i64 = 500;

pub(super) fn read_standing(node: Node<'_>, os: Os, terms: &Terms, conditions: &Conditions) -> Result<Standing, Fault> {
    let node = node.only(&["about", "where", "confidence", "source"])?;
    let condition = node.need("where")?;
    let predicates = conditions.compile(condition, os, terms)?;
    let mut asks_of_others = false;
    let is_of_actor = |field| matches!(field, Field::Process(Subject::Actor, _));
    Predicate::each_test(&predicates, &mut |field, _| asks_of_others |= !is_of_actor(field));
    if asks_of_others {
        return Err(condition.fault("asks of something else than `actor`"));
    }
    let confidence = node.need("confidence")?;
    let n = confidence.integer()?;
    if n == 0 || n.abs() > MOST {
        return Err(confidence.fault(format_args!("{n} is 0 or beyond {MOST} either way")));
    }
    let source = node.need("source")?.texts()?.join("; ");
    Ok(Standing { os, about: node.need("about")?.prose()?, source, predicates, confidence: n as i16 })
}
