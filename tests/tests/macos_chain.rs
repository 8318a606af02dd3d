//! One attack in every source: a script in osascript mutes the Mac, asks for the password, tries the answer, packs
//! files and sends them away. Each source alone raises one alert with the same initiator, also if the unified log hides
//! payloads.
//!
//! The records are rendered from the scenario `mac.prompt.stealer`; their shapes are those of the recordings and of
//! Apple's and osquery's documentation. Tested on scenarios, not proven in the field.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Rendered, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use serde_json::{Value, json};

fn scenario(seed: u64) -> Scenario {
    let scenario = scenario::all().iter().find(|s| s.id() == "mac.prompt.stealer").expect("a builtin behavior");
    scenario.variant(seed)
}

/// The last revision of each alert of at least medium severity.
fn alerts(policy: &str, host: &str, files: &[Rendered]) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let policy = Policy::from_json(policy.as_bytes()).expect("a good policy");
    let mut engine = Engine::new(Catalog::builtin(), policy, limits);
    for file in files {
        let mut options = StreamOptions::new(file.format);
        options.host = host.into();
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, &file.bytes);
        engine.close_stream(stream);
    }
    engine.flush();
    let mut alerts = BTreeMap::new();
    while let Some(alert) = engine.poll_alert() {
        alerts.insert(alert.id.clone(), alert);
    }
    alerts.into_values().filter(|alert| alert.level >= Severity::Medium).collect()
}

/// The one alert of the chain, whose initiator is osascript.
fn one(host: &str, files: &[Rendered], what: &str) -> Alert {
    let mut found = alerts("{}", host, files);
    let said: Vec<_> = found.iter().map(|a| (&a.code, a.severity, &a.explanation, &a.evidence)).collect();
    assert_eq!(found.len(), 1, "{what}: {said:?}");
    let alert = found.remove(0);
    assert_eq!(alert.code, "M05", "{what}");
    let image = alert.initiator.process.as_ref().and_then(|p| p.image.as_deref()).unwrap_or_default();
    assert!(image.ends_with("osascript"), "{what}: {image}");
    alert
}

/// Hides the payloads of Apple Events except for the first `shown`: the log has them only for a process's first events.
fn redacted(mut file: Rendered, shown: usize) -> Rendered {
    let text = String::from_utf8(file.bytes).expect("a text");
    let mut seen = 0;
    let lines = text.lines().map(|line| match line.split_once("event={") {
        Some((head, _)) if seen >= shown => format!("{head}event=<private> reply=0xNULL-impl sendMode=1043"),
        _ => {
            seen += usize::from(line.contains("event={"));
            line.to_owned()
        }
    });
    file.bytes = lines.map(|line| line + "\n").collect::<String>().into_bytes();
    file
}

