//! Forms in which the same records reach a hunter: framing, encoding, spacing, and wrappers.

use ipcsentry::decode::Format;
use serde_json::{Value, json};

/// Writes the lines of a file in some form.
pub type Form = fn(&[&str]) -> Vec<u8>;

/// Forms of any text, by name. The result holds the same records, in some forms after a broken line.
pub const OF_TEXT: &[(&str, Form)] = &[
    ("a line each, with returns", |lines| lines.join("\r\n").into_bytes()),
    ("returns alone", |lines| lines.join("\r").into_bytes()),
    ("a byte order mark", |lines| format!("\u{FEFF}{}\n", lines.join("\r\n")).into_bytes()),
    ("UTF-16 with a mark", |lines| utf16(&format!("\u{FEFF}{}\r\n", lines.join("\r\n")), u16::to_le_bytes)),
    ("UTF-16, the other way round", |lines| utf16(&format!("\u{FEFF}{}\n", lines.join("\n")), u16::to_be_bytes)),
    ("UTF-16 without a mark", |lines| utf16(&lines.join("\n"), u16::to_le_bytes)),
    ("blank lines", |lines| format!("\n \r\n{}\n\n", lines.join("\n\n")).into_bytes()),
    ("the first line cut", |lines| format!("{}\n{}\n", tail(lines[lines.len() - 1]), lines.join("\n")).into_bytes()),
    ("a foreign line first", |lines| format!("collector: started, 3 inputs\n{}\n", lines.join("\n")).into_bytes()),
];

/// Forms of any text with one record a line, by name.
pub const OF_LINES: &[(&str, Form)] = &[
    ("an array of texts", |lines| Value::from(lines.to_vec()).to_string().into_bytes()),
    ("a pretty array of texts", |lines| serde_json::to_vec_pretty(lines).expect("texts are JSON")),
    ("a list of the time and a wrapper each", |lines| {
        lines.iter().map(|line| format!("[1771335400.5,{}]\n", json!({ "log": line }))).collect::<String>().into_bytes()
    }),
    ("a list in a list behind a tag", |lines| {
        let list = |line: &&str| format!("[0] tail.0: [[1771335400.5, {{}}], {}]\n", json!({ "log": line }));
        lines.iter().map(list).collect::<String>().into_bytes()
    }),
];

/// A file of rows with the lines in one of its columns.
fn rows(lines: &[&str], separator: &str) -> Vec<u8> {
    let mut file = ["_time", "collector", "_raw"].join(separator) + "\r\n";
    for line in lines {
        let cell = format!("\"{}\"", line.replace('"', "\"\""));
        file += &(["2026-02-17T13:05:20.000+00:00", HOST, &cell].join(separator) + "\r\n");
    }
    file.into_bytes()
}

/// Forms of JSON alone, by name.
pub const OF_JSON: &[(&str, Form)] = &[
    ("one array", |lines| format!("[{}]", lines.join(",")).into_bytes()),
    ("an array, a record a line", |lines| format!("[\n{}\n]\n", lines.join(",\n")).into_bytes()),
    ("a pretty array", |lines| {
        format!("[\n{}\n]\n", lines.iter().map(|l| pretty(l)).collect::<Vec<_>>().join(",\n")).into_bytes()
    }),
    ("a list of the time and the record each", |lines| {
        lines.iter().map(|line| format!("[1771335400.5,{line}]\n")).collect::<String>().into_bytes()
    }),
    ("a table", |lines| table(lines, "rows", |name| json!({"name": name, "type": "dynamic"}))),
    ("a data frame", |lines| table(lines, "data", |name| name.into())),
    ("a data frame by its index", |lines| {
        let rows = lines.iter().enumerate().map(|(at, line)| (at.to_string(), parse(line)));
        rows.collect::<Value>().to_string().into_bytes()
    }),
    ("a NUL after each", |lines| lines.join("\0").into_bytes()),
    ("pretty, one behind the other", |lines| {
        lines.iter().map(|l| pretty(l)).collect::<Vec<_>>().join("\n").into_bytes()
    }),
    ("all on one line", |lines| lines.concat().into_bytes()),
    ("two on a line", |lines| lines.chunks(2).map(<[&str]>::concat).collect::<Vec<_>>().join("\n").into_bytes()),
    ("other blanks and order", |lines| {
        lines.iter().map(|l| respaced(&parse(l)) + "\n").collect::<String>().into_bytes()
    }),
    ("a line cut in the middle", |lines| {
        let (before, after) = lines.split_at(lines.len() / 2);
        let cut = &lines[0][..lines[0].len() * 2 / 3];
        format!("{}\n{cut}\n{}\n", before.join("\n"), after.join("\n")).into_bytes()
    }),
    ("a line each, in quotes", |lines| {
        lines.iter().map(|line| Value::from(*line).to_string() + "\n").collect::<String>().into_bytes()
    }),
    ("a column of CSV", |lines| rows(lines, ",")),
    ("a column between semicolons", |lines| rows(lines, ";")),
    ("a column between tabs", |lines| rows(lines, "\t")),
    ("no value is NaN", |lines| {
        let with = |line: &&str| {
            format!("{},\"x\":NaN,\"y\":-Infinity,\"z\":Infinity}}\n", line.strip_suffix('}').expect("an object"))
        };
        lines.iter().map(with).collect::<String>().into_bytes()
    }),
];

