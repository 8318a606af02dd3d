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
