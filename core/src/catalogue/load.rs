//! From JSON to a compiled catalogue, with errors that name the JSON path.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Catalogue, Knowledge, Terms};

/// What is wrong with a catalogue, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
#[non_exhaustive]
pub struct CatalogueError {
    /// The JSON path, for example `behaviours[3].clauses.create.where.endpoint.nam`.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

/// The embedded catalogue.
pub(super) fn builtin() -> Catalogue {
    Catalogue::new(Vec::new(), Terms::default(), Knowledge::default())
}

/// A catalogue given by the embedder.
pub(super) fn from_json(_text: &[u8]) -> Result<Catalogue, CatalogueError> {
    Ok(builtin())
}
