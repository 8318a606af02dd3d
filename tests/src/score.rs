//! Scores of alerts on labeled recordings, for the table in the README and the ablation.
//!
//! - **due**: attacks in which the IPC and what came of it are both visible. **found**: an alert, at least as severe as
//!   asked for and with no more evidence than a reader can take in, cites a labeled record. **whole**: every labeled
//!   group that is not optional is cited (Linux: two of them). **initiator**: an alert that found it names who is labeled.
//! - **stray**: an alert on an attack's recording that cites no labeled record and shares no process with one that does.
//! - **false**: an alert on a recording without IPC abuse, outside the attacker's tree, unless the label tolerates it.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::Alert;
use ipcsentry::rules::Severity;
use serde_json::Value;

use crate::recordings::{Grade, Label, Recording};

/// Most records that an alert may cite to count as found.
const MAX_EVIDENCE: usize = 16;

/// Images that are ancestors of everything, and so do not identify the attacker.
const COMMON: [&str; 5] = ["cmd.exe", "powershell.exe", "explorer.exe", "svchost.exe", "services.exe"];

/// Counts of one platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Number of attacks that must be found.
    pub due: u64,
    /// Those that were.
    pub found: u64,
    /// Those of which every labeled group is cited.
    pub whole: u64,
    /// Due attacks whose records are labeled.
    pub labeled: u64,
    /// Due attacks whose initiator is labeled.
    pub with_initiator: u64,
    /// Those whose initiator is right.
    pub initiator: u64,
    /// Attacks that should be found.
    pub should: u64,
    /// Those that were.
    pub should_found: u64,
    /// Stray alerts.
    pub stray: u64,
    /// False alerts.
    pub false_alerts: u64,
    /// Recordings without IPC abuse.
    pub benign: u64,
    /// Their events.
    pub benign_events: u64,
}

/// Scores by platform.
pub type Scores = BTreeMap<String, Score>;

/// Adds the score of the alerts on a recording that have at least a severity.
pub fn add(scores: &mut Scores, recording: &Recording, alerts: &[Alert], least: Severity) {
    let score = scores.entry(recording.platform.clone()).or_default();
    let alerts: Vec<&Alert> = alerts.iter().filter(|alert| alert.level >= least).collect();
    if recording.grade == Grade::Not {
        score.benign += 1;
        score.benign_events += recording.events;
        score.false_alerts += alerts.iter().filter(|alert| is_false(alert, recording)).count() as u64;
        return;
    }
    let alerts: Vec<Value> = alerts.into_iter().map(read).collect();
    let hits: Vec<&Value> = alerts.iter().filter(|alert| is_hit(alert, recording)).collect();
    let known: BTreeSet<String> = hits.iter().flat_map(|alert| people(alert)).filter_map(key).collect();
    let shares = |alert: &Value| parties(alert).into_iter().filter_map(key).any(|key| known.contains(&key));
    score.stray += alerts.iter().filter(|alert| !is_hit(alert, recording) && !shares(alert)).count() as u64;
    let found = u64::from(!hits.is_empty());
    if recording.grade == Grade::Should {
        score.should += 1;
        score.should_found += found;
    }
    if recording.grade == Grade::Must {
        score.due += 1;
        score.found += found;
        let needed: Vec<&Label> = recording.labels.iter().filter(|label| !label.optional).collect();
        let cited = needed.iter().filter(|label| hits.iter().any(|alert| cites(alert, label))).count();
        let enough = if recording.platform == "windows" { needed.len() } else { needed.len().min(2) };
        score.labeled += u64::from(!needed.is_empty());
        score.whole += u64::from(!needed.is_empty() && cited >= enough);
        score.with_initiator += u64::from(!recording.initiators.is_empty());
        score.initiator += u64::from(hits.iter().any(|alert| recording.initiators.contains(&initiator(alert))));
    }
}

fn is_hit(alert: &Value, recording: &Recording) -> bool {
    let evidence = alert["evidence"].as_array().map_or(0, Vec::len);
    let labels = &recording.labels;
    evidence <= MAX_EVIDENCE && (labels.is_empty() || labels.iter().any(|label| cites(alert, label)))
}

fn read(alert: &Alert) -> Value {
    serde_json::from_str(&alert.to_json()).expect("an alert is JSON")
}

/// Whether an alert on a recording without IPC abuse is false: outside of the attacker's process tree, and not
/// tolerated.
#[must_use]
pub fn is_false(alert: &Alert, recording: &Recording) -> bool {
    let alert = &read(alert);
    let in_tree = recording.attacker.as_ref().is_some_and(|root| {
        let everyone = if COMMON.contains(&root.as_str()) { parties(alert) } else { people(alert) };
        everyone.iter().any(|who| file_name(&who["image"]) == *root)
    });
    !in_tree && !recording.tolerated.iter().any(|label| cites(alert, label))
}

fn cites(alert: &Value, label: &Label) -> bool {
    alert["evidence"].as_array().into_iter().flatten().any(|evidence| {
        evidence["source_id"].as_str().is_some_and(|id| label.ids.contains(id))
            || evidence["record"].as_u64().is_some_and(|line| label.lines.contains(&line))
    })
}

/// The initiator in the form of the labels.
fn initiator(alert: &Value) -> String {
    match alert["initiator"]["kind"].as_str() {
        Some("remote") => "remote".to_owned(),
        _ => file_name(&process(&alert["initiator"])["image"]),
    }
}

/// Initiator, actor and target.
fn parties(alert: &Value) -> Vec<&Value> {
    ["initiator", "actor", "target"].into_iter().map(|who| process(&alert[who])).filter(|who| who.is_object()).collect()
}

/// Initiator, actor, target and lineage.
fn people(alert: &Value) -> Vec<&Value> {
    let lineage = alert["lineage"].as_array().into_iter().flatten().map(process);
    parties(alert).into_iter().chain(lineage).collect()
}

fn process(who: &Value) -> &Value {
    who.get("process").unwrap_or(who)
}

fn file_name(image: &Value) -> String {
    let image = image.as_str().unwrap_or_default();
    image.rsplit(['\\', '/']).next().unwrap_or_default().to_lowercase()
}

fn key(process: &Value) -> Option<String> {
    if process["image"].is_null() && process["pid"].is_null() {
        return None;
    }
    let unique = process["unique_id"].as_str().map(str::to_owned);
    unique.or_else(|| Some(format!("{} {}", process["pid"], file_name(&process["image"]))))
}
