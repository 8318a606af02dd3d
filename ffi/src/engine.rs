//! Engines: time, alerts and errors. Their streams are in [`stream`](crate::stream), their counters in
//! [`stats`](crate::stats), events that an agent feeds in [`event`](crate::event), what outlives them in
//! [`snapshot`](crate::snapshot).

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};

use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

use crate::alert::ipcsentry_alert;
use crate::catalog::ipcsentry_catalog;
use crate::error::ipcsentry_error;
use crate::guard::{Exclusive, Outcome, guard};
use crate::ptr::{self, Handle, Input, Out};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// Detects abuse of inter-process communication in the telemetry of any number of hosts.
/// The one rule: feed or advance, then drain `ipcsentry_engine_poll_alert`.
///
/// Lifetime and threads: yours until `ipcsentry_engine_free`; may move between threads, but one call at a time (a
/// second one is answered with `IPCSENTRY_ERR_BUSY`). Make one a stream or shard; they share the catalog.
#[derive(Debug)]
pub struct ipcsentry_engine(Exclusive<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) engine: Engine,
    /// The errors of the last call that read records.
    pub(crate) errors: VecDeque<ipcsentry_error>,
    /// The text that the last `stats_json` returned.
    pub(crate) stats: String,
    /// The text that the last `policy_use_json` returned.
    pub(crate) policy_use: String,
    /// The text that the last `coverage_json` returned.
    pub(crate) coverage: String,
    /// The text that the last question of an analyst got for an answer.
    pub(crate) answer: String,
    /// Room for text of an event that is not UTF-8.
    pub(crate) scratch: Vec<u8>,
}

impl Handle for ipcsentry_engine {}

impl ipcsentry_engine {
    pub(crate) fn new(engine: Engine) -> Self {
        let errors = VecDeque::new();
        Self(Exclusive::new(Inner {
            engine,
            errors,
            stats: String::new(),
            coverage: String::new(),
            answer: String::new(),
            policy_use: String::new(),
            scratch: Vec::new(),
        }))
    }

    pub(crate) fn with(&self, body: impl FnOnce(&mut Inner) -> Outcome) -> Outcome {
        self.0.with(body)
    }
}

/// The lateness that holds every event until the flush: input in any order is judged in order of time.
pub const IPCSENTRY_LATENESS_MAX: i64 = 2305843009213693951;

/// The limits of an engine. Set `type_size` and leave the rest zero for defaults that suit an endpoint agent.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_limits {
    /// `sizeof(ipcsentry_limits)`.
    pub type_size: u64,
    /// Bytes that the engine may allocate, without the catalog; 0 is 64 MiB. When it is full, the least recently used
    /// entries are dropped and counted. Any number that fits a `size_t` is allowed: memory is allocated as it is
    /// needed.
    pub bytes: u64,
    /// Nanoseconds that an event may be late and still be judged in order of time, at most `IPCSENTRY_LATENESS_MAX`;
    /// with 0, events are judged at once.
    pub lateness: i64,
    /// Seed of all hash tables. With 0 the engine draws a secret one from the platform. Give one for runs that must be
    /// reproducible under memory pressure: alerts depend on the seed only if entries had to be dropped.
    pub seed: u64,
    /// Bytes of the longest record; 0 is 1 MiB. A longer record is an error and is skipped.
    pub max_record_bytes: u64,
    /// Most alerts that wait to be polled; 0 is 4096. Further ones are dropped and counted.
    pub max_alerts: u64,
    /// Nanoseconds within which repetitions of an alert are dropped; 0 is one hour, a negative number drops none.
    pub dedup_window: i64,
    /// Zero.
    pub reserved: [u64; 9],
}

// SAFETY: sixteen words, `type_size` first; all zero is valid.
unsafe impl Input for ipcsentry_limits {
    const FIRST_SIZE: usize = 128;

    fn is_reserved_zero(&self) -> bool {
        self.reserved.iter().all(|word| *word == 0)
    }
}

const _: () = assert!(size_of::<ipcsentry_limits>() == 128);

/// The limits that a caller gives; the defaults for none.
pub(crate) fn limits(given: Option<ipcsentry_limits>) -> Result<Limits, ipcsentry_status> {
    let mut limits = Limits::default();
    limits.seed = RandomState::new().build_hasher().finish();
    let Some(given) = given else { return Ok(limits) };
    let set = |place: &mut usize, value: u64| {
        if value != 0 {
            *place = usize::try_from(value).map_err(|_| IPCSENTRY_ERR_ARGUMENT)?;
        }
        Ok(())
    };
    set(&mut limits.bytes, given.bytes)?;
    set(&mut limits.max_record_bytes, given.max_record_bytes)?;
    set(&mut limits.max_alerts, given.max_alerts)?;
    if !(0..=IPCSENTRY_LATENESS_MAX).contains(&given.lateness) {
        return Err(IPCSENTRY_ERR_ARGUMENT);
    }
    limits.lateness = given.lateness;
    if given.seed != 0 {
        limits.seed = given.seed;
    }
    if given.dedup_window != 0 {
        limits.dedup_window = given.dedup_window;
    }
    Ok(limits)
}

