//! Schemas: one number for the form of a part's bytes, computed from the names and types of its fields. A change of any
//! saved struct changes it, so nobody has to remember to raise a version.

use crate::util::hash::Hasher;

/// A schema while it is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema(Hasher);

impl Schema {
    /// The schema of a part of a snapshot.
    pub(crate) const fn new() -> Self {
        Self(Hasher::new(0))
    }

    /// Adds a name.
    pub(crate) fn word(self, word: &str) -> Self {
        Self(self.0.bytes(word.as_bytes()))
    }

    /// Adds a number.
    pub(crate) const fn number(self, number: u64) -> Self {
        Self(self.0.u64(number))
    }

    pub(crate) const fn finish(self) -> u64 {
        self.0.finish()
    }
}
