//! Terms: named sets of patterns, matched once per distinct string.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use smallvec::SmallVec;

use super::pattern::{Fold, Folded, Glob, base_name};

/// Number of a term.
pub type TermId = u16;

/// Most terms a catalogue may have.
pub(super) const MAX_TERMS: usize = 256;

/// Most `contains` texts of one term: which of them were seen is one bit each.
pub(super) const MAX_NEEDLES: usize = MAX_TERMS;

/// The terms a text is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TermBits([u64; MAX_TERMS / 64]);

impl TermBits {
    /// No term.
    pub(crate) const NONE: Self = Self([0; MAX_TERMS / 64]);

    /// Adds a term.
    pub const fn insert(&mut self, term: TermId) {
        self.0[(term as usize >> 6) & 3] |= 1 << (term & 63);
    }

    /// Whether the text is of this term.
    #[must_use]
    pub const fn has(&self, term: TermId) -> bool {
        self.0[(term as usize >> 6) & 3] >> (term & 63) & 1 == 1
    }

    /// The terms that two have in common.
    pub(crate) fn common(&self, other: &Self) -> impl Iterator<Item = TermId> {
        let words = (0..).zip(self.0).zip(other.0).map(|((n, a), b)| (n, a & b));
        words.flat_map(|(n, mut word): (TermId, u64)| {
            core::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < u64::BITS).then_some(n << 6 | bit as TermId)
            })
        })
    }
}

/// One pattern of a term, as data gives it.
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

/// One term, as data gives it.
#[derive(Clone, Debug)]
pub(super) struct TermSource {
    pub(super) name: String,
    /// It is about long texts (command lines), which are looked at only when a behaviour asks.
    pub(super) text: bool,
    pub(super) patterns: Vec<Pattern>,
}

/// All terms of a catalogue.
///
/// ```
/// let catalogue = ipcsentry::Catalogue::builtin();
/// let terms = catalogue.terms();
/// let shells = terms.id("win.shells").expect("a builtin term");
/// assert!(terms.of_name(br"C:\Windows\System32\cmd.exe").has(shells));
/// assert!(terms.matches(shells, br"\Device\HarddiskVolume3\Windows\System32\CMD.EXE"));
/// ```
#[derive(Debug, Default)]
pub struct Terms {
    terms: Vec<Term>,
    /// Ids by name, sorted.
    by_name: Vec<(String, TermId)>,
    names: NameIndex,
    texts: TextIndex,
}

#[derive(Debug)]
struct Term {
    text: bool,
    globs: Vec<Pattern>,
    /// Texts of which those of one group must all occur.
    groups: Vec<Vec<String>>,
    contains: Option<Contains>,
}

impl Terms {
    /// Compiles terms; `None` when there are more than [`MAX_TERMS`], or too many `contains` texts in one.
    pub(super) fn compile(sources: Vec<TermSource>) -> Option<Self> {
        if sources.len() > MAX_TERMS {
            return None;
        }
        let mut names = NameIndex::default();
        let mut needles = Vec::new();
        let mut terms = Vec::new();
        let mut by_name = Vec::new();
        for (id, source) in (0..).zip(sources) {
            let (contains, globs): (Vec<_>, Vec<_>) =
                source.patterns.into_iter().partition(|p| matches!(p, Pattern::Contains(_)));
            if !source.text {
                globs.iter().for_each(|glob| names.add(id, glob));
            }
            let groups: Vec<Vec<String>> = contains
                .into_iter()
                .filter_map(|p| if let Pattern::Contains(all) = p { Some(all) } else { None })
                .collect();
            if !source.text {
                needles.extend(groups.iter().map(|all| (id, all.clone())));
            }
            let contains = if groups.is_empty() { None } else { Some(Contains::new(&groups)?) };
            terms.push(Term { text: source.text, globs, groups, contains });
            by_name.push((source.name, id));
        }
        by_name.sort();
        names.finish(needles)?;
        Some(Self { terms, by_name, names, texts: TextIndex::default() })
    }

    /// Arranges the terms that are asked of texts for [`Self::of_text`]; `None` when there are too many.
    pub(super) fn arrange_for_texts(&mut self, asked: &TermBits) -> Option<()> {
        let mut needles = Vec::new();
        for (id, term) in (0..).zip(&self.terms).filter(|(id, _)| asked.has(*id)) {
            self.texts.patterns.extend(term.globs.iter().map(|glob| (id, glob.clone())));
            needles.extend(term.groups.iter().map(|all| (id, all.clone())));
        }
        self.texts.needles = Needles::new(needles)?;
        Some(())
    }

