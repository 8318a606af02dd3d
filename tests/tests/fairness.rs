//! A host that stays within its part of the memory loses nothing by what other hosts do, however many there are: its
//! attacks are found as on a host of its own, whatever the others send between their steps.

use ipcsentry::event::{
    Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os, ProcessEnd, ProcessRef, ProcessStart,
};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

/// The alerts of scenarios on one host each, with what others send between their steps.
struct Fleet {
    engine: Engine,
    hosts: u64,
    sent: u64,
}

impl Fleet {
    fn new(catalog: &Catalog, bytes: usize, hosts: u64) -> Self {
        let mut limits = Limits::default();
        limits.bytes = bytes;
        Self { engine: Engine::new(catalog.clone(), Policy::default(), limits), hosts, sent: 0 }
    }

    /// Events of the other hosts, each of a new process that does what costs memory.
    fn others(&mut self, count: u64, os: Os, time: Timestamp) {
        for _ in 0..count {
            self.sent += 1;
            let n = self.sent;
            let host = format!("other{}", n % self.hosts);
            let (mechanism, name, image) = match os {
                Os::Windows => (Mechanism::NamedPipe, format!("\\flood{n}"), format!("C:\\Users\\p\\f{n}.exe")),
                _ => (Mechanism::Fifo, format!("/tmp/flood{n}"), format!("/home/p/f{n}")),
            };
            let line = format!("{image} --with a command line {n}");
            let act = EndpointAct::new(Endpoint::new(mechanism, Some(name.as_bytes())));
            let kind = match n / self.hosts % 5 {
                0 => Kind::ProcessStart(ProcessStart::default()),
                1 => Kind::EndpointCreate(act),
                2 => Kind::EndpointConnect(act),
                3 => Kind::NetworkConnect(NetworkConnect::default()),
                _ => Kind::ProcessEnd(ProcessEnd::default()),
            };
            let mut event = Event::new(os, time, kind);
            event.host = host.as_bytes();
            event.actor = ProcessRef::default();
            event.actor.pid = Some(100_000 + n as u32);
            event.actor.image = Some(image.as_bytes());
            event.actor.command_line = Some(line.as_bytes());
            event.parent.pid = Some(1);
            self.engine.feed(&event);
            while self.engine.poll_alert().is_some() {}
        }
    }

    /// The alerts of an attack on a host, with events of the others before each step; they end with the last step.
    fn attack(&mut self, scenario: &Scenario, host: &str, between: u64) -> Vec<String> {
        let mut alerts = Vec::new();
        for mut event in scenario.events() {
            self.others(between, scenario.os(), event.time);
            event.host = host.as_bytes();
            self.engine.feed(&event);
            while let Some(alert) = self.engine.poll_alert() {
                alerts.push(alert.to_json());
            }
        }
        alerts
    }
}

/// The attacks that are tried: one of each behavior of Windows and Linux.
fn attacks() -> Vec<&'static Scenario> {
    let mut attacks: Vec<&Scenario> = Vec::new();
    for scenario in scenario::all().iter().filter(|s| s.is_positive() && s.os() != Os::Macos) {
        if attacks.iter().all(|known| known.behavior() != scenario.behavior()) {
            attacks.push(scenario);
        }
    }
    attacks
}

/// Attacks each `every`th behavior on a host that is one of `hosts`, all of which share `bytes`. Before, and between the
/// steps, the others send so much that they need far more.
fn nothing_is_lost(hosts: u64, bytes: usize, before: u64, between: u64, every: usize) {
    let catalog = Catalog::builtin();
    let mut found = 0;
    let mut engine = Fleet::new(&catalog, bytes, hosts.max(2) - 1);
    for scenario in attacks().into_iter().step_by(every) {
        let mut alone = Fleet::new(&catalog, bytes, 1);
        let host = format!("victim-{}", scenario.behavior());
        let due = alone.attack(scenario, &host, 0);
        if hosts > 1 {
            engine.others(if engine.sent == 0 { before } else { 0 }, scenario.os(), scenario.events()[0].time);
        }
        let got = engine.attack(scenario, &host, if hosts > 1 { between } else { 0 });
        assert_eq!(got, due, "{} of {hosts} hosts: {:?}", scenario.id(), engine.engine.stats());
        found += due.len();
    }
    let stats = engine.engine.stats();
    println!("{hosts} hosts, {bytes} bytes: {found} alerts, {stats:?}");
    assert!(found >= 8, "only {found} alerts are due");
    let evicted =
        [stats.evicted_processes, stats.evicted_names, stats.evicted_partial_matches, stats.evicted_endpoints];
    assert!(hosts == 1 || evicted.iter().all(|count| *count > 0), "the others must exceed the limits: {stats:?}");
}

#[test]
fn one_host_has_all() {
    nothing_is_lost(1, Limits::MIN_BYTES, 0, 0, 1);
}

#[test]
fn of_20_hosts_none_loses_by_another() {
    nothing_is_lost(20, Limits::MIN_BYTES, 40_000, 2_000, 1);
}

#[test]
fn of_2_000_hosts_none_loses_by_another() {
    nothing_is_lost(2_000, 256 << 20, 700_000, 5_000, 10);
}
