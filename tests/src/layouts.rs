//! Layouts of Windows records: records of evtx_dump in the forms of SIEMs, forensic tools and Windows' own tools.

use ipcsentry::decode::Format;
use serde_json::{Map, Value, json};

use crate::rerender;

/// Converts records to lines of a format.
pub type Layout = fn(&[Value]) -> Vec<String>;

/// Layouts that keep everything in a record, by name. A layout that cannot hold all of the records returns no line.
pub const LAYOUTS: &[(&str, Format, Layout)] = &[
    ("WindowsEvent", Format::SentinelJson, |records| each(records, |r| sentinel(r, data(r)))),
    ("WindowsEvent, data as text", Format::SentinelJson, |records| {
        each(records, |r| sentinel(r, data(r).to_string().into()))
    }),
    ("Event", Format::SentinelJson, |records| each(records, |r| sentinel(r, xml(r).into()))),
    ("Velociraptor", Format::VelociraptorJson, |records| each(records, velociraptor)),
    ("EvtxECmd", Format::EvtxEcmdJson, |records| each(records, evtxecmd)),
    ("Chainsaw", Format::ChainsawJson, |records| {
        each(records, |r| json!({"kind": "individual", "document": {"data": r}, "timestamp": "", "name": ""}))
    }),
    // Hayabusa does not name the process that logged a record.
    ("Hayabusa", Format::HayabusaJson, |records| {
        if records.iter().all(|record| logger(record).is_null()) { each(records, hayabusa) } else { Vec::new() }
    }),
    ("WindowsEvent as CSV", Format::Csv, |records| csv(records, |r| sentinel(r, data(r)))),
    ("Event as CSV", Format::Csv, |records| csv(records, |r| sentinel(r, xml(r).into()))),
    ("EvtxECmd as CSV", Format::Csv, |records| csv(records, evtxecmd)),
    ("flat as CSV", Format::Csv, |records| csv(records, flat)),
    ("event XML", Format::WindowsXml, |records| {
        records.iter().map(|r| format!("<Event><System>{}</System>{}</Event>", system_xml(r), xml(r))).collect()
    }),
    ("Get-WinEvent's properties", Format::GetWinEventJson, |records| each(records, properties)),
    ("MaxPatrol", Format::MaxPatrolJson, |records| each(records, maxpatrol)),
];

/// Layouts that lose something, such as the record's number, by name. A layout that cannot hold all of the records
/// returns no line.
pub const LOSSY_LAYOUTS: &[(&str, Format, Layout)] = &[
    ("winlogbeat", Format::EcsJson, |records| each(records, rerender::ecs)),
    ("wevtutil's text", Format::WindowsText, wevtutil),
    ("Get-WinEvent's message", Format::GetWinEventJson, |records| {
        if records.iter().all(is_sysmon) { each(records, get_winevent) } else { Vec::new() }
    }),
];

/// Layouts of audit events, made from laurel's, by name. A layout that cannot hold all of the events returns no line.
pub const AUDIT_LAYOUTS: &[(&str, Format, Layout)] = &[
    ("AUOMS", Format::AuomsJson, |events| {
        auoms(events, |event, record| {
            let (time, serial) = stamp(event);
            json!({"MessageType": "AUOMS_EVENT", "Timestamp": time, "SerialNumber": serial, "ProcessFlags": 0,
            "records": [record], "node": event["NODE"]})
        })
    }),
    ("rows of AUOMS", Format::AuomsJson, |events| {
        auoms(events, |event, mut record| {
            record["AuditID"] = event["ID"].clone();
            record["Computer"] = event["NODE"].clone();
            record
        })
    }),
];

fn each(records: &[Value], lay_out: impl Fn(&Value) -> Value) -> Vec<String> {
    records.iter().map(|record| lay_out(record).to_string()).collect()
}

/// CSV with a header of all names in any row.
fn csv(records: &[Value], lay_out: impl Fn(&Value) -> Value) -> Vec<String> {
    let rows: Vec<Value> = records.iter().map(lay_out).collect();
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let header: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut lines = vec![header.join(",")];
    for row in &rows {
        let cells: Vec<String> = names.iter().map(|name| cell(&row[name.as_str()])).collect();
        lines.extend(cells.join(",").split('\n').map(str::to_owned));
    }
    lines
}

