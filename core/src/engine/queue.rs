//! The alert queue when all input is there.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::instance::Engine;
use crate::report::Alert;

impl Engine {
    /// Puts the alerts that wait into the order of a report over input that has ended: each once, as it stood last, by
    /// time, host, code and id. To be called between [`Engine::flush`] and draining [`Engine::poll_alert`]; of what was
    /// polled before nothing is taken back.
    pub fn sort_alerts(&mut self) {
        let mut alerts = Vec::from(core::mem::take(&mut self.alerts));
        alerts.sort_by(|a, b| (key(a), Reverse(a.revision)).cmp(&(key(b), Reverse(b.revision))));
        alerts.dedup_by(|later, first| key(later) == key(first));
        alerts.sort_by(|a, b| (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id)));
        self.alert_bytes = alerts.iter().map(Alert::bytes).sum();
        self.alerts = VecDeque::from(alerts);
    }
}

/// What two forms of one alert have in common. Ids are made without a secret, so one alone proves nothing.
pub(super) fn key(alert: &Alert) -> (&str, &str, &str) {
    (&alert.id, &alert.code, &alert.host)
}
