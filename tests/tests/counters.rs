//! Each counter of `Stats` moves by what it is named for: a case for every one, and by how much where that is plain.

use std::collections::BTreeSet;

use ipcsentry::decode::Format;
use ipcsentry::event::{
    Channel, Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, NetworkConnect, Os, ProcessEnd,
    ProcessStart,
};
use ipcsentry::scenario;
use ipcsentry::{Catalog, Engine, Limits, Policy, Stats, StreamOptions, Timestamp};

const ATTACK: &[u8] = include_bytes!("../data/getsystem.ndjson");
const HOUR: i64 = 3_600_000_000_000;

/// How much a counter is due.
enum Due {
    Exactly(u64),
    Some,
}
use Due::{Exactly, Some as Any};

/// A counter's name in JSON, what raises it, and how far.
type Case = (&'static str, fn() -> Stats, Due);

const CASES: &[Case] = &[
    ("records", || stream(Format::EvtxJson, ATTACK), Exactly(5)),
    ("stream_bytes", || stream(Format::EvtxJson, ATTACK), Exactly(ATTACK.len() as u64)),
    ("events", || fed(&[at(1, 1), at(2, 2)], |_| {}), Exactly(2)),
    ("skipped", || stream(Format::Auditd, b"type=USER_CMD msg=audit(1.000:1): pid=1\n"), Any),
    ("decode_errors", || stream(Format::EvtxJson, b"{\"Event\":\n{\"Event\":\n"), Any),
    ("first_decode_errors", || stream(Format::EvtxJson, b"{\"Event\":\n{\"Event\":\n"), Any),
    ("late", || fed(&[at(9, 1), at(5, 2), at(6, 3)], |_| {}), Exactly(2)),
    ("first_late", || fed(&[at(9, 1), at(5, 2), at(6, 3)], |_| {}), Exactly(2)),
    ("duplicates", || fed(&[at(9, 1), at(9, 1)], |_| {}), Exactly(1)),
    ("first_duplicates", || fed(&[at(9, 1), at(9, 1)], |_| {}), Exactly(1)),
    (
        "released_early",
        || fed(&(0..20_000).map(|n| at(9, n)).collect::<Vec<_>>(), |limits| limits.lateness = HOUR),
        Any,
    ),
    ("evicted_processes", flood, Any),
    ("evicted_endpoints", flood, Any),
    ("evicted_names", flood, Any),
    ("evicted_partial_matches", flood, Any),
    ("evicted_hosts", hosts, Any),
    ("evicted_remotes", remotes, Any),
    ("dropped_checks", checks, Any),
    ("alerts", || attacks(&["W13"], 1, Policy::default(), |_| {}), Exactly(2)),
    ("revisions", || every_attack(), Any),
    ("merged", || every_attack(), Any),
    ("deduplicated", || attacks(&["W13"], 2, Policy::default(), |_| {}), Any),
    ("suppressed", || attacks(&["W13"], 1, policy(r#"{"suppressions":[{"behavior":"W13"}]}"#), |_| {}), Exactly(1)),
    ("suppressed_dropped", suppressed, Any),
    ("below_minimum", || attacks(&["W13"], 1, policy(r#"{"min_confidence":1000}"#), |_| {}), Any),
    ("alerts_dropped", || attacks(&["W13", "L01"], 1, Policy::default(), |limits| limits.max_alerts = 1), Any),
    ("text_cut", long_text, Exactly(1)),
    ("max_steps", || fed(&[at(1, 1)], |_| {}), Any),
    ("bytes", || fed(&[], |_| {}), Any),
];

fn engine(policy: Policy, change: impl FnOnce(&mut Limits)) -> Engine {
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    change(&mut limits);
    Engine::new(Catalog::builtin(), policy, limits)
}

fn policy(json: &str) -> Policy {
    Policy::from_json(json.as_bytes()).expect("a policy")
}

fn stream(format: Format, bytes: &[u8]) -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, bytes);
    engine.close_stream(stream);
    engine.stats()
}

/// The end of a process at a second, with the number of its record.
fn at(second: i64, number: u64) -> Event<'static> {
    let mut event = Event::new(Os::Linux, Timestamp::from_unix(second, 0), Kind::ProcessEnd(ProcessEnd::default()));
    (event.source.channel, event.source.id) = (Channel::Sysmon, NativeId::Number(number));
    event.actor.pid = Some(7);
    event
}

fn fed(events: &[Event<'_>], change: impl FnOnce(&mut Limits)) -> Stats {
    let mut engine = engine(Policy::default(), change);
    for event in events {
        engine.feed(event);
    }
    engine.stats()
}

/// A process that starts others, all of which make FIFOs.
fn flood() -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    for n in 0..60_000 {
        let (name, image) = (format!("/tmp/f{n}"), format!("/home/u/i{n}"));
        let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(name.as_bytes())));
        let kind = if n % 2 == 0 { Kind::ProcessStart(ProcessStart::default()) } else { Kind::EndpointCreate(act) };
        let mut event = Event::new(Os::Linux, Timestamp::from_unix(1, 0), kind);
        event.actor.pid = Some(10 + n / 2);
        event.actor.image = Some(image.as_bytes());
        event.parent.pid = Some(2);
        engine.feed(&event);
    }
    engine.stats()
}

/// A command line that is too long to be matched whole, and one that is not.
fn long_text() -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    for (number, length) in [(1, 8_192), (2, 8_193)] {
        let (line, mut event) = (vec![b'x'; length], at(1, number));
        event.actor.command_line = Some(&line);
        engine.feed(&event);
    }
    engine.stats()
}

fn hosts() -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    for n in 0..5_000 {
        let (host, mut event) = (format!("host{n}"), at(1, n));
        event.host = host.as_bytes();
        engine.feed(&event);
    }
    engine.stats()
}

