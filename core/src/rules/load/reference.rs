//! Reference names from JSON. A set is one object; its `reference` says what it holds. Every entry names its `source`, and says
//! with `"verified": true` that it was checked against it or measured.
//!
//! - `endpoints`: `mechanisms` and `entries` of `name` (templates, see below), `owners`, `clients` (images: a path
//!   pattern, a bare file name, or `list:NAME`), `reserved` (creation by anybody else is a masquerade),
//!   `root_equivalent`, `known_bad` (confidence in thousandths), `purpose`.
//! - `values`: `group`, `match` (exact or contains) and `entries` of `value`, `category`, `name`: each category becomes
//!   the list `reference.GROUP.CATEGORY`.
//! - `lineage`: `parents` (entries of `child`, `parents`) and `pairs` (entries of `parents`, `children`, `pair`:
//!   usual or odd).
//!
//! A template is a name with `*`, `<pid>`, `<hexpid>`, `<digits>`, `<hex:2-4>`, `<letters:16>`, `<part>`, `<guid>` and
//! `<image>`; pipe names stand without prefix, abstract sockets without `@` or NUL.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::reference::{ImageMatcher, Pair, ReferenceName, fold_name};
use super::super::{Lists, ReferenceNames};
use super::lists::ListTable;
use crate::event::Mechanism;
use crate::names::Template;
use crate::names::{Fold, ImagePattern};
use crate::util::document::{Fault, Node};

/// Lists of the places where every user may write.
const ANYBODYS: [&str; 3] = ["win.path.shared_writable", "linux.path.shared_writable", "mac.path.shared_writable"];

/// Sets of reference names as they are read: lists are known only once all sets are.
#[derive(Default)]
pub(super) struct ReferenceReader {
    entries: Vec<ReferenceSource>,
    parents: Vec<(String, Images)>,
    pairs: Vec<(Images, Images, Pair)>,
}

struct ReferenceSource {
    owners: Images,
    clients: Images,
    /// The entry but for its owners and clients.
    entry: ReferenceName,
}

/// Images as a set names them.
#[derive(Clone)]
struct Images {
    fold: Fold,
    /// With the place of each, for complaints.
    names: Vec<(String, Fault)>,
}

impl ReferenceReader {
    pub(super) fn read(&mut self, set: Node<'_>, lists: &mut ListTable) -> Result<(), Fault> {
        let kind = set.need("reference")?;
        match kind.text()? {
            "endpoints" => self.endpoints(set.only(&["reference", "about", "mechanisms", "entries"])?),
            "values" => values(set.only(&["reference", "about", "group", "match", "entries"])?, lists),
            "lineage" => self.lineage(set.only(&["reference", "about", "parents", "pairs"])?),
            other => Err(kind.fault(format_args!("`{other}` is no kind of reference: endpoints, values or lineage"))),
        }
    }

    fn endpoints(&mut self, set: Node<'_>) -> Result<(), Fault> {
        let mechanisms: Vec<Mechanism> =
            set.need("mechanisms")?.one_or_more().iter().map(mechanism).collect::<Result<_, _>>()?;
        for entry in set.need("entries")?.items()? {
            let entry = entry.only(&[
                "name",
                "owners",
                "clients",
                "reserved",
                "root_equivalent",
                "known_bad",
                "purpose",
                "source",
                "verified",
                "note",
            ])?;
            for mechanism in &mechanisms {
                self.entries.push(read_name(&entry, *mechanism)?);
            }
        }
        Ok(())
    }

    fn lineage(&mut self, set: Node<'_>) -> Result<(), Fault> {
        for entry in set.need("parents")?.items()? {
            let entry = entry.only(&["child", "parents", "source", "verified", "note"])?;
            entry.need("source")?.texts()?;
            let child = entry.need("child")?.words()?.to_owned();
            self.parents.push((child, images(&entry.need("parents")?, Fold::Windows)?));
        }
        for entry in set.need("pairs")?.items()? {
            let entry = entry.only(&["parents", "children", "pair", "source", "verified", "note"])?;
            entry.need("source")?.texts()?;
            let pair = entry.need("pair")?.named("pair", &[("usual", Pair::Usual), ("odd", Pair::Odd)])?;
            let side = |name: &str| images(&entry.need(name)?, Fold::Windows);
            self.pairs.push((side("parents")?, side("children")?, pair));
        }
        // Usual pairs are the exceptions to odd ones.
        self.pairs.sort_by_key(|(_, _, pair)| *pair != Pair::Usual);
        Ok(())
    }

