//! The programs of `ffi/examples` that embedders start from: an agent with threads, a plugin of auditd, an agent of macOS,
//! a hunt in C++. Their alerts are Rust's; the threads are clean under helgrind, the C code under sanitizers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ipcsentry::event::{
    Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os, ProcessEnd, ProcessSeen,
    ProcessStart, StartMethod,
};
use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::c::{self, Link, compile, compile_with, installed, scratch};
use serde_json::Value;

/// Runs a program on bytes as standard input.
fn run(program: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that runs");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // A program that refuses its arguments does not read.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("a program that ends");
    writer.join().expect("a writer that ends");
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The lines of a program's output, sorted: threads write in any order.
fn sorted(output: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = String::from_utf8_lossy(output).lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// The last revision of each alert, sorted: how many revisions there are depends on when alerts are taken.
fn last_revisions(lines: Vec<String>) -> Vec<String> {
    let mut last: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
    for line in lines {
        let alert: Value = serde_json::from_str(&line).expect("an alert is JSON");
        let text = |member: &str| alert[member].as_str().expect("a text").to_owned();
        let revision = alert["revision"].as_u64().expect("a number");
        let known = last.entry((text("host"), text("id"))).or_default();
        if revision >= known.0 {
            *known = (revision, line);
        }
    }
    let mut lines: Vec<String> = last.into_values().map(|(_, line)| line).collect();
    lines.sort_unstable();
    lines
}

/// The number of hosts that the agent's budget of 32 MiB holds in one shard; with more, hosts are evicted.
const HOSTS: usize = 200;

/// What the sensor of `agent.c` reports of scenarios of Linux, a host each: lines of its file.
fn sensor() -> Vec<String> {
    let mut lines = Vec::new();
    let scenarios = scenario::all().iter().filter(|s| s.os() == Os::Linux);
    for (host, scenario) in scenarios.take(HOSTS).enumerate() {
        for event in scenario.events() {
            let is_fifo = |act: &EndpointAct<'_>| act.endpoint.mechanism == Mechanism::Fifo;
            let (kind, object) = match &event.kind {
                Kind::ProcessStart(_) => ("start", None),
                Kind::ProcessEnd(_) => ("end", None),
                Kind::ProcessSeen(_) => ("seen", None),
                Kind::EndpointCreate(act) if is_fifo(act) => ("fifo_create", act.endpoint.name),
                Kind::EndpointConnect(act) if is_fifo(act) => ("fifo_open", act.endpoint.name),
                Kind::NetworkConnect(connect) => ("connect", connect.remote_address),
                _ => continue,
            };
            let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
            let text = |text: Option<&[u8]>| match text {
                Some(text) => String::from_utf8_lossy(text).replace(['\t', '\n'], " "),
                None => "-".to_owned(),
            };
            let (actor, parent) = (&event.actor, &event.parent);
            lines.push(format!(
                "{}\thost-{host}\t{kind}\t{}\t{}\t{}\t{}\t{}\t{}",
                event.time.0,
                number(actor.pid),
                number(parent.pid),
                number(actor.uid),
                text(actor.image),
                text(actor.command_line),
                text(object)
            ));
        }
    }
    lines
}

/// The alerts of the library on these lines, in its own terms.
fn agent_in_rust(lines: &[String]) -> Vec<String> {
    let mut limits = Limits::default();
    limits.lateness = 2_000_000_000;
    limits.bytes = 256 << 20;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut alerts = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let text = |at: usize| (fields[at] != "-").then(|| cut(fields[at].as_bytes(), if at == 7 { 511 } else { 255 }));
        let number_at = |at: usize| fields[at].parse().ok();
        let kind = match fields[2] {
            "start" => {
                let mut start = ProcessStart::default();
                start.method = StartMethod::Exec;
                Kind::ProcessStart(start)
            }
            "end" => Kind::ProcessEnd(ProcessEnd::default()),
            "seen" => Kind::ProcessSeen(ProcessSeen::default()),
            "fifo_create" => Kind::EndpointCreate(EndpointAct::new(Endpoint::new(Mechanism::Fifo, text(8)))),
            "fifo_open" => Kind::EndpointConnect(EndpointAct::new(Endpoint::new(Mechanism::Fifo, text(8)))),
            _ => {
                let mut connect = NetworkConnect::default();
                connect.direction = Direction::Outbound;
                connect.remote_address = text(8);
                Kind::NetworkConnect(connect)
            }
        };
        let time = ipcsentry::Timestamp(fields[0].parse().expect("a time"));
        let mut event = Event::new(Os::Linux, time, kind);
        event.host = fields[1].as_bytes();
        event.record = number as u64;
        event.source.channel = ipcsentry::event::Channel::Embedder;
        event.actor.pid = number_at(3);
        event.parent.pid = number_at(4);
        event.actor.uid = number_at(5);
        event.actor.image = text(6);
        event.actor.command_line = text(7);
        engine.feed(&event);
        alerts.extend(std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()));
    }
    engine.flush();
    alerts.extend(std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json()));
    alerts.sort_unstable();
    alerts
}

