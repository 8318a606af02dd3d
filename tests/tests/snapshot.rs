//! An engine that is saved and restored at any point goes on as if there had been no break: same alerts, same counters,
//! same reports. A damaged snapshot is refused, and a crafted one does no harm.

use ipcsentry::decode::Format;
use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, Os, ProcessRef, ProcessStart};
use ipcsentry::scenario;
use ipcsentry::time::SECOND;
use ipcsentry::{Catalog, Engine, Limits, Policy, RestoreError, Restored, StreamOptions};
use ipcsentry_tests::recordings;

/// Pseudorandom numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn limits(lateness: i64) -> Limits {
    let mut limits = Limits::default();
    limits.lateness = lateness;
    limits.seed = 7;
    limits
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    bytes
}

/// A new engine from the snapshot of one, as another process would make it.
fn reborn(engine: &Engine) -> Engine {
    let (restored, report) =
        Engine::restore(Catalog::builtin(), Policy::default(), engine.limits().clone(), &saved(engine))
            .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report, Restored::default());
    restored
}

/// All that an engine says, apart from the bytes it owns: spare room is not saved.
fn said(engine: &mut Engine, streams: &[ipcsentry::StreamId]) -> Vec<String> {
    let mut said: Vec<String> = std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()).collect();
    let mut stats = engine.stats();
    stats.bytes = 0;
    said.push(stats.to_json());
    said.extend(engine.coverage().iter().map(|host| host.to_json()));
    said.extend(streams.iter().map(|stream| format!("{:?}", engine.stream_report(*stream))));
    said
}

/// Feeds files, each in a stream of its own and all of them in turns, in the pieces that `cut` gives (where the next
/// piece of a rest ends), with a restored engine after every piece for which `breaks` holds.
fn run(
    files: &[(Format, Vec<u8>)],
    limits: Limits,
    recognize: bool,
    mut cut: impl FnMut(&[u8]) -> usize,
    mut breaks: impl FnMut() -> bool,
) -> Vec<String> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut streams = Vec::new();
    for (number, (format, _)) in files.iter().enumerate() {
        let mut options = if recognize { StreamOptions::recognize() } else { StreamOptions::new(*format) };
        options.file = number as u32;
        streams.push(engine.open_stream(options));
    }
    let mut rests: Vec<&[u8]> = files.iter().map(|(_, bytes)| &bytes[..]).collect();
    while rests.iter().any(|rest| !rest.is_empty()) {
        for (rest, stream) in rests.iter_mut().zip(&streams).filter(|(rest, _)| !rest.is_empty()) {
            let (piece, others) = rest.split_at(cut(rest));
            engine.feed_bytes(*stream, piece);
            *rest = others;
            if breaks() {
                engine = reborn(&engine);
            }
        }
    }
    let mut all = said(&mut engine, &streams);
    for stream in &streams {
        engine.settle_stream(*stream);
        if breaks() {
            engine = reborn(&engine);
        }
    }
    for stream in streams {
        all.push(format!("{:?}", engine.close_stream(stream)));
    }
    if breaks() {
        engine = reborn(&engine);
    }
    engine.flush();
    all.extend(said(&mut engine, &[]));
    all
}

/// Where a piece ends: mostly behind a line, often within one.
fn pieces(mut dice: Dice) -> impl FnMut(&[u8]) -> usize {
    move |rest| {
        let line = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        if dice.below(3) == 0 { dice.below(line as u64) as usize + 1 } else { line }
    }
}

#[track_caller]
fn same(what: &str, plain: &[String], broken: &[String]) {
    for (plain, broken) in plain.iter().zip(broken) {
        assert_eq!(plain, broken, "{what}");
    }
    assert_eq!(plain.len(), broken.len(), "{what}");
}

