//! Counters: what an engine took, what it dropped and why, and the work it did.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// Positions that are kept of each kind of fault.
pub(crate) const FIRST_POSITIONS: usize = 8;

/// Counters of one engine since it was made. Every loss moves one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Physical records taken from streams.
    pub records: u64,
    /// Bytes taken from streams.
    pub stream_bytes: u64,
    /// Events judged, fed as events or read from streams.
    pub events: u64,
    /// Well-formed records that no event is read from, failed calls among them.
    pub skipped: u64,
    /// Records that could not be decoded.
    pub decode_errors: u64,
    /// The positions of the first of them.
    pub first_decode_errors: Vec<Position>,
    /// Events that came later than `limits.lateness` allows. They were judged, out of order.
    pub late: u64,
    /// The positions of the first of them.
    pub first_late: Vec<Position>,
    /// Events that were taken before; they were not judged again.
    pub duplicates: u64,
    /// The positions of the first of them.
    pub first_duplicates: Vec<Position>,
    /// Events judged early because the reorder buffer was full.
    pub released_early: u64,
    /// Processes evicted.
    pub evicted_processes: u64,
    /// Endpoints evicted.
    pub evicted_endpoints: u64,
    /// Names evicted.
    pub evicted_names: u64,
    /// Partial matches evicted.
    pub evicted_partial_matches: u64,
    /// Hosts evicted.
    pub evicted_hosts: u64,
    /// Remote principals evicted. Alerts say only that such an initiator was remote.
    pub evicted_remotes: u64,
    /// Deferred checks dropped because too many waited for the watermark: fallback forms and absences.
    pub dropped_checks: u64,
    /// Alerts raised, revisions excluded.
    pub alerts: u64,
    /// Revisions of alerts.
    pub revisions: u64,
    /// Incidents that turned out to be part of an older one.
    pub merged: u64,
    /// Repetitions of an earlier alert: they are counted in it.
    pub deduplicated: u64,
    /// Alerts that entries of the policy cover, each once, however often it happened.
    pub suppressed: u64,
    /// Those of them that could not be kept for [`crate::Engine::poll_suppressed`].
    pub suppressed_dropped: u64,
    /// Alerts below the policy's minimum confidence or severity.
    pub below_minimum: u64,
    /// Alerts dropped because the queue was full.
    pub alerts_dropped: u64,
    /// Texts of more than 8 KiB (command lines, scripts) of which only the first and the last 4 KiB were matched.
    pub text_cut: u64,
    /// The most table steps that one event took; see [`crate::Limits::MAX_STEPS`].
    pub max_steps: u64,
    /// Bytes owned now.
    pub bytes: u64,
}

impl Stats {
    /// Adds the counters of another engine that did a part of the same work. `file` is added to the index of the input
    /// of its positions.
    ///
    /// ```
    /// # use ipcsentry::Stats;
    /// let (mut all, mut other) = (Stats::default(), Stats::default());
    /// (all.events, all.max_steps) = (2, 7);
    /// (other.events, other.max_steps) = (3, 5);
    /// all.add(&other, 0);
    /// assert_eq!((all.events, all.max_steps), (5, 7));
    /// ```
    pub fn add(&mut self, other: &Self, file: u32) {
        // Without `..`: a counter that is not added does not compile.
        let Self {
            records,
            stream_bytes,
            events,
            skipped,
            decode_errors,
            first_decode_errors,
            late,
            first_late,
            duplicates,
            first_duplicates,
            released_early,
            evicted_processes,
            evicted_endpoints,
            evicted_names,
            evicted_partial_matches,
            evicted_hosts,
            evicted_remotes,
            dropped_checks,
            alerts,
            revisions,
            merged,
            deduplicated,
            suppressed,
            below_minimum,
            alerts_dropped,
            suppressed_dropped,
            text_cut,
            max_steps,
            bytes,
        } = other;
        let sums = [
            (&mut self.records, records),
            (&mut self.stream_bytes, stream_bytes),
            (&mut self.events, events),
            (&mut self.skipped, skipped),
            (&mut self.decode_errors, decode_errors),
            (&mut self.late, late),
            (&mut self.duplicates, duplicates),
            (&mut self.released_early, released_early),
            (&mut self.evicted_processes, evicted_processes),
            (&mut self.evicted_endpoints, evicted_endpoints),
            (&mut self.evicted_names, evicted_names),
            (&mut self.evicted_partial_matches, evicted_partial_matches),
            (&mut self.evicted_hosts, evicted_hosts),
            (&mut self.evicted_remotes, evicted_remotes),
            (&mut self.dropped_checks, dropped_checks),
            (&mut self.alerts, alerts),
            (&mut self.revisions, revisions),
            (&mut self.merged, merged),
            (&mut self.deduplicated, deduplicated),
            (&mut self.suppressed, suppressed),
            (&mut self.below_minimum, below_minimum),
            (&mut self.alerts_dropped, alerts_dropped),
            (&mut self.suppressed_dropped, suppressed_dropped),
            (&mut self.text_cut, text_cut),
            (&mut self.bytes, bytes),
        ];
        for (sum, part) in sums {
            *sum += part;
        }
        self.max_steps = self.max_steps.max(*max_steps);
        let positions = [
            (&mut self.first_decode_errors, first_decode_errors),
            (&mut self.first_late, first_late),
            (&mut self.first_duplicates, first_duplicates),
        ];
        for (list, more) in positions {
            list.extend(more.iter().map(|at| Position { file: at.file.saturating_add(file), record: at.record }));
            list.sort_unstable_by_key(|at| (at.file, at.record));
            list.truncate(FIRST_POSITIONS);
        }
    }

    /// The counters as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing owned plain data into a string cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A position in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Position {
    /// Index of the input.
    pub file: u32,
    /// Record number.
    pub record: u64,
}

impl Position {
    pub(crate) fn note(list: &mut Vec<Self>, file: u32, record: u64) {
        if list.len() < FIRST_POSITIONS {
            list.push(Self { file, record });
        }
    }
}
