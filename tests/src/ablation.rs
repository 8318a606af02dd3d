//! The ablation: how much detection is left without correlation or with fewer sources.
//!
//! The library has no switch for this. Without correlation, a new engine judges each event alone. Alerts on what a
//! single record shows (names, command lines, the parent it names) remain, also by fallback forms, because that engine
//! sees no other telemetry. A second variant changes every behavior so that one clause about the IPC object completes
//! it. With fewer sources, the events of the other sources are left out.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::sync::OnceLock;

use ipcsentry::event::{Channel, Event, Kind};
use ipcsentry::rules::Severity;
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};

use serde_json::{Value, json};

use crate::recordings::{self, Recording};
use crate::rules::{self, ClauseText};
use crate::score::{self, Score, Scores};

/// A variant of the ablation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Each event is judged alone.
    SingleEvents,
    /// One clause about the IPC object completes a behavior.
    IpcAlone,
    /// Only the sources that ATT&CK lists for the analytics.
    ListedSources,
    /// Everything.
    Everything,
}

impl Left {
    /// All variants with their names in the table.
    pub const ALL: [(Self, &str); 4] = [
        (Self::SingleEvents, "correlation off: each event by itself"),
        (Self::IpcAlone, "correlation off: any IPC that a clause describes"),
        (Self::ListedSources, "only the sources that ATT&CK lists"),
        (Self::Everything, "everything"),
    ];
}

/// Whether ATT&CK (v18.1) lists the source for AN1357, AN1358 or AN1359:
/// Security 4656, 4663, 4670 and Sysmon 17; the system calls `socket` and `open` (with its later forms); the unified
/// log on Mach ports, and osquery on what is executed.
fn is_listed(event: &Event<'_>) -> bool {
    match event.source.channel {
        Channel::Security => matches!(event.source.code, 4656 | 4663 | 4670),
        Channel::Sysmon => event.source.code == 17,
        Channel::Audit => matches!(event.source.name, Some(b"socket" | b"open" | b"openat" | b"openat2")),
        Channel::UnifiedLog => true,
        Channel::Osquery => matches!(event.kind, Kind::ProcessStart(_)),
        _ => false,
    }
}

/// The alerts of a variant on a recording.
#[must_use]
pub fn hunt(recording: &Recording, left: Left) -> Vec<Alert> {
    let mut engine = match left {
        Left::SingleEvents => return single(recording),
        Left::IpcAlone => recordings::engine(ipc_alone(), any_confidence()),
        _ => recordings::engine(Catalog::builtin(), Policy::default()),
    };
    recordings::each_event(recording, |event| {
        if left != Left::ListedSources || is_listed(event) {
            engine.feed(event);
        }
    });
    recordings::finish(&mut engine)
}

/// The alerts of one engine per event. Repetitions that a single engine would drop are dropped here, too.
fn single(recording: &Recording) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    let (mut alerts, mut seen) = (Vec::new(), HashSet::new());
    recordings::each_event(recording, |event| {
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits.clone());
        engine.feed(event);
        for alert in recordings::finish(&mut engine) {
            let image = |who: &Option<_>| who.as_ref().and_then(|p: &ipcsentry::report::ProcessInfo| p.image.clone());
            let (initiator, target) = (image(&alert.initiator.process), image(&alert.target));
            if seen.insert((alert.code.clone(), alert.host.clone(), initiator, target)) {
                alerts.push(alert);
            }
        }
    });
    alerts
}

/// The catalog with every behavior reduced to one clause about the IPC object.
fn ipc_alone() -> Catalog {
    static MADE: OnceLock<Catalog> = OnceLock::new();
    let make = || {
        let behaviors: Vec<Value> = rules::behaviors().into_iter().filter_map(without_joins).collect();
        // The loader refuses a behavior that could no longer alert: leave it out.
        let alone = |behavior: &Value| json!({ "behaviors": [behavior] }).to_string();
        let loads = |behavior: &Value| match Catalog::from_json(alone(behavior).as_bytes()) {
            Ok(_) => true,
            Err(error) if error.what.contains("policies report from") => false,
            Err(error) => panic!("{error}"),
        };
        let behaviors: Vec<Value> = behaviors.into_iter().filter(loads).collect();
        let text = json!({ "behaviors": behaviors }).to_string();
        Catalog::from_json(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    };
    MADE.get_or_init(make).clone()
}

/// `None` for a behavior without a clause about an IPC object, or without the process that used it.
fn without_joins(mut behavior: Value) -> Option<Value> {
    let parts = behavior.as_object_mut()?;
    for part in ["fallback", "relate", "corroborate", "exempt", "actor", "target", "provides", "was"] {
        parts.remove(part);
    }
    let clauses = parts.get_mut("clauses")?.as_object_mut()?;
    let (mut names, mut roles) = (Vec::new(), BTreeSet::new());
    clauses.retain(|name, clause| {
        let mut text = ClauseText::of(clause);
        let is_kept = text.class.starts_with("ipc");
        if is_kept {
            // Remove the order: the other clauses are gone.
            text.parts.remove("after");
            names.push(name.clone());
            let bound = text.parts.get("bind").map(String::as_str).unwrap_or_default();
            let role = |bound: &str| bound.rsplit(' ').next().map(str::to_owned);
            roles.extend(bound.split(", ").filter_map(role));
            *clause = text.to_string().into();
        }
        is_kept
    });
    let initiators: Vec<String> = parts["initiator"]
        .as_array()?
        .iter()
        .filter_map(|role| roles.get(role.as_str()?.trim_start_matches("behind ")).cloned())
        .collect();
    if names.is_empty() || initiators.is_empty() {
        return None;
    }
    parts.insert("initiator".to_owned(), initiators.into());
    parts.insert("require".to_owned(), names.join(" or ").into());
    // Phrases and conditions of techniques name clauses that may be gone.
    parts.remove("says");
    for technique in parts["techniques"].as_array_mut()? {
        let id = technique.as_str()?.split(' ').next()?.to_owned();
        *technique = id.into();
    }
    Some(behavior)
}

fn any_confidence() -> Policy {
    Policy::from_json(br#"{"min_confidence": 0}"#).expect("a policy")
}

/// The scores of a variant, for alerts of at least medium severity and for all.
#[must_use]
pub fn scores(recordings: &[Recording], left: Left) -> [Scores; 2] {
    let mut scores = [Scores::new(), Scores::new()];
    for recording in recordings {
        let alerts = hunt(recording, left);
        for (scores, least) in scores.iter_mut().zip([Severity::Medium, Severity::Low]) {
            score::add(scores, recording, &alerts, least);
        }
    }
    scores
}

/// The table.
#[must_use]
pub fn table(recordings: &[Recording]) -> String {
    let mut table = String::from(
        "| platform | what is left | due | found | whole | initiator right | stray | false | found, low too | stray, low too | false, low too |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let by_left = Left::ALL.map(|(left, name)| (name, scores(recordings, left)));
    for (platform, name) in [("windows", "Windows"), ("linux", "Linux"), ("macos", "macOS")] {
        for (left, [medium, low]) in &by_left {
            let of = |scores: &Scores| scores.get(platform).copied().unwrap_or_default();
            let (Score { due, found, whole, initiator, stray, false_alerts, .. }, low) = (of(medium), of(low));
            let _ = writeln!(
                table,
                "| {name} | {left} | {due} | {found} | {whole} | {initiator} | {stray} | {false_alerts} | {} | {} | {} |",
                low.found, low.stray, low.false_alerts
            );
        }
    }
    table
}