fn remotes() -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    for n in 0..5_000_u32 {
        let address = format!("192.0.{}.{}", n / 256, n % 256);
        let mut connect = NetworkConnect::default();
        (connect.direction, connect.remote_address) = (Direction::Inbound, Some(address.as_bytes()));
        let mut event = Event::new(Os::Windows, Timestamp::from_unix(1, 0), Kind::NetworkConnect(connect));
        event.actor.pid = Some(4);
        engine.feed(&event);
    }
    engine.stats()
}

/// Hosts on each of which a check waits for a time that never comes.
fn checks() -> Stats {
    let mut engine = engine(Policy::default(), |_| {});
    for n in 0..2_000 {
        let host = format!("quiet{n}");
        let act = EndpointAct::new(Endpoint::new(Mechanism::UnixPath, Some(b"/run/docker.sock")));
        let mut event = Event::new(Os::Linux, Timestamp::from_unix(1_600_000_000, 0), Kind::EndpointConnect(act));
        event.host = host.as_bytes();
        (event.actor.pid, event.actor.uid) = (Some(10_000), Some(1_000));
        event.actor.image = Some(b"/tmp/x");
        engine.feed(&event);
    }
    engine.stats()
}

/// The first attack of each of these behaviors, so many times, a minute apart.
fn attacks(behaviors: &[&str], times: i64, policy: Policy, change: impl FnOnce(&mut Limits)) -> Stats {
    let mut engine = engine(policy, change);
    for behavior in behaviors {
        let attack = scenario::all().iter().find(|s| s.behavior() == *behavior && s.is_positive());
        let events = attack.expect("a scenario").events();
        for time in 0..times {
            for mut event in events.clone() {
                event.time = event.time + time * 60_000_000_000;
                event.source.id = NativeId::None;
                engine.feed(&event);
            }
        }
    }
    engine.flush();
    engine.stats()
}

/// Every attack, all of them on one host.
fn every_attack() -> Stats {
    let mut engine = engine(Policy::default(), |limits| limits.bytes = 64 << 20);
    for attack in scenario::all().iter().filter(|s| s.is_positive() && s.os() == Os::Windows) {
        for mut event in attack.events() {
            event.host = b"one";
            engine.feed(&event);
        }
    }
    engine.flush();
    engine.stats()
}

/// Suppressed alerts of many hosts that nobody polls.
fn suppressed() -> Stats {
    let mut engine = engine(policy(r#"{"suppressions":[{"behavior":"W13"}]}"#), |_| {});
    let attack = scenario::all().iter().find(|s| s.behavior() == "W13" && s.is_positive()).expect("a scenario");
    for n in 0..200 {
        let host = format!("host{n}");
        for mut event in attack.events() {
            event.host = host.as_bytes();
            engine.feed(&event);
        }
    }
    engine.flush();
    engine.stats()
}

fn members(stats: &Stats) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_str(&stats.to_json()).expect("an object")
}

/// The number of a counter, or of the positions in a list.
fn amount(value: &serde_json::Value) -> u64 {
    value.as_array().map_or_else(|| value.as_u64().expect("a number"), |list| list.len() as u64)
}

#[test]
fn each_counter_moves_by_what_it_is_named_for() {
    let named: BTreeSet<String> = CASES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let known: BTreeSet<String> = members(&Stats::default()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, known, "the cases are those of the counters");
    let mut wrong = Vec::new();
    let fresh = members(&fed(&[], |_| {}));
    for (name, run, due) in CASES {
        let moved = amount(&members(&run())[*name]);
        let is_right = match due {
            Exactly(due) => moved == *due,
            Any => moved > 0,
        };
        if !is_right || *name != "bytes" && amount(&fresh[*name]) != 0 {
            wrong.push(format!("{name}: {moved}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
