//! Alerts as they were raised last, for revisions that change only what they have in common with others: the incident,
//! the count.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::report::{Alert, Evidence, MAX_EVIDENCE};
use crate::util::saved::restored;
use crate::util::sort::sort_by;

/// Alerts for which room is made at once.
const ROOM: usize = 16;

/// The alerts raised last, up to a number of bytes; the oldest go first.
#[derive(Debug)]
pub(super) struct Kept {
    alerts: VecDeque<(u64, Alert)>,
    /// Bytes that the alerts own on the heap.
    heap: usize,
    budget: usize,
}

impl Kept {
    pub(super) const fn new(budget: usize) -> Self {
        Self { alerts: VecDeque::new(), heap: 0, budget }
    }

    /// Keeps an alert in place of its earlier revision.
    pub(super) fn put(&mut self, id: u64, alert: &Alert) {
        self.heap += alert.heap_bytes();
        // A copy has no spare room.
        let alert = alert.clone();
        match self.alerts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => {
                self.heap -= known.heap_bytes();
                *known = alert;
            }
            None => {
                if self.alerts.len() == self.alerts.capacity() {
                    self.alerts.reserve_exact(ROOM);
                }
                self.alerts.push_back((id, alert));
            }
        }
        self.shed();
    }

    fn shed(&mut self) {
        while self.alerts.len() * size_of::<(u64, Alert)>() + self.heap > self.budget {
            let Some((_, gone)) = self.alerts.pop_front() else { break };
            self.heap -= gone.heap_bytes();
        }
    }

    /// Changes an alert and returns it as it is then; `None` if it was forgotten.
    pub(super) fn change(&mut self, id: u64, change: impl FnOnce(&mut Alert)) -> Option<Alert> {
        let (_, alert) = self.alerts.iter_mut().find(|(known, _)| *known == id)?;
        self.heap -= alert.heap_bytes();
        change(alert);
        *alert = alert.clone();
        self.heap += alert.heap_bytes();
        let changed = alert.clone();
        self.shed();
        Some(changed)
    }

    /// Adds further records of a repetition to those that an alert cites, in order of time.
    pub(super) fn cite(&mut self, id: u64, further: Vec<Evidence>) {
        if further.is_empty() {
            return;
        }
        let Some((_, alert)) = self.alerts.iter_mut().find(|(known, _)| *known == id) else { return };
        self.heap -= alert.heap_bytes();
        for more in further {
            let is_same = |known: &Evidence| {
                (known.file, known.record, known.part) == (more.file, more.record, more.part)
                    && known.source_id == more.source_id
            };
            if alert.evidence.len() < MAX_EVIDENCE && !alert.evidence.iter().any(is_same) {
                alert.evidence.push(more);
            }
        }
        sort_by(&mut alert.evidence, |a, b| a.time.cmp(&b.time));
        *alert = alert.clone();
        self.heap += alert.heap_bytes();
    }

    pub(super) fn get(&self, id: u64) -> Option<&Alert> {
        self.alerts.iter().find(|(known, _)| *known == id).map(|(_, alert)| alert)
    }

    /// All of them, the oldest first.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> + Clone {
        self.alerts.iter().map(|(_, alert)| alert)
    }

    /// The ids of all, oldest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.alerts.iter().map(|(id, _)| *id)
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.alerts.capacity() * size_of::<(u64, Alert)>() + self.heap
    }
}

restored!(Kept { alerts } else { heap, budget } then count_again);

impl Kept {
    fn count_again(&mut self) -> Result<(), &'static str> {
        self.heap = self.alerts.iter().map(|(_, alert)| alert.heap_bytes()).sum();
        Ok(())
    }
}