#[test]
fn scenarios_go_on_after_every_piece() {
    let (mut alerts, mut kinds, mut number) = (0, std::collections::BTreeSet::new(), 0);
    for scenario in scenario::all() {
        for telemetry in scenario.telemetry() {
            number += 1;
            let files = scenario.render(telemetry).expect("this telemetry can be rendered");
            let files: Vec<(Format, Vec<u8>)> = files.into_iter().map(|file| (file.format, file.bytes)).collect();
            kinds.extend(files.iter().map(|(format, _)| format.name()));
            // Every telemetry with one lateness, and with the other one every fourth time.
            for lateness in [0, 2 * SECOND].into_iter().filter(|l| (*l == 0) == (number % 2 == 0) || number % 4 == 0) {
                let recognize = number % 3 == 0;
                let cut = || pieces(Dice(number));
                let plain = run(&files, limits(lateness), recognize, cut(), || false);
                let broken = run(&files, limits(lateness), recognize, cut(), || true);
                alerts += plain.iter().filter(|line| line.starts_with("{\"schema_version\"")).count();
                same(&format!("{} {telemetry:?} lateness {lateness}", scenario.id()), &plain, &broken);
            }
        }
    }
    println!("{number} renderings, {} formats, {alerts} alerts: {kinds:?}", kinds.len());
    assert!(alerts > 500 && kinds.len() > 10, "{alerts} alerts of {kinds:?}");
}

#[test]
fn recordings_go_on_after_breaks_anywhere() {
    let Some(recordings) = recordings::all() else { return };
    let mut alerts = 0;
    for (number, recording) in recordings.iter().enumerate() {
        let Some(format) = recording.format else { continue };
        let file = (format, recording.bytes.clone());
        let part = recording.bytes.len() / 9 + 1;
        for lateness in [0, 2 * SECOND] {
            let go = |breaks: bool| {
                let mut dice = Dice(number as u64);
                let cut = move |rest: &[u8]| (part + dice.below(50) as usize).min(rest.len());
                run(std::slice::from_ref(&file), limits(lateness), number % 2 == 0, cut, || breaks)
            };
            let (plain, broken) = (go(false), go(true));
            alerts += plain.iter().filter(|line| line.starts_with("{\"schema_version\"")).count();
            same(&format!("{} lateness {lateness}", recording.id), &plain, &broken);
        }
    }
    println!("{} recordings, {alerts} alerts", recordings.len());
    assert!(alerts > 20, "{alerts} alerts");
}

/// A flood of endpoints and processes of many hosts that fills the smallest engine.
fn flood(n: u32) -> (String, String, String) {
    (format!("/tmp/f{n}"), format!("host{}", n % 70), format!("/bin/p{} --with {n}", n % 3_000))
}

#[test]
fn evictions_go_on_as_they_would() {
    let os = [Os::Linux, Os::Windows];
    let attacks: Vec<_> = scenario::all().iter().filter(|s| s.is_positive() && os.contains(&s.os())).collect();
    for lateness in [0, 2 * SECOND] {
        let go = |breaks: u32| {
            let mut limits = limits(lateness);
            limits.bytes = Limits::MIN_BYTES;
            let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
            let (mut n, mut all) = (0, Vec::new());
            for attack in attacks.iter().step_by(attacks.len() / 8) {
                for event in attack.events() {
                    engine.feed(&event);
                    for _ in 0..1_500 {
                        n += 1;
                        let (name, host, line) = flood(n);
                        let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(name.as_bytes())));
                        let kind = match n % 3 {
                            0 => Kind::EndpointCreate(act),
                            1 => Kind::EndpointConnect(act),
                            _ => Kind::ProcessStart(ProcessStart::default()),
                        };
                        let mut other = Event::new(Os::Linux, event.time + i64::from(n % 900) * 1_000_000, kind);
                        other.host = host.as_bytes();
                        other.record = u64::from(n);
                        other.actor = ProcessRef::default();
                        other.actor.pid = Some(n % 40_000 + 2);
                        other.actor.image = Some(line.split(' ').next().unwrap_or_default().as_bytes());
                        other.actor.command_line = Some(line.as_bytes());
                        engine.feed(&other);
                        if breaks != 0 && n % breaks == 0 {
                            engine = reborn(&engine);
                        }
                    }
                }
                all.extend(said(&mut engine, &[]));
            }
            engine.flush();
            all.extend(said(&mut engine, &[]));
            (all, engine.stats())
        };
        let (plain, stats) = go(0);
        assert!(
            stats.evicted_processes > 100
                && stats.evicted_names > 100
                && stats.evicted_hosts + stats.evicted_endpoints > 100,
            "{stats:?}"
        );
        if lateness > 0 {
            assert!(stats.released_early > 100, "{stats:?}");
        }
        let (broken, _) = go(3_001);
        same(&format!("lateness {lateness}"), &plain, &broken);
    }
}

