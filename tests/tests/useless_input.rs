//! Input that is no telemetry never counts as judged, and costs bounded time and memory.

use std::sync::{Mutex, PoisonError};

use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions, StreamReport};
use ipcsentry_benches::count::{self, Counting};
use ipcsentry_tests::spent::spent;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Text and bytes of other programs, by name.
fn foreign() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| all.push((name.into(), bytes.into()));
    add("empty", b"");
    add("a byte", b"x");
    add("a line feed", b"\n");
    add("blanks", b"  \r\n\t\n");
    add("a mark", b"\xEF\xBB\xBF");
    add("a mark of UTF-16", b"\xFF\xFE");
    add("half a unit", b"\xFF\xFEa");
    add("NULs", &[0; 4096]);
    add("HTML", b"<!DOCTYPE html>\n<html><head><title>Login</title></head>\n<body>{\"a\":1}</body></html>\n");
    add(
        "a property list",
        b"<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict><key>Event</key><string>x</string></dict></plist>\n",
    );
    add("other XML events", b"<Events><Event><Name>party</Name></Event></Events>");
    add("XML that never ends", b"<Event xmlns='x'><System><Provider Name='y'/>");
    add("an access log", b"10.0.0.1 - - [28/Nov/2026:16:00:00 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"curl\"\n");
    add("an error log", b"[Sat Nov 28 16:00:00 2026] [core:error] [pid 12] AH00126: Invalid URI in request {x}\n");
    add("syslog", b"<30>Nov 28 16:00:00 web-1 sshd[12]: Accepted publickey for root from 192.0.2.1 port 22 ssh2\n");
    add("kernel messages", b"[    0.000000] Linux version 6.18.0 (gcc) #1 SMP\n[    0.1] {x}\n");
    add("CSV", b"id,name,price\n1,apple,2.50\n2,pear,3.00\n");
    add("a shell script", b"#!/bin/sh\nset -e\nf() {\n  echo hi\n}\nf\n");
    add("source", b"fn main() {\n    let x = [1, 2];\n    println!(\"{x:?}\");\n}\n");
    add("YAML", b"---\nname: x\nitems:\n  - a\n  - {b: c}\n");
    add("INI", b"[section]\nkey = value\n[{odd}]\n");
    add("cut audit", b"type=SYSCALL msg=audit(17713\ntype=PATH msg=\n");
    add("JSON that is no object", b"1\n\"a\"\nnull\ntrue\n[1,2,3]\n[]\n[[]]\n[{}]\n{}\n");
    add("braces", &b"{".repeat(100_000));
    add("brackets", &b"[".repeat(100_000));
    add("braces and lines", &b"{\n".repeat(50_000));
    add("keys without end", &b"{\"a\":\n".repeat(20_000));
    add("quotes", &b"\"{".repeat(50_000));
    add("backslashes", &[b"{\"a\":\"".as_slice(), &b"\\".repeat(100_000)].concat());
    add("closers", &b"}]".repeat(50_000));
    add("one long line", &vec![b'a'; 3 << 20]);
    add("one long string", &[b"{\"a\":\"".as_slice(), &vec![b'a'; 3 << 20]].concat());
    let messages: String = (0..2000)
        .map(|n| format!("{{\"message\":\"m{n}\",\"log\":{{\"message\":\"x\"}},\"event\":{{\"original\":\"y\"}}}}\n"))
        .collect();
    add("messages of nothing", messages.as_bytes());
    let mut deep = String::from("\"x\"");
    for _ in 0..60 {
        deep = format!("{{\"message\":{deep},\"body\":{deep_body}}}", deep_body = "{\"log\":\"z\"}");
    }
    add("wrappers all the way down", deep.as_bytes());
    let mut escaped = String::from("x");
    for _ in 0..8 {
        escaped = serde_json::json!({ "message": escaped, "log": "y" }).to_string();
    }
    add("texts all the way down", escaped.as_bytes());
    for (name, head) in HEADS {
        add(name, head);
        let mut body = head.to_vec();
        body.extend((0..20_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()));
        add(&format!("{name}, with a body"), &body);
        add(&format!("{name}, in a line"), &[b"log ", *head, b"\nmore\n"].concat());
    }
    for (name, text) in JSON {
        add(name, text.as_bytes());
        add(&format!("{name}, in an array"), format!("[{text},{text}]").as_bytes());
        add(&format!("{name}, cut"), &text.as_bytes()[..text.len() * 2 / 3]);
        let wrapped = serde_json::json!({ "message": text, "host": "h", "@timestamp": "2026-02-17T13:05:20Z" });
        add(&format!("{name}, in a wrapper"), wrapped.to_string().as_bytes());
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        add(&format!("{name}, in UTF-16"), &utf16);
    }
    let mut seed = 11_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for number in 0..60 {
        const LIKE_JSON: &[u8] = b"{}[]\",:\\ \n\r1aE<>";
        let mut byte = || if number % 2 == 0 { LIKE_JSON[random(LIKE_JSON.len())] } else { random(256) as u8 };
        let bytes: Vec<u8> = (0..300 * (number + 1)).map(|_| byte()).collect();
        add(&format!("chance {number}"), &bytes);
    }
    all
}

