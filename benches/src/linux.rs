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
