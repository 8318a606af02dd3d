//! The C header is the one that cbindgen generates from the sources, and compiles without warnings as C11 and C++17.

use std::path::Path;

use ipcsentry_tests::c::{self, run};

#[test]
fn the_header_is_generated_from_the_sources() {
    let root = c::root();
    let config = cbindgen::Config::from_file(root.join("ffi/cbindgen.toml")).expect("a good configuration");
    let bindings = cbindgen::Builder::new().with_crate(root.join("ffi")).with_config(config).generate();
    let mut made = Vec::new();
    bindings.expect("readable sources").write(&mut made);
    let made = String::from_utf8(made).expect("text");
    let shipped = root.join("include/ipcsentry.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&shipped, made).expect("a writable header");
        return;
    }
    let is = std::fs::read_to_string(&shipped).expect("a header");
    assert!(is == made, "include/ipcsentry.h is out of date: run this test with UPDATE_HEADER=1");
}

#[test]
fn the_header_compiles_without_a_warning_or_padding() {
    let root = c::root();
    let header = root.join("include/ipcsentry.h");
    let strict = ["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wpadded", "-fsyntax-only"];
    for (compiler, language, standard) in [("gcc", "c", "-std=c11"), ("g++", "c++", "-std=c++17")] {
        run(compiler, |command| command.args(strict).args([standard, "-x", language]).arg(&header));
    }
}

#[test]
fn the_header_has_a_lifetime_sentence_for_every_type() {
    let text = std::fs::read_to_string(c::root().join("include/ipcsentry.h")).expect("a header");
    let lines: Vec<&str> = text.lines().collect();
    let mut types = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("typedef ")) {
        let comment = lines[..at].iter().rev().take_while(|l| l.starts_with("//"));
        let comment: String = comment.copied().collect();
        assert!(comment.contains("Lifetime and threads: "), "{line} lacks its lifetime and thread sentence");
        types += 1;
    }
    assert!(types >= 10, "only {types} types found");
}

#[test]
fn only_ipcsentry_symbols_are_exported() {
    let library = c::build().cdylib;
    let listing = run("nm", |command| command.args(["-D", "--defined-only", "--format=posix"]).arg(&library));
    let listing = String::from_utf8(listing.stdout).expect("names");
    let mut names: Vec<&str> = listing.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    compare(&c::root().join("ffi/abi/symbols.txt"), &names);
    assert!(names.iter().all(|name| name.starts_with("ipcsentry_")), "foreign symbols: {names:?}");
}

/// Compares with the golden list, from which nothing may be removed.
fn compare(golden: &Path, names: &[&str]) {
    let made = names.join("\n") + "\n";
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(golden, made).expect("a writable list");
        return;
    }
    let is = std::fs::read_to_string(golden).expect("a list of symbols");
    assert_eq!(made, is, "exported symbols differ from ffi/abi/symbols.txt");
}