/// The policy of a caller's JSON, which may name behaviors of the catalog; the default one if it is empty.
pub(crate) fn policy(json: &[u8], catalog: &Catalog) -> Result<Policy, ipcsentry_error> {
    match json {
        b"" => Ok(Policy::default()),
        json => Ok(Policy::for_catalog(json, catalog)?),
    }
}

/// Makes an engine. `policy` is JSON (`core/docs/policy.schema.json`) and may name behaviors of `catalog`; it is empty for
/// the default policy. `limits` may be NULL for the defaults. On
/// `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_new(
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    limits: *const ipcsentry_limits,
    engine: *mut *mut ipcsentry_engine,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, policy, given) = unsafe { (ptr::borrow(catalog)?, policy.bytes()?, ptr::input(limits)?) };
        // SAFETY: by the header's contract.
        let (out, error) = unsafe { (Out::new(engine)?, Out::optional(error)) };
        let (limits, catalog) = (self::limits(given)?, catalog.get());
        let policy = self::policy(policy, &catalog).map_err(|e| e.report(error))?;
        out.set(ptr::give(ipcsentry_engine::new(Engine::new(catalog, policy, limits))));
        Ok(IPCSENTRY_OK)
    })
}

/// Advances the time of `host` to `time` (nanoseconds since 1970, UTC), as an event of that time would.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_advance(
    engine: *mut ipcsentry_engine,
    host: ipcsentry_text,
    time: i64,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, host) = unsafe { (ptr::borrow(engine)?, host.bytes()?) };
        engine.with(|inner| {
            inner.engine.advance(host, Timestamp(time));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Reports that `nanos` have passed since the last event of every host, as when a live feed is quiet: checks that
/// waited for that long run now. Events with earlier times that follow do not count as late. `IPCSENTRY_ERR_ARGUMENT`
/// if `nanos` is negative.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_elapse(engine: *mut ipcsentry_engine, nanos: i64) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        if nanos < 0 {
            return Err(IPCSENTRY_ERR_ARGUMENT);
        }
        engine.with(|inner| {
            inner.engine.elapse(nanos);
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Judges all events that wait, as at the end of the input. Streams hand over the events they hold back, and stay open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_flush(engine: *mut ipcsentry_engine) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        engine.with(|inner| {
            inner.engine.flush();
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Sorts the waiting alerts for a report over complete input: by time, and only the last revision of each. Call it
/// between the flush and the polling.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_sort_alerts(engine: *mut ipcsentry_engine) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        engine.with(|inner| {
            inner.engine.sort_alerts();
            Ok(IPCSENTRY_OK)
        })
    })
}

/// The next event time at which `ipcsentry_engine_advance` has something to do, or `ipcsentry_stream_settle_quiet` for
/// events that a decoder holds back. `IPCSENTRY_NONE` when nothing waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_next_deadline(
    engine: *const ipcsentry_engine,
    time: *mut i64,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, time) = unsafe { (ptr::borrow(engine)?, Out::new(time)?) };
        engine.with(|inner| {
            Ok(inner.engine.next_deadline().map_or(IPCSENTRY_NONE, |deadline| {
                time.set(deadline.0);
                IPCSENTRY_OK
            }))
        })
    })
}

/// Gives out what `next` takes from an engine; `IPCSENTRY_NONE` when there is nothing.
///
/// # Safety
///
/// As for every function of the interface: both pointers are null or valid.
unsafe fn poll<T: Handle>(
    engine: *mut ipcsentry_engine,
    out: *mut *mut T,
    next: impl FnOnce(&mut Inner) -> Option<T>,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the caller's promise.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(out)?) };
        engine.with(|inner| {
            Ok(next(inner).map_or(IPCSENTRY_NONE, |found| {
                out.set(ptr::give(found));
                IPCSENTRY_OK
            }))
        })
    })
}

/// The next alert, in the order in which they were raised. `IPCSENTRY_NONE` when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_poll_alert(
    engine: *mut ipcsentry_engine,
    alert: *mut *mut ipcsentry_alert,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { poll(engine, alert, |inner| inner.engine.poll_alert().map(ipcsentry_alert::new)) }
}

/// The next alert that entries of the policy cover, or the next revision of one, in the order in which they happened; its
/// JSON names the entries in `suppressed_by`. It was counted once and is not raised. `IPCSENTRY_NONE` when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_poll_suppressed(
    engine: *mut ipcsentry_engine,
    alert: *mut *mut ipcsentry_alert,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { poll(engine, alert, |inner| inner.engine.poll_suppressed().map(ipcsentry_alert::new)) }
}

/// The next error of the last call that read records or events. The first 16 errors of a call are kept until the next
/// such call. `IPCSENTRY_NONE` when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_poll_error(
    engine: *mut ipcsentry_engine,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { poll(engine, error, |inner| inner.errors.pop_front()) }
}

/// Frees an engine; alerts and errors polled from it stay valid. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_free(engine: *mut ipcsentry_engine) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(engine) }
}
