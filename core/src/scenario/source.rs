//! The texts of scenarios: read from their files, with what a file's name says of all that stand in it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value as Json;

use crate::util::document::{Document, Fault};
use crate::util::jsonc::{Data, Value};

/// Members for readers; each may be a list of lines.
const PROSE: [&str; 3] = ["why", "description", "lacks"];

/// The scenarios of one file, each an object that says its behavior, platform and kind.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Json>, String> {
    let place = |fault: Fault| format!("{}:{}:{}: {}", fault.file, fault.line, fault.column, fault.message());
    let document = Document::parse(text.as_bytes(), name).map_err(place)?;
    let file = name.rsplit('/').next().unwrap_or(name);
    let code = file.split_once('_').map_or(file, |(code, _)| code);
    let os = match code.chars().next() {
        Some('W') => "windows",
        Some('L') => "linux",
        Some('M') => "macos",
        _ => return Err(format!("{name}: the name begins with no code")),
    };
    let kind = if file.ends_with(".benign.jsonc") { "benign" } else { "attack" };
    let Json::Array(mut scenarios) = json(document.value()) else {
        return Err(format!("{name}: should be a list of scenarios"));
    };
    for scenario in &mut scenarios {
        let Some(members) = scenario.as_object_mut() else {
            return Err(format!("{name}: a scenario should be an object"));
        };
        for prose in PROSE {
            if let Some(Json::Array(lines)) = members.get(prose) {
                let lines: Vec<&str> = lines.iter().filter_map(Json::as_str).collect();
                let text = lines.join(" ");
                members.insert(prose.into(), text.into());
            }
        }
        for (member, value) in [("behavior", code), ("os", os), ("kind", kind)] {
            members.insert(member.into(), value.into());
        }
    }
    Ok(scenarios)
}

fn json(value: &Value<'_>) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => (*flag).into(),
        Data::Number(n) => (*n).into(),
        Data::Decimal(n) => (*n).into(),
        Data::Text(text) => text.as_ref().into(),
        Data::List(items) => Json::Array(items.iter().map(json).collect()),
        Data::Object(members) => {
            Json::Object(members.iter().map(|m| (m.name.clone().into_owned(), json(&m.value))).collect())
        }
    }
}
