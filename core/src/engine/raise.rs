//! From what was completed to alerts in the queue.

use super::dedup::{Outcome, RaisedAlert};
use super::incidents::Member;
use super::instance::Engine;
use super::queue;
use super::risk::{Evidence, Weak};
use super::ties;
use crate::baseline::UsualAlert;
use crate::matching::Bound;
use crate::matching::Completion;
use crate::matching::Hit;
use crate::matching::View;
use crate::policy::{Answers, EntryId};
use crate::report::Alert;
use crate::report::Draft;
use crate::report::MAX_EVIDENCE;
use crate::report::cover_both;
use crate::report::draft;
use crate::report::further_evidence;
use crate::report::id_text;
use crate::report::verdict;
use crate::report::verdict::Verdict;
use crate::rules::{Behavior, Severity};
use crate::state::ProcessId;
use crate::state::RemoteId;
use crate::state::ResolvedEvent;
use crate::util::hash::{Digest, Hasher};
use crate::util::table::QuotaGroup;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Engine {
    /// The next alert, in the order they were raised.
    pub fn poll_alert(&mut self) -> Option<Alert> {
        self.alerts.pop()
    }

    /// The next alert that entries of the policy cover, or the next revision of one; [`Alert::suppressed_by`] names those
    /// entries, which for a revision may be others than before. The alert was counted in
    /// [`Stats::suppressed`](crate::Stats::suppressed), once, and is not raised. What nobody polls is dropped when its
    /// small part of the memory is used, and counted in
    /// [`Stats::suppressed_dropped`](crate::Stats::suppressed_dropped).
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
    /// let attack = scenario::all().iter().find(|s| s.behavior() == "W13" && s.is_positive()).expect("there is one");
    /// let policy = Policy::from_json(br#"{"suppressions": [{"behavior": "W13", "owner": "it"}]}"#)?;
    /// let mut engine = Engine::new(Catalog::builtin(), policy, Limits::default());
    /// for event in attack.events() {
    ///     engine.feed(&event);
    /// }
    /// engine.flush();
    /// let alert = engine.poll_suppressed().expect("what would have been raised");
    /// assert_eq!((alert.code.as_str(), alert.suppressed_by), ("W13", vec!["suppressions[0]".to_owned()]));
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    pub fn poll_suppressed(&mut self) -> Option<Alert> {
        self.suppressed.pop()
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
            detail: hit.detail,
            remote,
            new_link: false,
            created: false,
            is_rare: true,
        }
    }

    /// Moves the confidence of a completion by what is known of who is behind it.
    pub(super) fn weigh_reputation(&self, completion: &mut Completion, initiator: Option<Bound>) {
        let (Some(Bound::Process(process)), Some(hit)) = (initiator, completion.hits.last()) else { return };
        let resolved = self.resolved_from(hit, Some(process), None);
        let view = View::of_hit(&self.state, hit, &resolved);
        let (mut moved, mut which) = (i32::from(completion.confidence), 0);
        for (at, reputation) in self.state.catalog.reputations().iter().enumerate().take(64) {
            if reputation.os == view.os() && view.holds(&reputation.predicates) {
                moved += i32::from(reputation.confidence);
                which |= 1 << at;
            }
        }
        (completion.confidence, completion.reputations) = (moved.clamp(1, 1000) as u16, which);
    }

    pub(super) fn raise(&mut self, completion: &mut Completion) {
        let catalog = self.state.catalog.clone();
        let Some(rule) = catalog.behaviors().get(completion.behavior as usize) else { return };
        let mut draft = draft(&self.state, rule, completion);
        self.weigh_reputation(completion, draft.initiator);
        let (relations, usual) = self.weigh_baseline(rule, completion, &draft);
        let (verdict, answers) = verdict::judge(&self.state, &self.policy, rule, completion, &draft);
        self.learn_alert(completion, &relations, &verdict);
        // What is usual does not add up either.
        let risen = if usual.is_none() { self.add_up(rule, completion, &draft, &verdict) } else { None };
        let (severity, is_suppressed) = match verdict {
            Verdict::Emit(severity) => (severity, false),
            Verdict::Suppressed(severity) => (severity, true),
            Verdict::Off => return,
            Verdict::BelowMinimum(severity) if risen.is_some() => (severity, false),
            Verdict::BelowMinimum(_) => {
                self.stats.below_minimum += 1;
                return;
            }
        };
        let key = ties::dedup_key(&self.state, rule, completion, &draft);
        let times = || completion.hits.iter().map(|hit| hit.source.time);
        let last = times().max().unwrap_or_default();
        let fresh = RaisedAlert::of(key, draft.id, completion, severity, last);
        if is_suppressed {
            let outcome = self.suppressed.note(fresh, self.limits.dedup_window);
            match outcome {
                Outcome::New => self.stats.suppressed += 1,
                Outcome::Revised(id, revision, count) => {
                    (draft.id, draft.revision, draft.count) = (id, revision, count);
                }
                Outcome::Counted(..) | Outcome::Repeated => return,
            }
            let covered = self.suppressed.dedup.cover(draft.id, answers.covering_set());
            match outcome {
                Outcome::New => self.policy_use.note(&answers, last),
                _ => self.policy_use.note_revision(&answers, covered, last),
            }
            self.suppress(draft, rule, completion, severity, &answers);
            return;
        }
        match self.dedup.note(fresh, self.limits.dedup_window) {
            Outcome::New => self.policy_use.note(&answers, last),
            Outcome::Revised(id, revision, count) => (draft.id, draft.revision, draft.count) = (id, revision, count),
            outcome => {
                self.stats.deduplicated += 1;
                if let Outcome::Counted(id, is_due) = outcome {
                    let is_low = |alert: &Alert| alert.level < Severity::Medium;
                    if let Some(words) = risen.filter(|_| self.kept.get(id).is_some_and(is_low)) {
                        self.revise(id, |alert| rise(alert, &words));
                        return;
                    }
                    if let Some(known) = self.kept.get(id).filter(|alert| alert.evidence.len() < MAX_EVIDENCE) {
                        let more = further_evidence(&self.state, rule, completion, &known.evidence, &self.policy);
                        self.kept.cite(id, more);
                    }
                    if is_due {
                        self.revise(id, |_| {});
                    }
                }
                return;
            }
        }
        let member = Member { id: draft.id, first: times().min().unwrap_or_default(), last };
        let host = self.state.host(completion.host).map_or(Digest::NONE, |host| host.id);
        let tied = ties::ties(&self.state, rule, completion, &draft);
        let placed = self.incidents.note(host, member, &tied);
        draft.incident = placed.incident;
        let id = draft.id;
        let mut alert = draft.finish(&self.state, &self.correlator, rule, completion, severity, &self.policy);
        if let Some(words) = risen {
            rise(&mut alert, &words);
        }
        if let Some(UsualAlert { hosts, days }) = usual {
            alert.explanation += &format!(" The baseline has all of it from {hosts} hosts on {days} days.");
        }
        if let Some(earlier) = self.kept.get(id) {
            cover_both(earlier, &mut alert);
            // What rose does not fall again.
            (alert.level, alert.severity) = (alert.level, alert.severity).max((earlier.level, earlier.severity));
        }
        self.kept.put(id, &alert);
        self.enqueue(&alert);
        for moved in placed.moved {
            self.revise(moved, |alert| alert.incident = id_text(placed.incident));
        }
    }

    /// Adds weak evidence up: what is low or falls short of the policy's minimum, and is covered by none of its entries.
    /// Says what it comes to, where it reaches the policy's cap.
    fn add_up(&mut self, rule: &Behavior, completion: &Completion, draft: &Draft, verdict: &Verdict) -> Option<String> {
        let limit = self.policy.risk()?;
        let is_weak = match *verdict {
            Verdict::Emit(severity) => severity == Severity::Low,
            Verdict::BelowMinimum(severity) => {
                let asked = verdict::answers(&self.state, &self.policy, rule, completion, draft, severity);
                asked.covering().next().is_none()
            }
            Verdict::Suppressed(_) | Verdict::Off => false,
        };
        if !is_weak || self.policy.min_severity() > Severity::Medium {
            return None;
        }
        let host = self.state.host(completion.host).map_or(Digest::NONE, |host| host.id);
        let name_of = |behavior: &Behavior| Hasher::new(0).bytes(behavior.id.as_bytes()).finish();
        let time = completion.hits.iter().map(|hit| hit.source.time).max().unwrap_or_default();
        let weak = Weak { behavior: name_of(rule), alert: draft.id, time, confidence: completion.confidence };
        let mut most: Option<(u32, Evidence)> = None;
        for who in ties::accountable(&self.state, draft) {
            let kept = self.risk.add(QuotaGroup::of_host(host.low()), host.and(1, who), weak, limit.half_life);
            let sum = kept.iter().map(|of| of.left(time, limit.half_life)).sum();
            if kept.len() > 1 && sum >= limit.cap && most.as_ref().is_none_or(|(known, _)| sum > *known) {
                most = Some((sum, kept));
            }
        }
        let (sum, kept) = most?;
        let catalog = &self.state.catalog;
        let code = |of: &Weak| catalog.behaviors().iter().find(|b| name_of(b) == of.behavior).map(|b| b.code.as_str());
        let parts = kept.iter().map(|of| format!("{} {}", code(of).unwrap_or("?"), id_text(of.alert)));
        let (sum, cap) = (f64::from(sum) / 1000.0, f64::from(limit.cap) / 1000.0);
        let parts: Vec<String> = parts.collect();
        Some(format!(" Weak evidence adds up to {sum:.2}, the policy's cap is {cap:.2}: {}.", parts.join(", ")))
    }

    /// Keeps an alert that is suppressed, while there is room.
    pub(super) fn suppress(
        &mut self,
        draft: Draft,
        rule: &Behavior,
        completion: &Completion,
        severity: Severity,
        answers: &Answers,
    ) {
        if !self.suppressed.has_room() {
            self.stats.suppressed_dropped += 1;
            return;
        }
        let mut alert = draft.finish(&self.state, &self.correlator, rule, completion, severity, &self.policy);
        alert.suppressed_by = answers.covering().map(EntryId::path).collect();
        self.suppressed.push(&alert);
    }

    /// Raises the next revision of an alert as it was last, with its count as of now and what `change` makes of it.
    fn revise(&mut self, id: u64, change: impl FnOnce(&mut Alert)) {
        if self.kept.get(id).is_none() {
            return;
        }
        let Some((revision, count, last)) = self.dedup.next_revision(id) else { return };
        let changed = self.kept.change(id, |alert| {
            (alert.revision, alert.count, alert.last_time) = (revision, count, last.to_string());
            change(alert);
        });
        if let Some(alert) = changed {
            self.enqueue(&alert);
        }
    }

    /// Raises a revision of every alert whose last one says less often than it happened.
    pub(super) fn report_counts(&mut self) {
        let ids: Vec<u64> = self.kept.ids().collect();
        for id in ids {
            if self.dedup.is_uncounted(id) {
                self.revise(id, |_| {});
            }
        }
    }

    pub(super) fn enqueue(&mut self, alert: &Alert) {
        if alert.revision > 1 {
            self.stats.revisions += 1;
            // A revision replaces what nobody has polled yet.
            let is_same = |known: &Alert| queue::key(known) == queue::key(alert);
            let behind = self.alerts.iter().rev().take(16).position(is_same);
            if let Some(behind) = behind {
                self.alerts.replace(self.alerts.len() - 1 - behind, alert);
                return;
            }
        } else {
            self.stats.alerts += 1;
        }
        if self.alerts.len() >= self.limits.max_alerts || !self.alerts.has_room(alert, self.alert_budget) {
            self.stats.alerts_dropped += 1;
            return;
        }
        self.alerts.push(alert);
    }
}

/// Makes an alert as loud as weak evidence may be that adds up. What it is by itself counts for its repetitions.
fn rise(alert: &mut Alert, words: &str) {
    alert.level = alert.level.max(Severity::Medium);
    alert.severity = alert.level.name();
    alert.explanation += words;
}