/// An engine with something of everything: half-read records, partial matches, alerts, events that wait.
fn busy(lateness: i64) -> Engine {
    let mut limits = limits(lateness);
    limits.bytes = Limits::MIN_BYTES;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let wanted = ["W07", "L05", "M09"];
    let scenarios = scenario::all().iter().filter(|s| s.is_positive() && wanted.contains(&s.behavior()));
    let mut seen = Vec::new();
    for scenario in scenarios {
        if seen.contains(&scenario.behavior()) {
            continue;
        }
        seen.push(scenario.behavior());
        for telemetry in scenario.telemetry().take(2) {
            for file in scenario.render(telemetry).expect("this telemetry can be rendered") {
                let stream = engine.open_stream(StreamOptions::new(file.format));
                engine.feed_bytes(stream, &file.bytes[..file.bytes.len() * 9 / 10]);
            }
        }
    }
    engine
}

#[test]
fn any_change_and_any_cut_is_an_error() {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits(2 * SECOND));
    let stream = engine.open_stream(StreamOptions::recognize());
    engine.feed_bytes(stream, b"type=USER_CMD msg=audit(1795308392.897:654): pid=1 uid=0\ntype=SYSCALL msg=aud");
    let good = saved(&engine);
    let restore =
        |bytes: &[u8]| Engine::restore(Catalog::builtin(), Policy::default(), limits(2 * SECOND), bytes).map(|_| ());
    assert_eq!(restore(&good), Ok(()));
    let mut bad = good.clone();
    for at in 0..bad.len() {
        for bit in [1, 0x80] {
            bad[at] ^= bit;
            let error = restore(&bad).expect_err("a changed byte is noticed");
            let is_placed = match error {
                RestoreError::NoSnapshot => at < 8,
                RestoreError::Version { .. } => (8..12).contains(&at),
                RestoreError::Damaged { offset, end } => (offset..end).contains(&(at as u64)),
                RestoreError::Cut { offset } => offset <= at as u64,
                _ => false,
            };
            assert!(is_placed, "byte {at}: {error}");
            bad[at] ^= bit;
        }
    }
    for length in 0..good.len() {
        assert!(restore(&good[..length]).is_err(), "cut to {length} bytes");
    }
    let longer = [&good[..], b"x"].concat();
    assert!(matches!(restore(&longer), Err(RestoreError::Cut { .. })));
    println!("{} bytes", good.len());
}

/// The codes of the alerts of an engine whose input ends.
fn codes(engine: &mut Engine) -> Vec<String> {
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.code).collect()
}

