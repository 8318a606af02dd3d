//! An alert names programs as they were in the records it cites: what a process became afterwards, and what its children
//! run, renames nobody.

use ipcsentry::decode::Format;
use ipcsentry::event::{Event, Kind, Os, ProcessStart, StartMethod, UniqueId};
use ipcsentry::scenario::{self, Scenario, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings::{finish, hunt};

/// What every process becomes once it has done its part.
const BECOMES: &[u8] = b"/usr/bin/afterwards";
/// Number of the first record that says so.
const ADDED: u64 = 1_000_000;

fn alerts<'e>(events: impl IntoIterator<Item = Event<'e>>) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for event in events {
        engine.feed(&event);
    }
    finish(&mut engine)
}

/// The events of a scenario; each process becomes another program right after the last one that names it.
fn with_execs(scenario: &Scenario) -> Vec<Event<'_>> {
    let mut events = scenario.events();
    for (record, event) in (0..).zip(&mut events) {
        event.record = record;
    }
    let mut all = Vec::new();
    for (at, event) in events.iter().enumerate() {
        all.push(event.clone());
        let Some(pid) = event.actor.pid.filter(|pid| *pid != 1) else { continue };
        let number = format!("\"pid\":{pid},");
        let is_named = |later: &Event<'_>| later.to_json().to_string().contains(&number);
        if at + 1 == events.len() || events[at + 1..].iter().any(is_named) {
            continue;
        }
        let mut start = ProcessStart::default();
        start.method = StartMethod::Exec;
        let mut exec = Event::new(event.os, event.time + 1_000_000, Kind::ProcessStart(start));
        (exec.host, exec.source, exec.record) = (event.host, event.source, ADDED + at as u64);
        (exec.actor, exec.parent) = (event.actor, event.parent);
        (exec.actor.image, exec.actor.command_line) = (Some(BECOMES), Some(b"afterwards".as_slice()));
        all.push(exec);
    }
    all
}

#[test]
fn an_exec_after_the_act_renames_nobody() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for scenario in scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive()) {
        for alert in alerts(with_execs(scenario)) {
            if alert.evidence.iter().any(|evidence| evidence.record >= ADDED) {
                continue;
            }
            compared += alert.evidence.len();
            let mut said: Vec<&str> = alert.evidence.iter().map(|evidence| evidence.summary.as_str()).collect();
            said.push(&alert.explanation);
            said.extend(alert.initiator.process.as_ref().and_then(|process| process.image.as_deref()));
            if let Some(what) = said.iter().find(|text| text.contains("afterwards")) {
                wrong.push(format!("{} {}: {what}", scenario.id(), alert.code));
            }
        }
    }
    assert!(compared > 200, "only {compared} records were compared");
    assert!(wrong.is_empty(), "{} alerts:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn init_never_takes_the_image_of_a_child() {
    let (mut steps, mut wrong) = (0, Vec::new());
    let is_init = |image: &str| ["systemd", "init"].iter().any(|name| image.ends_with(name));
    for scenario in scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive()) {
        let Ok(files) = scenario.render(Telemetry::Auditd) else { continue };
        let log: Vec<u8> = files.into_iter().flat_map(|file| file.bytes).collect();
        for alert in hunt(Format::Auditd, &[&log]).0 {
            let processes = alert.lineage.iter().map(|step| &step.process).chain(&alert.initiator.process);
            for process in processes.filter(|process| process.pid == Some(1)) {
                steps += 1;
                if let Some(image) = process.image.as_deref().filter(|image| !is_init(image)) {
                    wrong.push(format!("{} {}: init is called {image}", scenario.id(), alert.code));
                }
            }
        }
    }
    assert!(steps > 50, "init is above only {steps} processes");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same where a log of macOS or Windows names launchd, services.exe and all other parents by their pids alone.
#[test]
fn launchd_and_services_never_take_the_image_of_a_child() {
    let name =
        |image: &[u8]| image.rsplit(|b| *b == b'/' || *b == b'\\').next().unwrap_or_default().to_ascii_lowercase();
    for (os, broker) in [(Os::Macos, "launchd"), (Os::Windows, "services.exe")] {
        let (mut steps, mut wrong) = (0, Vec::new());
        for scenario in scenario::all().iter().filter(|s| s.os() == os && s.is_positive()) {
            let mut events = scenario.events();
            let is_broker = |image: Option<&[u8]>| image.is_some_and(|image| name(image) == broker.as_bytes());
            let named = events.iter().flat_map(|event| [&event.actor, &event.parent]);
            let pids: Vec<u32> = named.filter(|p| is_broker(p.image)).filter_map(|p| p.pid).collect();
            events.retain(|event| !is_broker(event.actor.image));
            for event in &mut events {
                let pid = event.parent.pid;
                event.parent = Default::default();
                event.parent.pid = pid;
                event.actor.unique_id = UniqueId::None;
            }
            for alert in alerts(events) {
                let processes = alert.lineage.iter().map(|step| &step.process).chain(&alert.initiator.process);
                for process in processes.filter(|process| process.pid.is_some_and(|pid| pids.contains(&pid))) {
                    steps += 1;
                    if let Some(image) =
                        process.image.as_deref().filter(|image| name(image.as_bytes()) != broker.as_bytes())
                    {
                        wrong.push(format!("{} {}: {broker} is called {image}", scenario.id(), alert.code));
                    }
                }
            }
        }
        assert!(steps > 5, "{broker} is above only {steps} processes");
        assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    }
}