    /// The term of that name.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<TermId> {
        let at = self.by_name.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        Some(self.by_name[at].1)
    }

    /// Every term with its name, sorted by name.
    pub fn names(&self) -> impl Iterator<Item = (&str, TermId)> {
        self.by_name.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// Whether the term is about long texts: [`Self::of_name`] leaves it out.
    #[must_use]
    pub fn is_text(&self, term: TermId) -> bool {
        self.terms.get(usize::from(term)).is_some_and(|t| t.text)
    }

    /// Every term that a name (image path, endpoint name, user …) is of.
    #[must_use]
    pub fn of_name(&self, name: &[u8]) -> TermBits {
        self.names.lookup(name)
    }

    /// Every term that a text (a command line, a registry path) is of, among those that behaviours ask of such texts.
    #[must_use]
    pub fn of_text(&self, text: &[u8]) -> TermBits {
        self.texts.lookup(text)
    }

    /// Whether a text is of one term.
    #[must_use]
    pub fn matches(&self, term: TermId, text: &[u8]) -> bool {
        let Some(term) = self.terms.get(usize::from(term)) else { return false };
        let folded = AllFolds::new(text);
        term.globs.iter().any(|p| p.matches(&folded)) || term.contains.as_ref().is_some_and(|c| c.matches(text))
    }
}

impl Pattern {
    fn matches(&self, text: &AllFolds<'_>) -> bool {
        match self {
            Self::Basename(glob) => {
                glob.may_end(text.exact) && glob.matches_folded(base_name(text.get(glob.fold()), glob.fold()))
            }
            Self::Whole(glob) => {
                let may = glob.may_begin(text.exact) && glob.may_end(text.exact);
                may && glob.matches_folded(text.get(glob.fold()))
            }
            Self::Token(glob) => tokens(text.get(Fold::Exact)).any(|token| glob.matches(token)),
            Self::Contains(_) => false,
        }
    }
}

/// The arguments of a command line: what stands between blanks and quotes.
fn tokens(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'')).filter(|token| !token.is_empty())
}

/// A text in every fold that is asked for.
struct AllFolds<'a> {
    exact: &'a [u8],
    case: OnceCell<Folded>,
    windows: OnceCell<Folded>,
}

impl<'a> AllFolds<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self { exact: text, case: OnceCell::new(), windows: OnceCell::new() }
    }

    fn get(&self, fold: Fold) -> &[u8] {
        match fold {
            Fold::Exact => self.exact,
            Fold::Case => self.case.get_or_init(|| fold.apply(self.exact)),
            Fold::Windows => self.windows.get_or_init(|| fold.apply(self.exact)),
        }
    }
}

/// Groups of texts; one group must occur in full.
#[derive(Debug)]
struct Contains {
    search: AhoCorasick,
    groups: Vec<TermBits>,
}

impl Contains {
    fn new(groups: &[Vec<String>]) -> Option<Self> {
        let mut needles: Vec<&str> = Vec::new();
        let mut sets = Vec::new();
        for group in groups {
            let mut set = TermBits::default();
            for needle in group {
                let at = needles.iter().position(|n| n == needle).unwrap_or(needles.len());
                if at == needles.len() {
                    needles.push(needle);
                }
                set.insert(TermId::try_from(at).ok().filter(|at| usize::from(*at) < MAX_NEEDLES)?);
            }
            sets.push(set);
        }
        Some(Self { search: search(&needles)?, groups: sets })
    }

    fn matches(&self, text: &[u8]) -> bool {
        let mut seen = TermBits::default();
        for found in self.search.find_overlapping_iter(text) {
            seen.insert(found.pattern().as_usize() as TermId);
            if self.groups.iter().any(|group| seen.covers(group)) {
                return true;
            }
        }
        false
    }
}

impl TermBits {
    fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & theirs == *theirs)
    }
}

fn search(needles: &[&str]) -> Option<AhoCorasick> {
    // A contiguous NFA: a tenth of a DFA's memory and of the time to build it, and fast enough for one look a string.
    let kind = Some(AhoCorasickKind::ContiguousNFA);
    AhoCorasick::builder().kind(kind).ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(needles).ok()
}

/// Every fold, in the order of their numbers.
const FOLDS: [Fold; 3] = [Fold::Exact, Fold::Case, Fold::Windows];

/// Everything that terms say of names, arranged to be asked for all terms at once.
#[derive(Debug, Default)]
struct NameIndex {
    /// Last components and whole names without a star, by fold, sorted.
    basenames: Vec<Literal>,
    wholes: Vec<Literal>,
    /// The others, by fold: on last components, on whole names.
    globs: [[Vec<(TermId, Glob)>; 2]; FOLDS.len()],
    needles: Needles,
}

