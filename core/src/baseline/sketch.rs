//! How many different things were seen: the smallest of their hashes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::util::hash::Hasher;

/// Hashes that a sketch keeps. Up to so many different things are counted exactly; the standard error beyond is 27 %.
pub(crate) const MOST: usize = 16;
/// Hex digits of a hash.
const DIGITS: usize = 8;

/// A bottom-k sketch: the [`MOST`] smallest 32-bit hashes of what was added, each once. A union keeps the smallest of
/// both: it is commutative, associative and idempotent, because the smallest hashes of a set do not depend on how it
/// was put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch(Vec<u32>);

impl Sketch {
    pub(crate) fn add(&mut self, hash: u32) {
        let Err(at) = self.0.binary_search(&hash) else { return };
        if at == MOST {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop();
        }
        if self.0.capacity() == self.0.len() {
            self.0.reserve_exact(if self.0.len() < 4 { 1 } else { MOST - self.0.len() });
        }
        self.0.insert(at, hash);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for &hash in &other.0 {
            self.add(hash);
        }
    }

    /// How many different things were added.
    pub(crate) fn count(&self) -> u32 {
        match self.0.last() {
            Some(&largest) if self.0.len() == MOST => {
                let estimate = ((MOST as u64 - 1) << 32) / (u64::from(largest) + 1);
                u32::try_from(estimate).unwrap_or(u32::MAX).max(MOST as u32)
            }
            _ => self.0.len() as u32,
        }
    }

    /// The number of hashes.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u32>()
    }

    /// All hashes in hex, eight digits each.
    pub(crate) fn to_text(&self) -> String {
        self.0.iter().map(|hash| format!("{hash:08x}")).collect()
    }

    /// Reads what [`Self::to_text`] wrote; says what is wrong otherwise.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        if !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) || !text.len().is_multiple_of(DIGITS)
        {
            return Err("should be hashes of eight lower-case hex digits each");
        }
        let digits = text.as_bytes().chunks(DIGITS).filter_map(|digits| core::str::from_utf8(digits).ok());
        let hashes: Vec<u32> = digits.filter_map(|digits| u32::from_str_radix(digits, 16).ok()).collect();
        if hashes.len() > MOST {
            return Err("has more than 16 hashes");
        }
        if !hashes.is_sorted_by(|a, b| a < b) {
            return Err("should have its hashes in ascending order, each once");
        }
        Ok(Self(hashes))
    }
}

/// 32 bits of the fixed hash of two numbers: the same on every machine.
pub(crate) const fn hash_of(one: u64, other: u64) -> u32 {
    (Hasher::new(0).u64(one).u64(other).finish() >> 32) as u32
}
