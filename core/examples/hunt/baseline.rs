//! Baselines: what `--learn` learned, what `--baseline` judges by, and what is asked about them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use ipcsentry::baseline::{Baseline, Known, Standing};
use ipcsentry::scenario::{self, Loss};
use ipcsentry::{Engine, Policy, printable, printable_json};
use serde_json::{Value, json};

use crate::judged::number;
use crate::options::Options;
use crate::run::say;
use crate::suggest::policy_text;
use crate::{judges, print, read, refuse};

/// The baseline of a file.
fn baseline(path: &OsStr) -> Result<Baseline, String> {
    Baseline::from_json(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// The baseline of a file that need not be there yet, for something to be added.
fn open(path: &OsStr) -> Result<Baseline, String> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Baseline::default()),
        _ => baseline(path),
    }
}

/// Makes an engine learn and judge as the options say.
pub(crate) fn teach(engine: &mut Engine, options: &Options) -> Result<(), String> {
    if let Some(path) = &options.baseline {
        engine.set_baseline(Some(Arc::new(baseline(path)?)));
    }
    if let Some(path) = &options.learn {
        if open(path)?.is_frozen() {
            return Err(format!("{}: the baseline is frozen: it takes nothing more", path.display()));
        }
        engine.start_learning();
    }
    Ok(())
}

/// Adds to the file of `--learn` what engines have learned. The file is replaced in one step.
pub(crate) fn save<'e>(path: &OsStr, engines: impl Iterator<Item = &'e mut Engine>) -> Result<(), String> {
    let mut all = open(path)?;
    for learned in engines.filter_map(Engine::take_learned) {
        all.merge(&learned).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut new = OsString::from(path);
    new.push(".new");
    let new = PathBuf::from(new);
    let written = fs::write(&new, all.to_json()).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| format!("--learn {}: cannot be written: {error}", path.display()))?;
    let (hosts, days) = all.extent();
    let relations = number(all.len() as u64, "relation");
    let full = full(&all);
    say(&format!("{}: {relations} of about {hosts} hosts and {days} days{full}", path.display()));
    Ok(())
}

/// What is to be said of a baseline that has no room.
fn full(baseline: &Baseline) -> &'static str {
    if baseline.is_full() { "; it is full, so that further relations are unknown" } else { "" }
}

/// Prints errors of a baseline, what somebody should look at, and the attacks that it would lower; nothing is hunted.
/// The exit status is 1 if it would lower one.
pub(crate) fn check(path: &OsStr, options: &Options) -> u8 {
    let (catalog, policy, known) =
        match judges(options).and_then(|(catalog, policy)| Ok((catalog, policy, baseline(path)?))) {
            Ok(all) => all,
            Err(what) => return refuse(&what),
        };
    let usual = known.relations(&policy).iter().filter(|known| known.standing == Standing::Usual).count();
    let review = known.review(&policy);
    let losses = scenario::lowered(&known, &policy, &catalog);
    let (hosts, days) = known.extent();
    let mut text = String::new();
    if options.is_ndjson() {
        let head = json!({"relations": known.len(), "hosts": hosts, "days": days, "usual": usual,
            "review": review.len(), "lowers": losses.len(), "frozen": known.is_frozen(),
            "full": known.is_full()});
        text.push_str(&json_line(&head));
    } else {
        let relations = number(known.len() as u64, "relation");
        let frozen = if known.is_frozen() { ", frozen" } else { "" };
        let full = full(&known);
        let name = printable(&path.to_string_lossy()).into_owned();
        let review = review.len();
        text.push_str(&format!(
            "{name}: {relations} of about {hosts} hosts and {days} days, {usual} usual, {review} to review{frozen}{full}\n"
        ));
    }
    for known in &review {
        text.push_str(&match options.is_ndjson() {
            true => json_line(&json!({ "review": known })),
            false => format!("review: {}\n", line(known)),
        });
    }
    for loss in &losses {
        let Loss { scenario, behavior, entry, .. } = loss;
        text.push_str(&match options.is_ndjson() {
            true => json_line(&json!({"lowers": scenario, "behavior": behavior, "group": entry})),
            false => format!("lowers: attack {scenario} of {behavior} on hosts of {}\n", printable(&group(entry))),
        });
    }
    print(&text, u8::from(!losses.is_empty()))
}

/// Prints what a later baseline has otherwise. The exit status is 1 if there is something.
pub(crate) fn compare(paths: [&OsStr; 2], options: &Options) -> u8 {
    let both = judges(options).and_then(|(_, policy)| Ok((policy, baseline(paths[0])?, baseline(paths[1])?)));
    let (policy, before, after) = match both {
        Ok(all) => all,
        Err(what) => return refuse(&what),
    };
    let difference = before.compare(&after, &policy);
    let mut text = String::new();
    for change in &difference.changes {
        if options.is_ndjson() {
            text.push_str(&json_line(&json!(change)));
            continue;
        }
        let standing = |known: &Option<Known>| known.as_ref().map_or("unknown", |known| known.standing.name());
        if let Some(known) = change.after.as_ref().or(change.before.as_ref()) {
            let (before, after) = (standing(&change.before), standing(&change.after));
            text.push_str(&format!("{before} -> {after}: {}\n", line(known)));
        }
    }
    let changes = number(difference.changes.len() as u64, "relation");
    let status = print(&text, u8::from(!difference.changes.is_empty()));
    say(&format!("{changes} stand otherwise; drift {:.3}", f64::from(difference.drift) / 1000.0));
    status
}

/// Prints the policy with an entry for each alert that is usual, and on standard error the attacks that it would hide.
/// The exit status is 1 if there are any.
pub(crate) fn take_over(path: &OsStr, options: &Options) -> u8 {
    let (catalog, policy, known) =
        match judges(options).and_then(|(catalog, policy)| Ok((catalog, policy, baseline(path)?))) {
            Ok(all) => all,
            Err(what) => return refuse(&what),
        };
    let (written, left_out) = known.to_policy(&policy);
    let taken = match Policy::for_catalog(written.to_string().as_bytes(), &catalog) {
        Ok(taken) => taken,
        Err(error) => return refuse(&format!("what is usual makes no policy with these rules: {error}")),
    };
    for known in &left_out {
        say(&format!("no entry, since fewer than two names tell it from others: {}", line(known)));
    }
    let losses = scenario::losses(&taken, &catalog);
    for loss in &losses {
        say(&format!("{} would hide attack {} of {}", loss.entry, loss.scenario, loss.behavior));
    }
    print(&policy_text(&written, options), u8::from(!losses.is_empty()))
}

fn json_line(value: &Value) -> String {
    printable_json(&value.to_string()).into_owned() + "\n"
}

/// A relation on one line.
fn line(known: &Known) -> String {
    let members = known.kind.members().iter().zip(&known.names).filter(|(_, name)| !name.is_empty());
    let names: Vec<String> = members.map(|(member, name)| format!("{member} {name}")).collect();
    let Known { hosts, days, first_day, last_day, .. } = known;
    let names = format!("{} of {}: {}", known.kind.name(), group(&known.group), names.join(", "));
    printable(&format!("{names}; {hosts} hosts, {days} days, {first_day} to {last_day}")).into_owned()
}

fn group(name: &str) -> String {
    if name.is_empty() { "no group".to_owned() } else { format!("group {name}") }
}
