//! No output contains control characters from telemetry, file names or options.

use ipcsentry::report::{FleetCoverage, ProcessInfo};
use ipcsentry::{Alert, Catalog, Coverage, Engine, Limits, Policy, scenario};
use serde_json::Value;

#[path = "../../examples/hunt/progress.rs"]
#[allow(dead_code, reason = "only its line is looked at here")]
mod progress;
#[path = "../../examples/hunt/table.rs"]
mod table;

use crate::{Scratch, hunt, stderr};

/// A character of each kind that must be escaped: C0, delete, C1, bidirectional, zero width, separators.
const HOSTILE: &str =
    "\u{1b}]0;x\u{7}\u{7f}\u{85}\u{9b}31m\u{61c}\u{200b}\u{200e}\u{202e}\u{2066}\u{2028}\u{feff}\u{e0041}";

/// The characters of a text that must not be printed in a line.
fn steering(text: &str) -> Vec<char> {
    let is_plain = |c: char| {
        matches!(c, '\n' | ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{5ff}' | '–' | '…') && c != '\u{61c}'
    };
    text.chars().filter(|c| !is_plain(*c)).collect()
}

/// An attack in which every name that an attacker can choose is hostile: host, user, image, command line.
fn hostile_records() -> String {
    let json = serde_json::to_string(HOSTILE).expect("text");
    let mut text = include_str!("../../../tests/data/getsystem.ndjson").to_owned();
    for name in ["pine", "GROVE", "maple", "öak", "<b>"] {
        text = text.replace(name, &format!("{name}{}", json.trim_matches('"')));
    }
    text
}

/// An alert with every part, and the coverage of its host.
fn whole_alert() -> (Alert, Coverage) {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for event in scenario::all().iter().flat_map(|scenario| scenario.events()) {
        engine.feed(&event);
    }
    engine.flush();
    let whole = |a: &Alert| a.ipc.is_some() && a.actor.is_some() && a.target.is_some() && !a.missing.is_empty();
    let alert = std::iter::from_fn(|| engine.poll_alert()).find(|a| whole(a) && !a.lineage.is_empty());
    (alert.expect("a scenario leads to one"), engine.coverage().remove(0))
}

fn spoil(process: &mut ProcessInfo) {
    let text = || Some(HOSTILE.to_owned());
    (process.image, process.user, process.command_line) = (text(), text(), text());
    (process.unique_id, process.session) = (text(), text());
    (process.hash, process.signer, process.working_folder) = (text(), text(), text());
}

#[test]
fn every_field_of_an_alert_may_be_hostile() {
    let (mut alert, mut coverage) = whole_alert();
    let text = || HOSTILE.to_owned();
    (alert.id, alert.time, alert.host, alert.code) = (text(), text(), text(), text());
    (alert.behavior, alert.title, alert.explanation) = (text(), text(), text());
    (alert.techniques, alert.missing) = (vec![text()], vec![text(), text()]);
    let who = &mut alert.initiator;
    (who.user, who.session, who.address) = (Some(text()), Some(text()), Some(text()));
    let ipc = alert.ipc.as_mut().expect("it is whole");
    ipc.name = Some(text());
    let processes = [&mut alert.actor, &mut alert.target, &mut alert.initiator.process];
    processes.into_iter().flatten().for_each(spoil);
    alert.lineage.iter_mut().for_each(|step| spoil(&mut step.process));
    for evidence in &mut alert.evidence {
        (evidence.summary, evidence.time, evidence.source_id) = (text(), text(), Some(text()));
    }
    alert.suppress = serde_json::json!({ HOSTILE: HOSTILE });
    let mut of_remote = alert.clone();
    of_remote.initiator.process = None;
    for alert in [alert, of_remote] {
        let look = table::Look { colors: false, width: Some(70) };
        let incident = table::incident(&[&alert, &alert], look);
        assert_eq!(steering(&incident), [], "{incident:?}");
        let block = table::explained(&alert, table::Look::default(), &|_| (HOSTILE, 1));
        assert_eq!(steering(&block), [], "{block:?}");
        assert!(block.matches("\\u{9b}").count() > 15, "{block}");
        assert!(block.lines().all(|line| line.is_empty() || line.starts_with("  ") || line.contains("\\u{e0041}")));
    }
    (coverage.host, coverage.first, coverage.last) = (text(), text(), text());
    for behavior in &mut coverage.behaviors {
        (behavior.code, behavior.missing) = (text(), vec![text()]);
    }
    assert_eq!(steering(&table::coverage(&coverage, table::Look::default())), []);
    assert_eq!(steering(&table::fleet(&FleetCoverage::of(&[coverage]), table::Look::default())), []);
}

#[test]
fn alerts_and_summaries_hold_nothing_a_terminal_obeys() {
    let records = hostile_records();
    let name = if cfg!(unix) { "a\u{1b}[31m\u{202e}\n\u{9b}b" } else { "ab" };
    let file = Scratch::new(name, records.as_bytes());
    let output = hunt(&["--coverage", file.path()]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    assert!(text.contains("\\u{9b}31m") && text.contains("\\u{e0041}"), "the text is there, escaped: {text}");
    assert_eq!(steering(&text), [], "{text:?}");
    assert_eq!(steering(&stderr(&output)), [], "{:?}", stderr(&output));
    let silence = text.lines().find_map(|line| line.trim().strip_prefix("suppress")).expect("a snippet");
    serde_json::from_str::<Value>(silence.trim()).expect("it can be copied into a policy");
}

#[test]
fn messages_hold_nothing_a_terminal_obeys() {
    let json = serde_json::to_string(HOSTILE).expect("text");
    let policy = Scratch::new("policy", format!("{{{json}: 1}}").as_bytes());
    let wrong: &[&[&str]] = &[
        &[&format!("/no/{HOSTILE}")],
        &[&format!("--{HOSTILE}")],
        &["--format", HOSTILE],
        &["--since", HOSTILE],
        &["--include", &format!("***{HOSTILE}")],
        &["--policy", &format!("/no/{HOSTILE}")],
        &["--policy", policy.path()],
        &["--min-severity", HOSTILE],
        &[&format!("/no/{HOSTILE}*")],
    ];
    for arguments in wrong {
        let output = hunt(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(steering(&stderr(&output)), [], "{arguments:?}: {:?}", stderr(&output));
        assert_eq!(stderr(&output).lines().filter(|line| !line.starts_with("hunt: ")).count(), 0);
    }
}

/// As NDJSON on a terminal.
#[cfg(target_os = "linux")]
#[test]
fn json_on_a_terminal_is_escaped_and_stays_the_same_document() {
    use std::process::Command;
    let records = hostile_records();
    let file = Scratch::new("terminal", records.as_bytes());
    let command = format!("{} --output=ndjson {}", crate::program().display(), file.path());
    let Ok(output) = Command::new("script").args(["-qec", &command, "/dev/null"]).output() else {
        println!("skipped: no script(1) to make a terminal with");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let line = text.lines().find_map(|line| line.find("{\"schema_version\"").map(|at| &line[at..])).expect("an alert");
    assert_eq!(steering(line), [], "{line:?}");
    let plain = crate::alerts(&hunt(&["--output=ndjson", file.path()]));
    assert_eq!(serde_json::from_str::<Value>(line).expect("JSON"), plain[0]);
}

/// What other tools read may land on a terminal, too.
#[cfg(target_os = "linux")]
#[test]
fn outputs_for_other_tools_hold_nothing_a_terminal_obeys() {
    use std::process::Command;
    let records = hostile_records();
    let file = Scratch::new("terminal-outputs", records.as_bytes());
    for form in ["ecs", "ocsf", "stix", "csv"] {
        let command = format!("{} --output={form} {} 2>/dev/null", crate::program().display(), file.path());
        let Ok(output) = Command::new("script").args(["-qec", &command, "/dev/null"]).output() else {
            println!("skipped: no script(1) to make a terminal with");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        assert_eq!(steering(&text), [], "{form}: {text:?}");
        let escaped = if form == "csv" { "\\u{9b}" } else { "\\u009b" };
        assert!(text.contains(escaped), "{form}: {text}");
    }
}

#[test]
fn rows_are_as_wide_as_the_terminal_and_nothing_is_cut() {
    let (mut alert, _) = whole_alert();
    let line = format!("tool {} --last-argument=that-matters", "--option with-value ".repeat(60));
    alert.target.as_mut().expect("it is whole").command_line = Some(line.clone());
    let wide = table::block(&alert, table::Look::default(), &|_| ("a.log", 1));
    assert!(wide.contains(&line), "no terminal, no wrapping");
    let narrow = table::block(&alert, table::Look { colors: false, width: Some(80) }, &|_| ("a.log", 1));
    let rows = narrow.lines().filter(|row| !row.contains("suppress")).skip(1);
    let widest = rows.map(|row| row.chars().count()).max();
    assert!(widest.is_some_and(|widest| (60..=80).contains(&widest)), "{widest:?}: {narrow}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&narrow).contains(&words(&line)), "{narrow}");
    let first = &alert.evidence[0];
    assert!(narrow.contains(&format!("[a.log:{}", first.record + 1)), "lines count from one: {narrow}");
}
