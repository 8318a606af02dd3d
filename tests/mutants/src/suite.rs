//! Builds the tests against the changed core, and runs them with one change on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The tests that run, beside those in the core itself: those of the engine that take seconds, not minutes.
const TARGETS: [&str; 20] = [
    "alert_text",
    "correlator",
    "counters",
    "documents",
    "eslogger_versions",
    "exposure",
    "flood_between",
    "generations",
    "images_as_they_were",
    "incidents",
    "initiators",
    "investigation",
    "linux_auditd_laurel",
    "macos_chain",
    "parents",
    "redaction",
    "servers",
    "settled_streams",
    "suppress",
    "weak_evidence",
];

/// Memory that a changed program may take, in KiB.
const MEMORY: u64 = 6 << 20;

/// One program of tests.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: String,
    path: PathBuf,
    folder: PathBuf,
    /// How long it takes without a change.
    pub takes: Duration,
}

/// How a build ended.
pub enum Built {
    Programs(Vec<Program>),
    /// Lines of the copy that do not compile, by file.
    Errors(BTreeMap<String, Vec<usize>>),
}

/// Builds the tests of the copy.
pub fn build(tree: &Path, target: &Path) -> io::Result<Built> {
    let mut targets = vec!["-p", "ipcsentry", "-p", "ipcsentry-tests", "--lib"];
    targets.extend(TARGETS.iter().flat_map(|name| ["--test", name]));
    let output = Command::new("cargo")
        .args(["test", "--no-run", "--message-format", "json"])
        .args(&targets)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stderr(Stdio::inherit())
        .output()?;
    let (mut programs, mut errors) = (Vec::new(), BTreeMap::<String, Vec<usize>>::new());
    for line in output.stdout.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
        if let Some(path) = message["executable"].as_str().filter(|_| message["profile"]["test"] == true) {
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            programs.push(Program {
                name: message["target"]["name"].as_str().unwrap_or_default().to_owned(),
                path: path.into(),
                folder: manifest.parent().unwrap_or(tree).to_owned(),
                takes: Duration::ZERO,
            });
        }
        if message["message"]["level"] == "error" {
            for span in message["message"]["spans"].as_array().into_iter().flatten() {
                let file = span["file_name"].as_str().unwrap_or_default().to_owned();
                errors.entry(file).or_default().extend(span["line_start"].as_u64().map(|line| line as usize));
            }
        }
    }
    match (output.status.success(), errors.is_empty()) {
        (true, _) => Ok(Built::Programs(programs)),
        (false, false) => Ok(Built::Errors(errors)),
        (false, true) => Err(io::Error::other("the copy cannot be built")),
    }
}

/// Runs all without a change: those that pass, the fastest first.
pub fn measure(programs: Vec<Program>) -> io::Result<Vec<Program>> {
    let mut passing = Vec::new();
    for mut program in programs {
        let begin = Instant::now();
        if passes(&program, 0, Duration::from_secs(600))? {
            program.takes = begin.elapsed();
            passing.push(program);
        } else {
            eprintln!("left out, fails without a change: {}", program.name);
        }
    }
    passing.sort_by_key(|program| program.takes);
    Ok(passing)
}

/// The first program that a change makes fail, hang or take too much memory.
pub fn killer(programs: &[Program], number: u32) -> io::Result<Option<&Program>> {
    for program in programs {
        if !passes(program, number, program.takes * 10 + Duration::from_secs(20))? {
            return Ok(Some(program));
        }
    }
    Ok(None)
}

fn passes(program: &Program, number: u32, limit: Duration) -> io::Result<bool> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" --quiet")])
        .arg(&program.path)
        .current_dir(&program.folder)
        .env("IPCSENTRY_MUTANT", number.to_string())
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(File::create("/dev/null")?)
        .stderr(File::create("/dev/null")?)
        .process_group(0)
        .spawn()?;
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if Instant::now() > end {
            stop(&mut child)?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Ends a program and what it started.
fn stop(child: &mut Child) -> io::Result<()> {
    Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).status()?;
    child.wait().map(drop)
}
