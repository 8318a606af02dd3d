//! Alerts that entries of the policy cover: they are counted once and can be had, with
//! their revisions, but they are not raised.

use super::alert_list::AlertList;
use super::dedup::{Dedup, Outcome, RaisedAlert};
use crate::report::Alert;

/// Suppressed alerts, and how they are told from repetitions.
#[derive(Debug)]
pub(super) struct Suppressed {
    pub(super) dedup: Dedup,
    pub(super) alerts: AlertList,
    budget: usize,
}

impl Suppressed {
    /// What owns at most `bytes`.
    pub(super) fn new(bytes: usize) -> Self {
        Self { dedup: Dedup::new(bytes / 2), alerts: AlertList::default(), budget: bytes / 2 }
    }

    /// What a suppressed alert is, seen beside those before it.
    pub(super) fn note(&mut self, fresh: RaisedAlert, window: i64) -> Outcome {
        self.dedup.note(fresh, window)
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<Alert> {
        self.alerts.pop()
    }

    /// Whether there is room for one more.
    pub(super) fn has_room(&self) -> bool {
        self.alerts.filled() < self.budget
    }

    /// Keeps one.
    pub(super) fn push(&mut self, alert: &Alert) {
        self.alerts.push(alert);
    }

    pub(super) fn bytes(&self) -> usize {
        self.dedup.bytes() + self.alerts.bytes()
    }
}