fn cut(text: &[u8], most: usize) -> &[u8] {
    &text[..text.len().min(most)]
}

#[test]
fn the_agent_gives_the_alerts_of_rust_whatever_its_shards() {
    let program = compile_with("examples/agent.c", Link::Shared, &["-pthread"]);
    let lines = sensor();
    let expected = last_revisions(agent_in_rust(&lines));
    assert!(expected.len() > 10, "{} alerts", expected.len());
    let input = lines.join("\n") + "\n";
    for (shards, queue) in [("1", "4096"), ("3", "8"), ("8", "1")] {
        let output = run(&program, &["-s", shards, "-q", queue], input.as_bytes());
        assert_eq!(last_revisions(sorted(&output.stdout)), expected, "{shards} shards: {}", said(&output));
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let waits = said(&output);
        let waits = waits.split(", ").find_map(|part| part.strip_suffix(" waits")).expect("a count").to_owned();
        assert_eq!(waits == "0", queue == "4096" && lines.len() <= 4096, "{waits} waits with a queue of {queue}");
    }
    let output = run(&program, &[], b"what is this\n");
    assert!(output.status.code() == Some(0) && said(&output).contains("1 unread"), "{}", said(&output));
    let policy = scratch("policy", br#"{"min_confidense": 1}"#);
    let output = run(&program, &["-p", &policy.display().to_string()], input.as_bytes());
    assert!(output.status.code() == Some(2) && said(&output).contains("min_confidense"), "{}", said(&output));
    std::fs::remove_file(policy).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

/// Id and host of each alert.
fn ids(alerts: &str) -> BTreeSet<(String, String)> {
    members(alerts, "id")
}

/// A member and the host of each alert.
fn members(alerts: &str, member: &str) -> BTreeSet<(String, String)> {
    let one = |line: &str| {
        let alert: Value = serde_json::from_str(line).expect("JSON");
        (alert[member].to_string(), alert["host"].to_string())
    };
    alerts.lines().map(one).collect()
}

#[test]
fn the_agent_reads_its_policy_again() {
    let program = compile_with("examples/agent.c", Link::Shared, &["-pthread"]);
    let lines = sensor();
    let due = ids(&agent_in_rust(&lines).join("\n"));
    let policy = scratch("policy", b"{}");
    let mut command = Command::new(&program);
    command.args(["-s", "2", "-p"]).arg(&policy).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that runs");
    let mut stdin = child.stdin.take().expect("piped");
    let input = lines.join("\n") + "\n";
    stdin.write_all(input.as_bytes()).expect("an agent that reads");
    std::thread::sleep(Duration::from_millis(500));
    let hang_up = |id: u32| {
        c::run("kill", |kill| kill.args(["-HUP", &id.to_string()]));
        std::thread::sleep(Duration::from_millis(200));
    };
    // A wrong policy is refused; then one under which nothing is reported.
    std::fs::write(&policy, b"{\"wrong\": 1}").expect("a writable folder");
    hang_up(child.id());
    stdin.write_all(b"0\tx\tend\t1\t-\t-\t-\t-\t-\n").expect("an agent that reads");
    std::thread::sleep(Duration::from_millis(800));
    let silent = br#"{"suppressions": [{"host": "other-*", "allow_critical": true}]}"#;
    std::fs::write(&policy, silent).expect("a writable folder");
    hang_up(child.id());
    // The signal is looked at after the next line.
    stdin.write_all(b"0\tx\tend\t1\t-\t-\t-\t-\t-\n").expect("an agent that reads");
    std::thread::sleep(Duration::from_millis(800));
    let again: String = lines.iter().map(|line| line.replacen("\thost-", "\tother-", 1) + "\n").collect();
    stdin.write_all(again.as_bytes()).expect("an agent that reads");
    drop(stdin);
    let output = child.wait_with_output().expect("an agent that ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(said(&output).contains("wrong") && said(&output).contains("one attribute only"), "{}", said(&output));
    // Time that passed between the lines may have judged some twice: as a fallback form, and revised.
    assert_eq!(ids(&text), due, "all of before, none of after: {}", said(&output));
    std::fs::remove_file(policy).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

#[test]
fn the_agents_threads_are_clean_under_helgrind_and_its_memory_under_memcheck() {
    if !installed("valgrind") {
        println!("skipped: valgrind is not installed");
        return;
    }
    let program = compile_with("examples/agent.c", Link::Shared, &["-pthread"]);
    let lines: Vec<String> = sensor().into_iter().take(400).collect();
    let input = scratch("sensor", (lines.join("\n") + "\n").as_bytes());
    let suppressions = c::root().join("tests/data/helgrind.supp");
    let memcheck = ["--leak-check=full", "--errors-for-leak-kinds=definite,possible", "--undef-value-errors=no"];
    for (tool, arguments) in [("memcheck", &memcheck[..]), ("helgrind", &["--history-level=approx"])] {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=9", &format!("--tool={tool}")]).args(arguments);
        valgrind.arg(format!("--suppressions={}", suppressions.display()));
        let output = valgrind.arg(&program).args(["-s", "3", "-q", "8"]).arg(&input).output().expect("valgrind runs");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{tool}: {}", said(&output));
    }
    std::fs::remove_file(input).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

#[test]
fn the_programs_are_clean_under_sanitizers_of_their_own_code() {
    let attack = include_bytes!("../data/getsystem.ndjson");
    let agent = (sensor().join("\n") + "\n").into_bytes();
    let mac = include_bytes!("../data/macos_endpoint_security.ndjson");
    let audit = audit_log();
    let programs: [(&str, &[u8], i32); 5] = [
        ("examples/minimal.c", attack, 1),
        ("examples/agent.c", &agent, 1),
        ("examples/eslogger_agent.c", mac, 1),
        ("examples/auditd_plugin.c", &audit, 0),
        ("examples/cpp_hunt.cpp", attack, 1),
    ];
    for (source, input, status) in programs {
        let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-pthread"];
        let program = compile_with(source, Link::Shared, &sanitizers);
        let files = PluginFiles::new();
        let settings = files.settings.display().to_string();
        let arguments = if source.contains("auditd") { vec![settings.as_str()] } else { Vec::new() };
        let output = run(&program, &arguments, input);
        assert_eq!(output.status.code(), Some(status), "{source}: {}", said(&output));
        std::fs::remove_file(program).expect("just made");
    }
    // The leak sanitizer is on: a program that forgets a handle fails.
    let leaky = br#"#include "ipcsentry.h"
int main(void) { ipcsentry_error *e; ipcsentry_text t = {"[", 1}; ipcsentry_policy_check(t, 0, &e, &e); e = NULL; return 0; }"#;
    let source = scratch("leaky.c", leaky);
    let named = source.with_extension("c");
    std::fs::rename(&source, &named).expect("just made");
    let program = compile_with(&named.display().to_string(), Link::Static, &["-fsanitize=address,undefined"]);
    let output = run(&program, &[], b"");
    assert!(!output.status.success() && said(&output).contains("leak"), "{}", said(&output));
    std::fs::remove_file(named).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

/// The attack scenarios of Linux as auditd logs them.
fn audit_log() -> Vec<u8> {
    let scenarios = scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive());
    let logs = scenarios.filter_map(|s| s.render(Telemetry::Auditd).ok());
    logs.flatten().flat_map(|file| file.bytes).collect()
}

/// Codes and ids of alerts, so that the host and the clock do not matter.
fn codes(alerts: &[u8]) -> Vec<String> {
    let mut codes: Vec<String> = String::from_utf8_lossy(alerts)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["code"].to_string())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What the plugin of auditd writes, and its configuration.
struct PluginFiles {
    alerts: PathBuf,
    counters: PathBuf,
    settings: PathBuf,
}

impl PluginFiles {
    fn new() -> Self {
        let (alerts, counters) = (scratch("alerts", b""), scratch("counters", b""));
        let settings = format!("# both\nalerts {}\n\ncounters {}\n", alerts.display(), counters.display());
        Self { alerts, counters, settings: scratch("settings", settings.as_bytes()) }
    }

    /// Adds a line to the configuration.
    fn set(&self, line: &str) {
        let settings = std::fs::read_to_string(&self.settings).expect("just written");
        std::fs::write(&self.settings, settings + line + "\n").expect("a writable folder");
    }

    fn codes(&self) -> Vec<String> {
        codes(&std::fs::read(&self.alerts).expect("alerts"))
    }

    fn counters(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.counters).expect("counters")).expect("JSON")
    }
}

impl Drop for PluginFiles {
    fn drop(&mut self) {
        for file in [&self.alerts, &self.counters, &self.settings] {
            let _ = std::fs::remove_file(file);
        }
    }
}

#[test]
fn the_plugin_of_auditd_raises_what_its_input_shows() {
    let program = compile("examples/auditd_plugin.c", Link::Shared);
    let files_of = PluginFiles::new();
    let settings = files_of.settings.display().to_string();
    let scenarios = scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive());
    let mut found = 0;
    for scenario in scenarios.take(12) {
        let Ok(files) = scenario.render(Telemetry::Auditd) else { continue };
        std::fs::write(&files_of.alerts, b"").expect("a writable folder");
        let output = run(&program, &[&settings], &files[0].bytes);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let seen = codes(&std::fs::read(&files_of.alerts).expect("alerts"));
        let mut limits = Limits::default();
        limits.lateness = 200_000_000;
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
        let stream = engine.open_stream(StreamOptions::new(files[0].format));
        engine.feed_bytes(stream, &files[0].bytes);
        engine.close_stream(stream);
        engine.flush();
        let due: String = std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json() + "\n").collect();
        assert_eq!(seen, codes(due.as_bytes()), "{}", scenario.id());
        found += seen.len();
        let stats = files_of.counters();
        assert_eq!((&stats["decode_errors"], &stats["alerts_dropped"]), (&0.into(), &0.into()));
    }
    assert!(found >= 8, "{found} alerts");
    let wrong = scratch("wrong", b"alert /tmp/x\n");
    let output = run(&program, &[&wrong.display().to_string()], b"");
    assert!(output.status.code() == Some(2) && said(&output).contains("alert /tmp/x"), "{}", said(&output));
    std::fs::remove_file(wrong).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

/// 10 seconds of 50,000 records a second when the library is optimized; fewer otherwise.
#[test]
fn the_plugin_of_auditd_keeps_every_record_of_a_burst() {
    let program = compile("examples/auditd_plugin.c", Link::Shared);
    let files = PluginFiles::new();
    let seconds = if cfg!(debug_assertions) { 1 } else { 10 };
    let rate = if cfg!(debug_assertions) { 10_000_u64 } else { 50_000 };
    let mut command = Command::new(&program);
    command.arg(&files.settings).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that runs");
    let mut stdin = child.stdin.take().expect("piped");
    let (begin, mut sent) = (Instant::now(), 0_u64);
    for slice in 0..seconds * 10 {
        let mut text = String::new();
        for _ in 0..rate / 10 / 2 {
            let (time, pid) = (1_795_308_302 + sent / rate, 1000 + sent % 20_000);
            text += &format!(
                "type=SYSCALL msg=audit({time}.{:03}:{sent}): arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=1 ppid=900 pid={pid} auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 tty=pts0 ses=3 comm=\"true\" exe=\"/usr/bin/true\" key=(null)\ntype=EXECVE msg=audit({time}.{:03}:{sent}): argc=1 a0=\"true\"\n",
                sent / 100 % 1000,
                sent / 100 % 1000,
            );
            sent += 2;
        }
        stdin.write_all(text.as_bytes()).expect("a plugin that reads");
        let due = Duration::from_millis(100) * (slice as u32 + 1);
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
    }
    let took = begin.elapsed();
    drop(stdin);
    let output = child.wait_with_output().expect("a plugin that ends");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let counters = files.counters();
    println!("{sent} records in {took:?}: {counters}");
    assert_eq!(counters["records"], sent);
    assert_eq!(counters["events"], sent / 2);
    assert_eq!(counters["decode_errors"], 0);
    std::fs::remove_file(program).expect("just made");
}

/// Lines of audit logs of which both halves alone show nothing, and together an attack: the halves and its code.
fn halves() -> Vec<(String, String, String)> {
    let found = |parts: &[&str]| {
        let mut limits = Limits::default();
        limits.lateness = 200_000_000;
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
        for part in parts {
            let stream = engine.open_stream(StreamOptions::new(ipcsentry::decode::Format::Auditd));
            engine.feed_bytes(stream, part.as_bytes());
            engine.close_stream(stream);
            // Between the halves the feed is quiet for as long as the plugin is given to save.
            engine.elapse(15_000_000_000);
        }
        engine.flush();
        let alerts: String = std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json() + "\n").collect();
        codes(alerts.as_bytes())
    };
    let scenarios = scenario::all().iter().filter(|s| s.os() == Os::Linux && s.is_positive());
    let split = |scenario: &scenario::Scenario| {
        let files = scenario.render(Telemetry::Auditd).ok()?;
        let [file] = &files[..] else { return None };
        let text = std::str::from_utf8(&file.bytes).ok()?;
        let due = format!("\"{}\"", scenario.behavior());
        // Between two events: the records of one have the same serial number.
        let serial = |line: &str| line.split(':').nth(1).map(str::to_owned);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let cuts = (1..lines.len()).filter(|at| serial(lines[*at]) != serial(lines[at - 1]));
        let parts = cuts.map(|at| (lines[..at].concat(), lines[at..].concat()));
        let mut fit = parts.filter(|(first, second)| {
            found(&[first]).is_empty() && found(&[second]).is_empty() && found(&[first, second]) == [due.clone()]
        });
        fit.next_back().map(|(first, second)| (first, second, due.clone()))
    };
    scenarios.filter_map(split).take(3).collect()
}

/// Killed between two saves, the plugin forgets nothing of before the last one.
#[test]
fn the_plugin_of_auditd_goes_on_where_it_was_killed() {
    let program = compile("examples/auditd_plugin.c", Link::Shared);
    let halves = halves();
    assert_eq!(halves.len(), 3);
    let files: Vec<PluginFiles> = halves.iter().map(|_| PluginFiles::new()).collect();
    let states: Vec<PathBuf> = files.iter().map(|files| files.settings.with_extension("state")).collect();
    let start = |files: &PluginFiles| {
        let mut command = Command::new(&program);
        command.arg(&files.settings).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program that runs")
    };
    let mut running = Vec::new();
    for ((files, state), (first, _, _)) in files.iter().zip(&states).zip(&halves) {
        files.set(&format!("state {}\nevery 10", state.display()));
        let mut plugin = start(files);
        let mut stdin = plugin.stdin.take().expect("piped");
        stdin.write_all(first.as_bytes()).expect("a plugin that reads");
        running.push((plugin, stdin));
    }
    let begin = Instant::now();
    while !states.iter().all(|state| state.exists()) {
        assert!(begin.elapsed() < Duration::from_secs(60), "no state after a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(begin.elapsed() > Duration::from_secs(8), "saved after {:?}", begin.elapsed());
    std::thread::sleep(Duration::from_secs(2));
    for (mut plugin, mut stdin) in running {
        // Half a record, which goes with the plugin.
        stdin.write_all(b"type=SYSCALL msg=audit(1795").expect("a plugin that reads");
        plugin.kill().and_then(|()| plugin.wait()).expect("a plugin that runs");
    }
    for ((files, state), (_, second, due)) in files.iter().zip(&states).zip(&halves) {
        assert_eq!(files.codes(), Vec::<String>::new(), "{due}: the first half alone");
        let saved = std::fs::read(state).expect("a state file");
        let settings = files.settings.display().to_string();
        let output = run(&program, &[&settings], second.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(files.codes(), [due.as_str()], "{}", said(&output));
        // Without the state, and with a damaged one, the second half is nothing.
        std::fs::write(&files.alerts, b"").expect("a writable folder");
        std::fs::write(state, &saved[..saved.len() - 1]).expect("a writable folder");
        let output = run(&program, &[&settings], second.as_bytes());
        assert!(
            output.status.code() == Some(0) && said(&output).contains("does not end like one"),
            "{}",
            said(&output)
        );
        assert_eq!(files.codes(), Vec::<String>::new(), "{due}: the second half alone");
        std::fs::remove_file(state).expect("just made");
    }
    std::fs::remove_file(program).expect("just made");
}

/// The shards of the agent take up what they saved.
#[test]
fn the_agent_goes_on_where_it_ended() {
    let program = compile_with("examples/agent.c", Link::Shared, &["-pthread"]);
    let folder = scratch("states", b"");
    std::fs::remove_file(&folder).and_then(|()| std::fs::create_dir(&folder)).expect("a writable folder");
    let lines = sensor();
    let due = members(&agent_in_rust(&lines).join("\n"), "code");
    // Of each host the first half of the lines, then the second.
    let mut by_host: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &lines {
        by_host.entry(line.split('\t').nth(1).expect("a host")).or_default().push(line);
    }
    let half = |take: &dyn Fn(&[&str]) -> String| by_host.values().map(|lines| take(lines)).collect::<String>();
    let first = half(&|lines| lines[..lines.len() / 2].iter().map(|line| format!("{line}\n")).collect());
    let second = half(&|lines| lines[lines.len() / 2..].iter().map(|line| format!("{line}\n")).collect());
    let path = folder.display().to_string();
    let run_on = |input: &str, arguments: &[&str]| {
        let output = run(&program, arguments, input.as_bytes());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
        members(&String::from_utf8_lossy(&output.stdout), "code")
    };
    let with = ["-s", "3", "-q", "64", "-w", &path];
    let before = run_on(&first, &with);
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 3, "a file for each shard");
    let after = run_on(&second, &with);
    let alone = run_on(&second, &["-s", "3", "-q", "64"]);
    assert!(due.is_subset(&before.union(&after).cloned().collect()), "{before:?} {after:?} {due:?}");
    assert!(!due.is_subset(&before.union(&alone).cloned().collect()), "the state made no difference");
    std::fs::remove_dir_all(folder).and_then(|()| std::fs::remove_file(program)).expect("just made");
}

#[test]
fn the_agent_of_macos_reads_recorded_streams() {
    let program = compile("examples/eslogger_agent.c", Link::Shared);
    let mac = include_bytes!("../data/macos_endpoint_security.ndjson");
    let output = run(&program, &[], mac);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for code in ["M05", "M06", "M09", "M10", "M16"] {
        assert!(text.contains(&format!(" {code} ")), "no {code} in\n{text}");
    }
    assert!(text.lines().all(|line| line.contains(", by /")), "{text}");
    assert_eq!(run(&program, &[], b"nothing\n").status.code(), Some(2));
    assert_eq!(run(&program, &[], b"").status.code(), Some(0));
    let events = String::from_utf8_lossy(&run(&program, &["--events"], b"").stdout).into_owned();
    for event in ["exec", "fork", "uipc_bind", "xpc_connect"] {
        assert!(events.split_whitespace().any(|have| have == event), "no {event} in {events}");
    }
    std::fs::remove_file(program).expect("just made");
}

#[test]
fn the_hunt_in_cpp_finds_what_the_one_in_c_does() {
    let programs = [compile("examples/cpp_hunt.cpp", Link::Shared), compile("examples/cpp_hunt.cpp", Link::Static)];
    let attack = scratch("attack", include_bytes!("../data/getsystem.ndjson"));
    let path = attack.display().to_string();
    for program in &programs {
        let output = run(program, &[&path], b"");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(text.starts_with("W02 severity ") && text.contains("T1559") | text.contains("T1134"), "{text}");
        assert!(text.contains("\n  by ") && text.lines().count() >= 4, "{text}");
        assert_eq!(run(program, &[], b"").status.code(), Some(0));
        assert_eq!(run(program, &[], b"neither this\nnor that\n").status.code(), Some(2));
    }
    for file in programs.into_iter().chain([attack]) {
        std::fs::remove_file(file).expect("just made");
    }
}

/// What a program of another language would be linked against does not depend on the folder it is built in.
#[test]
fn the_shared_library_is_named_by_its_version() {
    let library = c::build().cdylib;
    let dynamic = c::run("readelf", |command| command.arg("-d").arg(&library)).stdout;
    let dynamic = String::from_utf8_lossy(&dynamic).into_owned();
    let name = concat!("[libipcsentry.so.", env!("CARGO_PKG_VERSION"), "]");
    assert!(dynamic.contains(name), "no {name} in\n{dynamic}");
}
