//! Which lists a text is of.

use crate::util::hash::Hasher;
use crate::util::saved::saved;

/// Number of a list.
pub(crate) type ListId = u16;

/// Most lists a catalog may have.
pub(super) const MAX_LISTS: usize = WORDS * 64;
const WORDS: usize = 6;

/// The lists a text is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListBits([u64; WORDS]);

saved!(ListBits { 0 });

impl ListBits {
    /// No list.
    pub(crate) const NONE: Self = Self([0; WORDS]);

    /// A digest of the set.
    pub(crate) fn digest(&self) -> u64 {
        self.0.iter().fold(Hasher::new(0), |hasher, word| hasher.u64(*word)).finish()
    }

    /// Adds a list.
    pub(crate) const fn insert(&mut self, list: ListId) {
        self.0[word(list)] |= 1 << (list & 63);
    }

    /// Whether the text is of this list.
    pub(crate) const fn has(&self, list: ListId) -> bool {
        self.0[word(list)] >> (list & 63) & 1 == 1
    }

    /// Gives the lists that two have in common.
    pub(crate) fn common(&self, other: &Self, mut take: impl FnMut(ListId)) {
        let words: [u64; WORDS] = core::array::from_fn(|n| self.0[n] & other.0[n]);
        // Mostly there are none.
        if words.iter().fold(0, |any, word| any | word) == 0 {
            return;
        }
        for (n, mut word) in (0..).zip(words) {
            while word != 0 {
                take(n << 6 | word.trailing_zeros() as ListId);
                word &= word - 1;
            }
        }
    }
}

/// The word that has the bit of a list. Lists are numbered below [`MAX_LISTS`].
const fn word(list: ListId) -> usize {
    let word = list as usize >> 6;
    if word < WORDS { word } else { 0 }
}
