//! Policies from and to JSON. The schema is documented in the parent module.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json, json};

use super::entry_match::{Attribute, Pattern, Rule};
use super::model::{Policy, PolicyError, Suppression};
use crate::event::Channel;
use crate::rules::{AttackVersion, Element, Severity};
use crate::time::Timestamp;
use crate::util::document::{Document, Fault, Node};

const MEMBERS: &[&str] = &[
    "min_confidence",
    "min_severity",
    "redact_command_lines",
    "attack_version",
    "disabled",
    "severities",
    "elements",
    "suppressions",
    "sources",
];

impl From<Fault> for PolicyError {
    fn from(Fault { line, column, path, what, .. }: Fault) -> Self {
        Self { line, column, path, what }
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Anything that is not JSON, unknown, or of the wrong type, with its JSON path.
    pub fn from_json(text: &[u8]) -> Result<Self, PolicyError> {
        read(text)
    }

    /// The policy as JSON that [`Self::from_json`] reads back.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        write(self)
    }
}

fn read(text: &[u8]) -> Result<Policy, PolicyError> {
    let document = Document::parse(text, "")?;
    let root = document.root().only(MEMBERS)?;
    let mut policy = Policy::default();
    if let Some(n) = root.get("min_confidence") {
        policy.min_confidence = n.within(0, 1000)?;
    }
    if let Some(n) = root.get("min_severity") {
        policy.min_severity = n.named("severity", Severity::ALL)?;
    }
    if let Some(n) = root.get("redact_command_lines") {
        policy.redact_command_lines = n.flag()?;
    }
    if let Some(n) = root.get("attack_version") {
        let version = u32::try_from(n.integer()?).ok().and_then(AttackVersion::of_number);
        policy.attack_version = version.ok_or_else(|| n.fault("is no version of ATT&CK known here: 18 or 19"))?;
    }
    if let Some(n) = root.get("disabled") {
        policy.disabled = n.texts()?;
    }
    if let Some(n) = root.get("severities") {
        for (behavior, severity) in n.members()? {
            policy.severities.push((behavior.to_owned(), severity.named("severity", Severity::ALL)?));
        }
    }
    let list = |name: &str| root.get(name).map_or(Ok(Vec::new()), |n| n.items());
    policy.elements = list("elements")?.into_iter().map(element).collect::<Result<_, _>>()?;
    policy.suppressions = list("suppressions")?.into_iter().map(suppression).collect::<Result<_, _>>()?;
    policy.sources = list("sources")?.into_iter().map(source).collect::<Result<_, _>>()?;
    Ok(policy)
}

fn element(node: Node<'_>) -> Result<(Element, Rule), Fault> {
    let (node, rule) = rule(node, Attribute::OF_ELEMENTS, &["element"])?;
    let element = node.need("element")?.named("mutable element", Element::ALL)?;
    if rule.attributes.is_empty() {
        return Err(node.fault("has no attribute: it would cover everything"));
    }
    Ok((element, rule))
}

fn suppression(node: Node<'_>) -> Result<Suppression, Fault> {
    let (node, rule) = rule(node, Attribute::OF_SUPPRESSIONS, &["behavior", "allow_critical"])?;
    let behavior = node.get("behavior").map(|n| n.words().map(str::to_owned)).transpose()?;
    if rule.attributes.is_empty() && behavior.is_none() {
        return Err(node.fault("has no attribute: it would cover everything"));
    }
    let allow_critical = node.get("allow_critical").map_or(Ok(false), |n| n.flag())?;
    Ok(Suppression { behavior, allow_critical, rule })
}

/// Reads the attributes and the members that every entry has, and refuses any other member but `others`.
fn rule<'a>(node: Node<'a>, names: &[(&str, Attribute)], others: &[&str]) -> Result<(Node<'a>, Rule), Fault> {
    let mut known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    known.extend(["expires", "owner", "reason"]);
    known.extend(others);
    let node = node.only(&known)?;
    let mut attributes = Vec::new();
    for (name, attribute) in names {
        if let Some(pattern) = node.get(name) {
            attributes.push((*attribute, Pattern::of(*attribute, pattern.words()?)));
        }
    }
    let expires = node.get("expires").map(|n| {
        let time = Timestamp::parse(n.text()?.as_bytes());
        time.ok_or_else(|| n.fault("should be a time such as 2030-01-31T00:00:00Z"))
    });
    let text = |name: &str| node.get(name).map(|n| n.words().map(str::to_owned)).transpose();
    let rule = Rule { attributes, expires: expires.transpose()?, owner: text("owner")?, reason: text("reason")? };
    Ok((node, rule))
}

fn source(node: Node<'_>) -> Result<(Pattern, Vec<Channel>), Fault> {
    let node = node.only(&["host", "channels"])?;
    let names: Vec<(&str, Channel)> = Channel::ALL.iter().map(|c| (c.name(), *c)).collect();
    let channels = node.need("channels")?.items()?;
    let channels = channels.iter().map(|n| n.named("channel", &names)).collect::<Result<_, _>>()?;
    Ok((Pattern::text(node.need("host")?.words()?), channels))
}

fn write(policy: &Policy) -> Json {
    let severities = policy.severities.iter().map(|(name, severity)| (name.clone(), severity.name().into()));
    let elements = policy.elements.iter().map(|(element, rule)| {
        let mut members = write_rule(rule, Attribute::OF_ELEMENTS);
        members.insert("element".into(), element.name().into());
        Json::Object(members)
    });
    let suppressions = policy.suppressions.iter().map(|suppression| {
        let mut members = write_rule(&suppression.rule, Attribute::OF_SUPPRESSIONS);
        if let Some(behavior) = &suppression.behavior {
            members.insert("behavior".into(), behavior.as_str().into());
        }
        if suppression.allow_critical {
            members.insert("allow_critical".into(), true.into());
        }
        Json::Object(members)
    });
    let sources = policy.sources.iter().map(|(host, channels)| {
        let channels: Vec<&str> = channels.iter().map(|c| c.name()).collect();
        json!({"host": host.text, "channels": channels})
    });
    json!({
        "min_confidence": policy.min_confidence,
        "min_severity": policy.min_severity.name(),
        "redact_command_lines": policy.redact_command_lines,
        "attack_version": policy.attack_version.number(),
        "disabled": policy.disabled,
        "severities": severities.collect::<Map<String, Json>>(),
        "elements": elements.collect::<Vec<Json>>(),
        "suppressions": suppressions.collect::<Vec<Json>>(),
        "sources": sources.collect::<Vec<Json>>(),
    })
}

fn write_rule(rule: &Rule, names: &[(&str, Attribute)]) -> Map<String, Json> {
    let mut members = Map::new();
    for (attribute, pattern) in &rule.attributes {
        if let Some((name, _)) = names.iter().find(|(_, a)| a == attribute) {
            members.insert((*name).into(), pattern.text.as_str().into());
        }
    }
    let mut text = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            members.insert(name.into(), value.into());
        }
    };
    text("expires", rule.expires.map(|time| time.to_string()));
    text("owner", rule.owner.clone());
    text("reason", rule.reason.clone());
    members
}
