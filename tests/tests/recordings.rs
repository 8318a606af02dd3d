//! Every labelled recording through the whole library.
//!
//! The recordings lie beside the repository (`../shared/recordings`); without them the tests say `skipped` and pass.
//! What they raise stands in `golden/recordings.json`; `UPDATE_GOLDEN=1` writes it anew, to be reviewed as a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ipcsentry::decode::Format;
use ipcsentry::{Alert, Catalogue, Engine, Limits, Policy, Stats, StreamOptions};
use serde_json::{Value, json};

/// Medium alerts that benign recordings may raise, all together.
const TOLERATED_MEDIUM: usize = 3;

struct Recording {
    id: String,
    /// Its own telemetry format is one of the library's.
    ours: bool,
    /// No alert is due, and none is tolerated but by the manifest's word.
    benign: bool,
    tolerated: BTreeSet<String>,
    bytes: Vec<u8>,
    format: Option<Format>,
}

fn recordings() -> Option<Vec<Recording>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings");
    let manifests =
        ["windows/manifest.json", "windows/benign_manifest.json", "linux/manifest.json", "macos/manifest.json"];
    let mut found = Vec::new();
    for manifest in manifests.map(|m| root.join(m)) {
        let Ok(text) = std::fs::read(&manifest) else { continue };
        let entries: Vec<Value> = serde_json::from_slice(&text).expect("a manifest is JSON");
        for entry in &entries {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let path = manifest.with_file_name("").join(text("file"));
            let Ok(bytes) = content(&path) else { continue };
            let expected = &entry["expected"];
            let grade = expected["grade"].as_str();
            let ids = expected["tolerated"].as_array().into_iter().flatten();
            let ids =
                ids.flat_map(|t| t["record_ids"].as_array().cloned().unwrap_or_else(|| vec![t["audit_id"].clone()]));
            found.push(Recording {
                id: text("id"),
                ours: ["windows/", "linux/auditd", "linux/laurel", "macos/eslogger", "macos/unifiedlog/ae-osascript"]
                    .iter()
                    .any(|part| path.to_string_lossy().contains(&format!("recordings/{part}"))),
                benign: expected["detect"] == false && matches!(grade, None | Some("must_not")),
                tolerated: ids.map(|id| id.to_string().trim_matches('"').to_owned()).collect(),
                format: Format::detect(&bytes[..bytes.len().min(64 << 10)]),
                bytes,
            });
        }
    }
    if found.is_empty() {
        println!("skipped: no recordings at {}", root.display());
        return None;
    }
    Some(found)
}

fn content(path: &PathBuf) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_none_or(|e| e != "gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Judges streams of one format together, in order of time however they come. The last revision of each alert.
fn hunt(format: Format, streams: &[&[u8]]) -> (Vec<Alert>, Stats) {
    let mut limits = Limits::default();
    limits.bytes = 1 << 30;
    limits.lateness = i64::MAX / 4;
    limits.max_alerts = 1 << 20;
    let mut engine = Engine::new(Catalogue::builtin(), Policy::default(), limits);
    for (file, bytes) in (0..).zip(streams) {
        let mut options = StreamOptions::new(format);
        options.file = file;
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, bytes);
        engine.close_stream(stream);
    }
    engine.flush();
    let mut alerts: Vec<Alert> = Vec::new();
    while let Some(alert) = engine.poll_alert() {
        alerts.retain(|a| a.id != alert.id);
        alerts.push(alert);
    }
    alerts.sort_by(|a, b| (a.timestamp, &a.code, &a.id).cmp(&(b.timestamp, &b.code, &b.id)));
    let stats = engine.stats();
    assert_eq!((stats.released_early, stats.alerts_dropped), (0, 0));
    (alerts, stats)
}

/// An alert without the places its records were read at.
fn content_of(alert: &Alert) -> Value {
    let mut value: Value = serde_json::from_str(&alert.to_json()).expect("an alert is JSON");
    for evidence in value["evidence"].as_array_mut().into_iter().flatten() {
        let evidence = evidence.as_object_mut().expect("an object");
        evidence.remove("record");
        evidence.remove("file");
    }
    value
}

/// Compares runs of the same records; says what only one of them has.
fn differences(id: &str, straight: &[Alert], other: &[Alert]) -> Vec<String> {
    let set = |alerts: &[Alert]| alerts.iter().map(|a| content_of(a).to_string()).collect::<BTreeSet<_>>();
    let (straight, other) = (set(straight), set(other));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>, name: &str| -> Vec<String> {
        a.difference(b)
            .map(|alert| format!("{id}, only {name}: {}", alert.chars().take(1500).collect::<String>()))
            .collect()
    };
    [only(&straight, &other, "straight"), only(&other, &straight, "the other way")].concat()
}

#[test]
fn every_recording_of_our_formats_decodes_without_an_error() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    for recording in recordings.iter().filter(|r| r.ours) {
        let Some(format) = recording.format else {
            wrong.push(format!("{}: not recognised", recording.id));
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
    let Some(recordings) = recordings() else { return };
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
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
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
            wrong.push(format!("{id}:\n  due    {due}\n  raised {alerts}"));
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

/// One alert a line: what a reviewer reads.
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
fn benign_recordings_stay_quiet() {
    let Some(recordings) = recordings() else { return };
    let mut loud = Vec::new();
    let mut medium = Vec::new();
    for recording in recordings.iter().filter(|r| r.benign) {
        let Some(format) = recording.format else { continue };
        for alert in hunt(format, &[&recording.bytes]).0 {
            let tolerated =
                alert.evidence.iter().any(|e| e.source_id.as_ref().is_some_and(|id| recording.tolerated.contains(id)));
            let said = format!("{}: {} {} {}", recording.id, alert.severity, alert.code, alert.explanation);
            match alert.severity {
                _ if tolerated => {}
                "critical" | "high" => loud.push(said),
                "medium" => medium.push(said),
                _ => {}
            }
        }
    }
    assert!(loud.is_empty(), "{}", loud.join("\n"));
    assert!(medium.len() <= TOLERATED_MEDIUM, "{}", medium.join("\n"));
}

#[test]
fn order_does_not_matter() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    for recording in &recordings {
        // Text of several lines a record has no meaning backwards.
        let Some(format) = recording.format.filter(|f| *f != Format::UnifiedLogText) else { continue };
        let text = recording.bytes.strip_suffix(b"\n").unwrap_or(&recording.bytes);
        let mut lines: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
        lines.reverse();
        let (straight, _) = hunt(format, &[&recording.bytes]);
        let (reversed, _) = hunt(format, &[&lines.join(&b'\n')]);
        wrong.extend(differences(&recording.id, &straight, &reversed));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recording_split_by_channel_gives_the_same() {
    let Some(recordings) = recordings() else { return };
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
