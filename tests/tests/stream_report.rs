//! The content of a stream's report.

use ipcsentry::decode::{DecodeErrorKind, Format};
use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions, StreamReport};

fn report(options: StreamOptions, text: &[u8]) -> StreamReport {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(options);
    engine.feed_bytes(stream, text);
    let report = engine.close_stream(stream);
    assert!(engine.stream_report(stream).is_none(), "a closed stream has handed it over");
    *report.closed.expect("closing reports")
}

const START: &[u8] = b"type=SYSCALL msg=audit(1771335300.000:1601): arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1403 pid=1410 auid=1000 uid=1000 gid=1000 euid=1000 tty=pts0 ses=3 comm=\"bash\" exe=\"/usr/bin/bash\" key=\"ipc\"\n";
const LOGOFF: &[u8] = br##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4634,"Channel":"Security"},"EventData":{}}}"##;

#[test]
fn a_report_says_whether_anything_was_judged() {
    let cases: &[(&[u8], Judged)] = &[
        (b"", Judged::Empty),
        (b"\n  \n", Judged::Empty),
        (b"10.0.0.1 - - \"GET / HTTP/1.1\" 200\n", Judged::UnknownFormat),
        (START, Judged::Yes),
        (LOGOFF, Judged::NothingOfInterest),
        (b"type=SYSCALL msg=audit(17713x)\n", Judged::UnknownFormat),
        // Wrappers without a record, and with one of no known format.
        (br#"{"_index":"x","fields":{}}"#, Judged::UnknownFormat),
        (br#"{"_index":"x","_source":{}}"#, Judged::UnknownFormat),
        (br#"{"_raw":"","host":"wren"}"#, Judged::UnknownFormat),
        (br#"{"_raw":"{\"a\":1}","host":"wren"}"#, Judged::UnknownFormat),
        (br#"{"hits":{"total":0,"hits":[]}}"#, Judged::UnknownFormat),
        (
            br#"{"@timestamp":"2026-02-17T13:05:20Z","ecs":{"version":"8"},"message":"of no known format"}"#,
            Judged::NothingDecoded,
        ),
        (
            br#"{"_index":"x","_source":{"@timestamp":"2026-02-17T13:05:20Z","ecs":{"version":"8"}}}"#,
            Judged::NothingDecoded,
        ),
        // Records that do not say what they are from.
        (br#"{"winlog":{}}"#, Judged::NothingDecoded),
        (br#"{"auditd":{}}"#, Judged::NothingDecoded),
        (
            br#"{"_index":"x","fields":{"winlog.event_id":["1"],"@timestamp":["2026-02-17T13:05:20Z"]}}"#,
            Judged::NothingDecoded,
        ),
        (br#"{"EventID":1,"Hostname":"wren","EventTime":"2026-02-17 13:05:20"}"#, Judged::NothingDecoded),
        // The action of a system that is not named.
        (
            br#"{"@timestamp":"2026-02-17T13:05:20Z","event":{"module":"endpoint","category":["process"],"action":"exec"}}"#,
            Judged::NothingDecoded,
        ),
        // Records that say so.
        (
            br#"{"@timestamp":"2026-02-17T13:05:20Z","event":{"module":"nginx"},"ecs":{"version":"8"}}"#,
            Judged::NothingOfInterest,
        ),
        (
            br#"{"_index":"x","fields":{"winlog.channel":["Security"],"event.code":["4634"]}}"#,
            Judged::NothingOfInterest,
        ),
    ];
    for (text, judged) in cases {
        let report = report(StreamOptions::recognize(), text);
        assert_eq!(report.judged(), *judged, "{}: {report:?}", String::from_utf8_lossy(text));
    }
    let report = report(StreamOptions::new(Format::EvtxJson), START);
    assert_eq!(report.judged(), Judged::NothingDecoded);
    assert_eq!(report.errors[0].kind, DecodeErrorKind::Malformed);
    assert_eq!(report.errors[0].first[0].record, 0);
}

/// What a user sees when no record was of interest.
#[test]
fn documents_of_other_modules_are_named() {
    let text = br#"{"@timestamp":"2026-02-17T13:05:20Z","event":{"module":"nginx","dataset":"nginx.access"},"ecs":{}}
{"@timestamp":"2026-02-17T13:05:20Z","data_stream":{"dataset":"system.cpu"},"ecs":{}}
{"@timestamp":"2026-02-17T13:05:20Z","event":{"module":"endpoint","action":"fork"},"host":{"os":{"type":"linux"}}}
"#;
    let report = report(StreamOptions::recognize(), text);
    let names: Vec<&str> = report.ignored.iter().map(|kind| kind.what.trim()).collect();
    assert_eq!(names, ["nginx", "system.cpu", "endpoint fork"], "{report:?}");
}
