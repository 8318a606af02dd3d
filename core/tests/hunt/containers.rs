//! Compressed files, folders, globs and standard input give the alerts of the plain file.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{ATTACK, Scratch, alerts, hunt, program, stderr};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("into memory");
    packed.finish().expect("into memory")
}

#[test]
fn compression_is_told_by_content() {
    let file = Scratch::new("packed.txt", &gzip(ATTACK.as_bytes()));
    assert_eq!(hunt(&[file.path()]).status.code(), Some(1));
}

#[test]
fn what_is_cut_short_is_judged_and_not_said_to_be_whole() {
    let packed = gzip(ATTACK.as_bytes());
    let file = Scratch::new("cut.gz", &packed[..packed.len() - 4]);
    let output = hunt(&[file.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("NOT WHOLLY JUDGED: cannot be read"), "{}", stderr(&output));
    assert!(stderr(&output).contains(" 1 alerts"), "{}", stderr(&output));
}

#[test]
fn folders_globs_and_names_may_be_mixed() {
    let folder = std::env::temp_dir().join(format!("ipcsentry-folder-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("below")).expect("a writable folder");
    let lines: Vec<&str> = ATTACK.lines().collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    // An audit event has several lines: cut between two events.
    let cut = first.len() + second.iter().position(|line| line.starts_with("type=SYSCALL")).expect("there are more");
    let write =
        |name: &str, lines: &[&str]| std::fs::write(folder.join(name), lines.join("\n")).expect("a writable folder");
    write("below/b.log", &lines[..cut]);
    write("a.log", &lines[cut..]);
    write("notes.txt", &["of no use"]);
    let root = folder.to_str().expect("a plain path");
    let glob = format!("{root}/*.log");
    let below = format!("{root}/below");
    let whole = hunt(&["--include", "*.log", root]);
    let mixed = hunt(&[&glob, &below]);
    let with_notes = hunt(&[root]);
    let none = hunt(&["--include", "*.evtx", root]);
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    assert_eq!(whole.status.code(), Some(1), "{}", stderr(&whole));
    assert_eq!(mixed.status.code(), Some(1), "{}", stderr(&mixed));
    assert_eq!(with_notes.status.code(), Some(2), "notes are no telemetry: {}", stderr(&with_notes));
    assert_eq!(none.status.code(), Some(2), "nothing was judged: {}", stderr(&none));
}

#[test]
fn evidence_in_the_table_names_the_file() {
    let file = Scratch::new("named.log", ATTACK.as_bytes());
    let output = hunt(&[file.path()]);
    let name = Path::new(file.path()).file_name().and_then(|n| n.to_str()).expect("a plain name");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(&format!("[{name}:7 id")), "{text}");
}

/// Hunts through bytes on standard input.
fn piped(bytes: &[u8]) -> Output {
    let mut child = Command::new(program())
        .args(["--output=ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hunt runs");
    // hunt may exit before it has read everything.
    let _ = child.stdin.take().expect("piped").write_all(bytes);
    child.wait_with_output().expect("hunt ends")
}

#[test]
fn what_standard_input_cannot_be_is_said() {
    let mut tape = vec![0; 1024];
    tape[..9].copy_from_slice(b"audit.log");
    tape[257..262].copy_from_slice(b"ustar");
    let inputs: [(&str, &[u8]); 4] = [
        ("a zip archive", b"PK\x03\x04\x14\0\0\0\x08\0 and more of it"),
        ("a tar archive", &tape),
        ("a tar archive", &gzip(&tape)),
        ("a Windows event log", b"ElfFile\0 and more of it"),
    ];
    for (name, bytes) in inputs {
        let output = piped(bytes);
        let due = format!("standard input: NOT JUDGED: cannot be read: {name} on standard input");
        assert!(stderr(&output).contains(&due), "{name}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

#[test]
fn standard_input_may_be_compressed() {
    let output = piped(&gzip(ATTACK.as_bytes()));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(alerts(&output).last().map(|alert| alert["code"].clone()), Some("L05".into()));
}

/// More files than the limit of descriptors: only one is open at a time.
#[cfg(target_os = "linux")]
#[test]
fn files_are_opened_one_at_a_time() {
    let folder = std::env::temp_dir().join(format!("ipcsentry-crowd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable folder");
    for i in 0..400 {
        std::fs::write(folder.join(format!("{i}.log")), ATTACK.lines().next().expect("a line")).expect("a folder");
    }
    let command = format!("ulimit -n 32; exec '{}' --output=ndjson '{}'", program().display(), folder.display());
    let output = Command::new("sh").args(["-c", &command]).output().expect("a shell runs");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    assert!(stderr(&output).contains("400 inputs read to the end"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
