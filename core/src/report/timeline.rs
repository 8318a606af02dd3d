//! What happened around an alert or an incident: the records that are still kept, and the processes.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::alert::{Alert, ProcessInfo};
use super::draft::redaction_of;
use super::evidence::{is_of, source_id};
use super::wording::{Wording, lossy, named};
use crate::event::{Channel, KindTag, NativeId};
use crate::matching::{Correlator, Hit};
use crate::policy::Policy;
use crate::rules::BehaviorId;
use crate::state::{HostState, Process, ProcessId};
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::json;
use crate::util::sort::{sort_by, sort_by_key};

/// Entries of a timeline at most.
const MOST: usize = 512;
/// Processes whose lineages a timeline follows.
const MOST_PARTIES: usize = 64;

/// What happened around an alert or an incident; see [`Engine::timeline`](crate::Engine::timeline).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timeline {
    /// The id of the alert or the incident.
    pub id: String,
    /// The host's name.
    pub host: String,
    /// Its bounds, RFC 3339, UTC.
    pub from: String,
    /// See `from`.
    pub to: String,
    /// What happened, in order of time.
    pub entries: Vec<Moment>,
    /// Entries at its ends were left out, because it has as many as it may have.
    pub cut: bool,
}

/// What happened at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Moment {
    /// When, RFC 3339, UTC.
    pub time: String,
    /// The kind of event, `process_start`.
    pub kind: &'static str,
    /// What it says, in a few words.
    pub summary: String,
    /// The codes of the alerts that cite it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cited_by: Vec<String>,
    /// The record, where one is kept: its number in its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The index of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<u32>,
    /// The record's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

impl Timeline {
    /// The timeline as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }
}

/// The order of entries: by time, then what tells records apart: their own ids, and file, record and part.
type Place = (Timestamp, Channel, NativeId, (u32, u64, u32));

/// The timeline of alerts of one host, from so many nanoseconds before the first of their records to so many after the
/// last.
pub(crate) fn timeline(
    state: &HostState,
    correlator: &Correlator,
    policy: &Policy,
    id: &str,
    alerts: &[&Alert],
    (before, after): (i64, i64),
) -> Option<Timeline> {
    let host = &alerts.first()?.host;
    let host_id = state.hosts().find(|id| state.host(*id).is_some_and(|known| lossy(&known.name) == *host))?;
    let digest = state.host(host_id)?.id;
    let first = |alert: &&Alert| Timestamp::parse(alert.first_time.as_bytes()).unwrap_or(alert.timestamp);
    let from = alerts.iter().map(first).min()? - before;
    let to = alerts.iter().map(|alert| alert.timestamp).max()? + after;
    let parties = Parties::of(state, digest, alerts);
    let mut entries: BTreeMap<Place, (BehaviorId, Hit)> = BTreeMap::new();
    let mut cut = false;
    correlator.each_event(state, &mut |behavior, hit| {
        let is_inside = hit.host == host_id && hit.source.time >= from && hit.source.time <= to;
        let is_theirs = || {
            let mut processes = [hit.actor, hit.target].into_iter().flatten();
            processes.any(|process| parties.are_of(state, process)) || alerts.iter().any(|alert| cites(alert, hit))
        };
        if is_inside && is_theirs() {
            let (time, channel, native, _) = hit.order();
            let record = (hit.source.file, hit.source.record, hit.source.part);
            entries.entry((time, channel, native, record)).or_insert((behavior, *hit));
            if entries.len() > MOST {
                cut = true;
                drop_farther_end(&mut entries, Timestamp(from.0.midpoint(to.0)));
            }
        }
    });
    let hits: Vec<Hit> = entries.values().map(|(_, hit)| *hit).collect();
    let starts = |id, kind| hits.iter().any(|hit| hit.actor == Some(id) && hit.source.kind == kind);
    let mut moments: Vec<(Timestamp, Moment)> = Vec::new();
    for (behavior, hit) in entries.values() {
        let Some(rule) = state.catalog.behaviors().get(usize::from(*behavior)) else { continue };
        let words = Wording { state, rule, cited: &[hit], redact: policy.redacts_command_lines() };
        moments.push((
            hit.source.time,
            Moment {
                time: hit.source.time.to_string(),
                kind: hit.source.kind.name(),
                summary: words.of_kind(hit),
                cited_by: cited_by(alerts, hit),
                record: Some(hit.source.record),
                file: Some(hit.source.file),
                source_id: source_id(&hit.source),
            },
        ));
    }
    for (id, process) in state.all_processes().filter(|(_, process)| process.host == digest) {
        if !parties.are_of(state, id) {
            continue;
        }
        let times = [(process.start, KindTag::ProcessStart, "started"), (process.end, KindTag::ProcessEnd, "ended")];
        for (time, kind, verb) in times {
            let Some(time) = time.filter(|time| *time >= from && *time <= to && !starts(id, kind)) else { continue };
            let Some(name) = named(state, process, process.image) else { continue };
            moments.push((time, moment_of(time, kind, format!("{name} {verb}"))));
        }
    }
    sort_by(&mut moments, |a, b| (a.0, &a.1.summary).cmp(&(b.0, &b.1.summary)));
    cut |= moments.len() > MOST;
    moments.truncate(MOST);
    let mut entries: Vec<Moment> = moments.into_iter().map(|(_, moment)| moment).collect();
    if let Some(redaction) = redaction_of(state, policy, &hits) {
        entries.iter_mut().for_each(|moment| redaction.text(&mut moment.summary));
    }
    Some(Timeline { id: id.into(), host: host.clone(), from: from.to_string(), to: to.to_string(), entries, cut })
}

