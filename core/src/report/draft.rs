//! From a completion to an alert. Runs only when something is to be said: allocation is fine here.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;
use smallvec::SmallVec;

use super::alert::{Alert, Evidence, LineageStep, SCHEMA_VERSION};
use super::evidence_class::clause_class;
use super::explanation::explanation;
use super::object::IpcObject;
use super::process_info::{as_it_was, candidate, initiator_info, process_info};
use super::redact::Redaction;
use super::sequence::ipc_preceded_execution;
use super::suppress::suppress;
use super::wording::{Wording, image_at_act, lossy};
use super::{alert_id, confidence, evidence, initiator, triage, truncated};
use crate::event::{KindTag, Mechanism, Os};
use crate::matching::{Bound, Completion, Correlator, Hit};
use crate::policy::Policy;
use crate::rules::{AttackVersion, Behavior, Clause, EvidenceClass, RoleId, Severity};
use crate::state::{HostState, MAX_DEPTH, ProcessId, Request};
use crate::util::intern::Sym;

/// How sure the parent is of a process that may have taken over the pid of another, in thousandths.
const PRESUMED: u16 = 500;

/// An alert before it is written out: who and what, and its identity.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: u64,
    pub(crate) revision: u32,
    /// How often it has happened.
    pub(crate) count: u64,
    /// The id of the earliest alert of the incident.
    pub(crate) incident: u64,
    pub(crate) initiator: Option<Bound>,
    pub(crate) initiator_confidence: u16,
    /// How the initiator is known.
    pub(super) initiator_reason: Option<&'static str>,
    /// The initiator's image when it acted, where a record of the alert tells it.
    pub(crate) initiator_image: Option<Sym>,
    pub(crate) actor: Option<ProcessId>,
    pub(crate) target: Option<ProcessId>,
}

/// Works out who did it. The initiator is the requester behind any broker.
pub(crate) fn draft(state: &HostState, rule: &Behavior, completion: &Completion) -> Draft {
    let hits = &completion.hits;
    let by_roles = |roles: &[RoleId]| initiator::first_bound(roles, hits);
    let of_class = |class| hits.iter().find(|h| clause_class(rule, h) == class);
    let actor = process(by_roles(&rule.actor)).or_else(|| of_class(EvidenceClass::Ipc).and_then(|h| h.actor));
    let target = process(by_roles(&rule.target))
        .or_else(|| of_class(EvidenceClass::Execution).and_then(executed))
        .or_else(|| of_class(EvidenceClass::Injection).and_then(|h| h.target));
    let found = initiator::of(state, rule, hits);
    let (initiator, initiator_confidence) = (found.map(|f| f.who), found.map_or(0, |f| f.confidence));
    let initiator_reason = found.map(|f| f.reason);
    let initiator_image = match initiator {
        Some(Bound::Process(p)) => {
            let own = initiator::image_when_it_acted(state, rule.os, hits, p);
            own.or_else(|| hits.iter().find_map(|h| image_at_act(state, h, p))).or_else(|| found?.image)
        }
        _ => None,
    };
    let id = alert_id::of(state, rule, completion);
    Draft {
        id,
        revision: 1,
        count: 1,
        incident: id,
        initiator,
        initiator_confidence,
        initiator_reason,
        initiator_image,
        actor,
        target,
    }
}

/// The process that a principal is.
const fn process(bound: Option<Bound>) -> Option<ProcessId> {
    match bound {
        Some(Bound::Process(id)) => Some(id),
        _ => None,
    }
}

/// What a record of execution shows to run. Who makes a service or task only says what is to run.
fn executed(hit: &Hit) -> Option<ProcessId> {
    let is_order = matches!(hit.source.kind, KindTag::ServiceInstall | KindTag::TaskRegister);
    hit.target.or(hit.actor.filter(|_| !is_order))
}

impl Draft {
    /// Writes the alert out.
    pub(crate) fn finish(
        self,
        state: &HostState,
        correlator: &Correlator,
        rule: &Behavior,
        completion: &Completion,
        severity: Severity,
        policy: &Policy,
    ) -> Alert {
        let redact = policy.redacts_command_lines();
        let os = rule.os;
        let hits = &completion.hits;
        let cited = evidence::cited(rule, hits);
        let words = Wording { state, rule, cited: &cited, redact };
        let info = |id: Option<ProcessId>| state.process(id).map(|p| process_info(state, os, p, redact));
        let actor = info(self.actor);
        let target = info(self.target);
        let mut who = initiator_info(state, os, self.initiator, self.initiator_confidence, redact);
        if let Some(process) = &mut who.process {
            as_it_was(state, process, self.initiator_image);
        }
        who.reason = self.initiator_reason;
        if who.kind == "unknown" {
            who.reason = Some(initiator::reason(state, rule, hits));
            let candidates = initiator::candidates(state, completion.host, hits);
            who.candidates = candidates.into_iter().map(|by| candidate(state, os, by, redact)).collect();
        }
        let object = IpcObject::of(state, rule, hits);
        let lineage = lineage(state, os, self.target.or(self.actor), redact);
        let timestamp = hits.iter().map(|h| h.source.time).max().unwrap_or_default();
        let first = hits.iter().map(|h| h.source.time).min().unwrap_or_default();
        let participants: SmallVec<[ProcessId; 4]> = [self.actor, self.target].into_iter().flatten().collect();
        let truncated = truncated::is_cut(state, hits, &participants)
            || truncated::may_lack_hits(state.host(completion.host), rule, first);
        let host = state.host(completion.host).map_or_else(String::new, |h| lossy(&h.name));
        let mut alert = Alert {
            schema_version: SCHEMA_VERSION,
            id: alert_id::text(self.id),
            revision: self.revision,
            incident: alert_id::text(self.incident),
            time: timestamp.to_string(),
            first_time: first.to_string(),
            last_time: timestamp.to_string(),
            count: self.count,
            host,
            analytic: os.analytic(),
            code: rule.code.clone(),
            behavior: rule.id.clone(),
            was: retired_names(rule, completion.met).map(String::from).collect(),
            attack_version: policy.attack_version().number(),
            techniques: techniques(state, rule, completion.met, &cited, policy.attack_version()),
            severity: severity.name(),
            confidence: f64::from(completion.confidence) / 1000.0,
            confidence_parts: confidence::parts(state, rule, completion),
            title: rule.title.clone(),
            explanation: explanation(&words, hits, completion.blind != 0),
            ipc_preceded_execution: ipc_preceded_execution(rule, hits, &cited),
            missing: missing(state, correlator, rule, completion),
            evidence: evidence::listed(&words, cited.iter().copied(), hits),
            initiator: who,
            actor,
            target,
            ipc: object.map(|object| object.text(state)),
            lineage,
            truncated,
            triage: Vec::new(),
            suppressed_by: Vec::new(),
            suppress: Value::Null,
            not_suppressible: None,
            level: severity,
            timestamp,
        };
        let is_known = object.is_some_and(|object| object.is_reference || state.is_system(os, object.name));
        match suppress(&alert, is_known) {
            Ok(policy) => alert.suppress = policy,
            Err(reason) => alert.not_suppressible = Some(reason),
        }
        let processes = [process(self.initiator), self.actor, self.target];
        alert.triage = triage::answers(state, rule, completion, processes, &alert);
        if let Some(mut redaction) = redaction_of(state, policy, hits) {
            redaction.apply(&mut alert);
        }
        alert
    }
}

