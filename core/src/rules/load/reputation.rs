//! Reputations from JSON: what is known of whoever acted, and what that adds to confidence or takes from it.

use alloc::borrow::ToOwned;

use super::super::{Field, Lists, Reputation, Subject};
use super::predicate::read_where;
use crate::event::Os;
use crate::util::document::{Fault, Node};

const PLATFORMS: &[(&str, Os)] = &[("win", Os::Windows), ("linux", Os::Linux), ("mac", Os::Macos)];

/// How far one reputation may move confidence, in thousandths.
const MOST: i64 = 500;

pub(super) fn read_reputation(node: Node<'_>, lists: &Lists) -> Result<Reputation, Fault> {
    let node = node.only(&["platform", "about", "where", "confidence", "source"])?;
    let os = node.need("platform")?.named("platform", PLATFORMS)?;
    let conditions = node.need("where")?;
    let predicates = read_where(&conditions, os, lists)?;
    if predicates.is_empty() || predicates.iter().any(|p| !matches!(p.field, Field::Process(Subject::Actor, _))) {
        return Err(conditions.fault("asks of something else than `actor`, or of nothing"));
    }
    let confidence = node.need("confidence")?;
    let n = confidence.integer()?;
    if n == 0 || n.abs() > MOST {
        return Err(confidence.fault(format_args!("{n} is 0 or beyond {MOST} either way")));
    }
    let text = |name| Ok::<_, Fault>(node.need(name)?.text()?.to_owned());
    Ok(Reputation { os, about: text("about")?, source: text("source")?, predicates, confidence: n as i16 })
}
