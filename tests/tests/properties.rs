//! Properties of the engine, tested with generated telemetry: the same input gives the same output; order within the
//! lateness does not matter; a stream may be cut anywhere; no bytes do harm; memory stays within its limit.

use std::collections::BTreeMap;

use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::time::{MILLISECOND, SECOND};
use ipcsentry::{Accepted, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::steps::{Act, Step};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::Value;

/// Milliseconds of lateness in these tests.
const LATENESS: u32 = 3_000;
/// Most bytes that a decoder may hold.
const HELD: usize = 16 << 20;

/// proptest's default number of cases where the environment asks for volume, few otherwise.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = if std::env::var_os("IPCSENTRY_VOLUME").is_some() { usual.cases } else { few };
    ProptestConfig { cases, failure_persistence: None, ..usual }
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        3 => Just(Act::Start), 1 => Just(Act::End), 3 => Just(Act::Create), 4 => Just(Act::Connect),
        3 => Just(Act::Network), 1 => Just(Act::Access), 1 => Just(Act::Thread)
    ];
    (act, any::<bool>(), 0..4_u8, 0..12_u32, 0..12_u32, 0..3_u8, 0..60_000_u32).prop_map(
        |(act, linux, host, actor, other, object, at)| Step {
            act,
            linux,
            host: u8::from(host == 3),
            actor,
            other,
            object,
            at,
            number: 0,
        },
    )
}

/// Steps in order of time, numbered.
fn scenario(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..most).prop_map(|mut steps| {
        steps.sort_by_key(|s| s.at);
        (1..).zip(&mut steps).for_each(|(number, s)| s.number = number);
        steps
    })
}

fn engine(lateness: i64) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = lateness;
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

fn drain(engine: &mut Engine) -> Vec<String> {
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()).collect()
}

/// The last revision of every alert by id.
fn latest(lines: &[String]) -> BTreeMap<String, Value> {
    let alerts = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("an alert is JSON"));
    alerts.map(|alert| (alert["id"].to_string(), alert)).collect()
}

fn judged<'a>(steps: impl IntoIterator<Item = &'a Step>, lateness: i64) -> (Vec<String>, u64) {
    let mut engine = engine(lateness);
    for step in steps {
        engine.feed(&step.event());
    }
    engine.flush();
    let lines = drain(&mut engine);
    (lines, engine.stats().late)
}

