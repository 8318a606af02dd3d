//! One entry of a policy: attributes that must all match, on some hosts, at some time of day, until it expires.

use alloc::string::String;
use alloc::vec::Vec;

use super::attribute::{Attribute, Case};
use super::pattern::Pattern;
use crate::rules::{Behavior, Element, Party};
use crate::time::{DAY, MINUTE, Timestamp};

/// What elements and suppressions have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// Codes or ids, also retired ones; any behavior where there is none.
    pub(super) behaviors: Vec<String>,
    /// Each with the patterns of which one must match.
    pub(super) attributes: Vec<(Attribute, Vec<Pattern>)>,
    /// Names of groups of hosts, with the patterns of their hosts.
    pub(super) groups: Vec<(String, Vec<Pattern>)>,
    pub(super) hours: Option<Hours>,
    pub(super) expires: Option<Timestamp>,
    pub(super) allow_critical: bool,
    pub(super) owner: Option<String>,
    pub(super) reason: Option<String>,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    /// Minutes after midnight; where the end is earlier, it is that of the next day.
    pub(super) from: u16,
    pub(super) to: u16,
    /// Minutes by which local time is ahead of UTC.
    pub(super) offset: i16,
}

impl Hours {
    fn contain(self, time: Timestamp) -> bool {
        let local = time.nanos().saturating_add(i64::from(self.offset) * MINUTE);
        let minute = local.rem_euclid(DAY) / MINUTE;
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

/// An entry of a mutable element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ElementEntry {
    pub(super) element: Element,
    /// Whom it is about; where it does not say, whom the behavior or the element says.
    pub(super) party: Option<Party>,
    /// Of `AccessMask`: the rights that prove nothing.
    pub(super) access: Option<u32>,
    /// Of `TimeWindow`, in nanoseconds.
    pub(super) window: Option<i64>,
    pub(super) entry: Entry,
}

impl ElementEntry {
    /// Which element it is of.
    pub(crate) const fn element(&self) -> Element {
        self.element
    }

    /// Whom it says it is about.
    pub(crate) const fn party(&self) -> Option<Party> {
        self.party
    }

    /// The rights that prove nothing, for an entry of `AccessMask`.
    pub(crate) const fn access(&self) -> Option<u32> {
        self.access
    }

    /// Whether it covers a case.
    pub(crate) fn covers(&self, case: &Case<'_>) -> Answer {
        self.entry.covers(case)
    }
}

/// Whether an entry covers a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    No,
    /// It would, had it not expired.
    Expired,
    Yes,
}

impl Entry {
    /// Whether it is about alerts of this behavior that would also have had these retired names.
    pub(super) fn names(&self, rule: &Behavior, was: &[&str]) -> bool {
        let is = |name: &String| *name == rule.code || *name == rule.id || was.contains(&name.as_str());
        self.behaviors.is_empty() || self.behaviors.iter().any(is)
    }

    /// Whether all of it matches. A user is named, or given by number as alerts print it: `uid=1000`, `1000`.
    pub(super) fn covers(&self, case: &Case<'_>) -> Answer {
        let is = |(of, patterns): &(Attribute, Vec<Pattern>)| {
            let by_number = |pattern: &Pattern| *of == Attribute::User && pattern.is_uid(case.process.uid);
            let one = |pattern: &Pattern| case.any(*of, |text| pattern.matches(text, case.os)) || by_number(pattern);
            patterns.iter().any(one)
        };
        let mut hosts = self.groups.iter().flat_map(|(_, hosts)| hosts).peekable();
        let on_host = hosts.peek().is_none() || hosts.any(|host| host.matches(case.host, case.os));
        if !on_host || self.hours.is_some_and(|hours| !hours.contain(case.time)) || !self.attributes.iter().all(is) {
            return Answer::No;
        }
        if self.expires.is_none_or(|end| case.time < end) { Answer::Yes } else { Answer::Expired }
    }

    /// How many facts an attacker has to know to be covered: behaviors and times are no secret of the environment, so a
    /// time of day and an expiry do not count.
    pub(super) fn width(&self) -> usize {
        self.attributes.len() + usize::from(!self.groups.is_empty())
    }
}
