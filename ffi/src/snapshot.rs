//! What an engine knows, saved, taken over by a new engine, and kept under another catalog or policy.

use ipcsentry::{Engine, RestoreError, Restored};

use crate::catalog::ipcsentry_catalog;
use crate::engine::{ipcsentry_engine, ipcsentry_limits, limits, policy};
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_ERR_MEMORY, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::{ipcsentry_bytes, ipcsentry_text};

/// What an engine knew at one moment, as bytes.
///
/// Lifetime and threads: yours until `ipcsentry_snapshot_free`, whatever becomes of its engine; immutable, may be read
/// by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_snapshot(Vec<u8>);

impl Handle for ipcsentry_snapshot {}

/// What an engine could not go on with when it was restored or got another catalog.
///
/// Lifetime and threads: yours until `ipcsentry_dropped_free`, whatever becomes of its engine; immutable, may be read
/// by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_dropped(Restored);

impl Handle for ipcsentry_dropped {}

/// Saves all state of an engine: hosts, processes, partial matches, events and alerts that wait, and of every open
/// stream the records half read. Catalog, policy and limits are not part of it. The seed is, so keep the bytes as
/// secret as the seed. The call takes the time of some copies of the state: make one every few seconds at most. It
/// changes nothing. `IPCSENTRY_ERR_MEMORY` if there is no room for the bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_snapshot(
    engine: *const ipcsentry_engine,
    snapshot: *mut *mut ipcsentry_snapshot,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(snapshot)?) };
        engine.with(|inner| {
            let mut bytes: Vec<u8> = Vec::new();
            let mut has_room = true;
            inner.engine.snapshot(&mut |chunk| {
                has_room = has_room && bytes.try_reserve(chunk.len()).is_ok();
                if has_room {
                    bytes.extend_from_slice(chunk);
                }
            });
            if !has_room {
                return Err(IPCSENTRY_ERR_MEMORY);
            }
            out.set(ptr::give(ipcsentry_snapshot(bytes)));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// The bytes of a snapshot. Write them to a file of another name, then rename it: a snapshot that was cut is refused.
/// Valid as long as the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_snapshot_bytes(
    snapshot: *const ipcsentry_snapshot,
    bytes: *mut ipcsentry_bytes,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (snapshot, out) = unsafe { (ptr::borrow(snapshot)?, Out::new(bytes)?) };
        out.set(ipcsentry_bytes { data: snapshot.0.as_ptr().cast(), len: snapshot.0.len() });
        Ok(IPCSENTRY_OK)
    })
}

/// Frees a snapshot. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_snapshot_free(snapshot: *mut ipcsentry_snapshot) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(snapshot) }
}

/// Makes an engine that goes on where the engine went on that was saved. Its open streams are open, under their old
/// numbers (`ipcsentry_engine_stream`); close those whose input does not go on. The seed is that of the snapshot;
/// `policy` and `limits` are as for `ipcsentry_engine_new`. `dropped` may be NULL; it gets what the engine could not go
/// on with, because the catalog has other rules or another version of the library wrote it.
///
/// `IPCSENTRY_ERR_SNAPSHOT` if the bytes are damaged, cut, of a form that this version does not read, or hold more than
/// the limits allow: then begin with `ipcsentry_engine_new`. With it, and with `IPCSENTRY_ERR_POLICY`, the error is
/// written to `error`, which may be NULL. Bytes of hostile origin cost time and memory in proportion to their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_restore(
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    limits: *const ipcsentry_limits,
    snapshot: ipcsentry_bytes,
    engine: *mut *mut ipcsentry_engine,
    dropped: *mut *mut ipcsentry_dropped,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, policy, given) = unsafe { (ptr::borrow(catalog)?, policy.bytes()?, ptr::input(limits)?) };
        // SAFETY: by the header's contract.
        let (snapshot, out) = unsafe { (snapshot.bytes()?, Out::new(engine)?) };
        // SAFETY: by the header's contract.
        let (dropped, error) = unsafe { (Out::optional(dropped), Out::optional(error)) };
        let (limits, catalog) = (self::limits(given)?, catalog.get());
        let restored = self::policy(policy, &catalog)
            .and_then(|policy| Engine::restore(catalog, policy, limits, snapshot).map_err(|e: RestoreError| e.into()));
        let (engine, report) = restored.map_err(|e: ipcsentry_error| e.report(error))?;
        out.set(ptr::give(ipcsentry_engine::new(engine)));
        if let Some(dropped) = dropped {
            dropped.set(ptr::give(ipcsentry_dropped(report)));
        }
        Ok(IPCSENTRY_OK)
    })
}

/// Gives an engine another catalog and policy (JSON, empty for the default policy) while it runs. Hosts, processes,
/// streams and waiting events stay, and so does the state of behaviors that both catalogs have with the same content.
/// `dropped` may be NULL; it gets the behaviors whose state was dropped. On `IPCSENTRY_ERR_POLICY` the error is written
/// to `error`, which may be NULL, and the engine goes on unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_replace(
    engine: *mut ipcsentry_engine,
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    dropped: *mut *mut ipcsentry_dropped,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, catalog, policy) = unsafe { (ptr::borrow(engine)?, ptr::borrow(catalog)?, policy.bytes()?) };
        // SAFETY: by the header's contract.
        let (dropped, error) = unsafe { (Out::optional(dropped), Out::optional(error)) };
        let catalog = catalog.get();
        let policy = self::policy(policy, &catalog).map_err(|e| e.report(error))?;
        engine.with(|inner| {
            let mut report = Restored::default();
            report.dropped = inner.engine.replace(catalog, policy);
            if let Some(dropped) = dropped {
                dropped.set(ptr::give(ipcsentry_dropped(report)));
            }
            Ok(IPCSENTRY_OK)
        })
    })
}

/// The behavior of number `number` whose state was dropped, by its id, and how many partial matches and deferred checks
/// that were. `IPCSENTRY_NONE` behind the last one. Valid as long as `dropped`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_dropped_behavior(
    dropped: *const ipcsentry_dropped,
    number: usize,
    behavior: *mut ipcsentry_text,
    count: *mut u64,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (dropped, behavior, count) = unsafe { (ptr::borrow(dropped)?, Out::new(behavior)?, Out::new(count)?) };
        let Some(one) = dropped.0.dropped.get(number) else { return Ok(IPCSENTRY_NONE) };
        behavior.set(ipcsentry_text::of(&one.behavior));
        count.set(one.count);
        Ok(IPCSENTRY_OK)
    })
}

/// The part of number `number` of a snapshot that another version of the library wrote and that this one cannot read,
/// such as `duplicates`: it begins anew. `IPCSENTRY_NONE` behind the last one. Valid as long as the library is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_dropped_part(
    dropped: *const ipcsentry_dropped,
    number: usize,
    part: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (dropped, part) = unsafe { (ptr::borrow(dropped)?, Out::new(part)?) };
        let Some(name) = dropped.0.left.get(number) else { return Ok(IPCSENTRY_NONE) };
        part.set(ipcsentry_text::of(name));
        Ok(IPCSENTRY_OK)
    })
}

/// Frees what was dropped. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_dropped_free(dropped: *mut ipcsentry_dropped) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(dropped) }
}