#[test]
fn the_made_up_steps_raise_alerts() {
    // Without alerts, the assertions below would be empty.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let scenarios = scenario(120);
    let raised = (0..64).filter(|_| {
        let steps = scenarios.new_tree(&mut runner).expect("a scenario").current();
        !judged(&steps, 0).0.is_empty()
    });
    let raised = raised.count();
    assert!(raised >= 16, "only {raised} of 64 scenarios raise an alert");
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_same_in_gives_the_same_out(steps in scenario(120), lateness in prop_oneof![Just(0), Just(2 * SECOND)]) {
        prop_assert_eq!(judged(&steps, lateness), judged(&steps, lateness));
    }

    #[test]
    fn order_within_the_lateness_does_not_matter(
        steps in scenario(120),
        delays in prop::collection::vec(0..LATENESS, 120),
    ) {
        let lateness = i64::from(LATENESS) * MILLISECOND;
        let mut shuffled: Vec<(u32, &Step)> = steps.iter().zip(&delays).map(|(s, delay)| (s.at + delay, s)).collect();
        shuffled.sort_by_key(|(arrival, s)| (*arrival, std::cmp::Reverse(s.number)));
        let (sorted, late) = judged(&steps, lateness);
        prop_assert_eq!(late, 0);
        let (other, late) = judged(shuffled.into_iter().map(|(_, s)| s), lateness);
        prop_assert_eq!(late, 0);
        prop_assert_eq!(latest(&sorted), latest(&other));
    }

    #[test]
    fn an_event_seen_twice_counts_once(steps in scenario(60)) {
        let mut engine = engine(0);
        for step in &steps {
            engine.feed(&step.event());
            prop_assert_eq!(engine.feed(&step.event()), Accepted::Duplicate);
        }
        engine.flush();
        let twice = drain(&mut engine);
        prop_assert_eq!(twice, judged(&steps, 0).0);
        prop_assert_eq!(engine.stats().duplicates, steps.len() as u64);
    }

    #[test]
    fn a_stream_may_be_cut_anywhere(steps in scenario(40), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let text: String = steps.iter().filter(|s| s.linux).map(Step::auditd).collect();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        at.sort_unstable();
        let whole = streamed(&[text.as_bytes()]);
        let mut parts = Vec::new();
        let mut begin = 0;
        for end in at.into_iter().chain([text.len()]) {
            parts.push(&text.as_bytes()[begin..end]);
            begin = end;
        }
        let cut = streamed(&parts);
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn no_bytes_harm_a_decoder(lines in prop::collection::vec(hostile(), 0..40)) {
        for &(_, format) in Format::ALL {
            let mut decoder = format.decoder();
            for (number, line) in lines.iter().enumerate() {
                decoder.record(Record { bytes: line, number: number as u64, offset: 0 }, &mut Nowhere);
                prop_assert!(decoder.held_bytes() <= HELD, "{:?} holds {}", format, decoder.held_bytes());
            }
            decoder.finish(&mut Nowhere);
        }
    }

    #[test]
    fn no_bytes_harm_an_engine(bytes in prop::collection::vec(hostile(), 0..20), lateness in prop_oneof![Just(0), Just(SECOND)]) {
        for &(_, format) in Format::ALL {
            let mut engine = engine(lateness);
            let stream = engine.open_stream(StreamOptions::new(format));
            for line in &bytes {
                engine.feed_bytes(stream, line);
                engine.feed_bytes(stream, b"\n");
            }
            engine.close_stream(stream);
            engine.flush();
            drain(&mut engine);
        }
    }

    #[test]
    fn memory_stays_within_its_limit(steps in scenario(400), lateness in prop_oneof![Just(0), Just(30 * SECOND)]) {
        let mut limits = Limits::default();
        limits.bytes = Limits::MIN_BYTES;
        limits.lateness = lateness;
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
        for round in 0..8_u32 {
            for step in &steps {
                let mut step = *step;
                step.number += u64::from(round) << 32;
                step.actor += round * 1000;
                step.at += round * 60_000;
                engine.feed(&step.event());
            }
            let stats = engine.stats();
            prop_assert!(stats.bytes <= Limits::MIN_BYTES as u64, "{} bytes", stats.bytes);
        }
    }
}

/// Alerts, and the counters that must not depend on where the stream was cut.
fn streamed(parts: &[&[u8]]) -> (Vec<String>, u64, u64, u64) {
    let mut engine = engine(SECOND);
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    for part in parts {
        engine.feed_bytes(stream, part);
    }
    engine.close_stream(stream);
    engine.flush();
    let stats = engine.stats();
    (drain(&mut engine), stats.records, stats.events, stats.decode_errors)
}

/// Arbitrary bytes, and bytes that resemble telemetry.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<Vec<u8>> = vec![
        br##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":17,"Computer":"H","EventRecordID":5},"EventData":{"UtcTime":"2020-05-02 18:01:54.863","ProcessGuid":"747F3D96-B592-5EAD-0000-0010ECCBC200","ProcessId":4,"PipeName":"\\x","Image":"C:\\a.exe"}}}"##.to_vec(),
        br#"{"EventID":"1","SourceName":"Microsoft-Windows-Sysmon","Hostname":"h","UtcTime":"2020-09-18 19:00:21.120","ProcessGuid":"{81056205-5686-64dc-3b04-000000000800}","CommandLine":"a\u0041&amp;"}"#.to_vec(),
        br#"{"schema_version":1,"version":9,"event_type":9,"time":"2024-01-01T00:00:00.0Z","process":{"audit_token":{"pid":5},"executable":{"path":"\/bin\/sh"}},"event":{"exec":{"target":{},"args":["a"]}},"global_seq_num":3}"#.to_vec(),
        br#"{"ID":"1.000:1","SYSCALL":{"arch":"0xc000003e","syscall":42,"success":"yes","pid":5},"SOCKADDR":[{"saddr":"%01%00/tmp/x%00"}]}"#.to_vec(),
        br#"{"name":"pack","hostIdentifier":"h","unixTime":1,"action":"added","columns":{"pid":"5","path":"/bin/sh"}}"#.to_vec(),
        br#"{"timestamp":"2026-07-26 18:11:22.348728+1200","subsystem":"com.apple.TCC","eventMessage":"AUTHREQ_CTX: msgID=1.2, function=x, service=kTCCServiceAppleEvents","processID":5,"processImagePath":"\/x"}"#.to_vec(),
        b"2026-07-26 18:11:22.348728+1200 0x1 Default 0x0 5 0 tccd: [com.apple.TCC:access] REQUEST: msgID=1.2, x={".to_vec(),
        b"type=SYSCALL msg=audit(1795308392.897:654): arch=c000003e syscall=42 success=yes exit=0 a0=5 a1=55 a2=17 pid=9 exe=\"/x\"".to_vec(),
        b"type=SOCKADDR msg=audit(1795308392.897:654): saddr=01002F7661722F72756E2F646F636B65722E736F636B00".to_vec(),
    ];
    let damaged = (
        prop::sample::select(seeds),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut line, edits, cut)| {
            for (at, byte) in edits {
                let at = at.index(line.len());
                line[at] = byte;
            }
            let end = cut.index(line.len() * 4).min(line.len());
            line.truncate(end);
            line
        });
    prop_oneof![1 => any::<Vec<u8>>(), 4 => damaged]
}

#[test]
fn what_a_decoder_holds_is_bounded() {
    // Records of events that never become complete.
    let audit = |n: u64| format!("type=SYSCALL msg=audit(1795308392.{:03}:{n}): syscall=42 exe=\"/{n}\"", n % 1000);
    let laurel = |n: u64| format!(r#"{{"ID":"1.000:{n}","PATH":[{{"name":"{n}"}}]}}"#);
    let tcc = |n: u64| {
        format!(
            "2026-07-26 18:11:22.348728+1200 0x1 Default 0x0 5 0 tccd: [com.apple.TCC:access] REQUEST: tccd_uid=0, sender_pid={n}, sender_uid=0, msgID={n}.1"
        )
    };
    let event = |n: u64| {
        format!(
            "2026-07-26 18:11:22.348728+1200 0x1 Debug 0x0 {n} 0 osascript: (AE) [com.apple.appleevents:main] sendToSelf(), event={{syso,exec target='psn ' {{}} returnID={n}}}"
        )
    };
    let makers: [(Format, &dyn Fn(u64) -> String); 4] = [
        (Format::Auditd, &audit),
        (Format::LaurelJson, &laurel),
        (Format::UnifiedLogText, &tcc),
        (Format::UnifiedLogText, &event),
    ];
    for (format, make) in makers {
        let mut decoder = format.decoder();
        for number in 0..50_000 {
            decoder.record(Record { bytes: make(number).as_bytes(), number, offset: 0 }, &mut Nowhere);
            assert!(decoder.held_bytes() <= HELD, "{format:?} holds {}", decoder.held_bytes());
        }
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn event(&mut self, _: &Event<'_>) {}
    fn skipped(&mut self, _: u64, _: Skip) {}
    fn error(&mut self, _: DecodeError) {}
}
