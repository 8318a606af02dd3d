//! The life of one host in which pids come round: every scenario of a platform in turn, many times over, between
//! processes of everyday work.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::event::{
    Channel, Event, Kind, KindTag, NativeId, Os, ProcessEnd, ProcessRef, ProcessStart, StartMethod, UniqueId,
};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Timestamp};
use serde_json::Value;

use crate::recordings::finish;

/// The first pid that is given to a process.
const FIRST: u32 = 400;
/// Everyday processes between two scenarios.
const BETWEEN: u64 = 6;
/// The record of an event of everyday work, before it is numbered.
const OTHER: u64 = u64::MAX;
/// Nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// A host, its telemetry and how its pids come round.
#[derive(Clone, Copy)]
pub struct Host {
    /// The platform.
    pub os: Os,
    /// How often every scenario is played.
    pub rounds: u64,
    /// Whether a round gives each pid once and begins again; otherwise no pid is given twice.
    pub comes_round: bool,
    /// Takes from an event what the telemetry does not have.
    pub forget: fn(&mut Event<'_>),
    /// Whether the telemetry has the end of every process; otherwise of every second one.
    pub logs_ends: bool,
    /// Chooses the numbers that chance decides.
    pub seed: u64,
}

/// Pids in turn.
struct Pids {
    next: u32,
    last: u32,
    stride: u32,
}

impl Pids {
    fn next(&mut self) -> u32 {
        if self.next > self.last {
            self.next = FIRST;
        }
        self.next += self.stride;
        self.next - self.stride
    }
}

/// A program that starts and ends by itself, with its user.
type Program = (&'static [u8], &'static [u8], u32);

const fn programs(os: Os) -> [Program; 6] {
    match os {
        Os::Windows => [
            (br"C:\Windows\System32\cmd.exe", br"OAK\ida", 0),
            (br"C:\Windows\System32\svchost.exe", br"NT AUTHORITY\SYSTEM", 0),
            (br"C:\Windows\System32\wbem\WmiPrvSE.exe", br"NT AUTHORITY\NETWORK SERVICE", 0),
            (br"C:\Windows\explorer.exe", br"OAK\ida", 0),
            (br"C:\Program Files\Git\cmd\git.exe", br"OAK\ida", 0),
            (br"C:\Windows\System32\conhost.exe", br"OAK\ida", 0),
        ],
        Os::Linux => [
            (b"/usr/bin/bash", b"", 1000),
            (b"/usr/sbin/cron", b"", 0),
            (b"/usr/bin/python3.11", b"", 33),
            (b"/usr/sbin/nginx", b"", 33),
            (b"/usr/bin/find", b"", 1001),
            (b"/usr/lib/systemd/systemd-journald", b"", 0),
        ],
        _ => [
            (b"/bin/zsh", b"ida", 501),
            (b"/usr/libexec/xpcproxy", b"root", 0),
            (b"/usr/bin/python3", b"ida", 501),
            (b"/Applications/Mail.app/Contents/MacOS/Mail", b"ida", 501),
            (b"/usr/bin/mdfind", b"ida", 501),
            (b"/usr/libexec/trustd", b"root", 0),
        ],
    }
}

/// A process of everyday work.
fn process(os: Os, pid: u32, number: u64) -> ProcessRef<'static> {
    let (image, user, uid) = programs(os)[number as usize % 6];
    let mut process = ProcessRef::default();
    (process.pid, process.image) = (Some(pid), Some(image));
    process.command_line = Some(b"run /srv/job.conf");
    process.argument_count = Some(2);
    process.user = Some(user).filter(|user| !user.is_empty());
    if os != Os::Windows {
        process.uid = Some(uid);
        let login = uid >= 500 && os == Os::Linux;
        (process.auid, process.session) = if login { (Some(uid), Some(40 + number % 5)) } else { (None, None) };
    }
    process
}

/// A process whose end may be logged later.
#[derive(Default)]
struct Owner {
    pid: u32,
    uid: Option<u32>,
    auid: Option<u32>,
    session: Option<u64>,
    image: Vec<u8>,
    parent: Option<u32>,
}

impl Owner {
    fn of(event: &Event<'_>) -> Self {
        let actor = &event.actor;
        Self {
            pid: actor.pid.unwrap_or_default(),
            uid: actor.uid,
            auid: actor.auid,
            session: actor.session,
            image: actor.image.unwrap_or_default().to_vec(),
            parent: event.parent.pid,
        }
    }

