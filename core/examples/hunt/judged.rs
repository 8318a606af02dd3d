//! The report on each input: its content, what could not be read, and whether it was judged at all.

use std::fmt::Write;
use std::io;

use ipcsentry::decode::{DecodeError, Format, Skip};
use ipcsentry::engine::{ErrorCount, IgnoredCount};
use ipcsentry::{Judged, StreamReport};

use crate::advice;

/// Up to this many inputs, each gets a line; of more, only those with errors or without an event do.
const ALL_SHOWN: usize = 20;
/// Most inputs that are listed; the rest is only counted.
const SHOWN: usize = 60;
/// Most container faults that are kept of one input.
const PLACES: usize = 4;

/// One input: a file, a file in an archive, or a feed.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// Its container numbers the records, as a Windows event log does; otherwise a record's number is its line.
    is_numbered: bool,
    /// The stream's report; `None` while the stream is open, and if none was opened.
    report: Option<Box<StreamReport>>,
    /// The first faults of the container around the records, and how many there are in all.
    faults: Vec<String>,
    fault_count: u64,
    /// Why it could not be read to its end.
    unreadable: Option<String>,
    /// An earlier run read it, and this one did not.
    is_past: bool,
    /// The format that was recognized, if `--format` named another one.
    looks_like: Option<Format>,
}

/// Whether an input was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Events were judged.
    Fine,
    /// Records were read, but none that a behavior reads.
    NothingOfInterest,
    Empty,
    /// It was not judged, or not completely.
    Failed,
}

/// All inputs of a run.
#[derive(Debug, Default)]
pub(crate) struct Inputs(Vec<Input>);

impl Inputs {
    /// The inputs of earlier runs: they keep their numbers.
    pub(crate) fn after<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self(names.map(|name| Input { name: name.to_owned(), is_past: true, ..Input::default() }).collect())
    }

    /// Takes up an input of an earlier run.
    pub(crate) fn again(&mut self, input: u32) {
        self.0[input as usize].is_past = false;
    }

    /// Adds the inputs of a reader of its own.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The inputs of this run.
    fn present(&self) -> impl Iterator<Item = &Input> {
        self.0.iter().filter(|input| !input.is_past)
    }

    /// Adds an input; its index is the number that evidence has as `file`.
    pub(crate) fn begin(&mut self, name: &str) -> u32 {
        self.0.push(Input { name: name.to_owned(), ..Input::default() });
        self.0.len() as u32 - 1
    }

    pub(crate) fn closed(&mut self, input: u32, report: Option<Box<StreamReport>>) {
        self.0[input as usize].report = report;
    }

    /// Notes that the container numbers the records of an input.
    pub(crate) fn numbered(&mut self, input: u32) {
        self.0[input as usize].is_numbered = true;
    }

    /// Notes a fault of the container around the records, such as a broken chunk of an event log.
    pub(crate) fn fault(&mut self, input: u32, text: String) {
        let input = &mut self.0[input as usize];
        input.fault_count += 1;
        if input.faults.len() < PLACES {
            input.faults.push(text);
        }
    }

    pub(crate) fn unreadable(&mut self, input: u32, error: &io::Error) {
        self.0[input as usize].unreadable = Some(error.to_string());
    }

    pub(crate) fn looks_like(&mut self, input: u32, format: Format) {
        self.0[input as usize].looks_like = Some(format);
    }

    pub(crate) fn name(&self, input: u32) -> &str {
        self.0.get(input as usize).map_or("", |input| &input.name)
    }

    /// What to add to a record's number when it is shown: 1 for lines, which editors count from 1; 0 where the
    /// container numbers the records.
    pub(crate) fn first(&self, input: u32) -> u64 {
        self.0.get(input as usize).map_or(0, |input| u64::from(!input.is_numbered))
    }

    /// All inputs by number, for a report.
    pub(crate) fn named(&self) -> Vec<ipcsentry_outputs::Input> {
        let numbers = 0..self.0.len() as u32;
        numbers.map(|input| ipcsentry_outputs::Input::new(self.name(input), self.first(input))).collect()
    }

    /// Number of records that could not be decoded, container faults and unreadable inputs.
    pub(crate) fn errors(&self) -> u64 {
        self.present().map(Input::errors).sum()
    }

    /// Whether every input was judged.
    pub(crate) fn are_judged(&self, strict: bool) -> bool {
        self.present().all(|input| match input.outcome() {
            Outcome::Failed => false,
            Outcome::Empty => !strict,
            Outcome::Fine | Outcome::NothingOfInterest => !strict || input.errors() == 0,
        })
    }

    /// The report as lines, one or more for an input; inputs that were not judged come last.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (failed, rest): (Vec<_>, Vec<_>) = self.present().partition(|input| input.outcome() == Outcome::Failed);
        let mut lines = Vec::new();
        let of_note = |input: &&Input| input.outcome() != Outcome::Fine || input.errors() > 0;
        let shown: Vec<&Input> =
            rest.iter().copied().filter(|i| self.present().count() <= ALL_SHOWN || of_note(i)).collect();
        if shown.len() < rest.len() {
            lines.push(total(rest.iter().copied().filter(|input| !of_note(input))));
        }
        for inputs in [shown, failed] {
            for input in inputs.iter().take(SHOWN) {
                input.describe(&mut lines);
            }
            if inputs.len() > SHOWN {
                lines.push(format!("and so of {} more inputs", counted(inputs.len() as u64 - SHOWN as u64)));
            }
        }
        let idle = self.present().filter(|input| input.outcome() == Outcome::NothingOfInterest);
        lines.extend(advice::of(idle.filter_map(|input| input.report.as_deref()).flat_map(|report| &report.formats)));
        lines
    }
}

