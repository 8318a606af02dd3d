//! The engine: feed it events or bytes, drain its alerts.

mod dedup;
mod duplicates;
mod queue;
mod record_sink;
mod reorder;
mod report;
mod stream;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

pub use report::{ErrorCount, FormatCount, IgnoredCount, Judged, SkipCount, StreamReport};
pub use stream::{StreamId, StreamOptions};

use crate::decode::{DecodeError, Decoder, Record};
use crate::derive::Analytics;
use crate::event::{self, Event};
use crate::limits::{Limits, part};
use crate::matching::{Bound, Completion, Correlator, Hit, View};
use crate::policy::Policy;
use crate::report::coverage::{self, Coverage};
use crate::report::verdict::{self, Verdict};
use crate::report::{Alert, draft};
use crate::rules::Catalog;
use crate::state::{HostState, ProcessId, RemoteId, ResolvedEvent};
use crate::stats::{Position, Stats};
use crate::time::Timestamp;
use crate::util::hash::Digest;
use dedup::{Dedup, RaisedAlert};
use duplicates::{DuplicateFilter, Origin};
use record_sink::RecordSink;
use reorder::{Reorder, Taken};
use stream::Stream;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accepted {
    /// It was judged, or waits for its turn.
    New,
    /// It came later than `limits.lateness` allows: judged, but out of order.
    Late,
    /// It had been seen before: not judged again.
    Duplicate,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedReport {
    /// Records taken.
    pub records: u64,
    /// Events read from them.
    pub events: u64,
    /// Records of no interest.
    pub skipped: u64,
    /// Records that could not be decoded, and fields that were lost of others.
    pub error_count: u64,
    /// The first of those errors, at most 16 a call.
    pub errors: Vec<DecodeError>,
    /// What the whole stream came to; only of [`Engine::close_stream`].
    pub closed: Option<Box<StreamReport>>,
}

/// Checks whose time has come that one event runs: after a long silence the rest is left to the events that follow.
const CHECKS_AN_EVENT: usize = 16;

/// Detects abuse of inter-process communication in one stream of telemetry, of any number of hosts.
///
/// > **The one rule:** feed or advance, then drain [`Engine::poll_alert`].
///
/// An engine is `Send` and has one owner; make one per stream or shard, they share the [`Catalog`]. It starts no
/// threads, does no I/O and asks no clock: time is read from events, or told by [`Engine::advance`].
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
    limits: Limits,
    policy: Policy,
    state: HostState,
    analytics: Analytics,
    correlator: Correlator,
    reorder: Reorder,
    dedup: Dedup,
    duplicates: DuplicateFilter,
    streams: Vec<Option<Stream>>,
    alerts: VecDeque<Alert>,
    alert_bytes: usize,
    alert_budget: usize,
    completions: Vec<Completion>,
    stats: Stats,
}

impl Engine {
    /// An engine with nothing in it. Cheap: tables grow as they fill.
    #[must_use]
    pub fn new(catalog: Catalog, policy: Policy, limits: Limits) -> Self {
        let bytes = limits.bytes.max(Limits::MIN_BYTES);
        let part = |thousandths| part(bytes, thousandths, 1000);
        Self {
            analytics: Analytics::new(&catalog),
            correlator: Correlator::new(catalog.clone(), part(230)),
            state: HostState::new(catalog, part(500), limits.seed),
            reorder: Reorder::new(part(100)),
            dedup: Dedup::new(part(20)),
            duplicates: DuplicateFilter::new(part(10), limits.seed),
            streams: Vec::new(),
            alerts: VecDeque::new(),
            alert_bytes: 0,
            alert_budget: part(60),
            completions: Vec::new(),
            stats: Stats::default(),
            policy,
            limits,
        }
    }

    /// Takes one event. See [the one rule](Engine).
    pub fn feed(&mut self, event: &Event<'_>) -> Accepted {
        self.take(event, Origin::Unknown)
    }

