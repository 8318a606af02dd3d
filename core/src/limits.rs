//! The limits of an engine, and what happens when one is reached.

use crate::time::SECOND;

/// Limits of one engine. The defaults suit an endpoint agent.
///
/// ```
/// let mut limits = ipcsentry::Limits::default();
/// limits.bytes = 32 << 20;
/// limits.lateness = 10_000_000_000; // ten seconds
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes that the engine may own, the shared catalog excepted; at least [`Limits::MIN_BYTES`]. Any number is
    /// allowed: the engine allocates as its tables fill, and no table holds more than 2^24 entries. A full table evicts
    /// the entry longest unused of the host and process that use most of it, and counts it ([`crate::Stats`]
    /// `evicted_*`); what is rare with its actor goes last. Alerts that may have lost lineage or evidence say
    /// `truncated`. Of the unfinished records of all streams 6 % of it may be held: where they need more, the longest is
    /// given up with an error. Default 64 MiB.
    pub bytes: usize,
    /// Nanoseconds that an event may be late and still be judged in order of time. Events wait until the watermark of
    /// their host has passed them by so much; with 0 they are judged at once. A later event is judged out of order and
    /// counted. If the reorder buffer is full, its earliest event is judged early and counted. Default 0.
    pub lateness: i64,
    /// Seed of all hashing. Use an unpredictable one where telemetry may be hostile: an attacker who knows the seed can
    /// choose what is evicted. Use a fixed one where output under memory pressure must be reproducible. Alerts depend
    /// on the seed only if something was evicted. The core has no source of random numbers; the C and Python interfaces
    /// and `hunt` use `RandomState::new().build_hasher().finish()` of the standard library. Default 0.
    pub seed: u64,
    /// Bytes of the longest physical record of a stream. A longer one is skipped with an error. Default 1 MiB.
    pub max_record_bytes: usize,
    /// Alerts that may wait to be polled. A further alert is dropped and counted ([`crate::Stats`] `alerts_dropped`),
    /// so drain the queue. Default 4096.
    pub max_alerts: usize,
    /// Nanoseconds within which a repetition of an alert (same behavior, host, initiator, service and endpoint; without
    /// either of these, same target image) is counted in it. Default one hour.
    pub dedup_window: i64,
}

impl Limits {
    /// The smallest budget of an engine. Tables grow by chunks, and of a smaller budget one chunk is too large a part.
    pub const MIN_BYTES: usize = 4 << 20;

    /// The most table steps of one event: buckets that are looked into, each with one entry at most that is compared,
    /// quota groups that are looked up, and entries that are inserted, evicted, passed over or moved to another bucket.
    /// Neither the number of processes nor the choice of names changes it, even if the seed is known; [`crate::Stats`]
    /// `max_steps` is the highest number so far. A test feeds events whose names and keys are all new, as many as records
    /// have. An event with more names than that, or with far longer ones than those that go for them, takes some more. One
    /// that raises or revises alerts takes at most as many again for each of them: what ties an alert to others is looked
    /// up, and kept.
    pub const MAX_STEPS: u64 = 128;
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

/// A fraction of a number of bytes. It is computed in 128 bits, so that it does not overflow for any budget, on 32-bit
/// platforms, too.
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