impl Input {
    fn errors(&self) -> u64 {
        let records = self.report.as_ref().map_or(0, |report| report.error_count());
        records + self.fault_count + u64::from(self.unreadable.is_some())
    }

    fn outcome(&self) -> Outcome {
        if self.unreadable.is_some() {
            return Outcome::Failed;
        }
        match self.report.as_ref().map(|report| report.judged()) {
            Some(Judged::Yes) => Outcome::Fine,
            // With a wrong `--format` nothing was judged.
            _ if self.looks_like.is_some() => Outcome::Failed,
            Some(Judged::NothingOfInterest) => Outcome::NothingOfInterest,
            Some(Judged::Empty) | None if self.fault_count == 0 => Outcome::Empty,
            _ => Outcome::Failed,
        }
    }

    fn describe(&self, lines: &mut Vec<String>) {
        let what = match self.outcome() {
            Outcome::Empty => "empty".into(),
            Outcome::NothingOfInterest => self.nothing_of_interest(),
            Outcome::Fine => self.contents(),
            Outcome::Failed => self.failure(),
        };
        lines.push(format!("{}: {what}", self.name));
        if let Some(report) = &self.report {
            lines.extend(report.errors.iter().map(|error| format!("  {}", places(error, self.is_numbered))));
        }
        for fault in &self.faults {
            lines.push(format!("  {fault}"));
        }
        if self.fault_count > PLACES as u64 {
            lines.push(format!("  and {} more of these", counted(self.fault_count - PLACES as u64)));
        }
    }

    fn contents(&self) -> String {
        let Some(report) = &self.report else { return "nothing was read".into() };
        let mut text = String::new();
        for (i, format) in report.formats.iter().enumerate() {
            let several = report.formats.len() > 1;
            let count = if several { format!(" {}", counted(format.records)) } else { String::new() };
            let _ = write!(text, "{}{}{count}", if i == 0 { "" } else { " + " }, format.format.name());
        }
        let _ = write!(text, ", {}: {}", number(report.records, "record"), number(report.events, "event"));
        for skipped in &report.skipped {
            let _ = write!(text, ", {} {}", counted(skipped.records), reason(skipped.why));
        }
        if self.errors() > 0 {
            let _ = write!(text, ", {} undecodable", counted(self.errors()));
        }
        text
    }

