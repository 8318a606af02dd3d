//! Which telemetry each host sends, and which behaviors it shows.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::draft::unseen;
use crate::event::{Class, DataComponent, KindTag, Mechanism};
use crate::matching::{Correlator, Visible};
use crate::rules::{Behavior, BehaviorId, Clause, Severity};
use crate::state::{Host, HostId, HostState, SentOver};
use crate::time::{DAY, SECOND};
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
    /// The channels that it sent them over, in the order in which they came. More than seven are counted as one,
    /// `unknown`, as are events that name none.
    pub channels: Vec<SeenChannel>,
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

/// A channel, that is the log or the sensor that a host's records are of, and how far back they reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeenChannel {
    /// Its name, `sysmon`.
    pub channel: &'static str,
    /// How many events came over it.
    pub events: u64,
    /// When the first and the last of them happened, RFC 3339, UTC.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// The longest silence between two of them; `None` for a single one.
    pub gap: Option<Gap>,
    /// How far the time of its events went back at most, if by a minute or more: somebody turned the host's clock back, or
    /// records came that late. A clock that was set forward shows as a `gap`.
    pub back: Option<StepBack>,
}

/// A step back in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepBack {
    /// How far, in whole seconds.
    pub seconds: u64,
    /// The time that it went back to, RFC 3339, UTC.
    pub to: String,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// How long it took, in whole seconds.
    pub seconds: u64,
    /// When it ended, RFC 3339, UTC.
    pub end: String,
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
    /// `filtered`: as the status of each of its channels says; `never`: none of it.
    pub status: &'static str,
    /// When the last event of it happened, RFC 3339, UTC.
    pub last: Option<String>,
    /// What behaviors read of it and the host never sent.
    pub never: Vec<MissingKind>,
    /// How much of it came over each channel that the host sends over and that can carry some of it.
    pub channels: Vec<ComponentChannel>,
}

/// How much of a data component came over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComponentChannel {
    /// Its name, `sysmon`.
    pub channel: &'static str,
    /// `seen`: all that behaviors read of the component and the channel can carry; `partly`: some of it; `filtered`: named
    /// pipes whose names are known to be bad, and no others, so that behaviors which do not know a name see nothing;
    /// `never`: none, so that its sensor may be told to send it.
    pub status: &'static str,
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
    /// Ids of ATT&CK techniques, as its rule names them: the built-in ones by the newest version.
    pub techniques: Vec<String>,
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

impl MissingKind {
    /// By the names of the kind of event and of the mechanisms; `None` if one of them is none.
    pub fn named<'a>(kind: &str, mechanisms: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let kind = KindTag::ALL.iter().find(|known| known.name() == kind)?.name();
        let one = |name: &str| Some(Mechanism::ALL.iter().find(|known| known.name() == name)?.name());
        Some(Self { kind, mechanisms: mechanisms.into_iter().map(one).collect::<Option<_>>()? })
    }
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
        channels: host.channels.iter().map(channel).collect(),
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

fn channel(sent: &SentOver) -> SeenChannel {
    let gap =
        (sent.gap > 0).then(|| Gap { seconds: (sent.gap / SECOND).cast_unsigned(), end: sent.gap_end.to_string() });
    let is_back = sent.back >= 60 * SECOND;
    let back =
        is_back.then(|| StepBack { seconds: (sent.back / SECOND).cast_unsigned(), to: sent.back_at.to_string() });
    let (first, last) = (sent.first.to_string(), sent.last.to_string());
    SeenChannel { channel: sent.channel.name(), events: sent.events, first, last, gap, back }
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
        let sends = || component.channels.iter().filter(|of| of.status != "never");
        let is_filtered = sends().next().is_some() && sends().all(|of| of.status == "filtered");
        component.status = match (&component.last, is_filtered, component.never.is_empty()) {
            (None, ..) => "never",
            (Some(_), true, _) => "filtered",
            (Some(_), false, false) => "partly",
            (Some(_), false, true) => "seen",
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
    let class = mechanism.map_or(Class::kind(kind), |m| Class::endpoint(kind, m));
    let last = host.last_of_class(class);
    if last.is_none() && !is_due {
        return;
    }
    let component = DataComponent::of(kind, mechanism);
    let at = found.iter().position(|known| known.component == component).unwrap_or(found.len());
    if at == found.len() {
        let (analytics, never, channels) = (Vec::new(), Vec::new(), Vec::new());
        found.push(SeenComponent { component, analytics, status: "never", last: None, never, channels });
    }
    let Some(known) = found.get_mut(at) else { return };
    if !known.analytics.contains(&rule.os.analytic()) {
        known.analytics.push(rule.os.analytic());
    }
    for sent in host.channels.iter() {
        let can_carry = mechanism.map_or(sent.channel.may_report(kind), |m| sent.channel.reports_endpoint(kind, m));
        if can_carry && (is_due || sent.has(class)) {
            let is_pipe = mechanism == Some(Mechanism::NamedPipe);
            let status = match (sent.has(class), is_pipe && sent.is_filtered()) {
                (false, _) => "never",
                (true, false) => "seen",
                (true, true) => "filtered",
            };
            note_channel(&mut known.channels, sent.channel.name(), status);
        }
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

/// Notes whether one more class of a component came over a channel.
fn note_channel(channels: &mut Vec<ComponentChannel>, channel: &'static str, status: &'static str) {
    match channels.iter_mut().find(|known| known.channel == channel) {
        Some(known) if known.status == "filtered" || status == "filtered" => known.status = "filtered",
        Some(known) if known.status != status => known.status = "partly",
        Some(_) => {}
        None => channels.push(ComponentChannel { channel, status }),
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
    // A clause may miss a detail of events that come: no setting sends it.
    let comes = |kind: KindTag| {
        let sends = |host: &Host| !host.is_blind(Class::kind(kind), host.newest - DAY);
        !ENDPOINT_KINDS.contains(&kind) && state.host(host).is_some_and(sends)
    };
    let mut missing_kinds: Vec<MissingKind> = clauses().flat_map(|clause| missing_kinds(clause, comes)).collect();
    sort_by(&mut missing_kinds, Ord::cmp);
    missing_kinds.dedup();
    Visibility {
        code: rule.code.clone(),
        behavior: rule.id.clone(),
        was: rule.was.iter().flat_map(|was| [was.code.clone(), was.id.clone()]).collect(),
        techniques: rule.techniques.iter().map(|technique| technique.id.clone()).collect(),
        visibility: visibility.name(),
        severity: severity.map(Severity::name),
        missing: clauses().map(unseen).collect(),
        missing_kinds,
    }
}

/// The telemetry that a clause needs, but for kinds of events that come.
fn missing_kinds(clause: &Clause, comes: impl Fn(KindTag) -> bool) -> impl Iterator<Item = MissingKind> {
    let kinds = KindTag::ALL.iter().filter(move |kind| clause.looks_at(**kind) && !comes(**kind));
    let mechanisms = |kind: &KindTag| -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in clause.mechanisms().map(Mechanism::name).filter(|_| ENDPOINT_KINDS.contains(kind)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    kinds.map(move |kind| MissingKind { kind: kind.name(), mechanisms: mechanisms(kind) })
}
