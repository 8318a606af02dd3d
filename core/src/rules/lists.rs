//! Lists: named sets of patterns, matched once per distinct string.

use alloc::string::String;
use alloc::vec::Vec;

use super::list_bits::{ListBits, ListId, MAX_LISTS};
use super::list_index::ListIndex;
use super::pattern::{List, Pattern};
use crate::util::sort::sort_by;

/// Most `contains` texts of one list.
pub(super) const MAX_NEEDLES: usize = 256;

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
    names: ListIndex,
    texts: ListIndex,
}

impl Lists {
    /// Compiles lists; `None` when there are more than [`MAX_LISTS`], or too many patterns.
    pub(super) fn compile(sources: Vec<ListSource>) -> Option<Self> {
        if sources.len() > MAX_LISTS {
            return None;
        }
        let mut compiled = Self::default();
        for (id, source) in (0..).zip(sources) {
            compiled.lists.push(List::new(source.text, source.patterns));
            compiled.by_name.push((source.name, id));
        }
        sort_by(&mut compiled.by_name, Ord::cmp);
        compiled.names = ListIndex::new(&compiled.lists, |_, list| !list.text)?;
        Some(compiled)
    }

    /// Prepares the lists that predicates on long texts name for [`Self::of_text`]; `None` when there are too many
    /// patterns.
    pub(super) fn arrange_for_texts(&mut self, asked: &ListBits) -> Option<()> {
        self.texts = ListIndex::new(&self.lists, |id, _| asked.has(id))?;
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
        self.names.search(&self.lists, name)
    }

    /// Every list that matches a text (a command line, a registry path), among those that predicates on such texts name.
    pub(crate) fn of_text(&self, text: &[u8]) -> ListBits {
        self.texts.search(&self.lists, text)
    }

    /// Whether a text is of one list.
    pub(crate) fn matches(&self, list: ListId, text: &[u8]) -> bool {
        self.lists.get(usize::from(list)).is_some_and(|list| list.matches(text))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{ListId, Lists};
    use crate::rules::Catalog;

    /// Texts that are of some list or nearly so: what patterns consist of, alone, behind a volume, in the other letter
    /// case, cut, and after one another.
    fn texts(lists: &Lists) -> Vec<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for list in &lists.lists {
            for glob in list.globs.iter().filter_map(super::Pattern::glob) {
                let pieces: Vec<&[u8]> = match glob.literal() {
                    Some(whole) => alloc::vec![whole],
                    // The last piece of a glob comes second.
                    None => glob
                        .pieces()
                        .take(1)
                        .chain(glob.pieces().skip(2))
                        .chain(glob.pieces().skip(1).take(1))
                        .collect(),
                };
                parts.push(pieces.join(&b"1"[..]));
            }
            for group in &list.groups {
                parts.push(group.iter().map(super::super::needle::Needle::text).collect::<Vec<_>>().join(&b" "[..]));
            }
        }
        let mut texts = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let other = &parts[at * 7919 % parts.len()];
            let prefix = [&b"C:"[..], br"\Device\HarddiskVolume3", b"/x/", br"\\?\C:", b"c:/", b"-", b""][at % 7];
            texts.push(part.clone());
            texts.push([prefix, part].concat());
            texts.push([part, &b" "[..], other].concat().to_ascii_uppercase());
            texts.push([other, &part[..part.len().saturating_sub(1)]].concat());
            texts.push(part.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect());
        }
        texts
    }

    #[test]
    fn the_index_says_what_each_list_says_alone() {
        let catalog = Catalog::builtin();
        let lists = catalog.lists();
        let mut found = 0;
        for text in texts(lists) {
            let (of_name, of_text) = (lists.of_name(&text), lists.of_text(&text));
            for (id, list) in (0..).zip(&lists.lists) {
                let expected = list.matches(&text);
                found += usize::from(expected);
                let id: ListId = id;
                let say = || alloc::format!("{} {}", lists.names().find(|l| l.1 == id).unwrap().0, text.escape_ascii());
                assert_eq!(of_name.has(id), expected && !list.text, "of_name {}", say());
                assert!(!of_text.has(id) || expected, "of_text {}", say());
                assert!(!list.text || of_text.has(id) == expected, "of_text {}", say());
            }
        }
        assert!(found > 5_000, "only {found} memberships were looked at");
    }
}
