//! Between a completion and an alert: what the policy says of it.

use smallvec::SmallVec;

use super::draft::{Draft, retired_names};
use super::parties::Parties;
use crate::event::{Channel, KindTag};
use crate::matching::Completion;
use crate::policy::{Answer, Answers, Case, ElementEntry, Policy};
use crate::rules::{Behavior, Severity};
use crate::state::HostState;

/// What becomes of a completion.
pub(crate) enum Verdict {
    /// It is raised, this loudly.
    Emit(Severity),
    /// Its behavior is disabled, or only feeds others.
    Off,
    /// It would be raised, this loudly, but for the entries that cover it.
    Suppressed(Severity),
    /// It falls short of the policy's minimum: it would be raised this loudly.
    BelowMinimum(Severity),
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

/// The confidence in thousandths from which a completion is raised.
pub(crate) fn least_confidence(policy: &Policy, rule: &Behavior, completion: &Completion) -> u16 {
    let mut names = core::iter::once(rule.id.as_str()).chain(retired_names(rule, completion.met));
    let own = names.find_map(|name| policy.own_min_confidence(name, &rule.code));
    own.unwrap_or_else(|| policy.min_confidence())
}

/// Asks the policy: the verdict, and what each entry says.
pub(crate) fn judge(
    state: &HostState,
    policy: &Policy,
    rule: &Behavior,
    completion: &Completion,
    draft: &Draft,
) -> (Verdict, Answers) {
    let was: SmallVec<[&str; 4]> = retired_names(rule, completion.met).collect();
    if !rule.alerts || !policy.is_enabled(&rule.id, &rule.code) || was.iter().any(|name| !policy.is_enabled(name, name))
    {
        return (Verdict::Off, Answers::default());
    }
    // A severity set by policy stands for the behavior's own; the caps by evidence hold for either.
    let set = policy.severity(&rule.id, &rule.code);
    let severity = match set.or_else(|| was.iter().find_map(|name| policy.severity(name, name))) {
        Some(wanted) if completion.severity == rule.severity => wanted,
        Some(wanted) => wanted.min(completion.severity),
        None => completion.severity,
    };
    if completion.confidence < least_confidence(policy, rule, completion) || severity < policy.min_severity() {
        return (Verdict::BelowMinimum(severity), Answers::default());
    }
    let answers = answers(state, policy, rule, completion, draft, severity);
    let is_covered = answers.covering().next().is_some();
    (if is_covered { Verdict::Suppressed(severity) } else { Verdict::Emit(severity) }, answers)
}

/// What each entry of the policy says of a completion.
pub(crate) fn answers(
    state: &HostState,
    policy: &Policy,
    rule: &Behavior,
    completion: &Completion,
    draft: &Draft,
    severity: Severity,
) -> Answers {
    let was: SmallVec<[&str; 4]> = retired_names(rule, completion.met).collect();
    let parties = Parties { state, rule, completion, draft };
    let (name, names) = (parties.name(), parties.names());
    let case = Case {
        os: rule.os,
        host: state.host(completion.host).map_or(&b""[..], |h| &h.name),
        time: completion.hits.last().map(|h| h.source.time).unwrap_or_default(),
        process: parties.initiator(),
        actor_image: parties.attributes(draft.actor).image,
        target_image: parties.attributes(draft.target).image,
        // A suppression names the object that the alert names.
        names: name.as_slice(),
    };
    let covers = |entry: &ElementEntry| match entry.access() {
        Some(rights) if !depends_on_access(state, rule, completion, rights) => Answer::No,
        _ => {
            let all = parties.of_entry(entry).into_iter();
            let answers = all.map(|process| entry.covers(&Case { process, names: &names, ..case }));
            answers.max().unwrap_or(Answer::No)
        }
    };
    // What a policy calls otherwise is critical all the same.
    let is_critical = severity.max(completion.severity) == Severity::Critical;
    policy.answers(rule, &was, is_critical, covers, &case)
}

/// Whether a completion would not be one without the clauses that are met only by accesses to processes with no other
/// rights than these.
fn depends_on_access(state: &HostState, rule: &Behavior, completion: &Completion, rights: u32) -> bool {
    let is_harmless = |hit: &crate::matching::Hit| {
        let text = state.text(hit.detail).filter(|_| hit.source.kind == KindTag::ProcessAccess);
        let digits = text.and_then(|text| core::str::from_utf8(text.strip_prefix(b"0x")?).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).is_some_and(|mask| mask & !rights == 0)
    };
    let others = completion.hits.iter().filter(|hit| !is_harmless(hit)).fold(0, |met, hit| met | 1_u16 << hit.clause);
    let left = completion.met & others;
    let weaker = rule.fallback.iter().any(|form| form.have & left == form.have);
    left != completion.met && !rule.require.holds(left, true) && !weaker
}
