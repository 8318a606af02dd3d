//! Every counter: what came in, what was dropped and why, what it cost.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// Positions kept of each kind of trouble.
pub(crate) const FIRST_POSITIONS: usize = 8;

/// Counters of one engine since it was made. Nothing is lost without one of them moving.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Physical records taken from streams.
    pub records: u64,
    /// Bytes taken from streams.
    pub stream_bytes: u64,
    /// Events judged (fed as such or decoded).
    pub events: u64,
    /// Well-formed records that are no event of interest, or failed calls.
    pub skipped: u64,
    /// Records that could not be decoded.
    pub decode_errors: u64,
    /// Where the first of them were.
    pub first_decode_errors: Vec<Position>,
    /// Events that came later than `limits.lateness` allows; judged all the same.
    pub late: u64,
    /// Where the first of them were.
    pub first_late: Vec<Position>,
    /// Events that had been seen before; not judged again.
    pub duplicates: u64,
    /// Where the first of them were.
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
    /// Callers from other hosts evicted: alerts that name one say no more of it than that it was remote.
    pub evicted_remotes: u64,
    /// Fallback forms that could not wait for the watermark because too many did.
    pub dropped_checks: u64,
    /// Alerts raised, revisions excluded.
    pub alerts: u64,
    /// Revisions of alerts.
    pub revisions: u64,
    /// Incidents that turned out to be part of an older one.
    pub merged: u64,
    /// Repetitions of an earlier alert: they are counted in it.
    pub deduplicated: u64,
    /// Alerts the policy suppressed or exempted.
    pub suppressed: u64,
    /// Alerts below the policy's minimum confidence or severity.
    pub below_minimum: u64,
    /// Alerts dropped because the queue was full.
    pub alerts_dropped: u64,
    /// The most table steps one event took; never more than [`crate::Limits::MAX_STEPS`].
    pub max_steps: u64,
    /// Bytes owned now.
    pub bytes: u64,
}

impl Stats {
    /// The counters as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing owned plain data into a string cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Where something happened in the input.
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
