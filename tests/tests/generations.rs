//! Forks without exec, shells with a command and wrappers are no generations: whatever runs a Linux scenario's programs
//! for their parents, the alerts and their initiators stay the same.

use std::collections::BTreeSet;

use ipcsentry::event::{Event, FileAccess, Kind, NativeId, Os, ProcessRef, ProcessStart, StartMethod};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings::finish;

/// Pids that no scenario has.
const MADE: u32 = 3_900_000;
/// A millisecond in nanoseconds.
const MILLISECOND: i64 = 1_000_000;

/// What stands between a parent and the program that it runs.
#[derive(Clone, Copy, Debug)]
enum Between {
    /// A program that becomes the one on its command line.
    Becomes(&'static str, &'static str),
    /// A program that starts the one on its command line and waits for it.
    Starts(&'static str, &'static str),
    /// The monitor of sudo, which runs the program.
    Monitor,
    /// A fork, which forks once more; a record of each fork tells it.
    Forks,
    /// The same, without records of forks: a file that the first one opened shows it.
    ForkThatActs,
}

const ALL: [Between; 12] = [
    Between::Becomes("/usr/bin/env", "env LANG=C"),
    Between::Becomes("/usr/bin/nohup", "nohup"),
    Between::Becomes("/usr/bin/setsid", "setsid"),
    Between::Becomes("/usr/bin/stdbuf", "stdbuf -oL"),
    Between::Becomes("/usr/bin/nice", "nice -n 5"),
    Between::Starts("/usr/bin/timeout", "timeout 60"),
    Between::Starts("/usr/bin/xargs", "xargs -r"),
    Between::Starts("/usr/bin/dash", "sh -c"),
    Between::Starts("/usr/bin/setsid", "setsid --fork"),
    Between::Monitor,
    Between::Forks,
    Between::ForkThatActs,
];

impl Between {
    /// The beginning of its command line.
    const fn head(self) -> &'static str {
        match self {
            Self::Becomes(_, head) | Self::Starts(_, head) => head,
            _ => "sudo",
        }
    }
}

/// Behaviors that a wrapper's shell adds to a scenario, since it is what they look for: a script of root's that a client
/// of its socket has run shells.
const ADDED: [(&str, &str); 1] = [("linux.daemon.ban_daemon_script", "L03")];

/// What an alert says that must not change: code, severity, and the file name of the initiator's image.
type Said = BTreeSet<(String, &'static str, String)>;

fn alerts(mut events: Vec<Event<'_>>) -> Said {
    for (number, event) in (0..).zip(&mut events) {
        (event.record, event.source.id) = (number, NativeId::Number(number + 1000));
    }
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for event in &events {
        engine.feed(event);
    }
    let loud = finish(&mut engine).into_iter().filter(|alert| alert.severity != "low");
    let name = |image: Option<&str>| image.unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    let who = |alert: &ipcsentry::Alert| name(alert.initiator.process.as_ref().and_then(|p| p.image.as_deref()));
    loud.map(|alert| (alert.code.clone(), alert.severity, who(&alert))).collect()
}

/// The places of the first records of programs that another known process runs.
fn runs(events: &[Event<'_>]) -> Vec<usize> {
    let mut known: BTreeSet<u32> = BTreeSet::new();
    let mut places = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let Some(pid) = event.actor.pid else { continue };
        let parent = event.parent.pid.filter(|parent| ![1, pid].contains(parent));
        let is_first = known.insert(pid);
        let is_run = matches!(&event.kind, Kind::ProcessStart(start) if start.method == StartMethod::Exec);
        if is_first && is_run && parent.is_some_and(|parent| known.contains(&parent)) {
            places.push(place);
        }
    }
    places
}

/// The events with something between the process at a place and its parent.
fn with<'e>(events: &[Event<'e>], place: usize, between: Between, [line, shell]: [&'e [u8]; 2]) -> Vec<Event<'e>> {
    let run = &events[place];
    let (parent, pid) = (run.parent, run.actor.pid);
    let before = |actor: ProcessRef<'e>, above: ProcessRef<'e>, method: StartMethod, earlier: i64| {
        let mut start = ProcessStart::default();
        start.method = method;
        let mut event = Event::new(run.os, run.time + -earlier * MILLISECOND, Kind::ProcessStart(start));
        (event.host, event.source, event.actor, event.parent) = (run.host, run.source, actor, above);
        event
    };
    let program = |pid: Option<u32>, image: &'static str| {
        let mut program = run.actor;
        (program.pid, program.image, program.command_line) = (pid, Some(image.as_bytes()), Some(line));
        program.argument_count = run.actor.argument_count.map(|count| count + 2);
        program
    };
    let fork = |of: ProcessRef<'e>, pid: Option<u32>| {
        let mut fork = of;
        (fork.pid, fork.command_line, fork.argument_count) = (pid, None, None);
        fork
    };
    let (first, second) = (Some(MADE), Some(MADE + 1));
    // Who runs it now, and the records before that.
    let (above, made) = match between {
        Between::Becomes(image, _) => (parent, vec![before(program(pid, image), parent, StartMethod::Exec, 1)]),
        Between::Starts(image, _) => {
            let wrapper = program(first, image);
            (wrapper, vec![before(wrapper, parent, StartMethod::Exec, 1)])
        }
        Between::Monitor => {
            let sudo = program(first, "/usr/bin/sudo");
            let monitor = fork(sudo, second);
            let records = vec![before(sudo, parent, StartMethod::Exec, 2), before(monitor, sudo, StartMethod::Fork, 1)];
            (monitor, records)
        }
        Between::Forks => {
            let (one, two) = (fork(parent, first), fork(parent, pid));
            (one, vec![before(one, parent, StartMethod::Fork, 2), before(two, one, StartMethod::Fork, 1)])
        }
        Between::ForkThatActs => {
            let one = fork(parent, first);
            let mut acts = before(one, parent, StartMethod::Fork, 1);
            let mut file = FileAccess::default();
            file.path = Some(b"/etc/hosts");
            acts.kind = Kind::FileAccess(file);
            (one, vec![acts])
        }
    };
    let mut all = events[..place].to_vec();
    // Where a shell was told to run the program, it is told to run the wrapper.
    let told = [b"sh -c ", run.actor.command_line.unwrap_or_default()].concat();
    if !matches!(between, Between::Forks | Between::ForkThatActs) {
        let is_told = |event: &&mut Event<'_>| event.actor.command_line == Some(&told) && event.actor.pid == parent.pid;
        all.iter_mut().filter(is_told).for_each(|event| event.actor.command_line = Some(shell));
    }
    all.extend(made);
    for event in &events[place..] {
        let mut event = event.clone();
        if event.actor.pid == pid && event.parent.pid == parent.pid {
            event.parent = above;
        }
        all.push(event);
    }
    all
}

