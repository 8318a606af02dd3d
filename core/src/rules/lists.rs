//! Lists: named sets of patterns, matched once per distinct string.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use smallvec::SmallVec;

use crate::names::{Fold, Folded, Glob, base_name};
use crate::util::hash::Hasher;
use crate::util::saved::saved;

/// Number of a list.
pub(crate) type ListId = u16;

/// Most lists a catalog may have.
pub(super) const MAX_LISTS: usize = 256;

/// Most `contains` texts of one list: which of them were seen is one bit each.
pub(super) const MAX_NEEDLES: usize = MAX_LISTS;

/// The lists a text is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListBits([u64; MAX_LISTS / 64]);

saved!(ListBits { 0 });

impl ListBits {
    /// No list.
    pub(crate) const NONE: Self = Self([0; MAX_LISTS / 64]);

    /// A digest of the set.
    pub(crate) fn digest(&self) -> u64 {
        self.0.iter().fold(Hasher::new(0), |hasher, word| hasher.u64(*word)).finish()
    }

    /// Adds a list.
    pub(crate) const fn insert(&mut self, list: ListId) {
        self.0[(list as usize >> 6) & 3] |= 1 << (list & 63);
    }

    /// Whether the text is of this list.
    pub(crate) const fn has(&self, list: ListId) -> bool {
        self.0[(list as usize >> 6) & 3] >> (list & 63) & 1 == 1
    }

    /// Gives the lists that two have in common.
    pub(crate) fn common(&self, other: &Self, mut take: impl FnMut(ListId)) {
        for (n, (a, b)) in (0..).zip(self.0.iter().zip(&other.0)) {
            let mut word = a & b;
            while word != 0 {
                take(n << 6 | word.trailing_zeros() as ListId);
                word &= word - 1;
            }
        }
    }
}

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

/// One list, as data gives it.
#[derive(Clone, Debug)]
pub(super) struct ListSource {
    pub(super) name: String,
    /// It is about long texts (command lines), which are matched only when a predicate needs them.
    pub(super) text: bool,
    pub(super) patterns: Vec<Pattern>,
}

/// All lists of a catalog.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lists: Vec<List>,
    /// Ids by name, sorted.
    by_name: Vec<(String, ListId)>,
    names: NameIndex,
    texts: TextIndex,
}

#[derive(Debug)]
struct List {
    text: bool,
    globs: Vec<Pattern>,
    /// Texts of which those of one group must all occur.
    groups: Vec<Vec<String>>,
    contains: Option<Contains>,
}

impl Lists {
    /// Compiles lists; `None` when there are more than [`MAX_LISTS`], or too many `contains` texts in one.
    pub(super) fn compile(sources: Vec<ListSource>) -> Option<Self> {
        if sources.len() > MAX_LISTS {
            return None;
        }
        let mut names = NameIndex::default();
        let mut needles = Vec::new();
        let mut lists = Vec::new();
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
            lists.push(List { text: source.text, globs, groups, contains });
            by_name.push((source.name, id));
        }
        by_name.sort_unstable();
        names.finish(needles)?;
        Some(Self { lists, by_name, names, texts: TextIndex::default() })
    }

    /// Prepares the lists that predicates on long texts name for [`Self::of_text`]; `None` when there are too many.
    pub(super) fn arrange_for_texts(&mut self, asked: &ListBits) -> Option<()> {
        let mut needles = Vec::new();
        for (id, list) in (0..).zip(&self.lists).filter(|(id, _)| asked.has(*id)) {
            self.texts.patterns.extend(list.globs.iter().map(|glob| (id, glob.bytes(), glob.clone())));
            needles.extend(list.groups.iter().map(|all| (id, all.clone())));
        }
        self.texts.needles = Needles::new(needles)?;
        Some(())
    }

    /// The list of that name.
    pub(crate) fn id(&self, name: &str) -> Option<ListId> {
        let at = self.by_name.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        Some(self.by_name[at].1)
    }

    /// Every list with its name, sorted by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, ListId)> {
        self.by_name.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// Whether the list is about long texts: [`Self::of_name`] leaves it out.
    pub(crate) fn is_text(&self, list: ListId) -> bool {
        self.lists.get(usize::from(list)).is_some_and(|t| t.text)
    }

    /// Every list that a name (image path, endpoint name, user …) is of.
    pub(crate) fn of_name(&self, name: &[u8]) -> ListBits {
        self.names.lookup(name)
    }

    /// Every list that matches a text (a command line, a registry path), among those that predicates on such texts name.
    pub(crate) fn of_text(&self, text: &[u8]) -> ListBits {
        self.texts.lookup(text)
    }

    /// Whether a text is of one list.
    pub(crate) fn matches(&self, list: ListId, text: &[u8]) -> bool {
        let Some(list) = self.lists.get(usize::from(list)) else { return false };
        let folded = AllFolds::new(text);
        list.globs.iter().any(|p| p.matches(&folded)) || list.contains.as_ref().is_some_and(|c| c.matches(text))
    }
}

