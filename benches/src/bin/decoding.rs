//! How fast each format is decoded, and how much slower out of each wrapper: two tables, measured in turns in one run.
//!
//! `decoding [ROUNDS]`

use std::hint::black_box;
use std::time::Instant;

use ipcsentry::_internal_test_exports::decode_text;
use ipcsentry::decode::{DecodeError, Format, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry_benches::floor;
use ipcsentry_benches::records::of_every_format;
use ipcsentry_benches::wrap::{OF_OBJECTS, OF_TEXT, Wrap};
use serde::de::IgnoredAny;

/// Bytes of the text that is decoded in one turn: few, so that some turns are not interrupted.
const TEXT: usize = 256 << 10;
/// The formats that wrappers are measured around.
const INNER: [Format; 6] = [
    Format::EvtxJson,
    Format::WindowsFlatJson,
    Format::EsloggerJson,
    Format::LaurelJson,
    Format::WindowsXml,
    Format::Auditd,
];

/// Counts events and lets go of them.
#[derive(Default)]
struct Count {
    events: u64,
    errors: u64,
}

impl Sink for Count {
    fn event(&mut self, event: &Event<'_>) {
        black_box(event);
        self.events += 1;
    }
    fn skipped(&mut self, _record: u64, _why: Skip) {}
    fn error(&mut self, _error: DecodeError) {
        self.errors += 1;
    }
}

/// Lines, again and again until there is enough to measure.
fn text(lines: &[String], wrap: Option<Wrap>) -> String {
    let plain: usize = lines.iter().map(|line| line.len() + 1).sum();
    let once: String = lines.iter().map(|line| wrap.map_or(line.clone(), |wrap| wrap(line)) + "\n").collect();
    once.repeat(TEXT.div_ceil(plain))
}

/// The seconds that a text takes, and what came of it.
fn decode(format: Option<Format>, text: &str) -> (f64, Count) {
    let mut count = Count::default();
    let start = Instant::now();
    decode_text(format, text.as_bytes(), &mut count);
    (start.elapsed().as_secs_f64(), count)
}

/// The seconds that reading the same bytes takes, when nothing is done with them.
fn bare(text: &str) -> f64 {
    let start = Instant::now();
    if text.starts_with('{') {
        for line in text.lines() {
            black_box(serde_json::from_str::<IgnoredAny>(line).is_ok());
        }
    } else {
        black_box(floor::split_audit(text.as_bytes()));
    }
    start.elapsed().as_secs_f64()
}

/// The least seconds of each of the runs, which take turns: on a machine that others use as well, whatever takes longer
/// was interrupted.
fn least(rounds: usize, mut runs: Vec<Box<dyn FnMut() -> f64 + '_>>) -> Vec<f64> {
    let mut times = vec![f64::INFINITY; runs.len()];
    for _ in 0..rounds {
        for (run, time) in runs.iter_mut().zip(&mut times) {
            *time = time.min(run());
        }
    }
    times
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(60, |rounds| rounds.parse().expect("a number of rounds"));
    let formats = of_every_format();

    println!("| format | bytes a record | MB/s | records/s | time of bare reading | format given |");
    println!("|---|---|---|---|---|---|");
    for (name, lines) in &formats {
        let format = Format::ALL.iter().find(|(known, _)| known == name).map(|(_, format)| *format);
        let text = text(lines, None);
        let times = least(
            rounds,
            vec![Box::new(|| bare(&text)), Box::new(|| decode(None, &text).0), Box::new(|| decode(format, &text).0)],
        );
        let records = text.lines().count() as f64;
        println!(
            "| `{name}` | {:.0} | {:.0} | {:.0} | {:.2} × | {:.2} × |",
            text.len() as f64 / records,
            text.len() as f64 / times[1] / 1e6,
            records / times[1],
            times[1] / times[0],
            times[2] / times[0],
        );
    }

    println!("\n| wrapper | {} |", INNER.map(|format| format!("`{}`", format.name())).join(" | "));
    println!("|---|{}", "---|".repeat(INNER.len()));
    for (name, wrap) in OF_TEXT.iter().chain(OF_OBJECTS) {
        let cells = INNER.map(|format| {
            let is_object = OF_OBJECTS.iter().any(|(other, _)| other == name);
            let lines = &formats[format.name()];
            if is_object && !lines[0].starts_with('{') {
                return String::from("–");
            }
            let (plain, wrapped) = (text(lines, None), text(lines, Some(*wrap)));
            let (expected, found) = (decode(None, &plain).1, decode(None, &wrapped).1);
            assert_eq!(found.errors, expected.errors, "{name} around {}", format.name());
            assert_eq!(found.events, expected.events, "{name} around {}", format.name());
            let times = least(rounds, vec![Box::new(|| decode(None, &plain).0), Box::new(|| decode(None, &wrapped).0)]);
            format!("{:.2} / {:.2}", times[1] / times[0], wrapped.len() as f64 / plain.len() as f64)
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
}
