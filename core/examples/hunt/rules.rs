//! The rules to hunt by: the builtin ones, and files of one's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ipcsentry::Catalog;
use ipcsentry::rules::CatalogError;

use crate::options::Options;
use crate::run::say;
use crate::{read, refuse};

/// Endings of files of rules in a folder.
const RULES: [&str; 2] = ["json", "jsonc"];
/// What stands before the ending of files that lie beside rules and are none.
const NO_RULES: [&str; 2] = [".scenarios", ".benign"];

/// The catalog that the options ask for.
pub(crate) fn catalog(options: &Options) -> Result<Catalog, String> {
    let mut catalog = Catalog::builtin();
    if options.only_rules {
        let codes: Vec<String> = catalog.rules().iter().map(|b| b.code.clone()).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        catalog = catalog.without(&codes).map_err(|error| error.to_string())?;
    }
    for path in options.rules.iter().map(Path::new) {
        catalog = with_all(&catalog, path)?;
    }
    Ok(catalog)
}

/// The catalog with the rules of a file, or of every file below a folder.
fn with_all(catalog: &Catalog, path: &Path) -> Result<Catalog, String> {
    files(path)?.iter().try_fold(catalog.clone(), |catalog, file| extended(&catalog, file))
}

/// Says what is wrong with a file or a folder of rules, or odd; nothing is hunted.
pub(crate) fn check(path: &OsStr, options: &Options) -> ExitCode {
    match catalog(options).and_then(|base| with_all(&base, Path::new(path)).map(|catalog| (base, catalog))) {
        Err(error) => refuse(&error),
        Ok((base, catalog)) => {
            // What was odd before is no matter of this file.
            let odd = catalog.warnings().iter().filter(|warning| !base.warnings().contains(warning));
            let odd: Vec<CatalogError> = odd.map(|warning| warning.clone().in_file(&path.to_string_lossy())).collect();
            odd.iter().for_each(|warning| say(&format!("warning: {warning}")));
            let added = catalog.rules().len() - base.rules().len();
            println!("{}: {added} behaviors, {} warnings", ipcsentry::printable(&path.to_string_lossy()), odd.len());
            ExitCode::SUCCESS
        }
    }
}

fn extended(catalog: &Catalog, path: &Path) -> Result<Catalog, String> {
    let text = read(path.as_os_str())?;
    catalog.extend(&text).map_err(|error| error.in_file(&path.to_string_lossy()).to_string())
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