    /// Takes one event.
    fn take(&mut self, event: &Event<'_>, origin: Origin<'_>) -> Accepted {
        let corrected = self.clock_offset(event).map(|offset| {
            let mut event = event.clone();
            shift(&mut event, offset);
            event
        });
        let host = self.state.host_id(event.host);
        // By the time as logged: a repetition may come when the clock's offset is known better.
        let trace = self.duplicates.trace(event, self.state.hash(), host, origin);
        if trace.is_some_and(|trace| self.duplicates.note(trace)) {
            self.stats.duplicates += 1;
            Position::note(&mut self.stats.first_duplicates, event.file, event.record);
            return Accepted::Duplicate;
        }
        let undated = event.time_is_envelope && corrected.is_none();
        let event = corrected.as_ref().unwrap_or(event);
        if self.limits.lateness <= 0 {
            // It is judged at once: whom it speaks of is looked up while the answer about its repetition is waited for.
            self.state.prefetch(event, host);
            let late = self.judge(event, host);
            if late {
                self.note_late(event);
                return Accepted::Late;
            }
            return Accepted::New;
        }
        let taken = self.reorder.take(event, host, self.limits.lateness, undated);
        self.count_steps();
        match taken {
            Taken::Late => {
                self.judge(event, host);
                self.note_late(event);
                Accepted::Late
            }
            Taken::Held => {
                while let Some(held) = self.reorder.ready(host, self.limits.lateness) {
                    self.release(held);
                }
                while let Some(held) = self.reorder.overflow() {
                    self.stats.released_early += 1;
                    self.release(held);
                }
                Accepted::New
            }
        }
    }

    /// Opens a stream of raw telemetry.
    pub fn open_stream(&mut self, options: StreamOptions) -> StreamId {
        let stream = Stream::new(options, self.limits.max_record_bytes);
        let free = self.streams.iter().position(Option::is_none).unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        self.streams[free] = Some(stream);
        StreamId(free as u32)
    }

    /// Whether this stream is open.
    #[must_use]
    pub fn has_stream(&self, stream: StreamId) -> bool {
        matches!(self.streams.get(stream.0 as usize), Some(Some(_)))
    }

    /// What an open stream came to so far. Of a closed one [`Engine::close_stream`] handed it over.
    #[must_use]
    pub fn stream_report(&self, stream: StreamId) -> Option<StreamReport> {
        self.streams.get(stream.0 as usize)?.as_ref().map(Stream::report)
    }

    /// Takes a chunk of a stream; it may end inside a record. Errors are counted and reported, and the stream goes on.
    /// An unknown or closed stream takes nothing. See [the one rule](Engine).
    pub fn feed_bytes(&mut self, stream: StreamId, chunk: &[u8]) -> FeedReport {
        self.stats.stream_bytes += chunk.len() as u64;
        self.with_stream(stream, |open, record_sink| {
            open.feed(chunk, record_sink);
        })
    }

    /// Takes one whole record whose number the container gives (an EVTX record rendered as JSON).
    /// See [the one rule](Engine).
    pub fn feed_record(&mut self, stream: StreamId, number: u64, bytes: &[u8]) -> FeedReport {
        self.stats.stream_bytes += bytes.len() as u64;
        self.with_stream(stream, |open, record_sink| {
            record_sink.record(Record { bytes, number, offset: 0 }, &mut open.decoder);
        })
    }

    /// Hands over what the stream's decoder holds back (an audit event that no newer one has closed yet), as when a
    /// live feed has gone quiet. The stream stays open, and nothing is lost by calling it at any moment: what has begun
    /// and makes no event yet is held on, and an event that gets more records later is judged again with what they add,
    /// without being counted again. See [the one rule](Engine).
    pub fn settle_stream(&mut self, stream: StreamId) -> FeedReport {
        self.with_stream(stream, |open, record_sink| {
            open.settle(record_sink);
            // What got a record since the last round is quiet in the next.
            record_sink.quiet(&mut open.decoder);
            record_sink.quiet(&mut open.decoder);
        })
    }

    /// Hands over what the stream's decoder holds back of events that had no further record since the last call: to be
    /// called every now and then, by the clock, while a live feed goes on. Like [`Engine::settle_stream`] it loses
    /// nothing. See [the one rule](Engine).
    pub fn settle_quiet(&mut self, stream: StreamId) -> FeedReport {
        self.with_stream(stream, |open, record_sink| record_sink.quiet(&mut open.decoder))
    }

