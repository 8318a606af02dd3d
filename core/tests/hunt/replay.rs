//! `--replay`: what a change of rules changes on recordings.

use serde_json::Value;

use crate::{ATTACK, Scratch, hunt, last_line, stderr};

/// The changes between two rules on an attack.
fn changes(old: &str, new: &str) -> (Option<i32>, Vec<Value>, String) {
    let recording = Scratch::new("replay.log", ATTACK.as_bytes());
    let output = hunt(&["--replay", old, new, "--output=ndjson", recording.path()]);
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    let changes = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (output.status.code(), changes, last_line(&output))
}

#[test]
fn the_same_rules_change_nothing() {
    let (status, changes, last) = changes("builtin", "builtin");
    assert_eq!((status, changes.len()), (Some(0), 0), "{last}");
    assert!(last.starts_with("hunt: 0 new, 0 gone, 0 changed, ") && !last.ends_with(" 0 the same"), "{last}");
}

#[test]
fn a_rule_that_is_added_or_taken_away_is_seen_in_its_alerts() {
    let rule = Scratch::new("replay-rule.jsonc", include_bytes!("rule.jsonc"));
    let (status, added, last) = changes("builtin", rule.path());
    assert_eq!(status, Some(1), "{last}");
    assert!(!added.is_empty() && added.iter().all(|change| change["change"] == "new"), "{added:#?}");
    let (_, gone, _) = changes(rule.path(), "builtin");
    assert_eq!(gone.len(), added.len());
    assert!(gone.iter().all(|change| change["change"] == "gone"));
    let ids = |changes: &[Value]| changes.iter().map(|change| change["alert"]["id"].to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&gone), ids(&added));
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    for arguments in
        [&["--replay", "builtin"][..], &["--replay", "builtin", "builtin"], &["--replay", "builtin", "/no/such", "x"]]
    {
        let output = hunt(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
    }
    let output = hunt(&["--replay", "builtin", "builtin", "/no/such/file"]);
    assert_eq!(output.status.code(), Some(2), "an input that was not judged proves nothing: {}", stderr(&output));
}