/// The beginnings of files of other kinds.
const HEADS: &[(&str, &[u8])] = &[
    ("a PNG", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\0"),
    ("a JPEG", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01"),
    ("a GIF", b"GIF89a\x01\0\x01\0"),
    ("a PDF", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<</Type/Catalog>>\n"),
    ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xED\xBD"),
    ("zip", b"PK\x03\x04\x14\0\0\0\x08\0log.json{\"a\":"),
    ("xz", b"\xFD7zXZ\0\0\x04"),
    ("bzip2", b"BZh91AY&SY"),
    ("zstd", b"\x28\xB5\x2F\xFD\x04\0"),
    ("7z", b"7z\xBC\xAF\x27\x1C\0\x04"),
    ("an event log", b"ElfFile\0\0\0\0\0"),
    ("an old event log", b"\x30\0\0\0LfLe\x01\0\0\0"),
    ("a program of Linux", b"\x7FELF\x02\x01\x01\0"),
    ("a program of Windows", b"MZ\x90\0\x03\0\0\0"),
    ("a program of macOS", b"\xCF\xFA\xED\xFE\x07\0\0\x01"),
    ("SQLite", b"SQLite format 3\0\x10\0"),
    ("a capture", b"\xD4\xC3\xB2\xA1\x02\0\x04\0"),
    ("a new capture", b"\n\r\r\n\x1C\0\0\0M<+\x1A"),
    ("a journal", b"LPKSHHRH\0\0\0\0"),
    ("Parquet", b"PAR1\x15\x04\x15\x10"),
    ("a trace", b"tracev3\0\0\x10\0\0"),
    ("a tar", b"var/log/audit/audit.log\x00\x00\x00\x00\x00\x00\x00\x000000600\x00"),
    ("a document", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
];

/// JSON of other programs.
const JSON: &[(&str, &str)] = &[
    ("a package", r#"{"name":"left-pad","version":"1.0.0","dependencies":{"a":"^1"},"scripts":{"test":"x"}}"#),
    (
        "GeoJSON",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}]}"#,
    ),
    (
        "a cloud trail",
        r#"{"Records":[{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"type":"Root"}}]}"#,
    ),
    (
        "a sign-in",
        r#"{"category":"SignInLogs","properties":{"userPrincipalName":"a@b.test","status":{"errorCode":0}},"time":"2026-02-17T13:05:20Z"}"#,
    ),
    (
        "Zeek",
        r#"{"ts":1771333520.0,"uid":"C1","id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","proto":"tcp","service":"ssl"}"#,
    ),
    (
        "Suricata",
        r#"{"timestamp":"2026-02-17T13:05:20.0+0000","flow_id":1,"event_type":"dns","src_ip":"192.0.2.1","dns":{"type":"query"}}"#,
    ),
    ("a container", r#"{"log":"listening on 80\n","stream":"stdout","time":"2026-02-17T13:05:20Z"}"#),
    (
        "the journal",
        r#"{"__REALTIME_TIMESTAMP":"1771335400001200","_HOSTNAME":"wren","MESSAGE":"Started Session 3.","_PID":"1"}"#,
    ),
    ("a journal of bytes", r#"{"__CURSOR":"s=1","MESSAGE":[104,105],"_HOSTNAME":"wren"}"#),
    (
        "OpenTelemetry",
        r#"{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}"#,
    ),
    ("a schema", r#"{"type":"object","properties":{"EventID":{"type":"integer"}},"required":["EventID"]}"#),
    ("an index", r#"{"index":{"_index":"logs","_id":"1"}}"#),
    (
        "a document of Elastic",
        r#"{"@timestamp":"2026-02-17T13:05:20Z","service":{"name":"web"},"http":{"request":{"method":"GET"}},"message":"GET /"}"#,
    ),
    ("a tweet", r#"{"id":1,"text":"process_exec is fun","user":{"name":"x"},"entities":{"urls":[]}}"#),
    ("numbers", r#"{"a":1,"b":[1.5,-2e9,NaN,null],"c":{"d":true}}"#),
    ("an error of an API", r#"{"error":{"code":429,"message":"Too many requests"}}"#),
];

/// The bounds for any input: memory above the engine's limit, and time.
const MORE_MEMORY: usize = 64 << 20;
const SECONDS_PER_MIB: f64 = 0.2;
/// Time and memory are measured of one input at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn nothing_is_said_to_be_judged_that_was_not() {
    let inputs = foreign();
    assert!(inputs.len() >= 200, "{} inputs", inputs.len());
    let catalog = Catalog::builtin();
    for (name, bytes) in &inputs {
        for chunk in [usize::MAX, 997] {
            let report = measured(&catalog, name, bytes, chunk);
            let judged = report.judged();
            let blank =
                bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii().is_empty() || bytes == b"\xFF\xFE";
            assert_eq!(judged == Judged::Empty, blank, "{name}: {report:?}");
            let is_known = name.starts_with("cut audit") || name.contains("XML");
            assert!(
                judged == Judged::UnknownFormat || blank || is_known && judged == Judged::NothingDecoded,
                "{name}: {report:?}"
            );
        }
    }
}

/// Larger inputs, which show time and memory better.
#[test]
fn much_that_is_useless_costs_little() {
    const PIECES: &[&[u8]] = &[
        b"{",
        b"[",
        b"{\n",
        b"{\"a\":",
        b"{\"a\":[",
        b"\"{",
        b"\\",
        b"}]",
        b"a",
        b"\n",
        b"\r",
        b"\0",
        b"a\0",
        b"<Event>",
        b"<Event xmlns='x'><System>",
        b"type=",
        b"type=SYSCALL msg=audit(1.1:1): ",
        b"Event[0]:\n",
        b"\"a\",",
        b"TimeGenerated,EventID\n\"",
        b"{\"message\":\"",
        b"{\"log\":{\"message\":",
        b"1 <1",
        b"99999 <14>1 ",
        b"\xFF\xFE",
        b"\xD8\x00",
    ];
    let catalog = Catalog::builtin();
    for piece in PIECES {
        let bytes = piece.repeat((6 << 20) / piece.len());
        for chunk in [1 << 20, 4093] {
            let report = measured(&catalog, &String::from_utf8_lossy(piece), &bytes, chunk);
            assert_eq!(report.events, 0, "{report:?}");
        }
    }
}

/// The stream's report on some bytes. Asserts that time and memory stay within the bounds.
fn measured(catalog: &Catalog, name: &str, bytes: &[u8], chunk: usize) -> StreamReport {
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let allowed = 0.01 + SECONDS_PER_MIB * bytes.len() as f64 / f64::from(1 << 20);
    let mut seconds = f64::INFINITY;
    // Take the best of three runs, because other load on the machine makes caches cold.
    for _ in 0..3 {
        count::reset_peak();
        let before = count::live();
        let begin = spent();
        let mut engine = Engine::new(catalog.clone(), Policy::default(), limits.clone());
        let stream = engine.open_stream(StreamOptions::recognize());
        for part in bytes.chunks(chunk) {
            engine.feed_bytes(stream, part);
        }
        let report = engine.close_stream(stream).closed.expect("a closed stream has a report");
        seconds = (spent() - begin).as_secs_f64().min(seconds);
        let used = count::peak().saturating_sub(before);
        assert!(used <= limits.bytes + MORE_MEMORY, "{name} in parts of {chunk}: {used} bytes");
        if seconds <= allowed {
            return *report;
        }
    }
    panic!("{name} in parts of {chunk}: {seconds} s for {} bytes, {allowed} are allowed", bytes.len());
}
