//! `--replay`: what a change of rules changes on recordings.

use std::ffi::OsString;

use ipcsentry::printable;
use ipcsentry_outputs::{Change, changes};
use serde_json::Value;

use crate::options::Options;
use crate::run::{Run, say};
use crate::signals::Signals;
use crate::{engine, files, judges};

/// The word for the built-in rules.
const BUILTIN: &str = "builtin";

/// Hunts through the files with both rules and prints what differs. Returns the exit status: 1 if something does, 2 if an
/// input was not judged.
pub(crate) fn run(options: &Options, signals: &Signals, rules: [&OsString; 2]) -> Result<u8, String> {
    let (old, _) = alerts(options, signals, rules[0])?;
    let (new, mut run) = alerts(options, signals, rules[1])?;
    let changes = changes(&old, &new);
    let write = |run: &mut Run, change: &Change<'_>| match run.options.is_ndjson() {
        true => run.out.json(&change.to_json().to_string()),
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

/// The last revision of every alert that the rules raise and the options select.
fn alerts(options: &Options, signals: &Signals, rules: &OsString) -> Result<(Vec<Value>, Run), String> {
    let mut options = options.clone();
    options.rules = if *rules == BUILTIN { Vec::new() } else { vec![rules.clone()] };
    let (catalog, policy) = judges(&options)?;
    let (engine, state) = engine(&options, catalog.clone(), policy.clone())?;
    let mut run = Run::new(options, signals.clone(), engine, state);
    files::read_all(&mut run, &catalog, &policy);
    let alerts = run.final_alerts().into_iter().filter(|alert| run.options.wants(alert)).map(serde_json::to_value);
    Ok((alerts.collect::<Result<_, _>>().map_err(|e| e.to_string())?, run))
}

fn row(change: &Change<'_>) -> String {
    let alert = change.alert();
    let text = |of: &Value, member: &str| of[member].as_str().unwrap_or_default().to_owned();
    let number = |of: &Value| format!("{:.2}", of["confidence"].as_f64().unwrap_or_default());
    let (mut severity, mut confidence) = (text(alert, "severity"), number(alert));
    if let Change::Changed { old, .. } = change {
        if old["severity"] != alert["severity"] {
            severity = format!("{} -> {severity}", text(old, "severity"));
        }
        if old["confidence"] != alert["confidence"] {
            confidence = format!("{} -> {confidence}", number(old));
        }
    }
    let [code, time, host, title, id] = ["code", "time", "host", "title", "id"].map(|member| text(alert, member));
    let row = format!("{:<8} {code:<4} {severity} {confidence}  {time}  on {host}  {title}  id {id}", change.name());
    format!("{}\n", printable(&row))
}
