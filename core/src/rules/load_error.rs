//! What is wrong with a catalog, and where.

use alloc::format;
use alloc::string::String;

use crate::util::document::Fault;

/// What is wrong with a catalog, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{line}:{column}: {what}", prefix(.file))]
#[non_exhaustive]
pub struct CatalogError {
    /// The file's name; empty for a text without one.
    pub file: String,
    /// The line, from 1; 0 where it is about no place in particular.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The JSON path, for example `behaviors[3].clauses.create.where`.
    pub path: String,
    /// What is wrong there, with the behavior and the clause it is about.
    pub what: String,
}

impl CatalogError {
    /// The same error of a text that was read from this file.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        if self.file.is_empty() {
            self.file = name.into();
        }
        self
    }
}

/// What stands before line and column.
fn prefix(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!("{file}:") }
}

impl From<Fault> for CatalogError {
    fn from(fault: Fault) -> Self {
        let what = fault.message();
        let Fault { file, line, column, path, .. } = fault;
        Self { file, line, column, path, what }
    }
}
