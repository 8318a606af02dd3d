//! All that is known of a process.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::alert::{Alert, LineageStep, ProcessInfo};
use super::draft::{lineage, redaction_of};
use super::process_info::{initiator_info, process_info};
use super::wording::{in_words, lossy, named};
use crate::event::Os;
use crate::policy::Policy;
use crate::state::{EndpointId, HostState, Process, ProcessId};
use crate::time::Timestamp;
use crate::util::json;
use crate::util::sort::{sort_by, sort_by_key};

/// Children and alerts that are listed at most.
const MOST: usize = 32;

/// All that is known of a process; see [`Engine::explain`](crate::Engine::explain).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessStory {
    /// The host's name.
    pub host: String,
    /// The process.
    pub process: ProcessInfo,
    /// When the first and the last record about it happened, RFC 3339, UTC.
    pub first_seen: String,
    /// See `first_seen`.
    pub last_seen: String,
    /// When it started and ended, where a record says so.
    pub start: Option<String>,
    /// See `start`.
    pub end: Option<String>,
    /// Where it came from, nearest first.
    pub lineage: Vec<LineageStep>,
    /// Who asked the broker that started it, where that is known and on another host.
    pub requested_from: Option<String>,
    /// Its children, at most 32.
    pub children: Vec<String>,
    /// The endpoints that it created or opened last.
    pub endpoints: Vec<Use>,
    /// It made or accepted a network connection.
    pub networked: bool,
    /// The alerts that name it, by id, of those that are still known.
    pub alerts: Vec<String>,
}

/// An endpoint that a process used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Use {
    /// Its kind and name, `named pipe x`.
    pub endpoint: String,
    /// The process created it.
    pub created: bool,
    /// The others that created or opened it last.
    pub others: Vec<String>,
}

impl ProcessStory {
    /// The story as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }
}

/// What is known of all processes that had a pid on a host, in order of time.
pub(crate) fn stories<'a>(
    state: &HostState,
    policy: &Policy,
    host: &str,
    pid: u32,
    alerts: impl Iterator<Item = &'a Alert> + Clone,
) -> Vec<ProcessStory> {
    let known = state.hosts().filter_map(|id| state.host(id));
    let known: Vec<_> =
        known.filter(|known| host.is_empty() || lossy(&known.name).eq_ignore_ascii_case(host)).collect();
    let with_pid = state.all_processes().filter(|(_, process)| process.pid == Some(pid));
    let mut found: Vec<(Timestamp, String, ProcessId, Os)> = Vec::new();
    for (id, process) in with_pid {
        let Some(host) = known.iter().find(|host| host.id == process.host) else { continue };
        let os = Os::ALL.iter().copied().find(|os| host.runs(*os)).unwrap_or(Os::Linux);
        found.push((process.first_seen, lossy(&host.name), id, os));
    }
    sort_by(&mut found, |a, b| (a.0, &a.1, a.2).cmp(&(b.0, &b.1, b.2)));
    let story = |(_, host, id, os): (Timestamp, String, ProcessId, Os)| {
        state.process(Some(id)).map(|process| story(state, policy, (host, id, os), process, alerts.clone()))
    };
    found.into_iter().filter_map(story).collect()
}

fn story<'a>(
    state: &HostState,
    policy: &Policy,
    (host, id, os): (String, ProcessId, Os),
    process: &Process,
    alerts: impl Iterator<Item = &'a Alert>,
) -> ProcessStory {
    let redact = policy.redacts_command_lines();
    let name = |id: ProcessId| {
        let process = state.process(Some(id))?;
        named(state, process, process.image)
    };
    let children = state.all_processes().filter(|(_, child)| child.parent == Some(id));
    let mut children: Vec<(Timestamp, ProcessId)> = children.map(|(id, child)| (child.first_seen, id)).collect();
    sort_by_key(&mut children, |child| *child);
    let info = process_info(state, os, process, redact);
    let is_it = |of: &ProcessInfo| of.pid == info.pid && of.unique_id == info.unique_id;
    let names_it = |alert: &&Alert| {
        let own = alert.initiator.process.iter().chain(&alert.actor).chain(&alert.target);
        alert.host == host && own.chain(alert.lineage.iter().map(|step| &step.process)).any(is_it)
    };
    let requested_from =
        process.requester.and_then(|request| initiator_info(state, os, Some(request.by), 0, redact).address);
    let mut story = ProcessStory {
        alerts: alerts.filter(names_it).map(|alert| alert.id.clone()).take(MOST).collect(),
        first_seen: process.first_seen.to_string(),
        last_seen: process.last_seen.to_string(),
        start: process.start.map(|time| time.to_string()),
        end: process.end.map(|time| time.to_string()),
        lineage: lineage(state, os, Some(id), redact),
        requested_from,
        children: children.into_iter().take(MOST).filter_map(|(_, id)| name(id)).collect(),
        endpoints: process.endpoints().filter_map(|(endpoint, created)| used(state, id, endpoint, created)).collect(),
        networked: process.networked,
        process: info,
        host,
    };
    if let Some(mut redaction) = redaction_of(state, policy, &[]) {
        let of_lineage = story.lineage.iter_mut().map(|step| &mut step.process);
        let mut processes: Vec<&mut ProcessInfo> = core::iter::once(&mut story.process).chain(of_lineage).collect();
        // The texts of one may name the user of another.
        processes.iter().filter_map(|process| process.user.as_deref()).for_each(|user| redaction.know(user));
        processes.iter_mut().for_each(|process| redaction.process(process));
        story.children.iter_mut().for_each(|text| redaction.text(text));
        for used in &mut story.endpoints {
            redaction.text(&mut used.endpoint);
            used.others.iter_mut().for_each(|text| redaction.text(text));
        }
    }
    story
}

fn used(state: &HostState, by: ProcessId, endpoint: EndpointId, created: bool) -> Option<Use> {
    let record = state.endpoint(Some(endpoint))?;
    let text = state.text(Some(record.name)).filter(|text| !text.is_empty())?;
    let others = record.owner.into_iter().chain(record.clients.into_iter().flatten()).filter(|other| *other != by);
    let named = others.filter_map(|id| state.process(Some(id))).filter_map(|other| named(state, other, other.image));
    let endpoint = alloc::format!("{} {}", in_words(record.mechanism), lossy(text));
    Some(Use { endpoint, created, others: named.collect() })
}
