//! `--replay`: what a change of rules changes on recordings.

use std::collections::BTreeMap;
use std::ffi::OsString;

use ipcsentry::{Alert, printable};
use serde_json::json;

use crate::options::Options;
use crate::run::{Run, say};
use crate::signals::Signals;
use crate::{engine, files, judges};

/// The word for the built-in rules.
const BUILTIN: &str = "builtin";

/// How an alert differs.
enum Change<'a> {
    New(&'a Alert),
    Gone(&'a Alert),
    /// Severity, confidence, initiator or what it says.
    Changed(&'a Alert, &'a Alert),
}

impl<'a> Change<'a> {
    const fn name(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Gone(_) => "gone",
            Self::Changed(..) => "changed",
        }
    }

    /// The alert as it is, or was.
    const fn alert(&self) -> &'a Alert {
        match self {
            Self::New(alert) | Self::Gone(alert) | Self::Changed(_, alert) => alert,
        }
    }
}

/// Hunts through the files with both rules and prints what differs. Returns the exit status: 1 if something does, 2 if an
/// input was not judged.
pub(crate) fn run(options: &Options, signals: &Signals, rules: [&OsString; 2]) -> Result<u8, String> {
    let (old, _) = alerts(options, signals, rules[0])?;
    let (new, mut run) = alerts(options, signals, rules[1])?;
    let changes = changes(&old, &new);
    let write = |run: &mut Run, change: &Change<'_>| match run.options.is_ndjson() {
        true => run.out.json(&line(change)),
        false => run.out.text(&row(change)),
    };
    let written = changes.iter().try_for_each(|change| write(&mut run, change)).and_then(|()| run.out.flush());
    // A closed pipe, as behind `head`, is no failure.
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(format!("cannot write: {error}"));
    }
    let status = if run.inputs.are_judged(run.options.strict) { u8::from(!changes.is_empty()) } else { 2 };
    run.inputs.lines().iter().for_each(|line| say(line));
    let count = |name: &str| changes.iter().filter(|change| change.name() == name).count();
    let same = new.len() - count("new") - count("changed");
    say(&format!("{} new, {} gone, {} changed, {same} the same", count("new"), count("gone"), count("changed")));
    Ok(status)
}

/// The last revision of every alert that the rules raise and the options select, by id.
fn alerts(options: &Options, signals: &Signals, rules: &OsString) -> Result<(BTreeMap<String, Alert>, Run), String> {
    let mut options = options.clone();
    options.rules = if *rules == BUILTIN { Vec::new() } else { vec![rules.clone()] };
    let (catalog, policy) = judges(&options)?;
    let (engine, state) = engine(&options, catalog.clone(), policy.clone())?;
    let mut run = Run::new(options, signals.clone(), engine, state);
    files::read_all(&mut run, &catalog, &policy);
    let alerts = run.final_alerts().into_iter().filter(|alert| run.options.wants(alert));
    let alerts = alerts.map(|alert| (alert.id.clone(), alert)).collect();
    Ok((alerts, run))
}

/// The differences in order of time.
fn changes<'a>(old: &'a BTreeMap<String, Alert>, new: &'a BTreeMap<String, Alert>) -> Vec<Change<'a>> {
    let gone = old.values().filter(|alert| !new.contains_key(&alert.id)).map(Change::Gone);
    let others = new.values().filter_map(|alert| match old.get(&alert.id) {
        None => Some(Change::New(alert)),
        Some(before) if is_same(before, alert) => None,
        Some(before) => Some(Change::Changed(before, alert)),
    });
    let mut all: Vec<Change<'_>> = gone.chain(others).collect();
    all.sort_by_key(|change| (change.alert().timestamp, &change.alert().code, &change.alert().id));
    all
}

/// Whether two alerts say the same. Revisions count what was seen on the way, and an incident depends on other alerts.
fn is_same(one: &Alert, other: &Alert) -> bool {
    (one.level, one.confidence, &one.initiator, &one.explanation, &one.target)
        == (other.level, other.confidence, &other.initiator, &other.explanation, &other.target)
}

fn line(change: &Change<'_>) -> String {
    match change {
        Change::New(alert) | Change::Gone(alert) => json!({ "change": change.name(), "alert": alert }).to_string(),
        Change::Changed(old, new) => json!({ "change": "changed", "old": old, "new": new }).to_string(),
    }
}

fn row(change: &Change<'_>) -> String {
    let alert = change.alert();
    let (mut severity, mut confidence) = (alert.severity.to_owned(), format!("{:.2}", alert.confidence));
    if let Change::Changed(old, _) = change {
        if old.level != alert.level {
            severity = format!("{} -> {severity}", old.severity);
        }
        if old.confidence.to_bits() != alert.confidence.to_bits() {
            confidence = format!("{:.2} -> {confidence}", old.confidence);
        }
    }
    let text = format!(
        "{:<8} {:<4} {severity} {confidence}  {}  on {}  {}  id {}",
        change.name(),
        alert.code,
        alert.time,
        alert.host,
        alert.title,
        alert.id
    );
    format!("{}\n", printable(&text))
}
