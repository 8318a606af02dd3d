//! Two hashes, the same on every platform for a given seed.
//!
//! [`Keyed`] is SipHash-1-3 under the engine's seed. Its values replace bytes that are not kept. Without the seed
//! nobody can compute two inputs with one value, and no output shows a value. A [`Digest`] has 128 bits: of 2^40
//! digests, two are equal by chance in one of 2^49 engines.
//!
//! [`Hasher`] is a folded multiplication by a secret factor, and faster. It chooses places in tables, which compare the
//! entries they find there. With the seed 0 it makes the ids of alerts, which must be equal in all engines. Equal
//! values never count as equal inputs.

use crate::util::saved::saved;

/// A digest of bytes that are not kept. Equal bytes have equal digests, different bytes different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u64; 2]);

saved!(Digest { 0 });

impl Digest {
    /// The digest of nothing.
    pub(crate) const NONE: Self = Self([0; 2]);

    /// A kind and a number as a digest. It is exact, and a digest of bytes equals it only by chance.
    pub(crate) const fn of_number(kind: u64, number: u64) -> Self {
        Self([number, kind])
    }

    /// The digest of two digests, in this order, and the kind of their relation. Whoever cannot compute the parts
    /// cannot choose them so that two sums are equal.
    pub(crate) const fn and(self, kind: u64, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a.wrapping_add(c.rotate_left(23)).wrapping_add(kind.wrapping_mul(K)), b.wrapping_add(d.rotate_left(41))])
    }

    /// 64 of its bits, for places in tables and for quota groups.
    pub(crate) const fn low(self) -> u64 {
        self.0[0]
    }

    /// All of its bits, the upper half first.
    pub(crate) const fn halves(self) -> (u64, u64) {
        (self.0[1], self.0[0])
    }
}

/// A running SipHash-1-3.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    state: [u64; 4],
    words: u8,
}

impl Keyed {
    pub(crate) const fn new(seed: u64) -> Self {
        Self::with_key(seed, seed.rotate_left(32) ^ K)
    }

    const fn with_key(k0: u64, k1: u64) -> Self {
        let state = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        Self { state, words: 0 }
    }

    pub(crate) const fn u64(mut self, word: u64) -> Self {
        self.state[3] ^= word;
        self.state = round(self.state);
        self.state[0] ^= word;
        self.words = self.words.wrapping_add(8);
        self
    }

    pub(crate) const fn digest(self, digest: Digest) -> Self {
        self.u64(digest.0[0]).u64(digest.0[1])
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut hasher = self.u64(bytes.len() as u64);
        words_of(bytes, |word| hasher = hasher.u64(word));
        hasher
    }

    /// As [`Keyed::bytes`], letter case (ASCII) ignored.
    pub(crate) fn folded(self, bytes: &[u8]) -> Self {
        let mut hasher = self.u64(bytes.len() as u64);
        words_of(bytes, |word| hasher = hasher.u64(lower_case(word)));
        hasher
    }

    pub(crate) const fn finish_digest(self) -> Digest {
        let [a, b, c, d] = self.last_rounds();
        let [e, f, g, h] = round(round(round([a, b ^ 0xdd, c, d])));
        Digest([a ^ b ^ c ^ d, e ^ f ^ g ^ h])
    }

    const fn last_rounds(self) -> [u64; 4] {
        let length = (self.words as u64) << 56;
        let [a, b, c, d] = self.state;
        let [a, b, c, d] = round([a, b, c, d ^ length]);
        round(round(round([a ^ length, b, c ^ 0xee, d])))
    }
}

/// SipHash's permutation.
const fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
    a = a.wrapping_add(b);
    c = c.wrapping_add(d);
    b = b.rotate_left(13) ^ a;
    d = d.rotate_left(16) ^ c;
    a = a.rotate_left(32).wrapping_add(d);
    c = c.wrapping_add(b);
    d = d.rotate_left(21) ^ a;
    b = b.rotate_left(17) ^ c;
    [a, b, c.rotate_left(32), d]
}

/// The words of a text, the last one filled up with zeros.
#[inline]
fn words_of(bytes: &[u8], mut take: impl FnMut(u64)) {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        take(u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        // Of a longer text the last word is read whole and the bytes that were taken already are shifted out of it.
        take(match bytes.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        });
    }
}

