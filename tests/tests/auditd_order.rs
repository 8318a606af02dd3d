//! The decoder reads audit records faster if their fields are in the kernel's order; in any other order it reads the
//! same.

use std::path::Path;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry_tests::{Decoded, decode_lines};

fn decoded(text: &[u8]) -> Decoded {
    decode_lines(Format::Auditd, text.split(|&b| b == b'\n'))
}

/// The same records with a word before their fields, so that they are not in the kernel's order.
fn out_of_order(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace("): ", "): odd=1 ").into_bytes()
}

fn same(name: &str, text: &[u8]) -> usize {
    // Bytes that are not UTF-8 would change.
    let text = String::from_utf8_lossy(text).into_owned().into_bytes();
    let (one, other) = (decoded(&text), decoded(&out_of_order(&text)));
    assert_eq!(one.events, other.events, "{name}");
    assert_eq!(one.skipped, other.skipped, "{name}");
    let faults = |d: &Decoded| d.errors.iter().map(|e| (e.kind, e.record, e.field)).collect::<Vec<_>>();
    assert_eq!(faults(&one), faults(&other), "{name}");
    one.events.len()
}

#[test]
fn scenarios_say_the_same_in_any_order() {
    let mut events = 0;
    for scenario in scenario::all() {
        for file in scenario.render(Telemetry::Auditd).into_iter().flatten() {
            events += same(scenario.id(), &file.bytes);
        }
    }
    assert!(events > 300, "{events} events");
}

#[test]
fn recordings_say_the_same_in_any_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/linux");
    for folder in ["auditd", "thirdparty"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            println!("skipped: no recordings here");
            continue;
        };
        for file in files.filter_map(Result::ok) {
            if let Ok(text) = std::fs::read(file.path()) {
                same(&file.path().display().to_string(), &text);
            }
        }
    }
}

#[test]
fn broken_fields_are_faults_of_the_same_kind() {
    let head = "type=SYSCALL msg=audit(1700000000.120:1): ";
    let tail = "gid=1 euid=1 suid=1 fsuid=1 egid=1 sgid=1 fsgid=1 tty=pts3 ses=4 comm=\"t\" exe=\"/t\" key=\"k\"";
    let records = [
        format!("{head}arch=c000003e syscall=231x success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2"),
        format!("{head}arch=c000003e syscall=231 success=yes exit=99999999999999999999 a0=1 a1=2 a2=3 a3=4 items=0"),
        format!("{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=11112222333344445 items=0 ppid=1 pid=2"),
        format!(
            "{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=99999999999 auid=1 uid=1 {tail}"
        ),
        format!("{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=-1 uid=1 {tail}"),
        format!(
            "{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=1 uid=1 {}",
            tail.replace("\"/t\"", "\"/t")
        ),
        format!(
            "{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=1 uid=1 {}",
            tail.replace("\"/t\"", "2F7")
        ),
        format!(
            "{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=1 uid=1 {}",
            tail.replace("exe=\"/t\"", "")
        ),
        format!(
            "{head}arch=c000003e syscall=231 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=2 auid=1 uid=1 {tail}\u{1d}UID=\"oak\" EUID=\"elm\""
        ),
        String::from(
            "type=PATH msg=audit(1700000000.120:1): item=0 name=(null) inode=1x dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
        ),
        String::from(
            "type=PATH msg=audit(1700000000.120:1): item=0 name=2F7 inode=1 dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
        ),
        String::from(
            "type=PATH msg=audit(1700000000.120:1): item=0 name=\"/t inode=1 dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
        ),
        String::from(
            "type=PATH msg=audit(1700000000.120:1): item=0 name=\"/t\" inode=1 dev=fe mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
        ),
        String::from("type=PATH msg=audit(1700000000.120:1): item=0 name=\"/t\" nametype=UNKNOWN cap_fp=0"),
    ];
    for record in &records {
        same(record, record.as_bytes());
        for at in 0..record.len() {
            if record.is_char_boundary(at) {
                same(&record[..at], &record.as_bytes()[..at]);
            }
        }
    }
}
