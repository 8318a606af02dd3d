//! The macOS decoders neither panic nor grow without bound on any bytes, and formats are recognized.

use ipcsentry::decode::{Format, Record};
use ipcsentry_tests::{Decoded, survive};

const FILES: [&str; 5] = ["eslogger", "unified_text", "unified_json", "tcc", "osquery"];

#[test]
fn cut_and_damaged_lines_do_no_harm() {
    survive::cut_and_damage(&FILES);
}

#[test]
fn what_is_held_has_a_bound() {
    let tcc = |n: u32| format!("AUTHREQ_SUBJECT: msgID=1.{n}, subject={}", "s".repeat(50_000));
    let ae = |n: u32| format!("sendToSelf(), event={{syso,dlog target='psn '[x] {{}} returnID={n}}}");
    let head = "2026-04-02 09:10:11.000001+1200 0x1 Debug 0x0 5 0 tccd: ";
    let mut decoder = Format::UnifiedLogText.decoder();
    let mut decoded = Decoded::default();
    for number in 0..3_000 {
        let lines = [
            format!("{head}[com.apple.TCC:access] {}", tcc(number)),
            format!("{head}[com.apple.appleevents:main] {}", ae(number)),
            "a further line of it".repeat(5_000),
        ];
        for line in lines {
            decoder.record(Record { bytes: line.as_bytes(), number: number.into(), offset: 0 }, &mut decoded);
        }
    }
    assert!(decoder.held_bytes() < 4 << 20, "{}", decoder.held_bytes());
    decoder.finish(&mut decoded);
    assert_eq!((decoded.events.len(), decoded.errors.len()), (6_000, 0));
}

#[test]
fn a_stream_is_recognized_by_a_cut_first_line_and_others_are_refused() {
    let es = r#"{"event":{"exec":{"env":["A=1","B=2"#;
    let cases: [(&str, Option<Format>); 10] = [
        (es, Some(Format::EsloggerJson)),
        (r#"{"mach_time":5,"process":{"executable":{"#, Some(Format::EsloggerJson)),
        (r#"{"metadata":{"vendor":"X"},"mach_time":5,"event":{"exec":{}}}"#, Some(Format::JamfJson)),
        ("\n{\"timezoneName\":\"\",\"traceID\":1,\"eventMes", Some(Format::UnifiedLogJson)),
        ("Filtering the log data using \"x\"\n{\"traceID\":1,", Some(Format::UnifiedLogJson)),
        ("Filtering the log data using \"x\"\nTimestamp    Thread     Type", Some(Format::UnifiedLogText)),
        ("Timestamp               Ty Process[PID:TID]", Some(Format::UnifiedLogText)),
        (r#"{"columns":{"pid":"1"},"hostIdentifier":"h","#, Some(Format::OsqueryJson)),
        ("default\t13:25:50.514931-0500\ttccd\tx", Some(Format::UnifiedLogText)),
        ("default\t13:25\ttccd\tx", None),
    ];
    for (head, format) in cases {
        assert_eq!(Format::detect(head.as_bytes()), format, "{head}");
    }
}
