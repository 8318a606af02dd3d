//! Policies: their check, their other languages, what their entries did, and what a sensor would show.

use serde_json::Value;

use super::{ATTACK, Scratch, hunt};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_policy_is_checked_in_each_language() {
    for (name, policy) in [
        ("check.json", r#"{"suppressions": [{"host": "ci-*"}]}"#),
        ("check.yaml", "suppressions:\n  - host: ci-*\n"),
        ("check.toml", "[[suppressions]]\nhost = 'ci-*'\n"),
    ] {
        let file = Scratch::new(name, policy.as_bytes());
        let output = hunt(&["--check-policy", file.path()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).ends_with("0 elements, 1 suppression, 1 warning\n"), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains("suppressions[0]: one attribute only"), "{}", text(&output.stderr));
    }
    for (name, policy, what) in [
        ("odd.json", "{\n  \"disabled\": [\"W99\"]\n}", ".json: 2:16: disabled[0]: `W99` is no behavior"),
        ("odd.yaml", "disabled: [W99]", ".yaml: disabled[0]: `W99` is no behavior"),
        ("odd.toml", "disabled = 'W18'\nx = ", ".toml: is no TOML: line 2"),
    ] {
        let file = Scratch::new(name, policy.as_bytes());
        let output = hunt(&["--check-policy", file.path()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(what), "{}", text(&output.stderr));
    }
}

#[test]
fn suppressed_alerts_are_printed_when_asked_for_and_their_entries_are_counted() {
    let policy = r#"{"suppressions": [
        {"behavior": "L05", "allow_critical": true, "owner": "ci", "reason": "a build"},
        {"behavior": "L05", "host": "elsewhere", "allow_critical": true, "owner": "ops"},
        {"behavior": "L01", "host": "elsewhere"}
    ]}"#;
    let (policy, attack) =
        (Scratch::new("entries.json", policy.as_bytes()), Scratch::new("entries.log", ATTACK.as_bytes()));
    let arguments = ["--policy", policy.path(), "--output", "ndjson", attack.path()];
    let quiet = hunt(&arguments);
    assert_eq!((quiet.status.code(), text(&quiet.stdout).as_str()), (Some(0), ""), "{}", text(&quiet.stderr));
    let said = text(&quiet.stderr);
    for line in [
        "1 suppressed by policy",
        "policy: suppressions[1] of ops never matched any of 1 alerts of its behaviors",
        "policy: suppressions[2] never matched: there was no alert of its behaviors",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    let asked = hunt(&[&["--suppressed"][..], &arguments].concat());
    assert_eq!(asked.status.code(), Some(0), "it is no alert");
    let alert: Value = serde_json::from_str(text(&asked.stdout).trim()).expect("one alert");
    assert_eq!((&alert["code"], &alert["suppressed_by"]), (&"L05".into(), &serde_json::json!(["suppressions[0]"])));
}

#[test]
fn a_profile_says_what_a_sensor_would_show() {
    let output = hunt(&["--coverage", "--profile", "linux_auditd_execve", "--output", "ndjson"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let coverage = lines.iter().find_map(|line| line.get("coverage")).expect("coverage");
    let raised = lines.iter().find_map(|line| line.get("profile")).expect("what is raised");
    let of = |list: &Value, code: &str| list.as_array().expect("a list").iter().find(|b| b["code"] == code).cloned();
    assert_eq!(of(&coverage["behaviors"], "L05").expect("L05")["visibility"], "blind");
    assert_eq!(of(&raised["behaviors"], "L05").expect("L05")["found"], 0);
    // Predicted is observed: what is blind raises nothing, and something is seen at all.
    for behavior in coverage["behaviors"].as_array().expect("a list").iter().filter(|b| b["visibility"] == "blind") {
        let code = behavior["code"].as_str().expect("a code");
        assert!(of(&raised["behaviors"], code).is_none_or(|b| b["found"] == 0), "{code}");
    }
    assert!(raised["behaviors"].as_array().expect("a list").iter().any(|b| b["found"] != 0));
    let wrong = hunt(&["--coverage", "--profile", "nothing"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("windows_sysmon_default"), "{}", text(&wrong.stderr));
    assert_eq!(hunt(&["--profile", "linux_osquery"]).status.code(), Some(2));
}
