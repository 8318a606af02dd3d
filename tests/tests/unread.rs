//! Every list, condition and tag of the data has a reader: a behavior or the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ipcsentry::_internal_test_exports::Tag;
use ipcsentry::Catalog;
use ipcsentry_tests::document::{file, text};
use ipcsentry_tests::rules::json_of;

/// Tags that no condition names.
const TAGS: &[&str] = &[];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// The texts of the files below a folder, by what their names end in.
fn texts(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    files(&file(folder), &mut paths);
    let named = paths.into_iter().map(|path| (path.to_string_lossy().into_owned(), path));
    let chosen = named.filter(|(name, _)| name.ends_with(ending));
    chosen.map(|(name, path)| (name, fs::read_to_string(path).expect("a text"))).collect()
}

#[test]
fn every_list_and_condition_is_read() {
    let catalog = Catalog::builtin();
    let messages: Vec<String> = catalog.warnings().iter().map(ToString::to_string).collect();
    assert!(messages.is_empty(), "{messages:#?}");
}

#[test]
fn every_tag_is_read() {
    let rules = texts("core/rules", ".jsonc");
    let rules: Vec<&String> = rules
        .iter()
        .filter(|(name, _)| !name.contains(".scenarios.") && !name.contains(".benign."))
        .map(|(_, text)| text)
        .collect();
    let code = texts("core/src", ".rs");
    let is_read = |name: &str, tag: Tag| {
        let in_code = format!(".has(Tag::{tag:?})");
        rules.iter().any(|text| text.contains(name)) || code.iter().any(|(_, text)| text.contains(&in_code))
    };
    let unread: Vec<&str> = Tag::ALL.iter().filter(|(name, tag)| !is_read(name, *tag)).map(|(name, _)| *name).collect();
    assert_eq!(unread, TAGS);
}

#[test]
fn the_loader_knows_which_lists_code_reads() {
    let documents = texts("core/rules/lists", ".jsonc");
    let lists: BTreeSet<String> = documents
        .iter()
        .map(|(name, text)| json_of(text).unwrap_or_else(|e| panic!("{name}: {e}")))
        .flat_map(|lists| lists.as_object().expect("lists by name").keys().cloned().collect::<Vec<_>>())
        .collect();
    assert!(lists.len() > 100, "{} lists", lists.len());
    let literals = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    // A literal is the name of a list, or what follows the platform in the names of three.
    let named = |line: &str| {
        let names = literals(line);
        let of_platforms: Vec<String> = match line.contains("PlatformList::new") {
            true => {
                names.iter().flat_map(|n| ["win", "linux", "mac"].map(|platform| format!("{platform}.{n}"))).collect()
            }
            false => Vec::new(),
        };
        names.into_iter().chain(of_platforms).filter(|name| lists.contains(name)).collect::<Vec<_>>()
    };
    let code = texts("core/src", ".rs");
    let code = code.iter().filter(|(name, _)| !name.contains("/src/rules/") && !name.ends_with("tests.rs"));
    let lines = code.flat_map(|(_, text)| text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines());
    let read: BTreeSet<String> = lines.filter(|line| !line.trim_start().starts_with("//")).flat_map(named).collect();
    let loader = text("core/src/rules/load/unread.rs");
    let (_, table) = loader.split_once("READ_BY_CODE: &[&str] = &[").expect("the loader's table");
    let table: BTreeSet<String> =
        table.split("];").next().expect("the end of the block").lines().flat_map(literals).collect();
    assert_eq!(table, read);
}
