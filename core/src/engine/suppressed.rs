//! Alerts that entries of the policy cover: they are counted once and can be had, but they are not raised.

use alloc::collections::VecDeque;

use super::dedup::{Dedup, Outcome, RaisedAlert};
use crate::report::Alert;

/// Suppressed alerts, and how they are told from repetitions.
#[derive(Debug)]
pub(super) struct Suppressed {
    pub(super) dedup: Dedup,
    pub(super) alerts: VecDeque<Alert>,
    alert_bytes: usize,
    budget: usize,
}

impl Suppressed {
    /// What owns at most `bytes`.
    pub(super) fn new(bytes: usize) -> Self {
        Self { dedup: Dedup::new(bytes / 2), alerts: VecDeque::new(), alert_bytes: 0, budget: bytes / 2 }
    }

    /// Whether a suppressed alert is no repetition of an earlier one.
    pub(super) fn note(&mut self, fresh: RaisedAlert, window: i64) -> bool {
        self.dedup.note(fresh, window) == Outcome::New
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<Alert> {
        let alert = self.alerts.pop_front()?;
        self.alert_bytes -= alert.bytes();
        Some(alert)
    }

    /// Whether there is room for one more.
    pub(super) const fn has_room(&self) -> bool {
        self.alert_bytes < self.budget
    }

    /// Keeps one.
    pub(super) fn push(&mut self, alert: Alert) {
        self.alert_bytes += alert.bytes();
        self.alerts.push_back(alert);
    }

    /// Counts anew what the waiting alerts own.
    pub(super) fn measure(&mut self) {
        self.alert_bytes = self.alerts.iter().map(Alert::bytes).sum();
    }

    pub(super) fn bytes(&self) -> usize {
        self.dedup.bytes() + self.alert_bytes
    }
}
