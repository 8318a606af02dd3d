//! MITRE ATT&CK data components: each cited record names its own, and coverage says which of them a host sends.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::event::{Channel, Endpoint, EndpointAct, Event, Kind, Mechanism, Os, ProcessStart, StartMethod};
use ipcsentry::report::{Coverage, FleetCoverage, SeenComponent};
use ipcsentry::scenario;
use ipcsentry::time::Timestamp;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::attacks::raised;

/// What the analytics of DET0493 list (ATT&CK 18): DC0035 and DC0048 for Windows, DC0032 and DC0055 for Linux, DC0035 and
/// DC0029 for macOS.
const LISTED: [(&str, [&str; 2]); 3] =
    [("AN1357", ["DC0035", "DC0048"]), ("AN1358", ["DC0032", "DC0055"]), ("AN1359", ["DC0029", "DC0035"])];

/// The component of an event whose component ATT&CK says beyond doubt.
fn due(event: &Event<'_>) -> Option<&'static str> {
    Some(match &event.kind {
        Kind::ProcessStart(_) => "DC0032",
        Kind::ProcessAccess(_) => "DC0035",
        Kind::ImageLoad(_) => "DC0016",
        Kind::NetworkConnect(_) => "DC0082",
        Kind::RegistrySet(_) => "DC0063",
        Kind::Logon(_) => "DC0067",
        Kind::EndpointCreate(act) | Kind::EndpointConnect(act) => match act.endpoint.mechanism {
            Mechanism::NamedPipe => "DC0048",
            Mechanism::Fifo => "DC0055",
            _ => return None,
        },
        _ => return None,
    })
}

#[test]
fn each_cited_record_names_its_component() {
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut held = 0;
    for scenario in scenario::all() {
        let events = scenario.events();
        for alert in raised(scenario, Policy::default()) {
            for evidence in &alert.evidence {
                let event = &events[usize::try_from(evidence.record).expect("small")];
                seen.entry(alert.analytic).or_default().insert(evidence.data_component);
                if let Some(due) = due(event) {
                    assert_eq!(evidence.data_component, due, "{}: {evidence:?}", scenario.id());
                    held += 1;
                }
            }
        }
    }
    assert!(held > 1_000, "{held}");
    for (analytic, components) in LISTED {
        assert!(components.iter().all(|id| seen[analytic].contains(id)), "{analytic}: {:?}", seen[analytic]);
    }
}

fn event(host: &'static str, seconds: i64, kind: Kind<'static>) -> Event<'static> {
    let mut event = Event::new(Os::Linux, Timestamp(seconds * 1_000_000_000), kind);
    (event.host, event.actor.pid) = (host.as_bytes(), Some(77));
    (event.actor.image, event.parent.pid) = (Some(b"/usr/bin/true".as_slice()), Some(1));
    event
}

fn start(host: &'static str, seconds: i64) -> Event<'static> {
    let mut start = ProcessStart::default();
    start.method = StartMethod::Exec;
    event(host, seconds, Kind::ProcessStart(start))
}

fn fifo(host: &'static str, seconds: i64, kind: fn(EndpointAct<'static>) -> Kind<'static>) -> Event<'static> {
    event(host, seconds, kind(EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(b"/tmp/f")))))
}

#[test]
fn coverage_says_which_components_a_host_sends() {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    // One host sends process starts alone, the other one also part of what is to be known of FIFOs.
    for event in [start("execs", 10), start("fifos", 11), fifo("fifos", 12, Kind::EndpointCreate)] {
        engine.feed(&event);
    }
    engine.flush();
    let hosts = engine.coverage();
    assert_eq!(hosts.iter().map(|host| host.host.as_str()).collect::<Vec<_>>(), ["execs", "fifos"]);
    let of = |host: usize, id: &str| -> SeenComponent {
        let found = hosts[host].data_components.iter().find(|sent| sent.component.id == id);
        found.unwrap_or_else(|| panic!("no behavior reads {id}")).clone()
    };
    for host in [0, 1] {
        let starts = of(host, "DC0032");
        assert_eq!((starts.component.name, starts.status, starts.never.len()), ("Process Creation", "seen", 0));
        assert_eq!(starts.analytics, ["AN1358"]);
        assert_eq!(of(host, "DC0082").status, "never", "no connection to the network came");
        let ids: Vec<&str> = hosts[host].data_components.iter().map(|sent| sent.component.id).collect();
        assert!(ids.is_sorted() && !ids.contains(&"DC0048"), "Linux has no named pipes of Windows: {ids:?}");
    }
    assert_eq!((of(0, "DC0055").status, of(0, "DC0055").last), ("never", None));
    let fifos = of(1, "DC0055");
    assert_eq!((fifos.status, fifos.last.as_deref()), ("partly", Some("1970-01-01T00:00:12.000000000Z")));
    let opened = fifos.never.iter().find(|missing| missing.kind == "endpoint_connect").expect("FIFOs are opened, too");
    assert_eq!(opened.mechanisms, ["fifo"]);

    let fleet = FleetCoverage::of(&hosts);
    assert_eq!((fleet.hosts, fleet.behaviors.len()), (2, hosts[0].behaviors.len()));
    let files = fleet.data_components.iter().find(|sent| sent.component.id == "DC0055").expect("it is read");
    assert_eq!((files.seen, files.partly, files.never), (0, 1, 1));
    assert!(fleet.behaviors.iter().all(|behavior| behavior.full + behavior.degraded + behavior.blind == 2));
    assert!(fleet.behaviors.is_sorted_by(|a, b| a.code < b.code));
    for (number, code) in hosts[0].behaviors.iter().map(|behavior| behavior.code.as_str()).enumerate() {
        let blind = hosts.iter().filter(|host| host.behaviors[number].visibility == "blind").count() as u64;
        let counted = fleet.behaviors.iter().find(|behavior| behavior.code == code).expect("each is counted");
        assert_eq!(counted.blind, blind, "{code}");
    }
}

