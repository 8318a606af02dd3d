//! Nowhere to hide: no name, file or folder that an attacker chooses silences an attack.
//!
//! Every attack scenario is rewritten so that what its attacker controls carries one literal of the rules after the
//! other: the names of lists and of the reference names. A name drawn at random is the measure: where it leaves an alert
//! of medium or more, every literal has to leave one, too. Where it does not, the name itself is the evidence. An
//! attacker writes where users may write, and as root anywhere; the sockets of daemons that he attacks are not his.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::event::{Event, Kind, Mechanism, Os, ProcessRef, Text, UniqueId};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::literals::{Literals, name_of};
use ipcsentry_tests::rewrite::{keep, replace};

/// What may silence what, and why it cannot be otherwise: behavior, literal, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "W26",
        r"C:\ProgramData\Microsoft\Windows Defender\x1\MsMpEng.exe",
        "users may write beside this folder but not into it, and the defender opens every process with full rights",
    ),
    (
        "W16",
        r"C:\ProgramData\Microsoft\Windows Defender\x1\MsMpEng.exe",
        "users may write beside this folder but not into it, and the defender reaches into every process",
    ),
    (
        "W12",
        r"C:\ProgramData\Microsoft\Windows Defender\x1\MsMpEng.exe",
        "a service that changes itself at each update",
    ),
    (
        "W12",
        r"C:\ProgramData\Microsoft\Windows Defender Advanced Threat Protection\Platform\",
        "users may write beside this folder but not into it, and its service changes itself at each update",
    ),
    ("W12", r"C:\ProgramData\", "vendors keep services there, and change what they run at each update"),
    ("W12", r"C:\ProgramData\chocolatey\", "vendors keep services there, and change what they run at each update"),
];

#[test]
fn nothing_hides_on_windows() {
    nothing_hides(Os::Windows, 5000);
}

#[test]
fn nothing_hides_on_linux() {
    nothing_hides(Os::Linux, 5000);
}

#[test]
fn nothing_hides_on_macos() {
    nothing_hides(Os::Macos, 1000);
}

#[test]
fn exceptions_are_few_and_give_a_reason() {
    assert!(EXCEPTIONS.len() <= 10);
    assert!(EXCEPTIONS.iter().all(|(code, literal, why)| code.len() == 3 && !literal.is_empty() && why.len() > 20));
}

fn nothing_hides(os: Os, least_tried: usize) {
    let (literals, catalog) = (Literals::of(os), Catalog::builtin());
    let attacks = || scenario::all().iter().filter(|s| s.os() == os && s.is_positive());
    let mut tried = BTreeMap::<&str, usize>::new();
    let mut silent = BTreeMap::<(String, String), BTreeSet<String>>::new();
    for scenario in attacks() {
        let events = scenario.events();
        for slot in slots(&events, os, &literals) {
            let Some(due) = loudest(&slot.carrying(&events, None), &catalog).map(|level| level.min(Severity::Medium))
            else {
                continue;
            };
            for literal in slot.literals(&literals, os) {
                *tried.entry(scenario.behavior()).or_default() += 1;
                let found = loudest(&slot.carrying(&events, Some(&literal)), &catalog);
                if found.is_none_or(|level| level < due) && !is_excepted(scenario, &literal) {
                    let place = (scenario.behavior().to_owned(), format!("{:?}", slot.what));
                    silent.entry(place).or_default().insert(format!("{literal} ({})", scenario.id()));
                }
            }
        }
    }
    let total: usize = tried.values().sum();
    println!("{total} rewritten scenarios of {os:?}, of {} behaviors", tried.len());
    let lines: Vec<String> = silent
        .iter()
        .map(|((code, what), names)| {
            let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
            format!("{code} {what}: {} hide: {}", names.len(), shown.join("; "))
        })
        .collect();
    assert!(lines.is_empty(), "{}\n{total} tried", lines.join("\n"));
    assert!(total >= least_tried, "only {total} were tried");
}

fn is_excepted(scenario: &Scenario, literal: &str) -> bool {
    EXCEPTIONS.iter().any(|(code, excepted, _)| *code == scenario.behavior() && *excepted == literal)
}

/// The severity of the loudest alert.
fn loudest(events: &[Event<'_>], catalog: &Catalog) -> Option<Severity> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalog.clone(), Policy::default(), limits);
    for event in events {
        engine.feed(event);
    }
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.level).max()
}

/// Something of a scenario that the attacker chooses.
#[derive(Debug)]
struct Slot {
    what: What,
    /// The text there.
    now: String,
    /// Who made it.
    pid: u32,
    image: String,
    /// He may write anywhere.
    is_root: bool,
    /// Homes lie below `/Users`.
    mac: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The name of an endpoint.
    Name(Mechanism),
    /// The file name of a program that lies where its user may write.
    File,
    /// The folder of such a program.
    Folder,
    /// Folder and file name.
    Path,
    /// The name of a program that is in memory only.
    Memory,
    /// The program that poses as the parent of what is started: Windows lets the starter choose.
    Parent,
    /// A service's name.
    Service,
}

/// What the attacker chooses in a scenario.
fn slots(events: &[Event<'_>], os: Os, literals: &Literals) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    let mut add = |what, now: String, process: &ProcessRef<'_>, is_root| {
        let image = utf8(process.image);
        if !now.is_empty() && !slots.iter().any(|s| s.what == what && s.now == now) {
            slots.push(Slot { what, now, pid: process.pid.unwrap_or_default(), image, is_root, mac: os == Os::Macos });
        }
    };
    let is_program = |text: &str| events.iter().any(|e| utf8(e.actor.image).contains(text));
    for event in events {
        for process in [&event.actor, &event.parent] {
            let image = utf8(process.image);
            if image.starts_with("/memfd:") {
                add(What::Memory, image, process, false);
            } else if literals.is_user_writable(&image, os) {
                add(What::File, image.clone(), process, false);
                add(What::Folder, image.clone(), process, false);
                add(What::Path, image, process, false);
            }
        }
        match &event.kind {
            Kind::EndpointCreate(act) if !literals.is_attacked(&utf8(event.actor.image)) => {
                let (mechanism, name) = (act.endpoint.mechanism, utf8(act.endpoint.name));
                let is_root = event.actor.uid == Some(0);
                add(What::Name(mechanism), name.trim_start_matches('\\').to_owned(), &event.actor, is_root);
            }
            Kind::EndpointConnect(act) => {
                let (mechanism, name) = (act.endpoint.mechanism, utf8(act.endpoint.name));
                let is_made = |e: &Event<'_>| matches!(&e.kind, Kind::EndpointCreate(a) if a.endpoint == act.endpoint);
                if !events.iter().any(is_made) {
                    add(What::Name(mechanism), name.trim_start_matches('\\').to_owned(), &event.actor, false);
                }
            }
            Kind::ServiceInstall(service) => {
                let name = utf8(service.name);
                if !is_program(&name) {
                    add(What::Service, name, &event.actor, false);
                }
            }
            Kind::ProcessStart(_) if os == Os::Windows && event.parent.pid.is_some() => {
                let parent = utf8(event.parent.image);
                // What a broker starts was not started by the attacker: he cannot choose its parent.
                if !literals.is_broker(&parent) {
                    add(What::Parent, parent, &event.parent, false);
                }
            }
            _ => {}
        }
    }
    slots.retain(|slot| !matches!(slot.what, What::Name(_)) || !is_program(&slot.now));
    slots
}

impl Slot {
    /// Every text that may stand in it.
    fn literals(&self, literals: &Literals, os: Os) -> Vec<String> {
        match self.what {
            What::Name(mechanism) => {
                let of_mechanism = literals.names.iter().filter(|(m, _)| *m == mechanism);
                let names = of_mechanism.map(|(_, name)| name_of(name, self.pid, &self.image));
                let is_file = matches!(mechanism, Mechanism::UnixPath | Mechanism::Fifo);
                names.filter(|name| !is_file || self.is_root || literals.is_user_writable(name, os)).collect()
            }
            What::File => {
                let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
                let same = |name: &&String| os != Os::Windows || ending(name) == ending(&self.now);
                literals.files.iter().filter(same).cloned().collect()
            }
            What::Folder => {
                let full = |path: &String| if os == Os::Windows { format!("C:{path}") } else { path.clone() };
                let folders = literals.paths.iter().filter(|path| path.ends_with(['\\', '/'])).map(full);
                folders.filter(|path| literals.is_user_writable(path, os)).collect()
            }
            What::Path => {
                let full = |path: &String| if os == Os::Windows { format!("C:{path}") } else { path.clone() };
                let files = literals.paths.iter().filter(|path| !path.ends_with(['\\', '/'])).map(full);
                files.filter(|path| literals.is_user_writable(path, os)).collect()
            }
            What::Memory => {
                let names = literals.paths.iter().filter_map(|path| path.strip_prefix("/memfd:"));
                names.map(str::to_owned).chain(literals.files.iter().cloned()).collect()
            }
            What::Parent => {
                let programs = literals.paths.iter().filter(|path| path.ends_with(".exe"));
                programs.filter(|path| !path.contains("x1")).map(|path| format!("C:{path}")).collect()
            }
            What::Service => literals.words.iter().cloned().collect(),
        }
    }

    /// The scenario with a literal in it, or with a name drawn at random.
    fn carrying<'a>(&self, events: &[Event<'a>], literal: Option<&str>) -> Vec<Event<'a>> {
        let mut events = events.to_vec();
        if self.what == What::Parent {
            let posing = literal.unwrap_or("C:\\Program Files\\Quorum\\quorum.exe");
            events.iter_mut().for_each(|event| self.pose(event, posing));
            return events;
        }
        let (folder, file) = split(&self.now);
        let to = match (self.what, literal) {
            (What::Name(Mechanism::UnixPath | Mechanism::Fifo), None) => format!("{folder}quorumvx7"),
            (What::Name(Mechanism::SharedMemory | Mechanism::PosixQueue), None) => "/quorumvx7".to_owned(),
            (What::Name(Mechanism::SysvQueue), None) => "0x5a17c0de".to_owned(),
            (What::File, None) => format!("{folder}{}", extended("quorumvx7", file)),
            (What::Path, None) if folder.contains('\\') => "C:\\Users\\tomas\\quorumvx7\\quorumvx7.exe".to_owned(),
            (What::Path, None) if self.mac => "/Users/tomas/quorumvx7/quorumvx7".to_owned(),
            (What::Path, None) => "/home/tomas/quorumvx7/quorumvx7".to_owned(),
            (What::Folder, None) if folder.contains('\\') => format!("C:\\Users\\tomas\\quorumvx7\\{file}"),
            (What::Folder, None) if self.mac => format!("/Users/tomas/quorumvx7/{file}"),
            (What::Folder, None) => format!("/home/tomas/quorumvx7/{file}"),
            (What::Memory, None) => "/memfd:quorumvx7".to_owned(),
            (_, None) => "quorumvx7".to_owned(),
            (What::File, Some(literal)) => format!("{folder}{literal}"),
            (What::Folder, Some(literal)) => format!("{literal}{file}"),
            (What::Memory, Some(literal)) => format!("/memfd:{literal}"),
            (_, Some(literal)) => literal.to_owned(),
        };
        let to_file = split(&to).1.to_owned();
        for event in &mut events {
            replace(event, &self.now, &to);
            // The command line may name the program without its folder.
            if matches!(self.what, What::File | What::Path | What::Memory) && file.len() > 3 {
                replace(event, file, &to_file);
            }
        }
        events
    }

    /// What this parent starts seems to be another's.
    fn pose(&self, event: &mut Event<'_>, posing: &str) {
        if matches!(event.kind, Kind::ProcessStart(_)) && utf8(event.parent.image) == self.now {
            let mut parent = ProcessRef::default();
            parent.pid = Some(88_888);
            parent.unique_id = UniqueId::Guid([7; 16]);
            parent.image = Some(keep(posing.to_owned()));
            parent.user = event.parent.user;
            parent.session = event.parent.session;
            parent.integrity = event.parent.integrity;
            event.parent = parent;
        }
    }
}

/// Folder, with its separator, and file.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind(['\\', '/']).map_or(0, |at| at + 1))
}

/// A file name with the ending of another.
fn extended(name: &str, other: &str) -> String {
    other.rsplit_once('.').map_or_else(|| name.to_owned(), |(_, ending)| format!("{name}.{ending}"))
}

fn utf8(text: Option<Text<'_>>) -> String {
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}
