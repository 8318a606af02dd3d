//! The macOS recordings decode without an error, to the events that they are known to contain.
//!
//! The recordings are beside the repository (`../shared/recordings/macos`); without them nothing is tested.

use std::path::{Path, PathBuf};

use ipcsentry::decode::{Format, Skip};
use ipcsentry_tests::document::same;
use ipcsentry_tests::{Decoded, decode_lines};
use serde_json::{Value, json};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/macos");
    if !folder.is_dir() {
        println!("skipped: no recordings at {}", folder.display());
        return None;
    }
    Some(folder)
}

fn decode(path: &Path, format: Format) -> Decoded {
    let bytes = std::fs::read(path).expect("readable recording");
    decode_lines(format, bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|&b| b == b'\n'))
}

fn detected(path: &Path) -> Option<Format> {
    let bytes = std::fs::read(path).expect("readable recording");
    Format::detect(&bytes[..bytes.len().min(4096)])
}

fn apple_events(decoded: &Decoded) -> Vec<&Value> {
    decoded.events.iter().map(|event| &event["kind"]["apple_event"]).collect()
}

#[test]
fn every_recording_is_recognized_or_refused() {
    let Some(folder) = folder() else { return };
    for (file, format) in [
        ("eslogger/eslogger-v9-exec-exit.ndjson", Some(Format::EsloggerJson)),
        ("unifiedlog/ae-osascript-dialog-mute.log", Some(Format::UnifiedLogText)),
        ("tcc/tcc-applevents-osascript-mojave.log", Some(Format::UnifiedLogText)),
        ("unifiedlog/ae-benchmark-all-targets.aemonitor.txt", Some(Format::UnifiedLogText)),
        // Messages without their entries.
        ("tcc/tcc-kronos-messages.txt", None),
        ("jamf/jamf-alerts-dev.ndjson", Some(Format::JamfJson)),
        ("jamf/jamf-telemetry-v1-aue-dev.ndjson", Some(Format::JamfJson)),
    ] {
        assert_eq!(detected(&folder.join(file)), format, "{file}");
    }
}

/// The result of each line of each recording: the event's kind and actor, or the reason why it was skipped.
/// `UPDATE_GOLDEN=1` writes the present result.
#[test]
fn every_line_is_the_event_it_states_or_passed_over_with_a_reason() {
    let Some(folder) = folder() else { return };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/macos_lines.json");
    let mut decoded_lines = std::collections::BTreeMap::new();
    for (file, format) in [
        ("eslogger/eslogger-v9-exec-exit.ndjson", Format::EsloggerJson),
        ("jamf/jamf-alerts-dev.ndjson", Format::JamfJson),
        ("jamf/jamf-telemetry-v1-aue-dev.ndjson", Format::JamfJson),
        ("tcc/tcc-applevents-osascript-mojave.log", Format::UnifiedLogText),
        ("tcc/tcc-kronos-messages.txt", Format::UnifiedLogText),
        ("unifiedlog/ae-osascript-dialog-mute.log", Format::UnifiedLogText),
        ("unifiedlog/ae-benchmark-all-targets.aemonitor.txt", Format::UnifiedLogText),
    ] {
        let decoded = decode(&folder.join(file), format);
        let mut lines: Vec<(u64, String)> = Vec::new();
        for event in &decoded.events {
            let record = event["record"].as_u64().unwrap_or_default();
            let who = event["actor"]["image"].as_str().unwrap_or("?");
            lines.push((record, format!("{} by {}", event["tag"].as_str().unwrap_or_default(), base(who))));
        }
        lines.extend(decoded.skipped.iter().map(|(record, why)| (*record, format!("{why:?}"))));
        lines.extend(decoded.errors.iter().map(|error| (error.record, error.to_string())));
        lines.sort();
        decoded_lines.insert(file, lines.into_iter().map(|(n, what)| format!("{n}: {what}")).collect::<Vec<_>>());
    }
    let decoded_lines = serde_json::to_string_pretty(&decoded_lines).expect("texts") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &decoded_lines).expect("a writable golden file");
    }
    same("golden/macos_lines.json", &std::fs::read_to_string(&golden).unwrap_or_default(), &decoded_lines);
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[test]
fn jamf_names_caller_and_target_of_a_task_port() {
    let Some(folder) = folder() else { return };
    let decoded = decode(&folder.join("jamf/jamf-telemetry-v1-aue-dev.ndjson"), Format::JamfJson);
    assert_eq!(decoded.errors, []);
    let taken = decoded.events.iter().find(|e| e["tag"] == "process_access").expect("AUE_TASKFORPID");
    assert_eq!(taken["actor"]["image"], "/usr/libexec/sysmond");
    assert_eq!(taken["kind"]["process_access"]["target"]["pid"], 97_034);
    assert_eq!(taken["kind"]["process_access"]["access"]["method"], "task_port");
    let exec = decoded.events.iter().find(|e| e["tag"] == "process_start").expect("AUE_EXECVE");
    assert_eq!(exec["actor"]["command_line"], "/usr/libexec/od_user_homes .Trashes");
    assert_eq!(exec["parent"]["image"], "/usr/libexec/automountd");
}