/// Drops the first or the last entry, whichever is farther from the middle.
fn drop_farther_end<V>(entries: &mut BTreeMap<Place, V>, middle: Timestamp) {
    let distance = |entry: Option<(&Place, &V)>| entry.map_or(0, |(place, _)| place.0.distance(middle));
    if distance(entries.first_key_value()) > distance(entries.last_key_value()) {
        entries.pop_first();
    } else {
        entries.pop_last();
    }
}

fn moment_of(time: Timestamp, kind: KindTag, summary: String) -> Moment {
    let (cited_by, record, file, source_id) = (Vec::new(), None, None, None);
    Moment { time: time.to_string(), kind: kind.name(), summary, cited_by, record, file, source_id }
}

fn cites(alert: &Alert, hit: &Hit) -> bool {
    alert.evidence.iter().any(|evidence| is_of(evidence, hit))
}

fn cited_by(alerts: &[&Alert], hit: &Hit) -> Vec<String> {
    let mut codes: Vec<String> =
        alerts.iter().filter(|alert| cites(alert, hit)).map(|alert| alert.code.clone()).collect();
    sort_by(&mut codes, Ord::cmp);
    codes.dedup();
    codes
}

/// The processes that alerts are about, and their lineages.
struct Parties {
    processes: Vec<ProcessId>,
    lineages: Vec<Digest>,
}

impl Parties {
    fn of(state: &HostState, host: Digest, alerts: &[&Alert]) -> Self {
        let named: Vec<&ProcessInfo> = alerts
            .iter()
            .flat_map(|alert| alert.initiator.process.iter().chain(&alert.actor).chain(&alert.target))
            .collect();
        let is_named = |process: &Process| {
            let id = process.unique_id_text();
            named.iter().any(|info| info.pid == process.pid && (info.unique_id.is_none() || info.unique_id == id))
        };
        let known = state.all_processes().filter(|(_, process)| process.host == host && is_named(process));
        let mut known: Vec<(Timestamp, ProcessId)> = known.map(|(id, process)| (process.first_seen, id)).collect();
        sort_by_key(&mut known, |one| *one);
        let processes: Vec<ProcessId> = known.into_iter().map(|(_, id)| id).take(MOST_PARTIES).collect();
        let lineages = processes.iter().filter_map(|id| state.process(Some(*id))).map(|process| process.lineage);
        Self { lineages: lineages.filter(|lineage| *lineage != Digest::NONE).collect(), processes }
    }

    fn are_of(&self, state: &HostState, id: ProcessId) -> bool {
        self.processes.contains(&id)
            || state.process(Some(id)).is_some_and(|process| self.lineages.contains(&process.lineage))
    }
}
