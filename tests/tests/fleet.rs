//! Many hosts in one engine: waiting checks and events of a quiet or flooding host do not harm the others.

use std::collections::BTreeSet;

use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, Os, ProcessEnd};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

const SECOND: i64 = 1_000_000_000;

/// The codes of alerts on a host outside of the fleet.
type Found = BTreeSet<(String, String)>;

#[test]
fn quiet_hosts_take_no_deferred_check_from_another() {
    let mut engine = engine(Limits::default());
    for number in 0..6_000 {
        // On each of these hosts a check waits for a time that never comes.
        let name = format!("quiet{number}");
        let act = EndpointAct::new(Endpoint::new(Mechanism::UnixPath, Some(b"/run/docker.sock")));
        let time = Timestamp::from_unix(1_600_000_000, 0);
        let mut event = Event::new(Os::Linux, time, Kind::EndpointConnect(act));
        event.host = name.as_bytes();
        event.actor.pid = Some(10_000);
        event.actor.image = Some(b"/tmp/x");
        event.actor.uid = Some(1_000);
        engine.feed(&event);
    }
    assert!(engine.stats().dropped_checks > 0, "the fleet must exceed the limits: {:?}", engine.stats());
    let (mut expected, mut found) = (Found::new(), Found::new());
    for scenario in scenarios() {
        let (mut alone, host) = (self::engine(Limits::default()), scenario.behavior().as_bytes());
        for (engine, codes) in [(&mut alone, &mut expected), (&mut engine, &mut found)] {
            codes.extend(feed(engine, scenario, host));
            engine.advance(host, Timestamp(i64::MAX / 2));
            codes.extend(polled(engine));
        }
    }
    assert!(expected.len() >= 50, "only {} alerts are due", expected.len());
    let lost: Vec<_> = expected.difference(&found).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
}

#[test]
fn a_host_that_fell_silent_takes_no_order_from_another() {
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    limits.lateness = 3_600 * SECOND;
    for scenario in scenarios() {
        let mut ordered = engine(limits.clone());
        feed(&mut ordered, scenario, b"other");
        let mut engine = engine(limits.clone());
        let start = scenario.events()[0].time;
        for number in 0..20_000 {
            let mut event = Event::new(Os::Linux, start, Kind::ProcessEnd(ProcessEnd::default()));
            event.host = b"silent";
            event.actor.pid = Some(number);
            event.source.id = NativeId::Number(number.into());
            engine.feed(&event);
        }
        assert!(engine.stats().released_early > 0, "the burst must exceed the limit");
        let mut events = scenario.events();
        events.reverse();
        for event in &mut events {
            event.host = b"other";
            engine.feed(event);
        }
        assert_eq!(drain(&mut engine), drain(&mut ordered), "{}", scenario.id());
    }
}

/// One scenario of each behavior that alerts.
fn scenarios() -> Vec<&'static Scenario> {
    let mut seen = BTreeSet::new();
    scenario::all().iter().filter(|s| s.is_positive() && seen.insert(s.behavior())).collect()
}

fn engine(limits: Limits) -> Engine {
    Engine::new(Catalog::builtin(), Policy::default(), limits)
}

/// Feeds a scenario in order of time and returns the alerts so far.
fn feed(engine: &mut Engine, scenario: &Scenario, host: &[u8]) -> Found {
    let mut events = scenario.events();
    events.sort_by_key(|event| event.time);
    for event in &mut events {
        event.host = host;
        engine.feed(event);
    }
    polled(engine)
}

fn drain(engine: &mut Engine) -> Found {
    engine.flush();
    polled(engine)
}

fn polled(engine: &mut Engine) -> Found {
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| (alert.host, alert.code)).collect()
}
