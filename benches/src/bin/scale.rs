//! What does not show in a mix: how much memory a living process takes, what twenty times as many rules cost, and the
//! steps of the worst of many events whose keys are all new.
//!
//! `scale [UNIQUE_EVENTS]`

use std::time::Instant;

use ipcsentry::event::{Channel, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, Os, ProcessStart, UniqueId};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};
use ipcsentry_benches::generate::{Numbers, Workload, WorkloadOptions};
use ipcsentry_benches::render::Pass;

/// Processes that live at once.
const LIVING: u64 = 100_000;
/// Runs with each catalog, in turns.
const ROUNDS: u32 = 5;

fn main() {
    let unique = std::env::args().nth(1).map_or(10_000_000, |text| text.parse().expect("a number"));
    for with_text in [true, false] {
        let what = if with_text { "with image, command line and user" } else { "without text" };
        println!("bytes a living process, {what}: {}", bytes_a_process(with_text));
    }
    rules();
    for (mebibytes, hosts) in [(4, 1), (64, 8)] {
        let (steps, slowest) = worst(unique, mebibytes << 20, hosts);
        println!(
            "{unique} events with new keys, {mebibytes} MiB, {hosts} hosts: at most {steps} steps of {} ({slowest:?} by the clock)",
            Limits::MAX_STEPS
        );
    }
}

fn engine(catalog: Catalog, bytes: usize) -> Engine {
    let mut limits = Limits::default();
    limits.bytes = bytes;
    Engine::new(catalog, Policy::default(), limits)
}

fn start<'e>(n: u64, id: u64, host: &'static str) -> Event<'e> {
    let time = Timestamp(1_763_000_000_000_000_000 + n as i64 * 1_000_000);
    let mut event = Event::new(Os::Windows, time, Kind::ProcessStart(ProcessStart::default()));
    event.host = host.as_bytes();
    event.source.channel = Channel::Sysmon;
    event.source.id = NativeId::Number(n + 1);
    event.actor.pid = Some(id as u32);
    let mut guid = [7; 16];
    guid[..8].copy_from_slice(&id.to_be_bytes());
    event.actor.unique_id = UniqueId::Guid(guid);
    event
}

/// Bytes that an engine without a tight limit owns for each of many processes. Images and users are a fleet's, so they
/// repeat; command lines are of a usual length and all different.
fn bytes_a_process(with_text: bool) -> u64 {
    let mut engine = engine(Catalog::builtin(), 1 << 30);
    let empty = engine.stats().bytes;
    let mut numbers = Numbers::new(5);
    for n in 0..LIVING {
        let id = numbers.next();
        let image = format!(r"C:\Program Files\Vendor {}\bin\worker{}.exe", n % 90, n % 400);
        let command_line =
            format!(r#""{image}" --type=renderer --lang=en-US --client-id={} --handle={:x}"#, n % 97, id);
        let user = format!(r"CORP\user{}", n % 50);
        let mut event = start(n, id, Workload::host((n % 8) as usize));
        if with_text {
            event.actor.image = Some(image.as_bytes());
            event.actor.command_line = Some(command_line.as_bytes());
            event.actor.user = Some(user.as_bytes());
        }
        engine.feed(&event);
    }
    let stats = engine.stats();
    assert_eq!(stats.evicted_processes, 0, "all of them are kept");
    (stats.bytes - empty) / LIVING
}

/// Nineteen rules for each builtin one that ask for names which no event has.
fn never(behaviors: usize) -> String {
    let letters = [("W", "win"), ("L", "linux"), ("M", "mac")];
    let rule = |n: usize| {
        let (letter, platform) = letters[n % 3];
        let number = 1_000 + n / 3;
        format!(
            r#"{{"code": "{letter}{number}", "id": "{platform}.never.r{n}", "title": "Never {n}", "severity": "high",
              "techniques": ["T1559"], "sources": ["made up"], "anchor": "process", "window": "60s",
              "clauses": {{
                "open": "ipc 450: endpoint_create or endpoint_connect bind A where endpoint.name == 'never-{n}'",
                "child": "execution 450: process_start at parent bind C where actor.image_name == 'never-{n}.exe'"
              }},
              "require": "open and child", "initiator": "A", "target": "C"}}"#
        )
    };
    let rules: Vec<String> = (0..19 * behaviors).map(rule).collect();
    format!("{{\"behaviors\": [{}]}}", rules.join(","))
}

/// The time of the mix with twenty times as many rules, beside that with the builtin ones.
fn rules() {
    let builtin = Catalog::builtin();
    let count = builtin.rules().len();
    let more = builtin.extend(never(count).as_bytes()).expect("the rules are rules");
    let workload = Workload::quiet(WorkloadOptions { seed: 1, population: 2_000, steps: 60_000, attack_every: 0 });
    let mut engines = [engine(builtin, 192 << 20), engine(more.clone(), 192 << 20)];
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let mut seconds = [0.0, 0.0];
        let from = if round == 0 { 0 } else { workload.prologue };
        for (engine, seconds) in engines.iter_mut().zip(&mut seconds) {
            let events: Vec<Event<'_>> = (from..workload.steps.len()).map(|n| workload.event(n, Pass(round))).collect();
            let begun = Instant::now();
            for event in &events {
                engine.feed(event);
            }
            while engine.poll_alert().is_some() {}
            *seconds = begun.elapsed().as_secs_f64();
        }
        // The first round warms both engines.
        if round > 0 {
            ratios.push(seconds[1] / seconds[0]);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!(
        "{} rules beside {count}, the others never match: {:.2} times the time ({least:.2} to {most:.2})",
        more.rules().len(),
        ratios[ratios.len() / 2]
    );
}

/// The most steps of one event, and the longest time of one, of events that each start a process and create an endpoint
/// of a new name.
fn worst(events: u64, bytes: usize, hosts: u64) -> (u64, std::time::Duration) {
    use std::fmt::Write;
    let mut engine = engine(Catalog::builtin(), bytes);
    let (mut numbers, mut slowest) = (Numbers::new(11), std::time::Duration::ZERO);
    let [mut image, mut line, mut pipe] = [(); 3].map(|()| String::new());
    for n in 0..events {
        let id = numbers.next();
        [&mut image, &mut line, &mut pipe].into_iter().for_each(|text| text.clear());
        let _ = write!(image, r"C:\Users\u{}\AppData\Local\{id:016x}\tool.exe", n % 40);
        let _ = write!(line, r"C:\Users\tool.exe --run {id:x}");
        let _ = write!(pipe, r"\pipe-{id:x}");
        let mut event = start(n, id, Workload::host((n % hosts) as usize));
        if n % 2 == 1 {
            event.kind =
                Kind::EndpointCreate(EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(pipe.as_bytes()))));
        }
        event.actor.image = Some(image.as_bytes());
        event.actor.command_line = Some(line.as_bytes());
        event.actor.user = Some(br"CORP\mallory");
        event.parent.pid = Some((id >> 32) as u32);
        event.parent.image = Some(br"C:\Windows\System32\cmd.exe");
        let begun = Instant::now();
        engine.feed(&event);
        while engine.poll_alert().is_some() {}
        slowest = slowest.max(begun.elapsed());
    }
    (engine.stats().max_steps, slowest)
}
