//! Whether a policy can do what it says: elements and subjects that the named behaviors have, and nothing that would
//! silence a critical behavior unsaid.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::attribute::Attribute;
use super::entry::{ElementEntry, Entry};
use super::model::{Policy, PolicyWarning};
use crate::event::Os;
use crate::rules::{Behavior, Catalog, Element, Severity};
use crate::util::document::{Fault, Node};

/// The first thing that cannot be meant.
pub(super) fn check(policy: &Policy, root: Node<'_>, catalog: &Catalog) -> Result<(), Fault> {
    let nodes = |name: &str| root.get(name).map_or(Ok(Vec::new()), Node::items);
    for (of, node) in policy.elements.iter().zip(nodes("elements")?) {
        fits(of, node, catalog)?;
    }
    let entries = policy.elements.iter().map(|of| &of.entry).zip(nodes("elements")?);
    for (entry, node) in entries.chain(policy.suppressions.iter().zip(nodes("suppressions")?)) {
        let named: Vec<&Behavior> = entry.behaviors.iter().filter_map(|name| catalog.behavior(name)).collect();
        let is_linux = !named.is_empty() && named.iter().all(|behavior| behavior.os == Os::Linux);
        let asks_signer = entry.attributes.iter().any(|(attribute, _)| *attribute == Attribute::Signer);
        if let Some(signer) = node.get("signer").filter(|_| is_linux && asks_signer) {
            return Err(signer.fault("no telemetry of Linux names a signer: it would cover nothing"));
        }
    }
    windows(policy, &nodes("elements")?, catalog)?;
    silenced(policy, root, catalog)
}

/// Whether the behaviors of an element's entry have the element and the subject.
fn fits(of: &ElementEntry, node: Node<'_>, catalog: &Catalog) -> Result<(), Fault> {
    let named = of.entry.behaviors.iter().filter_map(|name| Some((name, catalog.behavior(name)?)));
    if let Some((name, behavior)) = named.clone().find(|(_, behavior)| !behavior.fits(of.element)) {
        let fitting: Vec<&str> = behavior.elements().map(Element::name).collect();
        let what = format!("does not fit {name}; elements of {name}: {}", fitting.join(", "));
        return Err(node.get("element").unwrap_or(node).fault(what));
    }
    let (Some(party), Some(subject)) = (of.party, node.get("subject")) else { return Ok(()) };
    if let Some((name, behavior)) = { named }.find(|(_, behavior)| !behavior.has_party(party)) {
        let parties: Vec<&str> = behavior.parties().map(|party| party.name()).collect();
        return Err(subject.fault(format!(
            "{name} has no {}; subjects of {name}: {}",
            party.name(),
            parties.join(", ")
        )));
    }
    let mut fitting = catalog.behaviors().iter().filter(|behavior| behavior.fits(of.element));
    if of.entry.behaviors.is_empty() && !fitting.any(|behavior| behavior.has_party(party)) {
        return Err(subject.fault(format!("no behavior with {} has a {}", of.element.name(), party.name())));
    }
    Ok(())
}