/// An engine that has seen all of an attack but its last event.
fn begun(events: &[Event<'_>], catalog: Catalog) -> Engine {
    let mut engine = Engine::new(catalog, Policy::default(), limits(0));
    events[..events.len() - 1].iter().for_each(|event| {
        let _ = engine.feed(event);
    });
    engine
}

#[test]
fn another_catalog_keeps_what_stayed_and_says_what_went() {
    let catalog = Catalog::builtin();
    let removable: Vec<String> = catalog.rules().iter().map(|rule| rule.code.clone()).collect();
    let removable: Vec<&str> = removable.iter().map(String::as_str).filter(|c| catalog.without(&[c]).is_ok()).collect();
    let (mut kept, mut dropped) = (0, 0);
    let mut fewer = std::collections::HashMap::new();
    let mut without = |code: &str| -> Catalog {
        let make = || Catalog::builtin().without(&[code]).expect("it may go");
        fewer.entry(code.to_owned()).or_insert_with(make).clone()
    };
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let (events, code) = (scenario.events(), scenario.behavior());
        let mut plain = begun(&events, catalog.clone());
        let early = std::iter::from_fn(|| plain.poll_alert()).any(|alert| alert.code == code);
        plain.feed(&events[events.len() - 1]);
        // Only attacks that the last event completes show whether state was kept.
        if events.len() < 2 || early || !codes(&mut plain).iter().any(|c| c == code) || !removable.contains(&code) {
            continue;
        }
        let last = &events[events.len() - 1];
        let other = removable.iter().find(|other| **other != code).expect("there are several");
        let fewer = without(other);
        let mut replaced = begun(&events, catalog.clone());
        while replaced.poll_alert().is_some() {}
        assert!(replaced.replace(fewer.clone(), Policy::default()).iter().all(|d| d.behavior != id_of(code)));
        replaced.feed(last);
        assert!(codes(&mut replaced).iter().any(|c| c == code), "{} after a replacement", scenario.id());
        let bytes = saved(&begun(&events, catalog.clone()));
        let (mut restored, report) = Engine::restore(fewer, Policy::default(), limits(0), &bytes).expect("it is good");
        assert!(report.left.is_empty() && report.dropped.iter().all(|d| d.behavior != id_of(code)));
        restored.feed(last);
        assert!(codes(&mut restored).iter().any(|c| c == code), "{} after a restart", scenario.id());
        kept += 1;
        // Without the behavior its state goes, and does not come back with it.
        let mut gone = begun(&events, catalog.clone());
        while gone.poll_alert().is_some() {}
        let report = gone.replace(without(code), Policy::default());
        gone.replace(catalog.clone(), Policy::default());
        gone.feed(last);
        let is_reported = report.iter().any(|d| d.behavior == id_of(code) && d.count > 0);
        assert!(is_reported || codes(&mut gone).iter().any(|c| c == code), "{}: {report:?}", scenario.id());
        dropped += usize::from(is_reported);
    }
    println!("{kept} kept, {dropped} dropped");
    assert!(kept > 40 && dropped > 30, "{kept} kept, {dropped} dropped");
}

fn id_of(code: &str) -> String {
    let catalog = Catalog::builtin();
    catalog.rules().iter().find(|rule| rule.code == code).map(|rule| rule.id.clone()).expect("a builtin behavior")
}

#[test]
fn a_behavior_with_another_content_begins_anew() {
    let catalog = Catalog::builtin();
    let (_, text) =
        ipcsentry::rules::builtin_texts().into_iter().find(|(name, _)| name.contains("/L05_")).expect("L05 is there");
    let same = catalog.without(&["L05"]).and_then(|fewer| fewer.extend(text.as_bytes())).expect("L05 again");
    let severity =
        |text: &str| text.split("\"severity\": \"").nth(1).and_then(|t| t.split('"').next()).map(str::to_owned);
    let other = text.replacen(&format!("\"{}\"", severity(&text).expect("it has one")), "\"low\"", 1);
    assert_ne!(other, text);
    let other = catalog.without(&["L05"]).and_then(|fewer| fewer.extend(other.as_bytes())).expect("another L05");
    let attack = scenario::all().iter().find(|s| s.is_positive() && s.behavior() == "L05").expect("there is one");
    let engine = begun(&attack.events(), catalog);
    let restore = |catalog: Catalog| {
        let (_, report) = Engine::restore(catalog, Policy::default(), limits(0), &saved(&engine)).expect("it is good");
        report.dropped.iter().map(|dropped| dropped.behavior.clone()).collect::<Vec<_>>()
    };
    assert_eq!(restore(same), Vec::<String>::new(), "its place in the catalog does not matter");
    assert_eq!(restore(other), [id_of("L05")]);
}

