//! The life of a fleet whose own software does what attacks do, every day on every host.

use ipcsentry::event::{
    ComActivation, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, Os, ProcessRef, ProcessStart,
};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::time::{DAY, MINUTE, SECOND, Timestamp};

/// The variant of its scenarios that the fleet's software is: everywhere the same programs.
const SOFTWARE: u64 = 7;
/// Midnight of the first day: 2026-03-02, UTC.
const BEGIN: i64 = 1_772_409_600 * SECOND;

/// A host of the fleet.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) os: Os,
}

/// As many hosts of each platform.
pub(crate) fn hosts(of_each: usize) -> Vec<Host> {
    let platforms = [(Os::Windows, "pc"), (Os::Linux, "srv"), (Os::Macos, "mac")];
    let of = |(os, name): (Os, &str)| (0..of_each).map(move |n| (os, format!("{name}-{n:03}"))).collect::<Vec<_>>();
    platforms.into_iter().flat_map(of).map(|(os, name)| Host { name, os }).collect()
}

/// What a host's software does on a day: a run of a scenario, with the same programs, accounts and names as on every
/// host, and other pids and times.
pub(crate) fn software(scenario: &Scenario, host: &str, day: usize) -> Scenario {
    let number = host.bytes().fold(day as u64 + 1, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    scenario.run(SOFTWARE, number)
}

/// Attacks and their like of a platform.
pub(crate) fn attacks() -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(|scenario| scenario.is_positive())
}

/// Plays a scenario on a host, from that minute of a day on.
pub(crate) fn play(scenario: &Scenario, host: &str, day: usize, minute: i64, feed: &mut dyn FnMut(&Event<'_>)) {
    let events = scenario.events();
    let Some(first) = events.iter().map(|event| event.time).min() else { return };
    let offset = BEGIN + day as i64 * DAY + minute * MINUTE - first.0;
    for (number, event) in (0..).zip(&events) {
        let mut event = event.clone();
        event.time = event.time + offset;
        event.actor.start = event.actor.start.map(|start| start + offset);
        event.host = host.as_bytes();
        // No two records of a host have one number.
        event.record = (day as u64 * 1440 + minute.cast_unsigned()) * 1000 + number;
        event.source.id = NativeId::Number(event.record + 1);
        feed(&event);
    }
}

/// The day and the hour of a time.
pub(crate) const fn day_and_hour(time: Timestamp) -> (usize, i64) {
    (((time.0 - BEGIN) / DAY) as usize, (time.0 - BEGIN) % DAY / (60 * MINUTE))
}

/// Numbers that are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Quiet life: on each of so many hosts and days so many events of a desktop's programs, which start one another, make
/// and open pipes and ask for classes; one program in fifty is one of the host's own.
pub(crate) fn quiet(hosts: u64, days: u64, events: u64, feed: &mut dyn FnMut(&Event<'_>)) {
    let mut numbers = Numbers(11);
    for day in 0..days {
        for number in 0..events {
            for host in 0..hosts {
                let name = format!("desk-{host:04}");
                let program = |n: u64| match n % 50 {
                    49 => format!(r"C:\Program Files\Tool {host}-{}\tool.exe", n % 3),
                    n => format!(r"C:\Program Files\Vendor {}\program{}.exe", n % 7, n),
                };
                let (one, other, pid) = (program(numbers.below(400)), program(numbers.below(60)), numbers.below(9000));
                let pipe = match numbers.below(3) {
                    0 => format!(r"\mojo.{pid}.{}.{}", pid + 4, numbers.below(1 << 40)),
                    1 => format!(r"\crashpad_{pid}_{:016X}", numbers.below(1 << 40)),
                    _ => format!(r"\service{}", numbers.below(30)),
                };
                let class = format!("{{0000{:04x}-0000-0000-c000-000000000046}}", numbers.below(300));
                let endpoint = EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(pipe.as_bytes())));
                let mut activation = ComActivation::default();
                activation.clsid = Some(class.as_bytes());
                let kind = match numbers.below(5) {
                    0 | 1 => Kind::ProcessStart(ProcessStart::default()),
                    2 => Kind::EndpointCreate(endpoint),
                    3 => Kind::EndpointConnect(endpoint),
                    _ => Kind::ComActivation(activation),
                };
                let second = number * 86_400 / events;
                let time = Timestamp(BEGIN + day as i64 * DAY + second as i64 * SECOND);
                let mut event = Event::new(Os::Windows, time, kind);
                event.host = name.as_bytes();
                event.record = day * 1_000_000 + number;
                event.actor = ProcessRef::default();
                (event.actor.pid, event.actor.image) = (Some(4 + pid as u32), Some(one.as_bytes()));
                (event.parent.pid, event.parent.image) = (Some(20_000 + (pid % 50) as u32), Some(other.as_bytes()));
                feed(&event);
            }
        }
    }
}