#[test]
fn each_source_alone_raises_it_once_with_the_same_initiator() {
    for seed in 0..5 {
        let scenario = scenario(seed);
        let mut pids = Vec::new();
        for format in [Format::UnifiedLogText, Format::UnifiedLogJson, Format::EsloggerJson, Format::OsqueryJson] {
            let alert = one(scenario.host(), &[scenario.render_partly(format)], &format!("{format:?}, seed {seed}"));
            assert_eq!(alert.severity, "critical", "{format:?}");
            pids.push(alert.initiator.process.and_then(|p| p.pid));
        }
        assert!(pids[0].is_some() && pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
    }
}

/// The lines of a file as JSON.
fn values(file: &Rendered) -> Vec<Value> {
    let lines = file.bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

#[test]
fn other_wrappings_of_the_same_records_raise_the_same() {
    let scenario = scenario(3);
    let mut log = scenario.render_partly(Format::UnifiedLogJson);
    let plain = one(scenario.host(), &[log.clone()], "one entry a line");
    log.bytes = serde_json::to_vec_pretty(&values(&log)).expect("JSON");
    assert_eq!(Format::detect(&log.bytes), Some(Format::UnifiedLogJson));
    let array = one(scenario.host(), &[log], "one array");
    assert_eq!((&array.id, array.confidence), (&plain.id, plain.confidence));

    let mut messages = scenario.render_partly(Format::EsloggerJson);
    let plain = one("mac-7", &[messages.clone()], "eslogger");
    let mut wrapped = Vec::new();
    for mut message in values(&messages) {
        message["host"] = json!({"hostname": "mac-7"});
        message["metadata"] = json!({"vendor": "Jamf", "schemaVersion": "1.0"});
        wrapped.extend(message.to_string().into_bytes());
        wrapped.push(b'\n');
    }
    (messages.format, messages.bytes) = (Format::JamfJson, wrapped);
    assert_eq!(Format::detect(&messages.bytes), Some(Format::JamfJson));
    let jamf = one("", &[messages], "Jamf Protect");
    assert_eq!((&jamf.id, &jamf.host, jamf.confidence), (&plain.id, &plain.host, plain.confidence));
}

#[test]
fn all_sources_together_raise_it_once() {
    for seed in 0..5 {
        let scenario = scenario(seed);
        for processes in [Format::EsloggerJson, Format::OsqueryJson] {
            let files = [scenario.render_partly(processes), scenario.render_partly(Format::UnifiedLogText)];
            one(scenario.host(), &files, &format!("{processes:?} and the log, seed {seed}"));
        }
    }
}

#[test]
fn with_hidden_payloads_it_alerts_as_far_as_the_rest_supports() {
    for seed in 0..5 {
        let scenario = scenario(seed);
        let log = || scenario.render_partly(Format::UnifiedLogText);
        // The payloads of the first events are visible, among them muting and the prompt.
        let first = one(scenario.host(), &[redacted(log(), 4)], "log with its first events in clear");
        assert_eq!(first.severity, "critical");
        let whole = one(scenario.host(), &[log()], "log in clear");
        assert!(first.confidence <= whole.confidence);
        // No payload is visible: the executed programs are enough.
        for processes in [Format::EsloggerJson, Format::OsqueryJson] {
            let bare =
                one(scenario.host(), &[scenario.render_partly(processes), redacted(log(), 0)], "all payloads hidden");
            let full = one(scenario.host(), &[scenario.render_partly(processes), log()], "nothing hidden");
            assert!(bare.confidence < full.confidence, "{} and {}", bare.confidence, full.confidence);
        }
        // The log alone, without payloads, proves nothing.
        assert!(alerts("{}", scenario.host(), &[redacted(log(), 0)]).is_empty());
    }
}

#[test]
fn mutable_elements_exempt_what_they_name() {
    let cases = [
        ("mac.prompt.muted", "AllowedAppleEventTargets", r#""image": "osascript", "name": "*syso,dlog""#, true),
        ("mac.prompt.muted", "AllowedAppleEventTargets", r#""image": "osascript", "name": "com.apple.finder*""#, false),
        (
            "mac.target.system_events",
            "AllowedAppleEventTargets",
            r#""image": "*", "name": "com.apple.systemevents""#,
            true,
        ),
        ("mac.squat.system_name", "MachPortBaseline", r#""image": "*", "name": "com.apple.tccd""#, true),
        ("mac.squat.system_name", "MachPortBaseline", r#""image": "*", "name": "com.apple.other""#, false),
        ("mac.helper.shell", "AllowedXPCClients", r#""image": "/tmp/*", "name": "com.*.helper""#, true),
        ("mac.helper.shell", "AllowedXPCClients", r#""image": "/Applications/*""#, false),
        ("mac.client.elevated", "UnsignedBinaryAlertLevel", r#""image": "/tmp/*""#, true),
    ];
    for (id, element, attributes, silent) in cases {
        let scenario = scenario::all().iter().find(|s| s.id() == id).expect("a builtin behavior");
        let files = scenario.render(scenario::Telemetry::EsloggerAndLogJson).expect("this telemetry can show it");
        let policy = format!(r#"{{"elements": [{{"element": "{element}", "allow_critical": true, {attributes}}}]}}"#);
        let raised = alerts(&policy, scenario.host(), &files);
        let said: Vec<_> = raised.iter().map(|a| (&a.code, &a.ipc)).collect();
        assert_eq!(raised.iter().any(|a| a.code == scenario.behavior()), !silent, "{id} with {policy}: {said:?}");
    }
}

#[test]
fn a_clock_of_whole_seconds_does_not_turn_the_order_round() {
    for id in ["mac.terminal.do_script", "mac.terminal.granted"] {
        let scenario = scenario::all().iter().find(|s| s.id() == id).expect("a builtin behavior");
        for seed in 0..200 {
            let scenario = scenario.variant(seed);
            let files = scenario.render(scenario::Telemetry::OsqueryAndLogText).expect("this telemetry can show it");
            let raised = alerts("{}", scenario.host(), &files);
            assert!(raised.iter().any(|a| a.code == scenario.behavior()), "{id}, seed {seed}");
        }
    }
}