    /// Its end.
    fn end(&self, os: Os, time: Timestamp) -> Event<'_> {
        let mut event = Event::new(os, time, Kind::ProcessEnd(ProcessEnd::default()));
        (event.actor.pid, event.parent.pid) = (Some(self.pid), self.parent);
        (event.actor.uid, event.actor.auid, event.actor.session) = (self.uid, self.auid, self.session);
        event.actor.image = Some(&self.image).filter(|image| !image.is_empty()).map(Vec::as_slice);
        (event.source.channel, event.record) = (channel(os), OTHER);
        event
    }
}

/// The process beside the actor and its parent that an event names.
const fn acted_upon<'e, 'a>(kind: &'e mut Kind<'a>) -> Option<&'e mut ProcessRef<'a>> {
    match kind {
        Kind::ProcessAccess(k) => Some(&mut k.target),
        Kind::RemoteThread(k) => Some(&mut k.target),
        Kind::MemoryWrite(k) => Some(&mut k.target),
        Kind::FdDup(k) => Some(&mut k.target),
        Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k) => Some(&mut k.peer),
        _ => None,
    }
}

/// Every pid that an event names.
fn each_pid<'e>(event: &'e mut Event<'_>) -> Vec<&'e mut u32> {
    let other = acted_upon(&mut event.kind);
    let all = [&mut event.actor, &mut event.parent].into_iter().chain(other);
    all.filter_map(|process| process.pid.as_mut()).chain(event.responsible.pid.as_mut()).collect()
}

/// What auditd has: of the parent its pid alone.
pub fn as_audit(event: &mut Event<'_>) {
    only_pid(&mut event.parent);
}

fn only_pid(process: &mut ProcessRef<'_>) {
    let pid = process.pid;
    *process = ProcessRef::default();
    process.pid = pid;
}

/// Takes the unique ids from all that an event names.
pub fn forget_ids(event: &mut Event<'_>) {
    let other = acted_upon(&mut event.kind);
    for process in [&mut event.actor, &mut event.parent].into_iter().chain(other) {
        process.unique_id = UniqueId::None;
    }
    event.responsible.unique_id = UniqueId::None;
}

/// What the Security log has of Windows: 4688 and 4689 in place of Sysmon's records of starts and ends.
pub fn as_security(event: &mut Event<'_>) {
    forget_ids(event);
    if matches!(event.kind.tag(), KindTag::ProcessStart | KindTag::ProcessEnd) {
        event.source.channel = Channel::Security;
        (event.actor.signer, event.actor.original_file_name) = (None, None);
    }
}

/// What osquery has of macOS' processes.
pub fn as_osquery(event: &mut Event<'_>) {
    forget_ids(event);
    if event.source.channel == Channel::EndpointSecurity {
        event.source.channel = Channel::Osquery;
        only_pid(&mut event.parent);
        event.responsible = Default::default();
    }
}

/// Pids that the system gives to one process for ever.
const fn is_fixed(pid: u32) -> bool {
    pid <= 4 || pid == 7120
}

