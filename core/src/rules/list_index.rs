//! Matches a text against the patterns of many lists at once.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use smallvec::SmallVec;

use super::grams::Grams;
use super::list_bits::{ListBits, ListId};
use super::needle::Needle;
use super::pattern::{AllFolds, List, Pattern};
use crate::names::Fold;

/// The patterns of some lists, arranged so that one pass over a text finds those that it may match.
#[derive(Debug, Default)]
pub(super) struct ListIndex {
    grams: Grams,
    /// Texts that must occur; their numbers in `grams` come first.
    needles: Vec<Wanted>,
    /// Globs with a star, by list and their place in it.
    globs: Vec<(ListId, u16)>,
    /// Patterns without a star by the hash of their last component, sorted.
    literals: Vec<(u32, ListId, u16)>,
    /// Bytes of the longest of these components: the end of a command line is mostly longer, and is not hashed.
    longest_last: usize,
}

/// A text that must occur, and what for.
#[derive(Debug)]
struct Wanted {
    needle: Needle,
    /// The lists that it alone is enough for.
    lists: Vec<ListId>,
    /// The groups of which it is the longest text, with all of their texts.
    groups: Vec<(ListId, Vec<u16>)>,
}

impl ListIndex {
    /// Arranges the patterns of the lists that are chosen; `None` when there are too many.
    pub(super) fn new(lists: &[List], is_chosen: impl Fn(ListId, &List) -> bool) -> Option<Self> {
        let mut index = Self::default();
        let mut numbers = BTreeMap::new();
        for (id, list) in (0..).zip(lists).filter(|(id, list)| is_chosen(*id, list)) {
            for group in &list.groups {
                index.add_group(id, group, &mut numbers)?;
            }
            for (place, pattern) in (0..).zip(&list.globs) {
                // An argument is looked for within the text, which as a whole is another one.
                let whole = pattern.glob().filter(|_| !matches!(pattern, Pattern::Token(_)));
                match whole.and_then(|glob| glob.literal()) {
                    Some(literal) => {
                        let last = last_of(literal);
                        index.longest_last = index.longest_last.max(last.len());
                        index.literals.push((hash_of(last), id, place));
                    }
                    None => index.globs.push((id, place)),
                }
            }
        }
        index.literals.sort_unstable();
        for (number, wanted) in (0..).zip(&index.needles) {
            if !wanted.lists.is_empty() || !wanted.groups.is_empty() || !is_short(&wanted.needle) {
                index.grams.add(number, core::iter::once(wanted.needle.text()));
            }
        }
        for (number, (list, place)) in (index.needles.len()..).zip(&index.globs) {
            let number = u16::try_from(number).ok()?;
            if let Some(glob) = pattern(lists, *list, *place).and_then(Pattern::glob) {
                index.grams.add(number, glob.pieces());
            }
        }
        index.grams.finish();
        Some(index)
    }

