//! A record says the same whichever tool exported it: the scenarios' records, laid out as other tools do, give the events
//! that they give as evtx_dump writes them.

use ipcsentry::decode::Format;
use ipcsentry::scenario;
use ipcsentry_tests::decode_lines;
use serde_json::{Map, Value, json};

/// Lays records out as lines of a format.
type Layout = fn(&[Value]) -> Vec<String>;

const LAYOUTS: &[(&str, Format, Layout)] = &[
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
    ("Hayabusa", Format::HayabusaJson, |records| each(records, hayabusa)),
    ("WindowsEvent as CSV", Format::Csv, |records| csv(records, |r| sentinel(r, data(r)))),
    ("Event as CSV", Format::Csv, |records| csv(records, |r| sentinel(r, xml(r).into()))),
    ("EvtxECmd as CSV", Format::Csv, |records| csv(records, evtxecmd)),
    ("flat as CSV", Format::Csv, |records| csv(records, flat)),
    ("event XML", Format::WindowsXml, |records| {
        records.iter().map(|r| format!("<Event><System>{}</System>{}</Event>", system_xml(r), xml(r))).collect()
    }),
];

#[test]
fn every_layout_gives_the_same_events() {
    let mut compared = 0;
    for scenario in scenario::all() {
        let file = scenario.render_partly(Format::EvtxJson);
        let lines: Vec<&[u8]> = file.bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            continue;
        }
        let records: Vec<Value> = lines.iter().map(|line| serde_json::from_slice(line).expect("JSON")).collect();
        let plain = events(Format::EvtxJson, &lines);
        assert!(!plain.is_empty());
        for (name, format, layout) in LAYOUTS {
            let text = layout(&records);
            let lines: Vec<&[u8]> = text.iter().map(String::as_bytes).collect();
            let laid_out = events(*format, &lines);
            assert_eq!(laid_out.len(), plain.len(), "{name}: {}", text.join("\n"));
            for (one, other) in laid_out.iter().zip(&plain) {
                assert_eq!(one, other, "{name}: {}", text.join("\n"));
            }
            let recognized = Format::detect(text.join("\n").as_bytes());
            assert_eq!(recognized, Some(*format), "{name}: {}", text.join("\n"));
            compared += plain.len();
        }
    }
    assert!(compared > 1000, "{compared} events compared");
}

/// Events without the numbers of their lines.
fn events(format: Format, lines: &[&[u8]]) -> Vec<Value> {
    let decoded = decode_lines(format, lines.iter().copied());
    assert_eq!(decoded.errors, []);
    let mut events = decoded.events;
    for event in &mut events {
        event["record"] = 0.into();
    }
    events
}

fn each(records: &[Value], lay_out: impl Fn(&Value) -> Value) -> Vec<String> {
    records.iter().map(|record| lay_out(record).to_string()).collect()
}

/// Rows of CSV under a header with every name that some row has.
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
         <Channel>{}</Channel><Computer>{}</Computer>",
        text(provider(record)),
        s["EventID"],
        text(time(record)),
        s["EventRecordID"],
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
        "EventID": s["EventID"], "EventRecordId": s["EventRecordID"], "EventData": data, "Type": "WindowsEvent"})
}

fn velociraptor(record: &Value) -> Value {
    let s = system(record);
    json!({"System": {"Provider": {"Name": provider(record)}, "EventID": {"Value": s["EventID"]},
        "TimeCreated": {"SystemTime": time(record)}, "EventRecordID": s["EventRecordID"], "Channel": s["Channel"],
        "Computer": s["Computer"]}, "EventData": data(record), "Message": "m"})
}

fn evtxecmd(record: &Value) -> Value {
    let s = system(record);
    let pair = |(name, value): (&String, &Value)| json!({"@Name": name, "#text": text(value)});
    let payload = json!({"EventData": {"Data": members(record).map(pair).collect::<Vec<_>>()}});
    json!({"Payload": payload.to_string(), "Channel": s["Channel"], "Provider": provider(record),
        "Computer": s["Computer"], "EventId": s["EventID"], "EventRecordId": text(&s["EventRecordID"]),
        "TimeCreated": time(record), "MapDescription": "m"})
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
    ] {
        row[name] = value.clone();
    }
    row
}
