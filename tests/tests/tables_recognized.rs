//! A stream without a given format recognizes the formats of tables, text and CSV.

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::{decode_lines, survive};
use serde_json::{Value, json};

/// The formats that a stream recognized, and the number of events.
fn recognized(text: &[u8]) -> (Vec<Format>, u64) {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::recognize());
    engine.feed_bytes(stream, text);
    let report = engine.close_stream(stream).closed.expect("closing reports");
    (report.formats.iter().map(|seen| seen.format).collect(), report.events)
}

#[test]
fn each_case_is_recognized_as_what_it_is() {
    let files =
        ["sentinel", "defender", "velociraptor", "evtxecmd", "get_winevent", "windows_text", "hayabusa", "ocsf", "csv"];
    let mut checked = 0;
    for (format, lines) in survive::cases(&files) {
        let expected = decode_lines(format, lines.iter().map(Vec::as_slice));
        if !expected.errors.is_empty() || expected.events.is_empty() {
            continue;
        }
        let text = lines.join(&b'\n');
        let (formats, events) = recognized(&text);
        let shown = String::from_utf8_lossy(&text);
        assert_eq!((formats, events), (vec![format], expected.events.len() as u64), "{shown}");
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn an_answer_of_defenders_api_is_a_list_of_rows() {
    let row = |id: u32| {
        json!({"Timestamp": "2024-03-01T10:00:00Z", "DeviceName": "pine.example.test", "ActionType": "ProcessCreated",
            "FolderPath": "C:\\a.exe", "FileName": "a.exe", "ProcessId": id})
    };
    let answer =
        json!({"Stats": {}, "Schema": [{"Name": "Timestamp", "Type": "DateTime"}], "Results": [row(5), row(6)]});
    let pretty = serde_json::to_vec_pretty(&answer).expect("JSON");
    assert_eq!(recognized(&pretty), (vec![Format::DefenderJson], 2));
    let rows: Value = answer["Results"].clone();
    assert_eq!(recognized(rows.to_string().as_bytes()), (vec![Format::DefenderJson], 2));
}
