//! Rules stay short: lines and characters of the files of rules.

use std::fs;
use std::path::PathBuf;

use ipcsentry_tests::document;
use ipcsentry_tests::rules::json_of;
use serde_json::Value;

/// Characters of all behaviors, blanks and prose left out, and the number of their clauses, from the time when conditions
/// were nested objects.
const BEFORE: (usize, usize) = (104_789, 342);
/// Members that only people read.
const PROSE: [&str; 5] = ["title", "says", "note", "why", "sources"];
/// Longest line, in characters.
const WIDEST: usize = 120;
/// Most lines of a file of lists, reference names or reputations.
const LONGEST: usize = 400;

fn files(folder: &str) -> Vec<(String, String)> {
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    };
    let folder = fs::read_dir(document::file(&format!("core/rules/{folder}"))).expect("a folder of rules");
    folder.map(|entry| read(entry.expect("readable").path())).collect()
}

fn behaviors() -> Vec<(String, String)> {
    let all = ["windows", "linux", "macos"].into_iter().flat_map(files);
    all.filter(|(name, _)| !name.contains(".scenarios.") && !name.contains(".benign.")).collect()
}

/// Characters of the shortest JSON of a behavior, prose and the names of its members left out.
fn characters(value: &Value) -> usize {
    let Some(members) = value.as_object() else { panic!("a behavior is an object") };
    let matched = members.iter().filter(|(name, _)| !PROSE.contains(&name.as_str()));
    matched.map(|(name, value)| name.len() + 4 + json(value)).sum()
}

fn json(value: &Value) -> usize {
    match value {
        Value::String(_) => value.to_string().chars().filter(|c| !c.is_whitespace()).count(),
        Value::Array(list) => 1 + list.iter().map(|v| json(v) + 1).sum::<usize>().max(1),
        Value::Object(members) => {
            let matched = members.iter().filter(|(name, _)| !PROSE.contains(&name.as_str()));
            1 + matched.map(|(name, v)| name.len() + 4 + json(v)).sum::<usize>().max(1)
        }
        other => other.to_string().len(),
    }
}

#[test]
fn behaviors_are_short() {
    let lines = |code: &str| {
        let found = behaviors().into_iter().find(|(name, _)| name.starts_with(code));
        found.unwrap_or_else(|| panic!("no file of {code}")).1.lines().count()
    };
    assert!(lines("L05_") <= 60, "L05 has {} lines", lines("L05_"));
    assert!(lines("W08_") <= 110, "W08 has {} lines", lines("W08_"));
    let (mut now, mut shared, mut clauses) = (0, 0, 0);
    for (name, text) in behaviors() {
        let value = json_of(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        match name.as_str() {
            "conditions.jsonc" => shared += characters(&value),
            _ => now += characters(&value),
        }
        clauses += value["clauses"].as_object().map_or(0, serde_json::Map::len);
    }
    // The number of behaviors has grown, so compare the characters per clause.
    let (before, of_clauses) = BEFORE;
    let percent = |characters: usize| characters * of_clauses * 1000 / (before * clauses);
    let (alone, with_conditions) = (percent(now), percent(now + shared));
    println!("{now} characters in {clauses} clauses and {shared} in named conditions: {alone} and {with_conditions} ‰");
    assert!(alone <= 600, "behaviors take {alone} ‰ of the characters that their clauses took");
    assert!(with_conditions <= 660, "with the conditions they share they take {with_conditions} ‰");
}

#[test]
fn lines_are_read_without_scrolling() {
    let folders = ["lists", "known_good", "known_bad", "reputations"];
    let others = folders.into_iter().flat_map(files);
    for (name, text) in others.chain(behaviors()) {
        let count = text.lines().count();
        assert!(count <= LONGEST, "{name} has {count} lines");
        for (number, line) in text.lines().enumerate() {
            // A reference to a source is one text, however long its path.
            let text = line.trim_start().trim_start_matches("\"source\": ");
            if text.starts_with('"') && !text.contains("\":") {
                continue;
            }
            let width = line.chars().count();
            assert!(width <= WIDEST, "{name}:{}: {width} characters", number + 1);
        }
    }
}
