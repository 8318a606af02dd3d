//! `--rules`, `--only-rules` and `--check-rules`, with files and folders.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

use crate::{ATTACK, Scratch, alerts, hunt, last_line, stderr};

/// A rule that the attack matches.
const RULE: &str = include_str!("rule.jsonc");

/// A temporary folder.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("ipcsentry-rules-{}-{name}", std::process::id()));
        for (file, text) in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("below the root")).expect("a writable folder");
            std::fs::write(path, text).expect("a writable folder");
        }
        Self(root)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn codes(output: &Output) -> BTreeSet<String> {
    alerts(output).iter().map(|alert| alert["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn rules_are_added_to_the_builtin_ones_or_replace_them() {
    let file = Scratch::new("rules-attack", ATTACK.as_bytes());
    let rule = Scratch::new("rule.jsonc", RULE.as_bytes());
    let plain = codes(&hunt(&["--output=ndjson", file.path()]));
    assert!(plain.contains("L05") && !plain.contains("L90"), "{plain:?}");
    let added = codes(&hunt(&["--output=ndjson", "--rules", rule.path(), file.path()]));
    assert_eq!(added, plain.iter().cloned().chain(["L90".to_owned()]).collect());
    let alone = hunt(&["--output=ndjson", "--only-rules", "--rules", rule.path(), file.path()]);
    assert_eq!(codes(&alone), BTreeSet::from(["L90".to_owned()]), "{}", stderr(&alone));
    // Added behaviors appear in the coverage.
    let coverage = hunt(&["--output=ndjson", "--coverage", "--rules", rule.path(), file.path()]);
    assert!(String::from_utf8_lossy(&coverage.stdout).contains("linux.test.behind_fifo"));
}

#[test]
fn a_folder_is_all_the_files_of_rules_in_it() {
    let file = Scratch::new("rules-folder-attack", ATTACK.as_bytes());
    let second = RULE.replace("L90", "L91").replace("behind_fifo", "twin");
    let folder = Folder::new(
        "folder",
        &[
            ("linux/L90.jsonc", RULE),
            ("linux/L90.scenarios.jsonc", "[]"),
            ("linux/L90.benign.jsonc", "[]"),
            ("second.json", &second),
            ("README.md", "no rules"),
        ],
    );
    let output = hunt(&["--output=ndjson", "--only-rules", "--rules", folder.path(), file.path()]);
    assert_eq!(codes(&output), BTreeSet::from(["L90".to_owned(), "L91".to_owned()]), "{}", stderr(&output));
    let checked = hunt(&["--check-rules", folder.path()]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    assert!(String::from_utf8_lossy(&checked.stdout).ends_with(": 2 behaviors, 0 warnings\n"), "{checked:?}");
}

#[test]
fn wrong_rules_are_refused_with_their_place() {
    let wrong = Scratch::new("wrong.jsonc", RULE.replace("actor.image", "file.path").as_bytes());
    for option in ["--rules", "--check-rules"] {
        let output = hunt(&[option, wrong.path(), "/dev/null"]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        let due = format!("{}:8:", wrong.path());
        assert!(last_line(&output).contains(&due), "{option}: {}", last_line(&output));
        assert!(last_line(&output).contains("no such event has `file.path`"), "{option}: {}", last_line(&output));
    }
    let taken = Scratch::new("taken.jsonc", RULE.replace("L90", "L05").as_bytes());
    assert!(last_line(&hunt(&["--check-rules", taken.path()])).contains("is taken"));
    assert_eq!(hunt(&["--only-rules", "/dev/null"]).status.code(), Some(2), "nothing would be looked for");
    assert_eq!(hunt(&["--check-rules", "/does/not/exist"]).status.code(), Some(2));
}

#[test]
fn what_is_odd_in_rules_is_a_warning() {
    let odd = r#"{"lists": {"linux.mine": {"basename": ["a"], "source": "own"}}}"#;
    let file = Scratch::new("odd.jsonc", odd.as_bytes());
    let output = hunt(&["--check-rules", file.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("warning: ") && stderr(&output).contains("nothing reads the list"), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with(": 0 behaviors, 1 warning\n"), "{output:?}");
}
