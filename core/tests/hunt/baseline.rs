//! Baselines: learned, used, checked, compared and taken over; and the digest of alerts.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ATTACK, Scratch, hunt};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The attack as so many hosts log it on so many days: `host-3 day-2` is as `host-1 day-1` but for the times.
fn log(day: u64) -> String {
    let mut log = String::new();
    for line in ATTACK.lines() {
        let Some((before, rest)) = line.split_once("msg=audit(") else { continue };
        let (seconds, after) = rest.split_once('.').expect("seconds and milliseconds");
        let seconds = seconds.parse::<u64>().expect("a number") + day * 86_400;
        let _ = writeln!(log, "{before}msg=audit({seconds}.{after}");
    }
    log
}

#[test]
fn what_is_learned_is_added_to_a_file_used_checked_and_compared() {
    let file = Scratch::new("usual.json", b"");
    std::fs::remove_file(file.path()).expect("it was made");
    for day in 0..4 {
        let log = Scratch::new("learn.log", log(day).as_bytes());
        for host in 0..4 {
            let host = format!("ci-{host}");
            let output = hunt(&["--learn", file.path(), "--host", &host, "--output", "ndjson", log.path()]);
            assert_eq!(output.status.code(), Some(1), "learning changes no alert: {}", text(&output.stderr));
        }
    }
    let learned = std::fs::read_to_string(file.path()).expect("it was written");
    assert!(learned.starts_with("{\"version\": 1, \"frozen\": false,\n") && !learned.contains("ci-"), "{learned}");
    let policy = Scratch::new("quorum.json", br#"{"baseline": {"hosts": 2, "days": 2}}"#);

    // A critical alert stays, and its confidence says what the baseline knows.
    let log = Scratch::new("use.log", log(9).as_bytes());
    let arguments = ["--policy", policy.path(), "--output", "ndjson", "--host", "ci-9", log.path()];
    let output = hunt(&[&["--baseline", file.path()][..], &arguments].concat());
    let alert: Value = serde_json::from_str(text(&output.stdout).lines().next().expect("an alert")).expect("JSON");
    assert_eq!(alert["severity"], "critical");
    let parts = alert["confidence_parts"].as_array().expect("parts");
    assert!(parts.iter().any(|part| part["what"] == "baseline" && part["adds"] == -0.2), "{alert}");

    let check = hunt(&["--check-baseline", file.path(), "--policy", policy.path()]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check.stderr));
    let said = text(&check.stdout);
    assert!(said.contains("relations of about 4 hosts and 4 days") && said.contains(" 0 to review"), "{said}");
    let check = hunt(&["--check-baseline", file.path(), "--output", "ndjson"]);
    let lines: Vec<Value> = text(&check.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["usual"], 0, "by the usual quorum four hosts are few");
    assert_eq!(lines[0]["review"], lines.len() - 1);
    assert!(lines[1..].iter().any(|line| line["review"]["kind"] == "alert" && line["review"]["names"][0] == "L05"));

    let same = hunt(&["--baseline-diff", file.path(), file.path(), "--policy", policy.path()]);
    assert_eq!((same.status.code(), text(&same.stdout).as_str()), (Some(0), ""));
    assert!(text(&same.stderr).contains("0 relations stand otherwise; drift 0.000"), "{}", text(&same.stderr));
    let empty = Scratch::new("empty.json", br#"{"version": 1}"#);
    let other = hunt(&["--baseline-diff", empty.path(), file.path(), "--policy", policy.path()]);
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other.stdout).contains("unknown -> usual: fifo of no group: "), "{}", text(&other.stdout));
    assert!(text(&other.stderr).contains("drift 1.000"), "{}", text(&other.stderr));

    let taken = hunt(&["--baseline-policy", file.path(), "--policy", policy.path()]);
    let written: Value =
        serde_json::from_str(&text(&taken.stdout)).unwrap_or_else(|e| panic!("{e}: {}", text(&taken.stderr)));
    assert_eq!(written["suppressions"][0]["behavior"], "L05");
    assert_eq!(written["suppressions"][0]["owner"], "baseline");
}

#[test]
fn baselines_that_cannot_be_used_are_refused() {
    let log = Scratch::new("refused.log", ATTACK.as_bytes());
    let wrong = Scratch::new("wrong.json", b"{\"version\": 2}");
    for option in ["--baseline", "--learn"] {
        let output = hunt(&[option, wrong.path(), log.path()]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(
            text(&output.stderr).contains("1:13: version: is a version that is not known here"),
            "{}",
            text(&output.stderr)
        );
    }
    let frozen = Scratch::new("frozen.json", b"{\"version\": 1, \"frozen\": true}");
    let output = hunt(&["--learn", frozen.path(), log.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is frozen"), "{}", text(&output.stderr));
    for arguments in
        [&["--learn", "x"][..], &["--digest", "-"], &["--digest", "--coverage", log.path()], &["--baseline-diff", "x"]]
    {
        assert_eq!(hunt(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_digest_counts_alerts_without_names_of_hosts_and_users() {
    let (one, other) = (Scratch::new("one.log", log(0).as_bytes()), Scratch::new("other.log", log(1).as_bytes()));
    let digest = |files: &[&str]| {
        let output = hunt(&[&["--digest", "--output", "ndjson", "--host", "secret-host"][..], files].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let digest: Value = serde_json::from_str(text(&output.stdout).trim()).expect("one line of JSON");
        assert!(!digest.to_string().contains("secret"), "{digest}");
        digest
    };
    let both = digest(&[one.path(), other.path()]);
    assert_eq!((&both["hosts"], &both["days"]), (&1.into(), &2.into()));
    let row =
        both["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["behavior"] == "L05")).expect("its row");
    assert_eq!((&row["per_host_day"], row["cells"].as_array().map(Vec::len)), (&1.0.into(), Some(2)), "{row}");
    assert_eq!(row["mechanism"], "fifo");
    // Several threads come to the same.
    assert_eq!(digest(&["--threads", "2", one.path(), other.path()]), both);
}
