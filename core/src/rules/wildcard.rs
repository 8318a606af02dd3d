//! Patterns that stand in a condition itself: whole texts, beginnings, ends, parts, and globs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A pattern in which runs of any bytes may stand. It copies nothing, and its work is linear in the text.
#[derive(Clone, Debug)]
pub struct Wildcard {
    any_case: bool,
    head: Box<[u8]>,
    middle: Vec<Part>,
    /// `None` where the pattern is a whole text: `head` is all of it.
    tail: Option<Box<[u8]>>,
}

/// A text that has to occur. Its rarest byte is looked for first, since most texts lack it.
#[derive(Clone, Debug)]
struct Part {
    any_case: bool,
    text: Box<[u8]>,
    /// The place of the rarest byte, and the byte in lower and upper case.
    rarest: (usize, u8, u8),
    /// Searches a text in which the rarest byte is frequent.
    search: AhoCorasick,
}

/// Occurrences of the rarest byte that are compared before the automaton takes over: the work stays linear.
const COMPARED: usize = 8;

/// Bytes that are frequent in command lines and paths, the most frequent first. Others are rare.
const FREQUENT: &[u8] = b"e-ast/inorl\\ cd.mpu01=:b\"hfgy2v_3w58";

impl Part {
    fn new(text: &[u8], any_case: bool) -> Option<Self> {
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let search = AhoCorasick::builder().kind(kind).ascii_case_insensitive(any_case).build([text]).ok()?;
        let rarity = |byte: &u8| FREQUENT.iter().position(|f| f.eq_ignore_ascii_case(byte)).unwrap_or(FREQUENT.len());
        let (at, byte) = text.iter().enumerate().max_by_key(|(_, byte)| rarity(byte))?;
        let cases = if any_case { (byte.to_ascii_lowercase(), byte.to_ascii_uppercase()) } else { (*byte, *byte) };
        Some(Self { any_case, text: text.into(), rarest: (at, cases.0, cases.1), search })
    }

    /// Where the text ends at its first occurrence.
    fn end_in(&self, text: &[u8]) -> Option<usize> {
        let (offset, lower, upper) = self.rarest;
        let mut from = offset;
        for _ in 0..COMPARED {
            let at = from + memchr::memchr2(lower, upper, text.get(from..)?)?;
            let found = at - offset..at - offset + self.text.len();
            if text.get(found.clone()).is_some_and(|found| same(found, &self.text, self.any_case)) {
                return Some(found.end);
            }
            from = at + 1;
        }
        let rest = from - offset;
        self.search.find(text.get(rest..)?).map(|found| rest + found.end())
    }
}

fn same(a: &[u8], b: &[u8], any_case: bool) -> bool {
    if any_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

impl Wildcard {
    /// A glob: `*` stands for any run of bytes. `None` where it is too long to be looked for.
    pub(super) fn glob(pattern: &str, any_case: bool) -> Option<Self> {
        let mut parts: Vec<&str> = pattern.split('*').collect();
        let tail = if parts.len() > 1 { parts.pop() } else { None };
        Self::new(parts[0], &parts[1..], tail, any_case)
    }

    /// A text that has to occur.
    pub(super) fn contains(text: &str, any_case: bool) -> Option<Self> {
        Self::new("", &[text], Some(""), any_case)
    }

    /// A text to begin with.
    pub(super) fn starts_with(text: &str, any_case: bool) -> Option<Self> {
        Self::new(text, &[], Some(""), any_case)
    }

    /// A text to end with.
    pub(super) fn ends_with(text: &str, any_case: bool) -> Option<Self> {
        Self::new("", &[], Some(text), any_case)
    }

    fn new(head: &str, middle: &[&str], tail: Option<&str>, any_case: bool) -> Option<Self> {
        let parts = middle.iter().filter(|part| !part.is_empty());
        let middle = parts.map(|part| Part::new(part.as_bytes(), any_case)).collect::<Option<_>>()?;
        let bytes = |text: &str| Box::from(text.as_bytes());
        Some(Self { any_case, head: bytes(head), middle, tail: tail.map(bytes) })
    }

    /// Whether a text matches as a whole.
    #[must_use]
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let Some(tail) = &self.tail else { return same(text, &self.head, self.any_case) };
        let Some(between) = text.len().checked_sub(self.head.len() + tail.len()) else { return false };
        let (head, rest) = text.split_at(self.head.len());
        let (mut rest, end) = rest.split_at(between);
        if !same(head, &self.head, self.any_case) || !same(end, tail, self.any_case) {
            return false;
        }
        for part in &self.middle {
            match part.end_in(rest) {
                Some(end) => rest = &rest[end..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Wildcard;

    #[test]
    fn patterns_match_whole_texts() {
        type Make = fn(&str, bool) -> Option<Wildcard>;
        let cases: &[(Make, &str, bool, &str, bool)] = &[
            (Wildcard::glob, "a*c", false, "abc", true),
            (Wildcard::glob, "a*c", false, "abcd", false),
            (Wildcard::glob, "aa*aa", false, "aaa", false),
            (Wildcard::glob, "*", false, "", true),
            (Wildcard::glob, "*b*b*", false, "b", false),
            (Wildcard::glob, "*ab*ba*", false, "aba", false),
            (Wildcard::glob, "*ab*ba*", false, "abba", true),
            (Wildcard::glob, "/TMP/*", false, "/tmp/x", false),
            (Wildcard::glob, "/TMP/*.So", true, "/tmp/x.sO", true),
            (Wildcard::glob, "abc", true, "ABC", true),
            (Wildcard::contains, "a*b", false, "xa*by", true),
            (Wildcard::contains, "a*b", false, "xaabby", false),
            (Wildcard::contains, "-Enc", true, "x -ENC y", true),
            (Wildcard::contains, "xz", false, "xxxxxxxxxxxxxxxxxxxxxz", true),
            (Wildcard::contains, "zx", false, "zzzzzzzzzzzzzzzzzzzzzx", true),
            (Wildcard::contains, "zzx", true, "zZzZzZzZzZzZzZzZX", true),
            (Wildcard::contains, "zx", false, "zzzzzzzzzzzzzzzzzzzzz", false),
            (Wildcard::contains, "az", false, "zzzzzzzzzz", false),
            (Wildcard::contains, "az", false, "zzzzzzzzzzaz", true),
            (Wildcard::glob, "*az*zb", false, "zzzzzzzzzzazzb", true),
            (Wildcard::glob, "*az*zb", false, "zzzzzzzzzzazb", false),
            (Wildcard::contains, "ez", false, "z", false),
            (Wildcard::contains, "za", false, "", false),
            (Wildcard::starts_with, "-s", false, "-s x", true),
            (Wildcard::starts_with, "-s", false, "x -s", false),
            (Wildcard::ends_with, ".js", true, "a.JS", true),
            (Wildcard::ends_with, ".js", true, "a.jsx", false),
        ];
        for (make, pattern, any_case, text, expected) in cases {
            let pattern_of = make(pattern, *any_case).expect("a pattern");
            assert_eq!(pattern_of.matches(text.as_bytes()), *expected, "{pattern} {text}");
        }
    }
}
