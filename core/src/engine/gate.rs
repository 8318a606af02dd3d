//! Between a completion and an alert: what the policy says of it.

use crate::alert::Draft;
use crate::catalogue::{Behaviour, Role, Severity};
use crate::causality::{ProcessId, World};
use crate::correlate::{Bound, Completion, Hit};
use crate::event::Channel;
use crate::policy::{Case, Facts, Policy, ProcessFacts};

/// What becomes of a completion.
pub(super) enum Verdict {
    /// It is raised, this loudly.
    Emit(Severity),
    /// Its behaviour is disabled, or only feeds others.
    Off,
    /// An element entry or a suppression covers it.
    Suppressed,
    /// It falls short of the policy's minimum.
    BelowMinimum,
}

/// The kinds of events that the sources the policy declares for a host tell, one bit a kind; `None` where it declares
/// nothing. A channel of which no list is kept may tell any.
pub(super) fn declared_kinds(policy: &Policy, host: &[u8]) -> Option<u64> {
    let kinds = |channel: &Channel| match channel.tells() {
        [] => u64::MAX,
        kinds => kinds.iter().fold(0, |set, &kind| set | 1 << kind as u8),
    };
    Some(policy.declared_sources(host)?.iter().fold(0, |set, channel| set | kinds(channel)))
}

/// Asks the policy.
pub(super) fn judge(
    world: &World,
    policy: &Policy,
    rule: &Behaviour,
    completion: &Completion,
    draft: &Draft,
) -> Verdict {
    if !rule.alerts || !policy.is_enabled(&rule.id, &rule.code) {
        return Verdict::Off;
    }
    // A severity set by policy stands for the behaviour's own; the caps by evidence hold for either.
    let severity = match policy.severity(&rule.id, &rule.code) {
        Some(wanted) if completion.severity == rule.severity => wanted,
        Some(wanted) => wanted.min(completion.severity),
        None => completion.severity,
    };
    if completion.confidence < policy.min_confidence() || severity < policy.min_severity() {
        return Verdict::BelowMinimum;
    }
    let host = world.host(completion.host).map_or(&b""[..], |h| &h.name);
    let time = completion.hits.last().map(|h| h.source.time).unwrap_or_default();
    let endpoint = completion.hits.iter().find_map(|h| world.endpoint(h.endpoint));
    let of_ipc = |h: &&Hit| rule.clauses.get(usize::from(h.clause)).is_some_and(|c| c.role == Role::Ipc);
    let object = || completion.hits.iter().filter(of_ipc).find_map(|h| world.text(h.object));
    let name = endpoint.and_then(|e| world.text(Some(e.name))).or_else(object);
    let target = facts(world, draft.target);
    let exempt = rule.exempt.iter().any(|exemption| {
        let bound = completion.hits.iter().find_map(|h| h.role(exemption.subject));
        let Some(Bound::Process(subject)) = bound else { return false };
        let facts = Facts { process: facts(world, Some(subject)), name, target: target.image, host, time };
        policy.exempts(exemption.element, &facts)
    });
    let initiator = match draft.initiator {
        Some(Bound::Process(p)) => facts(world, Some(p)),
        Some(Bound::Remote(r)) => {
            ProcessFacts { user: world.remote(r).and_then(|r| world.text(r.user)), ..ProcessFacts::default() }
        }
        None => ProcessFacts::default(),
    };
    let case = Case {
        host,
        time,
        id: &rule.id,
        code: &rule.code,
        severity,
        ipc_name: name,
        initiator,
        actor: facts(world, draft.actor),
        target,
    };
    if exempt || policy.suppressed_by(&case).is_some() { Verdict::Suppressed } else { Verdict::Emit(severity) }
}

fn facts(world: &World, id: Option<ProcessId>) -> ProcessFacts<'_> {
    let Some(process) = world.process(id) else { return ProcessFacts::default() };
    ProcessFacts {
        image: world.text(process.image),
        parent_image: world.process(process.parent).and_then(|p| world.text(p.image)),
        user: world.text(process.user),
        signer: world.text(process.signer),
        command_line: process.command_line.as_deref(),
    }
}
