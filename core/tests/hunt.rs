//! Tests of the example program `hunt`: exit statuses, output, and live feeds.

#[path = "hunt/baseline.rs"]
mod baseline;
#[path = "hunt/containers.rs"]
mod containers;
#[path = "hunt/escaping.rs"]
mod escaping;
#[path = "hunt/evtx.rs"]
mod evtx;
#[path = "hunt/follow.rs"]
mod follow;
#[path = "hunt/investigate.rs"]
mod investigate;
#[path = "hunt/judged.rs"]
mod judged;
#[path = "hunt/policy.rs"]
mod policy;
#[path = "hunt/readme.rs"]
mod readme;
#[path = "hunt/remedy.rs"]
mod remedy;
#[path = "hunt/replay.rs"]
mod replay;
#[path = "hunt/rules.rs"]
mod rules;
#[path = "hunt/scenarios.rs"]
mod scenarios;
#[path = "hunt/state.rs"]
mod state;
#[path = "hunt/suggest.rs"]
mod suggest;
#[path = "hunt/threads.rs"]
mod threads;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// A shell driven through a FIFO, as auditd logs it. No later event ends the last one.
const ATTACK: &str = include_str!("hunt/fifo_shell.log");

/// The program, built in the profile of the test.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().expect("the test's own path");
        let built = test.parent().and_then(Path::parent).expect("target/PROFILE/deps").join("examples/hunt");
        assert!(built.exists(), "cargo test builds the examples; with --test, build --example hunt first");
        built
    })
}

fn hunt(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().expect("hunt runs")
}

/// A temporary file.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ipcsentry-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("a writable folder");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn last_line(output: &Output) -> String {
    stderr(output).lines().next_back().unwrap_or_default().to_owned()
}