    /// Ends a stream: its last line need not be terminated. The report says what the whole stream came to. See [the one rule](Engine).
    pub fn close_stream(&mut self, stream: StreamId) -> FeedReport {
        let mut report = self.with_stream(stream, |open, record_sink| {
            open.finish(record_sink);
            record_sink.rest(&mut open.decoder);
        });
        if let Some(slot) = self.streams.get_mut(stream.0 as usize) {
            report.closed = slot.take().map(|open| Box::new(open.report()));
        }
        report
    }

    /// Tells that a host's time has come to `time` though no event said so: releases what waited for it.
    /// See [the one rule](Engine).
    pub fn advance(&mut self, host: &[u8], time: Timestamp) {
        let id = self.state.host_id(host);
        self.reorder.advance(id, time);
        while let Some(held) = self.reorder.ready(id, self.limits.lateness) {
            self.release(held);
        }
        let mut completions = core::mem::take(&mut self.completions);
        self.correlator.advance(&self.state, id, time - self.limits.lateness.max(0), usize::MAX, &mut completions);
        self.report(completions);
    }

    /// Tells that `nanos` went by without an event since the last one of every host, as when a live feed has gone
    /// quiet: releases what waited for that long. No host's watermark moves, so a feed that goes on with earlier times
    /// is not late. See [the one rule](Engine).
    pub fn elapse(&mut self, nanos: i64) {
        let margin = self.limits.lateness.max(0).saturating_sub(nanos);
        for queue in self.reorder.queues() {
            while let Some(held) = self.reorder.ready_of(queue, margin) {
                self.release(held);
            }
        }
        let mut completions = core::mem::take(&mut self.completions);
        for (host, newest) in self.state.watermarks() {
            self.correlator.advance(&self.state, host, newest - margin, usize::MAX, &mut completions);
        }
        self.report(completions);
    }