#[test]
fn eslogger_exit_and_exec_are_decoded() {
    let Some(folder) = folder() else { return };
    let decoded = decode(&folder.join("eslogger/eslogger-v9-exec-exit.ndjson"), Format::EsloggerJson);
    assert_eq!(decoded.errors, []);
    let [exit, exec] = &decoded.events[..] else { panic!("{decoded:#?}") };
    assert_eq!((&exit["tag"], &exec["tag"]), (&json!("process_end"), &json!("process_start")));
    assert_eq!(exit["actor"]["signing"], "platform");
    assert_eq!(exec["kind"]["process_start"]["previous_image"], "/bin/nu");
    assert_eq!(exec["actor"]["image"], "/bin/connection-checker");
    assert_eq!(exec["actor"]["unique_id"], 149_092);
    assert_eq!(exec["actor"]["terminal"], "/dev/ttys003");
}

#[test]
fn the_dialog_with_a_hidden_answer_its_reply_and_the_mute_are_read() {
    let Some(folder) = folder() else { return };
    let decoded = decode(&folder.join("unifiedlog/ae-osascript-dialog-mute.log"), Format::UnifiedLogText);
    assert_eq!((decoded.errors.len(), decoded.skipped.len()), (0, 0));
    let decoded_lines: Vec<_> = apple_events(&decoded)
        .into_iter()
        .map(|ae| (ae["code"].as_str().unwrap_or_default(), ae["reply"] == true))
        .collect();
    assert_eq!(
        decoded_lines,
        [("syso,dlog", false), ("syso,dlog", false), ("syso,dlog", true), ("aevt,stvl", false), ("aevt,stvl", true)]
    );
    let events = apple_events(&decoded);
    assert_eq!((&events[1]["hidden_answer"], &events[1]["text"]), (&json!(true), &json!("This is the samp")));
    assert_eq!((&events[2]["text"], &events[2]["error"]), (&json!("Input example"), &json!(0)));
    assert_eq!(events[3]["mute"], true);
}

#[test]
fn the_sender_of_a_mojave_attribution_chain_is_read() {
    let Some(folder) = folder() else { return };
    let decoded = decode(&folder.join("tcc/tcc-applevents-osascript-mojave.log"), Format::UnifiedLogText);
    assert_eq!(decoded.errors, []);
    let [decision] = &decoded.events[..] else { panic!("{decoded:#?}") };
    assert_eq!((&decision["actor"]["image"], &decision["actor"]["pid"]), (&json!("/usr/bin/osascript"), &json!(2347)));
    assert_eq!(decision["responsible"]["pid"], 2307);
}

#[test]
fn messages_without_a_clock_are_incomplete() {
    let Some(folder) = folder() else { return };
    let decoded = decode(&folder.join("tcc/tcc-kronos-messages.txt"), Format::UnifiedLogText);
    assert_eq!((decoded.errors.len(), decoded.events.len()), (0, 0));
    assert!(decoded.skipped.iter().all(|(_, why)| *why == Skip::Incomplete), "{decoded:#?}");
}

#[test]
fn requests_put_into_entries_become_one_decision_each() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("tcc/tcc-kronos-messages.txt")).expect("readable recording");
    let head = "2024-05-01 10:00:00.000000+0200 0x1  Default  0x0  99  0  tccd: [com.apple.TCC:access] ";
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(|line| format!("{head}{line}")).collect();
    let decoded = decode_lines(Format::UnifiedLogText, lines.iter().map(String::as_bytes));
    assert_eq!(decoded.errors, []);
    let [decided, open] = &decoded.events[..] else { panic!("{decoded:#?}") };
    let details = &decided["kind"]["privacy_decision"];
    assert_eq!((&details["service"], &details["allowed"]), (&json!("kTCCServiceSystemPolicyAllFiles"), &json!(false)));
    assert_eq!((&decided["actor"]["image"], &decided["responsible"]["pid"]), (&json!("/bin/ls"), &json!(436)));
    assert_eq!(open["kind"]["privacy_decision"]["service"], "kTCCServiceSystemPolicyDownloadsFolder");
}
