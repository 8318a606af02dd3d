//! One engine: its parts, counters and coverage.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::alert_list::AlertList;
use super::batch::Collected;
use super::dedup::Dedup;
use super::duplicates::DuplicateFilter;
use super::exposures::Exposures;
use super::incidents::Incidents;
use super::kept::Kept;
use super::reorder::Reorder;
use super::risk::Risk;
use super::stream::Stream;
use super::suppressed::Suppressed;
use crate::baseline::{Baseline, Learner};
use crate::derive::Analytics;
use crate::limits::{Limits, part};
use crate::matching::{Completion, Correlator};
use crate::policy::{EntryUse, Policy, PolicyUse};
use crate::report::coverage::{self, Coverage};
use crate::rules::Catalog;
use crate::state::HostState;
use crate::stats::Stats;
use crate::util::heaviest::Heaviest;

/// Detects abuse of inter-process communication in the telemetry of any number of hosts.
///
/// > **The one rule:** feed or advance, then drain [`Engine::poll_alert`].
///
/// An engine is `Send` and has one owner; make one per stream or shard, they share the [`Catalog`]. It starts no
/// threads, does no I/O and asks no clock: time comes from events and from [`Engine::advance`].
///
/// ```
/// use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions, decode::Format};
///
/// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
/// let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
/// let report = engine.feed_bytes(stream, b"type=USER_CMD msg=audit(1.000:1): pid=1\n");
/// assert_eq!((report.records, report.error_count), (1, 0));
/// engine.flush();
/// while let Some(alert) = engine.poll_alert() {
///     println!("{}", alert.to_json());
/// }
/// ```
#[derive(Debug)]
pub struct Engine {
    pub(super) limits: Limits,
    pub(super) policy: Policy,
    pub(super) state: HostState,
    pub(super) analytics: Analytics,
    pub(super) correlator: Correlator,
    pub(super) reorder: Reorder,
    pub(super) dedup: Dedup,
    pub(super) incidents: Incidents,
    pub(super) kept: Kept,
    pub(super) exposures: Exposures,
    pub(super) risk: Risk,
    pub(super) duplicates: DuplicateFilter,
    pub(super) streams: Vec<Option<Box<Stream>>>,
    /// Bytes of the streams' unfinished records, and how many there may be.
    pub(super) unfinished: usize,
    /// Streams by the bytes of their unfinished records.
    pub(super) longest: Heaviest,
    pub(super) unfinished_budget: usize,
    pub(super) alerts: AlertList,
    pub(super) alert_budget: usize,
    pub(super) suppressed: Suppressed,
    pub(super) policy_use: PolicyUse,
    pub(super) completions: Vec<Completion>,
    /// Reused space for what is matched of long texts.
    pub(super) texts: Vec<u8>,
    /// Events for other engines; `None` if this one judges.
    pub(super) collected: Option<Collected>,
    pub(super) stats: Stats,
    /// What was evicted before the present event.
    pub(super) evicted: u64,
    /// What is usual, if it was said.
    pub(super) baseline: Option<Arc<Baseline>>,
    /// Learns what is usual, if that is asked for.
    pub(super) learner: Option<Box<Learner>>,
}

impl Engine {
    /// An empty engine. It is cheap to make: tables grow as they fill.
    #[must_use]
    pub fn new(catalog: Catalog, policy: Policy, limits: Limits) -> Self {
        let bytes = limits.bytes.max(Limits::MIN_BYTES);
        let catalog = policy.with_windows(&catalog);
        let part = |thousandths| part(bytes, thousandths, 1000);
        Self {
            analytics: Analytics::new(&catalog),
            correlator: Correlator::new(&catalog, part(215)),
            state: HostState::new(catalog, part(470), limits.seed),
            reorder: Reorder::new(part(95)),
            dedup: Dedup::new(part(20)),
            incidents: Incidents::new(part(10)),
            kept: Kept::new(part(27)),
            exposures: Exposures::new(part(3)),
            risk: Risk::new(part(3)),
            duplicates: DuplicateFilter::new(part(10), limits.seed),
            streams: Vec::new(),
            unfinished: 0,
            longest: Heaviest::new(),
            unfinished_budget: part(60),
            alerts: AlertList::default(),
            alert_budget: part(57),
            suppressed: Suppressed::new(part(20)),
            policy_use: policy.begin_use(),
            completions: Vec::new(),
            texts: Vec::new(),
            collected: None,
            stats: Stats::default(),
            evicted: 0,
            baseline: None,
            learner: None,
            policy,
            limits,
        }
    }

    /// All counters as of now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats.clone();
        stats.evicted_processes = self.state.evicted_processes;
        stats.evicted_endpoints = self.state.evicted_endpoints;
        stats.evicted_hosts = self.state.evicted_hosts;
        stats.evicted_remotes = self.state.evicted_remotes;
        stats.evicted_names = self.state.names.evicted();
        stats.evicted_partial_matches = self.correlator.evicted();
        stats.dropped_checks = self.correlator.dropped_checks();
        stats.merged = self.incidents.merged();
        stats.bytes = self.bytes() as u64;
        stats
    }

    /// The telemetry that each known host sends, and which behaviors it makes visible as of the host's newest event: it
    /// says what the absence of alerts means. It visits every host and behavior, so do not call it for every event.
    ///
    /// ```
    /// # use ipcsentry::event::{Event, Kind, Os, ProcessStart};
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};
    /// # let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// let start = Kind::ProcessStart(ProcessStart::default());
    /// engine.feed(&Event::new(Os::Linux, Timestamp::from_unix(1, 0), start));
    /// let host = &engine.coverage()[0];
    /// let relay = host.behaviors.iter().find(|b| b.code == "L05").unwrap();
    /// assert_eq!(relay.visibility, "blind", "starts of processes alone show no FIFO: {:?}", relay.missing);
    /// ```
    #[must_use]
    pub fn coverage(&self) -> Vec<Coverage> {
        coverage::of_hosts(&self.state, &self.correlator)
    }

    /// What each entry of the policy did since the engine was made or got the policy: entries that never matched, have
    /// expired or matched everything are worn out ([`EntryUse::finding`]).
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy};
    /// let policy = Policy::from_json(br#"{"suppressions": [{"behavior": "L05", "host": "ci-*", "owner": "build"}]}"#)?;
    /// let engine = Engine::new(Catalog::builtin(), policy, Limits::default());
    /// let entry = &engine.policy_use()[0];
    /// assert_eq!((entry.path.as_str(), entry.owner.as_deref(), entry.matched), ("suppressions[0]", Some("build"), 0));
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn policy_use(&self) -> Vec<EntryUse> {
        let now = self.state.watermarks().into_iter().map(|(_, time)| time).max();
        self.policy.report_use(&self.policy_use, now.unwrap_or_default())
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn bytes(&self) -> usize {
        self.state.bytes()
            + self.correlator.bytes()
            + self.reorder.bytes()
            + self.dedup.bytes()
            + self.incidents.bytes()
            + self.kept.bytes()
            + self.exposures.bytes()
            + self.risk.bytes()
            + self.duplicates.bytes()
            + self.streams.iter().flatten().map(|stream| stream.bytes()).sum::<usize>()
            + self.streams.capacity() * size_of::<Option<Box<Stream>>>()
            + self.longest.bytes()
            + self.alerts.bytes()
            + self.suppressed.bytes()
            + self.policy_use.bytes()
            + self.completions.capacity() * size_of::<Completion>()
            + self.texts.capacity()
            + size_of::<Self>()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Engine>();
};