fn cell(value: &Value) -> String {
    let text = text(value);
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn system(record: &Value) -> &Value {
    &record["Event"]["System"]
}

fn data(record: &Value) -> Value {
    record["Event"]["EventData"].clone()
}

fn provider(record: &Value) -> &Value {
    &system(record)["Provider"]["#attributes"]["Name"]
}

fn time(record: &Value) -> &Value {
    &system(record)["TimeCreated"]["#attributes"]["SystemTime"]
}

/// The process that logged the record; null if the record does not name it.
fn logger(record: &Value) -> &Value {
    &system(record)["Execution"]["#attributes"]["ProcessID"]
}

fn members(record: &Value) -> impl Iterator<Item = (&String, &Value)> {
    record["Event"]["EventData"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null())
}

fn xml(record: &Value) -> String {
    let element = |(name, value): (&String, &Value)| format!("<Data Name=\"{name}\">{}</Data>", escaped(&text(value)));
    format!("<EventData>{}</EventData>", members(record).map(element).collect::<String>())
}

fn system_xml(record: &Value) -> String {
    let s = system(record);
    format!(
        "<Provider Name='{}'/><EventID>{}</EventID><TimeCreated SystemTime='{}'/><EventRecordID>{}</EventRecordID>\
         <Execution ProcessID='{}'/><Channel>{}</Channel><Computer>{}</Computer>",
        text(provider(record)),
        s["EventID"],
        text(time(record)),
        s["EventRecordID"],
        text(logger(record)),
        text(&s["Channel"]),
        text(&s["Computer"])
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn sentinel(record: &Value, data: Value) -> Value {
    let s = system(record);
    json!({"TimeGenerated": time(record), "Provider": provider(record), "Channel": s["Channel"], "Computer": s["Computer"],
        "EventID": s["EventID"], "EventRecordId": s["EventRecordID"], "EventData": data, "Type": "WindowsEvent",
        "SystemProcessId": logger(record)})
}

fn velociraptor(record: &Value) -> Value {
    let s = system(record);
    json!({"System": {"Provider": {"Name": provider(record)}, "EventID": {"Value": s["EventID"]},
        "TimeCreated": {"SystemTime": time(record)}, "EventRecordID": s["EventRecordID"], "Channel": s["Channel"],
        "Computer": s["Computer"], "Execution": {"ProcessID": logger(record)}},
        "EventData": data(record), "Message": "m"})
}

fn evtxecmd(record: &Value) -> Value {
    let s = system(record);
    let pair = |(name, value): (&String, &Value)| json!({"@Name": name, "#text": text(value)});
    let payload = json!({"EventData": {"Data": members(record).map(pair).collect::<Vec<_>>()}});
    json!({"Payload": payload.to_string(), "Channel": s["Channel"], "Provider": provider(record),
        "Computer": s["Computer"], "EventId": s["EventID"], "EventRecordId": text(&s["EventRecordID"]),
        "TimeCreated": time(record), "MapDescription": "m", "ProcessId": logger(record)})
}

fn hayabusa(record: &Value) -> Value {
    let s = system(record);
    let channel = match s["Channel"].as_str().unwrap_or_default() {
        "Security" => "Sec",
        "System" => "Sys",
        _ => "Sysmon",
    };
    json!({"Timestamp": time(record), "RuleTitle": "r", "Computer": s["Computer"], "Channel": channel,
        "EventID": s["EventID"], "RecordID": s["EventRecordID"], "AllFieldInfo": data(record)})
}

fn flat(record: &Value) -> Value {
    let s = system(record);
    let mut row = data(record);
    for (name, value) in [
        ("SourceName", provider(record)),
        ("EventID", &s["EventID"]),
        ("Hostname", &s["Computer"]),
        ("RecordNumber", &s["EventRecordID"]),
        ("SystemTime", time(record)),
        ("ExecutionProcessID", logger(record)),
    ] {
        row[name] = value.clone();
    }
    row
}

fn maxpatrol(record: &Value) -> Value {
    let s = system(record);
    let pairs: Vec<Value> = members(record).map(|(name, value)| json!({"Name": name, "text": text(value)})).collect();
    json!({"Event": {"xmlns": "x", "System": {"Provider": {"Name": provider(record)}, "EventID": text(&s["EventID"]),
        "TimeCreated": {"SystemTime": time(record)}, "EventRecordID": text(&s["EventRecordID"]),
        "Keywords": s["Keywords"], "Channel": s["Channel"], "Computer": s["Computer"],
        "Execution": {"ProcessID": text(logger(record))}}, "EventData": {"Data": pairs}}})
}

fn is_sysmon(record: &Value) -> bool {
    provider(record) == "Microsoft-Windows-Sysmon"
}

/// The rendered message of a Sysmon record: a line for each field.
fn message(record: &Value) -> String {
    let line = |(name, value): (&String, &Value)| format!("{name}: {}\r\n", text(value));
    format!("Sysmon event:\r\n{}", members(record).map(line).collect::<String>())
}

fn wevtutil(records: &[Value]) -> Vec<String> {
    if !records.iter().all(is_sysmon) {
        return Vec::new();
    }
    let one = |(number, record): (usize, &Value)| {
        let s = system(record);
        let head = [
            format!("Event[{number}]:"),
            format!("  Log Name: {}", text(&s["Channel"])),
            format!("  Source: {}", text(provider(record))),
            format!("  Date: {}", text(time(record))),
            format!("  Event ID: {}", s["EventID"]),
            format!("  Computer: {}", text(&s["Computer"])),
            "  Description:".to_owned(),
        ];
        let message = message(record);
        head.into_iter().chain(message.lines().map(str::to_owned)).collect::<Vec<_>>()
    };
    records.iter().enumerate().flat_map(one).collect()
}

fn get_winevent(record: &Value) -> Value {
    let s = system(record);
    json!({"Id": s["EventID"], "ProviderName": provider(record), "LogName": s["Channel"], "RecordId": s["EventRecordID"],
        "MachineName": s["Computer"], "TimeCreated": time(record), "Message": message(record)})
}

/// The templates of records whose values have no names: provider, id, and names in order.
pub fn templates() -> impl Iterator<Item = (&'static str, u64, Vec<&'static str>)> {
    let lines = include_str!("../../core/src/decode/windows/positions.txt").lines();
    lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut parts = line.split('\t');
        let mut part = || parts.next().unwrap_or_else(|| panic!("a line needs three parts: {line}"));
        (part(), part().parse().expect("a number"), part().split(' ').collect())
    })
}

fn properties(record: &Value) -> Value {
    let s = system(record);
    let of_record = |(name, id, _): &(&str, u64, Vec<&str>)| provider(record) == name && s["EventID"] == *id;
    let template = templates().filter(of_record).max_by_key(|(_, _, names)| names.len());
    let (.., names) = template.unwrap_or_else(|| panic!("no template of {record}"));
    let data = data(record);
    for (name, _) in members(record) {
        assert!(names.contains(&name.as_str()), "{name} is in no template of {record}");
    }
    let values: Vec<Value> = names.iter().map(|name| json!({"Value": data[name]})).collect();
    json!({"Id": s["EventID"], "ProviderName": provider(record), "LogName": s["Channel"], "RecordId": s["EventRecordID"],
        "MachineName": s["Computer"], "TimeCreated": time(record), "Keywords": s["Keywords"], "Properties": values, "ProcessId": logger(record)})
}

/// The time and the serial number of an audit event.
fn stamp(event: &Value) -> (&str, u64) {
    let id = event["ID"].as_str().and_then(|id| id.split_once(':')).expect("a stamp");
    (id.0, id.1.parse().expect("a serial number"))
}

/// The events as AUOMS merges them: one record each, with names instead of numbers.
fn auoms(events: &[Value], lay_out: impl Fn(&Value, Value) -> Value) -> Vec<String> {
    let lines = events.iter().map(|event| auoms_record(event).map(|record| lay_out(event, record).to_string()));
    lines.collect::<Option<_>>().unwrap_or_default()
}

fn auoms_record(event: &Value) -> Option<Value> {
    let call = event["SYSCALL"].as_object()?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), unpercent);
    let mut record = Map::new();
    let mut put = |name: &str, value: String| record.insert(name.into(), value.into());
    let is_exec = !event["EXECVE"].is_null();
    put("RecordType", (if is_exec { "AUOMS_EXECVE" } else { "AUOMS_SYSCALL" }).into());
    for (name, value) in call {
        match (name.as_str(), value) {
            ("ARGV", Value::Array(registers)) => {
                for (at, register) in registers.iter().enumerate() {
                    put(&format!("a{at}"), text(register).trim_start_matches("0x").into());
                }
            }
            ("arch", _) => drop(put("arch", "x86_64".into())),
            ("syscall", number) => drop(put("syscall_r", number.to_string())),
            (_, Value::Object(_)) => {}
            (name, value) => drop(put(name, text(value))),
        }
    }
    if let Some(arguments) = event["EXECVE"]["ARGV"].as_array() {
        put("argc", arguments.len().to_string());
        let quoted = arguments.iter().map(|a| format!("\"{}\"", text(a).replace('\\', "\\\\").replace('"', "\\\"")));
        put("cmdline", quoted.collect::<Vec<_>>().join(" "));
    }
    if let Some(folder) = event["CWD"]["cwd"].as_str() {
        put("cwd", unpercent(folder));
    }
    if let Some(address) = event["SOCKADDR"][0]["saddr"].as_str() {
        put("saddr", percent_bytes(address).iter().map(|b| format!("{b:02X}")).collect());
    }
    if let Some(paths) = event["PATH"].as_array() {
        for name in ["name", "nametype", "mode", "ouid"] {
            let texts: Vec<String> = paths.iter().map(|path| text(&path[name]).replace("0o", "0")).collect();
            put(&format!("path_{name}"), format!("[\"{}\"]", texts.join("\",\"")));
        }
        for name in ["name", "nametype", "inode", "dev", "ouid"].into_iter().filter(|name| !paths[0][*name].is_null()) {
            put(name, text(&paths[0][name]));
        }
    }
    for (name, value) in event["OBJ_PID"][0].as_object().into_iter().flatten() {
        put(&format!("OBJ_PID_{name}"), text(value));
    }
    Some(Value::Object(record))
}

fn percent_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

fn unpercent(text: &str) -> String {
    String::from_utf8_lossy(&percent_bytes(text)).into_owned()
}
