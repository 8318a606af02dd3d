//! One host: how far its time has come, its clock, which telemetry it sends, and who may have asked its brokers.

use super::channels::Channels;
use super::flood::Flood;
use super::ids::EndpointId;
use super::principal::Principal;
use super::process::Link;
use crate::event::{Channel, Class, Event, Kind, KindTag, Os, SensorChange};
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::hash::Digest;
use crate::util::intern::Sym;
use crate::util::saved::{Saved, saved, small};

/// A boot takes at least this long, from the last record before it to the first one after.
const BOOT: i64 = 5 * SECOND;

/// Principals that may have asked a broker of the host to run something. Each list keeps the latest few.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Callers {
    /// Programs that users started.
    pub(crate) starts: LatestPrincipals<8>,
    /// Clients of the service manager's pipe.
    pub(crate) services: LatestPrincipals<4>,
    /// Clients of the task scheduler's pipe.
    pub(crate) tasks: LatestPrincipals<4>,
    /// Principals that logged on or connected from another host.
    pub(crate) remotes: LatestPrincipals<4>,
}

/// A command that a service or task was configured to run. Its last letters and digits identify it when it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Hash of these letters and digits.
    pub(crate) end: u64,
    /// Number of these letters and digits.
    pub(crate) length: u8,
    pub(crate) time: Timestamp,
    /// Who configured it, where known.
    pub(crate) by: Option<Principal>,
}

/// A logon session that was opened from another host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RemoteSession {
    pub(crate) session: u64,
    pub(crate) by: Principal,
}

/// The last `N` items; a new one replaces the oldest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring<T, const N: usize> {
    list: [Option<T>; N],
    next: u8,
}

impl<T: Copy, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Self { list: [None; N], next: 0 }
    }
}

impl<T: Copy, const N: usize> Ring<T, N> {
    pub(crate) fn note(&mut self, what: T) {
        self.list[self.next as usize % N] = Some(what);
        self.next = self.next.wrapping_add(1);
    }

    /// The newest item for which `fits` holds.
    pub(crate) fn last(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let newest = usize::from(self.next);
        (0..N).filter_map(|back| self.list[(newest + 2 * N - 1 - back) % N]).find(fits)
    }
}

/// The last `N` principals with the times of their acts; a new one replaces the one that was noted first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatestPrincipals<const N: usize> {
    list: [Option<(Principal, Timestamp)>; N],
    next: u8,
}

impl<const N: usize> Default for LatestPrincipals<N> {
    fn default() -> Self {
        Self { list: [None; N], next: 0 }
    }
}

impl<const N: usize> LatestPrincipals<N> {
    pub(crate) fn note(&mut self, who: Principal, time: Timestamp) {
        self.list[self.next as usize % N] = Some((who, time));
        self.next = self.next.wrapping_add(1);
    }

    /// All that acted within `span` before `time`.
    pub(crate) fn within(&self, time: Timestamp, span: i64) -> impl Iterator<Item = Principal> + '_ {
        let within = move |at: &Timestamp| *at <= time && time.distance(*at) <= span;
        self.list.iter().flatten().filter(move |(_, at)| within(at)).map(|(who, _)| *who)
    }

    /// Of the principals that acted within `span` before `time` and for which `fits` holds, the last one to act.
    pub(crate) fn last(&self, time: Timestamp, span: i64, fits: impl Fn(Principal) -> bool) -> Option<Principal> {
        let within = |&&(_, at): &&(Principal, Timestamp)| at <= time && time.distance(at) <= span;
        let fitting = self.list.iter().flatten().filter(within).filter(|(who, _)| fits(*who));
        fitting.max_by_key(|(_, at)| *at).map(|(who, _)| *who)
    }
}

/// Kinds of brokers: daemons that run programs for their clients. Telemetry shows them as the parents of these
/// programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broker {
    /// A container runtime.
    Container = 0,
    /// A service manager or message bus.
    Services = 1,
    /// A job runner (at, batch, transient units): it runs a job outside the process tree of its submitter.
    Jobs = 2,
}

impl Broker {
    const COUNT: usize = 3;
}

/// Bytes of a host's name that are kept.
pub(super) const KEPT_HOST: usize = 255;