/// A wrapper around one record's text.
pub type Wrapper = fn(&str) -> String;

/// Wrappers of any record, by name.
pub const WRAPPERS: &[(&str, Wrapper)] = &[
    ("Splunk export", |r| {
        json!({"preview": false, "offset": 0, "result": {"_raw": r, "host": HOST, "_time": "1"}}).to_string()
    }),
    ("Splunk raw", |r| json!({"_time": 1_771_335_300, "host": HOST, "source": "x", "_raw": r}).to_string()),
    ("Elastic original", |r| {
        json!({"@timestamp": "2026-02-17T13:05:20Z", "host": {"name": HOST}, "event": {"original": r}}).to_string()
    }),
    ("Filebeat", |r| {
        let agent = json!({"type": "filebeat", "version": "8.1"});
        json!({"@timestamp": "2026-02-17T13:05:20Z", "agent": agent, "ecs": {"version": "8.0"}, "host": {"name": HOST}, "message": r}).to_string()
    }),
    ("a module of Filebeat", |r| {
        let event = json!({"module": "auditd", "dataset": "auditd.log"});
        json!({"@timestamp": "2026-02-17T13:05:20Z", "event": event, "host": {"name": HOST}, "message": r}).to_string()
    }),
    ("a hit of Filebeat", |r| json!({"_index": "x", "_source": {"message": r, "host.name": HOST}}).to_string()),
    ("Wazuh", |r| {
        let agent = json!({"id": "007", "name": HOST});
        json!({"timestamp": "2026-02-17T13:05:20.000+0000", "agent": agent, "manager": {"name": "m"}, "full_log": r, "decoder": {}}).to_string()
    }),
    ("Fluent Bit", |r| json!({"date": 1_771_335_300.5, "log": r, "hostname": HOST}).to_string()),
    ("Vector", |r| {
        json!({"message": r, "host": HOST, "source_type": "file", "timestamp": "2026-02-17T13:05:20Z"}).to_string()
    }),
    ("Vector around Fluent Bit", |r| {
        let inner = json!({"log": r, "stream": "stdout"}).to_string();
        json!({"message": inner, "host": HOST}).to_string()
    }),
    ("journald's bytes", |r| json!({"_HOSTNAME": HOST, "MESSAGE": r.as_bytes()}).to_string()),
    ("a list with the original", |r| json!({"host": {"name": HOST}, "event": {"original": [r]}}).to_string()),
    ("OpenTelemetry, a plain body", |r| {
        json!({"resource": {"attributes": {"host.name": HOST}}, "body": r, "severity": 9}).to_string()
    }),
    ("OpenTelemetry, the host in a map", |r| {
        let name = json!({"key": "name", "value": {"stringValue": HOST}});
        let host = json!({"key": "host", "value": {"kvlistValue": {"values": [name]}}});
        let count = json!({"key": "count", "value": {"intValue": "4"}});
        let record = json!({"body": {"stringValue": r}, "attributes": [{"key": "ok", "value": {"boolValue": true}}]});
        let logs = json!({"resource": {"attributes": [count, host]}, "scopeLogs": [{"logRecords": [record]}]});
        json!({"resourceLogs": [logs]}).to_string()
    }),
    ("OpenTelemetry, a list of bodies", |r| {
        let name = json!({"key": "host.name", "value": {"stringValue": HOST}});
        let body = json!({"arrayValue": {"values": [{"stringValue": r}]}});
        let logs = json!({"scopeLogs": [{"logRecords": [{"body": body, "attributes": [name]}]}]});
        json!({"resourceLogs": [logs]}).to_string()
    }),
    ("journald", |r| {
        json!({"__REALTIME_TIMESTAMP": "1771335400001200", "_HOSTNAME": HOST, "_TRANSPORT": "stdout", "MESSAGE": r})
            .to_string()
    }),
    ("GELF", |r| {
        json!({"version": "1.1", "host": HOST, "short_message": &r[..10], "full_message": r, "_file": "x"}).to_string()
    }),
    ("GELF, short", |r| json!({"version": "1.1", "host": HOST, "short_message": r}).to_string()),
    ("MaxPatrol", |r| {
        json!({"body": r, "recv_time": "2026-02-17T13:05:20Z", "recv_ipv4": "192.0.2.1", "uuid": "0", "host": HOST})
            .to_string()
    }),
    ("OpenTelemetry", |r| {
        let record = json!({"timeUnixNano": "1771335400001200000", "body": {"stringValue": r}, "attributes": []});
        let name = json!({"key": "host.name", "value": {"stringValue": HOST}});
        let logs = json!({"resource": {"attributes": [{"key": "os.type", "value": {"stringValue": "x"}}, name]}, "scopeLogs": [{"scope": {}, "logRecords": [record]}]});
        json!({"resourceLogs": [logs]}).to_string()
    }),
    ("CloudWatch", |r| json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": r}]}).to_string()),
    ("syslog of RFC 5424", |r| format!("<14>1 2026-02-17T13:05:20.000Z {HOST} app 2880 - - {r}")),
    ("syslog of RFC 3164", |r| format!("<14>Feb 17 13:05:20 {HOST} app[2880]: {r}")),
    ("syslog with its length", |r| {
        let message = format!("<14>1 2026-02-17T13:05:20.000Z {HOST} app 2880 - - {r}");
        format!("{} {message}", message.len())
    }),
    ("syslog with a cookie", |r| format!("<14>Feb 17 13:05:20 {HOST} app: @cee: {r}")),
    ("a file of syslog", |r| format!("2026-02-17T13:05:20.000000+00:00 {HOST} app[1]: {r}")),
    ("a relay's JSON", |r| json!({"timestamp": "2026-02-17T13:05:20Z", "hostname": HOST, "msg": r}).to_string()),
    ("Loki, pushed", |r| {
        json!({"streams": [{"stream": {"host": HOST}, "values": [["1771335400001200000", r]]}]}).to_string()
    }),
    ("a queue's message", |r| json!({"topic": "t", "partition": 0, "key": null, "value": r, "host": HOST}).to_string()),
    ("a member of an unknown name", |r| json!({"id": 7, "theLineAsItCame": r, "host": HOST}).to_string()),
    ("NXLog around a line", |r| {
        json!({"EventReceivedTime": "2026-02-17 13:05:20", "SourceModuleName": "in", "SourceModuleType": "im_file", "raw_event": r, "host": HOST})
            .to_string()
    }),
    ("a relay's JSON in syslog", |r| {
        format!("<14>1 2026-02-17T13:05:20.000Z relay app 1 - - {}", json!({"msg": r, "host": HOST}))
    }),
];

/// Wrappers that hold a JSON record as an object, by name.
pub const WRAPPERS_OF_JSON: &[(&str, Wrapper)] = &[
    ("a hit", |r| json!({"_index": "x", "_id": "1", "_source": parse(r)}).to_string()),
    ("a list of an unknown name", |r| json!({"count": 1, "entriesFound": [parse(r)]}).to_string()),
    ("a map of OpenTelemetry", |r| {
        let record = json!({"timeUnixNano": "1771335400001200000", "body": any_value(&parse(r))});
        json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [record]}]}]}).to_string()
    }),
    ("the collector, its time first", |r| format!(r#"{{"time":1771335400.5,"host":"{HOST}","event":{r}}}"#)),
    ("a body", |r| json!({"body": parse(r), "host": HOST}).to_string()),
    ("a message", |r| json!({"message": parse(r), "@timestamp": "2026-02-17T13:05:20Z"}).to_string()),
    ("the collector", |r| json!({"time": 1, "host": HOST, "event": parse(r)}).to_string()),
    ("search answer", |r| json!({"took": 1, "hits": {"total": 1, "hits": [{"_source": parse(r)}]}}).to_string()),
];

/// Wrappers that split the record of one format into members, by name.
pub const WRAPPERS_OF: &[(&str, Format, Wrapper)] = &[
    ("Wazuh's fields", Format::EvtxJson, wazuh),
    ("Wazuh's fields, flattened", Format::EvtxJson, |r| flattened(&parse(&wazuh(r)))),
    ("GELF's fields", Format::WindowsFlatJson, gelf),
    ("fields of a hit", Format::EcsJson, |r| json!({"_index": "x", "_id": "1", "fields": fields(r)}).to_string()),
    ("fields of hits", Format::EcsJson, |r| {
        json!({"took": 1, "hits": {"hits": [{"_index": "x", "_score": null, "fields": fields(r)}]}}).to_string()
    }),
    ("fields without their hit", Format::EcsJson, |r| fields(r).to_string()),
    ("journald's audit", Format::Auditd, journald),
    ("go-audit", Format::Auditd, go_audit),
    ("the kernel's log", Format::Auditd, |r| {
        let (kind, rest) = r.strip_prefix("type=").and_then(|r| r.split_once(" msg=")).expect("a record of auditd");
        format!("Feb 17 13:05:20 {HOST} kernel: [ 1234.000001] audit: type={} {rest}", kind_number(kind))
    }),
];

/// Wazuh's field names begin with a small letter, and its backslashes are escaped twice.
fn wazuh(record: &str) -> String {
    let event = &parse(record)["Event"];
    let system = &event["System"];
    let small = |name: &str| name[..1].to_lowercase() + &name[1..];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let data = event["EventData"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let data: Value = data.map(|(name, value)| (small(name), text(value).replace('\\', "\\\\"))).collect();
    let win = json!({"system": {"providerName": system["Provider"]["#attributes"]["Name"], "eventID": text(&system["EventID"]),
        "systemTime": system["TimeCreated"]["#attributes"]["SystemTime"], "computer": system["Computer"],
        "channel": system["Channel"], "eventRecordID": text(&system["EventRecordID"])}, "eventdata": data});
    json!({"agent": {"name": HOST}, "data": {"win": win}, "decoder": {"name": "windows_eventchannel"}}).to_string()
}

/// The value with dotted names instead of objects.
fn flattened(value: &Value) -> String {
    fn add(path: &str, value: &Value, out: &mut serde_json::Map<String, Value>) {
        match value.as_object() {
            Some(members) => {
                for (name, value) in members {
                    add(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, out);
                }
            }
            None => drop(out.insert(path.into(), value.clone())),
        }
    }
    let mut out = serde_json::Map::new();
    add("", value, &mut out);
    Value::Object(out).to_string()
}

/// Elasticsearch exports every field under its dotted name as a list of the values that it has in the document.
fn fields(record: &str) -> Value {
    fn add(path: &str, value: &Value, out: &mut serde_json::Map<String, Value>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    add(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, out);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| add(path, value, out)),
            _ => out.entry(path).or_insert_with(|| json!([])).as_array_mut().expect("a list").push(value.clone()),
        }
    }
    let mut out = serde_json::Map::new();
    add("", &parse(record), &mut out);
    Value::Object(out)
}

