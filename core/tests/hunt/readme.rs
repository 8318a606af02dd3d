//! The alert in the README is the program's output.

use crate::{ATTACK, Scratch, hunt};

const BEGIN: &str = "<!-- alert -->\n";
const END: &str = "<!-- /alert -->";

#[test]
fn the_alert_in_the_readme_is_what_is_printed() {
    let file = Scratch::new("audit.log", ATTACK.as_bytes());
    let output = hunt(&["--host", "web-1", file.path()]);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let name = file.path().rsplit('/').next().expect("a name");
    let due = format!("```text\n{}\n```\n", printed.trim_end().replace(name, "audit.log"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let whole = std::fs::read_to_string(path).expect("the repository has one");
    let (head, rest) = whole.split_once(BEGIN).expect("the README shows an alert");
    let (shown, tail) = rest.split_once(END).expect("the alert ends");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, [head, BEGIN, &due, END, tail].concat()).expect("a writable file");
        return;
    }
    assert_eq!(shown, due, "UPDATE_GOLDEN=1 writes it anew");
}
