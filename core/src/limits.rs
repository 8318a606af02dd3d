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
    /// Bytes the engine may own, the shared catalog excepted. At least [`Limits::MIN_BYTES`] are used. Any number is
    /// allowed: memory is taken as it is needed, and no table holds more than 2^24 entries. When a table
    /// is full the entry longest unused of whoever uses most of it is dropped and counted
    /// ([`crate::Stats`] `evicted_*`); alerts whose lineage suffered say `truncated`. Default 64 MiB.
    pub bytes: usize,
    /// Nanoseconds an event may be late and still be judged in order of time. Events wait that long (by the watermark
    /// of their host) before they are judged; 0 judges at once. A later event is judged, counted as late, and its
    /// order is not promised. When the reorder buffer is full its earliest event is judged early and counted. Default 0.
    pub lateness: i64,
    /// Seed of all hashing: give each engine an unpredictable one where telemetry may be hostile, a fixed one where
    /// output under memory pressure must be reproducible. What an engine says depends on it only where something was
    /// evicted, and a seed that an attacker knows lets him choose what is. The core asks no platform for one; with the
    /// standard library it is `RandomState::new().build_hasher().finish()`, as the C and Python interfaces and `hunt`
    /// draw it. Default 0.
    pub seed: u64,
    /// Longest physical record of a stream. A longer one is one error and is skipped. Default 1 MiB.
    pub max_record_bytes: usize,
    /// Alerts that wait to be polled. When full, a further alert is dropped and counted
    /// ([`crate::Stats`] `alerts_dropped`): drain the queue. Default 4096.
    pub max_alerts: usize,
    /// Nanoseconds within which a repetition of an alert (same behavior, host, initiator, service and endpoint; without
    /// either of these, same target image) is counted in it. Default one hour.
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

/// A part of so many bytes: `numerator` of `denominator`, at most all. It is computed in 128 bits, so that it is right
/// for every budget, where addresses have 32 bits, too.
pub(crate) const fn part(bytes: usize, numerator: usize, denominator: usize) -> usize {
    part_of(bytes as u64, numerator as u64, denominator as u64) as usize
}

const fn part_of(bytes: u64, numerator: u64, denominator: u64) -> u64 {
    assert!(numerator <= denominator, "no part is more than the whole");
    (bytes as u128 * numerator as u128 / denominator as u128) as u64
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn parts_are_right_for_every_budget() {
        // From 365 MiB on 32 bits did not hold the product that the table of names takes its size from.
        for bytes in [0, 1, 4 << 20, 365 << 20, 1 << 30, u64::from(u32::MAX), 1 << 40, u64::MAX] {
            for (numerator, denominator) in [(0, 1), (1, 1), (112, 176), (500, 1000), (u64::MAX - 1, u64::MAX)] {
                let part = part_of(bytes, numerator, denominator);
                assert!(part <= bytes, "what fits an address leaves a part that fits one");
                let exact = bytes as f64 * (numerator as f64 / denominator as f64);
                assert!(
                    (part as f64 - exact).abs() <= 1.0 + exact * 1e-9,
                    "{bytes} * {numerator} / {denominator}: {part}"
                );
            }
        }
    }
}
