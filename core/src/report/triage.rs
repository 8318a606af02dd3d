//! The questions that an analyst asks first of an alert, each answered, or said to be unanswerable for want of what.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::alert::{Alert, Answer, ProcessInfo};
use super::wording::{in_words, lossy, named};
use crate::event::{Channel, KindTag};
use crate::matching::Completion;
use crate::names::basename;
use crate::rules::Behavior;
use crate::state::{HostState, ProcessId};
use crate::time::SECOND;
use crate::util::sort::sort_by;

/// Other acts that an answer names at most.
const MOST_ACTS: usize = 6;

/// The answers for an alert. `processes`: its initiator, actor and target.
pub(super) fn answers(
    state: &HostState,
    rule: &Behavior,
    completion: &Completion,
    processes: [Option<ProcessId>; 3],
    alert: &Alert,
) -> Vec<Answer> {
    let answer = |question, (answer, lacks): (Option<String>, Option<String>)| Answer { question, answer, lacks };
    alloc::vec![
        answer("who_initiated", initiator(alert)),
        answer("over_which_links", links(alert)),
        answer("which_user_and_session", user(alert)),
        answer("did_ipc_precede_execution", order(alert)),
        answer("what_else_did_they_do", other_acts(state, completion, processes)),
        answer("how_far_back_does_telemetry_go", horizon(state, rule, completion)),
    ]
}

type Told = (Option<String>, Option<String>);

fn initiator(alert: &Alert) -> Told {
    let who = &alert.initiator;
    let reason = who.reason.unwrap_or_default();
    let name = match (&who.process, &who.address) {
        (Some(process), _) => name(process),
        (None, Some(address)) => format!("a client at {address}"),
        (None, None) if who.kind == "remote" => "a client on another host".into(),
        (None, None) => return (None, Some(reason.into())),
    };
    (Some(format!("{name}, confidence {:.2}: {reason}", who.confidence)), None)
}

fn links(alert: &Alert) -> Told {
    let of = alert.target.as_ref().or(alert.actor.as_ref());
    let (Some(of), false) = (of, alert.lineage.is_empty()) else {
        return (None, Some("no record names where the process came from: starts of processes with parents".into()));
    };
    let mut text = name(of);
    for step in &alert.lineage {
        text += &format!(", {} {} ({:.2})", step.edge, name(&step.process), step.confidence);
    }
    (Some(text), None)
}

fn user(alert: &Alert) -> Told {
    let who = &alert.initiator;
    let known = [("user ", &who.user), ("session ", &who.session)];
    let told: Vec<String> =
        known.iter().filter_map(|(what, value)| Some(format!("{what}{}", value.as_ref()?))).collect();
    let untold: Vec<&str> = known.iter().filter(|(_, value)| value.is_none()).map(|(what, _)| what.trim()).collect();
    let lacks = format!("no record of the initiator names its {}", untold.join(" and "));
    ((!told.is_empty()).then(|| told.join(", ")), (!untold.is_empty()).then_some(lacks))
}

fn order(alert: &Alert) -> Told {
    match alert.ipc_preceded_execution {
        "unknown" => {
            let missing = alert.missing.first().map_or("no two cited records tell it", String::as_str);
            (None, Some(missing.into()))
        }
        known => (Some(known.into()), None),
    }
}

/// What is known of the parties beside what the alert cites: endpoints that they used last, network connections.
fn other_acts(state: &HostState, completion: &Completion, processes: [Option<ProcessId>; 3]) -> Told {
    let mut acts: Vec<String> = Vec::new();
    for id in processes.into_iter().flatten() {
        let Some(process) = state.process(Some(id)) else { continue };
        let who = named(state, process, process.image).unwrap_or_else(|| "a process".into());
        let cited = |endpoint| completion.hits.iter().any(|hit| hit.endpoint == Some(endpoint));
        for (endpoint, created) in process.endpoints().filter(|(endpoint, _)| !cited(*endpoint)) {
            let Some(record) = state.endpoint(Some(endpoint)) else { continue };
            let Some(text) = state.text(Some(record.name)).filter(|text| !text.is_empty()) else { continue };
            let verb = if created { "created" } else { "used" };
            acts.push(format!("{who} {verb} {} {}", in_words(record.mechanism), lossy(text)));
        }
        if process.networked {
            acts.push(format!("{who} used the network"));
        }
    }
    sort_by(&mut acts, Ord::cmp);
    acts.dedup();
    acts.truncate(MOST_ACTS);
    let host = state.host(completion.host);
    let is_unseen = |kind: &&KindTag| host.is_none_or(|host| host.last_of(**kind).is_none());
    let watched = [KindTag::ProcessStart, KindTag::EndpointConnect, KindTag::NetworkConnect, KindTag::FileAccess];
    let unseen: Vec<&str> = watched.iter().filter(is_unseen).map(|kind| kind.name()).collect();
    let lacks = (!unseen.is_empty()).then(|| format!("no {} seen on this host", unseen.join(" or ")));
    let nothing = || String::from("nothing else is known of them");
    (Some(acts.join("; ")).filter(|text| !text.is_empty()).or_else(|| Some(nothing())), lacks)
}

/// How far back each channel reaches that a cited record came over, and whether all of them begin before the first thing
/// that the behavior looks for.
fn horizon(state: &HostState, rule: &Behavior, completion: &Completion) -> Told {
    let Some(host) = state.host(completion.host) else { return (None, Some("the host's record was evicted".into())) };
    let first = completion.hits.iter().map(|hit| hit.source.time).min().unwrap_or_default();
    let mut channels: Vec<Channel> = completion.hits.iter().map(|hit| hit.source.channel).collect();
    sort_by(&mut channels, Ord::cmp);
    channels.dedup();
    let begin = |channel: &Channel| host.channels.first(*channel).unwrap_or(host.oldest);
    let of_each: Vec<String> = channels.iter().map(|of| format!("{} to {}", of.name(), begin(of))).collect();
    let cut: Vec<&str> =
        channels.iter().filter(|channel| begin(channel) > first - rule.window).map(|channel| channel.name()).collect();
    let lacks = format!("{} begins less than {} s before the first record", cut.join(" and "), rule.window / SECOND);
    (Some(of_each.join(", ")), (!cut.is_empty()).then_some(lacks))
}

fn name(process: &ProcessInfo) -> String {
    let image = process.image.as_deref().map_or("?".into(), |image| lossy(basename(image.as_bytes())));
    match process.pid {
        Some(pid) => format!("{image} ({pid})"),
        None => image,
    }
}
