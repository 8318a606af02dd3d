//! The report on each input at the end of a hunt. An input that was not judged never counts as clean.

use crate::{ATTACK, Scratch, hunt, last_line, stderr};

const LOGOFF: &str = r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4634,"Channel":"Security"},"EventData":{}}}"##;

#[test]
fn an_unknown_format_is_no_clean_bill() {
    let file = Scratch::new("noise", b"neither this\nnor that\n");
    let output = hunt(&[file.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("noise: NOT JUDGED: unknown format"), "{}", stderr(&output));
    assert_eq!(last_line(&output), "hunt: 0 events, 0 alerts, 2 errors");
}

#[test]
fn what_was_not_judged_wins_over_alerts() {
    let attack = Scratch::new("beside", ATTACK.as_bytes());
    let noise = Scratch::new("noise-beside", b"<html>\n");
    let output = hunt(&[attack.path(), noise.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(last_line(&output).contains(" 1 alerts"), "the alert is still raised: {}", last_line(&output));
    let said = stderr(&output);
    assert!(said.contains("beside: auditd, 26 records: 9 events"), "{said}");
}

#[test]
fn strict_fails_for_one_record_and_for_nothing_at_all() {
    let text = format!("{ATTACK}type=SYSCALL msg=audit(x\n");
    let broken = Scratch::new("one-broken", text.as_bytes());
    assert_eq!(hunt(&[broken.path()]).status.code(), Some(1));
    let strict = hunt(&["--strict", broken.path()]);
    assert_eq!(strict.status.code(), Some(2));
    assert!(stderr(&strict).contains("1 undecodable"), "{}", stderr(&strict));
    let empty = Scratch::new("empty", b"");
    let output = hunt(&[empty.path()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("empty: empty"), "{}", stderr(&output));
    assert_eq!(hunt(&["--strict", empty.path()]).status.code(), Some(2));
    let whole = Scratch::new("whole", ATTACK.as_bytes());
    assert_eq!(hunt(&["--strict", whole.path()]).status.code(), Some(1));
}

#[test]
fn nothing_of_interest_says_what_there_was_and_what_to_collect() {
    let file = Scratch::new("logoffs", format!("{LOGOFF}\n{LOGOFF}\n").as_bytes());
    let output = hunt(&[file.path()]);
    assert_eq!(output.status.code(), Some(0));
    let said = stderr(&output);
    for due in ["nothing of interest: evtx_json, 2 records", "none that any behavior reads", "sysmon 1", "of Windows"] {
        assert!(said.contains(due), "{due}: {said}");
    }
    assert!(!said.contains("of Linux"), "{said}");
}

#[test]
fn a_wrong_format_says_which_one_it_looks_like() {
    let file = Scratch::new("wrong", ATTACK.as_bytes());
    let output = hunt(&["--format", "evtx_json", file.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("it looks like auditd"), "{}", stderr(&output));
    let output = hunt(&["--format", "auditd", file.path()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!stderr(&output).contains("looks like"), "{}", stderr(&output));
}

#[test]
fn of_many_inputs_only_those_are_named_that_need_it() {
    let folder = std::env::temp_dir().join(format!("ipcsentry-many-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable folder");
    for i in 0..300 {
        std::fs::write(folder.join(format!("{i:03}.log")), ATTACK).expect("a writable folder");
    }
    std::fs::write(folder.join("100.log"), "neither\n").expect("a writable folder");
    let output = hunt(&[folder.to_str().expect("a plain path")]);
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("299 inputs read to the end: auditd, 7,774 records: 2,691 events"), "{said}");
    assert!(said.contains("100.log: NOT JUDGED") && !said.contains("101.log"), "{said}");
    assert!(said.lines().count() < 10, "{said}");
}

/// Files that are no telemetry must be reported as not judged.
#[test]
fn hostile_and_useless_files_are_never_clean() {
    let zeros = vec![0; 200_000];
    let long = vec![b'x'; 3 << 20];
    let deep = "[".repeat(100_000);
    let useless: &[(&str, &[u8])] = &[
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"),
        ("html", b"<!DOCTYPE html>\n<html><body>no</body></html>\n"),
        ("csv", b"a,b,c\n1,2,3\n"),
        ("zeros", &zeros),
        ("long", &long),
        ("deep", deep.as_bytes()),
        ("foreign", b"{\"hello\": \"world\"}\n"),
        ("number", b"17\n"),
        ("zip", b"PK\x03\x04 and nothing more"),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03nonsense"),
        ("zstd", b"\x28\xb5\x2f\xfd\x04nonsense"),
        ("xz", b"\xfd7zXZ\0nonsense nonsense"),
        ("bzip2", b"BZh91AY&SYnonsense"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("evtx", b"ElfFile\0and nothing more"),
        ("elf", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"),
    ];
    for (name, bytes) in useless {
        let file = Scratch::new(name, bytes);
        let output = hunt(&[file.path()]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("NOT JUDGED"), "{name}: {}", stderr(&output));
        assert!(!last_line(&output).ends_with(" 0 errors"), "{name}: {}", last_line(&output));
    }
}

#[test]
fn a_record_that_names_no_source_is_not_taken_for_one_of_no_interest() {
    for inner in ["", r#","winlog":{}"#, r#","_source":{"ecs":{"version":"8"}}"#, r#","winlog":{"event_id":1}"#] {
        let text = format!(r#"{{"@timestamp":"2026-02-12T08:15:30.123Z","agent":{{"type":"winlogbeat"}}{inner}}}"#);
        let file = Scratch::new("nameless", text.as_bytes());
        let output = hunt(&[file.path()]);
        assert_eq!(output.status.code(), Some(2), "{inner}: {}", stderr(&output));
        assert!(stderr(&output).contains("NOT JUDGED"), "{inner}: {}", stderr(&output));
    }
}
