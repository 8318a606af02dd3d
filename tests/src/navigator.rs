//! The layer for the ATT&CK Navigator: which techniques the catalog covers, and with which behaviors.

use std::collections::BTreeMap;

use ipcsentry::_internal_test_exports::Behavior;
use ipcsentry::Catalog;
use ipcsentry::rules::AttackVersion;
use ipcsentry_outputs::navigator::Head;
use serde_json::{Value, json};

use crate::tables::{PLATFORMS, behaviors};

/// The layer of a version of ATT&CK, in version 4.5 of the format. A technique's score is the number of behaviors that show it.
#[must_use]
pub fn layer(version: AttackVersion) -> Value {
    let catalog = Catalog::builtin();
    let mut by_technique: BTreeMap<String, Vec<(&str, Behavior)>> = BTreeMap::new();
    for (os, platform, _) in PLATFORMS {
        for behavior in behaviors(os) {
            for technique in &behavior.techniques {
                by_technique
                    .entry(catalog.technique_id(&technique.id, version).to_owned())
                    .or_default()
                    .push((platform, behavior.clone()));
            }
        }
    }
    let most = by_technique.values().map(Vec::len).max().unwrap_or(1);
    let techniques: Vec<Value> = by_technique.iter().map(|(id, list)| technique(id, list)).collect();
    let description = "What the behaviors of ipcsentry (DET0493, T1559) show. Score: the number of behaviors.";
    Head::new("ipcsentry", description, version, most).layer(techniques)
}

fn technique(id: &str, list: &[(&str, Behavior)]) -> Value {
    let lines: Vec<String> = list.iter().map(|(_, b)| format!("{} {}: {}", b.code, b.id, b.title)).collect();
    let mut by_platform: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (platform, behavior) in list {
        by_platform.entry(platform).or_default().push(&behavior.code);
    }
    let metadata: Vec<Value> =
        by_platform.iter().map(|(platform, codes)| json!({"name": platform, "value": codes.join(", ")})).collect();
    json!({
        "techniqueID": id,
        "score": list.len(),
        "comment": lines.join("\n"),
        "enabled": true,
        "metadata": metadata,
    })
}

/// What violates the definition of the layer format
/// (mitre-attack/attack-navigator, layers/spec/v4.5/layerformat.md).
#[must_use]
pub fn faults(layer: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut need = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    let text = |value: &Value| value.as_str().is_some_and(|t| !t.is_empty());
    need(text(&layer["name"]), "name");
    need(layer["domain"] == "enterprise-attack", "domain");
    need(layer["versions"]["layer"] == "4.5", "versions.layer");
    need(at_least(&layer["versions"]["navigator"], [4, 9, 0]), "versions.navigator");
    let gradient = &layer["gradient"];
    let colors = gradient["colors"].as_array().map_or(&[][..], Vec::as_slice);
    let is_color = |c: &Value| {
        c.as_str().is_some_and(|c| c.len() == 7 && c.starts_with('#') && c[1..].bytes().all(|b| b.is_ascii_hexdigit()))
    };
    need(colors.len() >= 2 && colors.iter().all(is_color), "gradient.colors");
    let bounds = (gradient["minValue"].as_f64(), gradient["maxValue"].as_f64());
    need(matches!(bounds, (Some(low), Some(high)) if high > low), "gradient.minValue, maxValue");
    for link in layer["links"].as_array().into_iter().flatten() {
        need(text(&link["label"]) && link["url"].as_str().is_some_and(|u| u.starts_with("https://")), "links");
    }
    let techniques = layer["techniques"].as_array().map_or(&[][..], Vec::as_slice);
    need(!techniques.is_empty(), "techniques");
    let mut seen = Vec::new();
    for technique in techniques {
        let id = technique["techniqueID"].as_str().unwrap_or_default();
        need(is_technique(id), &format!("`{id}` is no technique"));
        need(!seen.contains(&id), &format!("{id} stands twice"));
        need(technique["score"].is_number(), &format!("{id}: score"));
        need(technique["comment"].is_string(), &format!("{id}: comment"));
        let metadata = technique["metadata"].as_array().into_iter().flatten();
        need(metadata.into_iter().all(|m| text(&m["name"]) && text(&m["value"])), &format!("{id}: metadata"));
        seen.push(id);
    }
    faults
}

fn at_least(version: &Value, least: [u32; 3]) -> bool {
    let parts = version.as_str().unwrap_or_default().split('.').map(|part| part.parse().unwrap_or(0));
    parts.collect::<Vec<u32>>().as_slice() >= least.as_slice()
}

/// `T1234` or `T1234.567`.
fn is_technique(id: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = id.strip_prefix('T') else { return false };
    match rest.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}
