//! Parts of documents that are made from the catalog or from measurements, and how they are kept current.

use std::fs;
use std::path::PathBuf;

/// Whether generated parts are to be written rather than compared.
#[must_use]
pub fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// A file of the repository.
#[must_use]
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Its text.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Holds the part of a document between `<!-- NAME -->` and `<!-- /NAME -->` against what it should be, or writes it.
///
/// # Panics
/// When the part is not there or another one.
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
/// When it is another one.
pub fn keep_file(path: &str, due: &str) {
    if updates() {
        fs::write(file(path), due).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    assert_eq!(text(path), due, "{path}: UPDATE_GOLDEN=1 writes it anew");
}
