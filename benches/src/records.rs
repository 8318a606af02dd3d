//! Records of every format: those that scenarios are rendered to, and those of the decoder cases.

use std::collections::BTreeMap;
use std::path::Path;

use ipcsentry::decode::Format;
use ipcsentry::scenario;
use serde_json::Value;

/// The lines of each format, by its name.
#[must_use]
pub fn of_every_format() -> BTreeMap<&'static str, Vec<String>> {
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for scenario in scenario::all() {
        let whole =
            scenario.telemetry().flat_map(|telemetry| scenario.render(telemetry).expect("it says that it can be"));
        let partly = [Format::KunaiJson, Format::WindowsXml].map(|format| scenario.render_partly(format));
        for file in whole.chain(partly) {
            let text = String::from_utf8(file.bytes).expect("rendered text is UTF-8");
            all.entry(file.format.name()).or_default().extend(text.lines().map(String::from));
        }
    }
    for (format, lines) in cases() {
        // What scenarios are rendered to is nearer to what sensors write than cases of single fields.
        let scenarios = all.get(format.name()).map_or(0, Vec::len);
        if scenarios < 100 {
            all.entry(format.name()).or_default().extend(lines);
        }
    }
    all
}

/// The inputs of the decoder cases that have no fault.
fn cases() -> Vec<(Format, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/decode");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the case folder is part of the repository")
        .map(|file| file.expect("it can be listed").path())
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let cases: Vec<Value> =
            serde_json::from_slice(&std::fs::read(&file).expect("it can be read")).expect("a list of cases");
        for case in cases.iter().filter(|case| case.get("errors").is_none()) {
            let name = case["format"].as_str().expect("a format");
            let format = Format::ALL.iter().find(|(_, format)| format!("{format:?}") == name).expect("a known one").1;
            let lines = case["input"].as_array().expect("lines").iter();
            found.push((format, lines.map(|line| line.as_str().expect("a text").to_owned()).collect()));
        }
    }
    found
}
