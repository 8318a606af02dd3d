//! The work of one event stays bounded, whatever came before: names and keys that are all new, in events that have as many
//! names as records have, and names that were chosen so that they collide under a known seed.

use ipcsentry::_internal_test_exports::colliding_name;
use ipcsentry::event::{
    Access, Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, NetworkConnect, Os, ProcessAccess,
    ProcessRef, ProcessStart, UniqueId,
};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};

/// Kinds of names, by their numbers in the hash.
const FOLDED: u64 = 4;
const POSIX: u64 = 1;
const EXACT: u64 = 5;

/// New names, which may all be of one hash in an engine with the seed 0.
struct Names {
    next: u64,
    collide: bool,
}

impl Names {
    fn name(&mut self, kind: u64, length: usize) -> Vec<u8> {
        self.next += 1;
        if self.collide {
            return colliding_name(kind, self.next, length);
        }
        let mut name = format!("/{:x}", self.next).into_bytes();
        name.resize(name.len().max(length), b'n');
        name
    }
}

/// The names of one process: image, user, folder, signer, terminal, original file name, hash.
type OfProcess = [Vec<u8>; 7];

fn names(names: &mut Names, length: usize) -> OfProcess {
    [POSIX, FOLDED, POSIX, FOLDED, FOLDED, FOLDED, EXACT].map(|kind| names.name(kind, length))
}

/// A process by image and user, as records name parents and targets.
fn brief(names: &OfProcess, number: u64) -> ProcessRef<'_> {
    let mut process = process(names, number);
    (process.working_folder, process.signer, process.terminal) = (None, None, None);
    (process.original_file_name, process.hash) = (None, None);
    process
}

fn process(names: &OfProcess, number: u64) -> ProcessRef<'_> {
    let mut process = ProcessRef::default();
    let [image, user, folder, signer, terminal, original, hash] = names.each_ref().map(Vec::as_slice);
    process.pid = Some(number as u32);
    if number.is_multiple_of(3) {
        process.unique_id = UniqueId::Guid(u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    }
    (process.image, process.working_folder, process.user) = (Some(image), Some(folder), Some(user));
    (process.signer, process.terminal) = (Some(signer), Some(terminal));
    (process.original_file_name, process.hash) = (Some(original), Some(hash));
    process.command_line = Some(image);
    process
}

/// Feeds an engine `events` hostile events and returns the most steps of one.
fn most_steps(events: u64, bytes: usize, lateness: i64, seed: u64, collide: bool, hosts: u64) -> u64 {
    let mut limits = Limits::default();
    (limits.bytes, limits.lateness, limits.seed) = (bytes, lateness, seed);
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut new = Names { next: 0, collide };
    for number in 1..=events {
        let length = if number.is_multiple_of(16) { 160 } else { 48 };
        let [actor, parent, other] = [(); 3].map(|()| names(&mut new, length));
        let endpoint = new.name(POSIX, length);
        let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(endpoint.as_slice())));
        let kind = match number % 5 {
            0 => Kind::ProcessStart(ProcessStart::default()),
            1 => Kind::EndpointCreate(act),
            2 => Kind::EndpointConnect(act),
            3 => {
                let mut access = ProcessAccess::default();
                access.target = brief(&other, number * 3 + 2);
                access.access = Access { mask: 0x1f_ffff, ..Access::default() };
                Kind::ProcessAccess(access)
            }
            _ => {
                let mut connect = NetworkConnect::default();
                (connect.direction, connect.remote_address) = (Direction::Inbound, Some(endpoint.as_slice()));
                Kind::NetworkConnect(connect)
            }
        };
        let mut event = Event::new(Os::Linux, Timestamp(1_600_000_000_000_000_000 + number as i64 * 1_000), kind);
        let host = format!("host{}", number % hosts);
        event.host = host.as_bytes();
        event.source.id = NativeId::Number(number);
        event.actor = process(&actor, number * 3);
        event.parent = brief(&parent, number * 3 + 1);
        engine.feed(&event);
        while engine.poll_alert().is_some() {}
    }
    let stats = engine.stats();
    println!(
        "{events} events, {bytes} bytes, {hosts} hosts, seed {seed}, colliding {collide}: {} steps",
        stats.max_steps
    );
    assert!(stats.evicted_names > 0 && stats.evicted_processes > 0, "the events must exceed the limits");
    stats.max_steps
}

#[test]
fn no_event_takes_more_steps_than_are_promised() {
    let is_full = std::env::var_os("IPCSENTRY_VOLUME").is_some();
    let events = if is_full { 500_000 } else { 6_000 };
    let most = [
        most_steps(events, Limits::MIN_BYTES, 0, 77, false, 1),
        most_steps(events, Limits::MIN_BYTES, 0, 77, false, 16),
        most_steps(events, Limits::MIN_BYTES, 1_000_000, 77, false, 20),
        most_steps(events, Limits::MIN_BYTES, 0, 77, false, 100_000),
        most_steps(events, 12 << 20, 0, 77, false, 3_000),
    ];
    println!("{most:?}");
    assert!(most.into_iter().max() <= Some(Limits::MAX_STEPS), "{most:?}");
    // Who knows the seed can choose names that all collide.
    let most = [1, 20].map(|hosts| most_steps(events, Limits::MIN_BYTES, 0, 0, true, hosts));
    assert!(most.into_iter().max() <= Some(Limits::MAX_STEPS), "{most:?} steps with names that collide");
}
