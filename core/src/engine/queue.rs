//! The order of alerts at the end of input.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::instance::Engine;
use crate::report::Alert;
use crate::util::sort::sort_by;

impl Engine {
    /// Whether the alerts that wait use at least half of their room, so that it is time to poll them: a full queue drops
    /// alerts and counts them ([`Stats::alerts_dropped`](crate::Stats::alerts_dropped)).
    #[must_use]
    pub fn should_drain(&self) -> bool {
        self.alerts.len() >= self.limits.max_alerts.div_ceil(2) || self.alerts.filled() >= self.alert_budget.div_ceil(2)
    }

    /// Sorts the alerts that wait by time, host, code and id, and keeps only the last revision of each: the order of a
    /// report over input that has ended. Call it after [`Engine::flush`] and before [`Engine::poll_alert`]; alerts that
    /// were polled before stay as they were.
    pub fn sort_alerts(&mut self) {
        let mut alerts = Vec::from(self.alerts.take());
        sort_by(&mut alerts, |a, b| (key(a), Reverse(a.revision)).cmp(&(key(b), Reverse(b.revision))));
        alerts.dedup_by(|later, first| key(later) == key(first));
        sort_by(&mut alerts, |a, b| {
            (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id))
        });
        alerts.iter().for_each(|alert| self.alerts.push(alert));
    }
}

/// What all revisions of one alert have in common. Its id is a hash without a secret seed, so equal ids alone do not
/// prove equal alerts.
pub(super) fn key(alert: &Alert) -> (&str, &str, &str) {
    (&alert.id, &alert.code, &alert.host)
}
