//! What an engine counted and what its hosts send.

use ipcsentry::Stats;
use ipcsentry::policy::EntryUse;

use crate::alert_fields::output;
use crate::engine::ipcsentry_engine;
use crate::guard::guard;
use crate::ptr::{self, Out, SizedOut};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// The counters of an engine since it was made. Every loss moves one of them.
///
/// Lifetime and threads: plain numbers, written during the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ipcsentry_stats {
    /// `sizeof(ipcsentry_stats)`; set it before the call.
    pub type_size: u64,
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
    /// Events that came later than the lateness allows. They were judged, out of order.
    pub late: u64,
    /// Events that were taken before; they were not judged again.
    pub duplicates: u64,
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
    /// Alerts below the policy's minimum confidence or severity.
    pub below_minimum: u64,
    /// Alerts dropped because the queue was full.
    pub alerts_dropped: u64,
    /// The most table steps that one event took; more than 256 only for events with far more or longer names than records have.
    pub max_steps: u64,
    /// Bytes owned now.
    pub bytes: u64,
    /// Suppressed alerts that could not be kept for `ipcsentry_engine_poll_suppressed`.
    pub suppressed_dropped: u64,
    /// Texts of more than 8 KiB (command lines, scripts) of which only the first and the last 4 KiB were matched.
    pub text_cut: u64,
}

output!(ipcsentry_stats, suppressed_dropped);

/// The counters as numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_stats(
    engine: *const ipcsentry_engine,
    stats: *mut ipcsentry_stats,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, SizedOut::new(stats)?) };
        engine.with(|inner| {
            out.set(stats_of(&inner.engine.stats()));
            Ok(IPCSENTRY_OK)
        })
    })
}

fn stats_of(stats: &Stats) -> ipcsentry_stats {
    ipcsentry_stats {
        type_size: 0,
        records: stats.records,
        stream_bytes: stats.stream_bytes,
        events: stats.events,
        skipped: stats.skipped,
        decode_errors: stats.decode_errors,
        late: stats.late,
        duplicates: stats.duplicates,
        released_early: stats.released_early,
        evicted_processes: stats.evicted_processes,
        evicted_endpoints: stats.evicted_endpoints,
        evicted_names: stats.evicted_names,
        evicted_partial_matches: stats.evicted_partial_matches,
        evicted_hosts: stats.evicted_hosts,
        evicted_remotes: stats.evicted_remotes,
        dropped_checks: stats.dropped_checks,
        alerts: stats.alerts,
        revisions: stats.revisions,
        merged: stats.merged,
        deduplicated: stats.deduplicated,
        suppressed: stats.suppressed,
        below_minimum: stats.below_minimum,
        alerts_dropped: stats.alerts_dropped,
        max_steps: stats.max_steps,
        bytes: stats.bytes,
        suppressed_dropped: stats.suppressed_dropped,
        text_cut: stats.text_cut,
    }
}

/// All counters, and the positions of the first faults of each kind, as a JSON object. Valid until the next
/// `ipcsentry_engine_stats_json` or `_free` of this engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_stats_json(
    engine: *mut ipcsentry_engine,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, json) = unsafe { (ptr::borrow(engine)?, Out::new(json)?) };
        engine.with(|inner| {
            inner.stats = inner.engine.stats().to_json();
            json.set(ipcsentry_text::of(&inner.stats));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// What each entry of the policy did since the engine was made, as a JSON array with an object an entry: its `path`,
/// `owner` and `reason`; how many alerts it was `asked` about, `matched`, and would have matched had it not `expired`;
/// the `last` time; whether it `is_expired`. Valid until the next `ipcsentry_engine_policy_use_json` or `_free` of this
/// engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_policy_use_json(
    engine: *mut ipcsentry_engine,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, json) = unsafe { (ptr::borrow(engine)?, Out::new(json)?) };
        engine.with(|inner| {
            let entries: Vec<String> = inner.engine.policy_use().iter().map(EntryUse::to_json).collect();
            inner.policy_use = format!("[{}]", entries.join(","));
            json.set(ipcsentry_text::of(&inner.policy_use));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// The telemetry that each known host sends, and how much it shows of each behavior, as a JSON array with an object a
/// host (`core/docs/coverage.schema.json`): it says what the absence of alerts means. It visits every host and
/// behavior, so do not call it for every event. Valid until the next `ipcsentry_engine_coverage_json` or `_free` of this
/// engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_coverage_json(
    engine: *mut ipcsentry_engine,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, json) = unsafe { (ptr::borrow(engine)?, Out::new(json)?) };
        engine.with(|inner| {
            let hosts: Vec<String> = inner.engine.coverage().iter().map(ipcsentry::Coverage::to_json).collect();
            inner.coverage = format!("[{}]", hosts.join(","));
            json.set(ipcsentry_text::of(&inner.coverage));
            Ok(IPCSENTRY_OK)
        })
    })
}
