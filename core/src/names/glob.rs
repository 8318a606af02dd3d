//! Case folding of names by platform, and glob patterns that match in linear time.

use alloc::boxed::Box;
use alloc::vec::Vec;

use memchr::memmem;
use smallvec::SmallVec;

use super::volume;

/// What is ignored when two names are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    /// Nothing is ignored (Linux).
    Exact,
    /// ASCII case is ignored (macOS).
    Case,
    /// ASCII case, the direction of slashes and the volume are ignored (Windows).
    Windows,
}

/// Folded bytes; most names fit without an allocation.
pub(crate) type Folded = SmallVec<[u8; 128]>;

impl Fold {
    /// The byte as the fold compares it.
    pub(crate) const fn byte(self, byte: u8) -> u8 {
        match (self, byte) {
            (Self::Exact, _) => byte,
            (Self::Windows, b'/') => b'\\',
            _ => byte.to_ascii_lowercase(),
        }
    }

    /// The folded name.
    pub(crate) fn apply(self, name: &[u8]) -> Folded {
        match self {
            Self::Exact => name.into(),
            Self::Case => {
                let mut folded = Folded::from_slice(name);
                folded.make_ascii_lowercase();
                folded
            }
            Self::Windows => {
                let mut folded = Folded::from_slice(name);
                folded.iter_mut().for_each(|byte| *byte = self.byte(*byte));
                let within = volume::without(&folded);
                if within.len() == folded.len() { folded } else { within.into() }
            }
        }
    }
}

/// The part of a folded path behind its last separator.
pub(crate) fn base_name(path: &[u8], fold: Fold) -> &[u8] {
    let separator = if fold == Fold::Windows { b'\\' } else { b'/' };
    memchr::memrchr(separator, path).map_or(path, |at| &path[at + 1..])
}

/// A pattern in which `*` stands for any number of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    fold: Fold,
    head: Box<[u8]>,
    middle: Vec<memmem::Finder<'static>>,
    /// `None` if the pattern has no star: then `head` is the whole pattern.
    tail: Option<Box<[u8]>>,
}

impl Glob {
    pub(crate) fn new(pattern: &str, fold: Fold) -> Self {
        let folded = fold.apply(pattern.as_bytes());
        let mut parts = folded.split(|b| *b == b'*');
        let head = parts.next().unwrap_or_default().into();
        let mut rest: Vec<&[u8]> = parts.collect();
        let tail = rest.pop().map(Box::from);
        let middle = rest.iter().filter(|p| !p.is_empty()).map(|p| memmem::Finder::new(p).into_owned()).collect();
        Self { fold, head, middle, tail }
    }

    /// How it folds texts.
    pub(crate) const fn fold(&self) -> Fold {
        self.fold
    }

    /// The texts between its stars, all of which a folded text that it matches has.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let ends = core::iter::once(&*self.head).chain(self.tail.as_deref());
        ends.chain(self.middle.iter().map(|part| part.needle()))
    }

    /// The whole pattern if it has no star.
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        self.tail.is_none().then_some(&*self.head)
    }

    /// Whether a folded text matches as a whole.
    pub(crate) fn matches_folded(&self, text: &[u8]) -> bool {
        let Some(tail) = &self.tail else { return *text == *self.head };
        let Some(mut rest) = text.strip_prefix(&*self.head).and_then(|t| t.strip_suffix(&**tail)) else {
            return false;
        };
        for part in &self.middle {
            match part.find(rest) {
                Some(at) => rest = &rest[at + part.needle().len()..],
                None => return false,
            }
        }
        true
    }

    /// Whether a text matches as a whole.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        self.may_end(text) && self.matches_folded(&self.fold.apply(text))
    }

    /// What folding leaves of a text, not folded yet; `None` where that takes more than a look at its first two bytes.
    fn within<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        match (self.fold, text) {
            // These may begin with a volume, which folding removes.
            (Fold::Windows, [b'\\' | b'/', b'\\' | b'/' | b'?' | b'D' | b'd', ..]) => None,
            (Fold::Windows, [drive, b':', within @ ..]) if drive.is_ascii_alphabetic() => Some(within),
            _ => Some(text),
        }
    }

    /// Whether a text may begin as the pattern does. It rejects most texts before they are folded.
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        self.within(text).is_none_or(|text| {
            text.len() >= self.head.len() && text.iter().zip(&*self.head).all(|(a, b)| self.fold.byte(*a) == *b)
        })
    }

    /// Whether a text matches as a whole that begins and ends as the pattern does; `None` if it has to be folded to tell.
    pub(crate) fn matches_by_ends(&self, text: &[u8]) -> Option<bool> {
        let length = self.within(text).filter(|_| self.middle.is_empty())?.len();
        Some(match &self.tail {
            None => length == self.head.len(),
            Some(tail) => length >= self.head.len() + tail.len(),
        })
    }

    /// Whether a text ends as the pattern does. It rejects most texts before they are folded.
    pub(crate) fn may_end(&self, text: &[u8]) -> bool {
        let end = self.tail.as_ref().unwrap_or(&self.head);
        text.len() >= end.len()
            && text[text.len() - end.len()..].iter().zip(end).rev().all(|(a, b)| self.fold.byte(*a) == *b)
    }
}

