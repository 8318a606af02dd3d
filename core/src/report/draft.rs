//! From a completion to an alert. Runs only when something is to be said: allocation is fine here.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};
use smallvec::SmallVec;

use super::alert::{Alert, Evidence, Initiator, Ipc, LineageStep, MAX_EVIDENCE, ProcessInfo};
use super::evidence_class::clause_class;
use super::{alert_id, initiator, truncated};
use crate::event::{Channel, Integrity, KindTag, Mechanism, NativeId, Os};
use crate::matching::{Bound, Completion, Correlator, Hit};
use crate::names::basename;
use crate::rules::{Behavior, Clause, ClauseId, EvidenceClass, RoleId, Severity};
use crate::state::{HostState, MAX_DEPTH, Process, ProcessId};
use crate::util::hash::Digest;
use crate::util::intern::{Name, Sym};

/// An alert before it is written out: who and what, and its identity.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: u64,
    pub(crate) revision: u32,
    pub(crate) initiator: Option<Bound>,
    pub(crate) initiator_confidence: u16,
    /// The initiator's image when it acted, where a record of the alert tells it.
    pub(super) initiator_image: Option<Sym>,
    pub(crate) actor: Option<ProcessId>,
    pub(crate) target: Option<ProcessId>,
}

/// Works out who did it. The initiator is the requester behind any broker.
pub(crate) fn draft(state: &HostState, rule: &Behavior, completion: &Completion) -> Draft {
    let hits = &completion.hits;
    let by_roles = |roles: &[RoleId]| initiator::first_bound(roles, hits);
    let process = |bound: Option<Bound>| match bound {
        Some(Bound::Process(p)) => Some(p),
        _ => None,
    };
    let of_class = |class| hits.iter().find(|h| clause_class(rule, h) == class);
    let actor = process(by_roles(&rule.actor)).or_else(|| of_class(EvidenceClass::Ipc).and_then(|h| h.actor));
    let target = process(by_roles(&rule.target))
        .or_else(|| of_class(EvidenceClass::Execution).and_then(|h| h.target.or(h.actor)))
        .or_else(|| of_class(EvidenceClass::Injection).and_then(|h| h.target));
    let (initiator, initiator_confidence) = initiator::of(state, rule, hits, actor, target);
    let initiator_image = match initiator {
        Some(Bound::Process(p)) => hits.iter().find(|h| h.actor == Some(p)).and_then(|h| h.image),
        _ => None,
    };
    let id = alert_id::of(state, rule, completion);
    Draft { id, revision: 1, initiator, initiator_confidence, initiator_image, actor, target }
}

impl Draft {
    /// What repetitions of the alert have in common: initiator, and the target's image.
    pub(crate) fn dedup_key(&self, state: &HostState, rule: &Behavior, completion: &Completion) -> Digest {
        let of = |name: Option<&Name<_>>| name.map_or(Digest::NONE, |n| n.identity);
        let host = state.host(completion.host).map_or(Digest::NONE, |h| h.id);
        let key = state.hash().digest(host).u64(u64::from(completion.behavior));
        // What one script starts again and again within moments is one story: its first arguments say what is asked of
        // whom.
        let is_script = |(parent, _): &(ProcessId, u32)| {
            state.process(Some(*parent)).is_some_and(|p| p.image.is_some() && p.pid != Some(1))
                && !state.is_lineage_root(rule.os, Some(*parent))
        };
        let job_of = |p| state.process(Some(p)).and_then(|p| p.job).filter(|_| rule.os == Os::Linux).filter(is_script);
        let key = match self.initiator {
            Some(Bound::Process(p)) => match job_of(p) {
                Some((parent, number)) => {
                    let process = state.process(Some(p));
                    let line = process.and_then(|p| p.command_line.as_deref()).unwrap_or_default();
                    let object = completion.hits.iter().find_map(|h| state.endpoint(h.endpoint));
                    let key = key.u64(3).u64(parent.number()).u64(u64::from(number));
                    let key = line.split(|&b| b == b' ').take(3).fold(key, |key, part| key.bytes(part));
                    let key = key.digest(of(process.and_then(|p| state.name(p.image))));
                    key.digest(object.map_or(Digest::NONE, |e| e.identity))
                }
                None => key.u64(1).u64(p.number()),
            },
            Some(Bound::Remote(r)) => key.u64(2).digest(of(state.remote(r).and_then(|r| state.name(r.address)))),
            None => key.u64(0),
        };
        key.digest(of(state.process(self.target).and_then(|t| state.name(t.image)))).finish_digest()
    }

