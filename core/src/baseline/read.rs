//! Baselines from JSON. What cannot be one is an error with its place.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::model::{Baseline, Entry};
use super::relation::{LONGEST_GROUP, LONGEST_NAME, Relation, RelationKind};
use super::sightings::Sightings;
use super::sketch::Sketch;
use super::write::VERSION;
use crate::time::{DAY, Timestamp};
use crate::util::document::{Document, Fault, Node};

/// What is wrong with a baseline, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {}{what}", prefix(.path))]
#[non_exhaustive]
pub struct BaselineError {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The JSON path, for example `relations[2].names`.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl From<Fault> for BaselineError {
    fn from(Fault { line, column, path, what, .. }: Fault) -> Self {
        Self { line, column, path, what }
    }
}

impl Baseline {
    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// Anything that is not JSON, unknown, of the wrong type, of another version, or cannot be: with its place.
    ///
    /// ```
    /// use ipcsentry::baseline::Baseline;
    /// let text = br#"{"version": 1, "relations": [{"kind": "fifo", "names": ["/run/initctl"]}]}"#;
    /// let error = Baseline::from_json(text).unwrap_err();
    /// assert_eq!(error.path, "relations[0].names");
    /// assert_eq!(error.what, "should have 2 names: name, program");
    /// ```
    pub fn from_json(text: &[u8]) -> Result<Self, BaselineError> {
        let document = Document::parse(text, "")?;
        Ok(read(document.root())?)
    }
}

fn read(root: Node<'_>) -> Result<Baseline, Fault> {
    let root = root.only(&["version", "frozen", "groups", "relations"])?;
    let version = root.need("version")?;
    if version.integer()? != VERSION {
        return Err(version.fault(format_args!("is a version that is not known here: {VERSION} is")));
    }
    let mut baseline = Baseline { is_frozen: root.get("frozen").map_or(Ok(false), Node::flag)?, ..Baseline::default() };
    let list = |name: &str, most: usize| {
        let Some(node) = root.get(name) else { return Ok(Vec::new()) };
        let items = node.items()?;
        if items.len() <= most { Ok(items) } else { Err(node.fault(format_args!("has more than {most} entries"))) }
    };
    for node in list("groups", Baseline::MOST_GROUPS)? {
        let node = node.only(&["name", "hosts", "days", "host_days", "first_day", "last_day"])?;
        let name = bounded(node.need("name")?, LONGEST_GROUP)?;
        if baseline.groups.insert(name.into(), sightings(node)?).is_some() {
            return Err(node.fault("is a group that stands twice"));
        }
    }
    for node in list("relations", Baseline::MOST_RELATIONS)? {
        let entry = relation(node)?;
        if baseline.relations.insert(entry.relation.id(), Box::new(entry)).is_some() {
            return Err(node.fault("is a relation that stands twice"));
        }
    }
    Ok(baseline)
}

fn relation(node: Node<'_>) -> Result<Entry, Fault> {
    let node = node.only(&["kind", "group", "names", "calm", "near"])?;
    let kind = node.need("kind")?.named("kind of relation", RelationKind::ALL)?;
    let group = node.get("group").map_or(Ok(""), |group| bounded(group, LONGEST_GROUP))?;
    let names = node.need("names")?;
    let texts: Vec<&str> =
        names.items()?.into_iter().map(|name| bounded(name, LONGEST_NAME)).collect::<Result<_, _>>()?;
    let members = kind.members();
    if texts.len() != members.len() {
        return Err(names.fault(format_args!("should have {} names: {}", members.len(), members.join(", "))));
    }
    let seen = |name: &str| match node.get(name) {
        Some(of) => sightings(of.only(&["hosts", "days", "host_days", "first_day", "last_day"])?),
        None => Ok(Sightings::default()),
    };
    let entry = Entry { calm: seen("calm")?, near: seen("near")?, ..Entry::of(Relation::new(kind, group, &texts)) };
    if entry.is_seen() { Ok(entry) } else { Err(node.fault("was never seen: `calm` or `near` is missing")) }
}

fn bounded<'a>(node: Node<'a>, most: usize) -> Result<&'a str, Fault> {
    let text = node.text()?;
    if text.len() <= most { Ok(text) } else { Err(node.fault(format_args!("has more than {most} bytes"))) }
}

fn sightings(node: Node<'_>) -> Result<Sightings, Fault> {
    let sketch = |name: &str| {
        let of = node.need(name)?;
        let sketch = Sketch::read(of.text()?).map_err(|what| of.fault(what))?;
        if sketch.is_empty() { Err(of.fault("has no hash: what was seen was seen somewhere")) } else { Ok(sketch) }
    };
    let (hosts, days, host_days) = (sketch("hosts")?, sketch("days")?, sketch("host_days")?);
    if host_days.len() < hosts.len().max(days.len()) {
        return Err(node.need("host_days")?.fault("has fewer hashes than hosts or days"));
    }
    let (first, last) = (day(node.need("first_day")?)?, day(node.need("last_day")?)?);
    if first > last {
        return Err(node.need("last_day")?.fault("is before the first day"));
    }
    Ok(Sightings { hosts, days, host_days, span: Some((first, last)) })
}

fn day(node: Node<'_>) -> Result<i32, Fault> {
    let text = node.text()?;
    let time = (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
    let time = time.and_then(|time| Timestamp::parse(time.as_bytes()));
    let time = time.ok_or_else(|| node.fault("should be a date such as 2026-01-31"))?;
    Ok(time.nanos().div_euclid(DAY) as i32)
}