/// Everything that terms say of texts, arranged to be asked for all terms at once.
#[derive(Debug, Default)]
struct TextIndex {
    patterns: Vec<(TermId, Pattern)>,
    needles: Needles,
}

/// One automaton over the `contains` of many terms, and what each group of one term needs.
#[derive(Debug, Default)]
struct Needles {
    search: Option<AhoCorasick>,
    single: Vec<Vec<TermId>>,
    groups: Vec<(TermId, Vec<u16>)>,
}

/// A name to be equal to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    fold: u8,
    name: Box<[u8]>,
    term: TermId,
}

impl NameIndex {
    fn add(&mut self, term: TermId, pattern: &Pattern) {
        let (glob, literals, place) = match pattern {
            Pattern::Basename(glob) => (glob, &mut self.basenames, 0),
            Pattern::Whole(glob) => (glob, &mut self.wholes, 1),
            Pattern::Token(_) | Pattern::Contains(_) => return,
        };
        match glob.literal() {
            Some(name) => literals.push(Literal { fold: glob.fold() as u8, name: name.into(), term }),
            None => self.globs[glob.fold() as usize][place].push((term, glob.clone())),
        }
    }

    fn finish(&mut self, groups: Vec<(TermId, Vec<String>)>) -> Option<()> {
        self.basenames.sort();
        self.wholes.sort();
        self.needles = Needles::new(groups)?;
        Some(())
    }

    fn lookup(&self, name: &[u8]) -> TermBits {
        let mut bits = TermBits::default();
        let folds = AllFolds::new(name);
        for fold in FOLDS {
            let whole = folds.get(fold);
            let base = base_name(whole, fold);
            let literals = equal(&self.wholes, fold, whole).chain(equal(&self.basenames, fold, base));
            literals.for_each(|term| bits.insert(term));
            for (globs, text) in self.globs[fold as usize].iter().zip([base, whole]) {
                for (term, _) in globs.iter().filter(|(_, glob)| glob.matches_folded(text)) {
                    bits.insert(*term);
                }
            }
        }
        self.needles.search(name, &mut bits);
        bits
    }
}

impl TextIndex {
    fn lookup(&self, text: &[u8]) -> TermBits {
        let mut bits = TermBits::default();
        let folds = AllFolds::new(text);
        for (term, pattern) in &self.patterns {
            if !bits.has(*term) && pattern.matches(&folds) {
                bits.insert(*term);
            }
        }
        self.needles.search(text, &mut bits);
        bits
    }
}

impl Needles {
    /// Arranges groups of texts of which all must occur; `None` when there are too many.
    fn new(groups: Vec<(TermId, Vec<String>)>) -> Option<Self> {
        let mut texts: Vec<&str> = Vec::new();
        let mut needles = Self::default();
        for (term, group) in &groups {
            let mut places = Vec::new();
            for text in group {
                let at = texts.iter().position(|n| n == text).unwrap_or(texts.len());
                if at == texts.len() {
                    texts.push(text);
                    needles.single.push(Vec::new());
                }
                places.push(u16::try_from(at).ok()?);
            }
            match places[..] {
                [at] => needles.single.get_mut(usize::from(at))?.push(*term),
                _ => needles.groups.push((*term, places)),
            }
        }
        if !texts.is_empty() {
            needles.search = Some(search(&texts)?);
        }
        Some(needles)
    }

    fn search(&self, text: &[u8], bits: &mut TermBits) {
        let Some(search) = &self.search else { return };
        let mut seen: SmallVec<[u16; 16]> = SmallVec::new();
        for found in search.find_overlapping_iter(text) {
            let at = found.pattern().as_usize();
            self.single.get(at).into_iter().flatten().for_each(|term| bits.insert(*term));
            if !seen.contains(&(at as u16)) {
                seen.push(at as u16);
            }
        }
        if seen.len() < 2 {
            return;
        }
        for (term, places) in &self.groups {
            if places.iter().all(|at| seen.contains(at)) {
                bits.insert(*term);
            }
        }
    }
}

/// The terms of the literals equal to a name.
fn equal<'a>(sorted: &'a [Literal], fold: Fold, name: &'a [u8]) -> impl Iterator<Item = TermId> + 'a {
    let key = (fold as u8, name);
    let start = sorted.partition_point(|l| (l.fold, &*l.name) < key);
    sorted[start..].iter().take_while(move |l| (l.fold, &*l.name) == key).map(|l| l.term)
}
