//! `--suggest`: the narrowest entries of a policy for alerts that are benign, with proof of what they do not hide.

use std::collections::HashSet;
use std::ffi::OsStr;

use ipcsentry::scenario::{self, Suggestion};
use ipcsentry::{Policy, printable_json};
use serde_json::{Value, json};

use crate::options::Options;
use crate::run::{Run, say};
use crate::signals::Signals;
use crate::{engine, files, judges, print, read};

/// Prints a policy of the entries that hide nothing, and on standard error those that are refused. Returns the exit status: 1
/// if one was refused.
pub(crate) fn run(options: &Options, signals: &Signals, alerts: &OsStr) -> Result<u8, String> {
    let benign = benign(&read(alerts)?).map_err(|what| format!("{}: {what}", alerts.display()))?;
    let (catalog, _) = judges(options)?;
    let mut suggestions = scenario::suggest(&benign, &catalog);
    if !options.files.is_empty() {
        let ids = benign.iter().filter_map(|alert| alert["id"].as_str()).collect();
        try_recordings(options, signals, &mut suggestions, &ids)?;
    }
    let taken: Vec<&Value> =
        suggestions.iter().filter(|one| one.is_safe()).filter_map(|suggestion| suggestion.entry.as_ref()).collect();
    let policy = json!({ "suppressions": taken });
    let status = print(&policy_text(&policy, options), u8::from(taken.len() < suggestions.len()));
    for refused in suggestions.iter().filter(|suggestion| !suggestion.is_safe()) {
        say(&format!("refused: {}", reason(refused)));
    }
    let refused = suggestions.len() - taken.len();
    say(&format!("{} benign alerts: {} entries, {refused} refused", benign.len(), taken.len()));
    Ok(status)
}

/// A policy as it is printed: on one line, or laid out. Line breaks of the layout stay; JSON has none in its texts.
pub(crate) fn policy_text(policy: &Value, options: &Options) -> String {
    let text = if options.is_ndjson() { policy.to_string() } else { format!("{policy:#}") };
    text.lines().map(|line| format!("{}\n", printable_json(line))).collect()
}

/// The alerts that are marked as benign, or all if none is.
fn benign(text: &[u8]) -> Result<Vec<Value>, String> {
    let mut alerts: Vec<Value> = Vec::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let alert: Value = serde_json::from_slice(line).map_err(|error| format!("line {number}: {error}"))?;
        if !alert["id"].is_string() || !alert["evidence"].is_array() {
            return Err(format!("line {number}: no alert of --output ndjson"));
        }
        alerts.push(alert);
    }
    if alerts.iter().any(|alert| alert["benign"] == true) {
        alerts.retain(|alert| alert["benign"] == true);
    }
    Ok(alerts)
}

/// Hunts through recordings of attacks with all entries: an entry that covers an alert which is not among the benign ones
/// hides it.
fn try_recordings(
    options: &Options,
    signals: &Signals,
    suggestions: &mut [Suggestion],
    benign: &HashSet<&str>,
) -> Result<(), String> {
    let (catalog, policy) = judges(options)?;
    let mut whole = policy.to_json();
    let entries = suggestions.iter().filter_map(|suggestion| suggestion.entry.clone());
    let before = whole["suppressions"].as_array().map_or(0, Vec::len);
    if let Some(list) = whole["suppressions"].as_array_mut() {
        list.extend(entries);
    }
    let policy = Policy::for_catalog(whole.to_string().as_bytes(), &catalog).map_err(|error| error.to_string())?;
    let (engine, state) = engine(options, catalog.clone(), policy.clone())?;
    let mut run = Run::new(options.clone(), signals.clone(), engine, state);
    files::read_all(&mut run, &catalog, &policy);
    let covered = run.covered();
    let hidden = covered.iter().filter(|alert| !benign.contains(alert.id.as_str()));
    for alert in hidden {
        for (at, suggestion) in suggestions.iter_mut().filter(|one| one.entry.is_some()).enumerate() {
            if alert.suppressed_by.contains(&format!("suppressions[{}]", before + at)) {
                let file = alert.evidence.first().map_or(0, |record| record.file);
                suggestion.hides.push(format!("alert {} {} of {}", alert.code, alert.id, run.inputs.name(file)));
            }
        }
    }
    run.inputs.lines().iter().for_each(|line| say(line));
    if run.inputs.are_judged(options.strict) { Ok(()) } else { Err("a recording was not judged".to_owned()) }
}

fn reason(refused: &Suggestion) -> String {
    let alerts = refused.alerts.join(", ");
    match (&refused.entry, &refused.why_not) {
        (Some(entry), _) => format!("alerts {alerts}: {entry} would hide {}", refused.hides.join(", ")),
        (None, why) => format!("alerts {alerts}: {}", why.as_deref().unwrap_or_default()),
    }
}
