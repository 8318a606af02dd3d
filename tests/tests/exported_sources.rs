//! Every export that hunters have, by name: a decoder case holds a record of it and gives an event, and the README's
//! table of what is read names it. The rows are `data/exported_sources.json`: `holds` is what the case's input has of
//! that export.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    source: String,
    /// The file below `cases/decode`, without its ending, and the case in it.
    file: String,
    case: String,
    holds: Vec<String>,
    /// What the README's table says of it.
    readme: String,
}

#[test]
fn every_export_has_a_case_with_an_event_and_a_row_in_the_readme() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows: Vec<Row> = serde_json::from_str(include_str!("../data/exported_sources.json")).expect("rows");
    let readme = std::fs::read_to_string(tests.join("../README.md")).expect("a README");
    let (_, table) = readme.split_once("## What it reads").expect("the section");
    let table: String = table.lines().take_while(|line| !line.starts_with("## ")).collect();
    let (mut wrong, mut names) = (Vec::new(), BTreeSet::new());
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for row in &rows {
        let cases = files.entry(&row.file).or_insert_with(|| {
            let text = std::fs::read(tests.join(format!("cases/decode/{}.json", row.file))).expect("a case file");
            serde_json::from_slice(&text).expect("a list of cases")
        });
        let named = cases.iter().filter(|case| case["name"] == row.case.as_str());
        let gives = |case: &&Value| case["expected"].as_array().is_some_and(|events| !events.is_empty());
        let text = |case: &Value| {
            let lines = case["input"].as_array().expect("lines").iter().filter_map(Value::as_str);
            lines.collect::<Vec<_>>().join("\n")
        };
        let has = |case: &Value| row.holds.iter().all(|part| text(case).contains(part.as_str()));
        if !named.filter(gives).any(has) {
            wrong.push(format!(
                "{}: no case {:?} in {}.json that holds it and gives an event",
                row.source, row.case, row.file
            ));
        }
        if !table.contains(&row.readme) {
            wrong.push(format!("{}: the README's table does not say {:?}", row.source, row.readme));
        }
        if row.holds.is_empty() || !names.insert(&row.source) {
            wrong.push(format!("{}: twice, or nothing identifies it", row.source));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