    /// Resolves lists and arranges everything for lookup.
    pub(super) fn compile(self, lists: &Lists) -> Result<ReferenceNames, Fault> {
        let mut entries = Vec::new();
        for ReferenceSource { owners, clients, entry } in self.entries {
            entries.push(ReferenceName { owners: owners.resolve(lists)?, clients: clients.resolve(lists)?, ..entry });
        }
        let parents = self.parents.into_iter();
        let parents = parents.map(|(child, of)| Ok((ImagePattern::new(&child, Fold::Windows), of.resolve(lists)?)));
        let pairs = self.pairs.into_iter();
        let pairs =
            pairs.map(|(parents, children, pair)| Ok((parents.resolve(lists)?, children.resolve(lists)?, pair)));
        let reference_names = ReferenceNames::new(entries);
        let too_many = || Fault { path: "reference_names".into(), what: format!("more than {} entries", u16::MAX) };
        Ok(reference_names
            .ok_or_else(too_many)?
            .with_lineage(parents.collect::<Result<_, _>>()?, pairs.collect::<Result<_, _>>()?))
    }
}

fn mechanism(node: &Node<'_>) -> Result<Mechanism, Fault> {
    let name = node.text()?;
    let place = Mechanism::NAMES.iter().position(|n| *n == name);
    let found = place.and_then(|place| Mechanism::ALL.get(place));
    found.copied().ok_or_else(|| node.fault(format_args!("`{name}` is no mechanism")))
}

fn read_name(node: &Node<'_>, mechanism: Mechanism) -> Result<ReferenceSource, Fault> {
    let mut templates = Vec::new();
    for name in node.need("name")?.one_or_more() {
        let folded = fold_name(mechanism, name.words()?.as_bytes());
        let text = str::from_utf8(&folded).map_err(|e| name.fault(e))?;
        templates.push(Template::new(text).map_err(|what| name.fault(what))?);
    }
    node.need("source")?.texts()?;
    if let Some(purpose) = node.get("purpose") {
        purpose.text()?;
    }
    let fold = match mechanism {
        Mechanism::NamedPipe | Mechanism::AnonymousPipe => Fold::Windows,
        Mechanism::MachService | Mechanism::XpcService => Fold::Case,
        _ => Fold::Exact,
    };
    let list = |name: &str| match node.get(name) {
        Some(list) => images(&list, fold),
        None => Ok(Images { fold, names: Vec::new() }),
    };
    let flag = |name: &str| node.get(name).map_or(Ok(false), |n| n.flag());
    Ok(ReferenceSource {
        owners: list("owners")?,
        clients: list("clients")?,
        entry: ReferenceName {
            mechanism,
            self_describing: templates.iter().any(Template::is_self_describing),
            templates,
            owners: Vec::new(),
            clients: Vec::new(),
            reserved: flag("reserved")?,
            root_equivalent: flag("root_equivalent")?,
            known_bad: node.get("known_bad").map(|n| n.within(1, 1000)).transpose()?,
            verified: flag("verified")?,
        },
    })
}

fn images(node: &Node<'_>, fold: Fold) -> Result<Images, Fault> {
    let names =
        node.one_or_more().iter().map(|n| Ok((n.words()?.to_owned(), n.fault("")))).collect::<Result<_, _>>()?;
    Ok(Images { fold, names })
}

impl Images {
    fn resolve(self, lists: &Lists) -> Result<Vec<ImageMatcher>, Fault> {
        let anybodys = ANYBODYS.map(|name| lists.id(name));
        let resolve = |(name, at): (String, Fault)| {
            let Some(list) = name.strip_prefix("list:") else {
                let pattern = ImagePattern::new(&name, self.fold);
                let bare = !pattern.is_path();
                return Ok(if bare { ImageMatcher::Bare(pattern, anybodys) } else { ImageMatcher::Path(pattern) });
            };
            let known = lists.id(list).filter(|id| !lists.is_text(*id));
            known.map(ImageMatcher::List).ok_or_else(|| Fault { what: format!("`{list}` is no list of names"), ..at })
        };
        self.names.into_iter().map(resolve).collect()
    }
}

fn values(set: Node<'_>, lists: &mut ListTable) -> Result<(), Fault> {
    let group = set.need("group")?.words()?;
    let exact = set.need("match")?.named("way to match", &[("exact", true), ("contains", false)])?;
    for entry in set.need("entries")?.items()? {
        let entry = entry.only(&["value", "category", "name", "source", "verified", "note"])?;
        entry.need("source")?.texts()?;
        let list = format!("reference.{group}.{}", entry.need("category")?.words()?);
        for value in entry.need("value")?.one_or_more() {
            lists.add_value(&list, exact, &value)?;
        }
    }
    Ok(())
}
