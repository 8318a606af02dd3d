//! A seeded mix of auditd text: execve, connect, accept, bind, open, exit.

use std::fmt::Write;

use crate::generate::Numbers;

const PROGRAMS: &[(&str, &[&str])] = &[
    ("/usr/bin/dash", &["sh", "-c", "run-parts --report /etc/cron.hourly"]),
    ("/usr/bin/python3.11", &["python3", "/opt/agent/collect.py", "--interval", "60"]),
    ("/usr/sbin/sshd", &["sshd: deploy [priv]"]),
    ("/usr/bin/git", &["git", "-C", "/srv/build/app", "status", "--porcelain"]),
    ("/usr/bin/node", &["node", "/srv/web/server.js"]),
];
const SOCKETS: &[&str] =
    &["/run/systemd/journal/stdout", "/run/dbus/system_bus_socket", "/run/nscd/socket", "/tmp/app.sock"];

/// Text of `events` audit events of `processes` processes, the same for the same arguments. `pass` shifts the times.
#[must_use]
pub fn audit_text(seed: u64, processes: usize, events: usize, pass: u32) -> String {
    let mut numbers = Numbers::new(seed);
    let mut out = String::new();
    for n in 0..events {
        let millis = n as u64 * 3;
        let (seconds, millis) = (1_763_000_000 + u64::from(pass) * 3_600 + millis / 1000, millis % 1000);
        let stamp = format!("audit({seconds}.{millis:03}:{})", u64::from(pass) << 24 | n as u64);
        let pid = 2_000 + numbers.below(processes);
        let (exe, arguments) = PROGRAMS[pid % PROGRAMS.len()];
        let comm = exe.rsplit('/').next().unwrap_or_default();
        let who = format!(
            "ppid={} pid={pid} auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=\"{comm}\" exe=\"{exe}\" subj=unconfined key=\"ipc\"",
            1_000 + pid % 97
        );
        let call = |number: u32, exit: i64, items: u32| {
            format!(
                "type=SYSCALL msg={stamp}: arch=c000003e syscall={number} success=yes exit={exit} a0=3 a1=7ffd1c4a2b10 a2=6e a3=0 items={items} {who}\n"
            )
        };
        match numbers.below(10) {
            0..3 => {
                out.push_str(&call(59, 0, 2));
                let _ = write!(out, "type=EXECVE msg={stamp}: argc={}", arguments.len());
                for (i, argument) in arguments.iter().enumerate() {
                    let _ = write!(out, " a{i}=\"{}\"", argument.replace(' ', "_"));
                }
                let _ = write!(
                    out,
                    "\ntype=CWD msg={stamp}: cwd=\"/srv/build\"\ntype=PATH msg={stamp}: item=0 name=\"{exe}\" inode={} dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n",
                    4_000 + pid % 97
                );
            }
            3..7 => {
                out.push_str(&call(42, 0, 1));
                let path = numbers.of(SOCKETS);
                let hex: String = path.bytes().map(|b| format!("{b:02X}")).collect();
                let _ = write!(
                    out,
                    "type=SOCKADDR msg={stamp}: saddr=0100{hex}00\ntype=CWD msg={stamp}: cwd=\"/\"\ntype=PATH msg={stamp}: item=0 name=\"{path}\" inode=971 dev=00:19 mode=0140666 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
                );
            }
            7..9 => {
                out.push_str(&call(257, 3, 1));
                let _ = write!(
                    out,
                    "type=CWD msg={stamp}: cwd=\"/\"\ntype=PATH msg={stamp}: item=0 name=\"/var/log/app/current.log\" inode=7712 dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
                );
            }
            _ => out.push_str(&call(231, 0, 0)),
        }
        let _ = writeln!(out, "type=PROCTITLE msg={stamp}: proctitle=2F62696E2F7368");
    }
    out
}

/// Programs that others start, with their arguments and the program whose process starts them, a place in `DAEMONS`.
const STARTED: &[(&str, &[&str], usize)] = &[
    ("/usr/bin/dash", &["/bin/sh", "-c", "/usr/lib/sysstat/debian-sa1 1 1"], 1),
    ("/usr/bin/git", &["git", "-C", "/srv/build/app", "status", "--porcelain=v2", "--branch"], 3),
    ("/usr/bin/node", &["/usr/bin/node", "/srv/web/worker.js", "--port", "8080", "--id"], 4),
    ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1", &["/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "-quiet", "-O2", "-o"], 3),
    ("/usr/bin/python3.11", &["python3", "/opt/agent/collect.py", "--interval", "60", "--tag"], 2),
    ("/usr/bin/stat", &["stat", "-c", "%s", "/var/log/app/current.log"], 2),
];
/// Programs that run all the time.
const DAEMONS: &[&str] =
    &["/usr/lib/systemd/systemd", "/usr/sbin/cron", "/opt/agent/agentd", "/usr/bin/make", "/usr/sbin/nginx"];

/// A host's audit log as quiet as everyday life: one event in nine starts a process, most others come from a few
/// daemons. Gives the text that starts `processes` processes with `events` more events, and that of as many events after
/// it.
#[must_use]
pub fn quiet_audit_text(seed: u64, processes: usize, events: usize) -> [String; 2] {
    let mut host = QuietHost { numbers: Numbers::new(seed), living: Vec::new(), next_pid: 400, serial: 0 };
    let mut warm = String::new();
    for daemon in 0..DAEMONS.len() {
        host.start(daemon, 1, &mut warm);
    }
    while host.living.len() < processes {
        host.start_later(&mut warm);
    }
    (0..events).for_each(|_| host.step(&mut warm));
    let mut counted = String::new();
    (0..events).for_each(|_| host.step(&mut counted));
    [warm, counted]
}