/// A pattern of images. It applies to the whole path if it has a separator, otherwise to the last component.
#[derive(Clone, Debug)]
pub(crate) struct ImagePattern {
    whole: bool,
    glob: Glob,
}

impl ImagePattern {
    pub(crate) fn new(pattern: &str, fold: Fold) -> Self {
        let whole = pattern.contains('/') || (fold == Fold::Windows && pattern.contains('\\'));
        Self { whole, glob: Glob::new(pattern, fold) }
    }

    /// Whether it applies to the whole path.
    pub(crate) const fn is_path(&self) -> bool {
        self.whole
    }

    pub(crate) fn matches(&self, image: &[u8]) -> bool {
        if !self.glob.may_end(image) || self.whole && !self.glob.may_begin(image) {
            return false;
        }
        let fold = self.glob.fold();
        if self.whole
            && let Some(matches) = self.glob.matches_by_ends(image)
        {
            return matches;
        }
        if let (false, Some(name)) = (self.whole, self.glob.literal()) {
            // It ends so: whether that is the last component, the byte before it says.
            match image.len().checked_sub(name.len() + 1).and_then(|before| image.get(before)) {
                None | Some(b'/') => return true,
                Some(b'\\') if fold == Fold::Windows => return true,
                // Behind a volume: `C:name`.
                Some(b':') | Some(b'0'..=b'9') if fold == Fold::Windows => {}
                Some(_) => return false,
            }
        }
        let folded = fold.apply(image);
        self.glob.matches_folded(if self.whole { &folded } else { base_name(&folded, fold) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fold, Glob, ImagePattern};

    #[test]
    fn a_glob_matches_the_whole_text_only() {
        let cases: &[(&str, Fold, &str, bool)] = &[
            ("a*c", Fold::Exact, "abc", true),
            ("a*c", Fold::Exact, "abcd", false),
            ("aa*aa", Fold::Exact, "aaa", false),
            ("*", Fold::Exact, "", true),
            ("*b*b*", Fold::Exact, "b", false),
            ("/TMP/*", Fold::Exact, "/tmp/x", false),
            ("/TMP/*", Fold::Case, "/tmp/x", true),
            (r"\Windows\*.exe", Fold::Windows, "C:/windows/System32/CMD.EXE", true),
            (r"\Windows\*", Fold::Windows, r"\Device\HarddiskVolume12\Windows\x", true),
            (r"\Windows\*", Fold::Windows, r"\\?\c:\Windows\x", true),
            (r"\Windows\*", Fold::Windows, r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7\Windows\x", true),
            (r"\Windows\*", Fold::Windows, r"\\.\GlobalRoot\Device\HarddiskVolume3\Windows\x", true),
            (r"\Windows\*", Fold::Windows, r"\\?\GLOBALROOT\x\Windows\x", false),
            (r"\\*", Fold::Windows, r"\\server\share\x", true),
            (r"\\*", Fold::Windows, r"C:\x", false),
        ];
        for (pattern, fold, text, expected) in cases {
            let glob = Glob::new(pattern, *fold);
            assert_eq!(glob.matches(text.as_bytes()), *expected, "{pattern} {text}");
            assert!(!expected || glob.may_begin(text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_images_without_separator_looks_at_the_last_component() {
        assert!(ImagePattern::new("chrome.exe", Fold::Windows).matches(br"D:\Apps\Chrome.exe"));
        assert!(ImagePattern::new("python*", Fold::Exact).matches(b"/usr/bin/python3.12"));
        assert!(!ImagePattern::new("python*", Fold::Exact).matches(b"/opt/python/bin/sh"));
        assert!(!ImagePattern::new("/usr/bin/docker", Fold::Exact).matches(b"/tmp/docker"));
        for (image, expected) in [
            ("chrome.exe", true),
            (r"c:\CHROME.exe", true),
            ("c:chrome.exe", true),
            ("c:/apps/chrome.exe", true),
            (r"C:\xchrome.exe", false),
            (r"C:\x:chrome.exe", false),
            (r"\Device\HarddiskVolume3chrome.exe", true),
            (r"C:\3chrome.exe", false),
            ("hrome.exe", false),
        ] {
            assert_eq!(ImagePattern::new("chrome.exe", Fold::Windows).matches(image.as_bytes()), expected, "{image}");
        }
        for (image, expected) in [("sh", true), ("/bin/sh", true), ("/bin/bash", false), (r"/bin/x\sh", false)] {
            assert_eq!(ImagePattern::new("sh", Fold::Exact).matches(image.as_bytes()), expected, "{image}");
        }
    }
}
