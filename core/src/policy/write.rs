//! Policies to JSON.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value as Json, json};

use super::attribute::Attribute;
use super::entry::Entry;
use super::model::Policy;
use super::pattern::{Pattern, Written};
use crate::time::{MINUTE, SECOND};

impl Policy {
    /// The policy as JSON that [`Self::from_json`] reads back.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let seconds = |nanos: i64| match nanos % SECOND {
            0 => Json::from(nanos / SECOND),
            _ => (nanos as f64 / SECOND as f64).into(),
        };
        let severities = self.severities.iter().map(|(name, severity)| (name.clone(), severity.name().into()));
        let least = self.min_confidences.iter().map(|(name, share)| (name.clone(), fraction(*share)));
        let groups = self.groups.iter().map(|(name, hosts)| (name.clone(), patterns(hosts)));
        let elements = self.elements.iter().map(|of| {
            let mut members = entry(&of.entry, Attribute::OF_ELEMENTS);
            members.insert("element".into(), of.element.name().into());
            let access = of.access.map(|rights| format!("{rights:#x}").into());
            let window = of.window.map(seconds);
            let party = of.party.map(|party| party.name().into());
            for (name, value) in [("access", access), ("window", window), ("subject", party)] {
                members.extend(value.map(|value| (String::from(name), value)));
            }
            Json::Object(members)
        });
        let suppressions = self.suppressions.iter().map(|of| Json::Object(entry(of, Attribute::OF_SUPPRESSIONS)));
        let sources = self.sources.iter().map(|(host, channels)| {
            let channels: Vec<&str> = channels.iter().map(|c| c.name()).collect();
            json!({"host": pattern(host), "channels": channels})
        });
        let risk = self.risk.map(|of| json!({"cap": f64::from(of.cap) / 1000.0, "half_life": seconds(of.half_life)}));
        let mut policy = json!({
            "min_confidence": fraction(self.min_confidence),
            "min_severity": self.min_severity.name(),
            "redact_command_lines": self.redact_command_lines,
            "redact_secrets": self.redact_secrets,
            "redact_users": self.redact_users,
            "redact_paths": self.redact_paths,
            "attack_version": self.attack_version.number(),
            "baseline": {
                "hosts": self.baseline.hosts,
                "days": self.baseline.days,
                "quarantine_minutes": self.baseline.quarantine / MINUTE,
            },
            "allow_critical": self.allow_critical,
            "disabled": self.disabled,
            "severities": severities.collect::<Map<String, Json>>(),
            "min_confidences": least.collect::<Map<String, Json>>(),
            "utc_offset": offset(self.utc_offset),
            "groups": groups.collect::<Map<String, Json>>(),
            "elements": elements.collect::<Vec<Json>>(),
            "suppressions": suppressions.collect::<Vec<Json>>(),
            "sources": sources.collect::<Vec<Json>>(),
        });
        if let (Some(members), Some(risk)) = (policy.as_object_mut(), risk) {
            members.insert("risk".into(), risk);
        }
        policy
    }
}

/// Thousandths as they may be read back: 1 would be ambiguous.
fn fraction(thousandths: u16) -> Json {
    match thousandths {
        1 => 0.001.into(),
        whole => whole.into(),
    }
}

fn offset(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{}", clock(minutes.unsigned_abs()))
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn entry(of: &Entry, names: &[(&str, Attribute)]) -> Map<String, Json> {
    let mut members = Map::new();
    for (attribute, values) in &of.attributes {
        if let Some((name, _)) = names.iter().find(|(_, a)| a == attribute) {
            members.insert((*name).into(), patterns(values));
        }
    }
    let list = |names: Vec<&String>| match names.as_slice() {
        [] => None,
        [one] => Some(Json::from(one.as_str())),
        several => Some(json!(several)),
    };
    let text = |value: &Option<String>| value.as_deref().map(Json::from);
    let others = [
        ("behavior", list(of.behaviors.iter().collect())),
        ("group", list(of.groups.iter().map(|(name, _)| name).collect())),
        ("hours", of.hours.map(|hours| format!("{}-{}", clock(hours.from), clock(hours.to)).into())),
        ("expires", of.expires.map(|time| Json::from(format!("{time}")))),
        ("allow_critical", of.allow_critical.then_some(Json::Bool(true))),
        ("owner", text(&of.owner)),
        ("reason", text(&of.reason)),
    ];
    members.extend(others.into_iter().filter_map(|(name, value)| Some((String::from(name), value?))));
    members
}

fn patterns(values: &[Pattern]) -> Json {
    match values {
        [one] => pattern(one),
        several => several.iter().map(pattern).collect(),
    }
}

fn pattern(one: &Pattern) -> Json {
    match &one.written {
        Written::Glob(text) => text.as_str().into(),
        Written::Exact(text) => json!({ "exact": text }),
        Written::Regex(text) => json!({ "regex": text }),
    }
}