/// Entries of a host that were evicted within one window, from which on its alerts may lack something.
const MUCH: u64 = 64;

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    /// Digest of the name, letter case ignored.
    pub(crate) id: Digest,
    /// The name as first seen.
    pub(crate) name: alloc::boxed::Box<[u8]>,
    /// The earliest event time.
    pub(crate) oldest: Timestamp,
    /// The latest event time.
    pub(crate) newest: Timestamp,
    /// When it last booted, as far as a record shows: a pid of before says nothing of a process after.
    pub(crate) booted: Timestamp,
    /// Platforms of its events, one bit each. Several are set only if hosts share a name.
    platforms: u8,
    /// Nanoseconds to add to an envelope clock of unknown zone, learned from records that carry both.
    pub(crate) envelope_offset: Option<i64>,
    /// Principals that may have asked a broker.
    pub(crate) callers: Callers,
    /// Commands that services and tasks were configured to run.
    pub(crate) orders: Ring<Order, 4>,
    /// Logon sessions that were opened from other hosts.
    pub(crate) remote_sessions: Ring<RemoteSession, 8>,
    /// Who last asked each kind of broker to run something, with the image that it had then.
    pub(crate) requests: [Option<(Link, Option<Sym>)>; Broker::COUNT],
    /// Names of users by id, as records named both.
    pub(super) user_names: Ring<(u32, Sym), 8>,
    /// Endpoints with reference names that were used although no record shows who created them, with the time of the
    /// use.
    pub(crate) unowned: [Option<(EndpointId, Timestamp)>; 4],
    /// Kinds of events that the sources declared by the policy report, one bit each. Where sources are declared, they
    /// alone decide which classes are blind.
    pub(crate) declared: Option<u64>,
    /// When each class was last seen.
    seen: [Timestamp; Class::COUNT],
    /// What came over each channel.
    pub(crate) channels: Channels,
    /// The time of the last hit that was evicted of its partial matches, and of those with long-term memory.
    pub(crate) lost_hits: [Timestamp; 2],
    /// When the first process that was evicted of it last did something.
    pub(crate) lost_process: Option<Timestamp>,
    /// Entries that it lost since its last event, what it lost in the present window, and its last flood.
    pub(super) lost: u64,
    pub(super) evicting: Flood,
    pub(crate) flood: Option<Flood>,
}

impl Host {
    pub(crate) fn new(id: Digest, name: &[u8]) -> Self {
        Self {
            id,
            name: name[..name.len().min(KEPT_HOST)].into(),
            oldest: Timestamp::MAX,
            newest: Timestamp::MIN,
            booted: Timestamp::MIN,
            platforms: 0,
            envelope_offset: None,
            callers: Callers::default(),
            orders: Ring::default(),
            remote_sessions: Ring::default(),
            requests: [None; Broker::COUNT],
            user_names: Ring::default(),
            unowned: [None; 4],
            declared: None,
            seen: [Timestamp::MIN; Class::COUNT],
            channels: Channels::NONE,
            lost_hits: [Timestamp::MIN; 2],
            lost_process: None,
            lost: 0,
            evicting: Flood::default(),
            flood: None,
        }
    }

