//! On how many hosts and days something was seen.

use super::sketch::{Sketch, hash_of};

/// Numbers that keep the hashes of hosts and of days apart.
const HOST: u64 = 1;
const DAY: u64 = 2;

/// The hosts and days on which something was seen. Merging is a union: no count of events is kept, because counts of
/// the same events would add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sightings {
    pub(super) hosts: Sketch,
    pub(super) days: Sketch,
    pub(super) host_days: Sketch,
    /// The first and the last day, in days since 1970, UTC; `None` if it was never seen.
    pub(super) span: Option<(i32, i32)>,
}

impl Sightings {
    /// Adds that it was seen on a host, given by the hash of its name, on a day.
    pub(crate) fn add(&mut self, host: u64, day: i32) {
        let day_number = u64::from(day.cast_unsigned());
        self.hosts.add(hash_of(HOST, host));
        self.days.add(hash_of(DAY, day_number));
        self.host_days.add(hash_of(host, day_number));
        self.widen(Some((day, day)));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.hosts.merge(&other.hosts);
        self.days.merge(&other.days);
        self.host_days.merge(&other.host_days);
        self.widen(other.span);
    }

    fn widen(&mut self, span: Option<(i32, i32)>) {
        self.span = match (self.span, span) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (one, other) => one.or(other),
        };
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.span.is_none()
    }

    /// Whether it was seen on at least so many hosts, and on at least so many days.
    pub(crate) fn reach(&self, hosts: u32, days: u32) -> bool {
        self.hosts.count() >= hosts && self.days.count() >= days
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.hosts.bytes() + self.days.bytes() + self.host_days.bytes()
    }
}
