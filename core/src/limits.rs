//! What an engine may use: bytes, lateness, sizes. Each limit says what happens when it is hit.

use crate::time::SECOND;

/// Limits of one engine. All have defaults that suit an endpoint agent.
///
/// ```
/// let mut limits = ipcsentry::Limits::default();
/// limits.bytes = 32 << 20;
/// limits.lateness = 10_000_000_000; // ten seconds
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes the engine may own, the shared catalog excepted. At least [`Limits::MIN_BYTES`] are used. When a table
    /// is full the entry longest unused of whoever uses most of it is dropped and counted
    /// ([`crate::Stats`] `evicted_*`); alerts whose lineage suffered say `truncated`. Default 64 MiB.
    pub bytes: usize,
    /// Nanoseconds an event may be late and still be judged in order of time. Events wait that long (by the watermark
    /// of their host) before they are judged; 0 judges at once. A later event is judged, counted as late, and its
    /// order is not promised. When the reorder buffer is full its earliest event is judged early and counted. Default 0.
    pub lateness: i64,
    /// Seed of all hashing: give each engine an unpredictable one where telemetry may be hostile, a fixed one where
    /// output under memory pressure must be reproducible. Default 0.
    pub seed: u64,
    /// Longest physical record of a stream. A longer one is one error and is skipped. Default 1 MiB.
    pub max_record_bytes: usize,
    /// Alerts that wait to be polled. When full, a further alert is dropped and counted
    /// ([`crate::Stats`] `alerts_dropped`): drain the queue. Default 4096.
    pub max_alerts: usize,
    /// Nanoseconds within which a repetition of an alert (same behavior, host, initiator and target image) is
    /// dropped. Default one hour.
    pub dedup_window: i64,
}

impl Limits {
    /// The smallest budget an engine works with: tables grow by chunks, and below this a chunk is too large a part.
    pub const MIN_BYTES: usize = 4 << 20;

    /// No event takes more table steps than this (an entry visited along a chain, inserted or evicted), however many
    /// processes there were: [`crate::Stats`] `max_steps` is the most there have been. Held by a test that floods an
    /// engine with two million processes.
    pub const MAX_STEPS: u64 = 256;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            lateness: 0,
            seed: 0,
            max_record_bytes: 1 << 20,
            max_alerts: 4096,
            dedup_window: 3_600 * SECOND,
        }
    }
}
