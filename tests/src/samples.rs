//! Sample records in every format: rendered scenarios, the same in other layouts, and the decoder cases.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use serde_json::Value;

use crate::layouts::{AUDIT_LAYOUTS, LAYOUTS, LOSSY_LAYOUTS, Layout};
use crate::{decode_lines, survive};

/// Records that belong together.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Their origin.
    pub name: String,
    /// The host of records that name none.
    pub host: String,
    /// Their lines. A record may take several.
    pub lines: Vec<String>,
    /// Whether each line is a record.
    pub is_lines: bool,
}

impl Sample {
    /// Whether each line is a JSON object.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.lines.iter().all(|line| line.starts_with('{') && line.ends_with('}'))
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> Vec<&str> {
        self.lines.iter().map(String::as_str).collect()
    }
}

/// Samples by the name of their format, those of scenarios first. A format without samples is missing.
#[must_use]
pub fn by_format() -> BTreeMap<&'static str, Vec<Sample>> {
    let mut all: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    let mut add = |format: Format, sample: Sample| {
        let is_plain = sample.is_json() || !format.name().ends_with("json");
        if !sample.lines.is_empty() && is_plain {
            all.entry(format.name()).or_default().push(sample);
        }
    };
    for scenario in scenario::all().iter().filter(|scenario| scenario.is_positive()) {
        for (_, format) in Format::ALL {
            add(*format, of_scenario(scenario, "", lines(&scenario.render_partly(*format).bytes)));
        }
        let values = |format| -> Vec<Value> {
            let records = lines(&scenario.render_partly(format).bytes);
            records.iter().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
        };
        let (records, events) = (values(Format::EvtxJson), values(Format::LaurelJson));
        let of_windows = LAYOUTS.iter().chain(LOSSY_LAYOUTS).map(|layout| (layout, &records));
        let all = of_windows.chain(AUDIT_LAYOUTS.iter().map(|layout| (layout, &events)));
        for ((name, format, layout), records) in all.filter(|(_, records)| !records.is_empty()) {
            let layout: &Layout = layout;
            add(*format, of_scenario(scenario, name, layout(records)));
        }
    }
    for (name, format, input) in survive::all_cases() {
        let decoded = decode_lines(format, input.iter().map(Vec::as_slice));
        // Leave out cases that lack the members by which the format is recognized, and cases about a form of their own.
        let text = input.join(&b'\n');
        let is_form = text.starts_with(b"\xEF\xBB\xBF") || input.iter().any(|line| audit_records(line) > 1);
        let is_plain = !is_form && recognized(&text) == [format];
        let lines: Option<Vec<String>> = input.into_iter().map(|line| String::from_utf8(line).ok()).collect();
        if let Some(lines) = lines.filter(|_| is_plain && decoded.errors.is_empty() && !decoded.events.is_empty()) {
            let is_lines = decoded.events.len() + decoded.skipped.len() == lines.len();
            add(format, Sample { name, host: "pine.example.test".into(), lines, is_lines });
        }
    }
    all
}

/// The formats that a stream recognizes.
#[must_use]
pub fn recognized(text: &[u8]) -> Vec<Format> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::recognize());
    engine.feed_bytes(stream, text);
    let report = engine.close_stream(stream).closed.expect("a closed stream has a report");
    report.formats.iter().map(|seen| seen.format).collect()
}

fn audit_records(line: &[u8]) -> usize {
    line.windows(10).filter(|part| part == b"msg=audit(").count()
}

fn of_scenario(scenario: &Scenario, layout: &str, lines: Vec<String>) -> Sample {
    let is_lines = !lines.first().is_some_and(|line| line.starts_with("Event[")) && !layout.contains("CSV");
    Sample { name: format!("{} {layout}", scenario.id()), host: scenario.host().into(), lines, is_lines }
}

fn lines(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).expect("rendered text is UTF-8");
    text.lines().filter(|line| !line.is_empty()).map(String::from).collect()
}
