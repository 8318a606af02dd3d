//! Every case of `cases/decode/*.json`: lines in, events, skips and errors out.
//!
//! A case is `{"name", "why", "format", "input": [line…], "expected": [partial event…], "skipped": ["Reason"…],
//! "errors": [{"kind", "record", "field"}…]}`, and may have `"shape"`: where the shape of its input is from. An
//! expected event names the members that matter (`null`: must be absent); absent lists mean none.

use std::path::Path;

use ipcsentry_tests::{contains, decode_lines, format_named};
use serde_json::{Value, json};

#[test]
fn every_decoder_case_gives_what_it_states() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/decode");
    let mut failures = Vec::new();
    let mut cases = 0;
    for file in std::fs::read_dir(&folder).expect("the case folder is part of the repository") {
        let path = file.expect("readable folder").path();
        let text = std::fs::read(&path).expect("readable case file");
        let list: Vec<Value> = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for case in &list {
            cases += 1;
            if let Err(why) = run(case) {
                failures.push(format!("{}: {}: {why}", path.display(), case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {cases} cases failed:\n{}", failures.len(), failures.join("\n"));
    assert!(cases > 0, "no case found");
}

fn run(case: &Value) -> Result<(), String> {
    let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let format = case["format"].as_str().and_then(format_named).ok_or("unknown format")?;
    let input: Vec<Vec<u8>> =
        list("input").iter().map(|l| l.as_str().unwrap_or_default().as_bytes().to_vec()).collect();
    let decoded = decode_lines(format, input.iter().map(Vec::as_slice));
    let expected = list("expected");
    if decoded.events.len() != expected.len() {
        return Err(format!("expected {} events, found {:#?}", expected.len(), decoded));
    }
    for (i, (have, want)) in decoded.events.iter().zip(&expected).enumerate() {
        contains(have, want, &format!("event {i}")).map_err(|e| format!("{e}\n  in {have}"))?;
    }
    let skipped: Vec<Value> = decoded.skipped.iter().map(|(_, why)| json!(format!("{why:?}"))).collect();
    if skipped != list("skipped") {
        return Err(format!("skipped {skipped:?}"));
    }
    let errors: Vec<Value> = decoded
        .errors
        .iter()
        .map(|e| json!({"kind": format!("{:?}", e.kind), "record": e.record, "field": e.field}))
        .collect();
    if errors != list("errors") {
        return Err(format!("errors {errors:?}"));
    }
    Ok(())
}
