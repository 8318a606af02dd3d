//! The text of an alert says only what its cited records show: over every scenario and every recording.

use std::collections::BTreeSet;

use ipcsentry::event::{Event, Kind};
use ipcsentry::rules::Severity;
use ipcsentry::scenario;
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::recordings::{self, hunt};

const VARIANTS: u64 = 6;

/// What a text holds that stands for something it does not know.
const PLACEHOLDERS: [&str; 8] =
    ["{", "}", "the IPC object", "an unseen process", "a remote client", "unknown", "another process", " or "];

/// What is wrong with the words of an alert; `raw` is what its records hold, in lower case.
fn faults(alert: &Alert, raw: &str) -> Vec<String> {
    let (text, raw) = (&alert.explanation, raw.replace("\\\\", "\\"));
    // What a record says may hold anything.
    let is_quoted = |at: usize, word: &str| {
        let around = |by: usize| text.get(at.saturating_sub(by)..(at + word.len() + by).min(text.len()));
        // A class may begin or end the value of a record: what follows or precedes its brace is the record's, too.
        let beside = [text.get(at..at + 9), text.get((at + 1).saturating_sub(9)..=at)];
        let is_class = ["{", "}"].contains(&word)
            && beside.into_iter().flatten().any(|beside| raw.contains(&beside.to_lowercase()));
        is_class || (2..5).filter_map(around).any(|around| raw.contains(&around.to_lowercase()))
    };
    let said = |word: &&&str| text.match_indices(**word).any(|(at, word)| !is_quoted(at, word));
    let mut faults: Vec<String> = PLACEHOLDERS.iter().filter(said).map(|word| format!("says `{word}`")).collect();
    let clauses: BTreeSet<&str> = alert.evidence.iter().map(|e| e.clause.as_str()).collect();
    if clauses.is_empty() || text.len() < 3 {
        faults.push("says nothing".into());
    }
    let has_ipc = alert.evidence.iter().any(|e| e.class == "ipc" || e.also.contains(&"ipc"));
    if !has_ipc && alert.techniques.iter().any(|t| t.starts_with("T1559")) {
        faults.push("claims T1559 without a record of IPC".into());
    }
    if alert.level >= Severity::High && alert.evidence.len() < 2 {
        faults.push(format!("is {} with one record", alert.severity));
    }
    let ipc = |e: &&ipcsentry::report::Evidence| e.class == "ipc" || e.also.contains(&"ipc");
    let outcome = |e: &&ipcsentry::report::Evidence| ["execution", "injection"].contains(&e.class);
    let (ipc, outcome) = (alert.evidence.iter().find(ipc), alert.evidence.iter().find(outcome));
    let due = match (ipc, outcome) {
        (Some(ipc), Some(outcome)) if ipc.time < outcome.time => "yes",
        (Some(ipc), Some(outcome)) if ipc.time > outcome.time => "no",
        (Some(_), Some(_)) => alert.ipc_preceded_execution,
        _ => "unknown",
    };
    if alert.ipc_preceded_execution != due {
        faults.push(format!("ipc_preceded_execution is {}, not {due}", alert.ipc_preceded_execution));
    }
    faults
}

/// Every `image (pid)` of a text.
fn processes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" (") {
        if let Some((pid, _)) = after.split_once(')').filter(|(pid, _)| pid.parse::<u32>().is_ok()) {
            let image = before.rsplit([' ', ';', ',']).next().unwrap_or_default();
            found.push((image.to_owned(), pid.to_owned()));
        }
        rest = after;
    }
    found
}

/// The processes that a record names, by pid, with the images it gives them.
fn named_by(event: &Event<'_>) -> Vec<(Option<u32>, String)> {
    let image = |image: Option<&[u8]>| {
        let text = String::from_utf8_lossy(image.unwrap_or_default()).into_owned();
        text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    };
    let mut named = vec![
        (event.actor.pid, image(event.actor.image)),
        (event.parent.pid, image(event.parent.image)),
        (event.responsible.pid, image(event.responsible.image)),
    ];
    match &event.kind {
        Kind::ProcessAccess(k) => named.push((k.target.pid, image(k.target.image))),
        Kind::RemoteThread(k) => named.push((k.target.pid, image(k.target.image))),
        Kind::MemoryWrite(k) => named.push((k.target.pid, image(k.target.image))),
        Kind::EndpointCreate(k) | Kind::EndpointConnect(k) => named.push((k.peer.pid, image(k.peer.image))),
        _ => {}
    }
    named
}

#[test]
fn texts_of_scenarios_name_what_their_records_name() {
    let mut wrong = Vec::new();
    for scenario in scenario::all() {
        for seed in 0..VARIANTS {
            let scenario = scenario.variant(seed);
            let events = scenario.events();
            for alert in raised(&scenario, Policy::default()) {
                let cited: Vec<_> =
                    alert.evidence.iter().filter_map(|e| events.get(usize::try_from(e.record).ok()?)).collect();
                let raw: String = cited.iter().map(|event| event.to_json().to_string().to_lowercase()).collect();
                let mut faults = faults(&alert, &raw);
                let named: Vec<_> = cited.iter().flat_map(|event| named_by(event)).collect();
                for (image, pid) in processes(&alert.explanation) {
                    let fits = |(known, name): &(Option<u32>, String)| {
                        known.is_some_and(|known| known.to_string() == pid)
                            && (name.is_empty()
                                || name.trim_end_matches(" (deleted)").ends_with(&image)
                                || image == "process")
                    };
                    if !named.iter().any(fits) {
                        faults.push(format!("names {image} ({pid}), which no cited record names"));
                    }
                }
                let who = format!("{} seed {seed} {}", scenario.id(), alert.code);
                wrong.extend(faults.iter().map(|fault| format!("{who} {fault}: {}", alert.explanation)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn texts_of_recordings_name_what_their_records_name() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for recording in &recordings {
        let Some(format) = recording.format else { continue };
        let text = String::from_utf8_lossy(&recording.bytes).to_lowercase();
        let lines: Vec<&str> = text.lines().collect();
        for alert in hunt(format, &[&recording.bytes]).0 {
            let ids: Vec<&str> = alert.evidence.iter().filter_map(|e| e.source_id.as_deref()).collect();
            let is_cited = |at: usize, line: &str| {
                alert.evidence.iter().any(|e| e.record == at as u64)
                    || ids.iter().any(|id| id.contains(':') && line.contains(*id))
            };
            let cited: String =
                lines.iter().enumerate().filter(|(at, line)| is_cited(*at, line)).map(|(_, line)| *line).collect();
            let mut faults = faults(&alert, &cited);
            for (image, _) in processes(&alert.explanation) {
                let image = image.to_lowercase();
                // auditd writes a path with a blank in hex.
                let hex: String = image.bytes().map(|b| format!("{b:02x}")).collect();
                if image != "process" && !cited.contains(&image) && !cited.contains(&hex) {
                    faults.push(format!("names {image}, which no cited record names"));
                }
            }
            let who = format!("{} {}", recording.id, alert.code);
            wrong.extend(faults.iter().map(|fault| format!("{who} {fault}: {}", alert.explanation)));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
