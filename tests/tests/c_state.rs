//! State through the C interface: a snapshot has the bytes of Rust's, a restored engine goes on as one that never stopped,
//! another policy or catalog takes away only what it must, and what is refused changes nothing.

use std::ptr::null_mut;

use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
use ipcsentry_ffi::catalog::{ipcsentry_catalog_free, ipcsentry_catalog_without};
use ipcsentry_ffi::engine::{ipcsentry_engine, ipcsentry_limits};
use ipcsentry_ffi::format::IPCSENTRY_FORMAT_RECOGNIZE;
use ipcsentry_ffi::snapshot::*;
use ipcsentry_ffi::status::{
    IPCSENTRY_ERR_POLICY, IPCSENTRY_ERR_SNAPSHOT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status,
};
use ipcsentry_ffi::stream::*;
use ipcsentry_ffi::text::ipcsentry_bytes;
use ipcsentry_tests::c_api::{CCatalog, CEngine, error_of, taken, text};

const LATENESS: i64 = 2_000_000_000;

fn set(limits: &mut ipcsentry_limits) {
    limits.lateness = LATENESS;
    limits.seed = 7;
}

fn rust_limits() -> Limits {
    let mut limits = Limits::default();
    limits.lateness = LATENESS;
    limits.seed = 7;
    limits
}

fn saved(engine: &CEngine) -> Vec<u8> {
    let (mut snapshot, mut bytes) = (null_mut(), ipcsentry_bytes { data: std::ptr::null(), len: 0 });
    // SAFETY: a good handle and outputs; the bytes are copied before the snapshot is freed.
    unsafe {
        assert_eq!(ipcsentry_engine_snapshot(engine.0, &raw mut snapshot), IPCSENTRY_OK);
        assert_eq!(ipcsentry_snapshot_bytes(snapshot, &raw mut bytes), IPCSENTRY_OK);
        let saved = std::slice::from_raw_parts(bytes.data.cast(), bytes.len).to_vec();
        ipcsentry_snapshot_free(snapshot);
        saved
    }
}

/// What an engine could not go on with, and how much of it.
type Dropped = Vec<(String, u64)>;

/// An engine made of a snapshot and what it could not go on with, or the status and text of the error.
fn restored(bytes: &[u8], policy: &[u8]) -> Result<(CEngine, Dropped), (ipcsentry_status, String)> {
    // SAFETY: a structure of numbers.
    let mut limits: ipcsentry_limits = unsafe { std::mem::zeroed() };
    limits.type_size = size_of_val(&limits) as u64;
    set(&mut limits);
    let (catalog, state) = (CCatalog::builtin(), ipcsentry_bytes { data: bytes.as_ptr().cast(), len: bytes.len() });
    let (mut engine, mut dropped, mut error): (*mut ipcsentry_engine, _, _) = (null_mut(), null_mut(), null_mut());
    // SAFETY: good handles and outputs.
    unsafe {
        let status = ipcsentry_engine_restore(
            catalog.0,
            text(policy),
            &raw const limits,
            state,
            &raw mut engine,
            &raw mut dropped,
            &raw mut error,
        );
        if status.0 < 0 {
            assert!(engine.is_null() && dropped.is_null(), "an output was written");
            return Err((status, error_of(error).2));
        }
        Ok((CEngine(engine), behaviors(dropped)))
    }
}

/// The behaviors in a list of what was dropped, which is freed.
///
/// # Safety
/// It is a good handle, and nobody else frees it.
unsafe fn behaviors(dropped: *mut ipcsentry_dropped) -> Vec<(String, u64)> {
    let (mut all, mut behavior, mut count) = (Vec::new(), text(b""), 0);
    // SAFETY: by this function's contract.
    unsafe {
        while ipcsentry_dropped_behavior(dropped, all.len(), &raw mut behavior, &raw mut count) == IPCSENTRY_OK {
            all.push((taken(behavior).expect("text"), count));
        }
        assert_eq!(ipcsentry_dropped_part(dropped, 0, &raw mut behavior), IPCSENTRY_NONE);
        ipcsentry_dropped_free(dropped);
    }
    all
}

#[test]
fn a_snapshot_has_the_bytes_of_rusts_and_its_engine_goes_on() {
    let mut alerts = 0;
    for scenario in scenario::all().iter().filter(|s| s.is_positive()).step_by(3) {
        let events = scenario.events();
        let (before, after) = events.split_at(events.len() / 2);
        let mut rust = Engine::new(Catalog::builtin(), Policy::default(), rust_limits());
        let c = CEngine::new(set);
        for event in before {
            rust.feed(event);
            c.feed_model(event, false);
        }
        let mut bytes = Vec::new();
        rust.snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
        let snapshot = saved(&c);
        assert_eq!(snapshot, bytes, "{}", scenario.id());
        let (c, dropped) = restored(&snapshot, b"").expect("it was just saved");
        assert_eq!(dropped, [], "{}", scenario.id());
        for event in after {
            rust.feed(event);
            c.feed_model(event, false);
        }
        rust.flush();
        rust.sort_alerts();
        c.flush(true);
        let rust: Vec<String> = std::iter::from_fn(|| rust.poll_alert()).map(|alert| alert.to_json()).collect();
        let c: Vec<String> = c.alerts().iter().map(|alert| alert.json()).collect();
        assert_eq!(c, rust, "{}", scenario.id());
        alerts += rust.len();
    }
    assert!(alerts > 30, "{alerts} alerts");
}

