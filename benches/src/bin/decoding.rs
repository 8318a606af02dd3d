//! How fast each format is decoded, and how much slower out of each wrapper: two tables, measured in turns in one run.
//!
//! `decoding [ROUNDS]` prints both; `decoding [ROUNDS] wrappers` the second alone.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use ipcsentry::_internal_test_exports::decode_text;
use ipcsentry::decode::{DecodeError, Format, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry_benches::floor;
use ipcsentry_benches::linux;
use ipcsentry_benches::records::of_every_format;
use ipcsentry_benches::wrap::{OF_OBJECTS, OF_TEXT, Wrap};
use serde::de::IgnoredAny;

/// Bytes of the text that is decoded in one turn: few, so that some turns are not interrupted.
const TEXT: usize = 256 << 10;
/// The formats that wrappers are measured around, beside audit lines that auditd enriched.
const INNER: [Format; 8] = [
    Format::Auditd,
    Format::EvtxJson,
    Format::WindowsFlatJson,
    Format::OsqueryJson,
    Format::EsloggerJson,
    Format::LaurelJson,
    Format::UnifiedLogJson,
    Format::WindowsXml,
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

/// A format's records outside and inside of a wrapper, and the seconds of each turn.
struct Pair<'t> {
    plain: &'t str,
    wrapped: String,
    seconds: Vec<[f64; 2]>,
}

impl<'t> Pair<'t> {
    fn new(name: &str, plain: &'t str, lines: &[String], wrap: Wrap) -> Self {
        let wrapped = text(lines, Some(wrap));
        let (due, found) = (decode(None, plain).1, decode(None, &wrapped).1);
        assert_eq!((found.events, found.errors), (due.events, due.errors), "{name}");
        Self { plain, wrapped, seconds: Vec::new() }
    }

    /// Measures both next to each other, so that what else runs on the machine slows both.
    fn turn(&mut self, number: usize) {
        let mut pair = [0.0; 2];
        for side in [number % 2, 1 - number % 2] {
            pair[side] = decode(None, [self.plain, &self.wrapped][side]).0;
        }
        self.seconds.push(pair);
    }

    /// The turns that nothing interrupted: what takes half as long again as the shortest was.
    fn whole(&self) -> impl Iterator<Item = &[f64; 2]> {
        let least = [0, 1].map(|side| self.seconds.iter().map(|pair| pair[side]).fold(f64::INFINITY, f64::min));
        self.seconds.iter().filter(move |pair| pair.iter().zip(least).all(|(seconds, least)| *seconds < 1.5 * least))
    }

    /// The middle of how many times as long the wrapped records take, and the half of the turns around it.
    fn ratio(&self) -> (f64, [f64; 2]) {
        let mut ratios: Vec<f64> = self.whole().map(|[plain, wrapped]| wrapped / plain).collect();
        if ratios.is_empty() {
            return (f64::NAN, [f64::NAN; 2]);
        }
        ratios.sort_by(f64::total_cmp);
        let at = |share: usize| ratios[(ratios.len() - 1) * share / 4];
        (at(2), [at(1), at(3)])
    }

    /// The middle of the records a second, in thousands, on that side.
    fn rate(&self, side: usize) -> f64 {
        let mut seconds: Vec<f64> = self.whole().map(|pair| pair[side]).collect();
        seconds.sort_by(f64::total_cmp);
        self.plain.lines().count() as f64 / seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN) / 1e3
    }
}

/// The records that wrappers are measured around, by the head of their column.
fn inner(formats: &BTreeMap<&'static str, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let enriched = formats[Format::Auditd.name()].iter().map(|line| linux::enriched(line)).collect();
    let of_formats = INNER.iter().map(|format| (format!("`{}`", format.name()), formats[format.name()].clone()));
    of_formats.chain([(String::from("`auditd`, enriched"), enriched)]).collect()
}

/// Prints the rates out of each wrapper beside those without one.
fn print_wrappers(formats: &BTreeMap<&'static str, Vec<String>>, rounds: usize) {
    let inner = inner(formats);
    let plain: Vec<String> = inner.iter().map(|(_, lines)| text(lines, None)).collect();
    let mut pairs: Vec<(&str, Vec<Option<Pair<'_>>>)> = Vec::new();
    for (name, wrap) in OF_TEXT.iter().chain(OF_OBJECTS) {
        let is_object = OF_OBJECTS.iter().any(|(other, _)| other == name);
        let columns = inner.iter().zip(&plain).map(|((_, lines), plain)| {
            let is_held = !is_object || plain.starts_with('{');
            is_held.then(|| Pair::new(name, plain, lines, *wrap))
        });
        pairs.push((name, columns.collect()));
    }
    for round in 0..rounds {
        pairs.iter_mut().flat_map(|(_, pairs)| pairs).flatten().for_each(|pair| pair.turn(round));
    }
    let row = |name: &str, cells: Vec<String>| println!("| {name} | {} |", cells.join(" | "));
    row("wrapper", inner.iter().map(|(head, _)| head.clone()).collect());
    row("---", vec![String::from("---"); inner.len()]);
    let of_plain = pairs[0].1.iter().flatten().map(|pair| format!("{:.0}", pair.rate(0)));
    row("none", of_plain.collect());
    for (name, pairs) in &pairs {
        let cell = |pair: &Option<Pair<'_>>| {
            let Some(pair) = pair else { return String::from("–") };
            let (ratio, [low, high]) = pair.ratio();
            format!("{:.0}: {ratio:.2} ({low:.2}–{high:.2})", pair.rate(1))
        };
        row(name, pairs.iter().map(cell).collect());
    }
}

fn print_formats(formats: &BTreeMap<&'static str, Vec<String>>, rounds: usize) {
    println!("| format | bytes a record | MB/s | records/s | time of bare reading | format given |");
    println!("|---|---|---|---|---|---|");
    for (name, lines) in formats {
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
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map_or(60, |rounds| rounds.parse().expect("a number of rounds"));
    let formats = of_every_format();
    if arguments.next().as_deref() != Some("wrappers") {
        print_formats(&formats, rounds);
        println!();
    }
    print_wrappers(&formats, rounds);
}
