//! Alerts as they were raised last, for revisions that change only what they have in common with others: the incident,
//! the count.

use alloc::collections::VecDeque;

use crate::report::Alert;

/// The alerts raised last, up to a number of bytes; the oldest go first.
#[derive(Debug)]
pub(super) struct Kept {
    alerts: VecDeque<(u64, Alert)>,
    bytes: usize,
    budget: usize,
}

impl Kept {
    pub(super) const fn new(budget: usize) -> Self {
        Self { alerts: VecDeque::new(), bytes: 0, budget }
    }

    /// Keeps an alert in place of its earlier revision.
    pub(super) fn put(&mut self, id: u64, alert: Alert) {
        self.bytes += alert.bytes();
        match self.alerts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => {
                self.bytes -= known.bytes();
                *known = alert;
            }
            None => self.alerts.push_back((id, alert)),
        }
        while self.bytes > self.budget {
            let Some((_, gone)) = self.alerts.pop_front() else { break };
            self.bytes -= gone.bytes();
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&Alert> {
        self.alerts.iter().find(|(known, _)| *known == id).map(|(_, alert)| alert)
    }

    /// The ids of all, oldest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.alerts.iter().map(|(id, _)| *id)
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}