impl Pattern {
    /// The bytes that a text it matches has.
    fn bytes(&self) -> ByteSet {
        match self {
            Self::Basename(glob) | Self::Whole(glob) | Self::Token(glob) => ByteSet::of(glob.bytes()),
            Self::Contains(_) => ByteSet::default(),
        }
    }

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

/// A text and its folded forms, each made when it is first needed.
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
    groups: Vec<ListBits>,
}

impl Contains {
    fn new(groups: &[Vec<String>]) -> Option<Self> {
        let mut needles: Vec<&str> = Vec::new();
        let mut sets = Vec::new();
        for group in groups {
            let mut set = ListBits::default();
            for needle in group {
                let at = needles.iter().position(|n| n == needle).unwrap_or(needles.len());
                if at == needles.len() {
                    needles.push(needle);
                }
                set.insert(ListId::try_from(at).ok().filter(|at| usize::from(*at) < MAX_NEEDLES)?);
            }
            sets.push(set);
        }
        Some(Self { search: search(&needles)?, groups: sets })
    }

    fn matches(&self, text: &[u8]) -> bool {
        let mut seen = ListBits::default();
        for found in self.search.find_overlapping_iter(text) {
            seen.insert(found.pattern().as_usize() as ListId);
            if self.groups.iter().any(|group| seen.covers(group)) {
                return true;
            }
        }
        false
    }
}

impl ListBits {
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

/// The patterns of all lists about names, arranged to match a name against all lists at once.
#[derive(Debug, Default)]
struct NameIndex {
    /// Last components and whole names without a star, by fold, sorted.
    basenames: Vec<Literal>,
    wholes: Vec<Literal>,
    /// The others, by fold: on last components, on whole names.
    globs: [[Vec<(ListId, Glob)>; 2]; FOLDS.len()],
    needles: Needles,
}

/// The patterns of all lists about long texts, arranged to match a text against all lists at once.
#[derive(Debug, Default)]
struct TextIndex {
    /// Patterns with the bytes that a text must have.
    patterns: Vec<(ListId, ByteSet, Pattern)>,
    needles: Needles,
}

/// A set of bytes in which those that a fold makes equal are one.
#[derive(Clone, Copy, Debug, Default)]
struct ByteSet([u64; 4]);

impl ByteSet {
    fn of(bytes: impl Iterator<Item = u8>) -> Self {
        let mut set = Self::default();
        for byte in bytes.map(|byte| Fold::Windows.byte(byte)) {
            set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        set
    }

    fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & theirs == *theirs)
    }
}

/// One automaton over the `contains` of many lists, and what each group of one list needs.
#[derive(Debug, Default)]
struct Needles {
    search: Option<AhoCorasick>,
    /// By text: the lists that it alone is enough for.
    single: Vec<Vec<ListId>>,
    /// By text: the groups of which it is the longest text, with all of their texts.
    groups: Vec<Vec<(ListId, Vec<u16>)>>,
}

/// A name to be equal to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    fold: u8,
    name: Box<[u8]>,
    list: ListId,
}

