//! Converts records of evtx_dump to Elastic Common Schema, as winlogbeat's pipelines do, and to event XML.

use serde_json::{Map, Value, json};

/// The moves of winlogbeat's pipeline for Sysmon: path and fields. The first field that a record has is moved.
const SYSMON: &[(&str, &[&str])] = &[
    ("process.entity_id", &["ProcessGuid", "SourceProcessGuid", "SourceProcessGUID"]),
    ("process.pid", &["ProcessId", "SourceProcessId"]),
    ("process.executable", &["Image", "SourceImage"]),
    ("process.command_line", &["CommandLine"]),
    ("process.working_directory", &["CurrentDirectory"]),
    ("process.parent.entity_id", &["ParentProcessGuid"]),
    ("process.parent.pid", &["ParentProcessId"]),
    ("process.parent.executable", &["ParentImage"]),
    ("process.parent.command_line", &["ParentCommandLine"]),
    ("source.ip", &["SourceIp"]),
    ("source.port", &["SourcePort"]),
    ("destination.ip", &["DestinationIp"]),
    ("destination.port", &["DestinationPort"]),
    ("network.transport", &["Protocol"]),
    ("file.name", &["PipeName"]),
    ("file.path", &["TargetFilename", "ImageLoaded"]),
    ("registry.path", &["TargetObject"]),
];

/// The moves for the Security log's process start.
const PROCESS_START: &[(&str, &[&str])] = &[
    ("process.pid", &["NewProcessId"]),
    ("process.executable", &["NewProcessName"]),
    ("process.parent.executable", &["ParentProcessName"]),
];

/// The moves for other records of the Security log, in which the process is the actor.
const SECURITY: &[(&str, &[&str])] = &[("process.executable", &["ProcessName"])];

/// One record of evtx_dump in Elastic Common Schema, after winlogbeat's pipelines.
#[must_use]
pub fn ecs(record: &Value) -> Value {
    let system = &record["Event"]["System"];
    let (provider, id) = (attribute(system, "Provider", "Name"), number(&system["EventID"]));
    let mut data = record["Event"]["EventData"].as_object().cloned().unwrap_or_default();
    data.remove("#attributes");
    let mut document = json!({
        "ecs": {"version": "8.0.0"},
        "event": {"code": id.to_string(), "kind": "event", "provider": provider},
        "host": {"name": system["Computer"]},
    });
    let mut time = attribute(system, "TimeCreated", "SystemTime");
    let moves = if provider == "Microsoft-Windows-Sysmon" {
        if let Some(utc) = data.remove("UtcTime").and_then(|t| t.as_str().map(|t| t.replace(' ', "T") + "Z")) {
            // The pipeline uses `UtcTime` if it can parse it.
            time = Value::String(utc);
        }
        sysmon(&mut data, &mut document);
        // In other records the name belongs to a library.
        if let Some(name) = data.remove("OriginalFileName").filter(|_| id == 1) {
            put(&mut document, "process.pe.original_file_name", name);
        }
        if let Some(what) = data.remove("Type").filter(|_| id == 25) {
            put(&mut document, "message", what);
        }
        SYSMON
    } else if provider == "Microsoft-Windows-Security-Auditing" {
        let refused = system["Keywords"].as_str().is_some_and(|k| k == "0x8010000000000000");
        put(&mut document, "event.outcome", if refused { "failure" } else { "success" }.into());
        match id {
            4688 => PROCESS_START,
            4656 | 4657 | 4663 | 4689 => SECURITY,
            _ => &[],
        }
    } else {
        &[]
    };
    for (path, names) in moves {
        let found = names.iter().find_map(|name| data.remove(*name).filter(|v| !v.is_null()));
        let Some(value) = found else { continue };
        let value = if path.ends_with("pid") || path.ends_with("port") { number(&value).into() } else { value };
        put(&mut document, path, value);
    }
    data.retain(|_, value| !value.is_null() && value != "" && value != "-");
    for value in data.values_mut().filter(|value| !value.is_string()) {
        *value = Value::String(value.to_string());
    }
    document["@timestamp"] = time;
    document["winlog"] = json!({
        "channel": system["Channel"],
        "computer_name": system["Computer"],
        "event_data": data,
        "event_id": id.to_string(),
        "provider_name": provider,
        "record_id": number(&system["EventRecordID"]).to_string(),
        "process": {"pid": logger(system), "thread": {"id": 17}},
    });
    document
}

/// The steps of the pipeline for Sysmon that are more than a move.
fn sysmon(data: &mut Map<String, Value>, document: &mut Value) {
    if let Some(initiated) = data.remove("Initiated") {
        let outbound = initiated == true || initiated == "true";
        put(document, "network.direction", if outbound { "egress" } else { "ingress" }.into());
    }
    if let Some(details) = data.remove("Details") {
        put(document, "registry.data.strings", json!([details]));
    }
    if let Some((domain, name)) = data.remove("User").as_ref().and_then(Value::as_str).and_then(|u| u.split_once('\\'))
    {
        put(document, "user.domain", domain.into());
        put(document, "user.name", name.into());
    }
}

/// One record of evtx_dump as event XML; with `lines`, each field is on a line of its own.
#[must_use]
pub fn xml(record: &Value, lines: bool) -> String {
    let (event, system) = (&record["Event"], &record["Event"]["System"]);
    let mut out = String::from("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>");
    let provider = attribute(system, "Provider", "Name");
    out += &format!("<Provider Name='{}' Guid='{{0}}'/>", escape(&provider));
    for name in ["EventID", "Level", "Keywords"] {
        out += &format!("<{name}>{}</{name}>", escape(&text_of(&system[name])));
    }
    let time = attribute(system, "TimeCreated", "SystemTime");
    out += &format!("<TimeCreated SystemTime='{}'/>", escape(&time));
    out += &format!("<Execution ProcessID='{}' ThreadID='17'/>", logger(system));
    for name in ["EventRecordID", "Channel", "Computer"] {
        out += &format!("<{name}>{}</{name}>", escape(&text_of(&system[name])));
    }
    out += "<Security UserID='S-1-5-18'/></System><EventData>";
    for (name, value) in event["EventData"].as_object().into_iter().flatten().filter(|(n, _)| *n != "#attributes") {
        out += if lines { "\n" } else { "" };
        out += &format!("<Data Name='{name}'>{}</Data>", escape(value));
    }
    out + "</EventData></Event>"
}

/// The process that logged the record; a made-up one if the record does not name it.
fn logger(system: &Value) -> u64 {
    let own = attribute(system, "Execution", "ProcessID");
    if own.is_null() { 4242 } else { number(&own) }
}

fn attribute(system: &Value, element: &str, name: &str) -> Value {
    let element = &system[element];
    let own = &element["#attributes"][name];
    if own.is_null() { element[name].clone() } else { own.clone() }
}

/// A number of evtx_dump: a number, decimal or hex text, or an object with attributes.
fn number(value: &Value) -> u64 {
    match value {
        Value::Object(object) => object.get("#text").map_or(0, number),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).unwrap_or_default(),
            None => text.parse().unwrap_or_default(),
        },
        value => value.as_u64().unwrap_or_default(),
    }
}

fn text_of(value: &Value) -> Value {
    value.get("#text").cloned().unwrap_or_else(|| value.clone())
}

fn escape(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    };
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '\'' => out += "&apos;",
            '"' => out += "&quot;",
            '\r' => out += "&#xD;",
            c => out.push(c),
        }
    }
    out
}

/// Puts a value at a dotted path.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut at = document;
    for name in path.split('.') {
        at = &mut at[name];
    }
    *at = value;
}
