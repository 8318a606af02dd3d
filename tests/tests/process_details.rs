//! What a source says of a process stands in the alert: hash, signer, working folder, login user, session and integrity.
//!
//! The records are those of the cases of the decoders. Where the record of a case lacks a detail that its source gives,
//! the detail is added.

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::document::text;
use serde_json::{Value, json};

/// A record of a source, and what an alert says of the process that it shows to start.
struct Source {
    /// The file of cases and the name of the case.
    case: (&'static str, &'static str),
    format: Format,
    /// A text of the record, and what takes its place.
    with: Option<(&'static str, &'static str)>,
    said: Value,
}

fn sources() -> Vec<Source> {
    let source = |case, format, with, said| Source { case, format, with, said };
    vec![
        source(
            ("auditd", "execve"),
            Format::Auditd,
            None,
            json!({"auid": 1000, "session": "4", "working_folder": "/srv/app", "uid": 1000}),
        ),
        source(
            ("laurel", "exec"),
            Format::LaurelJson,
            None,
            json!({"auid": 1000, "session": "4", "working_folder": "/srv/%x"}),
        ),
        source(
            ("evtx", "sysmon 1"),
            Format::EvtxJson,
            Some((r#""IntegrityLevel":"#, r#""Hashes":"SHA256=AB12","IntegrityLevel":"#)),
            json!({"session": "0x3f2a", "integrity": "medium", "working_folder": "C:\\Tools", "hash": "SHA256=AB12"}),
        ),
        source(
            ("ecs", "a start as the pipeline leaves it"),
            Format::EcsJson,
            Some((r#""working_directory":"#, r#""hash":{"sha256":"ab12"},"working_directory":"#)),
            json!({"session": "0x3f2a", "integrity": "high", "working_folder": "C:\\Tools", "hash": "ab12"}),
        ),
        source(
            ("ecs", "a start of the Security log"),
            Format::EcsJson,
            None,
            json!({"session": "0x274a2", "integrity": "high"}),
        ),
        source(
            ("defender", "DeviceProcessEvents"),
            Format::DefenderJson,
            Some((r#""FolderPath":"#, r#""SHA1":"cd34","SHA256":"ab12","FolderPath":"#)),
            json!({"session": "0x3e7", "integrity": "system", "hash": "ab12"}),
        ),
        source(
            ("elastic_macos", "an exec"),
            Format::EcsJson,
            Some((r#""args_count":"#, r#""hash":{"sha256":"ab12"},"working_directory":"/srv","args_count":"#)),
            json!({"signer": "tool-1", "working_folder": "/srv", "hash": "ab12"}),
        ),
        source(
            ("eslogger", "exec"),
            Format::EsloggerJson,
            Some((r#""cdhash":"00"},"cwd":"#, r#""cdhash":"AB12"},"cwd":"#)),
            json!({
                "auid": 501, "session": "100007", "working_folder": "/Users/kim", "signer": "com.apple.osascript",
                "hash": "CDHASH=AB12",
            }),
        ),
        source(
            ("osquery", "process_events"),
            Format::OsqueryJson,
            Some((r#""auid":"4294967295""#, r#""auid":"501","team_id":"ABCD123456","cdhash":"ab12""#)),
            json!({"auid": 501, "working_folder": "/tmp", "signer": "ABCD123456", "hash": "CDHASH=ab12"}),
        ),
        source(
            ("osquery_linux", "process_events"),
            Format::OsqueryJson,
            Some((r#""auid":"4294967295""#, r#""auid":"1000""#)),
            json!({"auid": 1000, "working_folder": "/srv/app"}),
        ),
        source(
            ("santa", "an execution"),
            Format::SantaJson,
            Some((
                r#"{"path": "/private/tmp/tool", "truncated": false}"#,
                r#"{"path": "/private/tmp/tool", "truncated": false, "hash": {"type": "HASH_ALGO_SHA256", "hash": "ab12"}}"#,
            )),
            json!({"working_folder": "/srv", "signer": "tool-1", "hash": "ab12"}),
        ),
        source(
            ("santa_log", "executions"),
            Format::SantaLog,
            None,
            json!({"pid": 72000, "hash": "aa", "signer": "ABCD123456"}),
        ),
    ]
}

/// A rule for each platform that raises an alert about every start of a process.
fn catalog() -> Catalog {
    let behavior = |code: &str, platform: &str| {
        json!({
            "code": code, "id": format!("{platform}.process.any"), "title": "A process starts", "severity": "low",
            "techniques": ["T1559"], "sources": ["none"], "anchor": "process", "window": "1s",
            "clauses": {"start": "ipc 600: process_start bind A"}, "require": "start",
        })
    };
    let rules = json!({"behaviors": [behavior("W90", "win"), behavior("L90", "linux"), behavior("M90", "mac")]});
    Catalog::builtin().extend(rules.to_string().as_bytes()).expect("valid rules")
}

#[test]
fn alerts_say_of_a_process_what_its_source_says() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for Source { case: (file, name), format, with, said } in sources() {
        let cases: Value = serde_json::from_str(&text(&format!("tests/cases/decode/{file}.json"))).expect("JSON");
        let case = cases.as_array().expect("a list").iter().find(|case| case["name"] == name).expect("a case");
        let lines = case["input"].as_array().expect("lines").iter().filter_map(Value::as_str);
        let mut input: String = lines.map(|line| format!("{line}\n")).collect();
        if let Some((text, instead)) = with {
            assert!(input.contains(text), "{file}: no {text}");
            input = input.replacen(text, instead, 1);
        }
        let mut engine = Engine::new(catalog.clone(), Policy::default(), Limits::default());
        let stream = engine.open_stream(StreamOptions::new(format));
        engine.feed_bytes(stream, input.as_bytes());
        engine.close_stream(stream);
        engine.flush();
        let alerts = std::iter::from_fn(|| engine.poll_alert());
        let mut alerts = alerts.map(|alert| serde_json::from_str::<Value>(&alert.to_json()).expect("JSON"));
        let Some(alert) = alerts.find(|alert| said["pid"].is_null() || alert["actor"]["pid"] == said["pid"]) else {
            wrong.push(format!("{file}, {name}: no alert"));
            continue;
        };
        for (detail, value) in said.as_object().expect("an object") {
            let found = &alert["actor"][detail];
            if found != value {
                wrong.push(format!("{file}, {name}: {detail} is {found} and not {value}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
