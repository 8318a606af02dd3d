//! Generated parts of documents: compared by tests, and written with `UPDATE_GOLDEN`.

use std::fs;
use std::path::PathBuf;

/// Whether to write generated parts instead of comparing them.
#[must_use]
pub fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// The path of a file in the repository.
#[must_use]
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Its text.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Compares the part of a document between `<!-- NAME -->` and `<!-- /NAME -->` with the generated text, or writes it.
///
/// # Panics
/// If the part is missing or differs.
pub fn keep_part(path: &str, name: &str, due: &str) {
    let whole = text(path);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let parts =
        whole.split_once(&begin).and_then(|(head, rest)| rest.split_once(&end).map(|(is, tail)| (head, is, tail)));
    let (head, is, tail) = parts.unwrap_or_else(|| panic!("{path} has no part `{name}`"));
    if updates() {
        fs::write(file(path), [head, &begin, due, &end, tail].concat()).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    assert_eq!(is, due, "{path}, {name}: UPDATE_GOLDEN=1 writes it anew");
}

/// The same for a whole file.
///
/// # Panics
/// If it differs.
pub fn keep_file(path: &str, due: &str) {
    if updates() {
        fs::write(file(path), due).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    assert_eq!(text(path), due, "{path}: UPDATE_GOLDEN=1 writes it anew");
}