fn gelf(record: &str) -> String {
    let members = parse(record);
    let members = members.as_object().into_iter().flatten().map(|(name, value)| (format!("_{name}"), value.clone()));
    let head = [("version", "1.1"), ("host", HOST), ("short_message", "m")];
    let head = head.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    head.chain(members).collect::<Value>().to_string()
}

/// journald stores type, time and serial number of an audit record apart from its text.
fn journald(record: &str) -> String {
    let parts = record.strip_prefix("type=").and_then(|rest| rest.split_once(" msg=audit("));
    let parts = parts.and_then(|(kind, rest)| Some((kind, rest.split_once("): ")?)));
    let (kind, (id, text)) = parts.expect("a record of auditd");
    let (time, serial) = id.split_once(':').expect("a time and a serial number");
    json!({"_TRANSPORT": "audit", "_HOSTNAME": HOST, "_AUDIT_TYPE_NAME": kind, "_AUDIT_ID": serial,
        "_SOURCE_REALTIME_TIMESTAMP": time.replace('.', "") + "000", "MESSAGE": format!("{kind} {text}")})
    .to_string()
}

fn go_audit(record: &str) -> String {
    let parts = record.strip_prefix("type=").and_then(|rest| rest.split_once(" msg=audit("));
    let parts = parts.and_then(|(kind, rest)| Some((kind, rest.split_once("): ")?)));
    let (kind, (id, text)) = parts.expect("a record of auditd");
    let (time, serial) = id.split_once(':').expect("a time and a serial number");
    let serial: u64 = serial.parse().expect("a number");
    json!({"sequence": serial, "timestamp": time, "messages": [{"type": kind_number(kind), "data": text}], "host": HOST})
        .to_string()
}

