//! Finds which of many patterns a text may match, in one pass over the text.
//!
//! Of each pattern three bytes in a row are chosen that few texts have. A pass over a text looks up every three bytes in a
//! filter that lets hardly any others through. Patterns too short for that are told by a rare byte.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::needle::rarity;
use crate::names::Fold;

/// Bits of a place in the filter.
const FILTER: u32 = 15;
/// Bits of a hash that tell where the keys of such hashes begin.
const BEGINNING: u32 = 10;
/// What nearly all command lines and paths have in common: no key lies in it if there is another.
const COMMON: &[u8] =
    br"c:\windows\system32\.exe .dll c:\program files (x86)\users\appdata\local\usr\bin\usr\lib --type=";

/// The keys of many patterns.
#[derive(Debug)]
pub(super) struct Grams {
    /// By byte.
    classes: Box<[Class; 256]>,
    filter: Box<[u64; 1 << (FILTER - 6)]>,
    /// Sorted.
    keys: Vec<Key>,
    /// By the highest bits of a hash, the number of keys with lower hashes, and that of all keys.
    begins: Vec<u32>,
    /// Patterns without three bytes in a row, with the bits of bytes that they need.
    short: Vec<(u32, u16)>,
}

/// What a pass adds up of a byte.
#[derive(Clone, Copy, Debug, Default)]
struct Class {
    /// The hash of what the byte is folded to.
    hash: u32,
    /// A bit of its own if it is a key.
    bit: u32,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Different bytes have different hashes.
    hash: u32,
    pattern: u16,
    /// Where the bytes end in their piece of the pattern.
    end: u16,
}

impl Default for Grams {
    fn default() -> Self {
        let mut classes = Box::new([Class::default(); 256]);
        for (class, byte) in classes.iter_mut().zip(0..=u8::MAX) {
            class.hash = hash(fold(&[byte]));
        }
        Self {
            classes,
            filter: Box::new([0; 1 << (FILTER - 6)]),
            keys: Vec::new(),
            begins: Vec::new(),
            short: Vec::new(),
        }
    }
}

impl Grams {
    /// Bytes in a row that are looked up together.
    pub(super) const LENGTH: usize = 3;

    /// Adds a pattern: a text that it matches has all of these pieces. Call [`Self::finish`] after the last one.
    pub(super) fn add<'a>(&mut self, pattern: u16, pieces: impl Iterator<Item = &'a [u8]> + Clone) {
        let windows = pieces.clone().flat_map(|piece| (Self::LENGTH..).zip(piece.windows(Self::LENGTH)));
        let windows = windows.filter(|(end, _)| u16::try_from(*end).is_ok());
        let cost =
            |window: &[u8]| (is_common(fold(window)), Reverse(window.iter().map(|byte| rarity(*byte)).sum::<u32>()));
        if let Some((end, window)) = windows.min_by_key(|(_, window)| cost(window)) {
            let hash = hash(fold(window));
            let (word, bit) = place(hash);
            self.filter[word] |= 1 << bit;
            self.keys.push(Key { hash, pattern, end: end as u16 });
            return;
        }
        let rarest = pieces.flatten().max_by_key(|byte| rarity(**byte));
        let needed = rarest.map_or(0, |byte| self.bit_of(*byte));
        self.short.push((needed, pattern));
    }

    /// Arranges what was added.
    pub(super) fn finish(&mut self) {
        self.keys.sort_unstable();
        let begin = |bits: u64| self.keys.partition_point(|key| u64::from(key.hash) < bits << (32 - BEGINNING)) as u32;
        self.begins = (0..=1 << BEGINNING).map(begin).collect();
    }

    /// The bit that stands for a byte; where all are taken, bytes share the last one.
    fn bit_of(&mut self, byte: u8) -> u32 {
        let Class { hash, bit } = self.classes[usize::from(byte)];
        if bit != 0 {
            return bit;
        }
        let highest = self.classes.iter().map(|class| class.bit).max().unwrap_or_default();
        let bit = if highest == 0 { 1 } else { highest.checked_mul(2).unwrap_or(highest) };
        // Bytes have one hash if they are folded to one.
        self.classes.iter_mut().filter(|class| class.hash == hash).for_each(|class| class.bit = bit);
        bit
    }

    /// Gives the patterns that a text may match, some several times, with the place where the piece would begin in
    /// which the key was found.
    pub(super) fn search(&self, text: &[u8], mut found: impl FnMut(u16, Option<usize>)) {
        let mut pass = Pass::default();
        while self.go_on(text, &mut pass) {
            self.found_at(pass.hash, pass.at, &mut found);
        }
        for (_, pattern) in self.short.iter().filter(|(needed, _)| pass.seen & needed == *needed) {
            found(*pattern, None);
        }
    }
}

