//! `--follow`: growing, rotated and truncated files; a signal ends the program with a summary.
#![cfg(unix)]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::{ATTACK, program};

/// Longest time to wait, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Followed {
    path: PathBuf,
    child: Child,
    alerts: Receiver<String>,
}

impl Followed {
    fn begin(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ipcsentry-follow-{}-{name}", std::process::id()));
        fs::write(&path, text).expect("a writable folder");
        let mut child = Command::new(program())
            .args(["--follow", "--output=ndjson"])
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("hunt runs");
        let out = child.stdout.take().expect("piped");
        let (sender, alerts) = channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { path, child, alerts }
    }

    fn append(&self, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path).expect("a writable file");
        file.write_all(text.as_bytes()).expect("a writable file");
    }

    /// Waits for an alert.
    fn alert(&self) -> String {
        self.alerts.recv_timeout(PATIENCE).expect("an alert")
    }

    /// Waits until the program has read the whole file, by its position in `/proc`.
    fn is_read(&self) {
        let begun = Instant::now();
        let length = fs::metadata(&self.path).expect("it is there").len();
        let folder = format!("/proc/{}", self.child.id());
        while begun.elapsed() < PATIENCE {
            let open = fs::read_dir(format!("{folder}/fd")).into_iter().flatten().flatten();
            let own = open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == self.path));
            let at_end =
                own.map(|fd| fs::read_to_string(format!("{folder}/fdinfo/{}", fd.file_name().to_string_lossy())));
            if at_end.flatten().any(|info| info.starts_with(&format!("pos:\t{length}\n"))) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("not read within {PATIENCE:?}");
    }

    /// Sends a signal; returns the exit status and standard error.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        let mut said = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        let status = self.child.wait().expect("it ends");
        fs::remove_file(&self.path).expect("the file is ours");
        (status.code(), said)
    }
}

/// The attack cut between two events.
fn halves() -> (String, String) {
    let lines: Vec<&str> = ATTACK.split_inclusive('\n').collect();
    let middle = lines.len() / 2;
    let cut =
        middle + lines[middle..].iter().position(|line| line.starts_with("type=SYSCALL")).expect("there are more");
    (lines[..cut].concat(), lines[cut..].concat())
}

#[test]
fn a_file_that_grows_is_judged_as_it_grows() {
    let (first, second) = halves();
    let followed = Followed::begin("grows", &first);
    // Write a line in two parts.
    let (part, rest) = second.split_at(100);
    followed.append(part);
    followed.append(rest);
    assert!(followed.alert().contains("\"code\":\"L05\""));
    let (status, said) = followed.end("-INT");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.lines().last().is_some_and(|line| line.ends_with(" 1 alerts, 0 errors")), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_was_renamed_and_made_anew_is_read_on() {
    let (first, second) = halves();
    let followed = Followed::begin("renamed", &first);
    followed.is_read();
    let old = followed.path.with_extension("1");
    fs::rename(&followed.path, &old).expect("it can be renamed");
    followed.append(&second);
    assert!(followed.alert().contains("\"code\":\"L05\""));
    fs::remove_file(old).expect("the file is ours");
    let (status, said) = followed.end("-TERM");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("(new file 1): auditd"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_was_truncated_is_read_from_its_start() {
    let (first, second) = halves();
    let followed = Followed::begin("truncated", &first);
    followed.is_read();
    // The new content is longer: only its beginning shows that the file was truncated.
    let longer = format!("{second}{}", "type=USER_CMD msg=audit(1767225601.000:99): pid=1 uid=0\n".repeat(100));
    assert!(longer.len() > first.len());
    fs::write(&followed.path, longer).expect("a writable file");
    assert!(followed.alert().contains("\"code\":\"L05\""));
    let (status, said) = followed.end("-TERM");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("(new file 1): auditd"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn of_files_that_are_rotated_quickly_none_is_lost() {
    let (first, second) = halves();
    let cut = second[..second.len() / 2].rfind("type=SYSCALL").expect("several events");
    let (between, last) = second.split_at(cut);
    let followed = Followed::begin("quickly", &first);
    followed.is_read();
    // Two rotations at once, most likely between two checks of the file.
    let numbered = |number: u32| followed.path.with_file_name(format!("{}.{number}", file_name(&followed.path)));
    fs::rename(&followed.path, numbered(2)).expect("it can be renamed");
    fs::write(&followed.path, between).expect("a writable folder");
    fs::rename(&followed.path, numbered(1)).expect("it can be renamed");
    fs::write(&followed.path, last).expect("a writable folder");
    assert!(followed.alert().contains("\"code\":\"L05\""));
    fs::remove_file(numbered(1)).and_then(|()| fs::remove_file(numbered(2))).expect("the files are ours");
    let (status, said) = followed.end("-TERM");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("(new file 2): auditd"), "{said}");
    let events: u32 =
        said.lines().filter_map(|line| line.split(" records: ").nth(1)?.split(' ').next()?.parse::<u32>().ok()).sum();
    assert_eq!(events, 9, "{said}");
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}
