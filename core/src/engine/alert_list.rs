//! Alerts in a row, with the bytes that they own.

use alloc::collections::VecDeque;

use crate::report::Alert;
use crate::util::saved::restored;

/// Alerts for which room is made at once.
const ROOM: usize = 16;

/// Alerts, the oldest first.
#[derive(Debug, Default)]
pub(super) struct AlertList {
    alerts: VecDeque<Alert>,
    heap: usize,
}

impl AlertList {
    pub(super) fn len(&self) -> usize {
        self.alerts.len()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.alerts.iter()
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.alerts.capacity() * size_of::<Alert>() + self.heap
    }

    /// Bytes of the alerts, without spare room.
    pub(super) fn filled(&self) -> usize {
        self.len() * size_of::<Alert>() + self.heap
    }

    /// Whether one more alert fits into so many bytes.
    pub(super) fn has_room(&self, alert: &Alert, budget: usize) -> bool {
        self.filled() + size_of::<Alert>() + alert.heap_bytes() <= budget
    }

    /// Adds an alert. It keeps a copy, which has no spare room.
    pub(super) fn push(&mut self, alert: &Alert) {
        if self.alerts.len() == self.alerts.capacity() {
            self.alerts.reserve_exact(ROOM);
        }
        self.heap += alert.heap_bytes();
        self.alerts.push_back(alert.clone());
    }

    pub(super) fn pop(&mut self) -> Option<Alert> {
        let alert = self.alerts.pop_front()?;
        self.heap -= alert.heap_bytes();
        if self.alerts.is_empty() {
            self.alerts.shrink_to(ROOM);
        }
        Some(alert)
    }

    /// Replaces the alert at a place, as [`Self::iter`] counts.
    pub(super) fn replace(&mut self, at: usize, alert: &Alert) {
        if let Some(known) = self.alerts.get_mut(at) {
            self.heap = self.heap - known.heap_bytes() + alert.heap_bytes();
            *known = alert.clone();
        }
    }

    /// Takes all alerts out.
    pub(super) fn take(&mut self) -> VecDeque<Alert> {
        core::mem::take(self).alerts
    }
}

restored!(AlertList { alerts } else { heap } then measure);

impl AlertList {
    fn measure(&mut self) -> Result<(), &'static str> {
        self.heap = self.alerts.iter().map(Alert::heap_bytes).sum();
        Ok(())
    }
}
