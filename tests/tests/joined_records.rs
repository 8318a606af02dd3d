//! Several records on one line: evidence cites each by its own id, and none counts as a duplicate of another.

use std::collections::BTreeSet;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};

fn alerts(format: Format, bytes: &[u8]) -> Vec<Alert> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, bytes);
    engine.close_stream(stream);
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).collect()
}

/// The content of alerts and their evidence, without the places of records.
fn cited(alerts: &[Alert]) -> BTreeSet<(String, String, Vec<String>)> {
    let ids = |alert: &Alert| alert.evidence.iter().filter_map(|e| e.source_id.clone()).collect();
    alerts.iter().map(|alert| (alert.code.clone(), alert.id.clone(), ids(alert))).collect()
}

#[test]
fn audit_records_on_one_line_raise_and_cite_what_they_do_on_their_own() {
    let mut evidence = 0;
    for scenario in scenario::all() {
        let Ok(files) = scenario.render(Telemetry::Auditd) else { continue };
        for file in files {
            let lines: Vec<&[u8]> = file.bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()).collect();
            let alone = cited(&alerts(file.format, &file.bytes));
            assert_eq!(cited(&alerts(file.format, &lines.join(&b" "[..]))), alone, "{}", scenario.id());
            evidence += alone.iter().filter(|(.., ids)| ids.len() > 1).count();
        }
    }
    assert!(evidence > 30, "{evidence} alerts cite more than one record");
}

/// Sysmon's records of a service that runs a shell which writes to a pipe.
fn event(number: u32, id: u32, data: &[(&str, &str)]) -> String {
    let data: String = data.iter().map(|(name, value)| format!("<Data Name=\"{name}\">{value}</Data>")).collect();
    format!(
        "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider Name=\
         \"Microsoft-Windows-Sysmon\"/><EventID>{id}</EventID><TimeCreated SystemTime=\"2026-02-17T13:05:2{number}.0Z\"/>\
         <EventRecordID>{}</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>lark</Computer>\
         </System><EventData>{data}</EventData></Event>",
        4100 + number
    )
}

fn scenario() -> Vec<String> {
    const MAKER: &str = "{3c51d0a2-8394-67f1-12cc-000000001c00}";
    const SHELL: &str = "{3c51d0a2-8395-67f1-13cc-000000001c00}";
    const SERVICES: &str = "{3c51d0a2-0000-67f1-0001-000000001c00}";
    let maker = r"C:\Users\finch\Downloads\setup_helper.exe";
    vec![
        event(
            1,
            1,
            &[
                ("UtcTime", "2026-02-17 13:05:21.000"),
                ("ProcessGuid", MAKER),
                ("ProcessId", "4812"),
                ("Image", maker),
                ("CommandLine", maker),
                ("User", r"MEADOW\finch"),
                ("IntegrityLevel", "High"),
            ],
        ),
        event(
            2,
            17,
            &[
                ("UtcTime", "2026-02-17 13:05:22.000"),
                ("ProcessGuid", MAKER),
                ("ProcessId", "4812"),
                ("Image", maker),
                ("EventType", "CreatePipe"),
                ("PipeName", r"\kqxzvb"),
            ],
        ),
        event(
            3,
            1,
            &[
                ("UtcTime", "2026-02-17 13:05:23.000"),
                ("ProcessGuid", SHELL),
                ("ProcessId", "5100"),
                ("Image", r"C:\Windows\System32\cmd.exe"),
                ("CommandLine", r"C:\Windows\system32\cmd.exe /c echo kqxzvb &gt; \\.\pipe\kqxzvb"),
                ("User", r"NT AUTHORITY\SYSTEM"),
                ("IntegrityLevel", "System"),
                ("ParentProcessGuid", SERVICES),
                ("ParentProcessId", "700"),
                ("ParentImage", r"C:\Windows\System32\services.exe"),
            ],
        ),
        event(
            4,
            18,
            &[
                ("UtcTime", "2026-02-17 13:05:24.000"),
                ("ProcessGuid", SHELL),
                ("ProcessId", "5100"),
                ("Image", r"C:\Windows\system32\cmd.exe"),
                ("EventType", "ConnectPipe"),
                ("PipeName", r"\kqxzvb"),
            ],
        ),
    ]
}

#[test]
fn events_on_one_line_of_xml_are_cited_each() {
    let whole = cited(&alerts(Format::WindowsXml, format!("<Events>{}</Events>", scenario().concat()).as_bytes()));
    assert_eq!(whole, cited(&alerts(Format::WindowsXml, scenario().join("\n").as_bytes())));
    let of = |code: &str| whole.iter().find(|(known, ..)| known == code).map(|(.., ids)| ids.clone());
    assert_eq!(of("W02").expect("the scenario is one of W02"), ["4102", "4103", "4104"]);
}

#[test]
fn rows_of_a_snapshot_without_numbers_are_no_repetitions() {
    let row = |pid: u32| {
        format!(
            "{{\"pid\":\"{pid}\",\"path\":\"/bin/ls\",\"cmdline\":\"ls\",\"parent\":\"1\",\"time\":\"1700000000\",\"event_type\":\"exec\"}}"
        )
    };
    let line = format!(
        "{{\"name\":\"q\",\"hostIdentifier\":\"m1\",\"unixTime\":1700000000,\"action\":\"snapshot\",\"snapshot\":[{},{}]}}\n",
        row(77),
        row(78)
    );
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(Format::OsqueryJson));
    engine.feed_bytes(stream, line.as_bytes());
    assert_eq!((engine.stats().events, engine.stats().duplicates), (2, 0));
    engine.feed_bytes(stream, line.as_bytes());
    assert_eq!(
        (engine.stats().events, engine.stats().duplicates),
        (2, 2),
        "both records of the repeated line are duplicates"
    );
}