impl Grams {
    /// Goes on with a pass to where the filter lets through what ends there; `false` if nothing is left. It calls nothing,
    /// so that all of its variables stay in registers.
    #[inline(never)]
    fn go_on(&self, text: &[u8], pass: &mut Pass) -> bool {
        let Pass { mut at, mut hash, mut seen } = *pass;
        let mut is_through = false;
        while let Some(byte) = text.get(at) {
            at += 1;
            let class = self.classes[usize::from(*byte)];
            seen |= class.bit;
            // The hash of three bytes is the sum of theirs, each moved to its place; a fourth one is moved out.
            hash = (hash << 8).wrapping_add(class.hash);
            let (word, bit) = place(hash);
            if self.filter[word] >> bit & 1 == 1 {
                is_through = true;
                break;
            }
        }
        *pass = Pass { at, hash, seen };
        is_through
    }

    /// Gives the patterns of a key that ends at a place.
    fn found_at(&self, hash: u32, end: usize, found: &mut impl FnMut(u16, Option<usize>)) {
        let bits = (hash >> (32 - BEGINNING)) as usize;
        let Some([first, behind]) = self.begins.get(bits..bits + 2).and_then(|begins| begins.first_chunk()) else {
            return;
        };
        let keys = self.keys.get(*first as usize..*behind as usize).unwrap_or_default();
        for key in keys.iter().filter(|key| key.hash == hash) {
            if let Some(begin) = end.checked_sub(usize::from(key.end)) {
                found(key.pattern, Some(begin));
            }
        }
    }
}

/// How far a pass over a text has come.
#[derive(Default)]
struct Pass {
    at: usize,
    /// The hash of the last three bytes, folded.
    hash: u32,
    /// The bits of all bytes so far.
    seen: u32,
}

/// The words of a filter of what is common.
const COMMON_WORDS: usize = 64;

/// The places of three common bytes in a row, a bit each. Others that share a place count as common, too.
static COMMON_GRAMS: [u64; COMMON_WORDS] = {
    let mut bits = [0; COMMON_WORDS];
    let mut at = 0;
    while at + Grams::LENGTH <= COMMON.len() {
        let (mut gram, mut byte) = (0, 0);
        while byte < Grams::LENGTH {
            gram = gram << 8 | Fold::Windows.byte(COMMON[at + byte]) as u32;
            byte += 1;
        }
        let (word, bit) = place(hash(gram));
        bits[word % COMMON_WORDS] |= 1 << bit;
        at += 1;
    }
    bits
};

/// Whether most texts have these three bytes in a row.
fn is_common(gram: u32) -> bool {
    let (word, bit) = place(hash(gram));
    COMMON_GRAMS[word % COMMON_WORDS] >> bit & 1 == 1
}

/// Bytes as one number in which those that a fold makes equal are equal.
fn fold(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |folded, byte| folded << 8 | u32::from(Fold::Windows.byte(*byte)))
}

/// A hash of three bytes, whatever stands above them.
const fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E_3779 << 8)
}

/// The word and bit of a hash in the filter.
const fn place(hash: u32) -> (usize, u32) {
    let place = hash >> (32 - FILTER);
    (place as usize >> 6, place & 63)
}
