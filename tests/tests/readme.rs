//! What the README shows is true: its table of behaviors is the catalog's, its C and Python are accepted. (Its Rust
//! is a doctest of this crate.)

use std::fs;
use std::process::{Command, Stdio};

use ipcsentry::Catalog;
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

#[test]
fn the_table_of_behaviors_is_the_catalogs() {
    keep_part("README.md", "behaviors", &table());
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
    fs::remove_file(&file).expect("the file is ours");
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
