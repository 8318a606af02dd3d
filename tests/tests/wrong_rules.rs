//! The loader's messages about wrong rules: `data/wrong_rules.txt` has a rule for each message.
//!
//! A case is a paragraph. A line `-` removes that line from the valid behavior below, and a line `+` replaces it; without
//! `-` the lines `+` are the whole document. A line `=` is the expected error, with line and column, a line `~` an
//! expected warning. `UPDATE_GOLDEN=1` writes the present messages: read the difference, since rule authors will see it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use ipcsentry::Catalog;
use ipcsentry_tests::document::{file, keep_file, text, updates};

const CASES: &str = "tests/data/wrong_rules.txt";

/// A valid behavior.
const VALID: &str = r#"{
  "code": "L90",
  "id": "linux.fifo.example",
  "title": "An example",
  "severity": "high",
  "techniques": ["T1559"],
  "says": {"open": "{A} opened {object}"},
  "sources": ["nowhere"],
  "anchor": "process",
  "window": "10s",
  "clauses": {
    "open": "ipc: endpoint_connect bind A where endpoint.mechanism == fifo",
    "shell": "execution: process_start at parent bind S where actor.image in unix.shells",
  },
  "require": "open and shell",
}
"#;

/// One wrong rule: the lines removed from the valid behavior and those put in their place.
#[derive(Default)]
struct Case {
    removed: Vec<String>,
    added: Vec<String>,
}

impl Case {
    fn document(&self) -> String {
        let added: String = self.added.iter().map(|line| format!("{line}\n")).collect();
        let Some(first) = self.removed.first() else { return added };
        let removed: String = self.removed.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(VALID.matches(&removed).count(), 1, "no such lines in the valid behavior: {first}");
        VALID.replacen(&removed, &added, 1)
    }

    /// The loader's messages, one a line.
    fn messages(&self) -> Vec<String> {
        let builtin = Catalog::builtin();
        match builtin.extend(self.document().as_bytes()) {
            Err(error) => vec![format!("= {error}")],
            Ok(catalog) => {
                let new = catalog.warnings().iter().filter(|warning| !builtin.warnings().contains(warning));
                new.map(|warning| format!("~ {warning}")).collect()
            }
        }
    }
}

#[test]
fn each_wrong_rule_gives_its_messages() {
    let builtin = Catalog::builtin();
    builtin.extend(VALID.as_bytes()).unwrap_or_else(|e| panic!("the valid behavior is refused: {e}"));
    let mut written = String::new();
    let (mut count, mut silent) = (0, Vec::new());
    for paragraph in text(CASES).split("\n\n") {
        let mut case = Case::default();
        for line in paragraph.lines() {
            match line.split_at_checked(2) {
                Some(("- ", line)) => case.removed.push(line.to_owned()),
                Some(("+ ", line)) => case.added.push(line.to_owned()),
                Some(("= " | "~ ", _)) => continue,
                _ => {
                    assert!(line.starts_with('#') || line.is_empty(), "neither a line of a case nor a comment: {line}")
                }
            }
            writeln!(written, "{line}").expect("a string");
        }
        if !case.removed.is_empty() || !case.added.is_empty() {
            count += 1;
            let said = case.messages();
            if said.is_empty() {
                silent.push(paragraph.to_owned());
            }
            said.iter().for_each(|line| writeln!(written, "{line}").expect("a string"));
        }
        written.push('\n');
    }
    assert!(silent.is_empty(), "{} load without an error or a warning:\n{}", silent.len(), silent.join("\n\n"));
    assert!(count >= 150, "{count} wrong rules");
    keep_file(CASES, &format!("{}\n", written.trim_end()));
}

/// Messages that need more input than fits into a case, and the one of `Catalog::without`: unit tests of the loader cover them.
const OTHERS: [&str; 7] = [
    "is no behavior",
    "the builtin rules do not load:",
    "there is none: nothing would be judged",
    "is too long",
    "lists; at most",
    "the list has more than",
    "too many names of evidence",
];

/// The longest piece between placeholders of each message in the loader's code.
fn messages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let folder = fs::read_dir(file("core/src/rules/load")).expect("a folder of code");
    for path in folder.map(|entry| entry.expect("readable").path()).filter(|path| !path.ends_with("tests.rs")) {
        let code = fs::read_to_string(&path).expect("a file of code");
        let code = code.split("#[cfg(test)]").next().expect("at least one piece");
        for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            for literal in line.split('"').skip(1).step_by(2).filter(|literal| literal.contains(' ')) {
                let pieces = literal.split(['{', '}']).step_by(2);
                let longest = pieces.max_by_key(|piece| piece.len()).expect("a piece").trim();
                let words = longest.split(' ').filter(|word| word.contains(char::is_alphabetic)).count();
                if words > 1 && !OTHERS.iter().any(|other| longest.ends_with(other)) {
                    found.insert(longest.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn every_message_of_the_loader_has_a_case() {
    if updates() {
        return;
    }
    let cases = text(CASES);
    let said: Vec<&str> = cases.lines().filter(|line| line.starts_with(['=', '~'])).collect();
    let messages = messages();
    assert!(messages.len() > 50, "{} messages found: is the loader's code still in this folder?", messages.len());
    let missing: Vec<&String> =
        messages.iter().filter(|message| !said.iter().any(|s| s.contains(&***message))).collect();
    assert!(missing.is_empty(), "no wrong rule of {CASES} brings these about:\n{missing:#?}");
}
