//! Events that an agent makes itself: every field of the event model reaches the engine through the C structures, the
//! alerts are those of the same events in Rust and of the telemetry they were read from, byte for byte, and what is
//! wrong is refused with its place.

use std::collections::BTreeSet;

use ipcsentry::decode::{DecodeError, Decoder, Format, Record, Sink, Skip};
use ipcsentry::event::{Event, KindTag};
use ipcsentry::scenario::{self, Rendered, Scenario};
use ipcsentry::{_internal_test_exports as internal, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_ffi::event::keep::{self, Keep};
use ipcsentry_ffi::event::model::ipcsentry_event;
use ipcsentry_ffi::event::value::{ipcsentry_event_text, ipcsentry_u32};
use ipcsentry_ffi::event::words::{ipcsentry_channel, ipcsentry_kind, ipcsentry_os};
use ipcsentry_ffi::format::IPCSENTRY_FORMAT_RECOGNIZE;
use ipcsentry_ffi::status::{
    IPCSENTRY_DRAIN, IPCSENTRY_DUPLICATE, IPCSENTRY_ERR_BAD_VALUE, IPCSENTRY_ERR_MISSING, IPCSENTRY_ERR_NULL,
    IPCSENTRY_ERR_STRUCT, IPCSENTRY_ERR_TOO_LONG, IPCSENTRY_OK, IPCSENTRY_RECORD_ERRORS, ipcsentry_status,
};
use ipcsentry_tests::c_api::CEngine;
use serde_json::Value;

/// Samples of each kind: enough for every value of the enumerations.
const SAMPLES: u32 = 60;

#[test]
fn every_field_of_the_event_model_passes_through_the_structures() {
    for kind in KindTag::ALL {
        for number in 0..SAMPLES {
            let event = internal::sample_event(*kind, number);
            for utf16 in [false, true] {
                let mut keep = Keep::new(utf16);
                let made = keep.event(&event);
                // SAFETY: `keep` is alive.
                let read = unsafe { keep::read(&made, |read| assert_eq!(*read, event, "{}", kind.name())) };
                assert_eq!(read, Ok(()), "{}", kind.name());
            }
        }
    }
}

/// The last lines are those of alerts that were revised.
fn lines(engine: &mut Engine) -> Vec<String> {
    engine.flush();
    engine.sort_alerts();
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()).collect()
}

fn rust_engine() -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    limits.seed = 7;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

fn c_engine() -> CEngine {
    CEngine::new(|limits| {
        limits.lateness = i64::MAX / 4;
        limits.seed = 7;
    })
}

fn c_lines(engine: &CEngine) -> Vec<String> {
    engine.flush(true);
    engine.alerts().iter().map(|alert| alert.json()).collect()
}

#[test]
fn scenarios_as_events_in_c_give_the_alerts_of_rust() {
    let mut alerts = 0;
    for (number, scenario) in scenario::all().iter().enumerate() {
        let scenario = scenario.variant(number as u64 % 5);
        let (mut rust, c) = (rust_engine(), c_engine());
        for event in scenario.events() {
            rust.feed(&event);
            c.feed_model(&event, number % 2 == 0);
        }
        let (rust, c) = (lines(&mut rust), c_lines(&c));
        assert_eq!(c, rust, "{}", scenario.id());
        alerts += rust.len();
    }
    assert!(alerts > 100, "{alerts} alerts compared");
}

#[test]
fn scenarios_as_telemetry_give_the_alerts_of_its_events() {
    let mut alerts = 0;
    for scenario in scenario::all() {
        for telemetry in scenario.telemetry() {
            let files = scenario.render(telemetry).expect("it is among those that can be rendered");
            alerts += compare(scenario, &files);
        }
    }
    assert!(alerts > 100, "{alerts} alerts compared");
}

