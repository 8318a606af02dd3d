//! Policies that cannot be meant are refused, each with its place and what is allowed there: `data/wrong_policies.txt` has
//! a policy for each message.

use std::collections::BTreeSet;

use ipcsentry::Policy;
use ipcsentry_tests::document::{keep_file, text};

const CASES: &str = "tests/data/wrong_policies.txt";

#[test]
fn each_wrong_policy_gives_its_message() {
    let (mut written, mut messages, mut taken) = (Vec::new(), BTreeSet::new(), Vec::new());
    for paragraph in text(CASES).trim_end().split("\n\n") {
        if paragraph.starts_with("//") {
            written.push(paragraph.to_owned());
            continue;
        }
        let policy: Vec<&str> = paragraph.lines().filter(|line| !line.starts_with(['=', '~'])).collect();
        let policy = policy.join("\n");
        let message = match Policy::from_json(policy.as_bytes()) {
            Err(error) => format!("= {error}"),
            Ok(_) => {
                taken.push(policy.clone());
                "~".to_owned()
            }
        };
        // What is wrong, without the place.
        messages.insert(message.split_once(": ").map_or(message.clone(), |(_, what)| what.to_owned()));
        written.push(format!("{policy}\n{message}"));
    }
    assert!(taken.is_empty(), "taken:\n{}", taken.join("\n"));
    assert!(written.len() > 121 && messages.len() > 110, "{} policies, {} messages", written.len(), messages.len());
    keep_file(CASES, &(written.join("\n\n") + "\n"));
}

#[test]
fn an_unknown_name_is_told_with_what_is_allowed() {
    let message = |policy: &str| Policy::from_json(policy.as_bytes()).expect_err(policy).to_string();
    let nothing = message(r#"{"disabled": ["nonsense"]}"#);
    assert!(nothing.contains("W01") && nothing.contains("L05") && nothing.contains("M25"), "{nothing}");
    let element = message(r#"{"elements": [{"element": "Pipes", "image": "a"}]}"#);
    assert!(element.contains("PipeNamePattern") && element.contains("TimeWindow"), "{element}");
    let misfit = message(r#"{"elements": [{"element": "PipeNamePattern", "behavior": "L05", "name": "x"}]}"#);
    assert!(misfit.contains("elements of L05: ") && misfit.contains("FIFOAccessPatterns"), "{misfit}");
    let subject = message(
        r#"{"elements": [{"element": "PipeNamePattern", "behavior": "W13", "name": "x", "subject": "injected"}]}"#,
    );
    assert!(subject.contains("subjects of W13: creator"), "{subject}");
}