impl NameIndex {
    fn add(&mut self, list: ListId, pattern: &Pattern) {
        let (glob, literals, place) = match pattern {
            Pattern::Basename(glob) => (glob, &mut self.basenames, 0),
            Pattern::Whole(glob) => (glob, &mut self.wholes, 1),
            Pattern::Token(_) | Pattern::Contains(_) => return,
        };
        match glob.literal() {
            Some(name) => literals.push(Literal { fold: glob.fold() as u8, name: name.into(), list }),
            None => self.globs[glob.fold() as usize][place].push((list, glob.clone())),
        }
    }

    fn finish(&mut self, groups: Vec<(ListId, Vec<String>)>) -> Option<()> {
        self.basenames.sort_unstable();
        self.wholes.sort_unstable();
        self.needles = Needles::new(groups)?;
        Some(())
    }

    fn lookup(&self, name: &[u8]) -> ListBits {
        let mut bits = ListBits::default();
        let folds = AllFolds::new(name);
        for fold in FOLDS {
            let whole = folds.get(fold);
            let base = base_name(whole, fold);
            let literals = equal(&self.wholes, fold, whole).chain(equal(&self.basenames, fold, base));
            literals.for_each(|list| bits.insert(list));
            for (globs, text) in self.globs[fold as usize].iter().zip([base, whole]) {
                for (list, _) in globs.iter().filter(|(_, glob)| glob.matches_folded(text)) {
                    bits.insert(*list);
                }
            }
        }
        self.needles.search(name, &mut bits);
        bits
    }
}

impl TextIndex {
    fn lookup(&self, text: &[u8]) -> ListBits {
        let mut bits = ListBits::default();
        let folds = AllFolds::new(text);
        let bytes = ByteSet::of(text.iter().copied());
        for (list, needed, pattern) in &self.patterns {
            if bytes.covers(needed) && !bits.has(*list) && pattern.matches(&folds) {
                bits.insert(*list);
            }
        }
        self.needles.search(text, &mut bits);
        bits
    }
}

impl Needles {
    /// Arranges groups of texts of which all must occur; `None` when there are too many.
    fn new(groups: Vec<(ListId, Vec<String>)>) -> Option<Self> {
        let mut texts: Vec<&str> = Vec::new();
        let mut needles = Self::default();
        for (list, group) in &groups {
            let mut places = Vec::new();
            for text in group {
                let at = texts.iter().position(|n| n == text).unwrap_or(texts.len());
                if at == texts.len() {
                    texts.push(text);
                    needles.single.push(Vec::new());
                    needles.groups.push(Vec::new());
                }
                places.push(u16::try_from(at).ok()?);
            }
            let longest = places.iter().copied().map(usize::from).max_by_key(|&at| texts[at].len());
            let Some(longest) = longest else { continue };
            match places.len() {
                1 => needles.single[longest].push(*list),
                _ => needles.groups[longest].push((*list, places)),
            }
        }
        if !texts.is_empty() {
            needles.search = Some(search(&texts)?);
        }
        Some(needles)
    }

    fn search(&self, text: &[u8], bits: &mut ListBits) {
        let Some(search) = &self.search else { return };
        // The texts that were seen, a bit each.
        let mut seen: SmallVec<[u64; 16]> = SmallVec::from_elem(0, self.single.len().div_ceil(64));
        let mut groups: SmallVec<[&(ListId, Vec<u16>); 16]> = SmallVec::new();
        for found in search.find_overlapping_iter(text) {
            let at = found.pattern().as_usize();
            let (word, bit) = (&mut seen[at / 64], 1 << (at % 64));
            if *word & bit == 0 {
                *word |= bit;
                self.single[at].iter().for_each(|list| bits.insert(*list));
                groups.extend(&self.groups[at]);
            }
        }
        for (list, places) in groups {
            if places.iter().all(|at| seen[usize::from(at / 64)] >> (at % 64) & 1 == 1) {
                bits.insert(*list);
            }
        }
    }
}

/// The lists of the literals equal to a name.
fn equal<'a>(sorted: &'a [Literal], fold: Fold, name: &'a [u8]) -> impl Iterator<Item = ListId> + 'a {
    let key = (fold as u8, name);
    let start = sorted.partition_point(|l| (l.fold, &*l.name) < key);
    sorted[start..].iter().take_while(move |l| (l.fold, &*l.name) == key).map(|l| l.list)
}