/// The telemetry as bytes in Rust and in C, and its events in both.
fn compare(scenario: &Scenario, files: &[Rendered]) -> usize {
    let (mut bytes, mut events) = (rust_engine(), rust_engine());
    let (c_bytes, c_events) = (c_engine(), c_engine());
    for file in files {
        let mut options = StreamOptions::new(file.format);
        options.host = scenario.host().into();
        let stream = bytes.open_stream(options);
        bytes.feed_bytes(stream, &file.bytes);
        bytes.close_stream(stream);
        c_bytes.feed_stream(IPCSENTRY_FORMAT_RECOGNIZE, scenario.host().as_bytes(), &file.bytes);
        let mut each = Each(|event: &Event<'_>| {
            let mut event = event.clone();
            if event.host.is_empty() {
                event.host = scenario.host().as_bytes();
            }
            events.feed(&event);
            c_events.feed_model(&event, false);
        });
        decode(file.format, &file.bytes, &mut each);
    }
    let bytes = lines(&mut bytes);
    let of_events = lines(&mut events);
    assert_eq!(of_events, c_lines(&c_events), "{} {:?}: events in C", scenario.id(), files[0].format);
    assert_eq!(bytes, c_lines(&c_bytes), "{} {:?}: bytes in C", scenario.id(), files[0].format);
    assert_eq!(bytes, of_events, "{} {:?}: events of the bytes", scenario.id(), files[0].format);
    bytes.len()
}

struct Each<F: FnMut(&Event<'_>)>(F);

impl<F: FnMut(&Event<'_>)> Sink for Each<F> {
    fn event(&mut self, event: &Event<'_>) {
        self.0(event);
    }
    fn skipped(&mut self, _: u64, _: Skip) {}
    fn error(&mut self, error: DecodeError) {
        panic!("{error}");
    }
}

fn decode(format: Format, bytes: &[u8], sink: &mut dyn Sink) {
    let mut decoder: Box<dyn Decoder> = format.decoder();
    for (number, line) in bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()).enumerate() {
        decoder.record(Record { bytes: line, number: number as u64, offset: 0 }, sink);
    }
    decoder.finish(sink);
}

fn start() -> Event<'static> {
    let mut event = internal::sample_event(KindTag::ProcessStart, 3);
    event.record = 77;
    event
}

/// The status and the place of an event that is wrong in one way.
fn refused(
    spoil: impl FnOnce(&mut ipcsentry_event, &mut ipcsentry_ffi::event::process::ipcsentry_process),
) -> (ipcsentry_status, String) {
    let (engine, mut keep) = (c_engine(), Keep::default());
    let mut event = keep.event(&start());
    // SAFETY: `keep` made it, and is alive.
    let mut actor = unsafe { *event.actor };
    spoil(&mut event, &mut actor);
    event.actor = &raw const actor;
    let status = engine.feed(&event);
    let errors = engine.errors();
    let (code, place, words, position) = errors.first().cloned().unwrap_or_default();
    if status.0 < 0 {
        assert_eq!((code, position.1, errors.len()), (status.0, 0, 1), "{words}");
        assert!(words.contains(&place) && words.contains("event 0"), "{words}");
    }
    assert_eq!(engine.stats().events, 0, "nothing was judged before the flush");
    (status, place)
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let text = |len, encoding| ipcsentry_event_text { data: b"abc".as_ptr().cast(), len, encoding };
    let wrong = |status: ipcsentry_status, place: &str| (status, place.to_owned());
    assert_eq!(refused(|_, _| {}).0, IPCSENTRY_OK);
    assert_eq!(refused(|e, _| e.kind = ipcsentry_kind(0)), wrong(IPCSENTRY_ERR_MISSING, "kind"));
    assert_eq!(refused(|e, _| e.kind = ipcsentry_kind(9999)), wrong(IPCSENTRY_ERR_BAD_VALUE, "kind"));
    assert_eq!(refused(|e, _| e.os = ipcsentry_os(0)), wrong(IPCSENTRY_ERR_MISSING, "os"));
    assert_eq!(refused(|e, _| e.channel = ipcsentry_channel(u32::MAX)), wrong(IPCSENTRY_ERR_BAD_VALUE, "channel"));
    assert_eq!(refused(|e, _| e.host = text(3, 1)), wrong(IPCSENTRY_ERR_BAD_VALUE, "host"), "half a code unit");
    assert_eq!(refused(|e, _| e.host = text(2, 2)), wrong(IPCSENTRY_ERR_BAD_VALUE, "host"), "no such encoding");
    assert_eq!(refused(|_, a| a.image = text(usize::MAX, 0)), wrong(IPCSENTRY_ERR_TOO_LONG, "actor.image"));
    assert_eq!(refused(|_, a| a.image.data = std::ptr::null()), wrong(IPCSENTRY_ERR_BAD_VALUE, "actor.image"));
    let unmarked = ipcsentry_u32 { is_set: 0, value: 4711 };
    assert_eq!(refused(|_, a| a.pid = unmarked), wrong(IPCSENTRY_ERR_BAD_VALUE, "actor.pid"), "forgotten mark");
    assert_eq!(refused(|_, a| a.unique_id.kind = 9), wrong(IPCSENTRY_ERR_BAD_VALUE, "actor.unique_id.kind"));
    assert_eq!(refused(|_, a| a.type_size = 8), wrong(IPCSENTRY_ERR_STRUCT, "actor"));
    assert_eq!(refused(|_, a| a.reserved[5] = 1), wrong(IPCSENTRY_ERR_STRUCT, "actor"));
    assert_eq!(refused(|e, _| e.reserved_word = 1), wrong(IPCSENTRY_ERR_STRUCT, ""));
    assert_eq!(refused(|e, _| e.native_id.millis = 1000), wrong(IPCSENTRY_ERR_BAD_VALUE, "native_id"));
    let endpoint = |e: &mut ipcsentry_event| {
        e.kind = ipcsentry_kind(KindTag::EndpointCreate as u32 + 1);
        e.details.endpoint_act = std::ptr::null();
    };
    assert_eq!(refused(|e, _| endpoint(e)), wrong(IPCSENTRY_ERR_MISSING, "details"));
    // SAFETY: a good handle.
    let none = unsafe { ipcsentry_ffi::event::feed::ipcsentry_engine_feed(c_engine().0, std::ptr::null()) };
    assert_eq!(none, IPCSENTRY_ERR_NULL);
}

