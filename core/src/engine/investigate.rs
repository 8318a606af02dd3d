//! Questions of an analyst: what almost alerted, what happened around an alert, what is known of a process. None of them
//! changes anything; each looks through tables of the engine, so none is for every event.

use alloc::vec::Vec;

use super::instance::Engine;
use crate::matching::{Lack, Near};
use crate::report::verdict::Verdict;
use crate::report::{Alert, NearMiss, ProcessStory, Timeline, draft, stories, timeline, verdict};
use crate::rules::Severity;
use crate::util::sort::sort_by_key;

/// Near misses that are listed at most.
const MOST: usize = 256;

impl Engine {
    /// What almost raised an alert: partial matches with use of IPC or injection to which one clause, an order or a
    /// relation is missing, and those complete that fall short of the policy's minimum; at most `most` of them, and never
    /// more than 256, the surest first. What an entry of the policy covers is none.
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
    /// // A benign variant lacks one part of an attack: here the FIFO's shell is not driven from the network.
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// for variant in scenario::all().iter().filter(|s| s.behavior() == "L05" && !s.is_positive()) {
    ///     for event in variant.events() {
    ///         engine.feed(&event);
    ///     }
    /// }
    /// engine.flush();
    /// let near = engine.near_misses(10);
    /// assert!(near.iter().any(|near| near.code == "L05" && near.why == "clause" && !near.missing.is_empty()));
    /// ```
    #[must_use]
    pub fn near_misses(&self, most: usize) -> Vec<NearMiss> {
        let most = most.min(MOST);
        let catalog = &self.state.catalog;
        let mut kept: Vec<(u64, Near)> = Vec::new();
        let order = |(id, near): &(u64, Near)| {
            let last = near.completion.hits.last().map(|hit| hit.source.time);
            (core::cmp::Reverse(near.completion.confidence), core::cmp::Reverse(last), *id)
        };
        let shorten = |kept: &mut Vec<(u64, Near)>| {
            sort_by_key(kept, order);
            let mut seen: Vec<u64> = Vec::new();
            kept.retain(|(id, _)| {
                !seen.contains(id) && seen.len() < most && {
                    seen.push(*id);
                    true
                }
            });
        };
        self.correlator.near(&self.state, &mut |mut near| {
            let Some(rule) = catalog.behaviors().get(usize::from(near.completion.behavior)) else { return };
            let draft = draft(&self.state, rule, &near.completion);
            self.weigh_reputation(&mut near.completion, draft.initiator);
            let (verdict, _) = verdict::judge(&self.state, &self.policy, rule, &near.completion, &draft);
            let is_missed = match verdict {
                Verdict::BelowMinimum(_) => true,
                Verdict::Emit(_) => near.lack != Lack::Nothing,
                Verdict::Off | Verdict::Suppressed(_) => false,
            };
            if is_missed {
                kept.push((draft.id, near));
                if kept.len() > 2 * MOST {
                    shorten(&mut kept);
                }
            }
        });
        shorten(&mut kept);
        kept.iter().filter_map(|(_, near)| self.near_miss(near)).collect()
    }

    fn near_miss(&self, near: &Near) -> Option<NearMiss> {
        let rule = self.state.catalog.behaviors().get(usize::from(near.completion.behavior))?;
        let draft = draft(&self.state, rule, &near.completion);
        let alert = draft.finish(&self.state, &self.correlator, rule, &near.completion, Severity::Low, &self.policy);
        Some(NearMiss::of(alert, &self.state, &self.correlator, rule, near))
    }

    /// What the processes of an alert, or of all alerts of an incident, and their lineages did, from `before` nanoseconds
    /// before the first record to `after` behind the last: of the records that the engine still keeps, at most 512.
    /// `None` if no alert that it still keeps has this id, or is of an incident with it.
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy, scenario, time::MINUTE};
    /// let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// for event in attack.events() {
    ///     engine.feed(&event);
    /// }
    /// engine.flush();
    /// let alert = engine.poll_alert().expect("it alerts");
    /// let timeline = engine.timeline(&alert.incident, MINUTE, MINUTE).expect("it is kept");
    /// assert!(timeline.entries.iter().any(|moment| moment.cited_by.contains(&alert.code)));
    /// ```
    #[must_use]
    pub fn timeline(&self, id: &str, before: i64, after: i64) -> Option<Timeline> {
        let asked: Vec<&Alert> = self.kept.alerts().filter(|alert| alert.id == id || alert.incident == id).collect();
        let around = (before.max(0), after.max(0));
        timeline(&self.state, &self.correlator, &self.policy, id, &asked, around)
    }

    /// What is known of the processes that had a pid on a host, in order of time: where each came from, what it used and
    /// started, which alerts name it. An empty host is any host.
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
    /// let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// for event in attack.events() {
    ///     engine.feed(&event);
    /// }
    /// engine.flush();
    /// let alert = engine.poll_alert().expect("it alerts");
    /// let pid = alert.target.and_then(|target| target.pid).expect("it has one");
    /// let story = engine.explain(&alert.host, pid).pop().expect("it is known");
    /// assert!(story.alerts.contains(&alert.id) && !story.lineage.is_empty());
    /// ```
    #[must_use]
    pub fn explain(&self, host: &str, pid: u32) -> Vec<ProcessStory> {
        stories(&self.state, &self.policy, host, pid, self.kept.alerts())
    }
}
