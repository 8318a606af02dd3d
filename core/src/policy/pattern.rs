//! The values of a policy's attributes: exact texts, texts with stars, regular expressions, and lists of them.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use regex_automata::nfa::thompson::{
    self,
    pikevm::{self, PikeVM},
};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use super::attribute::Attribute;
use crate::event::Os;
use crate::names::{Fold, Glob, ImagePattern, NameKind, base_name};

/// Most bytes of a compiled regular expression: matching takes time in proportion to its size and to the text's.
const REGEX_BYTES: usize = 256 << 10;
/// Deepest nesting of groups in a regular expression.
const REGEX_DEPTH: u32 = 32;

/// A pattern as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A text in which `*` stands for any run of characters.
    Glob(String),
    /// A text that has to be equal.
    Exact(String),
    /// A regular expression for the whole text.
    Regex(String),
}

/// A pattern, ready for each platform: names are compared as the engine compares them.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) written: Written,
    /// By the number of the platform.
    matchers: [Matcher; 3],
}

#[derive(Clone, Debug)]
enum Matcher {
    Text(Glob),
    Image(ImagePattern),
    Exact {
        text: Box<[u8]>,
        fold: Fold,
        /// It is compared with the last component of a path.
        is_base_name: bool,
    },
    Regex(Box<PikeVM>),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Pattern {
    /// A pattern of plain text, in any case.
    pub(super) fn text(text: &str) -> Self {
        let matcher = || Matcher::Text(Glob::new(text, Fold::Windows));
        Self { written: Written::Glob(text.into()), matchers: [matcher(), matcher(), matcher()] }
    }

    /// The pattern for an attribute.
    ///
    /// # Errors
    /// What is wrong with a regular expression.
    pub(super) fn of(attribute: Attribute, written: Written) -> Result<Self, String> {
        let make = |os| matcher(attribute, &written, os);
        let matchers = [make(Os::Windows)?, make(Os::Linux)?, make(Os::Macos)?];
        Ok(Self { written, matchers })
    }

    /// Whether it matches whatever there is.
    pub(super) fn matches_all(&self) -> bool {
        match &self.written {
            Written::Glob(text) => text.bytes().all(|b| b == b'*'),
            Written::Exact(_) => false,
            // Texts that no pattern for a purpose matches together.
            Written::Regex(_) => {
                let odd: [&[u8]; 4] = [b"", b"\x01", b"~ z\\Z/9'\"", b"0"];
                odd.iter().filter(|text| self.matches(text, Os::Linux)).count() >= 3
            }
        }
    }

    /// Whether the pattern is this user id.
    pub(super) fn is_uid(&self, uid: Option<u32>) -> bool {
        let Some(uid) = uid else { return false };
        match &self.written {
            Written::Glob(text) | Written::Exact(text) => {
                text.strip_prefix("uid=").unwrap_or(text).parse().ok() == Some(uid)
            }
            Written::Regex(_) => self.matches(format!("uid={uid}").as_bytes(), Os::Linux),
        }
    }

    /// Whether a text matches, on a platform.
    pub(super) fn matches(&self, text: &[u8], os: Os) -> bool {
        match &self.matchers[os as usize % 3] {
            Matcher::Text(glob) => glob.matches(text),
            Matcher::Image(pattern) => pattern.matches(text),
            Matcher::Exact { text: wanted, fold, is_base_name } => {
                let folded = fold.apply(text);
                wanted[..] == *if *is_base_name { base_name(&folded, *fold) } else { &folded[..] }
            }
            Matcher::Regex(regex) => is_whole(regex, text),
        }
    }
}

fn matcher(attribute: Attribute, written: &Written, os: Os) -> Result<Matcher, String> {
    let (is_image, is_name) = (attribute.is_image(), attribute == Attribute::Name);
    let fold = if is_image || is_name { fold(os) } else { Fold::Windows };
    let normal = |text: &str| match () {
        () if is_image => path(text, os),
        () if is_name => name(text, os),
        () => text.into(),
    };
    Ok(match written {
        Written::Glob(text) if is_image => Matcher::Image(ImagePattern::new(&normal(text), fold)),
        Written::Glob(text) => Matcher::Text(Glob::new(&normal(text), fold)),
        Written::Exact(text) => {
            let is_base_name = is_image && !text.contains('/') && !(fold == Fold::Windows && text.contains('\\'));
            Matcher::Exact { text: fold.apply(normal(text).as_bytes()).to_vec().into(), fold, is_base_name }
        }
        Written::Regex(text) => Matcher::Regex(Box::new(regex(text, fold != Fold::Exact)?)),
    })
}

/// A regular expression over bytes whose longest match is looked for.
fn regex(text: &str, any_case: bool) -> Result<PikeVM, String> {
    let syntax = syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .case_insensitive(any_case)
        .dot_matches_new_line(true)
        .nest_limit(REGEX_DEPTH);
    syntax::parse_with(text, &syntax).map_err(|error| shown(&error))?;
    let compiler = thompson::Config::new().utf8(false).nfa_size_limit(Some(REGEX_BYTES));
    let longest = pikevm::Config::new().match_kind(MatchKind::All);
    let built = PikeVM::builder().configure(longest).syntax(syntax).thompson(compiler).build(text);
    built.map_err(|error| shown(&error))
}

/// Whether a regular expression matches from the first byte to the last.
fn is_whole(regex: &PikeVM, text: &[u8]) -> bool {
    let input = Input::new(text).anchored(Anchored::Yes);
    regex.find(&mut regex.create_cache(), input).is_some_and(|found| found.end() == text.len())
}

/// The last line of an error of the parser, which says what is wrong; those before draw the place.
fn shown(error: &dyn core::fmt::Display) -> String {
    let text = format!("{error}");
    let what = text.lines().last().unwrap_or_default();
    format!("is no regular expression: {}", what.strip_prefix("error: ").unwrap_or(what))
}

/// How names of paths and of IPC objects are compared on a platform.
const fn fold(os: Os) -> Fold {
    match os {
        Os::Windows => Fold::Windows,
        Os::Linux => Fold::Exact,
        Os::Macos => Fold::Case,
    }
}

/// A path as the engine writes it. A pattern that begins within a path stays as it is.
fn path(text: &str, os: Os) -> String {
    let is_whole = match os {
        Os::Windows => text.starts_with('%') || text.starts_with('\\') || text.as_bytes().get(1) == Some(&b':'),
        Os::Linux | Os::Macos => text.starts_with('/'),
    };
    if is_whole { normalized(text, os.path_kind()) } else { text.into() }
}

/// The name of an IPC object as the engine writes it.
fn name(text: &str, os: Os) -> String {
    match os {
        Os::Windows if text.starts_with('\\') => normalized(text, NameKind::Pipe),
        Os::Linux | Os::Macos if text.starts_with('/') => normalized(text, os.path_kind()),
        _ => text.into(),
    }
}

fn normalized(text: &str, kind: NameKind) -> String {
    let mut out = Vec::new();
    kind.normalize(text.as_bytes(), &mut out);
    String::from_utf8(out).unwrap_or_else(|_| text.into())
}
