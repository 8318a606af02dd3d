//! Records in the strings of wrappers, which are read there as they are written if their quotes and backslashes alone are
//! escaped, and else unescaped first. Both must give the same.

use std::path::Path;

use ipcsentry::_internal_test_exports::decode_chunks;
use ipcsentry::decode::{DecodeError, Sink, Skip, Subject};
use ipcsentry::event::Event;
use ipcsentry_tests::samples;
use serde_json::{Value, json};

/// A wrapper: turns a string as it is written into a line.
type Wrap = fn(&str, usize) -> String;

const WRAPPERS: [(&str, Wrap); 7] = [
    ("_raw", |text, turn| format!(r#"{{"_time":"2026-02-17T13:05:20.{turn:03}Z","host":"wren","_raw":{text}}}"#)),
    ("log", |text, turn| format!(r#"{{"log":{text},"stream":"stdout","time":"2026-02-17T13:05:20.{turn:03}Z"}}"#)),
    ("GELF", |text, turn| {
        format!(r#"{{"version":"1.1","host":"wren","short_message":{text},"timestamp":17713354{turn}.5,"level":6}}"#)
    }),
    ("_source", |text, turn| format!(r#"{{"_index":"i","_source":{{"host":{{"name":"h{turn}"}},"message":{text}}}}}"#)),
    ("_source with more around it", |text, turn| {
        let score = ["1", "null", "2.5"][turn % 7 % 3];
        format!(
            r#"{{"_id":"{turn}","host":"outer{}","_score":{score},"_source":{{"@timestamp":"2026-02-17T13:05:20.{turn:03}Z","host":"{}","message":{text}, "tags":[] }} }}"#,
            turn % 3,
            if turn % 5 == 0 { "" } else { "inner" },
        )
    }),
    ("event.original in _source", |text, turn| {
        let host = if turn / 10 % 2 == 0 { r#""host":{"name":"wren"},"# } else { "" };
        format!(r#"{{"time":17713354{turn}.5,"_source":{{{host}"event":{{"original":{text}}},"n":{turn}}}}}"#)
    }),
    ("OpenTelemetry", |text, turn| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[]}},"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"1771335400{turn:03}200000","body":{{"stringValue":{text}}}}}]}}]}}]}}"#
        )
    }),
];

/// All that a stream gave, with offsets within lines.
struct Given {
    lines: Vec<u64>,
    all: Vec<Value>,
}

impl Given {
    fn of(lines: &[String]) -> Vec<Value> {
        Self::in_chunks(lines, usize::MAX)
    }

    /// What lines give that arrive so many bytes at a time.
    fn in_chunks(lines: &[String], chunk: usize) -> Vec<Value> {
        let starts = lines.iter().scan(0, |at, line| {
            *at += line.len() as u64 + 1;
            Some(*at - line.len() as u64 - 1)
        });
        let mut given = Self { lines: starts.collect(), all: Vec::new() };
        decode_chunks(None, (lines.join("\n") + "\n").as_bytes(), chunk, &mut given);
        given.all
    }
}

impl Sink for Given {
    fn event(&mut self, event: &Event<'_>) {
        self.all.push(event.to_json());
    }
    fn skipped(&mut self, record: u64, why: Skip) {
        self.all.push(json!({"skipped": record, "why": format!("{why:?}")}));
    }
    fn ignored(&mut self, record: u64, what: Subject<'_>) {
        self.all.push(json!({"ignored": record, "what": format!("{what:?}")}));
    }
    fn error(&mut self, error: DecodeError) {
        let at = error.offset - self.lines[error.record as usize];
        self.all
            .push(json!({"error": error.record, "kind": format!("{:?}", error.kind), "field": error.field, "at": at}));
    }
}

/// The records of all cases that are JSON or audit lines, by file.
fn records() -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/decode");
    let files = std::fs::read_dir(folder).expect("the case folder is part of the repository");
    let read = |path: &Path| {
        let text = std::fs::read(path).expect("readable case file");
        let cases: Vec<Value> = serde_json::from_slice(&text).expect("it is JSON");
        let inputs = cases.iter().flat_map(|case| case["input"].as_array().expect("it is a list").clone());
        let lines = inputs.filter_map(|line| line.as_str().map(String::from));
        lines.filter(|line| line.starts_with("{\"") || line.starts_with("type=")).collect::<Vec<_>>()
    };
    files.map(|file| read(&file.expect("readable folder").path())).filter(|lines| !lines.is_empty()).collect()
}

/// A record as it is, cut, and with bytes that do not belong there.
fn changed(record: &str) -> Vec<String> {
    let mut all = vec![record.to_owned(), format!("{record}\n"), format!(" {record}\r\n"), format!("{record}x")];
    let places = record.char_indices().map(|(at, _)| at);
    let more = ["\"", "\\", "{", "}", ",", "\u{1}", "\"a\":1,", "\u{1d}"].iter().cycle();
    for (at, more) in places.step_by(record.len() / 8 + 1).zip(more.skip(record.len() % 7)) {
        all.push(record[..at].to_owned());
        all.push(format!("{}{more}{}", &record[..at], &record[at..]));
    }
    all
}

#[test]
fn a_record_gives_the_same_whether_it_is_unescaped_first_or_not() {
    let mut events = 0;
    for records in records() {
        let known = records.iter().find(|record| {
            let given = Given::of(&[(*record).clone()]);
            given.iter().any(|one| one.get("kind").is_some_and(Value::is_object))
        });
        let Some(known) = known else { continue };
        // Some records that can be read there come first, so that the next one is tried there, too.
        let texts: Vec<String> = records
            .iter()
            .flat_map(|record| changed(record))
            .flat_map(|text| [known.clone(), known.clone(), known.clone(), text])
            .collect();
        for (name, wrap) in WRAPPERS {
            let lines = |write: fn(&str) -> String| -> Vec<String> {
                texts.iter().enumerate().map(|(turn, text)| wrap(&write(text), turn % 1000)).collect()
            };
            let read = Given::of(&lines(|text| json!(text).to_string()));
            let unescaped = Given::of(&lines(unescaped_first));
            events += read.len();
            for (one, other) in read.iter().zip(&unescaped) {
                assert_eq!(one, other, "{name}, {known}");
            }
            assert_eq!(read.len(), unescaped.len(), "{name}, {known}");
        }
    }
    assert!(events > 20_000, "{events}");
}

/// A string in which each quote is written by its number, so that it is always unescaped.
fn unescaped_first(text: &str) -> String {
    json!(text.replace('"', "\u{E000}")).to_string().replace('\u{E000}', r"\u0022")
}

/// What auditd writes when it adds names to the numbers of a record.
fn enriched(line: &str) -> String {
    match line.split([' ', '=']).nth(1) {
        Some("SYSCALL") => format!("{line}\u{1d}ARCH=x86_64 SYSCALL=connect AUID=\"al\" UID=\"root\" GID=\"root\""),
        Some("PATH") => format!("{line}\u{1d}OUID=\"root\" OGID=\"root\""),
        _ => format!("{line}\u{1d}UID=\"al\""),
    }
}

/// Audit lines with separators, quotes and blanks wherever they do not belong give the same, too.
#[test]
fn audit_lines_with_separators_anywhere_give_the_same_whether_they_are_unescaped_first_or_not() {
    const MORE: [&str; 12] = [
        "\u{1d}",
        "\u{1d}\u{1d}",
        "\"",
        "\"\"",
        " ",
        "'",
        "=",
        "\u{1d}UID=\"x\"",
        "#035",
        " msg='",
        "\u{1d}\"",
        " a=\"b\u{1d}",
    ];
    let lines = records().into_iter().flatten().filter(|line| line.starts_with("type="));
    let lines: Vec<String> = lines.filter(|line| !line.contains('\n')).collect();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut separated = 0;
    for (name, wrap) in WRAPPERS {
        let mut texts = Vec::new();
        for line in &lines {
            for changes in 0..6 {
                let mut text = if line.contains('\u{1d}') { line.clone() } else { enriched(line) };
                for _ in 0..changes {
                    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                    let at = places[random(places.len())];
                    match random(4) {
                        0 => drop(text.remove(at)),
                        1 if random(4) == 0 && at > 60 => text.truncate(at),
                        _ => text.insert_str(at, MORE[random(MORE.len())]),
                    }
                }
                separated += usize::from(text.contains('\u{1d}'));
                // Plain lines come between them, so that the next one is tried within its string.
                texts.extend([lines[0].clone(), text, lines[0].clone(), lines[0].clone()]);
            }
        }
        let lines = |write: fn(&str) -> String| -> Vec<String> {
            texts.iter().enumerate().map(|(turn, text)| wrap(&write(text), turn % 1000)).collect()
        };
        let (read, due) = (Given::of(&lines(|text| json!(text).to_string())), Given::of(&lines(unescaped_first)));
        for (one, other) in read.iter().zip(&due) {
            assert_eq!(one, other, "{name}");
        }
        assert_eq!(read.len(), due.len(), "{name}");
    }
    assert!(separated > 5_000, "{separated}");
}

/// Every character by its number: such a string is always unescaped.
fn numbered(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

/// As other writers escape: slashes, all that is not ASCII, and a letter here and there.
fn mixed(text: &str) -> String {
    let mut written = String::from("\"");
    for (at, c) in text.chars().enumerate() {
        match c {
            '/' => written += "\\/",
            '\n' => written += "\\n",
            '"' | '\\' => written.extend(['\\', c]),
            _ if !c.is_ascii() || c.is_ascii_control() || at % 97 == 13 => {
                written.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")));
            }
            _ => written.push(c),
        }
    }
    written + "\""
}

#[test]
fn records_of_every_format_give_the_same_however_the_string_around_them_is_written() {
    const LINES: usize = 60;
    let twice: Wrap = |text, turn| {
        let inner = format!(r#"{{"_time":"2026-02-17T13:05:20.{turn:03}Z","host":"wren","_raw":{text}}}"#);
        format!(r#"{{"log":{},"stream":"stdout"}}"#, json!(inner))
    };
    let mut formats = 0;
    for (format, samples) in samples::by_format() {
        // The last ones are cases of single fields, with texts that need escapes.
        let lines = |sample: &samples::Sample| sample.lines.clone();
        let (first, last) = (samples.iter().flat_map(lines), samples.iter().rev().flat_map(lines));
        let texts: Vec<String> = first.take(LINES).chain(last.take(LINES)).collect();
        let mut events = 0;
        for (name, wrap) in WRAPPERS.into_iter().chain([("_raw in log", twice)]) {
            let lines = |write: &dyn Fn(&str) -> String| -> Vec<String> {
                texts.iter().enumerate().map(|(turn, text)| wrap(&write(text), turn % 1000)).collect()
            };
            let due = Given::of(&lines(&numbered));
            let usual = lines(&|text| json!(text).to_string());
            let often = |text: &str| if text.len().is_multiple_of(5) { mixed(text) } else { json!(text).to_string() };
            for (how, given) in [
                ("as usual", Given::of(&usual)),
                ("in chunks of 1", Given::in_chunks(&usual, 1)),
                ("in chunks of 333", Given::in_chunks(&usual, 333)),
                ("with other escapes", Given::of(&lines(&mixed))),
                ("with other escapes now and then", Given::of(&lines(&often))),
            ] {
                for (one, other) in given.iter().zip(&due) {
                    assert_eq!(one, other, "{format}, {name}, {how}");
                }
                assert_eq!(given.len(), due.len(), "{format}, {name}, {how}");
            }
            events += due.iter().filter(|one| one.get("kind").is_some_and(Value::is_object)).count();
        }
        assert!(events > 0, "{format}");
        formats += 1;
    }
    assert!(formats > 20, "{formats}");
}
