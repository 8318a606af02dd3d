//! `--coverage --remedy`: the settings that would send what behaviors lack.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{ATTACK, Scratch, hunt, stderr};

const REMEDIES: &str = include_str!("../../src/report/remedies.tsv");

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    REMEDIES.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

#[test]
fn every_kind_of_event_that_a_behavior_needs_has_a_setting_or_says_that_there_is_none() {
    let needed =
        include_str!("../../examples/hunt/collect.tsv").lines().map(|line| line.split('\t').collect::<Vec<_>>());
    for row in needed {
        let (platform, kind) = (row[0].to_lowercase(), row[1]);
        assert!(rows().any(|remedy| remedy[0] == platform && remedy[1] == kind), "{platform} {kind}");
    }
    let rules = include_str!("../../examples/hunt/auditd.rules");
    let logged: BTreeSet<&str> = rules
        .lines()
        .filter(|line| line.starts_with("-a "))
        .flat_map(|line| line.split(" -S ").skip(1).filter_map(|rest| rest.split(' ').next()))
        .flat_map(|list| list.split(','))
        .collect();
    for row in rows().filter(|row| row[3] == "audit") {
        assert!(row[4].split(',').any(|call| logged.contains(call)), "no documented audit rule logs any of {}", row[4]);
    }
}

#[test]
fn what_a_log_of_process_starts_lacks_is_named_with_its_audit_rules() {
    let starts: String = ATTACK
        .lines()
        .filter(|line| !line.contains("syscall=42 ") && !line.contains("syscall=257 "))
        .map(|l| format!("{l}\n"))
        .collect();
    let file = Scratch::new("remedy.log", starts.as_bytes());
    let output = hunt(&["--coverage", "--remedy", "--output=ndjson", file.path()]);
    let text = String::from_utf8(output.stdout).expect("it is text");
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("a line is JSON");
    let missing = last["remedy"]["missing"].as_array().expect("a list");
    let lacks = |kind: &str, code: &str| {
        let codes = missing
            .iter()
            .filter(|one| one["kind"] == kind)
            .flat_map(|one| one["behaviors"].as_array().expect("a list"));
        codes.into_iter().any(|one| one == code)
    };
    assert!(lacks("endpoint_connect", "L06") && lacks("network_connect", "L19"), "{missing:#?}");
    let settings = last["remedy"]["settings"].as_array().expect("a list");
    let lines: Vec<&str> =
        settings.iter().flat_map(|one| one["lines"].as_array().expect("a list")).filter_map(Value::as_str).collect();
    assert!(
        lines.iter().any(|line| line.contains("filetype=fifo"))
            && lines.iter().any(|line| line.contains("-S bind,connect")),
        "{lines:#?}"
    );
    // Nothing is missing that is sent: a rule for process starts alone is not printed.
    assert!(lines.iter().all(|line| !line.contains("execve")), "{lines:#?}");
    let table = hunt(&["--coverage", "--remedy", file.path()]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("REMEDY"), "{}", stderr(&table));
}

#[test]
fn the_settings_of_windows_are_a_configuration_of_sysmon_and_an_audit_policy() {
    let record = r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":17,"UtcTime":"2026-03-02 08:15:00.000",
        "Hostname":"pc-7","ProcessId":4711,"Image":"C:\\Temp\\update.exe","PipeName":"\\quiet"}"#;
    let file = Scratch::new("remedy.ndjson", record.replace('\n', "").as_bytes());
    let output = hunt(&["--coverage", "--remedy", file.path()]);
    let text = String::from_utf8(output.stdout).expect("it is text");
    let (_, settings) = text.split_once("Sysmon configuration:\n").expect("a configuration");
    let (sysmon, _) = settings.split_once("</Sysmon>").expect("its end");
    assert!(sysmon.contains("<ProcessCreate onmatch=\"exclude\"/>") && sysmon.contains("<PipeEvent"), "{sysmon}");
    assert!(text.contains("auditpol /set /subcategory:\"Detailed File Share\" /success:enable"), "{text}");
    assert!(hunt(&["--remedy", file.path()]).status.code() == Some(2), "--remedy needs --coverage");
}
