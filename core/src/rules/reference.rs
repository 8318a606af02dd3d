//! Reference names of endpoints: who may own them, who may use them, what a name says of its creator.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{ListBits, ListId};
use crate::event::Mechanism;
use crate::names::{self, Fold, Folded, ImagePattern, base_name};
use crate::names::{Stated, Template};
use crate::util::sort::sort_by_key;

/// Number of a reference name.
pub(crate) type ReferenceId = u16;

/// All reference names.
#[derive(Debug, Default)]
pub(crate) struct ReferenceNames {
    entries: Vec<ReferenceName>,
    names: BTreeMap<u8, Names>,
}

/// What is known of endpoints of some names.
#[derive(Debug)]
pub(super) struct ReferenceName {
    pub(super) mechanism: Mechanism,
    pub(super) templates: Vec<Template>,
    /// Some template states something of the creator.
    pub(super) self_describing: bool,
    pub(super) owners: Vec<ImageMatcher>,
    pub(super) clients: Vec<ImageMatcher>,
    pub(super) reserved: bool,
    pub(super) root_equivalent: bool,
    pub(super) known_bad: Option<u16>,
    pub(super) verified: bool,
}

/// A set of images.
#[derive(Clone, Debug)]
pub(super) enum ImageMatcher {
    /// Images of a list.
    List(ListId),
    /// Images by their whole path.
    Path(ImagePattern),
    /// Images by their last component only, except in folders that every user may write to; these lists name the folders.
    Bare(ImagePattern, [Option<ListId>; 3]),
}

impl ImageMatcher {
    fn fits(&self, image: &[u8], lists: &ListBits) -> bool {
        match self {
            Self::List(list) => lists.has(*list),
            Self::Path(pattern) => pattern.matches(image),
            Self::Bare(pattern, anywhere) => {
                pattern.matches(image) && !anywhere.iter().flatten().any(|list| lists.has(*list))
            }
        }
    }
}

fn any_fits(matchers: &[ImageMatcher], image: &[u8], lists: &ListBits) -> bool {
    matchers.iter().any(|m| m.fits(image, lists))
}

/// The names of one mechanism: whole names first, then templates, the most specific first.
#[derive(Debug, Default)]
struct Names {
    exact: BTreeMap<Box<[u8]>, ReferenceId>,
    templates: Vec<(Template, ReferenceId)>,
    by_first_byte: BTreeMap<Option<u8>, Vec<usize>>,
}

impl Names {
    fn find(&self, name: &[u8]) -> Option<ReferenceId> {
        if let Some(entry) = self.exact.get(name) {
            return Some(*entry);
        }
        let places = |first: Option<u8>| self.by_first_byte.get(&first).into_iter().flatten();
        let best = |first: Option<u8>| {
            let matching = |at: &&usize| self.templates.get(**at).is_some_and(|(t, _)| t.matches(name).is_some());
            places(first).find(matching).copied()
        };
        let first = name.first().and_then(|b| best(Some(*b)));
        let at = [first, best(None)].into_iter().flatten().min()?;
        self.templates.get(at).map(|(_, entry)| *entry)
    }
}

impl ReferenceNames {
    /// Arranges entries for lookup; `None` when there are too many. Where two entries claim a name, the first has it.
    pub(super) fn new(entries: Vec<ReferenceName>) -> Option<Self> {
        let mut names: BTreeMap<u8, Names> = BTreeMap::new();
        for (id, entry) in entries.iter().enumerate() {
            let id = ReferenceId::try_from(id).ok()?;
            let names = names.entry(entry.mechanism as u8).or_default();
            for template in &entry.templates {
                match template.literal() {
                    Some(name) => {
                        names.exact.entry(name.into()).or_insert(id);
                    }
                    None => names.templates.push((template.clone(), id)),
                }
            }
        }
        for names in names.values_mut() {
            sort_by_key(&mut names.templates, |(template, _)| Reverse(template.literal_length()));
            for (at, (template, _)) in names.templates.iter().enumerate() {
                names.by_first_byte.entry(template.first_byte()).or_default().push(at);
            }
        }
        Some(Self { entries, names })
    }

    fn get(&self, entry: ReferenceId) -> Option<&ReferenceName> {
        self.entries.get(usize::from(entry))
    }

