//! Exposures from JSON: what makes an attack easier, seen by one event.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Exposure, Lists, Predicate};
use super::condition::Conditions;
use crate::event::{KindTag, Os};
use crate::util::document::{Fault, Node};
use crate::util::hash::Hasher;
use crate::util::spelling::unknown;

const MEMBERS: &[&str] = &["id", "on", "where", "title", "advice", "mitigations", "source"];

/// Reads one exposure; those before it have other ids.
pub(super) fn read_exposure(
    node: Node<'_>,
    os: Os,
    lists: &Lists,
    conditions: &Conditions,
    before: &[Exposure],
) -> Result<Exposure, Fault> {
    let node = node.only(MEMBERS)?;
    let id = node.need("id")?.text()?.to_owned();
    if before.iter().any(|known| known.id == id) {
        return Err(node.need("id")?.fault(format_args!("`{id}` is taken")));
    }
    let kind = |node: Node<'_>| {
        let name = node.text()?;
        let found = KindTag::ALL.iter().find(|kind| kind.name() == name);
        let names = KindTag::ALL.iter().map(|kind| kind.name());
        found.copied().ok_or_else(|| node.fault(unknown("kind of event", name, names)))
    };
    let kinds = node.need("on")?.items()?.into_iter().map(kind).collect::<Result<Vec<KindTag>, Fault>>()?;
    let condition = node.need("where")?;
    let predicates = conditions.compile(condition, os, lists)?;
    let mut misfit = None;
    Predicate::each_test(&predicates, &mut |field, _| {
        if field.kinds().is_some_and(|having| !having.iter().any(|kind| kinds.contains(kind))) {
            misfit = misfit.take().or(Some(field.name()));
        }
    });
    if let Some(field) = misfit {
        return Err(condition.fault(format!("no such event has `{field}`")));
    }
    let mitigations: Vec<String> = node.need("mitigations")?.texts()?;
    let is_id = |id: &String| id.len() == 5 && id.starts_with('M') && id[1..].bytes().all(|b| b.is_ascii_digit());
    if mitigations.is_empty() || !mitigations.iter().all(is_id) {
        return Err(node.need("mitigations")?.fault("should be ids of mitigations, as M1042"));
    }
    node.need("source")?.need_texts()?;
    Ok(Exposure {
        digest: Hasher::new(0).bytes(id.as_bytes()).finish(),
        id,
        os,
        on: kinds.iter().fold(0, |set, kind| set | 1 << *kind as u8),
        predicates,
        title: node.need("title")?.prose()?,
        advice: node.need("advice")?.prose()?,
        mitigations,
    })
}
