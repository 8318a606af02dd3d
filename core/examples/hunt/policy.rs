//! The policy to hunt with, and what became of its entries.

use std::ffi::OsStr;
use std::path::Path;

use ipcsentry::policy::EntryUse;
use ipcsentry::{Catalog, Policy, printable};
use ipcsentry_inputs::document;

use crate::judged::number;
use crate::options::Options;
use crate::run::say;
use crate::{print, read, refuse, rules};

/// The policy of a file, which may name the behaviors of the catalog.
pub(crate) fn policy(path: &OsStr, catalog: &Catalog) -> Result<Policy, String> {
    let in_file = |what: String| format!("{}: {what}", path.display());
    let read = document(Path::new(path), &read(path)?).map_err(in_file)?;
    Policy::for_catalog(&read.json, catalog).map_err(|error| {
        in_file(match read.is_converted {
            // The place is one in JSON that nobody wrote.
            true if error.path.is_empty() => error.what,
            true => format!("{}: {}", error.path, error.what),
            false => error.to_string(),
        })
    })
}

/// Prints errors and warnings of a policy; nothing is hunted.
pub(crate) fn check(path: &OsStr, options: &Options) -> u8 {
    let policy = match rules::catalog(options).and_then(|catalog| policy(path, &catalog)) {
        Ok(policy) => policy,
        Err(error) => return refuse(&error),
    };
    let warnings = policy.warnings();
    for warning in &warnings {
        say(&format!("warning: {}: {}", warning.path, warning.what));
    }
    let written = policy.to_json();
    let count = |list: &str| written[list].as_array().map_or(0, Vec::len) as u64;
    let (elements, suppressions) = (number(count("elements"), "element"), number(count("suppressions"), "suppression"));
    let warnings = number(warnings.len() as u64, "warning");
    print(&format!("{}: {elements}, {suppressions}, {warnings}\n", printable(&path.to_string_lossy())), 0)
}

/// Prints what is odd about the entries of a policy after a run.
pub(crate) fn report(entries: &[EntryUse]) {
    for entry in entries {
        let Some(finding) = entry.finding() else { continue };
        let owner = entry.owner.as_ref().map_or(String::new(), |owner| format!(" of {owner}"));
        say(&format!("policy: {}{owner} {finding}", entry.path));
    }
}
