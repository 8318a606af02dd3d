//! The texts of scenarios: read from their files, with what a file's name says of all that stand in it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value as Json;

use crate::document::{Document, Fault};
use crate::embedded::File;
use crate::jsonc::{Data, Value};

/// Members that tell a reader something; they may be a list of lines.
const PROSE: [&str; 3] = ["why", "story", "lacks"];

/// The scenarios of one file, each an object that says its behavior, platform and kind.
pub(super) fn read(file: &File, kind: &str) -> Result<Vec<Json>, String> {
    let place = |fault: Fault| format!("{}:{}:{}: {}", fault.file, fault.line, fault.column, fault.message());
    let document = Document::parse(file.text.as_bytes(), file.name).map_err(place)?;
    let os = match file.code().chars().next() {
        Some('W') => "windows",
        Some('L') => "linux",
        Some('M') => "macos",
        _ => return Err(format!("{}: the name begins with no code", file.name)),
    };
    let Json::Array(mut scenarios) = json(document.value()) else {
        return Err(format!("{}: should be a list of scenarios", file.name));
    };
    for scenario in &mut scenarios {
        let Some(members) = scenario.as_object_mut() else {
            return Err(format!("{}: a scenario should be an object", file.name));
        };
        for name in PROSE {
            if let Some(Json::Array(lines)) = members.get(name) {
                let lines: Vec<&str> = lines.iter().filter_map(Json::as_str).collect();
                let text = lines.join(" ");
                members.insert(name.into(), text.into());
            }
        }
        for (name, value) in [("behavior", file.code()), ("os", os), ("kind", kind)] {
            members.insert(name.into(), value.into());
        }
    }
    Ok(scenarios)
}

fn json(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => (*flag).into(),
        Data::Number(n) => (*n).into(),
        Data::Decimal(n) => (*n).into(),
        Data::Text(text) => text.as_str().into(),
        Data::List(items) => Json::Array(items.iter().map(json).collect()),
        Data::Object(members) => Json::Object(members.iter().map(|m| (m.name.clone(), json(&m.value))).collect()),
    }
}