#[test]
fn names_are_matched_with_the_lists_of_the_new_catalog() {
    let rules = br#"{
        "lists": {"linux.mine": {"basename": ["mine"], "source": "own"}},
        "behaviors": [{
            "id": "linux.fifo.mine", "code": "L91", "techniques": ["T1559"], "severity": "medium",
            "title": "a program of the list opens a FIFO", "sources": ["own"], "anchor": "process", "window": "10s",
            "clauses": {
                "start": "execution: process_start bind A",
                "open": "ipc: endpoint_connect bind A where actor.image in linux.mine and endpoint.mechanism == fifo",
            },
            "require": "open and start",
        }],
    }"#;
    let time = ipcsentry::Timestamp::from_unix(1_800_000_000, 0);
    let event = |kind: Kind<'static>, second: i64| {
        let mut event = Event::new(Os::Linux, time + second * SECOND, kind);
        (event.host, event.actor.pid) = (b"h", Some(7));
        event.actor.image = Some(b"/opt/mine");
        event
    };
    let act = || Kind::EndpointConnect(EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(b"/tmp/f"))));
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits(0));
    engine.feed(&event(act(), 0));
    let catalog = Catalog::builtin().extend(rules).expect("a good rule");
    let (mut restored, _) =
        Engine::restore(catalog.clone(), Policy::default(), limits(0), &saved(&engine)).expect("it is good");
    let _ = engine.replace(catalog, Policy::default());
    for engine in [&mut engine, &mut restored] {
        engine.feed(&event(Kind::ProcessStart(ProcessStart::default()), 1));
        engine.feed(&event(act(), 2));
        assert!(codes(engine).contains(&"L91".to_owned()));
    }
}

/// The offset of the list of parts, and their number.
fn parts(bytes: &[u8]) -> (usize, usize) {
    let foot = bytes.len() - 32;
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    (foot - 17 * number(foot + 4), number(foot + 4))
}

#[test]
fn parts_of_another_version_are_left_and_named() {
    let engine = busy(2 * SECOND);
    let good = saved(&engine);
    let (list, count) = parts(&good);
    assert_eq!(count, 9);
    for part in 0..count {
        let mut other = good.clone();
        other[list + 17 * part + 1] ^= 1;
        ipcsentry::_internal_test_exports::seal_snapshot(&mut other).expect("a snapshot");
        let (mut restored, report) =
            Engine::restore(Catalog::builtin(), Policy::default(), engine.limits().clone(), &other)
                .unwrap_or_else(|error| panic!("part {part}: {error}"));
        assert!(!report.left.is_empty(), "part {part}");
        restored.flush();
        while restored.poll_alert().is_some() {}
        assert_eq!(report.left.len(), [6, 2, 1, 3, 1, 1, 1, 1, 1][part], "part {part}: {:?}", report.left);
    }
}

#[test]
fn a_snapshot_that_exceeds_the_limits_is_refused() {
    let mut limits = limits(2 * SECOND);
    limits.bytes = 32 << 20;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits.clone());
    for n in 0..20_000_u32 {
        let (name, host, _) = flood(n);
        let act = EndpointAct::new(Endpoint::new(Mechanism::Fifo, Some(name.as_bytes())));
        let time = ipcsentry::Timestamp::from_unix(1_800_000_000 + i64::from(n), 0);
        let mut event = Event::new(Os::Linux, time, Kind::EndpointCreate(act));
        (event.host, event.actor.pid, event.record) = (host.as_bytes(), Some(n + 2), u64::from(n));
        engine.feed(&event);
    }
    let bytes = saved(&engine);
    let mut more = limits.clone();
    more.bytes *= 2;
    assert!(Engine::restore(Catalog::builtin(), Policy::default(), more, &bytes).is_ok());
    limits.bytes = Limits::MIN_BYTES;
    let refused = Engine::restore(Catalog::builtin(), Policy::default(), limits, &bytes).map(|_| ());
    assert!(matches!(refused, Err(RestoreError::Inconsistent { .. })), "{refused:?}");
}

#[test]
fn snapshots_are_the_same_each_time() {
    let engine = busy(2 * SECOND);
    let (first, again, restored) = (saved(&engine), saved(&engine), saved(&reborn(&engine)));
    assert_eq!(difference(&first, &again), None);
    assert_eq!(difference(&first, &restored), None, "a restored engine is the same to the byte");
}

/// Where two texts of bytes begin to differ.
fn difference(one: &[u8], other: &[u8]) -> Option<usize> {
    (one != other).then(|| one.iter().zip(other).take_while(|(a, b)| a == b).count())
}
