//! `--suggest`: entries for benign alerts, with proof of what they do not hide.

use serde_json::{Value, json};

use crate::{ATTACK, Scratch, alerts, hunt, last_line, stderr};

fn policy(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a policy")
}

/// An alert of an agent that nobody else is like.
fn agent(host: &str, benign: Option<bool>) -> String {
    let mut alert = json!({
        "id": format!("00000000000000{host}"), "evidence": [], "actor": null, "target": null,
        "initiator": {"process": {"image": "/opt/agent/run"}}, "suppress": {"suppressions": [
            {"behavior": "L02", "host": host, "initiator_image": "/opt/agent/run", "ipc_name": "/run/supervisor.sock"}
        ]}
    });
    if let Some(benign) = benign {
        alert["benign"] = benign.into();
    }
    format!("{alert}\n")
}

#[test]
fn entries_that_hide_nothing_are_a_policy() {
    let file = Scratch::new("suggest-benign.ndjson", (agent("aa", None) + &agent("bb", None)).as_bytes());
    let output = hunt(&["--suggest", file.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let policy = policy(&output);
    assert_eq!(policy["suppressions"][0]["host"], json!(["aa", "bb"]));
    assert_eq!(last_line(&output), "hunt: 2 benign alerts: 1 entries, 0 refused");
    let written = Scratch::new("suggest-policy.json", policy.to_string().as_bytes());
    assert_eq!(hunt(&["--check-policy", written.path()]).status.code(), Some(0));
}

#[test]
fn only_marked_alerts_count_where_any_is_marked() {
    let file = Scratch::new(
        "suggest-marked.ndjson",
        (agent("aa", Some(true)) + &agent("bb", Some(false)) + &agent("cc", None)).as_bytes(),
    );
    assert_eq!(policy(&hunt(&["--suggest", file.path()]))["suppressions"][0]["host"], "aa");
}

#[test]
fn an_entry_that_hides_an_attack_is_refused_by_name() {
    let alert = agent("aa", None).replace("/opt/agent/run", "/usr/bin/curl");
    let file = Scratch::new("suggest-curl.ndjson", alert.as_bytes());
    let output = hunt(&["--suggest", file.path(), "--output=ndjson"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(policy(&output), json!({"suppressions": []}));
    assert!(stderr(&output).contains("linux.control.curl"), "{}", stderr(&output));
}

#[test]
fn an_entry_that_hides_an_alert_of_a_recording_is_refused_by_name() {
    let recording = Scratch::new("suggest-attack.log", ATTACK.as_bytes());
    let raised = alerts(&hunt(&["--host=aa", "--output=ndjson", recording.path()]));
    let entry = raised[0]["suppress"]["suppressions"][0].clone();
    // The same programs on the same host, but another alert: the recording's own is not among the benign ones.
    let mut other = raised[0].clone();
    other["id"] = json!("00000000000000ff");
    let file = Scratch::new("suggest-other.ndjson", format!("{other}\n").as_bytes());
    let output = hunt(&["--host=aa", "--suggest", file.path(), recording.path()]);
    assert_eq!(output.status.code(), Some(1), "{entry}: {}", stderr(&output));
    let id = raised[0]["id"].as_str().expect("an id");
    assert!(stderr(&output).contains(&format!(" {id} of ")), "{}", stderr(&output));
}

#[test]
fn what_is_no_alert_is_refused_with_its_line() {
    for (text, what) in [("{}\n", "line 1: no alert"), ("\n{\"id\": \n", "line 2: ")] {
        let file = Scratch::new("suggest-wrong.ndjson", text.as_bytes());
        let output = hunt(&["--suggest", file.path()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(what), "{}", stderr(&output));
    }
    assert_eq!(hunt(&["--suggest", "x", "-"]).status.code(), Some(2));
}
