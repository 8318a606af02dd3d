//! What an engine learns of events and alerts, and what it makes of a baseline.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::instance::Engine;
use crate::baseline::{self, Baseline, Learner, Relation, UsualAlert};
use crate::event::Event;
use crate::matching::{Completion, View};
use crate::report::{Draft, verdict, verdict::Verdict};
use crate::rules::{Behavior, Severity, Tags};
use crate::state::ResolvedEvent;

impl Engine {
    /// Learns from now on what is usual; see [`baseline`](crate::baseline). What is learned changes no alert of this
    /// engine: [`Self::set_baseline`] makes one use it. Learning needs memory beside [`Limits::bytes`](crate::Limits),
    /// of which [`Self::learning_bytes`] tells. Engines that share the events of a fleet by host learn what one would:
    /// merge what each has learned.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, Policy, baseline::Standing, scenario};
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// engine.start_learning();
    /// let scenario = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    /// for event in scenario.events() {
    ///     engine.feed(&event);
    /// }
    /// engine.flush();
    /// let learned = engine.take_learned().expect("it learns");
    /// // What happened near an alert is kept apart, for somebody to look at.
    /// let policy = Policy::default();
    /// assert!(learned.review(&policy).iter().any(|known| known.names[0] == "L05"));
    /// assert!(learned.relations(&policy).iter().all(|known| known.standing != Standing::Usual));
    /// ```
    pub fn start_learning(&mut self) {
        if self.learner.is_none() {
            self.learner = Some(Box::new(Learner::new(&self.policy)));
        }
    }

    /// What was learned so far. What happened since shortly before the newest event of a host waits to be judged by the
    /// alerts near it: [`Self::flush`] ends the waiting.
    #[must_use]
    pub fn learned(&self) -> Option<&Baseline> {
        self.learner.as_ref().map(|learner| learner.baseline())
    }

    /// Ends learning, and returns what was learned. `None`: the engine did not learn.
    pub fn take_learned(&mut self) -> Option<Baseline> {
        self.learner.take().map(|learner| learner.into_baseline())
    }

    /// Bytes that learning owns: at most [`Baseline::MOST_BYTES`] and [`Baseline::MOST_LEARNING_BYTES`]. It counts them
    /// anew, so do not call it for every event.
    #[must_use]
    pub fn learning_bytes(&self) -> usize {
        self.learner.as_ref().map_or(0, |learner| learner.bytes())
    }

    /// Judges alerts by a baseline from now on, or by none; see [`baseline`](crate::baseline) for what becomes of them.
    /// Engines may share one.
    pub fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) {
        self.baseline = baseline;
    }

    /// The baseline that alerts are judged by.
    #[must_use]
    pub const fn baseline(&self) -> Option<&Arc<Baseline>> {
        self.baseline.as_ref()
    }

    /// Learns from an event.
    pub(super) fn learn(&mut self, event: &Event<'_>, resolved: ResolvedEvent, is_described: bool) {
        let mut resolved = resolved;
        if !is_described {
            self.state.describe(event, &mut resolved);
        }
        let Self { learner: Some(learner), state, policy, .. } = self else { return };
        let hit = View::new(state, event, &resolved, Tags::NONE).hit_event(0);
        let name = state.host(resolved.host).map_or(&b""[..], |host| &host.name);
        learner.note(state, &hit, (resolved.host_hash, name), || policy.group_of(name));
    }

    /// Moves the confidence and caps the severity of a completion by the baseline. Returns its relations, if anybody
    /// asks for them, and what is known of it if all of it is usual.
    pub(super) fn weigh_baseline(
        &self,
        rule: &Behavior,
        completion: &mut Completion,
        draft: &Draft,
    ) -> (Vec<Relation>, Option<UsualAlert>) {
        if self.learner.is_none() && self.baseline.is_none() {
            return (Vec::new(), None);
        }
        let host = self.state.host(completion.host).map_or(&b""[..], |host| &host.name);
        let group = self.policy.group_of(host);
        let relations = baseline::of_alert(&self.state, rule, completion, draft, group);
        let least = verdict::least_confidence(&self.policy, rule, completion);
        let known = self.baseline.as_ref();
        let usual = known.and_then(|known| known.weigh(&self.state, &self.policy, completion, &relations, least));
        (relations, usual)
    }

    /// Learns from an alert, raised or not.
    pub(super) fn learn_alert(&mut self, completion: &Completion, relations: &[Relation], verdict: &Verdict) {
        let Self { learner: Some(learner), state, policy, .. } = self else { return };
        let (false, Some(host)) = (matches!(verdict, Verdict::Off), state.host(completion.host)) else { return };
        let time = completion.hits.iter().map(|hit| hit.source.time).max().unwrap_or_default();
        learner.note_relations(relations, (host.id, &host.name), time, policy.group_of(&host.name));
        if matches!(verdict, Verdict::Emit(severity) if *severity >= Severity::Medium) {
            learner.note_alert(host.id, time);
        }
    }
}