    /// Writes the alert out.
    pub(crate) fn finish(
        self,
        state: &HostState,
        correlator: &Correlator,
        rule: &Behavior,
        completion: &Completion,
        severity: Severity,
        redact: bool,
    ) -> Alert {
        let os = rule.os;
        let hits = &completion.hits;
        let info = |id: Option<ProcessId>| state.process(id).map(|p| process_info(state, os, p, redact));
        let actor = info(self.actor);
        let target = info(self.target);
        let mut initiator = initiator_info(state, os, self.initiator, self.initiator_confidence, redact);
        if let Some(process) = &mut initiator.process {
            as_it_was(state, process, self.initiator_image);
        }
        let ipc = ipc(state, rule, hits);
        let lineage = lineage(state, os, self.target.or(self.actor), redact);
        let timestamp = hits.iter().map(|h| h.source.time).max().unwrap_or_default();
        let participants: SmallVec<[ProcessId; 4]> = [self.actor, self.target].into_iter().flatten().collect();
        let truncated = truncated::is_cut(state, hits, &participants);
        let host = state.host(completion.host).map_or_else(String::new, |h| lossy(&h.name));
        let mut alert = Alert {
            id: alert_id::text(self.id),
            revision: self.revision,
            time: timestamp.to_string(),
            analytic: match os {
                Os::Windows => "AN1357",
                Os::Linux => "AN1358",
                Os::Macos => "AN1359",
            },
            code: rule.code.clone(),
            behavior: rule.id.clone(),
            techniques: rule.techniques.clone(),
            severity: severity.name(),
            confidence: f64::from(completion.confidence) / 1000.0,
            title: rule.title.clone(),
            explanation: explanation(state, rule, hits, ipc.as_ref(), completion.blind != 0),
            missing: missing(state, correlator, rule, completion),
            evidence: evidence(state, rule, hits),
            host,
            initiator,
            actor,
            target,
            ipc,
            lineage,
            truncated,
            suppress: Value::Null,
            level: severity,
            timestamp,
        };
        alert.suppress = suppress(&alert);
        alert
    }
}

/// Names a process as it was when it acted. Its command line has changed with its image.
fn as_it_was(state: &HostState, process: &mut ProcessInfo, image: Option<Sym>) {
    let then = state.text(image).map(lossy);
    if then.is_some() && then != process.image {
        process.image = then;
        process.command_line = None;
        process.image_hex = None;
    }
}

fn process_info(state: &HostState, os: Os, process: &Process, redact: bool) -> ProcessInfo {
    let text = |sym: Option<Sym>| state.text(sym).map(lossy);
    let image = state.text(process.image);
    ProcessInfo {
        pid: process.pid,
        unique_id: process.unique_id_text(),
        image: image.map(lossy),
        command_line: if redact { None } else { process.command_line.as_deref().map(lossy) },
        user: text(process.user).or_else(|| process.uid.map(|u| format!("uid={u}"))),
        session: process.session.map(|s| session_text(os, s)),
        integrity: process.integrity.map(Integrity::name),
        image_hex: image.filter(|i| core::str::from_utf8(i).is_err()).map(hex),
    }
}

fn session_text(os: Os, session: u64) -> String {
    if os == Os::Windows { format!("{session:#x}") } else { session.to_string() }
}

fn initiator_info(state: &HostState, os: Os, who: Option<Bound>, confidence: u16, redact: bool) -> Initiator {
    let confidence = f64::from(confidence) / 1000.0;
    match who {
        Some(Bound::Process(id)) => {
            let process = state.process(Some(id)).map(|p| process_info(state, os, p, redact));
            Initiator {
                kind: if process.is_some() { "process" } else { "unknown" },
                user: process.as_ref().and_then(|p| p.user.clone()),
                session: process.as_ref().and_then(|p| p.session.clone()),
                process,
                address: None,
                confidence,
            }
        }
        Some(Bound::Remote(id)) => {
            let remote = state.remote(id);
            Initiator {
                kind: "remote",
                process: None,
                user: remote.and_then(|r| state.text(r.user)).map(lossy),
                session: remote.and_then(|r| r.session).map(|s| session_text(os, s)),
                address: remote.and_then(|r| state.text(r.address)).map(lossy),
                confidence,
            }
        }
        None => Initiator { kind: "unknown", ..Initiator::default() },
    }
}