impl Host {
    /// The alerts of its life.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        let mut limits = Limits::default();
        (limits.bytes, limits.max_alerts) = (1 << 30, 1 << 20);
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
        let scenarios: Vec<&Scenario> = scenario::all().iter().filter(|s| s.os() == self.os).collect();
        let stride = if self.os == Os::Windows { 4 } else { 1 };
        let mut pids = Pids { next: FIRST, last: u32::MAX - stride, stride };
        let mut now = Timestamp::from_unix(1_740_000_000, 0);
        // The records of scenarios have the same numbers however many ends are logged between them.
        let (mut told, mut other) = (0, 1 << 32);
        let mut feed = |engine: &mut Engine, mut event: Event<'_>| {
            let record = if event.record == OTHER { &mut other } else { &mut told };
            *record += 1;
            let record = *record;
            (event.host, event.record) = (b"oak", record);
            event.source.id = NativeId::Number(record);
            (self.forget)(&mut event);
            engine.feed(&event);
        };
        let mut unended: BTreeMap<u32, Owner> = BTreeMap::new();
        for round in 0..self.rounds {
            for (place, scenario) in (0_u64..).zip(&scenarios) {
                for number in (0..BETWEEN).map(|n| n + place * 7 + round * 5 + self.seed) {
                    let mut event = Event::new(self.os, now, Kind::ProcessStart(start(self.os)));
                    let pid = pids.next();
                    event.actor = process(self.os, pid, number);
                    event.parent.pid = Some(if self.os == Os::Windows { 4 } else { 1 });
                    (event.source.channel, event.record) = (channel(self.os), OTHER);
                    let owner = Owner::of(&event);
                    feed(&mut engine, event);
                    self.end_some(owner, number, now + SECOND, &mut unended, |event| feed(&mut engine, event));
                    now = now + 2 * SECOND;
                }
                let run = scenario.run(0, round);
                let mut events = run.events();
                let mut given: BTreeMap<u32, u32> = BTreeMap::new();
                let actors: BTreeSet<u32> = events.iter().filter_map(|event| event.actor.pid).collect();
                for event in &mut events {
                    for pid in each_pid(event).into_iter().filter(|pid| !is_fixed(**pid)) {
                        *pid = *given.entry(*pid).or_insert_with(|| pids.next());
                    }
                }
                // No record shows that a pid has a new owner if that one never acts: then the old one's end is logged.
                for (_, pid) in given.iter().filter(|(before, _)| !actors.contains(before)) {
                    if let Some(mut owner) = unended.remove(pid) {
                        // By then its own parent has ended, and init adopted it.
                        owner.parent = owner.parent.map(|_| 1);
                        feed(&mut engine, owner.end(self.os, now));
                    }
                }
                now = now + 5 * SECOND;
                let begin = events.iter().map(|event| event.time).min().unwrap_or_default();
                let last = events.iter().map(|event| event.time).max().unwrap_or_default();
                let mut alive: BTreeMap<u32, Owner> = BTreeMap::new();
                for mut event in events {
                    match (event.actor.pid.filter(|pid| !is_fixed(*pid)), &event.kind) {
                        (Some(pid), Kind::ProcessEnd(_)) => drop(alive.remove(&pid)),
                        (Some(pid), _) => drop(alive.insert(pid, Owner::of(&event))),
                        _ => {}
                    }
                    event.time = now + event.time.distance(begin);
                    feed(&mut engine, event);
                }
                // Longer than any behavior's window of minutes remembers.
                now = now + last.distance(begin) + 900 * SECOND;
                for pid in given.into_values().filter(|pid| !alive.contains_key(pid)) {
                    unended.insert(pid, Owner { pid, ..Owner::default() });
                }
                for (number, owner) in (round + self.seed..).zip(alive.into_values()) {
                    self.end_some(owner, number, now, &mut unended, |event| feed(&mut engine, event));
                }
                now = now + SECOND;
            }
            if round == 0 && self.comes_round {
                // A round takes some pids more than there are, so that every process gets another one each time.
                (pids.last, pids.next) = (pids.next - 39 * stride, FIRST + 38 * stride);
            }
        }
        finish(&mut engine)
    }

    /// Logs the end of a process, or remembers that it is not logged.
    fn end_some(
        &self,
        owner: Owner,
        number: u64,
        time: Timestamp,
        unended: &mut BTreeMap<u32, Owner>,
        feed: impl FnOnce(Event<'_>),
    ) {
        if self.logs_ends || number.is_multiple_of(2) {
            feed(owner.end(self.os, time));
            unended.remove(&owner.pid);
        } else {
            unended.insert(owner.pid, owner);
        }
    }
}

fn start(os: Os) -> ProcessStart<'static> {
    let mut start = ProcessStart::default();
    start.method = if os == Os::Windows { StartMethod::Create } else { StartMethod::Exec };
    start
}

const fn channel(os: Os) -> Channel {
    match os {
        Os::Windows => Channel::Sysmon,
        Os::Linux => Channel::Audit,
        _ => Channel::EndpointSecurity,
    }
}

/// What an alert says, without pids: the behavior, how severe, who did it, over what, and the records with their words.
#[must_use]
pub fn without_pids(alert: &Alert) -> Value {
    let mut value: Value = serde_json::from_str(&alert.to_json()).expect("an alert is JSON");
    strip(&mut value);
    let who = &value["initiator"];
    let who = [&who["kind"], &who["address"], &who["process"]["image"], &who["process"]["user"]].map(Value::clone);
    let members = ["code", "severity", "ipc", "explanation"].map(|name| value[name].clone());
    let records = value["evidence"].as_array().into_iter().flatten().map(|record| record["record"].clone());
    let records = records.filter(|record| record.as_u64() < Some(1 << 32));
    Value::Array([&members[..], &who[..], &[records.collect()]].concat())
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("pid");
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::String(text) => {
            let mut parts = text.split('(');
            let mut plain = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let digits = part.bytes().take_while(u8::is_ascii_digit).count();
                plain += "(";
                plain += if digits > 0 && part[digits..].starts_with(')') { &part[digits..] } else { part };
            }
            // A process without a name is called by its pid.
            let words = plain.split("process ").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
            *text = words.collect::<Vec<_>>().join("process ");
        }
        _ => {}
    }
}