/// The kernel's number for a type of audit record.
fn kind_number(kind: &str) -> u32 {
    match kind {
        "SYSCALL" => 1300,
        "PATH" => 1302,
        "SOCKADDR" => 1306,
        "CWD" => 1307,
        "EXECVE" => 1309,
        "OBJ_PID" => 1318,
        "EOE" => 1320,
        "PROCTITLE" => 1327,
        other => panic!("no number for {other}"),
    }
}

/// The host that wrappers name.
pub const HOST: &str = "wren.example.test";

/// A value as OpenTelemetry writes one that may be of any type.
fn any_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(flag) => json!({ "boolValue": flag }),
        Value::Number(n) if n.is_f64() => json!({ "doubleValue": n }),
        Value::Number(n) => json!({ "intValue": n.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(list) => json!({ "arrayValue": { "values": list.iter().map(any_value).collect::<Vec<_>>() } }),
        Value::Object(members) => {
            let pairs: Vec<Value> =
                members.iter().map(|(key, value)| json!({ "key": key, "value": any_value(value) })).collect();
            json!({ "kvlistValue": { "values": pairs } })
        }
    }
}

/// A table with a column for each member.
fn table(lines: &[&str], rows: &str, column: fn(&str) -> Value) -> Vec<u8> {
    let records: Vec<Value> = lines.iter().map(|line| parse(line)).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in records.iter().filter_map(Value::as_object).flat_map(|members| members.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let cells = |record: &Value| names.iter().map(|name| record[*name].clone()).collect::<Value>();
    let (columns, cells): (Value, Value) =
        (names.iter().map(|n| column(n)).collect(), records.iter().map(cells).collect());
    json!({"tables": [{"name": "PrimaryResult", "columns": columns, rows: cells}]}).to_string().into_bytes()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).expect("a record is JSON")
}

fn pretty(line: &str) -> String {
    serde_json::to_string_pretty(&parse(line)).expect("it is JSON")
}

/// The second half of a line.
fn tail(line: &str) -> &str {
    let mut at = line.len() / 2;
    while !line.is_char_boundary(at) {
        at += 1;
    }
    &line[at..]
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// The value with members in reverse order and blanks wherever JSON allows them.
fn respaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().rev().map(|(k, v)| format!("{} :\t{}", Value::from(k.as_str()), respaced(v))).collect();
            format!("{{ {} }}", members.join(" , "))
        }
        Value::Array(list) => format!("[ {} ]", list.iter().map(respaced).collect::<Vec<_>>().join(" , ")),
        other => other.to_string(),
    }
}
