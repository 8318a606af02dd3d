//! Finds the rules and scenarios that ship with the library, so that a new file needs no line in code, and compresses them:
//! as they are written they would be more than half of the C library.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The tables of rules: a name, the folders below `rules`, and how the files' names end.
const RULES: [(&str, &[&str], &str); 8] = [
    ("BEHAVIORS", &["windows", "linux", "macos"], ""),
    ("CONDITIONS", &["windows", "linux", "macos"], "conditions"),
    ("ATTACK", &["attack"], ""),
    ("LISTS", &["lists"], ""),
    ("KNOWN_GOOD", &["known_good"], ""),
    ("KNOWN_BAD", &["known_bad"], ""),
    ("REPUTATIONS", &["reputations"], ""),
    ("EXPOSURES", &["exposures"], ""),
];

/// The tables of scenarios, likewise.
const SCENARIOS: [(&str, &[&str], &str); 2] = [
    ("SCENARIOS", &["windows", "linux", "macos", "everyday"], ".scenarios"),
    ("BENIGN_VARIANTS", &["windows", "linux", "macos", "everyday"], ".benign"),
];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("rules");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    let is_for_browser = std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm");
    // A module for a browser is compressed as a whole, and better so.
    let is_compressed = !is_for_browser;
    let pack = |texts: String| match is_compressed {
        true => lz4_flex::block::compress_prepend_size(texts.as_bytes()),
        false => texts.into_bytes(),
    };
    let mut generated = format!("const IS_COMPRESSED: bool = {is_compressed};\n");
    let mut texts = String::new();
    for table in RULES {
        add(&mut generated, &mut texts, &root, table, |text| if is_for_browser { without_prose(&text) } else { text });
    }
    write("rules", &pack(texts));
    let mut texts = String::new();
    for table in SCENARIOS {
        generated += "#[cfg(feature = \"scenarios\")]\n";
        add(&mut generated, &mut texts, &root, table, |text| text);
    }
    write("scenarios", &pack(texts));
    write("rules.rs", generated.as_bytes());
}

/// Adds the files of a table to the texts, and to the generated code the places where they lie there.
fn add(
    generated: &mut String,
    texts: &mut String,
    root: &Path,
    (name, folders, ending): (&str, &[&str], &str),
    shorten: impl Fn(String) -> String,
) {
    writeln!(generated, "pub(crate) const {name}: &[Place] = &[").expect("a string");
    for file in folders.iter().flat_map(|folder| files(root, folder, ending)) {
        let begin = texts.len();
        let text = fs::read_to_string(root.join(&file)).unwrap_or_else(|e| panic!("rules/{file}: {e}"));
        *texts += &shorten(text);
        writeln!(generated, "    Place {{ name: \"{file}\", begin: {begin}, end: {} }},", texts.len())
            .expect("a string");
    }
    writeln!(generated, "];").expect("a string");
}

/// A text without indentation, lines of comments, and members that explain others, which are for who writes rules. No string
/// has several lines; a list that has ends at the beginning of a line.
fn without_prose(text: &str) -> String {
    let (mut kept, mut in_prose) = (String::new(), false);
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        if in_prose {
            // Behind the list the object may end.
            if let Some(rest) = line.strip_prefix(']') {
                in_prose = false;
                kept.extend([rest.trim_start_matches(','), "\n"]);
            }
            continue;
        }
        let explains = ["\"note\": ", "\"why\": "].iter().find_map(|name| line.strip_prefix(name));
        match explains.map(|value| value.trim_end_matches(',')) {
            // What stands behind the text in its line is another member.
            Some(value) if is_whole_text(value) || value.starts_with('[') && value.ends_with(']') => {}
            Some("[") => in_prose = true,
            _ => kept.extend([line, "\n"]),
        }
    }
    kept
}

/// Whether a value is one text and nothing else.
fn is_whole_text(value: &str) -> bool {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.replace("\\\\", "").replace("\\\"", "").contains('"'))
}

/// Writes a file for the library to include.
fn write(name: &str, contents: &[u8]) {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join(name);
    fs::write(&out, contents).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
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
