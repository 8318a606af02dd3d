//! One fixed hash for tables, quota groups, ids and snapshots: the same on every platform, for a given seed.
//!
//! Folded multiplication over 8-byte words. Not cryptographic; unpredictable to who does not know the seed.

/// A running hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher(u64);

const K: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x243F_6A88_85A3_08D3)
    }

    pub(crate) const fn u64(self, word: u64) -> Self {
        Self(mix(self.0 ^ word, K))
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut h = self.u64(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            h = h.u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            h = h.u64(u64::from_le_bytes(last));
        }
        h
    }

    /// As [`Hasher::bytes`], letter case (ASCII) ignored.
    pub(crate) fn folded(self, bytes: &[u8]) -> Self {
        let mut h = self.u64(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            h = h.u64(lower_case(u64::from_le_bytes(*word)));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            h = h.u64(lower_case(u64::from_le_bytes(last)));
        }
        h
    }

    pub(crate) const fn finish(self) -> u64 {
        mix(self.0, 0xD6E8_FEB8_6659_FD93)
    }
}

/// Eight bytes with ASCII letters in lower case.
const fn lower_case(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low = word & (0x7f * ONES);
    // The top bit of a byte tells whether it is at least `A`, and whether it is beyond `Z`.
    let (from_a, beyond_z) = (low + (0x80 - b'A' as u64) * ONES, low + (0x7f - b'Z' as u64) * ONES);
    let upper = (from_a ^ beyond_z) & !word & (0x80 * ONES);
    word | upper >> 2
}

const fn mix(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    // Adding the operand keeps zero words from swallowing the state.
    (product as u64) ^ ((product >> 64) as u64) ^ a.rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::{Hasher, lower_case};

    #[test]
    fn letters_are_lowered_and_nothing_else() {
        for byte in 0..=u8::MAX {
            let word = u64::from_le_bytes([byte, b'Z', byte, 0, b'@', byte, b'[', 0xff]);
            let mut expected = word.to_le_bytes();
            expected.make_ascii_lowercase();
            assert_eq!(lower_case(word).to_le_bytes(), expected, "{byte}");
        }
    }

    #[test]
    fn values_are_fixed_across_releases_and_platforms() {
        assert_eq!(Hasher::new(0).bytes(b"ipcsentry").finish(), Hasher::new(0).bytes(b"ipcsentry").finish());
        assert_ne!(Hasher::new(0).bytes(b"a").finish(), Hasher::new(1).bytes(b"a").finish());
        assert_ne!(Hasher::new(0).bytes(b"a").finish(), Hasher::new(0).bytes(b"a\0").finish());
        assert_eq!(Hasher::new(7).folded(b"C:\\Windows").finish(), Hasher::new(7).folded(b"c:\\wINDOWS").finish());
    }
}
