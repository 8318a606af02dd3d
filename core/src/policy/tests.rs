use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Answer, Case, Policy, ProcessAttributes};
use crate::event::Os;
use crate::rules::{Catalog, Severity};
use crate::time::Timestamp;

const FULL: &str = r#"{
    "min_confidence": 0.45, "min_severity": "medium", "redact_command_lines": true, "redact_users": true,
    "allow_critical": ["L05"], "disabled": ["W18", "linux.fifo.shell_relay"],
    "severities": {"W13": "medium", "L02": "high"}, "min_confidences": {"W13": 700},
    "utc_offset": "-05:30", "groups": {"ci": ["ci-*", {"exact": "build"}], "pc": {"regex": "pc-[0-9]+"}},
    "elements": [
        {"element": "AllowedParentChildPairs", "image": "MpCmdRun.exe", "parent": "\\Windows\\System32\\services.exe",
         "subject": "child", "expires": "2030-01-01T00:00:00Z", "owner": "soc", "reason": "updates"},
        {"element": "FIFOAccessPatterns", "name": "/tmp/GMfifo*"},
        {"element": "AccessMask", "image": "agent.exe", "access": "0x1410"},
        {"element": "TimeWindow", "behavior": "W13", "window": 2.5}
    ],
    "suppressions": [
        {"behavior": "L05", "initiator_image": "/opt/build/*", "host": "ci-*"},
        {"behavior": ["W02", "W05"], "user": "CORP\\svc-*", "allow_critical": true, "expires": "2027-01-01T00:00:00Z"},
        {"group": ["ci", "pc"], "hours": "22:00-06:00", "signer": ["Acme", {"exact": "A*"}]}
    ],
    "sources": [{"host": "web-*", "channels": ["audit", "osquery"]}]
}"#;

fn full() -> Policy {
    Policy::from_json(FULL.as_bytes()).expect("a valid policy")
}

#[test]
fn what_is_written_is_read_back() {
    for policy in [full(), Policy::default()] {
        let mut again = Policy::from_json(policy.to_json().to_string().as_bytes()).expect("its own JSON");
        // JSON objects have no order.
        let mut policy = policy;
        for policy in [&mut again, &mut policy] {
            policy.severities.sort();
            policy.groups.sort_by(|a, b| a.0.cmp(&b.0));
        }
        assert_eq!(again, policy);
    }
}

