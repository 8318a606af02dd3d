//! Between a completion and an alert: what the policy says of it.

use smallvec::SmallVec;

use super::draft::{Draft, retired_names};
use super::object::IpcObject;
use crate::event::Channel;
use crate::matching::{Bound, Completion};
use crate::policy::{Case, ElementCase, Policy, ProcessAttributes};
use crate::rules::{Behavior, Severity};
use crate::state::{HostState, ProcessId};

/// What becomes of a completion.
pub(crate) enum Verdict {
    /// It is raised, this loudly.
    Emit(Severity),
    /// Its behavior is disabled, or only feeds others.
    Off,
    /// An element entry or a suppression covers it.
    Suppressed,
    /// It falls short of the policy's minimum.
    BelowMinimum,
}

/// The kinds of events that a host's declared sources report, one bit a kind; `None` where the policy declares none. A
/// channel without a list of kinds may report any.
pub(crate) fn declared_kinds(policy: &Policy, host: &[u8]) -> Option<u64> {
    let kinds = |channel: &Channel| match channel.reports() {
        [] => u64::MAX,
        kinds => kinds.iter().fold(0, |set, &kind| set | 1 << kind as u8),
    };
    Some(policy.declared_sources(host)?.iter().fold(0, |set, channel| set | kinds(channel)))
}

/// Asks the policy.
pub(crate) fn judge(
    state: &HostState,
    policy: &Policy,
    rule: &Behavior,
    completion: &Completion,
    draft: &Draft,
) -> Verdict {
    let was: SmallVec<[&str; 4]> = retired_names(rule, completion.met).collect();
    if !rule.alerts || !policy.is_enabled(&rule.id, &rule.code) || was.iter().any(|name| !policy.is_enabled(name, name))
    {
        return Verdict::Off;
    }
    // A severity set by policy stands for the behavior's own; the caps by evidence hold for either.
    let set = policy.severity(&rule.id, &rule.code);
    let severity = match set.or_else(|| was.iter().find_map(|name| policy.severity(name, name))) {
        Some(wanted) if completion.severity == rule.severity => wanted,
        Some(wanted) => wanted.min(completion.severity),
        None => completion.severity,
    };
    if completion.confidence < policy.min_confidence() || severity < policy.min_severity() {
        return Verdict::BelowMinimum;
    }
    let host = state.host(completion.host).map_or(&b""[..], |h| &h.name);
    let time = completion.hits.last().map(|h| h.source.time).unwrap_or_default();
    let name = IpcObject::of(state, rule, &completion.hits).and_then(|object| state.text(object.name));
    let target = attributes(state, draft.target);
    let exempt = rule.exempt.iter().any(|exemption| {
        let bound = completion.hits.iter().find_map(|h| h.role(exemption.subject));
        let Some(Bound::Process(subject)) = bound else { return false };
        let case = ElementCase {
            os: rule.os,
            process: attributes(state, Some(subject)),
            name,
            target: target.image,
            host,
            time,
        };
        policy.exempts(exemption.element, &case)
    });
    let initiator = match draft.initiator {
        // As the alert names it: as it was when it acted.
        Some(Bound::Process(p)) => {
            let now = attributes(state, Some(p));
            ProcessAttributes { image: state.text(draft.initiator_image).or(now.image), ..now }
        }
        Some(Bound::Remote(r)) => {
            ProcessAttributes { user: state.remote(r).and_then(|r| state.text(r.user)), ..ProcessAttributes::default() }
        }
        None => ProcessAttributes::default(),
    };
    let case = Case {
        os: rule.os,
        host,
        time,
        id: &rule.id,
        code: &rule.code,
        was: &was,
        severity,
        ipc_name: name,
        initiator,
        actor: attributes(state, draft.actor),
        target,
    };
    if exempt || policy.suppressed_by(&case).is_some() { Verdict::Suppressed } else { Verdict::Emit(severity) }
}

fn attributes(state: &HostState, id: Option<ProcessId>) -> ProcessAttributes<'_> {
    let Some(process) = state.process(id) else { return ProcessAttributes::default() };
    ProcessAttributes {
        image: state.text(process.image),
        parent_image: state.process(process.parent).and_then(|p| state.text(p.image)),
        user: state.text(process.user),
        signer: state.text(process.signer),
        command_line: process.command_line.as_deref(),
        uid: process.uid,
    }
}
