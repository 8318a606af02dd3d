//! `--scenarios`: verdicts on the built-in scenarios, by the rules and the policy of the options.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::Catalog;
use ipcsentry::scenario::{self, Telemetry};
use serde_json::Value;

use crate::{Scratch, hunt, last_line, stderr};

fn cases(arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let all: Vec<&str> = ["--scenarios", "--output=ndjson"].iter().chain(arguments).copied().collect();
    let output = hunt(&all);
    let text = String::from_utf8(output.stdout).expect("it is text");
    (output.status.code(), text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect())
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().expect("a text")
}

#[test]
fn every_scenario_has_a_verdict_in_every_telemetry_of_its_platform() {
    let (status, cases) = cases(&[]);
    assert_eq!(status, Some(0));
    let wrong: Vec<&Value> = cases.iter().filter(|case| !["pass", "blind"].contains(&text(case, "verdict"))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let due: usize = scenario::all()
        .iter()
        .map(|scenario| Telemetry::ALL.iter().filter(|telemetry| telemetry.os() == scenario.os()).count())
        .sum();
    assert_eq!(cases.len(), due);
    // No behavior is blind everywhere, and a blind case names what is not recorded.
    let passed: BTreeSet<&str> = cases
        .iter()
        .filter(|case| case["attack"] == true && text(case, "verdict") == "pass")
        .map(|case| text(case, "behavior"))
        .collect();
    let catalog = Catalog::builtin();
    let all: BTreeSet<&str> = catalog.rules().iter().filter(|rule| rule.alerts).map(|rule| &*rule.code).collect();
    assert_eq!(passed, all);
    assert!(cases.iter().all(|case| text(case, "verdict") != "blind" || !text(case, "detail").is_empty()));
}

#[test]
fn the_entry_of_the_policy_that_hides_an_attack_is_named() {
    let policy = r#"{
        "disabled": ["W21", "W07"], "severities": {"M09": "low"},
        "suppressions": [
            {"behavior": "L02", "host": "elsewhere"},
            {"behavior": "L01", "allow_critical": true, "host": "*", "ipc_name": "/run/docker.sock"}
        ]
    }"#;
    let policy = Scratch::new("scenarios-policy.json", policy.as_bytes());
    let (status, cases) = cases(&["--policy", policy.path()]);
    assert_eq!(status, Some(1));
    let mut hidden: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case["verdict"] == "suppressed") {
        let entry = text(case, "detail").split(':').next().expect("a text");
        hidden.entry(text(case, "behavior")).or_default().insert(entry);
    }
    for (behavior, entry) in
        [("W07", "disabled[1]"), ("W21", "disabled[0]"), ("M09", "severities.M09"), ("L01", "suppressions[1]")]
    {
        assert_eq!(hidden.get(behavior), Some(&BTreeSet::from([entry])), "{behavior}");
    }
    assert!(cases.iter().all(|case| case["verdict"] != "failed"));
}

#[test]
fn attacks_whose_behavior_the_rules_lack_are_blind_and_loud_rules_fail() {
    let rule = include_str!("rule.jsonc");
    let rule = Scratch::new("scenarios-rule.jsonc", rule.as_bytes());
    let (status, cases) = cases(&["--only-rules", "--rules", rule.path()]);
    assert_eq!(status, Some(1));
    let blind =
        cases.iter().filter(|case| case["attack"] == true && text(case, "detail").starts_with("the rules have no"));
    assert!(blind.count() > 400);
    // The rule is a wide one: it also alerts on everyday work, which is a failure of its own.
    let failed: Vec<&Value> = cases.iter().filter(|case| case["verdict"] == "failed").collect();
    assert!(!failed.is_empty() && failed.iter().all(|case| case["attack"] == false), "{failed:#?}");
}

#[test]
fn junit_and_the_exported_telemetry_can_be_read() {
    let folder = std::env::temp_dir().join(format!("ipcsentry-scenarios-{}", std::process::id()));
    let folder_name = folder.to_str().expect("a plain path");
    let output = hunt(&["--scenarios", "--output=junit", "--export", folder_name]);
    let xml = String::from_utf8(output.stdout).expect("it is text");
    assert!(xml.starts_with("<?xml") && xml.ends_with("</testsuites>\n"));
    assert_eq!(xml.matches("<testcase ").count(), xml.matches("/>\n").count() + xml.matches("</testcase>").count());
    assert_eq!(xml.matches("<testsuite ").count(), Telemetry::ALL.len());
    let some = std::fs::read_dir(folder.join("auditd")).expect("a folder").count();
    assert!(some > 300, "{some} files");
    let hunted = hunt(&["--output=ndjson", &format!("{folder_name}/evtx")]);
    std::fs::remove_dir_all(&folder).expect("a folder of ours");
    assert_eq!(hunted.status.code(), Some(1), "{}", stderr(&hunted));
    assert!(last_line(&hunted).ends_with("0 errors"), "{}", stderr(&hunted));
}

#[test]
fn tests_of_atomic_red_team_name_their_behavior() {
    let catalog = Catalog::builtin();
    let table = include_str!("../../src/scenario/atomics.tsv");
    let mut guids = BTreeSet::new();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [guid, technique, behavior, name] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        assert!(guids.insert(guid) && guid.len() == 36 && technique.starts_with('T') && !name.is_empty(), "{row}");
        assert!(catalog.rules().iter().any(|rule| rule.code == behavior), "{row}");
    }
    let (_, cases) = cases(&[]);
    let named: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| case["atomics"].as_array().expect("a list"))
        .map(|guid| guid.as_str().expect("a text"))
        .collect();
    assert_eq!(named, guids);
}

#[test]
fn options_that_need_the_scenarios_say_so() {
    for arguments in [&["--output=junit"][..], &["--export", "x"], &["--scenarios", "file.log"]] {
        let output = hunt(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("--scenarios"), "{}", stderr(&output));
    }
}
