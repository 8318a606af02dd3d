//! Prints samples of every JSON format, for tests in other languages, as an object of lists by the format's name.

use std::collections::BTreeMap;

use ipcsentry_tests::samples;
use serde_json::{Value, json};

/// Number of samples from each end of a format's list that are printed.
const EITHER: usize = 3;

fn main() {
    let print = |sample: &samples::Sample| json!({"name": sample.name, "host": sample.host, "lines": sample.lines});
    let by_format: BTreeMap<&str, Vec<Value>> = samples::by_format()
        .into_iter()
        .filter(|(format, _)| format.ends_with("json"))
        .map(|(format, of_format)| {
            let rest = of_format.len().saturating_sub(EITHER).max(EITHER);
            let either = of_format.iter().take(EITHER).chain(of_format.iter().skip(rest));
            (format, either.map(print).collect())
        })
        .collect();
    println!("{}", json!(by_format));
}
