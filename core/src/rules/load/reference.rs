//! Reference names from JSON: who may own and use an endpoint of a name, and names that tools of attack use.
//! Every entry names its `source`, and says with `"verified": true` that it was checked against it or measured.
//!
//! Known good and known bad names have `mechanisms` and `names`, entries of `name` (templates, see below) and `purpose`.
//!   A good one may have `owners`, `clients` (images: a path pattern, a bare file name, or `list:NAME`), `reserved`
//!   (creation by anybody else is a masquerade), `root_equivalent`; a bad one has `confidence` (in thousandths).
//!
//! A template is a name with `*`, `<pid>`, `<hexpid>`, `<digits>`, `<hex:2-4>`, `<letters:16>`, `<part>`, `<guid>` and
//! `<image>`; pipe names stand without prefix, abstract sockets without `@` or NUL.

use alloc::vec::Vec;

use super::super::reference::{ImageMatcher, ReferenceName, fold_name};
use super::super::{Lists, ReferenceNames};
use crate::event::Mechanism;
use crate::names::Template;
use crate::names::{Fold, ImagePattern};
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

/// Lists of the places where every user may write.
const ANYBODYS: [&str; 3] = ["win.path.shared_writable", "linux.path.shared_writable", "mac.path.shared_writable"];

/// Reference names as they are read: lists are known only once all are read.
#[derive(Default)]
pub(super) struct ReferenceReader<'a> {
    entries: Vec<ReferenceSource<'a>>,
}

struct ReferenceSource<'a> {
    owners: Images<'a>,
    clients: Images<'a>,
    /// The entry but for its owners and clients.
    entry: ReferenceName,
}

/// Images as an entry names them.
struct Images<'a> {
    fold: Fold,
    /// Each with its place.
    names: Vec<(&'a str, Node<'a>)>,
}

impl<'a> ReferenceReader<'a> {
    /// Reads names of systems and common programs.
    pub(super) fn read_good(&mut self, node: Node<'a>) -> Result<(), Fault> {
        self.names(node, false)
    }

    /// Reads names that tools of attack use by default.
    pub(super) fn read_bad(&mut self, node: Node<'a>) -> Result<(), Fault> {
        self.names(node, true)
    }

    fn names(&mut self, node: Node<'a>, are_bad: bool) -> Result<(), Fault> {
        const GOOD: &[&str] =
            &["name", "owners", "clients", "reserved", "root_equivalent", "purpose", "source", "verified", "note"];
        const BAD: &[&str] = &["name", "confidence", "purpose", "source", "verified", "note"];
        let node = node.only(&["about", "mechanisms", "names"])?;
        let mechanisms: Vec<Mechanism> =
            node.need("mechanisms")?.one_or_more().iter().map(mechanism).collect::<Result<_, _>>()?;
        for entry in node.need("names")?.items()? {
            let entry = entry.only(if are_bad { BAD } else { GOOD })?;
            let confidence = if are_bad { Some(entry.need("confidence")?.within(1, 1000)?) } else { None };
            for mechanism in &mechanisms {
                self.entries.push(read_name(entry, *mechanism, confidence)?);
            }
        }
        Ok(())
    }

    /// Resolves lists and arranges everything for lookup.
    pub(super) fn compile(self, lists: &Lists) -> Result<ReferenceNames, Fault> {
        let mut entries = Vec::new();
        for ReferenceSource { owners, clients, entry } in self.entries {
            entries.push(ReferenceName { owners: owners.resolve(lists)?, clients: clients.resolve(lists)?, ..entry });
        }
        let too_many = || Fault::of("known_good", format_args!("more than {} entries", u16::MAX));
        ReferenceNames::new(entries).ok_or_else(too_many)
    }
}

fn mechanism(node: &Node<'_>) -> Result<Mechanism, Fault> {
    let name = node.text()?;
    let place = Mechanism::NAMES.iter().position(|n| *n == name);
    let found = place.and_then(|place| Mechanism::ALL.get(place));
    found.copied().ok_or_else(|| node.fault(unknown("mechanism", name, Mechanism::NAMES.iter().copied())))
}

fn read_name<'a>(node: Node<'a>, mechanism: Mechanism, known_bad: Option<u16>) -> Result<ReferenceSource<'a>, Fault> {
    let mut templates = Vec::new();
    for name in node.need("name")?.one_or_more() {
        let folded = fold_name(mechanism, name.words()?.as_bytes());
        let text = str::from_utf8(&folded).map_err(|e| name.fault(e))?;
        templates.push(Template::new(text).map_err(|what| name.fault(what))?);
    }
    node.need("source")?.need_texts()?;
    node.get("purpose").map(Node::prose).transpose()?;
    let fold = match mechanism {
        Mechanism::NamedPipe | Mechanism::AnonymousPipe => Fold::Windows,
        Mechanism::MachService | Mechanism::XpcService => Fold::Case,
        _ => Fold::Exact,
    };
    let list = |name: &str| match node.get(name) {
        Some(list) => images(list, fold),
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
            known_bad,
            verified: flag("verified")?,
        },
    })
}

fn images(node: Node<'_>, fold: Fold) -> Result<Images<'_>, Fault> {
    let names = node.one_or_more().into_iter().map(|n| Ok((n.words()?, n))).collect::<Result<_, _>>()?;
    Ok(Images { fold, names })
}

impl Images<'_> {
    fn resolve(self, lists: &Lists) -> Result<Vec<ImageMatcher>, Fault> {
        let anybodys = ANYBODYS.map(|name| lists.id(name));
        let resolve = |(name, node): (&str, Node<'_>)| {
            let Some(list) = name.strip_prefix("list:") else {
                let pattern = ImagePattern::new(name, self.fold);
                let bare = !pattern.is_path();
                return Ok(if bare { ImageMatcher::Bare(pattern, anybodys) } else { ImageMatcher::Path(pattern) });
            };
            let known = lists.id(list).filter(|id| !lists.is_text(*id));
            let of_names = || lists.names().filter(|(_, id)| !lists.is_text(*id)).map(|(name, _)| name);
            known.map(ImageMatcher::List).ok_or_else(|| node.fault(unknown("list of names", list, of_names())))
        };
        self.names.into_iter().map(resolve).collect()
    }
}
