//! `--state`: a run goes on where the one before it ended, wherever that was. Signals end every run in order.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{ATTACK, Scratch, last_line, program, stderr};

/// Longest time to wait, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A path of a state file that is not there yet.
struct State(PathBuf);

impl State {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ipcsentry-state-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn begin(arguments: &[&str]) -> Child {
    Command::new(program())
        .args(["--output=ndjson"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hunt runs")
}

/// Runs with this standard input.
fn piped(arguments: &[&str], text: &str) -> Output {
    let mut child = begin(arguments);
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("hunt reads");
    child.wait_with_output().expect("hunt ends")
}

fn alerts(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The attack with later events behind it, which end the time that its last ones wait.
fn attack() -> String {
    let login = |second: u64| {
        format!(
            "type=USER_LOGIN msg=audit({second}.000:{second}): pid=900 uid=0 auid=0 ses=1 msg='op=login acct=\"root\" \
             exe=\"/usr/sbin/sshd\" hostname=? addr=? terminal=ssh res=success'\n"
        )
    };
    ATTACK.to_owned() + &login(1_999_999_000) + &login(1_999_999_500)
}

#[test]
fn standard_input_cut_anywhere_is_judged_as_a_whole() {
    let (whole, text) = (State::new("whole"), attack());
    let plain = piped(&["--state", whole.path(), "-"], &text);
    let wanted = alerts(&plain);
    assert!(wanted.len() == 1 && wanted[0].contains("\"code\":\"L05\""), "{wanted:?} {}", stderr(&plain));
    for cut in [1, text.len() / 3, text.len() / 2, text.len() * 4 / 5] {
        let state = State::new("cut");
        let first = piped(&["--state", state.path(), "-"], &text[..cut]);
        let second = piped(&["--state", state.path(), "-"], &text[cut..]);
        let found: Vec<String> = alerts(&first).into_iter().chain(alerts(&second)).collect();
        assert_eq!(found, wanted, "cut at {cut}: {} {}", stderr(&first), stderr(&second));
        assert_eq!(second.status.code(), Some(1));
    }
}

#[test]
fn a_file_that_grew_is_read_on_and_nothing_is_reported_twice() {
    let (state, text) = (State::new("grows"), attack());
    let file = Scratch::new("state-grows", &text.as_bytes()[..text.len() / 2]);
    let run = || piped(&["--state", state.path(), file.path()], "");
    assert_eq!(alerts(&run()), Vec::<String>::new());
    fs::write(file.path(), &text).expect("a writable file");
    let second = run();
    assert_eq!(alerts(&second).len(), 1, "{}", stderr(&second));
    let third = run();
    assert_eq!((alerts(&third).len(), third.status.code()), (0, Some(0)), "{}", stderr(&third));
    assert!(last_line(&third).ends_with(" 0 events, 0 alerts, 0 errors"), "{}", last_line(&third));
    // Another file under that name.
    fs::write(file.path(), "type=USER_CMD msg=audit(1999999999.500:7): pid=1 uid=0\n").expect("a writable file");
    let other = run();
    assert!(stderr(&other).contains(": auditd"), "{}", stderr(&other));
}

#[test]
fn a_damaged_state_is_refused_and_stays() {
    let state = State::new("damaged");
    piped(&["--state", state.path(), "-"], ATTACK);
    let mut bytes = fs::read(&state.0).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&state.0, &bytes).expect("a writable file");
    let refused = piped(&["--state", state.path(), "-"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("a checksum does not fit"), "{}", stderr(&refused));
    assert_eq!(fs::read(&state.0).expect("it is there"), bytes);
}

/// Waits until the program handles SIGTERM, by its mask in `/proc`.
#[cfg(target_os = "linux")]
fn takes_signals(child: &Child) {
    const SIGTERM: u32 = 15;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t"));
        let mask = mask.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default();
        if mask >> (SIGTERM - 1) & 1 == 1 {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("no handler of SIGTERM within {PATIENCE:?}");
}

/// Waits until the program has read a whole file, by its position in `/proc`.
#[cfg(target_os = "linux")]
fn is_read(child: &Child, path: &str) {
    let (begun, folder) = (Instant::now(), format!("/proc/{}", child.id()));
    let length = fs::metadata(path).expect("it is there").len();
    while begun.elapsed() < PATIENCE {
        let open = fs::read_dir(format!("{folder}/fd")).into_iter().flatten().flatten();
        let own = open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|target| target.ends_with(path)));
        let at_end = own.map(|fd| fs::read_to_string(format!("{folder}/fdinfo/{}", fd.file_name().to_string_lossy())));
        if at_end.flatten().any(|info| info.starts_with(&format!("pos:\t{length}\n"))) {
            // What was read is with the engine within a tick.
            return thread::sleep(Duration::from_millis(600));
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("not read within {PATIENCE:?}");
}

fn signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_followed_file_is_read_on_after_a_signal_even_if_it_was_rotated() {
    let (state, text) = (State::new("followed"), attack());
    let file = Scratch::new("state-followed", &text.as_bytes()[..text.len() / 3]);
    let arguments = ["--state", state.path(), "--follow", file.path()];
    let first = begin(&arguments);
    is_read(&first, file.path());
    signal(&first, "-TERM");
    let first = first.wait_with_output().expect("it ends");
    assert_eq!((alerts(&first).len(), first.status.code()), (0, Some(0)), "{}", stderr(&first));
    // The rest of it was written, and the file was rotated.
    let cut = text.len() / 2 + text[text.len() / 2..].find('\n').expect("a line") + 1;
    let old = format!("{}.1", file.path());
    fs::write(&old, &text[..cut]).expect("a writable folder");
    fs::write(file.path(), &text[cut..]).expect("a writable file");
    let mut second = begin(&arguments);
    let mut output = BufReader::new(second.stdout.take().expect("piped"));
    let mut found = String::new();
    output.read_line(&mut found).expect("an alert");
    signal(&second, "-INT");
    output.read_to_string(&mut found).expect("text");
    let second = second.wait_with_output().expect("it ends");
    fs::remove_file(old).expect("the file is ours");
    assert_eq!((found.lines().count(), second.status.code()), (1, Some(1)), "{}", stderr(&second));
}

/// Appends lines to `said` up to the next one about policy and rules, which must contain these words.
#[cfg(target_os = "linux")]
fn read_until(lines: &mut impl BufRead, said: &mut String, words: &str) {
    loop {
        let before = said.len();
        assert!(lines.read_line(said).expect("text") > 0, "no {words:?} in {said}");
        if said[before..].contains("policy and rules") {
            return assert!(said[before..].contains(words), "no {words:?} in {said}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_reads_policy_and_rules_again() {
    let policy = Scratch::new("state-policy", b"{}");
    let file = Scratch::new("state-hangup", b"");
    let mut child = begin(&["--policy", policy.path(), "--follow", file.path()]);
    is_read(&child, file.path());
    fs::write(policy.path(), "{\"behaviors\": 7}").expect("a writable file");
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    signal(&child, "-HUP");
    read_until(&mut errors, &mut said, "policy and rules stay as they were");
    fs::write(policy.path(), "{\"disabled\": [\"L05\"], \"allow_critical\": [\"L05\"]}").expect("a writable file");
    signal(&child, "-HUP");
    read_until(&mut errors, &mut said, "were read again");
    fs::write(file.path(), attack()).expect("a writable file");
    is_read(&child, file.path());
    signal(&child, "-TERM");
    errors.read_to_string(&mut said).expect("text");
    let status = child.wait().expect("it ends").code();
    assert!(said.contains(" 0 alerts, 0 errors") && status == Some(0), "{status:?} {said}");
}

/// A signal ends a run over files as the end of input would.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_run_over_files_with_a_summary() {
    let folder = std::env::temp_dir().join(format!("ipcsentry-state-{}-many", std::process::id()));
    fs::create_dir_all(&folder).expect("a writable folder");
    fs::write(folder.join("0.log"), attack()).expect("a writable folder");
    let line = "type=USER_CMD msg=audit(1767225601.000:99): pid=1 uid=0\n";
    let much = line.repeat((64 << 20) / line.len());
    (1..4).for_each(|n| fs::write(folder.join(format!("{n}.log")), &much).expect("a writable folder"));
    let child = begin(&[folder.to_str().expect("a plain path")]);
    takes_signals(&child);
    signal(&child, "-TERM");
    let output = child.wait_with_output().expect("it ends");
    fs::remove_dir_all(&folder).expect("the folder is ours");
    let said = stderr(&output);
    assert!(last_line(&output).contains(" events, "), "{said}");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
}