#[test]
fn what_only_passes_on_is_no_generation() {
    let (mut compared, mut wrong) = (0, Vec::new());
    let attacks = || scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive());
    let check = |scenario: &'static Scenario, between: Between| {
        let events = scenario.events();
        let mut differ = Vec::new();
        let places = runs(&events);
        for &place in &places {
            let command = events[place].actor.command_line.unwrap_or_default();
            let line = [between.head().as_bytes(), b" ", command].concat();
            let shell = [b"sh -c ", &*line].concat();
            let lines = [&*line, &*shell];
            let usual = match between {
                // sudo itself is a generation: it is somebody else's program.
                Between::Monitor => alerts(with(&events, place, Between::Starts("/usr/bin/sudo", "sudo"), lines)),
                _ => alerts(events.clone()),
            };
            let now = alerts(with(&events, place, between, lines));
            if now != usual {
                let missing: Vec<_> = usual.difference(&now).collect();
                // A wrapper's own command line may say the same as that of the program.
                let may_add = |code: &str| between.head() == "sh -c" && ADDED.contains(&(scenario.id(), code));
                let is_known = |code: &str| usual.iter().any(|(known, ..)| known == code) || may_add(code);
                let added: Vec<_> = now.difference(&usual).filter(|(code, ..)| !is_known(code)).collect();
                if missing.is_empty() && added.is_empty() {
                    continue;
                }
                let run = String::from_utf8_lossy(command).into_owned();
                differ.push(format!("{} before {run:?}: not {missing:?} but {added:?}", scenario.id()));
            }
        }
        (places.len(), differ)
    };
    for between in ALL {
        for scenario in attacks() {
            let (runs, differ) = check(scenario, between);
            compared += runs;
            wrong.extend(differ.into_iter().map(|what| format!("{between:?}: {what}")));
        }
    }
    assert!(compared > 1000, "only {compared} runs were wrapped");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nor_does_it_make_everyday_work_an_attack() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for scenario in scenario::all().iter().filter(|s| s.os() == Os::Linux && !s.is_positive()) {
        let events = scenario.events();
        // A shell with a command, and xargs, which reads what it runs, are what some rules look for.
        let adds_nothing = |between: &Between| !matches!(between.head(), "sh -c" | "xargs -r" | "sudo");
        let all = || ALL.into_iter().filter(adds_nothing).chain([Between::Forks, Between::ForkThatActs]);
        let usual = alerts(events.clone());
        for (place, between) in runs(&events).into_iter().flat_map(|place| all().map(move |between| (place, between))) {
            let command = events[place].actor.command_line.unwrap_or_default();
            let line = [between.head().as_bytes(), b" ", command].concat();
            let shell = [b"sh -c ", &*line].concat();
            let now = alerts(with(&events, place, between, [&line, &shell]));
            compared += 1;
            if let Some(added) = now.difference(&usual).next() {
                let run = String::from_utf8_lossy(command).into_owned();
                wrong.push(format!("{between:?}: {} before {run:?}: {added:?}", scenario.id()));
            }
        }
    }
    assert!(compared > 1000, "only {compared} runs were wrapped");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}