struct QuietHost {
    numbers: Numbers,
    /// Pids with the executable and the parent's pid; the daemons come first.
    living: Vec<(usize, &'static str, usize)>,
    next_pid: usize,
    serial: u64,
}

impl QuietHost {
    fn step(&mut self, out: &mut String) {
        match self.numbers.below(1000) {
            0..110 => self.start_later(out),
            110..220 => {
                let later = self.living.len() - DAEMONS.len();
                let process = self.living.remove(DAEMONS.len() + self.numbers.below(later));
                self.call(process, 231, 0, "", out);
            }
            220..520 => {
                let path = self.numbers.of(SOCKETS);
                let hex: String = path.bytes().map(|b| format!("{b:02X}")).collect();
                let process = self.skewed();
                let details = format!(
                    "type=SOCKADDR msg=STAMP: saddr=0100{hex}00\ntype=CWD msg=STAMP: cwd=\"/\"\ntype=PATH msg=STAMP: item=0 name=\"{path}\" inode=971 dev=00:19 mode=0140666 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
                );
                self.call(process, 42, 1, &details, out);
            }
            520..580 => {
                let process = self.living[4];
                self.call(process, 288, 0, "type=SOCKADDR msg=STAMP: saddr=02009C4E0A00010B0000000000000000\n", out);
            }
            _ => {
                let process = self.skewed();
                let file = self.numbers.below(10_000);
                let details = format!(
                    "type=CWD msg=STAMP: cwd=\"/\"\ntype=PATH msg=STAMP: item=0 name=\"/var/log/app/{file}.log\" inode={file} dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
                );
                self.call(process, 257, 1, &details, out);
            }
        }
    }

    fn start_later(&mut self, out: &mut String) {
        let kind = DAEMONS.len() + self.numbers.below(STARTED.len());
        let parent = self.living[STARTED[kind - DAEMONS.len()].2].0;
        self.start(kind, parent, out);
    }

    /// Starts a daemon, or one of the programs after them.
    fn start(&mut self, kind: usize, parent: usize, out: &mut String) {
        let (exe, arguments) = match STARTED.get(kind.wrapping_sub(DAEMONS.len())) {
            Some((exe, arguments, _)) => (*exe, *arguments),
            None => (DAEMONS[kind], &DAEMONS[kind..=kind]),
        };
        self.next_pid += 1 + self.numbers.below(5);
        let process = (self.next_pid, exe, parent);
        self.living.push(process);
        let tail = self.numbers.below(100_000);
        let mut details = format!("type=EXECVE msg=STAMP: argc={}", arguments.len() + 1);
        for (i, argument) in arguments.iter().enumerate() {
            if argument.contains(' ') {
                let hex: String = argument.bytes().map(|b| format!("{b:02X}")).collect();
                let _ = write!(details, " a{i}={hex}");
            } else {
                let _ = write!(details, " a{i}=\"{argument}\"");
            }
        }
        let _ = write!(
            details,
            " a{}=\"{tail}\"\ntype=CWD msg=STAMP: cwd=\"/srv/build\"\ntype=PATH msg=STAMP: item=0 name=\"{exe}\" inode={} dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n",
            arguments.len(),
            4_000 + kind
        );
        self.call(process, 59, 2, &details, out);
    }

    /// A daemon twice in three times, else any process.
    fn skewed(&mut self) -> (usize, &'static str, usize) {
        let among = if self.numbers.below(3) < 2 { DAEMONS.len() } else { self.living.len() };
        self.living[self.numbers.below(among)]
    }

    fn call(&mut self, who: (usize, &str, usize), number: u32, items: u32, details: &str, out: &mut String) {
        let (pid, exe, parent) = who;
        self.serial += 1;
        let millis = self.serial * 3;
        let stamp = format!("audit({}.{:03}:{})", 1_763_000_000 + millis / 1000, millis % 1000, self.serial);
        let comm = exe.rsplit('/').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "type=SYSCALL msg={stamp}: arch=c000003e syscall={number} success=yes exit=0 a0=3 a1=7ffd1c4a2b10 a2=6e a3=0 items={items} ppid={parent} pid={pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm=\"{comm}\" exe=\"{exe}\" subj=unconfined key=\"ipc\""
        );
        out.push_str(&details.replace("STAMP", &stamp));
        let _ = writeln!(out, "type=PROCTITLE msg={stamp}: proctitle=2F62696E2F7368");
    }
}

/// A line as auditd writes it with `log_format = ENRICHED`: names for the numbers in it after the byte 0x1D.
#[must_use]
pub fn enriched(line: &str) -> String {
    match line.strip_prefix("type=").and_then(|rest| rest.split(' ').next()) {
        Some("SYSCALL") => format!(
            "{line}\u{1d}ARCH=x86_64 SYSCALL=connect AUID=\"dev\" UID=\"root\" GID=\"root\" EUID=\"root\" SUID=\"root\" FSUID=\"root\" EGID=\"root\" SGID=\"root\" FSGID=\"root\""
        ),
        Some("PATH") => format!("{line}\u{1d}OUID=\"root\" OGID=\"root\""),
        Some("SOCKADDR") => format!("{line}\u{1d}SADDR={{ saddr_fam=local path=/run/app.sock }}"),
        _ => line.to_owned(),
    }
}
