//! Reputations from JSON: what is known of whoever acted, and what that adds to confidence or takes from it.

use super::super::{Field, Lists, Predicate, Reputation, Subject};
use super::condition::Conditions;
use crate::event::Os;
use crate::util::document::{Fault, Node};

/// How far one reputation may move confidence, in thousandths.
const MOST: i64 = 500;

pub(super) fn read_reputation(
    node: Node<'_>,
    os: Os,
    lists: &Lists,
    conditions: &Conditions,
) -> Result<Reputation, Fault> {
    let node = node.only(&["about", "where", "confidence", "source"])?;
    let condition = node.need("where")?;
    let predicates = conditions.compile(condition, os, lists)?;
    let mut asks_of_others = false;
    let is_of_actor = |field| matches!(field, Field::Process(Subject::Actor, _));
    Predicate::each_test(&predicates, &mut |field, _| asks_of_others |= !is_of_actor(field));
    if asks_of_others {
        return Err(condition.fault("a reputation is about the initiator: only fields of `actor` may stand here"));
    }
    let confidence = node.need("confidence")?;
    let n = confidence.integer()?;
    if n == 0 || n.abs() > MOST {
        return Err(confidence.fault(format_args!("should be 1 to {MOST} or -{MOST} to -1, is {n}")));
    }
    let source = node.need("source")?.texts()?.join("; ");
    Ok(Reputation { os, about: node.need("about")?.prose()?, source, predicates, confidence: n as i16 })
}
