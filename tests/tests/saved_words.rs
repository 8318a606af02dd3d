//! Alerts and errors hold texts of the library itself, and a snapshot that has some must find them again. The list of
//! all of them is made from the sources: `UPDATE_GOLDEN=1` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;

use ipcsentry::event::{Channel, Integrity, KindTag, Mechanism, Signing};
use regex::Regex;

/// The modules whose texts get into alerts and errors.
const MODULES: &[&str] = &["decode", "report", "event", "rules", "derive", "matching", "engine", "state", "policy"];

fn collect(folder: &Path, text: &Regex, words: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a module").map(|entry| entry.expect("a file").path()) {
        if entry.is_dir() {
            // What the loader of rules says goes into errors of its own.
            if !entry.ends_with("rules/load") {
                collect(&entry, text, words);
            }
        } else if entry.extension().is_some_and(|e| e == "rs") && !entry.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&entry).expect("a readable file");
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code = source.lines().filter(|line| !line.trim_start().starts_with(['#', '/']));
            let code = code.collect::<Vec<_>>().join("\n");
            words.extend(text.captures_iter(&code).map(|found| found[1].to_owned()));
        }
    }
}

#[test]
fn the_list_of_words_has_all_texts_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let text = Regex::new(r#"(?:^|[^\w"'\\])"([A-Za-z@_][^"\\\n{}]{0,119})""#).expect("a good pattern");
    let mut words = BTreeSet::new();
    MODULES.iter().for_each(|module| collect(&root.join(module), &text, &mut words));
    let names = [Channel::NAMES, Integrity::NAMES, KindTag::NAMES, Mechanism::NAMES, Signing::NAMES];
    words.extend(names.into_iter().flatten().map(|name| (*name).to_owned()));
    let list: String = words.iter().map(|word| format!("    \"{word}\",\n")).collect();
    let (list, file) = (format!("[\n{list}]\n"), root.join("util/saved/words.in"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &list).expect("a writable file");
    }
    let known = std::fs::read_to_string(&file).expect("the list of words");
    assert!(known == list, "core/src/util/saved/words.in is not up to date: UPDATE_GOLDEN=1");
}