/// A running folded multiplication.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher {
    state: u64,
    factor: u64,
}

const K: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher {
    pub(crate) const fn new(seed: u64) -> Self {
        // Bits of the seed reach all of the factor; that of the seed 0 is K.
        let spread = (seed ^ seed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        Self { state: seed ^ 0x243F_6A88_85A3_08D3, factor: K ^ (spread ^ spread >> 32) & !1 }
    }

    /// A hasher for places of entries that belong to this digest. Without the seed nobody can compute them.
    pub(crate) const fn of(digest: Digest) -> Self {
        Self { state: 0x243F_6A88_85A3_08D3, factor: K }.u64(digest.0[0]).u64(digest.0[1])
    }

    pub(crate) const fn u64(self, word: u64) -> Self {
        Self { state: mix(self.state ^ word, self.factor), ..self }
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut hasher = self.u64(bytes.len() as u64);
        words_of(bytes, |word| hasher = hasher.u64(word));
        hasher
    }

    /// As [`Hasher::bytes`], letter case (ASCII) ignored.
    pub(crate) fn folded(self, bytes: &[u8]) -> Self {
        let mut hasher = self.u64(bytes.len() as u64);
        words_of(bytes, |word| hasher = hasher.u64(lower_case(word)));
        hasher
    }

    pub(crate) const fn finish(self) -> u64 {
        mix(self.state, 0xD6E8_FEB8_6659_FD93)
    }

    /// The next word with which any two inputs come to one state: who knows the seed can make inputs that collide.
    #[cfg(feature = "_internal_test_exports")]
    pub(crate) const fn colliding_word(self) -> u64 {
        self.state
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
    use super::{Digest, Hasher, Keyed, lower_case};

    #[test]
    fn letters_are_lowered_and_nothing_else() {
        for byte in 0..=u8::MAX {
            let word = u64::from_le_bytes([byte, b'Z', byte, 0, b'@', byte, b'[', 0xff]);
            let mut expected = word.to_le_bytes();
            expected.make_ascii_lowercase();
            assert_eq!(lower_case(word).to_le_bytes(), expected, "{byte}");
        }
    }

    /// Computed by an implementation in another language that was held against the vectors of SipHash's authors.
    #[test]
    fn keyed_values_are_siphash() {
        let key = Keyed::with_key(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(key.finish_digest(), Digest([0xbea5_8827_b2bc_7ee7, 0x0130_30dd_6adb_62fd]));
        let one = key.u64(0x0706_0504_0302_0100);
        assert_eq!(one.finish_digest(), Digest([0xb4da_e3d5_e1fe_12aa, 0x99c7_f935_ab16_4f72]));
        let eight = (0..8).fold(key, |h, n| h.u64(0x0706_0504_0302_0100 + n * 0x0808_0808_0808_0808));
        assert_eq!(eight.finish_digest(), Digest([0x36a5_4a4b_f2de_5312, 0xc266_6aba_59a7_c84e]));
    }

    #[test]
    fn keyed_values_depend_on_every_byte_and_on_the_seed() {
        let of = |bytes: &[u8]| Keyed::new(7).bytes(bytes).finish_digest();
        assert_eq!(of(b"/usr/bin/docker"), of(b"/usr/bin/docker"));
        assert_ne!(of(b"/usr/bin/docker"), of(b"/usr/bin/Docker"));
        assert_ne!(of(b"a"), of(b"a\0"));
        assert_ne!(of(b"a"), Keyed::new(8).bytes(b"a").finish_digest());
        let folded = |bytes: &[u8]| Keyed::new(7).folded(bytes).finish_digest();
        assert_eq!(folded(b"C:\\Windows"), folded(b"c:\\wINDOWS"));
    }

    #[test]
    fn values_are_fixed_across_releases_and_platforms() {
        assert_eq!(Hasher::new(0).bytes(b"ipcsentry").finish(), Hasher::new(0).bytes(b"ipcsentry").finish());
        assert_ne!(Hasher::new(0).bytes(b"a").finish(), Hasher::new(1).bytes(b"a").finish());
        assert_ne!(Hasher::new(0).bytes(b"a").finish(), Hasher::new(0).bytes(b"a\0").finish());
        assert_eq!(Hasher::new(7).folded(b"C:\\Windows").finish(), Hasher::new(7).folded(b"c:\\wINDOWS").finish());
    }
}
