//! Questions of an analyst: what almost alerted, what happened around an alert, what is known of a process.

use ipcsentry::Engine;
use ipcsentry::report::{Exposed, NearMiss, ProcessStory};

use crate::engine::ipcsentry_engine;
use crate::guard::guard;
use crate::ptr::{self, Out};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What almost raised an alert, as a JSON array with an object a near miss, the surest first, at most `most` of them
/// (`core/docs/investigation.schema.json`): the clauses that are met, those of which one was missing, the records. It looks
/// through all that the engine keeps, so do not call it for every event. Valid until the next
/// `ipcsentry_engine_near_misses_json`, `_timeline_json`, `_explain_json`, `_exposure_json` or `_free` of this engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_near_misses_json(
    engine: *mut ipcsentry_engine,
    most: usize,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    let near = |engine: &Engine| Some(list(engine.near_misses(most).iter().map(NearMiss::to_json)));
    // SAFETY: by the header's contract.
    unsafe { answer(engine, json, near) }
}

/// What the processes of an alert, or of all alerts of an incident, and their lineages did, as a JSON object, from `before`
/// nanoseconds before the first record to `after` behind the last: of the records that the engine still keeps.
/// `IPCSENTRY_NONE` if it keeps no alert with this id or of this incident, `IPCSENTRY_ERR_ARGUMENT` if the id is not UTF-8.
/// Valid as the text of `ipcsentry_engine_near_misses_json`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_timeline_json(
    engine: *mut ipcsentry_engine,
    id: ipcsentry_text,
    before: i64,
    after: i64,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    let Ok(id) = (unsafe { words(id) }) else { return IPCSENTRY_ERR_ARGUMENT };
    // SAFETY: by the header's contract.
    unsafe { answer(engine, json, |engine| Some(engine.timeline(id, before, after)?.to_json())) }
}

/// What is known of the processes that had a pid on a host, in order of time, as a JSON array with an object a process. An
/// empty host is any host. `IPCSENTRY_ERR_ARGUMENT` if its name is not UTF-8. Valid as the text of
/// `ipcsentry_engine_near_misses_json`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_explain_json(
    engine: *mut ipcsentry_engine,
    host: ipcsentry_text,
    pid: u32,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    let Ok(host) = (unsafe { words(host) }) else { return IPCSENTRY_ERR_ARGUMENT };
    let known = |engine: &Engine| Some(list(engine.explain(host, pid).iter().map(ProcessStory::to_json)));
    // SAFETY: by the header's contract.
    unsafe { answer(engine, json, known) }
}

/// What makes attacks easier, apart from alerts, as a JSON array with an object an exposure, each once for a host, an object
/// and a program: features that are on, permissions that are wide, clients with more rights than they need, with advice and
/// ids of ATT&CK mitigations. Valid as the text of `ipcsentry_engine_near_misses_json`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_exposure_json(
    engine: *mut ipcsentry_engine,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    let all = |engine: &Engine| Some(list(engine.exposure().iter().map(Exposed::to_json)));
    // SAFETY: by the header's contract.
    unsafe { answer(engine, json, all) }
}

fn list(objects: impl Iterator<Item = String>) -> String {
    format!("[{}]", objects.collect::<Vec<_>>().join(","))
}

/// A text as it is.
///
/// # Safety
/// `text` is as the header requires.
unsafe fn words<'t>(text: ipcsentry_text) -> Result<&'t str, ipcsentry_status> {
    // SAFETY: by this function's contract.
    let bytes = unsafe { text.bytes()? };
    core::str::from_utf8(bytes).map_err(|_| IPCSENTRY_ERR_ARGUMENT)
}

/// The body of the functions that answer a question.
///
/// # Safety
/// `engine` and `json` are as the header requires.
unsafe fn answer(
    engine: *mut ipcsentry_engine,
    json: *mut ipcsentry_text,
    ask: impl FnOnce(&Engine) -> Option<String>,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(json)?) };
        engine.with(|inner| {
            let Some(found) = ask(&inner.engine) else { return Ok(IPCSENTRY_NONE) };
            inner.answer = found;
            out.set(ipcsentry_text::of(&inner.answer));
            Ok(IPCSENTRY_OK)
        })
    })
}