    /// Records that the host sends telemetry of the event's class.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        let class = Class::of(&event.kind);
        let seen = &mut self.seen[class.number() as usize];
        *seen = (*seen).max(event.time);
        let kind = &mut self.seen[event.kind.tag() as usize];
        *kind = (*kind).max(event.time);
        self.channels.note(event, class);
        if is_boot(event, self.newest) {
            self.booted = self.booted.max(event.time);
        }
        self.oldest = self.oldest.min(event.time);
        self.newest = self.newest.max(event.time);
        self.platforms |= 1 << event.os as u8;
    }

    /// Records that the host's starts of processes name their creators.
    pub(crate) fn note_creator(&mut self, time: Timestamp) {
        let named = &mut self.seen[Class::CREATOR.number() as usize];
        *named = (*named).max(time);
    }

    /// Whether so much of its own state was evicted that an alert of it may lack something. Of the few entries that a host
    /// with little loses now and then no alert need tell.
    pub(crate) const fn loses_much(&self) -> bool {
        self.flood.is_some() || self.evicting.evicted >= MUCH
    }

    /// When the last event of a kind happened; `None` when there was none.
    pub(crate) fn last_of(&self, kind: KindTag) -> Option<Timestamp> {
        self.last_of_class(Class::kind(kind))
    }

    /// When the last event of a class happened; `None` when there was none.
    pub(crate) fn last_of_class(&self, class: Class) -> Option<Timestamp> {
        Some(self.seen[class.number() as usize]).filter(|&last| last != Timestamp::MIN)
    }

    /// Whether it sent events of this platform.
    pub(crate) const fn runs(&self, os: Os) -> bool {
        self.platforms >> os as u8 & 1 == 1
    }

    /// Whether the host does not send the class: no declared source reports it or, where none is declared, no event of
    /// the class was seen at or after `since`.
    pub(crate) fn is_blind(&self, class: Class, since: Timestamp) -> bool {
        let seen = self.seen[class.number() as usize];
        match self.declared {
            // A declaration names kinds of events: it does not say whether a start names its creator.
            Some(kinds) if class != Class::CREATOR => kinds >> class.kind_of() as u8 & 1 == 0,
            _ => seen == Timestamp::MIN || seen < since,
        }
    }

    /// Learns the offset between two clocks of one record, rounded to 15 minutes.
    pub(crate) fn learn_clock(&mut self, time: Timestamp, envelope: Timestamp) {
        let quarter = 15 * MINUTE;
        let difference = time.0.saturating_sub(envelope.0);
        let rounded = difference.saturating_add(quarter / 2).div_euclid(quarter).saturating_mul(quarter);
        // Zones reach from -12 to +14 hours, and a 12-hour clock may hide half a day.
        if rounded.abs() <= 26 * 60 * MINUTE && (difference - rounded).abs() <= 2 * MINUTE {
            self.envelope_offset = Some(rounded);
        }
    }
}

saved!(Callers { starts, services, tasks, remotes });
saved!(Order { end, length, time, by });
saved!(RemoteSession { session, by });
saved!([T: Saved, const N: usize] Ring<T, N> { list, next });
saved!([const N: usize] LatestPrincipals<N> { list, next });
saved!(Host {
    id, name, oldest, newest, platforms, envelope_offset, callers, orders, remote_sessions, requests, unowned,
    declared, seen, channels, booted, user_names, lost_hits, lost_process, lost, evicting, flood,
} where |host| host.name.len() <= KEPT_HOST && small(host.lost) && small(host.evicting.evicted));
/// Whether an event shows that its host booted: a sensor or log that runs from boot on started, after a silence that a
/// restart of the sensor alone does not take. `newest`: the host's latest event before.
fn is_boot(event: &Event<'_>, newest: Timestamp) -> bool {
    let Kind::SensorState(sensor) = &event.kind else { return false };
    let from_boot_on = matches!(event.source.channel, Channel::Sysmon | Channel::System | Channel::Audit);
    let is_silent = newest != Timestamp::MIN && event.time > newest + BOOT;
    from_boot_on && sensor.change == SensorChange::Started && is_silent
}

#[cfg(test)]
mod tests {
    use super::{LatestPrincipals, Principal};
    use crate::time::Timestamp;
    use crate::util::table::{QuotaGroup, Table};

    #[test]
    fn the_last_that_fits_is_remembered_for_a_while() {
        let mut table = Table::with_bytes(1 << 16);
        let processes = [0, 1, 2, 3].map(|n| table.insert(n, QuotaGroup::new(0, 0), n).0);
        let who = |n: usize| Principal::Process(processes[n]);
        let mut latest = LatestPrincipals::<2>::default();
        for n in 1..=3 {
            latest.note(who(n), Timestamp(n as i64 * 10));
        }
        assert_eq!(latest.last(Timestamp(35), 20, |_| true), Some(who(3)));
        assert_eq!(latest.last(Timestamp(35), 20, |w| w != who(3)), Some(who(2)));
        assert_eq!(latest.last(Timestamp(15), 20, |_| true), None, "the first gave way, the others came later");
        assert_eq!(latest.last(Timestamp(60), 20, |_| true), None);
    }
}
