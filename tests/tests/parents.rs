//! A parent of whom a record says no more than a pid, or nothing, is unknown: it is no process of an earlier boot, and
//! no clause takes it for a wrong parent.

use std::collections::BTreeSet;

use ipcsentry::decode::Format;
use ipcsentry::event::{Channel, Event, Kind, NativeId, Os, SensorChange, SensorState, UniqueId};
use ipcsentry::report::LineageStep;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::recordings::finish;
use serde_json::{Value, json};

fn alerts<'e>(events: impl IntoIterator<Item = Event<'e>>) -> Vec<Alert> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for event in events {
        engine.feed(&event);
    }
    finish(&mut engine)
}

fn scenario(id: &str) -> &'static Scenario {
    scenario::all().iter().find(|scenario| scenario.id() == id).expect("it is one of ours")
}

/// A log of Windows without unique ids, whose records name parents by their pid alone (Security 4688 version 1).
fn by_pid<'e>(scenario: &'e Scenario) -> Vec<Event<'e>> {
    let mut events = scenario.events();
    for event in &mut events {
        let pid = event.parent.pid;
        event.parent = Default::default();
        (event.parent.pid, event.actor.unique_id) = (pid, UniqueId::None);
        if matches!(event.kind, Kind::ProcessStart(_)) {
            event.source.channel = Channel::Security;
        }
    }
    events
}

#[test]
fn a_parent_is_no_process_of_the_boot_before() {
    let scenario = scenario("win.document.pipe_shell");
    let raises = |events: Vec<Event<'_>>| !alerts(events).is_empty();
    assert!(raises(by_pid(scenario)), "the parent is known by its pid");
    for (seconds, alerts) in [(1, true), (60, false)] {
        let mut events = by_pid(scenario);
        let child = events.iter().position(|event| event.parent.pid == events[0].actor.pid).expect("it starts a shell");
        let mut state = SensorState::default();
        state.change = SensorChange::Started;
        let mut started =
            Event::new(Os::Windows, events[child - 1].time + seconds * 1_000_000_000, Kind::SensorState(state));
        (started.host, started.source.channel) = (events[0].host, Channel::Sysmon);
        started.source.id = NativeId::Number(1);
        for event in &mut events[child..] {
            event.time = event.time + (seconds + 1) * 1_000_000_000;
        }
        events.insert(child, started);
        assert_eq!(raises(events), alerts, "Sysmon started {seconds} s after the last record");
    }
}

#[test]
fn an_unknown_parent_is_no_wrong_one() {
    let mut loud = Vec::new();
    let benign = scenario::all().iter().filter(|scenario| scenario.os() == Os::Windows && !scenario.is_positive());
    for scenario in benign {
        let mut events = scenario.events();
        let started: Vec<_> = events.iter().filter_map(|event| event.actor.pid).collect();
        let mut unknown = 0;
        for event in &mut events {
            if event.parent.pid.is_some_and(|pid| !started.contains(&pid)) {
                event.parent = Default::default();
                unknown += 1;
            }
        }
        let raised = alerts(events).into_iter().filter(|alert| alert.severity != "low");
        let codes: Vec<String> = raised.map(|alert| alert.code).collect();
        if unknown > 0 && !codes.is_empty() {
            loud.push(format!("{}: {codes:?}", scenario.id()));
        }
    }
    assert!(loud.is_empty(), "{} scenarios alert where nobody knows the parent:\n{}", loud.len(), loud.join("\n"));
}

