//! Names are equal only if their bytes are equal: a file name with the hash of a well-known one does not count as that.

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};

/// A name that once had the 128-bit hash of `/usr/bin/docker` under the seed 0.
const FORGED: &str = "/tmp/evil00081a_~ZRy7Puu";
const HONEST: &str = "/tmp/evil00081a_~ZRy7Puv";

#[test]
fn a_forged_name_is_not_the_name_it_imitates() {
    let expected = alerts(HONEST);
    assert_eq!(expected, [("L01".to_owned(), "critical")], "the scenario without forgery");
    assert_eq!(alerts(FORGED), expected);
}

/// A program starts a container through the runtime's socket, after the runtime's own client was seen elsewhere.
fn alerts(program: &str) -> Vec<(String, &'static str)> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut options = StreamOptions::new(Format::Auditd);
    options.host = b"w".to_vec();
    let stream = engine.open_stream(options);
    let runtime = "/usr/bin/containerd-shim-runc-v2";
    let steps = [
        exec(0, 1, 1, 300, 0, "/usr/lib/systemd/systemd", &["/sbin/init"]),
        exec(0, 2, 1, 700, 0, "/usr/bin/dockerd", &["/usr/bin/dockerd"]),
        exec(0, 3, 1, 800, 33, "/usr/bin/bash", &["-bash"]),
        exec(5, 4, 650, 651, 0, "/usr/bin/docker", &["docker", "ps"]),
        exec(600, 10, 800, 901, 33, program, &[program, "-s"]),
        connect(601, 11, 800, 901, 33, program),
        exec(602, 12, 1, 950, 0, runtime, &[runtime, "-namespace", "moby", "-id", "77"]),
        exec(603, 13, 950, 951, 0, "/usr/bin/runc", &["runc", "create", "77"]),
        exec(604, 14, 950, 960, 0, "/usr/bin/dash", &["sh", "-c", "chroot /host id"]),
    ];
    engine.feed_bytes(stream, steps.concat().as_bytes());
    engine.close_stream(stream);
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).map(|alert| (alert.code, alert.severity)).collect()
}

fn syscall(second: u32, serial: u32, number: u32, parent: u32, pid: u32, uid: u32, exe: &str) -> String {
    let stamp = format!("msg=audit({}.000:{serial})", 1_700_000_000 + second);
    format!(
        "type=SYSCALL {stamp}: arch=c000003e syscall={number} success=yes exit=0 a0=3 a1=0 a2=17 a3=0 items=1 \
         ppid={parent} pid={pid} auid=4294967295 uid={uid} gid={uid} euid={uid} suid={uid} fsuid={uid} egid={uid} \
         sgid={uid} fsgid={uid} tty=(none) ses=4294967295 comm=\"x\" exe=\"{exe}\" key=(null)\n"
    )
}

fn exec(second: u32, serial: u32, parent: u32, pid: u32, uid: u32, exe: &str, arguments: &[&str]) -> String {
    let stamp = format!("msg=audit({}.000:{serial})", 1_700_000_000 + second);
    let list: String = arguments.iter().enumerate().map(|(n, text)| format!(" a{n}=\"{text}\"")).collect();
    format!(
        "{}type=EXECVE {stamp}: argc={}{list}\ntype=CWD {stamp}: cwd=\"/\"\ntype=PATH {stamp}: item=0 name=\"{exe}\" \
         inode=5 dev=00:27 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n",
        syscall(second, serial, 59, parent, pid, uid, exe),
        arguments.len()
    )
}

fn connect(second: u32, serial: u32, parent: u32, pid: u32, uid: u32, exe: &str) -> String {
    let stamp = format!("msg=audit({}.000:{serial})", 1_700_000_000 + second);
    let address: String = b"/var/run/docker.sock\0".iter().map(|byte| format!("{byte:02X}")).collect();
    format!(
        "{}type=SOCKADDR {stamp}: saddr=0100{address}\ntype=PATH {stamp}: item=0 name=\"/var/run/docker.sock\" inode=9 \
         dev=00:18 mode=0140660 ouid=0 ogid=998 rdev=00:00 nametype=NORMAL\n",
        syscall(second, serial, 42, parent, pid, uid, exe)
    )
}
