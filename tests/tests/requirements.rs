//! `core/docs/requirements.md` lists every requirement once, says what is missing where one is not met, and names tests
//! that are there.

use std::fs;

use ipcsentry_tests::document::{file, text};

/// A row: number, state, and what it says of it.
fn rows(document: &str) -> Vec<(String, String, String)> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = document.lines().filter(|line| line.starts_with("| R"));
    lines.map(|line| (cells(line)[1].clone(), cells(line)[3].clone(), cells(line)[4].clone())).collect()
}

/// The sources of a file of tests, by the name before `::`.
fn source(name: &str) -> Option<String> {
    let places = ["tests/tests", "core/tests", "core/tests/hunt", "core/src/policy"];
    let read: Vec<String> =
        places.iter().filter_map(|place| fs::read_to_string(file(&format!("{place}/{name}.rs"))).ok()).collect();
    (!read.is_empty()).then(|| read.concat())
}

/// The tests that a text names: `FILE::FUNCTION` in backticks. Each must be there.
fn named_tests<'a>(of: &str, said: &'a str) -> Vec<&'a str> {
    let tests: Vec<&str> = said.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
    for test in &tests {
        let (name, function) = test.split_once("::").expect("it has `::`");
        let source = source(name).unwrap_or_else(|| panic!("{of}: no file of tests {name}"));
        assert!(source.contains(&format!("fn {function}(")), "{of}: {name} has no test {function}");
    }
    tests
}

#[test]
fn every_requirement_is_there_once_with_tests_that_are_there() {
    let document = text("core/docs/requirements.md");
    let rows = rows(&document);
    let numbers: Vec<String> = (1..=52).map(|number| format!("R{number:02}")).collect();
    assert_eq!(rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>(), numbers);
    for (number, state, said) in &rows {
        let tests = named_tests(number, said);
        match state.as_str() {
            "met" => assert!(!tests.is_empty(), "{number} names no test"),
            "partly" => assert!(said.contains("missing: "), "{number} does not say what is missing"),
            "not" => assert!(tests.is_empty() && said.len() > 10, "{number} does not say why"),
            other => panic!("{number}: {other} is no state"),
        }
    }
}

#[test]
fn every_promise_of_the_engine_rests_on_tests_that_are_there() {
    let document = text("core/docs/requirements.md");
    let promises: Vec<&str> = document.lines().filter(|line| line.starts_with("| P")).collect();
    for (number, promise) in (1..).zip(&promises) {
        assert!(promise.starts_with(&format!("| P{number} |")), "{promise}");
        assert!(!named_tests(promise, promise).is_empty(), "{promise}");
    }
    assert_eq!(promises.len(), 6);
}