/// The object the ipc clauses speak of: an endpoint, else what their kind of event is about.
fn ipc(state: &HostState, rule: &Behavior, hits: &[Hit]) -> Option<Ipc> {
    let of_ipc = || hits.iter().filter(|h| clause_class(rule, h) == EvidenceClass::Ipc);
    let endpoint = of_ipc().chain(hits).find_map(|h| state.endpoint(h.endpoint));
    if let Some(endpoint) = endpoint {
        return Some(Ipc { mechanism: endpoint.mechanism.name(), name: state.text(Some(endpoint.name)).map(lossy) });
    }
    let told = |hit: &Hit| {
        let mechanism = mechanism(rule, hit.source.kind)?;
        Some(Ipc { mechanism, name: object_name(state, hit, mechanism) })
    };
    let told = || of_ipc().filter_map(told);
    told().find(|ipc| ipc.name.is_some()).or_else(|| told().next())
}

/// ATT&CK techniques that say by which mechanism.
const TECHNIQUES: [(&str, &str); 4] =
    [("T1559.001", "com"), ("T1559.002", "dde"), ("T1559.003", "xpc_service"), ("T1047", "com")];

/// What an event without an endpoint came by: its kind says so, else the behavior's technique, else the kinds of event
/// that the behavior's ipc clauses look at besides.
fn mechanism(rule: &Behavior, kind: KindTag) -> Option<&'static str> {
    let technique = || TECHNIQUES.iter().find(|(id, _)| rule.techniques.iter().any(|t| t == id)).map(|(_, m)| *m);
    let looks = |kind: &KindTag| rule.clauses.iter().any(|c| c.class == EvidenceClass::Ipc && c.looks_at(*kind));
    let besides = || KindTag::ALL.iter().copied().filter(looks).find_map(mechanism_of_kind);
    mechanism_of_kind(kind).or_else(technique).or_else(besides)
}

const fn mechanism_of_kind(kind: KindTag) -> Option<&'static str> {
    match kind {
        KindTag::AppleEvent | KindTag::PrivacyDecision => Some("apple_event"),
        KindTag::ComActivation => Some("com"),
        KindTag::DdeRequest => Some("dde"),
        KindTag::LaunchItemAdd => Some("launchd"),
        KindTag::ProcessAccess | KindTag::RemoteThread | KindTag::MemoryWrite => Some("process"),
        KindTag::ServiceInstall | KindTag::TaskRegister | KindTag::RpcCall => Some("rpc"),
        _ => None,
    }
}

/// The name of the application that was spoken to, or of the class that was registered. Other events are about
/// something that is no IPC object: a library, a value of the registry.
fn object_name(state: &HostState, hit: &Hit, mechanism: &str) -> Option<String> {
    match hit.source.kind {
        KindTag::AppleEvent | KindTag::PrivacyDecision => state.text(hit.object).map(lossy),
        KindTag::RegistrySet if mechanism == "com" => state.text(hit.object).map(lossy),
        _ => None,
    }
}

fn lineage(state: &HostState, os: Os, from: Option<ProcessId>, redact: bool) -> Vec<LineageStep> {
    let mut steps: Vec<LineageStep> = Vec::new();
    let mut at = from;
    let mut push = |id: ProcessId, edge| {
        if let Some(process) = state.process(Some(id)) {
            steps.push(LineageStep { process: process_info(state, os, process, redact), edge });
        }
        steps.len() < MAX_DEPTH
    };
    while let Some(process) = state.process(at) {
        if let Some(Bound::Process(requester)) = process.requester.map(|r| r.by)
            && !push(requester, "broker")
        {
            break;
        }
        if at == from
            && let Some(link) = process.injected_by
            && !push(link.process, "injected")
        {
            break;
        }
        at = state.parent(at);
        if let Some(parent) = at
            && !push(parent, "parent")
        {
            break;
        }
    }
    steps
}

/// Roles by what they tell of a record, most first: what was done over how.
const TELLING: [EvidenceClass; 5] = [
    EvidenceClass::Injection,
    EvidenceClass::Execution,
    EvidenceClass::Effect,
    EvidenceClass::Ipc,
    EvidenceClass::Context,
];

