//! The Linux decoders neither panic nor grow without bound on any bytes, and formats are recognized.

use std::path::Path;

use ipcsentry::decode::{Format, Record};
use ipcsentry_tests::{Decoded, decode_lines, survive};

const FILES: [&str; 7] = ["auditd_records", "auditbeat", "falco", "kunai", "osquery_linux", "sysmon_linux", "tetragon"];

#[test]
fn cut_and_damaged_lines_do_no_harm() {
    survive::cut_and_damage(&FILES);
}

#[test]
fn wrong_types_do_no_harm() {
    for (format, lines) in survive::cases(&FILES) {
        for line in lines.iter().filter(|line| line.starts_with(b"{")) {
            let text = String::from_utf8_lossy(line);
            for (from, to) in
                [("\":\"", "\":[\""), ("\":{", "\":[{"), ("\":", "\":null,\"x\":"), (",\"", ",7,\""), ("0", "1e9")]
            {
                decode_lines(format, [text.replace(from, to).as_bytes()]);
            }
        }
    }
}

#[test]
fn huge_lines_are_not_kept() {
    let long = "x\\n".repeat(400_000);
    for (format, lines) in survive::cases(&FILES) {
        let mut decoder = format.decoder();
        let mut decoded = Decoded::default();
        for (number, line) in (0..).zip(&lines) {
            let text = String::from_utf8_lossy(line);
            let bytes = text.replace("/usr/bin/", &long);
            decoder.record(Record { bytes: bytes.as_bytes(), number, offset: 0 }, &mut decoded);
        }
        // Memory for one line, not for each.
        assert!(decoder.held_bytes() < 24 << 20, "{format:?} holds {}", decoder.held_bytes());
    }
}

#[test]
fn bad_utf8_is_kept_as_it_came() {
    let line =
        b"{\"process_exec\":{\"process\":{\"pid\":8,\"binary\":\"/tmp/\xff\"}},\"time\":\"2026-03-01T10:00:00Z\"}";
    let decoded = decode_lines(Format::TetragonJson, [&line[..]]);
    assert_eq!((decoded.events.len(), decoded.errors.len()), (1, 0));
}

#[test]
fn a_stream_is_recognized_by_a_cut_first_line_and_others_are_refused() {
    let sysmon = "Mar  1 10:00:00 elm cron[5]: x\nMar  1 10:00:01 elm sysmon: <Event><System><Provider Name=\"Linux-Sysmon\" Guid";
    let cases: [(&str, Option<Format>); 13] = [
        (r#"{"process_exec":{"process":{"exec_id":"x","#, Some(Format::TetragonJson)),
        (r#"{"time":"t","node_name":"n","process_kprobe":{"#, Some(Format::TetragonJson)),
        (r#"{"data":{"exe":{"path":"/x"}},"info":{"host":{},"event":{"na"#, Some(Format::KunaiJson)),
        (r#"{"info":{"utc_time":"t","task":{}},"data":{"anc"#, Some(Format::KunaiJson)),
        (r#"{"data":{},"info":{"version":1}}"#, None),
        (r#"{"hostname":"h","output_fields":{"evt.type":"x"},"priority":"Notice","ru"#, Some(Format::FalcoJson)),
        (r#"{"output_fields":{"evt.type":"x"}}"#, None),
        (r#"{"@timestamp":"t","ecs":{"version":"8"},"event":{"module":"auditd""#, Some(Format::EcsJson)),
        (r#"{"columns":{"syscall":"execve"},"hostIdentifier":"h","#, Some(Format::OsqueryJson)),
        (sysmon, Some(Format::WindowsXml)),
        ("Mar  1 10:00:00 elm audit: type=SYSCALL msg=audit(1.2:3): arch=c000003e", Some(Format::Auditd)),
        ("{\"ID\":\"1700000000.120:1\",\"SYSCALL\":{", Some(Format::LaurelJson)),
        (r#"{"level":"info","msg":"x"}"#, None),
    ];
    for (head, format) in cases {
        assert_eq!(Format::detect(head.as_bytes()), format, "{head}");
    }
}

/// Samples of other projects, where the machine has them.
#[test]
fn samples_of_other_projects_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/linux/thirdparty");
    for (name, format) in
        [("tetragon-dev.ndjson", Format::TetragonJson), ("kunai-doc-events-dev.ndjson", Format::KunaiJson)]
    {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            println!("skipped: no {name} here");
            continue;
        };
        assert_eq!(Format::detect(&bytes), Some(format), "{name}");
        let decoded = decode_lines(format, bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()));
        // One of tetragon's samples has no time.
        assert!(decoded.errors.len() <= 1, "{name}: {:?}", decoded.errors);
        assert!(!decoded.events.is_empty(), "{name}");
    }
}
