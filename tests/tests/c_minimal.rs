//! The C programs of `ffi/examples`, with the shared and the static library and under valgrind: their alerts are Rust's
//! byte for byte, nothing leaks, and wrong calls are refused.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions};
use ipcsentry_tests::c::{self, Link, compile, installed};

/// One recording of each platform, used if present.
const RECORDINGS: [&str; 3] =
    ["windows/attack/com-wmiexec-security.ndjson", "linux/auditd/atk01-mkfifo-revshell-tty.log", "macos/eslogger"];

/// A service echoes into the pipe of a process that then may impersonate it; one record is broken.
const ATTACK: &str = include_str!("../data/getsystem.ndjson");

/// A Mac in Endpoint Security and in the unified log: several attacks among everyday events, broken lines and names
/// outside of ASCII.
const MAC: [(&str, &str, &[&str]); 2] = [
    ("mac-es", include_str!("../data/macos_endpoint_security.ndjson"), &["M05", "M06", "M09", "M10", "M16"]),
    ("mac-log", include_str!("../data/macos_unified.log"), &["M02", "M03", "M05"]),
];

/// The alerts of the library in Rust, with the settings of the C program, and the exit status that the program must
/// have.
fn hunt_in_rust(input: &[u8]) -> (String, i32) {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    limits.bytes = 8 << 30;
    limits.max_alerts = 1 << 20;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::recognize());
    engine.feed_bytes(stream, input);
    let judged = engine.close_stream(stream).closed.expect("a closed stream has a report").judged();
    engine.flush();
    engine.sort_alerts();
    let alerts: String = std::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json() + "\n").collect();
    let status = match judged {
        Judged::UnknownFormat | Judged::NothingDecoded => 2,
        _ => i32::from(!alerts.is_empty()),
    };
    (alerts, status)
}

/// Files to hunt through, decompressed: recordings and files of our own.
fn inputs() -> Vec<PathBuf> {
    let scratch = c::build().cdylib.with_file_name("c");
    std::fs::create_dir_all(&scratch).expect("a writable target directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = scratch.join(format!("{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).expect("a writable target directory");
        path
    };
    let mut inputs = vec![write("attack", ATTACK.as_bytes()), write("empty", b""), write("noise", b"\0\xff\n{{{\n")];
    inputs.extend(MAC.map(|(name, text, _)| write(name, text.as_bytes())));
    let home = c::root().join("../shared/recordings");
    for name in RECORDINGS {
        let mut path = home.join(name);
        if path.is_dir() {
            path = smallest(&path);
        }
        match std::fs::File::open(&path) {
            Err(error) => println!("skipped: {}: {error}", path.display()),
            Ok(mut file) => {
                let mut bytes = Vec::new();
                if path.extension().is_some_and(|e| e == "gz") {
                    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("a good archive");
                } else {
                    file.read_to_end(&mut bytes).expect("a readable recording");
                }
                inputs.push(write(&path.file_stem().unwrap_or_default().to_string_lossy(), &bytes));
            }
        }
    }
    inputs
}

fn smallest(directory: &Path) -> PathBuf {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let files = files.filter_map(|f| Some((f.metadata().ok()?.len(), f.path())));
    files.min().map(|(_, path)| path).unwrap_or_default()
}

fn check(output: &Output, (expected, status): &(String, i32), what: &str) {
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(said == **expected, "{what}: alerts differ from Rust's\n{said}\n{expected}\n{complaints}");
    assert_eq!(output.status.code(), Some(*status), "{what}: {complaints}");
}

#[test]
fn minimal_gives_the_alerts_of_rust() {
    let programs = [compile("examples/minimal.c", Link::Shared), compile("examples/minimal.c", Link::Static)];
    assert_eq!(hunt_in_rust(ATTACK.as_bytes()).0.lines().count(), 1);
    for (name, text, codes) in MAC {
        let alerts = hunt_in_rust(text.as_bytes()).0;
        for code in codes {
            assert!(alerts.contains(&format!("\"code\":\"{code}\"")), "{name}: no {code} in\n{alerts}");
        }
    }
    let (mut alerts, mut statuses) = (0, BTreeSet::new());
    for input in inputs() {
        let bytes = std::fs::read(&input).expect("just written");
        let expected = hunt_in_rust(&bytes);
        alerts += expected.0.lines().count();
        statuses.insert(expected.1);
        for program in &programs {
            let output = Command::new(program).arg(&input).output().expect("a program that runs");
            check(&output, &expected, &input.display().to_string());
        }
        let stdin = std::fs::File::open(&input).expect("just written");
        let output = Command::new(&programs[0]).stdin(stdin).output().expect("a program that runs");
        check(&output, &expected, "standard input");
        std::fs::remove_file(&input).expect("just written");
    }
    println!("{alerts} alerts compared");
    assert_eq!(statuses, BTreeSet::from([0, 1, 2]), "the inputs cover every status");
    let output = Command::new(&programs[0]).arg("/nonexistent").output().expect("a program that runs");
    assert_eq!(output.status.code(), Some(2));
    for program in programs {
        std::fs::remove_file(program).expect("just built");
    }
}

