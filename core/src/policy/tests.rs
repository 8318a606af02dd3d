use alloc::string::ToString;

use super::{Case, ElementCase, Policy, ProcessAttributes};
use crate::event::Os;
use crate::rules::{Element, Severity};
use crate::time::Timestamp;

const FULL: &str = r#"{
    "min_confidence": 450, "min_severity": "medium", "redact_command_lines": true,
    "disabled": ["W18", "linux.fifo.shell_relay"], "severities": {"W13": "medium", "L05": "high", "A": "low"},
    "elements": [
        {"element": "AllowedParentChildPairs", "image": "MpCmdRun.exe", "parent": "\\Windows\\System32\\services.exe",
         "expires": "2030-01-01T00:00:00Z", "owner": "soc", "reason": "updates"},
        {"element": "FIFOAccessPatterns", "name": "/tmp/GMfifo*"}
    ],
    "suppressions": [
        {"behavior": "L05", "initiator_image": "/opt/build/*", "host": "ci-*"},
        {"behavior": "W02", "user": "CORP\\svc-*", "allow_critical": true, "expires": "2027-01-01T00:00:00Z"}
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
        again.severities.sort();
        let mut policy = policy;
        policy.severities.sort();
        assert_eq!(again, policy);
    }
}

#[test]
fn errors_name_their_place() {
    let cases = [
        (r#"{"x": 1}"#, "x"),
        (r#"{"min_confidence": 1001}"#, "min_confidence"),
        (r#"{"min_severity": "severe"}"#, "min_severity"),
        (r#"{"severities": {"W01": 3}}"#, "severities.W01"),
        (r#"{"elements": [{"element": "Nothing", "image": "x"}]}"#, "elements[0].element"),
        (r#"{"elements": [{"element": "PipeNamePattern"}]}"#, "elements[0]"),
        (r#"{"elements": [{"element": "PipeNamePattern", "name": ""}]}"#, "elements[0].name"),
        (r#"{"elements": [{"element": "PipeNamePattern", "nam": "x"}]}"#, "elements[0].nam"),
        (r#"{"suppressions": [{"host": "x", "expires": "soon"}]}"#, "suppressions[0].expires"),
        (r#"{"suppressions": [{"allow_critical": true}]}"#, "suppressions[0]"),
        (r#"{"sources": [{"host": "x", "channels": ["radio"]}]}"#, "sources[0].channels[0]"),
        (r#"{"disabled": ["a"], "disabled": ["b"]}"#, ""),
        ("[", ""),
    ];
    for (text, path) in cases {
        assert_eq!(Policy::from_json(text.as_bytes()).map_err(|e| e.path), Err(path.into()), "{text}");
    }
}

#[test]
fn an_entry_covers_only_what_meets_all_of_it_and_only_until_it_expires() {
    let process = ProcessAttributes {
        image: Some(br"C:\Program Files\Windows Defender\MPCMDRUN.EXE"),
        parent_image: Some(br"C:\Windows\System32\services.exe"),
        ..ProcessAttributes::default()
    };
    let case = ElementCase { process, time: Timestamp::from_unix(1_800_000_000, 0), ..ElementCase::new(Os::Windows) };
    let policy = full();
    assert!(policy.exempts(Element::AllowedParentChildPairs, &case));
    assert!(!policy.exempts(Element::PipeNamePattern, &case));
    let late = ElementCase { time: Timestamp::from_unix(2_000_000_000, 0), ..case };
    assert!(!policy.exempts(Element::AllowedParentChildPairs, &late));
    let orphan = ElementCase { process: ProcessAttributes { parent_image: None, ..process }, ..case };
    assert!(!policy.exempts(Element::AllowedParentChildPairs, &orphan), "an unknown attribute matches nothing");
}

#[test]
fn critical_alerts_are_suppressed_only_where_it_says_so() {
    let initiator = ProcessAttributes {
        image: Some(b"/opt/build/run"),
        user: Some(br"corp\svc-build"),
        ..ProcessAttributes::default()
    };
    let case = Case {
        os: Os::Linux,
        host: b"ci-7",
        time: Timestamp::from_unix(1_700_000_000, 0),
        id: "linux.fifo.shell_relay",
        code: "L05",
        was: &[],
        severity: Severity::High,
        ipc_name: None,
        initiator,
        actor: ProcessAttributes::default(),
        target: ProcessAttributes::default(),
    };
    let policy = full();
    assert_eq!(policy.suppressed_by(&case), Some(0));
    assert_eq!(policy.suppressed_by(&Case { severity: Severity::Critical, ..case }), None);
    assert_eq!(policy.suppressed_by(&Case { host: b"db-1", ..case }), None);
    let getsystem = Case { code: "W02", severity: Severity::Critical, ..case };
    assert_eq!(policy.suppressed_by(&getsystem), Some(1));
}

#[test]
fn one_attribute_alone_is_worth_a_warning() {
    let policy = full();
    let paths: alloc::vec::Vec<_> = policy.warnings().into_iter().map(|w| w.path).collect();
    assert_eq!(paths, ["elements[1]"]);
}

#[test]
fn a_suppression_compares_as_the_engine_does() {
    let case = |os, image: &'static [u8], name: &'static [u8], user: Option<&'static [u8]>, uid| Case {
        os,
        host: b"h",
        time: Timestamp::from_unix(1_700_000_000, 0),
        id: "x.y.z",
        code: "X01",
        was: &["X00", "x.y.old"],
        severity: Severity::High,
        ipc_name: Some(name),
        initiator: ProcessAttributes { image: Some(image), user, uid, ..ProcessAttributes::default() },
        actor: ProcessAttributes::default(),
        target: ProcessAttributes::default(),
    };
    let policy = |image: &str, name: &str, user: &str| {
        let entry = serde_json::json!({"initiator_image": image, "ipc_name": name, "user": user});
        let text = serde_json::json!({"suppressions": [entry]}).to_string();
        Policy::from_json(text.as_bytes()).expect("a policy")
    };
    let linux = case(Os::Linux, b"/opt/a/run", b"/run/x.sock", Some(b"noor"), Some(1000));
    let windows = case(Os::Windows, br"C:\Tools\a.exe", b"status", Some(br"CORP\noor"), None);
    let (image, name) = ("/opt/a/run", "/run/x.sock");
    for (entry, of, covers) in [
        (policy(image, name, "noor"), linux, true),
        (policy(image, name, "1000"), linux, true),
        (policy(image, name, "uid=1000"), linux, true),
        (policy(image, name, "uid=1001"), linux, false),
        (policy(image, "/var/run/./x.sock", "noor"), linux, true),
        (policy(image, "/run/X.sock", "noor"), linux, false),
        (policy("/opt/A/run", name, "noor"), linux, false),
        (policy(r"c:\tools\A.EXE", r"\\.\pipe\Status", r"corp\Noor"), windows, true),
        (policy(r"\tools\a.exe", "status", r"corp\noor"), windows, true),
        (policy(r"c:\tool\a.exe", "status", r"corp\noor"), windows, false),
    ] {
        assert_eq!(entry.suppressed_by(&of).is_some(), covers, "{}", entry.to_json());
    }
}
