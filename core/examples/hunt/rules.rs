//! The catalog to hunt with: the built-in rules and files of the user's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ipcsentry::Catalog;
use ipcsentry::rules::CatalogError;

use crate::judged::number;
use crate::options::Options;
use crate::run::say;
use crate::{print, read, refuse};

/// Endings of files of rules in a folder.
const RULES: [&str; 2] = ["json", "jsonc"];
/// Ends of the names of files beside rules that hold scenarios.
const NO_RULES: [&str; 2] = [".scenarios", ".benign"];

/// The catalog that the options select.
pub(crate) fn catalog(options: &Options) -> Result<Catalog, String> {
    let mut files_of_rules = Vec::new();
    for path in options.rules.iter().map(Path::new) {
        files_of_rules.extend(files(path)?);
    }
    if options.only_rules {
        return only(&files_of_rules);
    }
    files_of_rules.iter().try_fold(Catalog::builtin(), |catalog, file| {
        catalog.extend(&read(file.as_os_str())?).map_err(|error| in_file(error, file))
    })
}

/// The catalog of these files alone.
fn only(files: &[PathBuf]) -> Result<Catalog, String> {
    let texts: Vec<Vec<u8>> = files.iter().map(|file| read(file.as_os_str())).collect::<Result<_, _>>()?;
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    Catalog::only(&texts).map_err(|error| {
        // The error is in the first file with which it occurs.
        let occurs =
            |number: &usize| Catalog::only(&texts[..=*number]).is_err_and(|e| e.to_string() == error.to_string());
        match (0..files.len()).find(occurs) {
            Some(number) => in_file(error, &files[number]),
            None => error.to_string(),
        }
    })
}

fn in_file(error: CatalogError, file: &Path) -> String {
    error.in_file(&file.to_string_lossy()).to_string()
}

/// Prints errors and warnings of a file or folder of rules; nothing is hunted.
pub(crate) fn check(path: &OsStr, options: &Options) -> u8 {
    let mut with_path = options.clone();
    with_path.rules.push(path.to_owned());
    let catalog = match catalog(&with_path) {
        Ok(catalog) => catalog,
        Err(error) => return refuse(&error),
    };
    // Rules alone extend nothing, but the builtin lists have warnings of their own.
    let base = self::catalog(options).ok();
    let known = base.clone().unwrap_or_else(Catalog::builtin);
    // Leave out the warnings of the rules that were there before.
    let odd = catalog.warnings().iter().filter(|warning| !known.warnings().contains(warning));
    let odd: Vec<CatalogError> = odd.map(|warning| warning.clone().in_file(&path.to_string_lossy())).collect();
    odd.iter().for_each(|warning| say(&format!("warning: {warning}")));
    let added = catalog.rules().len() - base.map_or(0, |base| base.rules().len());
    let (added, odd) = (number(added as u64, "behavior"), number(odd.len() as u64, "warning"));
    print(&format!("{}: {added}, {odd}\n", ipcsentry::printable(&path.to_string_lossy())), 0)
}

/// The file, or the files of rules below a folder, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        let is_rules = entry.extension().and_then(OsStr::to_str).is_some_and(|ending| RULES.contains(&ending));
        let stem = entry.file_stem().map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if is_rules && !NO_RULES.iter().any(|part| stem.ends_with(part)) {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}
