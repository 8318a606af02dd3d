//! Terms: named sets of patterns, matched once per distinct string.

/// Number of a term.
pub type TermId = u16;

/// Most terms a catalogue may have.
pub const MAX_TERMS: usize = 256;

/// The terms a text is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TermBits([u64; MAX_TERMS / 64]);

impl TermBits {
    /// Adds a term.
    pub const fn insert(&mut self, term: TermId) {
        self.0[(term as usize >> 6) & 3] |= 1 << (term & 63);
    }

    /// Whether the text is of this term.
    #[must_use]
    pub const fn has(&self, term: TermId) -> bool {
        self.0[(term as usize >> 6) & 3] >> (term & 63) & 1 == 1
    }
}

/// All terms of a catalogue.
#[derive(Debug, Default)]
pub struct Terms {}

impl Terms {
    /// The term of that name.
    #[must_use]
    pub fn id(&self, _name: &str) -> Option<TermId> {
        None
    }

    /// Every term that a name (image path, endpoint name, user …) is of.
    #[must_use]
    pub fn of_name(&self, _name: &[u8]) -> TermBits {
        TermBits::default()
    }

    /// Whether a text is of one term.
    #[must_use]
    pub fn matches(&self, _term: TermId, _text: &[u8]) -> bool {
        false
    }
}
