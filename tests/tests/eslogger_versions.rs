//! Endpoint Security messages of every version are read: members that a version lacks are unknown, the rest is the
//! same.
//!
//! Which member came with which message version is written in Apple's `ESMessage.h` ("Field available only if message
//! version >= N").

use ipcsentry::decode::Format;
use ipcsentry_tests::decode_lines;
use serde_json::{Value, json};

/// Members by pointer, with the message version that brought them.
const SINCE: &[(&str, u64)] = &[
    ("/seq_num", 2),
    ("/process/tty", 2),
    ("/event/exec/target/tty", 2),
    ("/event/exec/script", 2),
    ("/process/start_time", 3),
    ("/event/exec/target/start_time", 3),
    ("/event/exec/cwd", 3),
    ("/thread", 4),
    ("/global_seq_num", 4),
    ("/process/parent_audit_token", 4),
    ("/process/responsible_audit_token", 4),
    ("/event/exec/target/parent_audit_token", 4),
    ("/event/exec/target/responsible_audit_token", 4),
    ("/event/exec/last_fd", 4),
    ("/event/exec/image_cputype", 6),
    ("/event/exec/dyld_exec_path", 7),
    ("/process/cs_validation_category", 10),
    ("/event/exec/target/cs_validation_category", 10),
];

fn token(pid: u32, pidversion: u32) -> Value {
    json!({"asid": 100_007, "pid": pid, "euid": 501, "pidversion": pidversion, "egid": 20, "ruid": 501, "rgid": 20, "auid": 501})
}

fn process(path: &str, pidversion: u32) -> Value {
    json!({
        "executable": {"path": path, "path_truncated": false}, "audit_token": token(811, pidversion),
        "ppid": 400, "original_ppid": 400, "parent_audit_token": token(400, 900), "responsible_audit_token": token(390, 880),
        "signing_id": "com.example", "team_id": "ABCDE12345", "is_platform_binary": false, "codesigning_flags": 570_425_859,
        "start_time": "2026-03-01T08:00:00.500000Z", "tty": {"path": "/dev/ttys004", "path_truncated": false},
        "cs_validation_category": 6
    })
}

/// An exec in that version.
fn exec(version: u64) -> String {
    let mut message = json!({
        "schema_version": 1, "version": version, "time": "2026-03-01T08:00:01.123456789Z", "mach_time": 99, "event_type": 9,
        "process": process("/bin/zsh", 2001), "action_type": 1, "action": {"result": {"result_type": 0, "result": {"auth": 0}}},
        "seq_num": 2, "global_seq_num": 7, "thread": {"thread_id": 3},
        "event": {"exec": {
            "target": process("/usr/bin/curl", 2002), "args": ["curl", "-s", "x"], "env": [],
            "script": {"path": "/Users/kim/run.sh"}, "cwd": {"path": "/Users/kim"}, "last_fd": 4, "image_cputype": 16_777_228,
            "dyld_exec_path": "/usr/bin/curl"
        }}
    });
    for (pointer, _) in SINCE.iter().filter(|(_, since)| version < *since) {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = message.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        assert!(parent.remove(name).is_some(), "{pointer} is a member");
    }
    message.to_string()
}

#[test]
fn every_message_version_tells_the_same_exec() {
    for version in 1..=10 {
        let line = exec(version);
        assert_eq!(Format::detect(line.as_bytes()), Some(Format::EsloggerJson), "version {version}");
        let decoded = decode_lines(Format::EsloggerJson, [line.as_bytes()]);
        assert!(decoded.errors.is_empty(), "version {version}: {:?}", decoded.errors);
        let [event] = &decoded.events[..] else { panic!("version {version}: {:?}", decoded.events) };
        let since = |version_needed, value: Value| if version >= version_needed { value } else { Value::Null };
        for (pointer, expected) in [
            ("/tag", json!("process_start")),
            ("/actor/pid", json!(811)),
            ("/actor/unique_id", json!(2002)),
            ("/actor/image", json!("/usr/bin/curl")),
            ("/actor/command_line", json!("curl -s x")),
            ("/actor/signing", json!("signed")),
            ("/actor/uid", json!(501)),
            ("/parent/pid", json!(400)),
            ("/kind/process_start/previous_image", json!("/bin/zsh")),
            ("/actor/terminal", since(2, json!("/dev/ttys004"))),
            ("/kind/process_start/script", since(2, json!("/Users/kim/run.sh"))),
            ("/actor/start", since(3, json!("2026-03-01T08:00:00.500000000Z"))),
            ("/actor/working_folder", since(3, json!("/Users/kim"))),
            ("/parent/unique_id", since(4, json!(900))),
            ("/responsible/pid", since(4, json!(390))),
            ("/source/id", since(4, json!("7"))),
        ] {
            let found = event.pointer(pointer).unwrap_or(&Value::Null);
            assert_eq!(*found, expected, "version {version}, {pointer}");
        }
    }
}
