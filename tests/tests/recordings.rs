//! Every labeled recording through the whole library.
//!
//! The recordings are beside the repository (`../shared/recordings`); without them the tests print `skipped` and pass.
//! Their alerts are in `golden/recordings.json`; `UPDATE_GOLDEN=1` writes the file, whose diff is to be reviewed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ipcsentry::Alert;
use ipcsentry::decode::Format;
use ipcsentry::rules::Severity;
use ipcsentry_tests::document::{difference, keep_part, updates};
use ipcsentry_tests::recordings::{self, Grade, Recording, differences, hunt};
use ipcsentry_tests::score::{self, Scores};
use serde_json::{Value, json};

/// Most medium alerts on all benign recordings together.
const TOLERATED_MEDIUM: usize = 3;

/// Whether the library supports its format.
fn is_ours(recording: &Recording) -> bool {
    ["windows/", "linux/auditd", "linux/laurel", "macos/eslogger", "macos/unifiedlog/ae-osascript"]
        .iter()
        .any(|part| recording.path.to_string_lossy().contains(&format!("recordings/{part}")))
}

#[test]
fn every_recording_of_our_formats_decodes_without_an_error() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for recording in recordings.iter().filter(|r| is_ours(r)) {
        let Some(format) = recording.format else {
            wrong.push(format!("{}: not recognized", recording.id));
            continue;
        };
        let (_, stats) = hunt(format, &[&recording.bytes]);
        if stats.decode_errors > 0 {
            wrong.push(format!("{}: {} errors {:?}", recording.id, stats.decode_errors, stats.first_decode_errors));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recording_raises_what_the_golden_file_says() {
    let Some(recordings) = recordings::all() else { return };
    let mut raised = BTreeMap::new();
    for recording in &recordings {
        let Some(format) = recording.format else { continue };
        let (alerts, _) = hunt(format, &[&recording.bytes]);
        let alerts: Vec<Value> = alerts.iter().map(expectation).collect();
        raised.insert(recording.id.clone(), Value::from(alerts));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/recordings.json");
    let mut golden: BTreeMap<String, Value> =
        std::fs::read(&path).map(|text| serde_json::from_slice(&text).expect("JSON")).unwrap_or_default();
    if updates() {
        golden.extend(raised);
        golden.retain(|_, alerts| alerts.as_array().is_some_and(|list| !list.is_empty()));
        std::fs::create_dir_all(path.with_file_name("")).expect("a folder");
        std::fs::write(&path, written(&golden)).expect("a file");
        return;
    }
    let none = Value::from(Vec::<Value>::new());
    let mut wrong = Vec::new();
    for (id, alerts) in &raised {
        let due = golden.get(id).unwrap_or(&none);
        if alerts != due {
            let lines =
                |alerts: &Value| alerts.as_array().into_iter().flatten().map(|a| format!("{a}\n")).collect::<String>();
            wrong.push(format!("{id}, alert by alert, {}", difference(&lines(due), &lines(alerts))));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDEN=1 takes these over:\n{}", wrong.join("\n"));
}

fn expectation(alert: &Alert) -> Value {
    let who = &alert.initiator;
    let image = who.process.as_ref().and_then(|p| p.image.as_deref());
    let initiator = image.map(|i| i.rsplit(['\\', '/']).next().unwrap_or(i));
    let evidence = alert.evidence.iter();
    let evidence: Vec<String> =
        evidence.map(|e| e.source_id.clone().unwrap_or_else(|| format!("record {}", e.record))).collect();
    json!({
        "code": alert.code,
        "severity": alert.severity,
        "initiator": initiator.unwrap_or(who.kind),
        "evidence": evidence,
    })
}

/// One alert as a line for reviewers.
fn written(golden: &BTreeMap<String, Value>) -> String {
    let recordings: Vec<String> = golden
        .iter()
        .map(|(id, alerts)| {
            let lines: Vec<String> = alerts.as_array().into_iter().flatten().map(|a| format!("    {a}")).collect();
            format!("  {}: [\n{}\n  ]", json!(id), lines.join(",\n"))
        })
        .collect();
    format!("{{\n{}\n}}\n", recordings.join(",\n"))
}

#[test]
fn every_alert_on_a_due_windows_recording_has_a_verdict() {
    let Some(recordings) = recordings::all() else { return };
    let golden: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("../golden/recordings.json")).expect("the golden alerts are read");
    let mut judged: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut recording = "";
    for row in include_str!("../golden/README.md").lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let &[_, name, alert, verdict, ..] = cells.as_slice() else { panic!("no row: {row}") };
        recording = if name.is_empty() { recording } else { name.trim_matches('`') };
        assert!(!verdict.is_empty() && judged.entry(recording).or_default().insert(alert.to_owned()), "{row}");
    }
    let mut due: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for recording in recordings.iter().filter(|r| r.grade == Grade::Must && r.platform == "windows") {
        for alert in golden[&recording.id].as_array().into_iter().flatten() {
            let text = |key: &str| alert[key].as_str().unwrap_or_default().to_owned();
            due.entry(&recording.id).or_default().insert(format!("{} {}", text("code"), text("severity")));
        }
    }
    assert_eq!(judged, due);
}

#[test]
fn benign_recordings_stay_quiet() {
    let Some(recordings) = recordings::all() else { return };
    let mut loud = Vec::new();
    let mut medium = Vec::new();
    for recording in recordings.iter().filter(|r| r.grade == Grade::Not) {
        let Some(format) = recording.format else { continue };
        for alert in hunt(format, &[&recording.bytes]).0.iter().filter(|alert| score::is_false(alert, recording)) {
            let said = format!("{}: {} {} {}", recording.id, alert.severity, alert.code, alert.explanation);
            match alert.level {
                Severity::Low => {}
                Severity::Medium => medium.push(said),
                _ => loud.push(said),
            }
        }
    }
    assert!(loud.is_empty(), "{}", loud.join("\n"));
    assert!(medium.len() <= TOLERATED_MEDIUM, "{}", medium.join("\n"));
}

#[test]
fn the_readmes_scores_are_measured() {
    let Some(recordings) = recordings::all() else { return };
    let mut scores = Scores::new();
    for recording in &recordings {
        let alerts = recording.format.map(|format| hunt(format, &[&recording.bytes]).0).unwrap_or_default();
        score::add(&mut scores, recording, &alerts, Severity::Medium);
    }
    keep_part("README.md", "score", &score_table(&scores));
}

fn score_table(scores: &Scores) -> String {
    let heads = ["", "due", "found", "whole", "initiator right", "false alerts on benign recordings", "stray alerts"]
        .join(" | ");
    let mut table = format!("|{heads} |\n|---|---|---|---|---|---|---|\n");
    for (platform, name) in [("windows", "Windows"), ("linux", "Linux"), ("macos", "macOS")] {
        let Some(score) = scores.get(platform) else { continue };
        let of = |right: u64, all: u64| if all == 0 { "not labeled".to_owned() } else { format!("{right} of {all}") };
        table += &format!(
            "| {name} | {} | {} | {} | {} | {} in {} recordings, {} events | {} |\n",
            score.due,
            score.found,
            of(score.whole, score.labeled),
            of(score.initiator, score.with_initiator),
            score.false_alerts,
            score.benign,
            grouped(score.benign_events),
            score.stray,
        );
    }
    table
}

/// `143722` as `143,722`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let with_comma = |(at, digit): (usize, char)| {
        if at > 0 && (digits.len() - at).is_multiple_of(3) { format!(",{digit}") } else { format!("{digit}") }
    };
    digits.chars().enumerate().map(with_comma).collect()
}

#[test]
fn order_does_not_matter() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for recording in &recordings {
        let (Some(format), Some(reversed)) = (recording.format, recordings::reversed(recording)) else { continue };
        let (straight, _) = hunt(format, &[&recording.bytes]);
        let (reversed, _) = hunt(format, &[&reversed]);
        wrong.extend(differences(&recording.id, &straight, &reversed));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recording_split_by_channel_gives_the_same() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for recording in &recordings {
        let windows =
            matches!(recording.format, Some(Format::EvtxJson | Format::WindowsFlatJson | Format::MaxPatrolJson));
        let (Some(format), true) = (recording.format, windows) else { continue };
        let of_sysmon = |line: &&[u8]| String::from_utf8_lossy(line).contains("Windows-Sysmon");
        let lines = || recording.bytes.split(|&b| b == b'\n');
        let sysmon = lines().filter(of_sysmon).collect::<Vec<_>>().join(&b'\n');
        let others = lines().filter(|line| !of_sysmon(line)).collect::<Vec<_>>().join(&b'\n');
        let (straight, _) = hunt(format, &[&recording.bytes]);
        let (split, _) = hunt(format, &[&others, &sysmon]);
        wrong.extend(differences(&recording.id, &straight, &split));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