    fn add_group<'a>(
        &mut self,
        list: ListId,
        group: &'a [Needle],
        numbers: &mut BTreeMap<&'a [u8], u16>,
    ) -> Option<()> {
        let mut all = Vec::new();
        for needle in group {
            let next = u16::try_from(self.needles.len()).ok()?;
            let number = *numbers.entry(needle.text()).or_insert(next);
            if number == next {
                self.needles.push(Wanted { needle: needle.clone(), lists: Vec::new(), groups: Vec::new() });
            }
            all.push(number);
        }
        let longest = (0..).zip(group).max_by_key(|(_, needle)| needle.text().len());
        let wanted = self.needles.get_mut(usize::from(*all.get(longest?.0)?))?;
        if all.len() == 1 {
            wanted.lists.push(list);
        } else {
            wanted.groups.push((list, all));
        }
        Some(())
    }

    /// The chosen lists that a text is of.
    pub(super) fn search(&self, lists: &[List], text: &[u8]) -> ListBits {
        let mut bits = ListBits::NONE;
        let folds = AllFolds::new(text);
        self.literals(lists, &folds, &mut bits);
        let mut decided = Marks::new(self.needles.len() + self.globs.len());
        let mut groups: SmallVec<[&(ListId, Vec<u16>); 16]> = SmallVec::new();
        self.grams.search(text, |number, begin| {
            let at = usize::from(number);
            if decided.has(at) {
                return;
            }
            if let Some(wanted) = self.needles.get(at) {
                let occurs = match begin {
                    Some(begin) => wanted.needle.stands_at(text, begin),
                    None => wanted.needle.occurs_in(text),
                };
                if occurs {
                    decided.insert(at);
                    wanted.lists.iter().for_each(|list| bits.insert(*list));
                    groups.extend(&wanted.groups);
                }
                return;
            }
            decided.insert(at);
            let Some(&(list, place)) = self.globs.get(at - self.needles.len()) else { return };
            if !bits.has(list) && pattern(lists, list, place).is_some_and(|pattern| pattern.matches(&folds)) {
                bits.insert(list);
            }
        });
        // Short texts are in so many command lines that they are looked for last, each once.
        let mut looked_for = Marks::new(self.needles.len());
        let mut occurs = |number: &u16| {
            let at = usize::from(*number);
            if let Some(wanted) = self.needles.get(at).filter(|w| is_short(&w.needle) && !looked_for.has(at)) {
                looked_for.insert(at);
                if wanted.needle.occurs_in(text) {
                    decided.insert(at);
                }
            }
            decided.has(at)
        };
        for (list, all) in groups {
            if !bits.has(*list) && all.iter().all(&mut occurs) {
                bits.insert(*list);
            }
        }
        bits
    }

    /// Adds the lists of the patterns without a star that a text matches.
    fn literals(&self, lists: &[List], folds: &AllFolds<'_>, bits: &mut ListBits) {
        let mut with_last = |last: &[u8]| {
            if last.len() > self.longest_last {
                return;
            }
            let hash = hash_of(last);
            let first = self.literals.partition_point(|(known, ..)| *known < hash);
            for (_, list, place) in self.literals[first..].iter().take_while(|(known, ..)| *known == hash) {
                if !bits.has(*list) && pattern(lists, *list, *place).is_some_and(|pattern| pattern.matches(folds)) {
                    bits.insert(*list);
                }
            }
        };
        let last = last_of(folds.exact());
        with_last(last);
        // Behind a volume a path may be shorter than what stands behind its last separator: `C:name`.
        if let [_, b':', ..] | [b'\\' | b'/', b'\\' | b'/' | b'?' | b'D' | b'd', ..] = folds.exact() {
            let within = last_of(folds.get(Fold::Windows));
            if within.len() != last.len() {
                with_last(within);
            }
        }
    }
}

/// The texts and globs that are decided, a bit each. For up to 4,096 of them nothing is allocated.
struct Marks {
    first: [u64; 64],
    /// Those behind the first.
    rest: Vec<u64>,
}

impl Marks {
    fn new(count: usize) -> Self {
        let first = [0; 64];
        Self { first, rest: alloc::vec![0; count.div_ceil(64).saturating_sub(first.len())] }
    }

    fn has(&self, at: usize) -> bool {
        let word = self.first.get(at / 64).or_else(|| self.rest.get(at / 64 - self.first.len()));
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn insert(&mut self, at: usize) {
        let Self { first, rest } = self;
        let behind = (at / 64).saturating_sub(first.len());
        if let Some(word) = first.get_mut(at / 64).or_else(|| rest.get_mut(behind)) {
            *word |= 1 << (at % 64);
        }
    }
}

/// Whether a text has too few bytes in a row for the pass over a text to find it.
const fn is_short(needle: &Needle) -> bool {
    needle.text().len() < Grams::LENGTH
}

fn pattern(lists: &[List], list: ListId, place: u16) -> Option<&Pattern> {
    lists.get(usize::from(list))?.globs.get(usize::from(place))
}

/// What stands behind the last separator, whatever the platform.
fn last_of(name: &[u8]) -> &[u8] {
    memchr::memrchr2(b'/', b'\\', name).map_or(name, |at| &name[at + 1..])
}

/// A hash of a text, letter case ignored.
fn hash_of(text: &[u8]) -> u32 {
    text.iter()
        .fold(0, |hash, byte| (hash ^ u32::from(Fold::Windows.byte(*byte))).wrapping_mul(0x0100_0193) ^ hash >> 15)
}