/// The records that an alert of a completion cites and that `known` does not list, without command lines.
pub(crate) fn further_evidence(
    state: &HostState,
    rule: &Behavior,
    completion: &Completion,
    known: &[Evidence],
    policy: &Policy,
) -> Vec<Evidence> {
    let hits = &completion.hits;
    let cited = evidence::cited(rule, hits);
    let further = cited.iter().copied().filter(|hit| known.iter().all(|known| !evidence::is_of(known, hit)));
    let mut listed = evidence::listed(&Wording { state, rule, cited: &cited, redact: true }, further, hits);
    if let Some(redaction) = redaction_of(state, policy, hits) {
        redaction.evidence(&mut listed);
    }
    listed
}

/// What the policy keeps out of an alert, with the users that its records name.
pub(super) fn redaction_of(state: &HostState, policy: &Policy, hits: &[Hit]) -> Option<Redaction> {
    let mut redaction = Redaction::of(policy)?;
    for hit in hits {
        let processes = [hit.actor, hit.target].into_iter().flatten().filter_map(|id| state.process(Some(id)));
        let logged_on = hit.object.filter(|_| hit.source.kind == KindTag::Logon);
        for name in processes.map(|process| process.user).chain([logged_on]) {
            if let Some(name) = state.text(name) {
                redaction.know(&lossy(name));
            }
        }
    }
    Some(redaction)
}

/// The techniques that the cited records show. IPC is claimed only where a record of it is cited.
fn techniques(state: &HostState, rule: &Behavior, met: u16, cited: &[&Hit], version: AttackVersion) -> Vec<String> {
    let has_ipc = cited.iter().any(|hit| clause_class(rule, hit) == EvidenceClass::Ipc);
    let claims = rule.techniques.iter().filter(|technique| match &technique.when {
        Some(when) => when.holds(met, false),
        None => has_ipc || !technique.id.starts_with("T1559"),
    });
    let mut ids: Vec<String> = Vec::new();
    for technique in claims {
        let id = state.catalog.technique_id(&technique.id, version);
        if !ids.iter().any(|known| known == id) {
            ids.push(id.into());
        }
    }
    ids
}

/// The retired codes and ids of a completion: of the behaviors that were merged into this one, those whose clauses are
/// met.
pub(crate) fn retired_names(rule: &Behavior, met: u16) -> impl Iterator<Item = &str> {
    rule.was.iter().filter(move |was| was.when.holds(met, false)).flat_map(|was| [was.code.as_str(), was.id.as_str()])
}

pub(super) fn lineage(state: &HostState, os: Os, from: Option<ProcessId>, redact: bool) -> Vec<LineageStep> {
    let mut steps: Vec<LineageStep> = Vec::new();
    let mut at = from;
    // Who injected code may also be the parent: a process is listed once.
    let mut listed: SmallVec<[ProcessId; MAX_DEPTH]> = SmallVec::new();
    let mut push = |id: ProcessId, edge, confidence: u16| {
        if let Some(process) = state.process(Some(id)).filter(|_| !listed.contains(&id)) {
            listed.push(id);
            let confidence = f64::from(confidence) / 1000.0;
            steps.push(LineageStep { process: process_info(state, os, process, redact), edge, confidence });
        }
        steps.len() < MAX_DEPTH
    };
    // Reused pids may make a circle of parents.
    for _ in 0..MAX_DEPTH {
        let Some(process) = state.process(at) else { break };
        if let Some(Request { by: Bound::Process(requester), confidence, .. }) = process.requester
            && !push(requester, "broker", confidence)
        {
            break;
        }
        if at == from
            && let Some(link) = process.injected_by
            && !push(link.process, "injected", link.confidence)
        {
            break;
        }
        at = state.birth_parent(at);
        // Whose pid may have a new owner may have another parent.
        let sure = if process.presumed.is_some() { PRESUMED } else { 1000 };
        if let Some(parent) = at
            && !push(parent, "parent", sure)
        {
            break;
        }
    }
    steps
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