    /// When [`Engine::advance`] or, for what a stream's decoder holds back, [`Engine::settle_quiet`] and
    /// [`Engine::settle_stream`] would next do something, by event time; `None` when nothing waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let held = self.reorder.next_deadline(self.limits.lateness.max(0));
        let checks = self.correlator.next_deadline();
        let begun = self.streams.iter().flatten().filter_map(|stream| stream.decoder.due());
        held.into_iter().chain(checks).chain(begun).min()
    }

    /// Judges everything that waits, as at the end of all input. Streams stay open but hand over what they hold.
    /// See [the one rule](Engine).
    pub fn flush(&mut self) {
        for number in 0..self.streams.len() as u32 {
            self.with_stream(StreamId(number), |open, record_sink| record_sink.rest(&mut open.decoder));
        }
        for queue in self.reorder.queues() {
            while let Some(held) = self.reorder.next_of(queue) {
                self.release(held);
            }
        }
        let mut completions = core::mem::take(&mut self.completions);
        self.correlator.flush(&self.state, &mut completions);
        self.report(completions);
    }

    /// The next alert, in the order they were raised.
    pub fn poll_alert(&mut self) -> Option<Alert> {
        let alert = self.alerts.pop_front()?;
        self.alert_bytes -= alert.bytes();
        Some(alert)
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
        stats.bytes = self.bytes() as u64;
        stats
    }

    /// What telemetry each known host sends, and which behaviors it lets be seen as of its newest event: for whoever
    /// wants to know what silence is worth. Looks at every host and behavior: not for every event.
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

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    fn bytes(&self) -> usize {
        self.state.bytes()
            + self.correlator.bytes()
            + self.reorder.bytes()
            + self.dedup.bytes()
            + self.duplicates.bytes()
            + self.streams.iter().flatten().map(Stream::bytes).sum::<usize>()
            + self.alert_bytes
            + self.completions.capacity() * size_of::<Completion>()
            + size_of::<Self>()
    }

    fn with_stream(&mut self, id: StreamId, run: impl FnOnce(&mut Stream, &mut RecordSink<'_>)) -> FeedReport {
        let Some(mut stream) = self.streams.get_mut(id.0 as usize).and_then(Option::take) else {
            return FeedReport::default();
        };
        let host = core::mem::take(&mut stream.host);
        let mut tally = core::mem::take(&mut stream.tally);
        let mut record_sink = RecordSink {
            engine: self,
            report: FeedReport::default(),
            tally: &mut tally,
            host: &host,
            file: stream.file,
        };
        run(&mut stream, &mut record_sink);
        let report = record_sink.report;
        stream.tally = tally;
        self.stats.records += report.records;
        self.stats.skipped += report.skipped;
        self.stats.decode_errors += report.error_count;
        stream.host = host;
        self.streams[id.0 as usize] = Some(stream);
        report
    }

    /// Learns a host's clock offset from records that carry both clocks, and gives it for those that carry only an
    /// envelope's of unknown zone.
    fn clock_offset(&mut self, event: &Event<'_>) -> Option<i64> {
        if event.envelope_time.is_none() && !event.time_is_envelope {
            return None;
        }
        let id = self.state.host_id(event.host);
        let host = self.state.host_of(id, event.host);
        let host = self.state.host_mut(host)?;
        let known = host.envelope_offset;
        if let Some(envelope) = event.envelope_time {
            host.learn_clock(event.time, envelope);
        }
        let offset = host.envelope_offset?;
        if known.is_none() {
            self.reorder.date(id, offset);
        }
        event.time_is_envelope.then_some(offset)
    }

    fn note_late(&mut self, event: &Event<'_>) {
        self.stats.late += 1;
        Position::note(&mut self.stats.first_late, event.file, event.record);
    }

    fn release(&mut self, held: reorder::Held) {
        if let Some(mut event) = event::decode(&held.bytes) {
            (event.record, event.part, event.file) = (held.record, held.part, held.file);
            let offset = held.time.0.saturating_sub(event.time.0);
            shift(&mut event, offset);
            self.judge(&event, held.host);
        }
        self.reorder.recycle(held.bytes);
    }

    /// Judges one event now. Says whether its host's time was past it.
    fn judge(&mut self, event: &Event<'_>, id: Digest) -> bool {
        let host = self.state.host_of(id, event.host);
        let (late, watermark) = match self.state.host_mut(host) {
            Some(known) => {
                let late = known.newest > event.time;
                if known.newest == Timestamp::MIN {
                    known.declared = verdict::declared_kinds(&self.policy, event.host);
                }
                known.note(event);
                (late, known.newest)
            }
            None => (false, event.time),
        };
        self.stats.events += 1;
        let resolved = self.state.observe(event, host);
        let tags = self.analytics.derive(&mut self.state, event, &resolved);
        let mut completions = core::mem::take(&mut self.completions);
        // Checks that were due before this event come first.
        self.correlator.advance(&self.state, id, watermark, CHECKS_AN_EVENT, &mut completions);
        self.correlator.judge(&View::new(&self.state, event, &resolved, tags), &mut completions);
        self.report(completions);
        self.count_steps();
        late
    }

    /// Notes the table steps taken since the last call as one event's.
    fn count_steps(&mut self) {
        let steps = self.state.take_steps()
            + self.correlator.take_steps()
            + self.reorder.take_steps()
            + self.dedup.take_steps();
        self.stats.max_steps = self.stats.max_steps.max(steps);
    }

    /// Raises what was completed, and lets behaviors that build on others see it (one level deep).
    fn report(&mut self, mut completions: Vec<Completion>) {
        if completions.is_empty() {
            self.completions = completions;
            return;
        }
        let catalog = self.state.catalog.clone();
        let direct = completions.len();
        for i in 0..direct {
            let (rule, hit) = (&catalog.behaviors()[completions[i].behavior as usize], completions[i].hits.last());
            if let (Some(tag), Some(hit)) = (rule.provides, hit.copied()) {
                let initiator = draft(&self.state, rule, &completions[i]).initiator;
                self.pass_on(&mut completions, tag, &hit, initiator);
            }
        }
        for mut completion in completions.drain(..) {
            self.raise(&mut completion);
        }
        self.completions = completions;
    }

    fn pass_on(&mut self, out: &mut Vec<Completion>, tag: u8, hit: &Hit, initiator: Option<Bound>) {
        let event = event_of(hit);
        let (actor, remote) = match initiator {
            Some(Bound::Process(p)) => (Some(p), None),
            Some(Bound::Remote(r)) => (None, Some(r)),
            None => (hit.actor, None),
        };
        let resolved = self.resolved_from(hit, actor, remote);
        let view = View::new(&self.state, &event, &resolved, crate::rules::Tags::NONE);
        self.correlator.evidence(&view, tag, out);
    }

    /// Whom a hit was about, with another actor.
    fn resolved_from(&self, hit: &Hit, actor: Option<ProcessId>, remote: Option<RemoteId>) -> ResolvedEvent {
        ResolvedEvent {
            host: hit.host,
            host_hash: self.state.host(hit.host).map_or(Digest::NONE, |h| h.id),
            actor,
            target: hit.target,
            peer: None,
            responsible: None,
            endpoint: hit.endpoint,
            object: hit.object,
            remote,
            new_link: false,
            created: false,
        }
    }

    /// The confidence of a completion in view of who is behind it.
    fn with_reputation(&self, completion: &Completion, initiator: Option<Bound>) -> u16 {
        let (Some(Bound::Process(process)), Some(hit)) = (initiator, completion.hits.last()) else {
            return completion.confidence;
        };
        let (event, resolved) = (event_of(hit), self.resolved_from(hit, Some(process), None));
        let view = View::new(&self.state, &event, &resolved, crate::rules::Tags::NONE);
        let reputations = self.state.catalog.reputations().iter().filter(|s| s.os == event.os);
        let moved: i32 = reputations.filter(|s| view.holds(&s.predicates)).map(|s| i32::from(s.confidence)).sum();
        (i32::from(completion.confidence) + moved).clamp(1, 1000) as u16
    }

    fn raise(&mut self, completion: &mut Completion) {
        let catalog = self.state.catalog.clone();
        let Some(rule) = catalog.behaviors().get(completion.behavior as usize) else { return };
        let draft = draft(&self.state, rule, completion);
        completion.confidence = self.with_reputation(completion, draft.initiator);
        let severity = match verdict::judge(&self.state, &self.policy, rule, completion, &draft) {
            Verdict::Emit(severity) => severity,
            Verdict::Off => return,
            Verdict::Suppressed => {
                self.stats.suppressed += 1;
                return;
            }
            Verdict::BelowMinimum => {
                self.stats.below_minimum += 1;
                return;
            }
        };
        let key = draft.dedup_key(&self.state, rule, completion);
        let time = completion.hits.iter().map(|h| h.source.time).max().unwrap_or_default();
        let fresh = RaisedAlert::of(draft.id, completion, severity, time);
        let (id, revision) = match self.dedup.note(key, fresh, self.limits.dedup_window) {
            dedup::Outcome::New => (draft.id, 1),
            dedup::Outcome::Revised(id, revision) => (id, revision),
            dedup::Outcome::Repeated => {
                self.stats.deduplicated += 1;
                return;
            }
        };
        let mut alert = draft.finish(
            &self.state,
            &self.correlator,
            rule,
            completion,
            severity,
            self.policy.redacts_command_lines(),
        );
        alert.id = alloc::format!("{id:016x}");
        alert.revision = revision;
        self.enqueue(alert);
    }

    fn enqueue(&mut self, alert: Alert) {
        if alert.revision > 1 {
            self.stats.revisions += 1;
            // A revision replaces what nobody has polled yet.
            if let Some(waiting) = self.alerts.iter_mut().rev().take(16).find(|a| queue::key(a) == queue::key(&alert)) {
                self.alert_bytes = self.alert_bytes - waiting.bytes() + alert.bytes();
                *waiting = alert;
                return;
            }
        } else {
            self.stats.alerts += 1;
        }
        let bytes = alert.bytes();
        if self.alerts.len() >= self.limits.max_alerts || self.alert_bytes.saturating_add(bytes) > self.alert_budget {
            self.stats.alerts_dropped += 1;
            return;
        }
        self.alert_bytes += bytes;
        self.alerts.push_back(alert);
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Engine>();
};

/// What remains of the event that made a hit.
fn event_of(hit: &Hit) -> Event<'static> {
    let mut event = Event::new(hit.source.os, hit.source.time, event::Kind::ProcessSeen(event::ProcessSeen::default()));
    (event.record, event.part, event.file) = (hit.source.record, hit.source.part, hit.source.file);
    event.source.channel = hit.source.channel;
    event.source.code = hit.source.code;
    event.source.id = hit.source.id;
    event
}

/// Moves an event whose clock was another one's.
fn shift(event: &mut Event<'_>, offset: i64) {
    event.time = event.time + offset;
    event.actor.start = event.actor.start.map(|start| start + offset);
}