/// A shell that is driven from the network through a FIFO, as auditd logs it.
const SHELL: &str = include_str!("../../core/tests/hunt/fifo_shell.log");
/// A rule that the program behind the FIFO meets.
const RULE: &str = include_str!("../../core/tests/hunt/rule.jsonc");

#[test]
fn rules_are_added_and_left_out() {
    let program = compile("examples/rules.c", Link::Shared);
    let folder = program.with_extension("d");
    std::fs::create_dir_all(&folder).expect("a writable target directory");
    let hunt = |rule: &str, codes: &[&str], input: &str| {
        let rules = folder.join("rules.jsonc");
        std::fs::write(&rules, rule).expect("a writable target directory");
        let mut command = Command::new(&program);
        command.arg(rules).args(codes).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a program that runs");
        // With wrong rules the program exits before it reads.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("a program that ends");
        let codes: BTreeSet<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        (
            codes.into_iter().collect::<Vec<_>>(),
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (codes, status, said) = hunt(RULE, &[], SHELL);
    assert!(codes.contains(&"L05".into()) && codes.contains(&"L90".into()), "{codes:?}: {said}");
    assert_eq!((status, said.as_str()), (Some(1), ""));
    let (codes, ..) = hunt(RULE, &["L05", "linux.test.behind_fifo"], SHELL);
    assert!(!codes.contains(&"L05".into()) && !codes.contains(&"L90".into()), "{codes:?}");
    let (_, status, said) = hunt(RULE, &["L99"], SHELL);
    assert!(status == Some(2) && said.contains("L99"), "{said}");
    let (_, status, said) = hunt(&RULE.replace("L90", "L05"), &[], SHELL);
    assert!(status == Some(2) && said.contains("is taken"), "{said}");
    let list = r#"{"lists": {"linux.mine": {"basename": ["a"], "source": "own"}}}"#;
    let (_, status, said) = hunt(list, &[], SHELL);
    assert!(status == Some(1) && said.contains("warning: ") && said.contains("nothing reads the list"), "{said}");
    assert_eq!(said.lines().count(), 1, "the warnings of the builtin rules are not this file's: {said}");
    let (_, status, said) = hunt(RULE, &[], "neither this\nnor that\n");
    assert!(status == Some(2) && said.contains("nothing was judged"), "{said}");
    std::fs::remove_dir_all(folder).and_then(|()| std::fs::remove_file(program)).expect("just written");
}

#[test]
fn refusals_are_statuses_with_either_library() {
    for link in [Link::Shared, Link::Static] {
        let program = compile("examples/refusals.c", link);
        let output = Command::new(&program).output().expect("a program that runs");
        assert!(output.status.success(), "{link:?}: {}", String::from_utf8_lossy(&output.stdout));
        std::fs::remove_file(program).expect("just built");
    }
}

#[test]
fn valgrind_finds_neither_errors_nor_leaks() {
    if !installed("valgrind") {
        println!("skipped: valgrind is not installed");
        return;
    }
    let scratch = std::env::temp_dir().join(format!("ipcsentry-valgrind-{}", std::process::id()));
    let recording = c::root().join("../shared/recordings").join(RECORDINGS[1]);
    let input = std::fs::read(recording).unwrap_or_else(|_| ATTACK.into());
    std::fs::write(&scratch, &input).expect("a writable scratch folder");
    // Loading the catalog is slow under valgrind, so only one hunt and one run of refusals are checked.
    for (source, argument, allowed) in
        [("examples/minimal.c", Some(&scratch), &[0, 1][..]), ("examples/refusals.c", None, &[0])]
    {
        let program = compile(source, Link::Shared);
        let mut valgrind = Command::new("valgrind");
        // The built-in catalog lives as long as the process: still reachable, which is no leak. Optimized code may read
        // the payload of a `None` before its tag, which memcheck reports as the use of an undefined value. So only
        // addresses and leaks are checked.
        valgrind.args(["--quiet", "--error-exitcode=9", "--undef-value-errors=no"]);
        valgrind.args(["--leak-check=full", "--errors-for-leak-kinds=definite,possible"]);
        let output = valgrind.arg(&program).args(argument).output().expect("a program that runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| allowed.contains(&code)), "{source}: {said}");
        std::fs::remove_file(program).expect("just built");
    }
    std::fs::remove_file(scratch).expect("just written");
}
