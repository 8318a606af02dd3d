//! A text that is searched in others, with or without regard to letter case.

use alloc::boxed::Box;

/// Occurrences of the rarest byte that are compared before the automaton takes over: the work stays linear.
const COMPARED: usize = 24;

/// Bytes that are frequent in command lines and paths, the most frequent first. Others are rare.
const FREQUENT: &[u8] = b"e-ast/inorl\\ cd.mpu01=:b\"hfgy2v_3w58";

/// By byte, how rare it is: a higher number is rarer.
static RARITY: [u8; 256] = {
    let mut table = [FREQUENT.len() as u8; 256];
    let mut at = FREQUENT.len();
    while at > 0 {
        at -= 1;
        table[FREQUENT[at].to_ascii_lowercase() as usize] = at as u8;
        table[FREQUENT[at].to_ascii_uppercase() as usize] = at as u8;
    }
    table
};

/// How rare a byte is in command lines and paths: a higher number is rarer.
pub(super) fn rarity(byte: u8) -> u32 {
    u32::from(RARITY[usize::from(byte)])
}

/// A text that has to occur. Its rarest byte is looked for first, since most texts lack it.
#[derive(Clone, Debug)]
pub struct Needle {
    any_case: bool,
    text: Box<[u8]>,
    /// The place of the rarest byte, and the byte in lower and upper case.
    rarest: (usize, u8, u8),
    /// By length of a prefix, how long the longest of its proper suffixes is that is a prefix, too: after Knuth, Morris
    /// and Pratt it searches texts in which the rarest byte is frequent.
    borders: Box<[usize]>,
}

impl Needle {
    pub(super) fn new(text: &[u8], any_case: bool) -> Self {
        let rarest = text.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte));
        let (at, byte) = rarest.map_or((0, 0), |(at, byte)| (at, *byte));
        let cases = if any_case { (byte.to_ascii_lowercase(), byte.to_ascii_uppercase()) } else { (byte, byte) };
        let mut needle = Self { any_case, text: text.into(), rarest: (at, cases.0, cases.1), borders: Box::default() };
        let mut borders = alloc::vec![0; text.len() + 1];
        for end in 1..text.len() {
            borders[end + 1] = needle.step(&borders, borders[end], text[end]);
        }
        needle.borders = borders.into();
        needle
    }

    /// The text.
    pub(super) const fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it occurs.
    pub(super) fn occurs_in(&self, text: &[u8]) -> bool {
        self.end_in(text).is_some()
    }

    /// Whether it stands at a place.
    pub(super) fn stands_at(&self, text: &[u8], at: usize) -> bool {
        text.get(at..at + self.text.len()).is_some_and(|found| same(found, &self.text, self.any_case))
    }

    /// Where the text ends at its first occurrence.
    pub(super) fn end_in(&self, text: &[u8]) -> Option<usize> {
        if self.text.is_empty() {
            return Some(0);
        }
        let (offset, lower, upper) = self.rarest;
        let mut from = offset;
        for _ in 0..COMPARED {
            let at = from + memchr::memchr2(lower, upper, text.get(from..)?)?;
            if self.stands_at(text, at - offset) {
                return Some(at - offset + self.text.len());
            }
            from = at + 1;
        }
        let rest = from - offset;
        let mut matched = 0;
        for (at, byte) in text.iter().enumerate().skip(rest) {
            matched = self.step(&self.borders, matched, *byte);
            if matched == self.text.len() {
                return Some(at + 1);
            }
        }
        None
    }

    /// How much of the text ends at a byte before which `matched` bytes of it ended.
    fn step(&self, borders: &[usize], mut matched: usize, byte: u8) -> usize {
        loop {
            if self.text.get(matched).is_some_and(|next| same(&[*next], &[byte], self.any_case)) {
                return matched + 1;
            }
            if matched == 0 {
                return 0;
            }
            matched = borders[matched];
        }
    }
}

/// Whether two texts are equal.
pub(super) fn same(a: &[u8], b: &[u8], any_case: bool) -> bool {
    if any_case { a.eq_ignore_ascii_case(b) } else { a == b }
}