/// At most [`MAX_EVIDENCE`] records: the first of each clause, then the others in turn. A record that meets several
/// clauses is listed under the strongest class of evidence: what was done comes before how. Several
/// records on one line are told apart.
fn evidence(state: &HostState, rule: &Behavior, hits: &[Hit]) -> Vec<Evidence> {
    let is_same = |a: &Hit, b: &Hit| a.source.is_same_record(&b.source);
    let telling = |hit: &&Hit| TELLING.iter().position(|class| *class == clause_class(rule, hit));
    let mut chosen: SmallVec<[&Hit; MAX_EVIDENCE]> = SmallVec::new();
    for round in 0..4 {
        for clause in 0..rule.clauses.len() as ClauseId {
            let hit = hits.iter().filter(|h| h.clause == clause).nth(round);
            let Some(hit) = hit else { continue };
            if chosen.len() < MAX_EVIDENCE && !chosen.iter().any(|c| is_same(c, hit)) {
                chosen.push(hit);
            }
        }
    }
    chosen.sort_by_key(|h| h.order());
    let evidence = chosen.into_iter().map(|first| {
        let of_record = || hits.iter().filter(|h| is_same(h, first));
        let hit = of_record().min_by_key(telling).unwrap_or(first);
        let class = clause_class(rule, hit);
        let others = TELLING.iter().filter(|other| **other != class);
        Evidence {
            record: hit.source.record,
            part: hit.source.part,
            file: hit.source.file,
            source_id: (hit.source.id != NativeId::None).then(|| hit.source.id.to_string()),
            time: hit.source.time.to_string(),
            class: class.name(),
            also: others.filter(|o| of_record().any(|h| clause_class(rule, h) == **o)).map(|o| o.name()).collect(),
            clause: rule.clauses.get(usize::from(hit.clause)).map_or_else(String::new, |c| c.name.clone()),
            summary: summary(state, hit),
        }
    });
    evidence.collect()
}

fn summary(state: &HostState, hit: &Hit) -> String {
    let who = |id: Option<ProcessId>| state.process(id).map(|p| short(state, p));
    let actor = state.process(hit.actor).map(|p| short_as(state, p, hit.image.or(p.image)));
    let actor = actor.unwrap_or_else(|| String::from("a remote client"));
    let object = state
        .endpoint(hit.endpoint)
        .and_then(|e| state.text(Some(e.name)))
        .or_else(|| state.text(hit.object))
        .map(lossy)
        .unwrap_or_default();
    let target = who(hit.target).unwrap_or_else(|| String::from("another process"));
    let what = match hit.source.kind {
        KindTag::ProcessStart => {
            let parent = hit.actor.and_then(|a| state.parent(Some(a)));
            match who(parent) {
                Some(parent) => format!("{parent} started {actor}"),
                None => format!("{actor} started"),
            }
        }
        KindTag::ProcessAccess => format!("{actor} opened {target}"),
        KindTag::RemoteThread => format!("{actor} started a thread in {target}"),
        KindTag::MemoryWrite => format!("{actor} wrote into {target}"),
        KindTag::EndpointCreate => format!("{actor} created {object}"),
        KindTag::EndpointConnect => format!("{actor} opened {object}"),
        KindTag::ShareAccess if object.is_empty() => String::from("a file of a share opened over the network"),
        KindTag::ShareAccess => format!("{object} opened over the network"),
        KindTag::ImageLoad => format!("{actor} loaded {object}"),
        KindTag::ServiceInstall => String::from("a service was installed"),
        KindTag::AppleEvent => format!("{actor} sent an Apple Event"),
        KindTag::NetworkConnect => format!("{actor} connected over the network"),
        other => format!("{actor}: {}", other.name()),
    };
    match source_name(hit.source.channel, hit.source.code) {
        Some(source) => format!("{what} ({source})"),
        None => what,
    }
}

fn source_name(channel: Channel, code: u32) -> Option<String> {
    let name = match channel {
        Channel::Sysmon => "Sysmon",
        Channel::Security => "Security",
        Channel::System => "System",
        Channel::Audit => "auditd syscall",
        Channel::EndpointSecurity => return Some(String::from("Endpoint Security")),
        Channel::AppleEvents => return Some(String::from("unified log, Apple Events")),
        Channel::Tcc => return Some(String::from("unified log, TCC")),
        Channel::Osquery | Channel::OsqueryLinux => return Some(String::from("osquery")),
        Channel::SysmonLinux => "Sysmon for Linux",
        Channel::Tetragon => return Some(String::from("tetragon")),
        Channel::Kunai => return Some(String::from("kunai")),
        Channel::Falco => return Some(String::from("Falco")),
        Channel::TaskScheduler => "TaskScheduler",
        Channel::PowerShell => "PowerShell",
        Channel::RpcFirewall => "RPC Firewall",
        Channel::Defender => return Some(String::from("Defender for Endpoint")),
        Channel::Ocsf => return Some(String::from("OCSF")),
        _ => return None,
    };
    Some(if code == 0 { String::from(name) } else { format!("{name} {code}") })
}

