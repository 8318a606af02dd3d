//! One pattern of a list, and a list of them.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::needle::Needle;
use crate::names::{Fold, Folded, Glob, base_name};

/// One pattern of a list, as data gives it.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// The last component of a path.
    Basename(Glob),
    /// The whole text.
    Whole(Glob),
    /// An argument of a command line.
    Token(Glob),
    /// Texts that must all occur, in any case.
    Contains(Vec<String>),
}

/// A compiled list.
#[derive(Debug)]
pub(super) struct List {
    /// It is about long texts.
    pub(super) text: bool,
    pub(super) globs: Vec<Pattern>,
    /// Texts of which those of one group must all occur.
    pub(super) groups: Vec<Vec<Needle>>,
}

impl List {
    pub(super) fn new(text: bool, patterns: Vec<Pattern>) -> Self {
        let (mut globs, mut groups) = (Vec::new(), Vec::new());
        for pattern in patterns {
            match pattern {
                Pattern::Contains(all) => {
                    groups.push(all.iter().map(|text| Needle::new(text.as_bytes(), true)).collect());
                }
                glob => globs.push(glob),
            }
        }
        Self { text, globs, groups }
    }

    /// Whether a text is of the list.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let folded = AllFolds::new(text);
        let occurs = |group: &Vec<Needle>| group.iter().all(|needle| needle.occurs_in(text));
        self.globs.iter().any(|pattern| pattern.matches(&folded)) || self.groups.iter().any(occurs)
    }
}

impl Pattern {
    /// The pattern's glob; `None` for texts that must occur.
    pub(super) const fn glob(&self) -> Option<&Glob> {
        match self {
            Self::Basename(glob) | Self::Whole(glob) | Self::Token(glob) => Some(glob),
            Self::Contains(_) => None,
        }
    }

    pub(super) fn matches(&self, text: &AllFolds<'_>) -> bool {
        match self {
            Self::Basename(glob) => {
                glob.may_end(text.exact()) && glob.matches_folded(base_name(text.get(glob.fold()), glob.fold()))
            }
            Self::Whole(glob) => {
                let may = glob.may_begin(text.exact()) && glob.may_end(text.exact());
                may && glob.matches_by_ends(text.exact()).unwrap_or_else(|| glob.matches_folded(text.get(glob.fold())))
            }
            Self::Token(glob) => tokens(text.exact()).any(|token| glob.matches(token)),
            Self::Contains(_) => false,
        }
    }
}

/// The arguments of a command line: what stands between blanks and quotes.
fn tokens(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'')).filter(|token| !token.is_empty())
}

/// A text and its folded forms, each made when it is first needed.
pub(super) struct AllFolds<'a> {
    exact: &'a [u8],
    case: OnceCell<Folded>,
    windows: OnceCell<Folded>,
}

impl<'a> AllFolds<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { exact: text, case: OnceCell::new(), windows: OnceCell::new() }
    }

    pub(super) const fn exact(&self) -> &'a [u8] {
        self.exact
    }

    pub(super) fn get(&self, fold: Fold) -> &[u8] {
        match fold {
            Fold::Exact => self.exact,
            Fold::Case => self.case.get_or_init(|| fold.apply(self.exact)),
            Fold::Windows => self.windows.get_or_init(|| fold.apply(self.exact)),
        }
    }
}