#[test]
fn a_restored_engine_has_its_streams_and_their_half_records() {
    let c = CEngine::new(set);
    let mut stream = ipcsentry_stream(0);
    // SAFETY: a structure of numbers and pointers; good handles and outputs.
    unsafe {
        let mut options: ipcsentry_stream_options = std::mem::zeroed();
        options.type_size = size_of_val(&options) as u64;
        options.format = IPCSENTRY_FORMAT_RECOGNIZE;
        let mut streams = [ipcsentry_stream(0); 3];
        for stream in &mut streams {
            assert_eq!(ipcsentry_engine_open_stream(c.0, &raw const options, stream), IPCSENTRY_OK);
        }
        assert!(ipcsentry_stream_close(c.0, streams[1], null_mut()).0 >= 0);
        let half = b"type=USER_CMD msg=audit(1795308392.897:6";
        let chunk = ipcsentry_bytes { data: half.as_ptr().cast(), len: half.len() };
        assert_eq!(ipcsentry_stream_feed(c.0, streams[2], chunk, null_mut()), IPCSENTRY_OK);
        let (again, _) = restored(&saved(&c), b"").expect("it was just saved");
        drop(c);
        for (number, open) in [streams[0], streams[2]].into_iter().enumerate() {
            assert_eq!(ipcsentry_engine_stream(again.0, number, &raw mut stream), IPCSENTRY_OK);
            assert_eq!(stream, open);
        }
        assert_eq!(ipcsentry_engine_stream(again.0, 2, &raw mut stream), IPCSENTRY_NONE);
        let rest = b"54): pid=1 uid=0\n";
        let chunk = ipcsentry_bytes { data: rest.as_ptr().cast(), len: rest.len() };
        let mut report = ipcsentry_feed_report::default();
        assert_eq!(ipcsentry_stream_feed(again.0, streams[2], chunk, &raw mut report), IPCSENTRY_OK);
        assert_eq!((report.records, report.errors), (1, 0));
    }
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let c = CEngine::new(set);
    for event in scenario::all()[0].events() {
        c.feed_model(&event, false);
    }
    let good = saved(&c);
    let mut damaged = good.clone();
    damaged[good.len() / 2] ^= 1;
    for (bytes, why) in [(&good[..good.len() - 1], "end"), (&damaged, "checksum"), (b"", "no snapshot")] {
        let (status, text) = restored(bytes, b"").expect_err("it is none");
        assert_eq!(status, IPCSENTRY_ERR_SNAPSHOT);
        assert!(text.contains(why), "{text}");
    }
    let (status, text) = restored(&good, b"{\"min_confidense\": 1}").expect_err("a wrong policy");
    assert!(status == IPCSENTRY_ERR_POLICY && text.contains("min_confidense"), "{text}");
    assert!(restored(&good, b"{\"min_confidence\": 100}").is_ok());
}

#[test]
fn another_policy_or_catalog_takes_away_only_what_it_must() {
    let relay = scenario::all().iter().find(|s| s.is_positive() && s.behavior() == "L05").expect("there is one");
    let (events, behavior) = (relay.events(), "linux.fifo.shell_relay");
    let (before, after) = events.split_at(events.len() - 1);
    for (code, is_left) in [("W07", true), ("L05", false)] {
        let c = CEngine::new(|limits| limits.seed = 7);
        for event in before {
            c.feed_model(event, false);
        }
        drop(c.alerts());
        let (mut fewer, mut error, mut dropped) = (null_mut(), null_mut(), null_mut());
        // SAFETY: good handles and outputs.
        let lost = unsafe {
            let builtin = CCatalog::builtin();
            let status = ipcsentry_engine_replace(c.0, builtin.0, text(b"{"), &raw mut dropped, &raw mut error);
            assert_eq!((status, dropped.is_null()), (IPCSENTRY_ERR_POLICY, true));
            assert!(error_of(error).0 == IPCSENTRY_ERR_POLICY.0);
            assert_eq!(
                ipcsentry_catalog_without(builtin.0, text(code.as_bytes()), &raw mut fewer, null_mut()),
                IPCSENTRY_OK
            );
            let status = ipcsentry_engine_replace(c.0, fewer, text(b""), &raw mut dropped, null_mut());
            assert_eq!(status, IPCSENTRY_OK);
            ipcsentry_catalog_free(fewer);
            behaviors(dropped)
        };
        assert_eq!(lost.iter().any(|(id, count)| id == behavior && *count > 0), !is_left, "{code}: {lost:?}");
        for event in after {
            c.feed_model(event, false);
        }
        c.flush(false);
        let found = c.alerts().iter().any(|alert| alert.json().contains(&format!("\"behavior\":\"{behavior}\"")));
        assert_eq!(found, is_left, "without {code}");
    }
}
