//! Finds the rules that ship with the library, so that a new file needs no line in code.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Each table of the generated file: its name, the folders below `rules`, and how its files' names end.
const TABLES: [(&str, &[&str], &str); 10] = [
    ("BEHAVIORS", &["windows", "linux", "macos"], ""),
    ("CONDITIONS", &["windows", "linux", "macos"], "conditions"),
    ("ATTACK", &["attack"], ""),
    ("LISTS", &["lists"], ""),
    ("KNOWN_GOOD", &["known_good"], ""),
    ("KNOWN_BAD", &["known_bad"], ""),
    ("REPUTATIONS", &["reputations"], ""),
    ("EXPOSURES", &["exposures"], ""),
    ("SCENARIOS", &["windows", "linux", "macos", "everyday"], ".scenarios"),
    ("BENIGN_VARIANTS", &["windows", "linux", "macos", "everyday"], ".benign"),
];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("rules");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    let mut generated = String::new();
    for (name, folders, ending) in TABLES {
        let files: Vec<String> = folders.iter().flat_map(|folder| files(&root, folder, ending)).collect();
        let is_optional = matches!(name, "SCENARIOS" | "BENIGN_VARIANTS");
        let condition = if is_optional { "#[cfg(feature = \"scenarios\")]\n" } else { "" };
        writeln!(generated, "{condition}pub(crate) const {name}: &[File] = &[").expect("a string");
        for file in files {
            let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/rules/{file}\"))");
            writeln!(generated, "    File {{ name: \"{file}\", text: {text} }},").expect("a string");
        }
        writeln!(generated, "];").expect("a string");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("rules.rs");
    fs::write(&out, generated).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

/// The files of a folder whose names, without `.jsonc`, end like this, sorted. With an empty ending these are the files
/// that have no second ending and are no conditions.
fn files(root: &Path, folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder)).unwrap_or_else(|e| panic!("rules/{folder}: {e}"));
    let names = entries.map(|entry| entry.expect("a readable folder").file_name().into_string().expect("UTF-8"));
    let stems = names.filter_map(|name| name.strip_suffix(".jsonc").map(str::to_owned));
    let is_of_table = |stem: &String| match ending {
        "" => !stem.contains('.') && stem != "conditions",
        _ => stem.ends_with(ending),
    };
    let mut files: Vec<String> = stems.filter(is_of_table).map(|stem| format!("{folder}/{stem}.jsonc")).collect();
    files.sort();
    files
}
