//! Baselines: what is usual, learned, merged, written, read, and judged by.

use std::sync::{Arc, OnceLock};

use ipcsentry::Policy;
use ipcsentry::baseline::Baseline;
use serde_json::{Value, json};

use crate::engine::ipcsentry_engine;
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::output::ipcsentry_document;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_ERR_BASELINE, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What is usual on the hosts of an organization: on how many hosts and days each relation was seen, of programs to
/// pipes, sockets, services, classes and children, and of alerts.
///
/// Lifetime and threads: yours until `ipcsentry_baseline_free`, whatever becomes of the engine that learned it;
/// immutable, may be read by several threads at once, and engines may share it.
#[derive(Debug)]
pub struct ipcsentry_baseline {
    baseline: Arc<Baseline>,
    json: OnceLock<String>,
}

impl Handle for ipcsentry_baseline {}

impl ipcsentry_baseline {
    fn of(baseline: Baseline) -> *mut Self {
        ptr::give(Self { baseline: Arc::new(baseline), json: OnceLock::new() })
    }

    /// The baseline, as long as the handle.
    pub(crate) fn baseline(&self) -> &Baseline {
        &self.baseline
    }
}

/// Makes an engine learn from now on. What it learns changes none of its alerts. It needs memory beside the engine's
/// limit: some MB for a fleet of a hundred hosts, and 200 MB at most, whatever is learned. A snapshot does not hold
/// what is learned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_start_learning(engine: *mut ipcsentry_engine) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        engine.with(|inner| {
            inner.engine.start_learning();
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Ends learning, and gives what was learned. Flush the engine first if its input has ended. `IPCSENTRY_NONE` if it did
/// not learn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_take_learned(
    engine: *mut ipcsentry_engine,
    baseline: *mut *mut ipcsentry_baseline,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(baseline)?) };
        engine.with(|inner| {
            let Some(learned) = inner.engine.take_learned() else { return Ok(IPCSENTRY_NONE) };
            out.set(ipcsentry_baseline::of(learned));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Makes an engine judge alerts by a baseline from now on; by none if `baseline` is NULL. Alerts that are usual as a
/// whole fall to low, critical ones excepted; none is silenced. The baseline may be freed afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_set_baseline(
    engine: *mut ipcsentry_engine,
    baseline: *const ipcsentry_baseline,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let engine = unsafe { ptr::borrow(engine)? };
        // SAFETY: by the header's contract.
        let given = if baseline.is_null() { None } else { Some(unsafe { ptr::borrow(baseline)? }) };
        let known = given.map(|given| Arc::clone(&given.baseline));
        engine.with(|inner| {
            inner.engine.set_baseline(known);
            Ok(IPCSENTRY_OK)
        })
    })
}

/// Reads a baseline from the JSON that `ipcsentry_baseline_json` wrote, here or elsewhere. `IPCSENTRY_ERR_BASELINE` if
/// it is none: the error, with its place, is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_read(
    json: ipcsentry_text,
    baseline: *mut *mut ipcsentry_baseline,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (json, out, error) = unsafe { (json.bytes()?, Out::new(baseline)?, Out::optional(error)) };
        let read = Baseline::from_json(json).map_err(|e| ipcsentry_error::from(e).report(error))?;
        out.set(ipcsentry_baseline::of(read));
        Ok(IPCSENTRY_OK)
    })
}

/// The baseline as JSON (`baseline.schema.json`): the same bytes for the same content. Valid as long as the baseline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_json(
    baseline: *const ipcsentry_baseline,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (baseline, out) = unsafe { (ptr::borrow(baseline)?, Out::new(json)?) };
        out.set(ipcsentry_text::of(baseline.json.get_or_init(|| baseline.baseline.to_json())));
        Ok(IPCSENTRY_OK)
    })
}

/// Makes a baseline of what two have seen. It does not matter in which order baselines are merged, nor whether one is
/// merged twice. `IPCSENTRY_ERR_BASELINE` if the first one is frozen.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_merge(
    one: *const ipcsentry_baseline,
    other: *const ipcsentry_baseline,
    merged: *mut *mut ipcsentry_baseline,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (one, other, out) = unsafe { (ptr::borrow(one)?, ptr::borrow(other)?, Out::new(merged)?) };
        let mut both = (*one.baseline).clone();
        both.merge(&other.baseline).map_err(|_| IPCSENTRY_ERR_BASELINE)?;
        out.set(ipcsentry_baseline::of(both));
        Ok(IPCSENTRY_OK)
    })
}

/// Makes a baseline of the same content that takes nothing more: `ipcsentry_baseline_merge` refuses to add to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_freeze(
    baseline: *const ipcsentry_baseline,
    frozen: *mut *mut ipcsentry_baseline,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (baseline, out) = unsafe { (ptr::borrow(baseline)?, Out::new(frozen)?) };
        let mut copy = (*baseline.baseline).clone();
        copy.freeze();
        out.set(ipcsentry_baseline::of(copy));
        Ok(IPCSENTRY_OK)
    })
}

/// What somebody should look at: a JSON list of the relations that were seen near an alert and are not usual, the most
/// frequent first. `policy` has the quorum of hosts and days, and is the default one if empty. On `IPCSENTRY_ERR_POLICY`
/// the error is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_review(
    baseline: *const ipcsentry_baseline,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        unsafe { write(baseline, policy, document, error, |baseline, policy| json!(baseline.review(policy))) }
    })
}

/// What `later` has otherwise than `baseline`: a JSON object with `changes`, each with the relation `before` and `after`
/// (null where there is none), and `drift`, the part of what is usual in one of them that is not usual in both, in
/// thousandths. `policy` and `error` are as in `ipcsentry_baseline_review`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_diff(
    baseline: *const ipcsentry_baseline,
    later: *const ipcsentry_baseline,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let later = unsafe { ptr::borrow(later)? };
        let compare = |baseline: &Baseline, policy: &Policy| json!(baseline.compare(&later.baseline, policy));
        // SAFETY: by this function's contract.
        unsafe { write(baseline, policy, document, error, compare) }
    })
}

/// The policy as JSON, with an entry for each alert that is usual, for somebody to read and take over: nothing is
/// silenced by itself. `policy` and `error` are as in `ipcsentry_baseline_review`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_to_policy(
    baseline: *const ipcsentry_baseline,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        unsafe { write(baseline, policy, document, error, |baseline, policy| baseline.to_policy(policy).0) }
    })
}

/// Writes what a baseline says under a policy.
///
/// # Safety
///
/// As the header's contract for the functions above.
unsafe fn write(
    baseline: *const ipcsentry_baseline,
    policy: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
    said: impl FnOnce(&Baseline, &Policy) -> Value,
) -> Result<ipcsentry_status, ipcsentry_status> {
    // SAFETY: by this function's contract.
    let (baseline, policy, out, error) =
        unsafe { (ptr::borrow(baseline)?, policy.bytes()?, Out::new(document)?, Out::optional(error)) };
    let policy = match policy {
        [] => Policy::default(),
        json => Policy::from_json(json).map_err(|e| ipcsentry_error::from(e).report(error))?,
    };
    out.set(ipcsentry_document::of(said(&baseline.baseline, &policy).to_string()));
    Ok(IPCSENTRY_OK)
}

/// Frees a baseline. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_baseline_free(baseline: *mut ipcsentry_baseline) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(baseline) }
}
