//! The README is right: its table of behaviors matches the catalog, its C compiles, its Python is valid. (Its Rust is a
//! doctest of this crate; a test of `hunt` checks its alert.)

use std::fs;
use std::process::{Command, Stdio};

use ipcsentry::Catalog;
use ipcsentry::event::Os;
use ipcsentry::rules::RuleInfo;
use ipcsentry_tests::document::{self, keep_part};
use ipcsentry_tests::tables::PLATFORMS;

/// The first code block of a language.
fn block(language: &str) -> String {
    let text = document::text("README.md");
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect("the README shows it");
    rest.split("```").next().unwrap_or_default().to_owned()
}

/// Whether a command can be run at all.
fn is_there(command: &str) -> bool {
    let found = Command::new(command).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: no {command}");
    }
    found
}

fn table() -> String {
    let mut table = String::from("| code | platform | behavior | what | severity at most |\n|---|---|---|---|---|\n");
    for behavior in Catalog::builtin().rules().iter().filter(|b| b.alerts) {
        let platform =
            PLATFORMS.iter().find(|(os, ..)| behavior.platforms.contains(os)).map_or("", |(_, name, _)| name);
        let (code, id, title) = (&behavior.code, &behavior.id, &behavior.title);
        table += &format!("| {code} | {platform} | `{id}` | {title} | {} |\n", behavior.severity.name());
    }
    table
}

/// Names of mechanisms, by the second part of a behavior's id.
const MECHANISMS: &[(Os, &str, &str)] = &[
    (Os::Windows, "pipe", "named and anonymous pipes"),
    (Os::Windows, "com", "COM and DCOM"),
    (Os::Windows, "dde", "DDE"),
    (Os::Windows, "rpc", "RPC (services, tasks)"),
    (Os::Windows, "wmi", "WMI"),
    (Os::Windows, "share", "file shares"),
    (Os::Windows, "inject", "pipes of injected processes"),
    (Os::Windows, "sensor", "a stopped sensor beside IPC"),
    (Os::Windows, "process", "debug ports of browsers and runtimes"),
    (Os::Linux, "socket", "Unix sockets"),
    (Os::Linux, "fifo", "FIFOs"),
    (Os::Linux, "pipe", "pipes"),
    (Os::Linux, "queue", "message queues"),
    (Os::Linux, "memory", "shared memory"),
    (Os::Linux, "bus", "D-Bus"),
    (Os::Linux, "job", "schedulers, at, systemd"),
    (Os::Linux, "process", "channels of injected or fileless processes"),
    (Os::Linux, "runtime", "debug ports of runtimes"),
    (Os::Linux, "display", "displays"),
    (Os::Linux, "sensor", "a stopped sensor beside IPC"),
    (Os::Macos, "appleevent", "Apple Events"),
    (Os::Macos, "xpc", "XPC services and privileged helpers"),
    (Os::Macos, "mach", "Mach ports"),
    (Os::Macos, "socket", "Unix sockets"),
    (Os::Macos, "authorization", "Authorization Services"),
    (Os::Macos, "launchd", "launchd"),
    (Os::Macos, "fifo", "FIFOs"),
    (Os::Macos, "privacy", "privacy grants"),
    (Os::Macos, "sensor", "a stopped sensor beside IPC"),
];

/// The mechanism of a behavior as a reader knows it.
fn mechanism(behavior: &RuleInfo) -> &'static str {
    let part = behavior.id.split('.').nth(1).unwrap_or_default();
    let known = MECHANISMS.iter().find(|(os, name, _)| behavior.platforms.contains(os) && *name == part);
    known.unwrap_or_else(|| panic!("{}: MECHANISMS has no words for `{part}`", behavior.id)).2
}

/// The short table, with a row for each mechanism and its most severe behavior as the example.
fn short_table() -> String {
    let mut table = String::from("| platform | through | behaviors | for example |\n|---|---|---|---|\n");
    let catalog = Catalog::builtin();
    for (os, platform, _) in PLATFORMS {
        let mut rows: Vec<(&str, Vec<&RuleInfo>)> = Vec::new();
        for behavior in catalog.rules().iter().filter(|b| b.platforms.contains(&os) && b.alerts) {
            let words = mechanism(behavior);
            match rows.iter_mut().find(|(known, _)| *known == words) {
                Some((_, list)) => list.push(behavior),
                None => rows.push((words, vec![behavior])),
            }
        }
        rows.sort_by_key(|(_, list)| core::cmp::Reverse(list.len()));
        for (words, list) in rows {
            let loudest =
                list.iter().max_by_key(|b| (b.severity, core::cmp::Reverse(&b.code))).expect("a row has a behavior");
            table += &format!("| {platform} | {words} | {} | {} ({}) |\n", list.len(), loudest.title, loudest.code);
        }
    }
    table
}

#[test]
fn the_tables_of_behaviors_are_the_catalogs() {
    keep_part("core/docs/behaviors.md", "behaviors", &table());
    keep_part("README.md", "detects", &short_table());
}

#[test]
fn the_c_example_compiles() {
    if !is_there("cc") {
        return;
    }
    let file = std::env::temp_dir().join(format!("ipcsentry-readme-{}.c", std::process::id()));
    fs::write(&file, block("c")).expect("a file");
    let strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"];
    let done = Command::new("cc").args(strict).arg(document::file("include")).arg(&file).output().expect("cc runs");
    fs::remove_file(&file).expect("the file is part of the repository");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_python_example_is_python() {
    if !is_there("python3") {
        return;
    }
    let check = "import sys; compile(sys.argv[1], 'README.md', 'exec')";
    let done = Command::new("python3").args(["-c", check, &block("python")]).output().expect("python3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