    fn nothing_of_interest(&self) -> String {
        let Some(report) = &self.report else { return "empty".into() };
        let mut kinds: Vec<&IgnoredCount> = report.ignored.iter().collect();
        kinds.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.what.cmp(&b.what)));
        let mut text = format!("nothing of interest: {}", self.contents());
        for (i, kind) in kinds.iter().enumerate() {
            let _ = write!(text, "{}{} ({})", if i == 0 { "; " } else { ", " }, kind.what, counted(kind.records));
        }
        if report.ignored_others > 0 && !kinds.is_empty() {
            let _ = write!(text, ", others ({})", counted(report.ignored_others));
        }
        text + ": none that any behavior reads"
    }

    fn failure(&self) -> String {
        let read = self.report.as_ref().filter(|report| report.events > 0);
        let mut text = String::from(if read.is_some() { "NOT WHOLLY JUDGED: " } else { "NOT JUDGED: " });
        match (&self.unreadable, self.report.as_ref().map(|report| report.judged())) {
            (Some(why), _) => text += &format!("cannot be read: {why}"),
            (None, Some(Judged::UnknownFormat)) => text += "unknown format",
            (None, Some(Judged::NothingOfInterest)) => text += "it is of another format than --format",
            _ => text += "no record could be read",
        }
        if self.report.as_ref().is_some_and(|report| report.records > 0) {
            text += &format!("; {}", self.contents().trim_start_matches(", "));
        }
        if let Some(format) = self.looks_like {
            text += &format!("; it looks like {}: leave out --format, or give that one", format.name());
        }
        text
    }
}

/// One line for all inputs without errors.
fn total<'i>(fine: impl Iterator<Item = &'i Input>) -> String {
    let (mut inputs, mut records, mut events) = (0, 0, 0);
    let mut formats: Vec<Format> = Vec::new();
    for report in fine.filter_map(|input| input.report.as_ref()) {
        (inputs, records, events) = (inputs + 1, records + report.records, events + report.events);
        for format in &report.formats {
            if !formats.contains(&format.format) {
                formats.push(format.format);
            }
        }
    }
    let formats: Vec<&str> = formats.into_iter().map(Format::name).collect();
    let (inputs, records, events) = (number(inputs, "input"), number(records, "record"), number(events, "event"));
    format!("{inputs} read to the end: {}, {records}: {events}", formats.join(" + "))
}

fn places(error: &ErrorCount, is_numbered: bool) -> String {
    let mut text = format!("{} {}:", counted(error.count), error.kind);
    for (i, place) in error.first.iter().enumerate() {
        let _ = write!(text, "{} {}", if i == 0 { "" } else { ";" }, self::place(place, is_numbered));
    }
    if error.count > error.first.len() as u64 {
        text += " …";
    }
    text
}

/// Where an error is; lines are counted from 1.
pub(crate) fn place(error: &DecodeError, is_numbered: bool) -> String {
    let mut text = match is_numbered {
        true => format!("record {}", error.record),
        false => format!("line {}, byte {}", error.record.saturating_add(1), error.offset),
    };
    if let Some(field) = error.field {
        let _ = write!(text, " ({field})");
    }
    text
}

const fn reason(why: Skip) -> &'static str {
    match why {
        Skip::Blank => "blank",
        Skip::Framing => "headers and comments",
        Skip::NotOfInterest => "not of interest",
        Skip::Incomplete => "without required fields",
        Skip::Failed => "failed calls",
        _ => "skipped",
    }
}

/// A count with its noun, in the singular or plural.
pub(crate) fn number(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", counted(number), if number == 1 { "" } else { "s" })
}

/// A number with commas between thousands.
fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