/// Windows: one for each behavior, and none that silences a critical one unsaid.
fn windows(policy: &Policy, nodes: &[Node<'_>], catalog: &Catalog) -> Result<(), Fault> {
    let mut set: Vec<&str> = Vec::new();
    for (of, node) in policy.elements.iter().zip(nodes) {
        let Some(window) = of.window else { continue };
        for behavior in of.entry.behaviors.iter().filter_map(|name| catalog.behavior(name)) {
            let code = behavior.code.as_str();
            if set.contains(&code) {
                return Err(node.fault(format!("sets the window of {code} again")));
            }
            set.push(code);
            let allowed = of.entry.allow_critical || allows(policy, behavior);
            if window < behavior.window && behavior.severity == Severity::Critical && !allowed {
                let own = behavior.window / crate::time::SECOND;
                return Err(node.fault(format!(
                    "is shorter than the {own} s of {code} and may silence it, which is critical: say \"allow_critical\": true"
                )));
            }
        }
    }
    Ok(())
}

fn allows(policy: &Policy, behavior: &Behavior) -> bool {
    policy.allow_critical.iter().any(|name| behavior.is_named(name))
}

/// What silences a critical behavior as a whole has to be said.
fn silenced(policy: &Policy, root: Node<'_>, catalog: &Catalog) -> Result<(), Fault> {
    let member = |list: &str, behavior: &Behavior| {
        let members = root.get(list)?.members().ok()?;
        members.into_iter().find(|(name, _)| behavior.is_named(name)).map(|(_, node)| node)
    };
    let critical = catalog.behaviors().iter().filter(|b| b.alerts && b.severity == Severity::Critical);
    for behavior in critical.filter(|behavior| !allows(policy, behavior)) {
        let (id, code) = (behavior.id.as_str(), behavior.code.as_str());
        let unsaid = |node: Node<'_>, how: &str| {
            node.fault(format!("{how} {code}, which is critical: say so by \"allow_critical\": [\"{code}\"]"))
        };
        if let Some(at) = policy.disabled.iter().position(|name| behavior.is_named(name)) {
            let node = root.get("disabled").and_then(|n| n.one_or_more().into_iter().nth(at));
            return Err(unsaid(node.unwrap_or(root), "silences"));
        }
        let severity = policy.severity(id, code).unwrap_or(behavior.severity);
        if severity < policy.min_severity {
            let node = member("severities", behavior).or_else(|| root.get("min_severity")).unwrap_or(root);
            return Err(unsaid(node, "with its minimum severity, this silences"));
        }
        let reachable = behavior.clauses.iter().map(|clause| u32::from(clause.weight)).sum::<u32>().min(1000);
        let least = policy.min_confidence_of(id, code);
        if u32::from(least) > reachable {
            let node = member("min_confidences", behavior).or_else(|| root.get("min_confidence")).unwrap_or(root);
            return Err(unsaid(node, "is more than its records can give: it silences"));
        }
    }
    Ok(())
}

/// What is allowed and probably a mistake, by its place.
pub(super) fn warnings(policy: &Policy, root: Node<'_>, catalog: &Catalog) -> Vec<PolicyWarning> {
    let elements = policy.elements.iter().map(|of| (&of.entry, of.window.is_none(), Attribute::OF_ELEMENTS));
    let suppressions = policy.suppressions.iter().map(|of| (of, true, Attribute::OF_SUPPRESSIONS));
    let nodes = |name: &str| root.get(name).map_or(Vec::new(), |n| n.items().unwrap_or_default());
    let mut found = Vec::new();
    for (list, entries) in [("elements", elements.collect::<Vec<_>>()), ("suppressions", suppressions.collect())] {
        for ((at, (entry, covers, names)), node) in entries.iter().enumerate().zip(nodes(list)) {
            let mut note = |what: String| found.push(PolicyWarning { path: format!("{list}[{at}]"), what });
            let named = usize::from(list == "suppressions" && !entry.behaviors.is_empty());
            if *covers && entry.width() + named == 1 {
                note("one attribute only: whoever knows it is covered".into());
            }
            let asks = |attribute: &Attribute| entry.attributes.iter().any(|(asked, _)| asked == attribute);
            for (name, _) in names.iter().filter(|(name, attribute)| node.get(name).is_some() && !asks(attribute)) {
                note(format!("`{name}` matches everything: it asks for nothing"));
            }
            if *covers {
                note_critical(entry, catalog, &mut note);
            }
            if entries[..at].iter().any(|(earlier, ..)| earlier == entry) && list == "suppressions" {
                note("is the same as an entry before it".into());
            }
        }
    }
    found
}

fn note_critical(entry: &Entry, catalog: &Catalog, note: &mut impl FnMut(String)) {
    let is_critical = |name: &&String| catalog.behavior(name).is_some_and(|b| b.severity == Severity::Critical);
    let critical: Vec<&str> = entry.behaviors.iter().filter(is_critical).map(String::as_str).collect();
    if !entry.allow_critical && !critical.is_empty() {
        let names = critical.join(", ");
        note(format!("critical alerts of {names} stay: the entry does not say \"allow_critical\": true"));
    }
}