#[test]
fn a_batch_goes_on_after_a_faulty_event_and_counts() {
    let engine = CEngine::new(|_| {});
    let mut keep = Keep::default();
    let mut events: Vec<ipcsentry_event> =
        (0..40).map(|number| keep.event(&internal::sample_event(KindTag::ProcessSeen, number * 1000))).collect();
    for event in &mut events[10..30] {
        event.os = ipcsentry_os(0);
    }
    let (status, report) = engine.feed_batch(&events);
    assert_eq!((status, report.taken, report.errors), (IPCSENTRY_RECORD_ERRORS, 40, 20));
    let errors = engine.errors();
    assert_eq!(errors.len(), 16, "the first are kept");
    assert_eq!(errors[0].3, (events[10].record, 10));
    assert_eq!(engine.stats().events, 20);
    let (status, report) = engine.feed_batch(&events[..10]);
    assert_eq!((status, report.duplicates), (IPCSENTRY_OK, 10));
    assert_eq!(engine.feed(&events[0]), IPCSENTRY_DUPLICATE);
    assert_eq!(engine.feed_batch(&[]).0, IPCSENTRY_OK);
    let mut odd = events[0];
    odd.type_size = 16;
    assert_eq!(engine.feed_batch(&[odd, events[1]]).0, IPCSENTRY_ERR_STRUCT);
}

#[test]
fn a_batch_stops_before_alerts_are_lost() {
    let scenario = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let engine = CEngine::new(|limits| limits.max_alerts = 4);
    let mut keep = Keep::default();
    let scenarios: Vec<Scenario> = (0..20).map(|seed| scenario.variant(seed)).collect();
    let mut events = Vec::new();
    for scenario in &scenarios {
        events.extend(scenario.events().iter().map(|event| keep.event(event)));
    }
    let (mut at, mut drained, mut pauses) = (0, BTreeSet::new(), 0);
    while at < events.len() {
        let (status, report) = engine.feed_batch(&events[at..]);
        at += report.taken as usize;
        for alert in engine.alerts() {
            let json: Value = serde_json::from_str(&alert.json()).expect("JSON");
            drained.insert((json["id"].to_string(), json["code"].to_string(), json["host"].to_string()));
        }
        if status == IPCSENTRY_DRAIN {
            pauses += 1;
            assert!(pauses < 1000, "a batch after draining goes on");
        }
    }
    let stats = engine.stats();
    assert!(pauses > 3, "{pauses} pauses");
    assert_eq!(stats.alerts_dropped, 0);
    assert_eq!(drained.len() as u64, stats.alerts);
}
