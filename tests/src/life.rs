//! Everyday life on a Linux host, as audit text, in which given pids belong to other processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Programs of the owners, beside those of the log itself.
const PROGRAMS: [&str; 6] = [
    "/usr/bin/bash",
    "/usr/sbin/cron",
    "/usr/bin/python3.11",
    "/usr/sbin/nginx",
    "/usr/bin/find",
    "/usr/lib/systemd/systemd-journald",
];
/// Seconds between the first record of life and the log, and between the last one and the log.
const BEGIN: u64 = 2_700;
const END: u64 = 700;
/// What audit writes for no login.
const UNSET: &str = "4294967295";

/// The login of a process: user id, login user id, session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Login {
    uid: String,
    auid: String,
    session: String,
}

/// A log's processes: by pid their logins and programs, the pids of parents that never act, and all programs.
struct Cast {
    logins: BTreeMap<u32, (Login, BTreeSet<String>)>,
    parents: BTreeSet<u32>,
    programs: Vec<String>,
    begin: u64,
}

fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).map(|value| value.trim_matches('"'))
}

/// When the event of a record happened, in seconds.
fn seconds(line: &str) -> Option<u64> {
    field(line, "msg")?.strip_prefix("audit(")?.split('.').next()?.parse().ok()
}

impl Cast {
    fn of(log: &str) -> Self {
        let mut cast =
            Self { logins: BTreeMap::new(), parents: BTreeSet::new(), programs: Vec::new(), begin: u64::MAX };
        for line in log.lines() {
            cast.begin = cast.begin.min(seconds(line).unwrap_or(u64::MAX));
            let number = |name| field(line, name).and_then(|value| value.parse::<u32>().ok());
            let (Some(pid), true) = (number("pid"), line.starts_with("type=SYSCALL ")) else { continue };
            let text = |name| field(line, name).unwrap_or(UNSET).to_owned();
            let login = Login { uid: text("uid"), auid: text("auid"), session: text("ses") };
            let program = text("exe");
            cast.logins.entry(pid).or_insert((login, BTreeSet::new())).1.insert(program.clone());
            cast.parents.extend(number("ppid").filter(|parent| *parent > 1));
            if program.starts_with('/') && !cast.programs.contains(&program) {
                cast.programs.push(program);
            }
        }
        cast.parents.retain(|pid| !cast.logins.contains_key(pid));
        cast.programs.extend(PROGRAMS.map(String::from));
        cast
    }
}

/// Forty minutes of life before a log. Each pid of the log has several owners in turn, of every kind of login and with
/// the log's own programs among theirs; of every second owner the end is logged. Two kinds of owners are left out, as no
/// record distinguishes them from the log's own process: one with the same program and login, and one of a pid that the
/// log names only as a parent's, unless its end is logged.
#[must_use]
pub fn before(log: &[u8], owners: u64, mut numbers: impl FnMut(u64) -> u64) -> Vec<u8> {
    let log = String::from_utf8_lossy(log);
    let cast = Cast::of(&log);
    let unset = |uid: u32| Login { uid: uid.to_string(), auid: UNSET.into(), session: UNSET.into() };
    let mut events: Vec<(u64, String)> = Vec::new();
    let pids = cast.logins.keys().map(|pid| (*pid, false)).chain(cast.parents.iter().map(|pid| (*pid, true)));
    for (pid, is_parent) in pids {
        for owner in 0..owners {
            let span = (BEGIN - END) / owners;
            let at = cast.begin - BEGIN + owner * span + numbers(span / 2);
            let user = 1_000 + numbers(4);
            let user = Login { uid: user.to_string(), auid: user.to_string(), session: (40 + numbers(5)).to_string() };
            let login = match numbers(4) {
                0 => unset(0),
                1 => unset(33),
                2 => user,
                _ => cast.logins.get(&pid).map_or(user, |(login, _)| login.clone()),
            };
            let parent = if login.auid == UNSET && numbers(2) == 0 { 1 } else { 600 + numbers(20) };
            let is_other = |program: &&String| {
                cast.logins.get(&pid).is_none_or(|(own, programs)| *own != login || !programs.contains(*program))
            };
            let programs: Vec<&String> = cast.programs.iter().filter(is_other).collect();
            let program = programs[numbers(programs.len() as u64) as usize];
            let name = program.rsplit('/').next().unwrap_or_default();
            let Login { uid, auid, session } = &login;
            let who = format!(
                "ppid={parent} pid={pid} auid={auid} uid={uid} euid={uid} tty=(none) ses={session} comm=\"{name}\" exe=\"{program}\" key=\"ipc\""
            );
            let call = |number: u32| format!("arch=c000003e syscall={number} success=yes exit=0 a0=1 a1=2 a2=3 a3=0");
            events.push((
                at,
                format!(
                    "type=SYSCALL msg=@: {} items=1 {who}\ntype=EXECVE msg=@: argc=2 a0=\"{name}\" a1=\"/srv/a.conf\"\ntype=CWD msg=@: cwd=\"/\"\ntype=PATH msg=@: item=0 name=\"{program}\" inode=7 dev=fd:01 mode=0100755 ouid=0 nametype=NORMAL\n",
                    call(59)
                ),
            ));
            if is_parent || numbers(2) == 0 {
                events.push((at + 5 + numbers(span / 3), format!("type=SYSCALL msg=@: {} items=0 {who}\n", call(231))));
            }
        }
    }
    events.sort();
    let mut text = String::new();
    for (serial, (at, event)) in (1..).zip(events) {
        let _ = write!(text, "{}", event.replace('@', &format!("audit({at}.000:{serial})")));
    }
    text.into_bytes()
}
