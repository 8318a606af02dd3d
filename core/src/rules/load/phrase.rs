//! Phrases of clauses: `{A} created {object}, a name that known tools use`.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use super::super::{BindFrom, Phrase, PhrasePart, RoleId, Slot};
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

/// Reads the phrase of a clause that binds these roles.
pub(super) fn read_phrase(
    node: Node<'_>,
    roles: &[alloc::string::String],
    bound: &[(RoleId, BindFrom)],
) -> Result<Phrase, Fault> {
    let text = node.prose()?;
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(PhrasePart::Text(before.to_owned()));
        }
        let (name, after) = after.split_once('}').ok_or_else(|| node.fault("a `{` has no `}`"))?;
        let own = || {
            bound.iter().map(|(role, _)| *role).find(|role| roles.get(usize::from(*role)).is_some_and(|r| r == name))
        };
        let named = Slot::NAMED.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
        let slot = named.or_else(|| own().map(Slot::Role)).ok_or_else(|| {
            let own = bound.iter().filter_map(|(role, _)| Some(roles.get(usize::from(*role))?.as_str()));
            node.fault(unknown("slot of this clause", name, own.chain(Slot::NAMED.iter().map(|(known, _)| *known))))
        })?;
        parts.push(PhrasePart::Slot(slot));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(PhrasePart::Text(rest.to_owned()));
    }
    Ok(Phrase(parts))
}