    /// The most specific entry whose name pattern matches. The name may be as logged: pipe prefixes and `LOCAL\` are
    /// tolerated, `/var/run` is `/run`.
    pub(crate) fn find(&self, mechanism: Mechanism, name: &[u8]) -> Option<ReferenceId> {
        self.names.get(&(mechanism as u8))?.find(&fold_name(mechanism, name))
    }

    /// Whether this image may create the endpoint; `true` where the entry names no owner.
    pub(crate) fn owner_fits(&self, entry: ReferenceId, image: &[u8], lists: &ListBits) -> bool {
        self.names_no_owner(entry) || self.names_owner(entry, image, lists)
    }

    /// Whether the entry names nobody as its owner: then anybody may be.
    pub(crate) fn names_no_owner(&self, entry: ReferenceId) -> bool {
        self.get(entry).is_none_or(|e| e.owners.is_empty())
    }

    /// Whether the entry names this image as an owner.
    pub(crate) fn names_owner(&self, entry: ReferenceId, image: &[u8], lists: &ListBits) -> bool {
        self.get(entry).is_some_and(|e| any_fits(&e.owners, image, lists))
    }

    /// Whether this image is an expected client; `true` where the entry names none. Owners may use what they own.
    pub(crate) fn client_fits(&self, entry: ReferenceId, image: &[u8], lists: &ListBits) -> bool {
        self.get(entry).is_none_or(|e| {
            e.clients.is_empty() || any_fits(&e.clients, image, lists) || any_fits(&e.owners, image, lists)
        })
    }

    /// The pid that a self-describing name states.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by tests of the data"))]
    pub(crate) fn stated_pid(&self, entry: ReferenceId, name: &[u8]) -> Option<u32> {
        let entry = self.get(entry)?;
        entry.stated(&fold_name(entry.mechanism, name)).and_then(|stated| stated.pid)
    }

    /// Whether a self-describing name states another pid or image than its creator's.
    pub(crate) fn is_forged(&self, entry: ReferenceId, name: &[u8], pid: Option<u32>, image: &[u8]) -> bool {
        let Some(entry) = self.get(entry).filter(|e| e.self_describing) else { return false };
        let name = fold_name(entry.mechanism, name);
        let Some(stated) = entry.stated(&name) else { return false };
        let other_pid = stated.pid.zip(pid).is_some_and(|(stated, pid)| stated != pid);
        other_pid
            || stated.image.is_some_and(|stated| {
                let image = Fold::Windows.apply(image);
                let base = base_name(&image, Fold::Windows);
                base.strip_suffix(b".exe").unwrap_or(base) != stated.strip_suffix(b".exe").unwrap_or(stated)
            })
    }

    /// Whether the name says something about its creator.
    pub(crate) fn is_self_describing(&self, entry: ReferenceId) -> bool {
        self.get(entry).is_some_and(|e| e.self_describing)
    }

    /// Whether creation by any other image is a masquerade.
    pub(crate) fn is_reserved(&self, entry: ReferenceId) -> bool {
        self.get(entry).is_some_and(|e| e.reserved)
    }

    /// Whether control of it is equivalent to root.
    pub(crate) fn is_root_equivalent(&self, entry: ReferenceId) -> bool {
        self.get(entry).is_some_and(|e| e.root_equivalent)
    }

    /// It is a name tools of attack use by default; the confidence in thousandths that a creation is hostile.
    pub(crate) fn known_bad(&self, entry: ReferenceId) -> Option<u16> {
        self.get(entry)?.known_bad
    }

    /// The entry was checked against its source or measured; `false`: it is platform knowledge, to be confirmed.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by tests of the data"))]
    pub(crate) fn is_verified(&self, entry: ReferenceId) -> bool {
        self.get(entry).is_some_and(|e| e.verified)
    }
}

impl ReferenceName {
    fn stated<'a>(&self, name: &'a [u8]) -> Option<Stated<'a>> {
        self.templates.iter().find_map(|t| t.matches(name))
    }
}

/// A name as it is looked up.
pub(super) fn fold_name(mechanism: Mechanism, name: &[u8]) -> Folded {
    match mechanism {
        Mechanism::NamedPipe | Mechanism::AnonymousPipe => Fold::Case.apply(names::without_session(names::pipe(name))),
        Mechanism::UnixPath | Mechanism::Fifo => names::without_alias(name),
        Mechanism::UnixAbstract => name.strip_prefix(b"@").unwrap_or(name).into(),
        _ => name.into(),
    }
}