/// `image (pid)`.
fn short(state: &HostState, process: &Process) -> String {
    short_as(state, process, process.image)
}

fn short_as(state: &HostState, process: &Process, image: Option<Sym>) -> String {
    let image = state.text(image).map_or_else(|| String::from("a process"), |i| lossy(basename(i)));
    process.pid.map_or_else(|| image.clone(), |pid| format!("{image} ({pid})"))
}

fn explanation(state: &HostState, rule: &Behavior, hits: &[Hit], ipc: Option<&Ipc>, fallback: bool) -> String {
    let mut text = rule.explanation.clone();
    for (i, role) in rule.roles.iter().enumerate() {
        let placeholder = format!("{{{role}}}");
        if !text.contains(&placeholder) {
            continue;
        }
        let bound = hits.iter().find_map(|h| h.role(i as RoleId));
        let name = match bound {
            Some(Bound::Process(p)) => state.process(Some(p)).map(|p| short(state, p)),
            Some(Bound::Remote(r)) => Some(match state.remote(r).and_then(|r| state.text(r.address)) {
                Some(address) => format!("a client at {}", lossy(address)),
                None => String::from("a remote client"),
            }),
            None => None,
        };
        text = text.replace(&placeholder, name.as_deref().unwrap_or("an unseen process"));
    }
    let object = ipc.and_then(|i| i.name.clone()).unwrap_or_else(|| String::from("the IPC object"));
    text = text.replace("{ipc}", &object);
    if fallback {
        text.push_str(" Part of this could not be seen on this host; what remains is judged by itself.");
    }
    text
}

/// Legs of the behavior whose telemetry the host does not send.
fn missing(state: &HostState, correlator: &Correlator, rule: &Behavior, completion: &Completion) -> Vec<String> {
    let time = completion.hits.last().map(|h| h.source.time).unwrap_or_default();
    let unmet = (0..rule.clauses.len()).filter(|&c| completion.met >> c & 1 == 0);
    unmet
        .filter(|&c| correlator.is_blind(state, completion.host, completion.behavior, c, time))
        .map(|c| unseen(&rule.clauses[c]))
        .collect()
}

/// Says that a leg's telemetry is not sent.
pub(crate) fn unseen(clause: &Clause) -> String {
    let kinds: Vec<&str> = KindTag::ALL.iter().filter(|&&k| clause.looks_at(k)).map(|k| k.name()).collect();
    let mechanisms: Vec<&str> = clause.mechanisms().map(Mechanism::name).collect();
    let of = if mechanisms.is_empty() { String::new() } else { format!(" of {}", mechanisms.join(" or ")) };
    format!("{}: no {}{of} seen on this host", clause.name, kinds.join(" or "))
}

/// What silences exactly this: the behavior together with everything about it that recurs.
fn suppress(alert: &Alert) -> Value {
    let image = |p: &Option<ProcessInfo>| p.as_ref().and_then(|p| p.image.clone()).map(Value::from);
    // By name: an object that keeps its members' order and one that sorts them are then written alike, whichever of the
    // two some other crate of the embedder's build has turned on.
    let members: [(&str, Option<Value>); 8] = [
        ("actor_image", image(&alert.actor)),
        ("allow_critical", (alert.severity == "critical").then_some(Value::Bool(true))),
        ("behavior", Some(alert.behavior.clone().into())),
        ("host", (!alert.host.is_empty()).then(|| alert.host.clone().into())),
        ("initiator_image", image(&alert.initiator.process)),
        ("ipc_name", alert.ipc.as_ref().and_then(|i| i.name.clone()).map(Value::from)),
        ("target_image", image(&alert.target)),
        ("user", alert.initiator.user.clone().map(Value::from)),
    ];
    let known = members.into_iter().filter_map(|(name, value)| Some((String::from(name), value?)));
    let entry: Value = known.collect::<serde_json::Map<_, _>>().into();
    json!({ "suppressions": [entry] })
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