/// Every record that says a host started marks its boot.
#[test]
fn each_record_of_a_start_marks_a_boot() {
    let system = |provider: &str, id: u32| {
        format!(
            r##"{{"Event":{{"System":{{"Provider":{{"#attributes":{{"Name":"{provider}"}}}},"EventID":{id},"TimeCreated":{{"#attributes":{{"SystemTime":"TIME"}}}},"EventRecordID":1,"Channel":"System","Computer":"HOST"}},"EventData":{{}}}}}}"##
        )
    };
    let sysmon = system("Microsoft-Windows-Sysmon", 4)
        .replace(r#""EventData":{}"#, r#""EventData":{"UtcTime":"SPACED","State":"Started"}"#);
    let records = [system("EventLog", 6005), system("Microsoft-Windows-Kernel-General", 12), sysmon];
    let scenario = scenario("win.document.pipe_shell");
    for record in records {
        for (is_late, alerts) in [(false, true), (true, false)] {
            let events = by_pid(scenario);
            let child = events.iter().position(|e| e.parent.pid == events[0].actor.pid).expect("it starts a shell");
            let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
            let start = events[child - 1].time + 60_000_000_000;
            let mut fed = 0;
            for (at, mut event) in events.into_iter().enumerate() {
                if at == child && is_late {
                    let text = start.to_string();
                    let spaced = text.trim_end_matches('Z').replace('T', " ");
                    let host = String::from_utf8_lossy(event.host).into_owned();
                    let line = record.replace("TIME", &text).replace("SPACED", &spaced[..23]).replace("HOST", &host);
                    let stream = engine.open_stream(StreamOptions::new(Format::EvtxJson));
                    engine.feed_bytes(stream, format!("{line}\n").as_bytes());
                    engine.close_stream(stream);
                    fed = engine.stats().decode_errors + 1;
                }
                if at >= child {
                    event.time = event.time + 61_000_000_000;
                }
                engine.feed(&event);
            }
            assert_eq!(fed, u64::from(is_late), "the record is read: {record}");
            assert_eq!(!finish(&mut engine).is_empty(), alerts, "{record}");
        }
    }
}

/// The same on Linux: when auditd starts after a silence, what a pid meant before says nothing of its owner.
#[test]
fn the_start_of_auditd_marks_a_boot() {
    let scenario = scenario("linux.line.shell_child");
    for (is_late, alerts) in [(false, true), (true, false)] {
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        let mut events = scenario.events();
        let child = events.len() - 1;
        let boot = events[child - 1].time + 20_000_000_000;
        for event in &mut events {
            let pid = event.parent.pid;
            event.parent = Default::default();
            event.parent.pid = pid;
        }
        for (at, mut event) in events.into_iter().enumerate() {
            if at == child && is_late {
                let seconds = boot.0 / 1_000_000_000;
                let line = format!(
                    "type=DAEMON_START msg=audit({seconds}.000:7): op=start ver=3.1 auid=0 pid=9 res=success\n"
                );
                let mut options = StreamOptions::new(Format::Auditd);
                options.host = event.host.to_vec();
                let stream = engine.open_stream(options);
                engine.feed_bytes(stream, line.as_bytes());
                engine.close_stream(stream);
            }
            if at == child {
                event.time = event.time + 21_000_000_000;
            }
            engine.feed(&event);
        }
        assert_eq!(!finish(&mut engine).is_empty(), alerts, "auditd starts again: {is_late}");
    }
}

/// Reused pids, and records that lie, may make a process the parent of its own parent.
#[test]
fn a_circle_of_parents_has_an_end() {
    let mut circles = 0;
    for scenario in scenario::all().iter().filter(|scenario| scenario.is_positive()) {
        let events = scenario.events();
        let Some(first) = events.iter().find(|event| {
            matches!(event.kind, Kind::ProcessStart(_)) && event.actor.pid.is_some() && event.parent.pid > Some(1)
        }) else {
            continue;
        };
        // The parent is said to have been started by its child.
        let mut turned = first.clone();
        (turned.actor, turned.parent) = (first.parent, first.actor);
        turned.source.id = NativeId::Number(1);
        for alert in alerts([turned].into_iter().chain(events.iter().cloned())) {
            let mut listed = BTreeSet::new();
            let known = |step: &LineageStep| (step.process.pid, step.process.unique_id.clone());
            assert!(
                alert.lineage.iter().all(|step| listed.insert(known(step))),
                "{}: {:?}",
                scenario.id(),
                alert.lineage
            );
            circles += 1;
        }
    }
    assert!(circles > 100, "only {circles} alerts");
}

#[test]
fn who_names_another_parent_is_named() {
    let start = |second: u32, pid: u32, image: &str, parent: Value| {
        json!({
            "@timestamp": format!("2024-03-01T10:00:{second:02}.000Z"),
            "data_stream": {"dataset": "endpoint.events.process"},
            "event": {"action": "start", "category": ["process"], "module": "endpoint"},
            "host": {"name": "pine", "os": {"type": "windows"}},
            "process": {"pid": pid, "executable": image, "command_line": image, "parent": parent},
            "user": {"domain": "GROVE", "name": "maple"},
        })
    };
    let pipe = json!({
        "@timestamp": "2024-03-01T10:00:09.000Z",
        "event": {"code": "17", "provider": "Microsoft-Windows-Sysmon", "module": "sysmon"},
        "host": {"name": "pine"},
        "process": {"pid": 500, "executable": r"C:\Windows\System32\charmap.exe"},
        "file": {"name": r"\elmleaf"},
        "winlog": {"event_id": "17", "provider_name": "Microsoft-Windows-Sysmon", "computer_name": "pine",
            "channel": "Microsoft-Windows-Sysmon/Operational", "event_data": {"EventType": "CreatePipe"}},
    });
    let shell = r"C:\Windows\explorer.exe";
    let broker = r"C:\Windows\System32\svchost.exe";
    let run = |creator: u32, image: &str, piped: bool| {
        let named = json!({"pid": 300, "executable": shell, "Ext": {"real": {"pid": creator}}});
        let mut records = vec![
            start(1, 600, broker, json!({"pid": 700, "executable": r"C:\Windows\System32\services.exe"})),
            start(1, 300, shell, json!({"pid": 200, "executable": r"C:\Windows\System32\userinit.exe"})),
        ];
        if ![300, 600].contains(&creator) {
            records.push(start(2, creator, image, json!({"pid": 300, "executable": shell})));
        }
        records.push(start(5, 500, r"C:\Windows\System32\charmap.exe", named));
        records.extend(piped.then(|| pipe.clone()));
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        let stream = engine.open_stream(StreamOptions::new(Format::EcsJson));
        engine.feed_bytes(stream, text.as_bytes());
        engine.close_stream(stream);
        let alerts = finish(&mut engine);
        alerts.iter().map(|a| serde_json::to_value(a).expect("an alert is JSON")).collect::<Vec<_>>()
    };
    let tool = r"C:\Users\maple\Downloads\oak.exe";
    let alerts = run(400, tool, true);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!((&alerts[0]["code"], &alerts[0]["severity"]), (&json!("W16"), &json!("high")));
    assert_eq!(alerts[0]["initiator"]["process"]["image"], tool, "{:#}", alerts[0]);
    assert!(run(400, tool, false).is_empty(), "without a pipe it is no abuse of one");
    assert!(run(400, r"C:\Program Files\Oak\oak.exe", true).is_empty(), "an installed program does it by design");
    assert!(run(300, shell, true).is_empty(), "the parent is the creator");
    assert!(run(600, broker, true).is_empty(), "brokers start programs under the parent that asked for them");
}