/// Whoever reads the output may have seen enough, and `head` is no reason to panic.
#[test]
fn a_reader_that_goes_is_no_error() {
    let attack = Scratch::new("reader", ATTACK.as_bytes());
    let baseline = Scratch::new("reader.json", br#"{"version": 1, "frozen": false, "groups": [], "relations": []}"#);
    let policy = Scratch::new("reader-policy.json", b"{}");
    let alerts = Scratch::new("reader.ndjson", &hunt(&["--output", "ndjson", attack.path()]).stdout);
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["--check-policy", policy.path()],
        &["--check-baseline", baseline.path()],
        &["--baseline-diff", baseline.path(), baseline.path()],
        &["--baseline-policy", baseline.path()],
        &["--suggest", alerts.path()],
        &["--output", "ndjson", attack.path()],
        &["--coverage", attack.path()],
        &["--digest", attack.path()],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(program());
        command.args(arguments).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = command.spawn().and_then(Child::wait_with_output).expect("hunt runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)) && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[test]
fn an_attack_is_exit_one_and_a_line_of_json() {
    let file = Scratch::new("attack", ATTACK.as_bytes());
    let output = hunt(&["--output", "ndjson", "--host", "web-1", file.path()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    let alert: serde_json::Value = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("JSON");
    assert_eq!((&alert["analytic"], &alert["host"]), (&"AN1358".into(), &"web-1".into()));
    assert!(last_line(&output).ends_with(" 1 alerts, 0 errors"), "{}", last_line(&output));
}

#[test]
fn coverage_tells_what_silence_is_worth() {
    let file = Scratch::new("coverage", ATTACK.as_bytes());
    let output = hunt(&["--coverage", "--output", "ndjson", "--host", "web-1", file.path()]);
    let text = String::from_utf8_lossy(&output.stdout);
    let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("JSON");
    let host = &line["coverage"];
    assert_eq!(host["host"], "web-1");
    let of = |code: &str| {
        let all = host["behaviors"].as_array().expect("a list");
        all.iter().find(|b| b["code"] == code).unwrap_or_else(|| panic!("{code} is of this platform"))
    };
    assert_eq!((&of("L05")["visibility"], &of("L05")["severity"]), (&"full".into(), &"critical".into()));
    assert_eq!((&of("L14")["visibility"], &of("L14")["severity"]), (&"blind".into(), &serde_json::Value::Null));
    let missing = of("L14")["missing"].to_string();
    assert!(missing.contains("no endpoint_create"), "{missing}");
    assert!(host["behaviors"].as_array().is_some_and(|all| all.iter().all(|b| b["code"] != "W02")));
    let table = hunt(&["--coverage", "--host", "web-1", file.path()]);
    let table = String::from_utf8_lossy(&table.stdout);
    assert!(table.contains("COVERAGE web-1") && table.contains("blind"), "{table}");
    assert!(!table.contains("FLEET"), "one host is no fleet: {table}");
}

#[test]
fn the_coverage_of_several_hosts_ends_with_that_of_the_fleet() {
    let starts: String =
        ATTACK.lines().filter(|line| line.contains("syscall=59 ")).map(|line| format!("{line}\n")).collect();
    let named = |text: &str, host: &str| text.lines().map(|line| format!("node={host} {line}\n")).collect::<String>();
    let both = named(ATTACK, "web-1") + &named(&starts, "web-2");
    let file = Scratch::new("fleet", both.as_bytes());
    let output = hunt(&["--coverage", "--output", "ndjson", file.path()]);
    let text = String::from_utf8_lossy(&output.stdout);
    let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("JSON");
    let fleet = &line["fleet"];
    assert_eq!(fleet["hosts"], 2);
    let of = |list: &str, key: &str, name: &str| {
        let all = fleet[list].as_array().expect("a list");
        all.iter().find(|one| one[key] == name).unwrap_or_else(|| panic!("{name} is of this platform")).clone()
    };
    let relay = of("behaviors", "code", "L05");
    assert_eq!((&relay["full"], &relay["blind"]), (&1.into(), &1.into()), "{relay}");
    let starts = of("data_components", "id", "DC0032");
    assert_eq!((&starts["name"], &starts["seen"]), (&"Process Creation".into(), &2.into()), "{starts}");
    assert_eq!(of("data_components", "id", "DC0082")["never"], 1);
    let table = hunt(&["--coverage", file.path()]);
    let table = String::from_utf8_lossy(&table.stdout);
    assert!(table.contains("FLEET 2 hosts") && table.contains("L05  1 full, 0 degraded, 1 blind"), "{table}");
    assert!(table.contains("DC0082 Network Connection Creation"), "{table}");
    let layer = hunt(&["--coverage", "--output", "navigator", file.path()]);
    assert_eq!(layer.status.code(), Some(1), "alerts count, and are not printed");
    let layer: serde_json::Value = serde_json::from_slice(&layer.stdout).expect("a layer and nothing else");
    let technique = |id: &str| {
        let all = layer["techniques"].as_array().expect("a list");
        all.iter().find(|one| one["techniqueID"] == id).unwrap_or_else(|| panic!("no {id}")).clone()
    };
    let comment = technique("T1559")["comment"].as_str().expect("text").to_owned();
    assert!(comment.contains("L05 linux.fifo.shell_relay: 1 full, 0 degraded, 1 blind"), "{comment}");
    for with in [&[][..], &["--coverage", "--remedy"], &["--coverage", "--scenarios"], &["--coverage", "--exposure"]] {
        assert_eq!(hunt(&[with, &["--output", "navigator"]].concat()).status.code(), Some(2), "{with:?}");
    }
}

/// A named pipe through which a program gets SYSTEM's token, as Sysmon logs it.
fn getsystem() -> Vec<serde_json::Value> {
    let text = include_str!("../../tests/data/getsystem.ndjson");
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn alerts(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn an_event_log_raises_what_its_records_as_text_do() {
    let records = getsystem();
    let log = Scratch::new("log", &evtx::log(&records));
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let text = Scratch::new("lines", lines.as_bytes());
    let (of_log, of_text) = (hunt(&["--output=ndjson", log.path()]), hunt(&["--output=ndjson", text.path()]));
    assert_eq!((of_log.status.code(), last_line(&of_log)), (Some(1), last_line(&of_text)));
    let (mut of_log, of_text) = (alerts(&of_log), alerts(&of_text));
    // An event log numbers its records from 1; the lines of a file are numbered from 0.
    for evidence in of_log.iter_mut().filter_map(|alert| alert["evidence"].as_array_mut()).flatten() {
        evidence["record"] = (evidence["record"].as_u64().expect("a number") - 1).into();
    }
    assert_eq!(of_log, of_text);
    assert_eq!(of_log[0]["code"], "W02");
}

#[test]
fn an_event_log_that_ends_early_is_an_error_and_what_came_before_is_judged() {
    let log = evtx::log(&getsystem());
    let torn = Scratch::new("torn", &log[..log.len() / 2]);
    let output = hunt(&[torn.path()]);
    assert_eq!(output.status.code(), Some(1), "all records are in the first half: {output:?}");
    assert!(!last_line(&output).ends_with(" 0 errors"), "{}", last_line(&output));
    let head = Scratch::new("head", b"ElfFile\0and nothing more");
    assert_eq!(hunt(&[head.path()]).status.code(), Some(2));
}

#[test]
fn only_alerts_of_the_time_asked_for_are_printed() {
    let file = Scratch::new("time", ATTACK.as_bytes());
    let output = hunt(&["--until", "2020-01-01", file.path()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}

#[test]
fn broken_records_are_counted_and_placed() {
    let text = format!("{ATTACK}type=SYSCALL msg=audit(x\n");
    let file = Scratch::new("broken", text.as_bytes());
    let output = hunt(&["--format", "auditd", file.path()]);
    let place = format!("line {}, byte", ATTACK.lines().count() + 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains(&place));
    assert!(last_line(&output).ends_with(" 1 alerts, 1 errors"), "{}", last_line(&output));
}

#[test]
fn what_cannot_be_done_is_exit_two() {
    for wrong in [
        &["--bogus"][..],
        &["--since", "yesterday"],
        &["--output"],
        &["--policy", "/does/not/exist"],
        &["/does/not/exist"],
        &["-", "/dev/null"],
        &["--format", "none"],
        &["--min-severity", "worst"],
        &["--include", "["],
        &["--follow"],
        &["--follow", "-"],
        &["--strict=yes"],
    ] {
        assert_eq!(hunt(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn only_alerts_as_severe_as_asked_for_are_printed() {
    let file = Scratch::new("severity", ATTACK.as_bytes());
    assert_eq!(hunt(&["--min-severity", "critical", file.path()]).status.code(), Some(1));
    let control = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/macos_unified.log"));
    let control = Scratch::new("medium", &control.expect("it is part of the repository"));
    let of = |severity: &str| alerts(&hunt(&["--output=ndjson", "--min-severity", severity, control.path()])).len();
    assert!(of("low") > of("critical"), "{} alerts, {} of them critical", of("low"), of("critical"));
    let left_out = hunt(&["--min-severity=critical", control.path()]);
    assert!(stderr(&left_out).contains("alerts not printed"), "{}", stderr(&left_out));
}

#[test]
fn the_version_is_that_of_the_library() {
    let output = hunt(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("hunt {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn without_a_file_one_page_shows_every_behavior() {
    let page = hunt(&[]);
    assert_eq!(page.status.code(), Some(1));
    let text = String::from_utf8_lossy(&page.stdout);
    for analytic in ["AN1357", "AN1358", "AN1359"] {
        assert_eq!(text.matches(analytic).count(), 1, "one whole alert of {analytic}");
    }
    let catalog = ipcsentry::Catalog::builtin();
    for behavior in catalog.rules().iter().filter(|b| b.alerts) {
        let rows = text.lines().filter(|l| l.starts_with(&behavior.code) && l.contains(&*behavior.id)).count();
        assert_eq!(rows, 1, "a row of {}", behavior.code);
    }
    assert!(text.contains("no deviations"), "{text}");
    let all = hunt(&["--all"]);
    let whole = String::from_utf8_lossy(&all.stdout);
    assert!(whole.matches("AN1357").count() > 50 && whole.contains("no deviations"));
    assert_eq!(last_line(&all), last_line(&page), "the page counts what --all prints");
}

#[test]
fn a_policy_that_silences_shows_as_deviations() {
    let policy = Scratch::new("quiet", br#"{"disabled": ["W02"], "allow_critical": ["W02"]}"#);
    let text = String::from_utf8_lossy(&hunt(&["--policy", policy.path()]).stdout).into_owned();
    assert!(text.contains("deviations:") && text.contains("W02 high or more is expected"), "{text}");
}

#[test]
fn without_a_file_all_three_analytics_are_shown() {
    let output = hunt(&["--output", "ndjson"]);
    let text = String::from_utf8_lossy(&output.stdout);
    for analytic in ["AN1357", "AN1358", "AN1359"] {
        assert!(text.contains(&format!("\"analytic\":\"{analytic}\"")), "no alert of {analytic}");
    }
}

#[test]
fn a_live_feed_is_answered_while_it_is_open() {
    let mut child: Child = Command::new(program())
        .args(["--output", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("hunt runs");
    let mut feed = child.stdin.take().expect("piped");
    feed.write_all(ATTACK.as_bytes()).expect("hunt reads");
    let mut line = String::new();
    // If hunt waited for the end of the feed, this would block forever.
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("hunt prints");
    assert!(line.contains("\"analytic\":\"AN1358\""), "{line}");
    drop(feed);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