#[test]
fn a_confidence_is_a_fraction_or_thousandths() {
    let read = |text: &str| Policy::from_json(text.as_bytes()).map(|policy| policy.min_confidence());
    for (text, due) in [
        (r#"{"min_confidence": 0.5}"#, 500),
        (r#"{"min_confidence": 500}"#, 500),
        (r#"{"min_confidence": 5e-1}"#, 500),
        (r#"{"min_confidence": 0}"#, 0),
        (r#"{"min_confidence": 0.0}"#, 0),
        (r#"{"min_confidence": 0.001}"#, 1),
        (r#"{"min_confidence": 0.9}"#, 900),
    ] {
        assert_eq!(read(text), Ok(due), "{text}");
    }
    let policy = Policy::from_json(br#"{"min_confidences": {"W13": 0.7, "win.pipe.getsystem": 250}}"#).expect("good");
    let least = |id: &str, code: &str| policy.min_confidence_of(id, code);
    let due = (700, 250, policy.min_confidence());
    assert_eq!((least("x", "W13"), least("win.pipe.getsystem", "W02"), least("y", "L05")), due);
}

/// The case of a host, and what is known of its process.
fn case<'a>(os: Os, host: &'a [u8], process: ProcessAttributes<'a>, names: &'a [&'a [u8]]) -> Case<'a> {
    let time = Timestamp::from_unix(1_800_000_000, 0);
    Case { os, host, time, process, actor_image: None, target_image: None, names }
}

/// What the first suppression says of a case.
fn answer(entry: &serde_json::Value, case: &Case<'_>) -> Answer {
    let text =
        serde_json::json!({"groups": {"ci": "ci-*"}, "utc_offset": "+02:00", "suppressions": [entry]}).to_string();
    let policy = Policy::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {entry}"));
    policy.suppressions[0].covers(case)
}

#[test]
fn an_entry_covers_only_what_meets_all_of_it_and_only_until_it_expires() {
    let process = ProcessAttributes {
        image: Some(br"C:\Program Files\Windows Defender\MPCMDRUN.EXE"),
        parent_image: Some(br"C:\Windows\System32\services.exe"),
        ..ProcessAttributes::default()
    };
    let case = case(Os::Windows, b"pc-1", process, &[]);
    let entry = &full().elements[0];
    assert_eq!(entry.covers(&case), Answer::Yes);
    let late = Case { time: Timestamp::from_unix(2_000_000_000, 0), ..case };
    assert_eq!(entry.covers(&late), Answer::Expired);
    let orphan = Case { process: ProcessAttributes { parent_image: None, ..process }, ..case };
    assert_eq!(entry.covers(&orphan), Answer::No, "an unknown attribute matches nothing");
}

#[test]
fn critical_alerts_are_covered_only_where_it_says_so() {
    let catalog = Catalog::builtin();
    let rule = catalog.behavior("W02").expect("a builtin behavior");
    let process = ProcessAttributes { user: Some(br"corp\svc-build"), ..ProcessAttributes::default() };
    let case = Case { time: Timestamp::from_unix(1_700_000_000, 0), ..case(Os::Windows, b"pc-1", process, &[]) };
    let covered = |policy: &str, is_critical| {
        let policy = Policy::from_json(policy.as_bytes()).expect("a policy");
        policy.answers(rule, &[], is_critical, |entry| entry.covers(&case), &case).covering().next().is_some()
    };
    let suppression = r#"{"suppressions": [{"behavior": "W02", "user": "CORP\\svc-*"}]}"#;
    let element = r#"{"elements": [{"element": "PipeNamePattern", "user": "CORP\\svc-*"}]}"#;
    for policy in [suppression, element] {
        assert_eq!((covered(policy, false), covered(policy, true)), (true, false), "{policy}");
        let said = policy.replace(r#""user""#, r#""allow_critical": true, "user""#);
        assert!(covered(&said, true), "{said}");
    }
}

#[test]
fn scopes_narrow_an_entry() {
    let process = ProcessAttributes {
        image: Some(br"C:\Tools\a.exe"),
        signer: Some(b"Acme Ltd"),
        command_line: Some(br"a.exe -k 17"),
        ..ProcessAttributes::default()
    };
    let names: &[&[u8]] = &[b"status_17"];
    // 08:00 UTC, 10:00 there.
    let case = case(Os::Windows, b"ci-3", process, names);
    for (entry, covers) in [
        (serde_json::json!({"group": "ci"}), true),
        (serde_json::json!({"host": ["db-1", "ci-3"]}), true),
        (serde_json::json!({"host": ["db-1", "ci-4"]}), false),
        (serde_json::json!({"signer": "acme *"}), true),
        (serde_json::json!({"signer": {"exact": "acme *"}}), false),
        (serde_json::json!({"ipc_name": {"regex": "status_[0-9]+"}}), true),
        (serde_json::json!({"ipc_name": {"regex": "status_[0-9]"}}), false),
        (serde_json::json!({"ipc_name": {"regex": "s|status_17"}}), true),
        (serde_json::json!({"initiator_image": {"regex": r"c:\\tools\\[a-z]\.exe"}}), true),
        (serde_json::json!({"initiator_image": {"exact": "A.exe"}}), true),
        (serde_json::json!({"initiator_image": {"exact": r"\Tools\a.exe"}}), true),
        (serde_json::json!({"command_line": {"regex": r".* -k \d+"}}), true),
        (serde_json::json!({"group": "ci", "hours": "09:30-10:30"}), true),
        (serde_json::json!({"group": "ci", "hours": "08:00-09:00"}), false),
        (serde_json::json!({"group": "ci", "hours": "22:00-10:01"}), true),
        (serde_json::json!({"group": "ci", "hours": "22:00-10:00"}), false),
        (serde_json::json!({"group": "ci", "user": "*"}), true),
    ] {
        assert_eq!(answer(&entry, &case) == Answer::Yes, covers, "{entry}");
    }
    let other = Case { host: b"db-1", ..case };
    assert_eq!(answer(&serde_json::json!({"group": "ci"}), &other), Answer::No);
}

#[test]
fn what_covers_more_or_less_than_it_seems_is_worth_a_warning() {
    let policy = full();
    let warnings: Vec<_> = policy.warnings().into_iter().map(|w| (w.path, w.what)).collect();
    let due = [
        ("elements[1]", "one attribute only"),
        ("elements[2]", "one attribute only"),
        ("suppressions[0]", "critical alerts of L05 stay"),
    ];
    assert_eq!(warnings.len(), due.len(), "{warnings:?}");
    for ((path, what), (place, begin)) in warnings.iter().zip(due) {
        assert!(path == place && what.starts_with(begin), "{path}: {what}");
    }
    let idle = Policy::from_json(br#"{"suppressions": [{"behavior": "W13", "host": "*"}]}"#).expect("a policy");
    let said: Vec<_> = idle.warnings().into_iter().map(|w| w.what).collect();
    assert!(said.iter().any(|what| what == "`host` matches everything: it asks for nothing"), "{said:?}");
}

#[test]
fn a_critical_behavior_is_not_silenced_unsaid() {
    for policy in [
        r#"{"disabled": ["W02"]}"#,
        r#"{"disabled": ["win.pipe.getsystem"]}"#,
        r#"{"severities": {"W02": "low"}, "min_severity": "medium"}"#,
        r#"{"elements": [{"element": "TimeWindow", "behavior": "W02", "window": 0.5}]}"#,
    ] {
        let error = Policy::from_json(policy.as_bytes()).expect_err(policy);
        assert!(error.what.contains("W02") && error.what.contains("allow_critical"), "{error}");
        let said = policy.replacen('{', r#"{"allow_critical": ["W02"], "#, 1);
        assert!(Policy::from_json(said.as_bytes()).is_ok(), "{said}");
    }
    let lower = Policy::from_json(br#"{"severities": {"W02": "low"}}"#).expect("it is still raised");
    assert_eq!(lower.severity("win.pipe.getsystem", "W02"), Some(Severity::Low));
}

#[test]
fn a_suppression_compares_as_the_engine_does() {
    let process = |image: &'static [u8], user: &'static [u8], uid| ProcessAttributes {
        image: Some(image),
        user: Some(user),
        uid,
        ..ProcessAttributes::default()
    };
    let linux = case(Os::Linux, b"h", process(b"/opt/a/run", b"noor", Some(1000)), &[b"/run/x.sock"]);
    let windows = case(Os::Windows, b"h", process(br"C:\Tools\a.exe", br"CORP\noor", None), &[b"status"]);
    let entry = |image: &str, name: &str, user: &str| serde_json::json!({"initiator_image": image, "ipc_name": name, "user": user});
    let (image, name) = ("/opt/a/run", "/run/x.sock");
    for (entry, of, covers) in [
        (entry(image, name, "noor"), linux, true),
        (entry(image, name, "1000"), linux, true),
        (entry(image, name, "uid=1000"), linux, true),
        (entry(image, name, "uid=1001"), linux, false),
        (entry(image, "/var/run/./x.sock", "noor"), linux, true),
        (entry(image, "/run/X.sock", "noor"), linux, false),
        (entry("/opt/A/run", name, "noor"), linux, false),
        (entry(r"c:\tools\A.EXE", r"\\.\pipe\Status", r"corp\Noor"), windows, true),
        (entry(r"\tools\a.exe", "status", r"corp\noor"), windows, true),
        (entry(r"c:\tool\a.exe", "status", r"corp\noor"), windows, false),
    ] {
        assert_eq!(answer(&entry, &of) == Answer::Yes, covers, "{entry}");
    }
}
