//! The decoders of a live feed may be settled at any moment: every scenario raises the same alerts as without that,
//! wherever its records were cut.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::event::Os;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Rendered};
use ipcsentry::time::SECOND;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};

/// Number of ways to cut and settle that are tried with every file.
const WAYS: u64 = 3;

/// Pseudorandom numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The most severe form of each alert of at least medium severity, by its code and id.
type Alerts = BTreeMap<String, Severity>;

/// The alerts on files that are fed one after the other, with a call of `ask` between pieces.
fn alerts(
    files: &[Rendered],
    lateness: i64,
    dice: &mut Dice,
    mut ask: impl FnMut(&mut Engine, ipcsentry::StreamId, &mut Dice),
) -> Alerts {
    let mut limits = Limits::default();
    limits.lateness = lateness;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut found = Alerts::new();
    for file in files {
        let stream = engine.open_stream(StreamOptions::new(file.format));
        let mut rest = &file.bytes[..];
        while !rest.is_empty() {
            // Mostly a whole record, sometimes a part of one.
            let line = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
            let end = if dice.below(8) == 0 { dice.below(line as u64) as usize + 1 } else { line };
            let (piece, others) = rest.split_at(end);
            engine.feed_bytes(stream, piece);
            ask(&mut engine, stream, dice);
            rest = others;
        }
        engine.close_stream(stream);
    }
    engine.flush();
    while let Some(alert) = engine.poll_alert() {
        if alert.level >= Severity::Medium {
            let known = found.entry(format!("{} {}", alert.code, alert.id)).or_insert(alert.level);
            *known = alert.level.max(*known);
        }
    }
    found
}

fn settle(engine: &mut Engine, stream: ipcsentry::StreamId, dice: &mut Dice) {
    match dice.below(6) {
        0 => drop(engine.settle_stream(stream)),
        1 => drop(engine.settle_quiet(stream)),
        _ => {}
    }
}

#[test]
fn stories_raise_the_same_alerts_whenever_their_streams_are_settled() {
    let (mut raised, mut formats, mut failures) = (0, Vec::new(), Vec::new());
    for (number, scenario) in scenario::all().iter().filter(|scenario| scenario.os() != Os::Windows).enumerate() {
        for telemetry in scenario.telemetry() {
            let files = scenario.render(telemetry).expect("this telemetry can be rendered");
            formats.extend(files.iter().map(|file| file.format));
            let lateness: &[i64] = if files.len() == 1 { &[0, 300 * SECOND] } else { &[300 * SECOND] };
            for &lateness in lateness {
                let plain = alerts(&files, lateness, &mut Dice(1), |_, _, _| {});
                raised += usize::from(!plain.is_empty());
                for way in 0..WAYS {
                    let settled = alerts(&files, lateness, &mut Dice(number as u64 * WAYS + way), settle);
                    if settled != plain {
                        failures.push(format!(
                            "{} {telemetry:?} {lateness} {way}:\n  {plain:?}\n  {settled:?}",
                            scenario.id()
                        ));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
    assert!(raised > 150, "{raised} files raised alerts");
    for format in [Format::Auditd, Format::UnifiedLogText, Format::UnifiedLogJson, Format::EsloggerJson] {
        assert!(formats.contains(&format), "{format:?}");
    }
}

const CALL: &str = concat!(
    "type=SYSCALL msg=audit(1700000000.120:7): arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 ",
    "items=2 ppid=700 pid=812 auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 ",
    "fsgid=1000 tty=pts3 ses=4 comm=\"tool\" exe=\"/usr/bin/tool\" key=\"k\"\n",
);
const FOLDER: &str = "type=CWD msg=audit(1700000000.120:7): cwd=\"/srv\"\n";

#[test]
fn an_event_is_counted_once_however_often_its_stream_is_settled() {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    assert_eq!(engine.next_deadline(), None);
    let call = CALL.replace("syscall=59", "syscall=319");
    engine.feed_bytes(stream, call.as_bytes());
    let time = ipcsentry::Timestamp::from_unix(1_700_000_002, 120_000_000);
    assert_eq!(engine.next_deadline(), Some(time), "what the decoder holds back is due after two seconds");
    assert_eq!(engine.settle_stream(stream).events, 1);
    assert_eq!(engine.settle_stream(stream).events, 0);
    engine.feed_bytes(stream, FOLDER.as_bytes());
    assert_eq!(engine.settle_quiet(stream).events, 0, "it had a record since the last call");
    assert_eq!(engine.settle_quiet(stream).events, 0, "the event was reported before");
    let report = engine.close_stream(stream);
    assert_eq!((report.events, report.skipped, report.error_count), (0, 0, 0));
    engine.flush();
    assert_eq!((engine.stats().events, engine.stats().duplicates), (2, 0), "judged again with its folder");
}

#[test]
fn a_command_line_is_told_whole() {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    let mut settled = |text: &str| {
        engine.feed_bytes(stream, text.as_bytes());
        engine.settle_stream(stream).events
    };
    assert_eq!(settled(CALL), 0);
    assert_eq!(settled("type=EXECVE msg=audit(1700000000.120:7): argc=3 a0=\"sh\" a1=\"-c\"\n"), 0);
    assert_eq!(settled("type=EXECVE msg=audit(1700000000.120:7): a2=\"id\"\n"), 1);
    assert_eq!(settled(FOLDER), 0, "the event is repeated, not counted again");
}

#[test]
fn what_makes_no_event_yet_is_held_on() {
    let connect = CALL.replace("syscall=59", "syscall=42");
    let address = "type=SOCKADDR msg=audit(1700000000.120:7): saddr=01002F72756E2F7800\n";
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    engine.feed_bytes(stream, connect.as_bytes());
    let report = engine.settle_stream(stream);
    assert_eq!((report.events, report.skipped), (0, 0));
    assert_eq!(engine.next_deadline(), None, "nothing is left to settle");
    engine.feed_bytes(stream, address.as_bytes());
    assert_eq!(engine.settle_stream(stream).events, 1);
    // An event that never gets its address is counted at the end.
    engine.feed_bytes(stream, connect.replace(":7)", ":8)").as_bytes());
    engine.settle_stream(stream);
    let report = engine.close_stream(stream);
    assert_eq!((report.events, report.skipped), (0, 1));
}
