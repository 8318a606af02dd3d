//! Baselines to JSON.

use alloc::format;
use alloc::string::String;

use serde_json::{Map, Value, json};

use super::model::{Baseline, Entry, date};
use super::sightings::Sightings;

/// The form of [`Baseline::to_json`], which `core/docs/baseline.schema.json` describes.
pub(super) const VERSION: i64 = 1;

impl Baseline {
    /// The baseline as JSON that [`Self::from_json`] reads back: the same bytes for the same content, one relation a
    /// line. It has hashes of the names of hosts, which whoever knows the names can compute, and no user.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"version\": {VERSION}, \"frozen\": {},\n\"groups\": [", self.is_frozen);
        let groups = self.groups.iter().map(|(name, seen)| {
            let mut members = sightings(seen);
            members.insert("name".into(), (**name).into());
            Value::Object(members)
        });
        lines(&mut out, groups);
        out.push_str("],\n\"relations\": [");
        lines(&mut out, self.sorted().into_iter().map(relation));
        out.push_str("]}\n");
        out
    }
}

fn lines(out: &mut String, values: impl Iterator<Item = Value>) {
    for (at, value) in values.enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&format!("{value}"));
    }
}

fn relation(entry: &Entry) -> Value {
    let names: Value = entry.relation.names.iter().map(|name| &**name).collect();
    let mut members = Map::new();
    members.insert("kind".into(), entry.relation.kind.name().into());
    if !entry.relation.group.is_empty() {
        members.insert("group".into(), (*entry.relation.group).into());
    }
    members.insert("names".into(), names);
    for (name, seen) in [("calm", &entry.calm), ("near", &entry.near)] {
        if !seen.is_empty() {
            members.insert(name.into(), sightings(seen).into());
        }
    }
    Value::Object(members)
}

fn sightings(seen: &Sightings) -> Map<String, Value> {
    let (first, last) = seen.span.unwrap_or_default();
    let written = json!({
        "hosts": seen.hosts.to_text(),
        "days": seen.days.to_text(),
        "host_days": seen.host_days.to_text(),
        "first_day": date(first),
        "last_day": date(last),
    });
    match written {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
