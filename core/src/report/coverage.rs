//! Which telemetry each host sends, and which behaviors it shows.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::draft::unseen;
use crate::event::{Class, DataComponent, KindTag, Mechanism};
use crate::matching::{Correlator, Visible};
use crate::rules::{Behavior, BehaviorId, Clause, Severity};
use crate::state::{Host, HostId, HostState};
use crate::util::json;
use crate::util::sort::sort_by;

/// Kinds of events that name a mechanism.
const ENDPOINT_KINDS: [KindTag; 3] = [KindTag::EndpointCreate, KindTag::EndpointConnect, KindTag::EndpointRemove];

/// What one host's telemetry shows; see [`Engine::coverage`](crate::Engine::coverage).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// The host's name.
    pub host: String,
    /// When its first and its last event happened, RFC 3339, UTC.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// The kinds of events it sent.
    pub kinds: Vec<Seen>,
    /// The MITRE ATT&CK data components that behaviors of its platform read, in order of id.
    pub data_components: Vec<SeenComponent>,
    /// The behaviors of its platform, in the order of the catalog.
    pub behaviors: Vec<Visibility>,
    /// The last flood: the host did so much at once that state of its own was evicted for it, and attacks before and
    /// during it may be missed. Raise [`Limits::bytes`](crate::Limits::bytes), or ask who did it and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flood: Option<Flood>,
}

impl Coverage {
    /// The coverage as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }
}

/// A thousand or more entries of a host's own state that were evicted within ten minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Flood {
    /// When the first and the last event happened for which entries went, RFC 3339, UTC.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// Processes that were forgotten, and anchors of partial matches.
    pub evicted: u64,
    /// The pid of the process that did most of it, or whose descendants did; `None` if nobody did.
    pub pid: Option<u32>,
    /// Its image.
    pub image: Option<String>,
}

/// A kind of events that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// Its name, `endpoint_create`.
    pub kind: &'static str,
    /// When the last one happened, RFC 3339, UTC.
    pub last: String,
}

/// A data component of MITRE ATT&CK, and how much of it a host sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeenComponent {
    /// The component.
    #[serde(flatten)]
    pub component: DataComponent,
    /// The analytics of DET0493 whose behaviors read it, `AN1357`.
    pub analytics: Vec<&'static str>,
    /// `seen`: all of it that behaviors read was seen; `partly`: some of it, so that a filter may stand before the rest;
    /// `never`: none of it.
    pub status: &'static str,
    /// When the last event of it happened, RFC 3339, UTC.
    pub last: Option<String>,
    /// What behaviors read of it and the host never sent.
    pub never: Vec<MissingKind>,
}

/// How much of a behavior can be seen on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Visibility {
    /// The behavior's code, `W07`.
    pub code: String,
    /// Its id.
    pub behavior: String,
    /// Retired codes and ids of behaviors that are part of it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// `full`: all its requirements can be met; `degraded`: only a form that judges what is left by itself; `blind`.
    pub visibility: &'static str,
    /// The severity it can reach at most; `None` when blind.
    pub severity: Option<&'static str>,
    /// Its clauses whose telemetry the host does not send.
    pub missing: Vec<String>,
    /// The telemetry that these clauses need, each once.
    pub missing_kinds: Vec<MissingKind>,
}

/// Telemetry that a host does not send.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct MissingKind {
    /// The kind of event, `endpoint_create`.
    pub kind: &'static str,
    /// Of events about endpoints, the mechanisms, `named_pipe`; empty if any will do.
    pub mechanisms: Vec<&'static str>,
}

/// The coverage of every known host, in order of name.
pub(crate) fn of_hosts(state: &HostState, correlator: &Correlator) -> Vec<Coverage> {
    let mut all: Vec<Coverage> = state.hosts().filter_map(|host| of_host(state, correlator, host)).collect();
    sort_by(&mut all, |a, b| a.host.cmp(&b.host));
    all
}

fn of_host(state: &HostState, correlator: &Correlator, id: HostId) -> Option<Coverage> {
    let host = state.host(id)?;
    let behaviors = (0..).zip(state.catalog.behaviors()).filter(|(_, rule)| host.runs(rule.os));
    let kinds = KindTag::ALL.iter().filter_map(|&kind| {
        let last = alloc::format!("{}", host.last_of(kind)?);
        Some(Seen { kind: kind.name(), last })
    });
    Some(Coverage {
        host: String::from_utf8_lossy(&host.name).into_owned(),
        first: alloc::format!("{}", host.oldest),
        last: alloc::format!("{}", host.newest),
        kinds: kinds.collect(),
        data_components: components(state, host),
        behaviors: behaviors.map(|(n, rule)| visibility(state, correlator, id, n, rule)).collect(),
        flood: host.flood.map(|flood| {
            let process = state.process(flood.process.filter(|_| flood.is_of_one()));
            let image = process.and_then(|process| state.text(process.image));
            Flood {
                first: alloc::format!("{}", flood.first),
                last: alloc::format!("{}", flood.last),
                evicted: flood.evicted,
                pid: process.and_then(|process| process.pid),
                image: image.map(|image| String::from_utf8_lossy(image).into_owned()),
            }
        }),
    })
}