/// An event of a Windows host that came over a channel.
fn sent(channel: Channel, seconds: i64, kind: Kind<'static>) -> Event<'static> {
    let mut event = Event::new(Os::Windows, Timestamp(seconds * 1_000_000_000), kind);
    (event.host, event.source.channel, event.actor.pid) = (b"pine", channel, Some(77));
    event.actor.image = Some(br"C:\Windows\System32\svchost.exe".as_slice());
    event
}

fn pipe(seconds: i64, name: &'static [u8]) -> Event<'static> {
    let endpoint = Endpoint::new(Mechanism::NamedPipe, Some(name));
    sent(Channel::Sysmon, seconds, Kind::EndpointCreate(EndpointAct::new(endpoint)))
}

fn coverage(events: &[Event<'_>]) -> Coverage {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for event in events {
        engine.feed(event);
    }
    engine.flush();
    engine.coverage().pop().expect("one host")
}

#[test]
fn coverage_says_what_came_over_each_channel() {
    let start = || Kind::ProcessStart(ProcessStart::default());
    let told = coverage(&[
        sent(Channel::Sysmon, 10, start()),
        sent(Channel::Security, 11, start()),
        pipe(12, br"\srvsvc"),
        sent(Channel::Sysmon, 7_212, start()),
    ]);
    let channels: Vec<_> =
        told.channels.iter().map(|of| (of.channel, of.events, &of.first[11..19], &of.last[11..19])).collect();
    assert_eq!(channels, [("sysmon", 3, "00:00:10", "02:00:12"), ("security", 1, "00:00:11", "00:00:11")]);
    let gap = told.channels[0].gap.as_ref().expect("sysmon was silent for two hours");
    assert_eq!((gap.seconds, &gap.end[11..19]), (7_200, "02:00:12"));
    assert_eq!(told.channels[1].gap, None, "one event");
    let of = |id: &str| {
        let found = told.data_components.iter().find(|sent| sent.component.id == id).expect("it is read");
        found.channels.iter().map(|of| (of.channel, of.status)).collect::<Vec<_>>()
    };
    assert_eq!(of("DC0032"), [("sysmon", "seen"), ("security", "seen")]);
    // Pipes were created but not opened; Security reports that one is opened, if it is told to.
    assert_eq!(of("DC0048"), [("sysmon", "partly"), ("security", "never")]);
    // Security does not tell connections to the network.
    assert_eq!(of("DC0082"), [("sysmon", "never")]);
}

/// A clock that was set forward is a silence, one that was turned back a step back. Events that are late by seconds are neither.
#[test]
fn coverage_says_where_a_clock_was_set() {
    let start = || Kind::ProcessStart(ProcessStart::default());
    let back = |times: [i64; 4]| {
        let told = coverage(&times.map(|seconds| sent(Channel::Sysmon, seconds, start())));
        let back = told.channels[0].back.as_ref().map(|back| (back.seconds, back.to[11..19].to_owned()));
        (back, told.channels[0].gap.as_ref().map(|gap| gap.seconds))
    };
    assert_eq!(back([10, 5_000, 1_400, 1_410]), (Some((3_600, "00:23:20".to_owned())), Some(4_990)));
    assert_eq!(back([10, 11, 86_411, 86_412]), (None, Some(86_400)));
    assert_eq!(back([10, 70, 11, 71]), (None, Some(60)));
}

#[test]
fn pipes_with_known_bad_names_alone_are_filtered() {
    let bad = [pipe(1, br"\msagent_a1"), pipe(2, br"\MSSE-1234-server"), pipe(3, br"\postex_1a2b")];
    let status = |events: &[Event<'_>]| {
        let told = coverage(events);
        let pipes = told.data_components.iter().find(|sent| sent.component.id == "DC0048").expect("it is read");
        assert_eq!(pipes.channels[0].channel, "sysmon");
        let fleet = FleetCoverage::of(core::slice::from_ref(&told));
        let counted = fleet.data_components.iter().find(|sent| sent.component.id == "DC0048").expect("it is read");
        assert_eq!(counted.filtered, u64::from(pipes.status == "filtered"));
        (pipes.status, pipes.channels[0].status)
    };
    assert_eq!(status(&bad), ("filtered", "filtered"));
    assert_eq!(status(&bad[..2]), ("partly", "partly"), "two may be an attack on a host with few pipes");
    let others: Vec<_> = bad.iter().cloned().chain([pipe(4, br"\srvsvc")]).collect();
    assert_eq!(status(&others), ("partly", "partly"));
}
