//! From what was completed to alerts in the queue.

use super::dedup::RaisedAlert;
use super::instance::Engine;
use super::queue;
use crate::matching::Bound;
use crate::matching::Completion;
use crate::matching::Hit;
use crate::matching::View;
use crate::report::Alert;
use crate::report::draft;
use crate::report::verdict;
use crate::report::verdict::Verdict;
use crate::state::ProcessId;
use crate::state::RemoteId;
use crate::state::ResolvedEvent;
use crate::util::hash::Digest;
use alloc::vec::Vec;

impl Engine {
    /// The next alert, in the order they were raised.
    pub fn poll_alert(&mut self) -> Option<Alert> {
        let alert = self.alerts.pop_front()?;
        self.alert_bytes -= alert.bytes();
        Some(alert)
    }

    /// Raises what was completed, and lets behaviors that build on others see it (one level deep).
    pub(super) fn report(&mut self, mut completions: Vec<Completion>) {
        if completions.is_empty() {
            self.completions = completions;
            return;
        }
        let catalog = self.state.catalog.clone();
        let direct = completions.len();
        for i in 0..direct {
            let (rule, hit) = (&catalog.behaviors()[completions[i].behavior as usize], completions[i].hits.last());
            if let (Some(tag), Some(hit)) = (rule.provides, hit.copied()) {
                let initiator = draft(&self.state, rule, &completions[i]).initiator;
                self.pass_on(&mut completions, tag, &hit, initiator);
            }
        }
        for mut completion in completions.drain(..) {
            self.raise(&mut completion);
        }
        self.completions = completions;
    }

    pub(super) fn pass_on(&mut self, out: &mut Vec<Completion>, tag: u8, hit: &Hit, initiator: Option<Bound>) {
        let (actor, remote) = match initiator {
            Some(Bound::Process(p)) => (Some(p), None),
            Some(Bound::Remote(r)) => (None, Some(r)),
            None => (hit.actor, None),
        };
        let resolved = self.resolved_from(hit, actor, remote);
        self.correlator.evidence(&View::of_hit(&self.state, hit, &resolved), tag, out);
    }

    /// Whom a hit was about, with another actor.
    pub(super) fn resolved_from(&self, hit: &Hit, actor: Option<ProcessId>, remote: Option<RemoteId>) -> ResolvedEvent {
        ResolvedEvent {
            host: hit.host,
            host_hash: self.state.host(hit.host).map_or(Digest::NONE, |h| h.id),
            actor,
            target: hit.target,
            peer: None,
            responsible: None,
            endpoint: hit.endpoint,
            object: hit.object,
            remote,
            new_link: false,
            created: false,
        }
    }

    /// The confidence of a completion in view of who is behind it.
    pub(super) fn with_reputation(&self, completion: &Completion, initiator: Option<Bound>) -> u16 {
        let (Some(Bound::Process(process)), Some(hit)) = (initiator, completion.hits.last()) else {
            return completion.confidence;
        };
        let resolved = self.resolved_from(hit, Some(process), None);
        let view = View::of_hit(&self.state, hit, &resolved);
        let reputations = self.state.catalog.reputations().iter().filter(|s| s.os == view.os());
        let moved: i32 = reputations.filter(|s| view.holds(&s.predicates)).map(|s| i32::from(s.confidence)).sum();
        (i32::from(completion.confidence) + moved).clamp(1, 1000) as u16
    }

    pub(super) fn raise(&mut self, completion: &mut Completion) {
        let catalog = self.state.catalog.clone();
        let Some(rule) = catalog.behaviors().get(completion.behavior as usize) else { return };
        let mut draft = draft(&self.state, rule, completion);
        completion.confidence = self.with_reputation(completion, draft.initiator);
        let severity = match verdict::judge(&self.state, &self.policy, rule, completion, &draft) {
            Verdict::Emit(severity) => severity,
            Verdict::Off => return,
            Verdict::Suppressed => {
                self.stats.suppressed += 1;
                return;
            }
            Verdict::BelowMinimum => {
                self.stats.below_minimum += 1;
                return;
            }
        };
        let key = draft.dedup_key(&self.state, rule, completion);
        let time = completion.hits.iter().map(|h| h.source.time).max().unwrap_or_default();
        let fresh = RaisedAlert::of(draft.id, completion, severity, time);
        (draft.id, draft.revision) = match self.dedup.note(key, fresh, self.limits.dedup_window) {
            super::dedup::Outcome::New => (draft.id, 1),
            super::dedup::Outcome::Revised(id, revision) => (id, revision),
            super::dedup::Outcome::Repeated => {
                self.stats.deduplicated += 1;
                return;
            }
        };
        let redact = self.policy.redacts_command_lines();
        let alert = draft.finish(&self.state, &self.correlator, rule, completion, severity, redact);
        self.enqueue(alert);
    }

    pub(super) fn enqueue(&mut self, alert: Alert) {
        if alert.revision > 1 {
            self.stats.revisions += 1;
            // A revision replaces what nobody has polled yet.
            if let Some(waiting) = self.alerts.iter_mut().rev().take(16).find(|a| queue::key(a) == queue::key(&alert)) {
                self.alert_bytes = self.alert_bytes - waiting.bytes() + alert.bytes();
                *waiting = alert;
                return;
            }
        } else {
            self.stats.alerts += 1;
        }
        let bytes = alert.bytes();
        if self.alerts.len() >= self.limits.max_alerts || self.alert_bytes.saturating_add(bytes) > self.alert_budget {
            self.stats.alerts_dropped += 1;
            return;
        }
        self.alert_bytes += bytes;
        self.alerts.push_back(alert);
    }
}
