//! Whoever accepts connections on an endpoint serves it, whether or not a record shows who made it.

use ipcsentry::decode::Format;
use ipcsentry::event::{Event, Kind, Mechanism};
use ipcsentry::scenario;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::recordings::finish;

/// A socket that no list has.
const SOCKET: &[u8] = b"/srv/app/own.sock";

#[test]
fn whoever_accepts_on_a_socket_serves_it() {
    // A daemon accepts a connection; another user's interpreter connects, and the daemon runs a shell.
    let scenario = scenario::all().iter().find(|s| s.id() == "linux.daemon.ran_before").expect("it is one of ours");
    for (is_named, codes) in [(true, vec!["L08"]), (false, vec![])] {
        let mut events: Vec<Event<'_>> = scenario.events();
        for event in &mut events {
            let Kind::EndpointConnect(act) = &mut event.kind else { continue };
            if !act.accepted || is_named {
                (act.endpoint.mechanism, act.endpoint.name) = (Mechanism::UnixPath, Some(SOCKET));
            }
        }
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        for event in &events {
            engine.feed(event);
        }
        let raised: Vec<String> = finish(&mut engine).into_iter().map(|alert| alert.code).collect();
        assert_eq!(raised, codes, "the record of the accepted connection names the socket: {is_named}");
    }
}

/// An audit event of a process: its records, without the common prefix.
fn audit(serial: u32, pid: u32, parent: u32, uid: u32, image: &str, call: &str, others: &[String]) -> String {
    let at = format!("msg=audit(1700000{serial}.120:{serial}):");
    let mut text = format!(
        "type=SYSCALL {at} arch=c000003e {call} ppid={parent} pid={pid} auid={uid} uid={uid} gid={uid} euid={uid} \
         suid={uid} fsuid={uid} egid={uid} sgid={uid} fsgid={uid} tty=(none) ses={uid} comm=\"x\" exe=\"{image}\"\n"
    );
    for other in others {
        let (kind, rest) = other.split_once(' ').expect("a kind and members");
        text.push_str(&format!("type={kind} {at} {rest}\n"));
    }
    text
}

fn exec(serial: u32, pid: u32, parent: u32, uid: u32, image: &str, arguments: &[&str]) -> String {
    let numbered: Vec<String> = arguments.iter().enumerate().map(|(i, a)| format!("a{i}=\"{a}\"")).collect();
    let executed = format!("EXECVE argc={} {}", arguments.len(), numbered.join(" "));
    audit(serial, pid, parent, uid, image, "syscall=59 success=yes exit=0 a0=1 a1=1 a2=1 a3=0", &[executed])
}

fn address(path: &str) -> String {
    let hex: String = path.bytes().map(|b| format!("{b:02X}")).collect();
    format!("SOCKADDR saddr=0100{hex}00")
}

fn entry(item: u32, path: &str, kind: &str) -> String {
    format!("PATH item={item} name=\"{path}\" inode=77 dev=fe:01 mode=0140755 ouid=1000 ogid=1000 nametype={kind}")
}

#[test]
fn whoever_renames_a_socket_goes_on_serving_it() {
    // A dropped program binds to a temporary name and renames the socket; another user connects, and a shell starts.
    let raised = |rename: bool| {
        let (made, used) = ("/tmp/.k/s.new", "/tmp/.k/s");
        let mut text = exec(201, 812, 700, 1000, "/tmp/.k/agent", &["/tmp/.k/agent"]);
        let bound = [address(made), entry(0, "/tmp/.k", "PARENT"), entry(1, made, "CREATE")];
        text +=
            &audit(202, 812, 700, 1000, "/tmp/.k/agent", "syscall=49 success=yes exit=0 a0=3 a1=1 a2=6e a3=0", &bound);
        if rename {
            let renamed = [entry(2, made, "DELETE"), entry(3, used, "CREATE")];
            let call = "syscall=82 success=yes exit=0 a0=1 a1=2 a2=0 a3=0";
            text += &audit(203, 812, 700, 1000, "/tmp/.k/agent", call, &renamed);
        }
        text += &exec(210, 900, 701, 1001, "/usr/bin/socat", &["socat", "-", "UNIX-CONNECT:/tmp/.k/s"]);
        let to = [address(used), entry(0, used, "NORMAL")];
        text +=
            &audit(211, 900, 701, 1001, "/usr/bin/socat", "syscall=42 success=yes exit=0 a0=3 a1=1 a2=6e a3=0", &to);
        text += &exec(212, 820, 812, 1000, "/usr/bin/dash", &["/bin/sh", "-i"]);
        text += &exec(213, 821, 820, 1000, "/usr/bin/id", &["id"]);
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
        engine.feed_bytes(stream, text.as_bytes());
        finish(&mut engine).into_iter().map(|alert| alert.code).collect::<Vec<String>>()
    };
    assert_eq!(raised(true), ["L03"]);
    assert!(raised(false).is_empty(), "nobody serves a socket that nobody made");
}
