//! Patterns that stand in a condition itself: whole texts, beginnings, ends, parts, and globs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::needle::{Needle, same};

/// A pattern in which runs of any bytes may stand. It copies nothing, and its work is linear in the text.
#[derive(Clone, Debug)]
pub struct Wildcard {
    any_case: bool,
    head: Box<[u8]>,
    middle: Vec<Needle>,
    /// `None` where the pattern is a whole text: `head` is all of it.
    tail: Option<Box<[u8]>>,
}

impl Wildcard {
    /// A glob: `*` stands for any run of bytes.
    pub(super) fn glob(pattern: &str, any_case: bool) -> Self {
        let mut parts: Vec<&str> = pattern.split('*').collect();
        let tail = if parts.len() > 1 { parts.pop() } else { None };
        Self::new(parts[0], &parts[1..], tail, any_case)
    }

    /// A text that has to occur.
    pub(super) fn contains(text: &str, any_case: bool) -> Self {
        Self::new("", &[text], Some(""), any_case)
    }

    /// A text to begin with.
    pub(super) fn starts_with(text: &str, any_case: bool) -> Self {
        Self::new(text, &[], Some(""), any_case)
    }

    /// A text to end with.
    pub(super) fn ends_with(text: &str, any_case: bool) -> Self {
        Self::new("", &[], Some(text), any_case)
    }

    fn new(head: &str, middle: &[&str], tail: Option<&str>, any_case: bool) -> Self {
        let parts = middle.iter().filter(|part| !part.is_empty());
        let middle = parts.map(|part| Needle::new(part.as_bytes(), any_case)).collect();
        let bytes = |text: &str| Box::from(text.as_bytes());
        Self { any_case, head: bytes(head), middle, tail: tail.map(bytes) }
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
        type Make = fn(&str, bool) -> Wildcard;
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
            (Wildcard::contains, "zzx", true, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzZX", true),
            (Wildcard::contains, "zzxzzy", false, "zzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzyz", true),
            (Wildcard::contains, "zzxzzy", false, "zzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzzxzz", false),
            (Wildcard::contains, "ez", false, "z", false),
            (Wildcard::contains, "za", false, "", false),
            (Wildcard::starts_with, "-s", false, "-s x", true),
            (Wildcard::starts_with, "-s", false, "x -s", false),
            (Wildcard::ends_with, ".js", true, "a.JS", true),
            (Wildcard::ends_with, ".js", true, "a.jsx", false),
        ];
        for (make, pattern, any_case, text, expected) in cases {
            let pattern_of = make(pattern, *any_case);
            assert_eq!(pattern_of.matches(text.as_bytes()), *expected, "{pattern} {text}");
        }
    }
}
