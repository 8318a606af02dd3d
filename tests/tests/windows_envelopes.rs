//! The same Windows records raise the same alerts as JSON of evtx_dump, in Elastic Common Schema and as event XML.

use std::collections::BTreeSet;
use std::path::Path;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::{Catalog, Engine, Limits, Policy, Stats, StreamOptions};
use ipcsentry_tests::recordings::unpacked;
use ipcsentry_tests::rerender;
use serde_json::Value;

fn hunt(format: Format, bytes: &[u8]) -> (BTreeSet<String>, Stats) {
    let mut limits = Limits::default();
    limits.bytes = 1 << 30;
    limits.lateness = i64::MAX / 4;
    limits.max_alerts = 1 << 20;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, bytes);
    engine.close_stream(stream);
    engine.flush();
    let alerts = std::iter::from_fn(|| engine.poll_alert());
    (alerts.map(|a| content(&a.to_json())).collect(), engine.stats())
}

/// An alert without the places of its records, which an envelope changes, and without what triage says of telemetry: since
/// when there is any, and of which kinds. Some envelopes have records that others have not.
fn content(alert: &str) -> String {
    let mut alert: Value = serde_json::from_str(alert).expect("an alert is JSON");
    alert.as_object_mut().expect("an object").remove("triage");
    for evidence in alert["evidence"].as_array_mut().into_iter().flatten() {
        let evidence = evidence.as_object_mut().expect("an object");
        evidence.remove("record");
        evidence.remove("file");
    }
    alert.to_string()
}

/// The records as ECS, as XML with one event per line, and as XML with one field per line.
fn rerendered(records: &[Value]) -> [(Format, String); 3] {
    let all = |render: &dyn Fn(&Value) -> String| records.iter().map(|r| render(r) + "\n").collect::<String>();
    [
        (Format::EcsJson, all(&|r| rerender::ecs(r).to_string())),
        (Format::WindowsXml, all(&|r| rerender::xml(r, false))),
        (Format::WindowsXml, all(&|r| rerender::xml(r, true))),
    ]
}

/// The differences between the alerts on the records and on their other renderings.
fn differences(name: &str, evtx: &[u8], alerts: &mut usize) -> Vec<String> {
    let lines = evtx.split(|&b| b == b'\n').filter(|l| !l.trim_ascii().is_empty());
    let records: Vec<Value> = lines.map(|l| serde_json::from_slice(l).expect("a line is JSON")).collect();
    let (due, stats) = hunt(Format::EvtxJson, evtx);
    *alerts += due.len();
    let mut wrong = Vec::new();
    for (format, text) in rerendered(&records) {
        assert_eq!(Format::detect(text.as_bytes()), Some(format), "{name}");
        let (raised, plain) = hunt(format, text.as_bytes());
        if plain.decode_errors > stats.decode_errors || plain.events != stats.events {
            wrong.push(format!(
                "{name} {format:?}: {} events and {} errors, should be {} and {}; {:?}",
                plain.events, plain.decode_errors, stats.events, stats.decode_errors, plain.first_decode_errors
            ));
        }
        let more = raised.difference(&due).map(|a| format!("{name} {format:?} only: {}", cut(a)));
        wrong.extend(more);
        let less = due.difference(&raised).map(|a| format!("{name} not {format:?}: {}", cut(a)));
        wrong.extend(less);
    }
    wrong
}

fn cut(alert: &str) -> String {
    alert.chars().take(6000).collect()
}

#[test]
fn scenarios_raise_the_same_in_every_envelope() {
    let mut wrong = Vec::new();
    let (mut plain, mut alerts) = (0, 0);
    for scenario in scenario::all() {
        let Ok(files) = scenario.render(Telemetry::Evtx) else { continue };
        plain += 1;
        for file in files {
            wrong.extend(differences(scenario.id(), &file.bytes, &mut alerts));
        }
    }
    assert!(plain > 50 && alerts > 25, "{alerts} alerts in {plain} scenarios");
    wrong.truncate(10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recordings_raise_the_same_in_every_envelope() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/windows");
    let mut wrong = Vec::new();
    let (mut compared, mut alerts) = (0, 0);
    for manifest in ["manifest.json", "benign_manifest.json"] {
        let Ok(text) = std::fs::read(root.join(manifest)) else { continue };
        let entries: Vec<Value> = serde_json::from_slice(&text).expect("a manifest is JSON");
        for entry in &entries {
            let Ok(bytes) = unpacked(&root.join(entry["file"].as_str().unwrap_or_default())) else { continue };
            if Format::detect(&bytes[..bytes.len().min(64 << 10)]) == Some(Format::EvtxJson) {
                compared += 1;
                wrong.extend(differences(entry["id"].as_str().unwrap_or_default(), &bytes, &mut alerts));
            }
        }
    }
    if compared == 0 {
        println!("skipped: no recordings at {}", root.display());
    }
    assert!(compared == 0 || alerts > 10, "{alerts} alerts in {compared} recordings");
    wrong.truncate(10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