/// The data components that behaviors of a host's platforms read.
fn components(state: &HostState, host: &Host) -> Vec<SeenComponent> {
    let mut found: Vec<SeenComponent> = Vec::new();
    for rule in state.catalog.behaviors().iter().filter(|rule| host.runs(rule.os)) {
        for clause in &rule.clauses {
            for kind in KindTag::ALL.iter().copied().filter(|kind| clause.looks_at(*kind)) {
                if !ENDPOINT_KINDS.contains(&kind) {
                    note(&mut found, host, rule, (kind, None), true);
                    continue;
                }
                let own: Vec<Mechanism> = clause.mechanisms().collect();
                // Where a clause takes any mechanism, none of them is missed.
                let any = if own.is_empty() { Mechanism::ALL } else { &own };
                for mechanism in any {
                    note(&mut found, host, rule, (kind, Some(*mechanism)), !own.is_empty());
                }
            }
        }
    }
    for component in &mut found {
        sort_by(&mut component.never, Ord::cmp);
        component.status = match (&component.last, component.never.is_empty()) {
            (None, _) => "never",
            (Some(_), false) => "partly",
            (Some(_), true) => "seen",
        };
    }
    sort_by(&mut found, |a, b| a.component.cmp(&b.component));
    found
}

/// Notes that a behavior reads a kind of events, and, where the kind `is_due`, that the host never sent it.
fn note(
    found: &mut Vec<SeenComponent>,
    host: &Host,
    rule: &Behavior,
    (kind, mechanism): (KindTag, Option<Mechanism>),
    is_due: bool,
) {
    let last = host.last_of_class(mechanism.map_or(Class::kind(kind), |m| Class::endpoint(kind, m)));
    if last.is_none() && !is_due {
        return;
    }
    let component = DataComponent::of(kind, mechanism);
    let at = found.iter().position(|known| known.component == component).unwrap_or(found.len());
    if at == found.len() {
        let (analytics, never) = (Vec::new(), Vec::new());
        found.push(SeenComponent { component, analytics, status: "never", last: None, never });
    }
    let Some(known) = found.get_mut(at) else { return };
    if !known.analytics.contains(&rule.os.analytic()) {
        known.analytics.push(rule.os.analytic());
    }
    if let Some(last) = last {
        // Times as text compare like times.
        known.last = known.last.take().max(Some(last.to_string()));
        return;
    }
    let at = known.never.iter().position(|missing| missing.kind == kind.name()).unwrap_or(known.never.len());
    if at == known.never.len() {
        known.never.push(MissingKind { kind: kind.name(), mechanisms: Vec::new() });
    }
    if let (Some(missing), Some(mechanism)) = (known.never.get_mut(at), mechanism.map(Mechanism::name))
        && !missing.mechanisms.contains(&mechanism)
    {
        missing.mechanisms.push(mechanism);
    }
}

fn visibility(
    state: &HostState,
    correlator: &Correlator,
    host: HostId,
    number: BehaviorId,
    rule: &Behavior,
) -> Visibility {
    let Visible { visibility, severity, clauses: seen } = correlator.visible(state, host, number, rule);
    let clauses = || rule.clauses.iter().enumerate().filter(|(c, _)| seen >> c & 1 == 0).map(|(_, clause)| clause);
    let mut missing_kinds: Vec<MissingKind> = clauses().flat_map(missing_kinds).collect();
    sort_by(&mut missing_kinds, Ord::cmp);
    missing_kinds.dedup();
    Visibility {
        code: rule.code.clone(),
        behavior: rule.id.clone(),
        was: rule.was.iter().flat_map(|was| [was.code.clone(), was.id.clone()]).collect(),
        visibility: visibility.name(),
        severity: severity.map(Severity::name),
        missing: clauses().map(unseen).collect(),
        missing_kinds,
    }
}

fn missing_kinds(clause: &Clause) -> impl Iterator<Item = MissingKind> + '_ {
    let kinds = KindTag::ALL.iter().filter(|kind| clause.looks_at(**kind));
    let mechanisms = |kind: &KindTag| -> Vec<&str> {
        if ENDPOINT_KINDS.contains(kind) { clause.mechanisms().map(Mechanism::name).collect() } else { Vec::new() }
    };
    kinds.map(move |kind| MissingKind { kind: kind.name(), mechanisms: mechanisms(kind) })
}
