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

/// Files of rows whose cells are the members of a record, with the format and the number of events.
#[test]
fn a_row_is_a_record_under_any_header() {
    let unified = "2026-02-17T13:05:20.004Z,Log,Debug,com.apple.appleevents,10,512,501,/l,U,0,main,/usr/bin/osascript,P,\
        \"sendToSelf(), event={syso,exec target='psn '[osascript] {----=utxt(4/$69006400)} attr:{} returnID=7}\",%s,B,Pacific";
    let reader = "f\t1\t2\t2026-02-17 13:05:20.004000\t10\tDebug\t0\t0\t512\t501\t0\tosascript\tAE\tcom.apple.appleevents\tmain\
        \t\t\t1\tU\tP\t/l\t/usr/bin/osascript\tsendToSelf(), event={syso,exec target='psn '[osascript] {----=utxt(4/$69006400)} \
        attr:{} returnID=7}";
    let sysmon = "\"Pipe Created:\nUtcTime: 2026-02-17 13:05:20.004\nProcessGuid: {11111111-2222-3333-4444-555555555501}\n\
        ProcessId: 500\nPipeName: \\elm\nImage: C:\\a.exe\"";
    let of_viewer = |names: &str, time: &str| {
        format!("{names}\r\nInfo,{time},Microsoft-Windows-Sysmon,17,Pipe Created (rule: PipeEvent),{sysmon}\r\n")
    };
    let elastic = "\"@timestamp\",\"winlog.channel\",\"winlog.event_id\",\"winlog.provider_name\",\"winlog.event_data.PipeName\",\
        \"winlog.event_data.Image\",\"winlog.event_data.ProcessId\",\"_id\"\n\"Feb 17, 2026 @ 13:05:20.004\",\
        \"Microsoft-Windows-Sysmon/Operational\",17,\"Microsoft-Windows-Sysmon\",\"\\elm\",\"C:\\a.exe\",500,x\n";
    let wazuh = "_source.agent.name,_source.data.win.system.providerName,_source.data.win.system.eventID,\
        _source.data.win.eventdata.image,_source.data.win.eventdata.processGuid,_source.data.win.system.systemTime,\
        _source.data.win.eventdata.pipeName,_source.data.win.system.channel\nelm,Microsoft-Windows-Sysmon,17,C:\\\\a.exe,\
        {11111111-2222-3333-4444-555555555501},2026-02-17T13:05:20.004Z,\\\\elm,Microsoft-Windows-Sysmon/Operational\n";
    for (text, format) in [
        (
            format!(
                "Timestamp,Event Type,Log Type,Subsystem,Thread ID,PID,EUID,Library,Library UUID,Activity ID,Category,\
                 Process,Process UUID,Message,Raw Message,Boot UUID,System Timezone Name\n{unified}\n"
            ),
            Format::UnifiedLogJson,
        ),
        (
            format!(
                "File\tDecompFilePos\tContinuousTime\tTimeUtc\tThread\tType\tActivityID\tParentActivityID\tProcessID\t\
                 EffectiveUID\tTTL\tProcessName\tSenderName\tSubsystem\tCategory\tSignpostName\tSignpostInfo\t\
                 ImageOffset\tSenderUUID\tProcessImageUUID\tSenderImagePath\tProcessImagePath\tMessage\n{reader}\n"
            ),
            Format::UnifiedLogJson,
        ),
        (of_viewer("Level,Date and Time,Source,Event ID,Task Category", "2/17/2026 1:05:20 PM"), Format::Csv),
        (
            of_viewer("Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie", "17.02.2026 14:05:20"),
            Format::GetWinEventJson,
        ),
        (
            of_viewer("Niveau,Date et heure,Source,ID de l’événement,Catégorie de la tâche", "17/02/2026 14:05:20"),
            Format::GetWinEventJson,
        ),
        (
            of_viewer("レベル,日付と時刻,ソース,イベント ID,タスクのカテゴリ", "2026/02/17 22:05:20"),
            Format::GetWinEventJson,
        ),
        (elastic.into(), Format::EcsJson),
        (wazuh.into(), Format::WindowsFlatJson),
    ] {
        assert_eq!(recognized(text.as_bytes()), (vec![format], 1), "{text}");
    }
    let foreign = "name,age,city of birth\nann,7,oak\nben,9,elm\n".repeat(20);
    assert_eq!(recognized(foreign.as_bytes()), (vec![], 0));
}
