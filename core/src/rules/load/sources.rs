//! Where rules are read from: the files that ship with the library, and a document that adds to them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::event::Os;
use crate::rules::embedded::{self, File, Place, Texts};
use crate::util::document::{Document, Fault, Node};
use crate::util::spelling::unknown;

/// Platforms as folders and members name them.
const PLATFORMS: [(&str, Os); 3] = [("windows", Os::Windows), ("linux", Os::Linux), ("macos", Os::Macos)];

/// The members of a document that adds to the builtin rules.
const MEMBERS: &[&str] = &["lists", "known_good", "known_bad", "conditions", "reputations", "behaviors", "exposures"];

/// The tables of builtin rules: those members, and the technique ids of ATT&CK.
const TABLES: usize = MEMBERS.len() + 1;

/// Everything a catalog is made from, in the order of reading.
#[derive(Default)]
pub(super) struct Sources<'a> {
    /// Objects of lists by name.
    pub(super) lists: Vec<Node<'a>>,
    pub(super) known_good: Vec<Node<'a>>,
    pub(super) known_bad: Vec<Node<'a>>,
    /// Objects of conditions by name.
    pub(super) conditions: Vec<(Os, Node<'a>)>,
    pub(super) reputations: Vec<(Os, Node<'a>)>,
    pub(super) behaviors: Vec<Node<'a>>,
    pub(super) exposures: Vec<(Os, Node<'a>)>,
    /// The technique ids that a version of ATT&CK changed.
    pub(super) technique_ids: Option<Node<'a>>,
}

/// The builtin rules, parsed.
pub(super) struct Builtin<'a>([Vec<(File<'a>, Document<'a>)>; TABLES]);

impl<'a> Builtin<'a> {
    pub(super) fn parse(texts: &'a Texts) -> Result<Self, Fault> {
        let parse = |table: &[Place]| -> Result<Vec<_>, Fault> {
            texts.files(table).map(|f| Ok((f, Document::parse(f.text.as_bytes(), f.name)?))).collect()
        };
        Ok(Self([
            parse(embedded::LISTS)?,
            parse(embedded::KNOWN_GOOD)?,
            parse(embedded::KNOWN_BAD)?,
            parse(embedded::CONDITIONS)?,
            parse(embedded::REPUTATIONS)?,
            parse(embedded::BEHAVIORS)?,
            parse(embedded::EXPOSURES)?,
            parse(embedded::ATTACK)?,
        ]))
    }

    pub(super) fn sources(&self) -> Result<Sources<'_>, Fault> {
        let [lists, known_good, known_bad, conditions, reputations, behaviors, exposures, attack] = &self.0;
        let mut sources = Sources {
            lists: roots(lists),
            known_good: roots(known_good),
            known_bad: roots(known_bad),
            behaviors: roots(behaviors),
            technique_ids: roots(attack).first().copied(),
            ..Sources::default()
        };
        for (file, document) in conditions {
            sources.conditions.push((platform(document.root(), file.folder())?, document.root()));
        }
        for (files, all) in [(reputations, &mut sources.reputations), (exposures, &mut sources.exposures)] {
            for (file, document) in files {
                let stem = file.name.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
                let os = platform(document.root(), stem)?;
                all.extend(document.root().items()?.into_iter().map(|node| (os, node)));
            }
        }
        Ok(sources)
    }
}

impl<'a> Sources<'a> {
    /// Adds what a document has: one behavior, or an object with any of the members above.
    pub(super) fn add(&mut self, document: &'a Document<'_>) -> Result<(), Fault> {
        let root = document.root();
        if root.get("id").is_some() {
            self.behaviors.push(root);
            return Ok(());
        }
        let root = root.only(MEMBERS)?;
        let items = |name: &str| root.get(name).map_or(Ok(Vec::new()), Node::items);
        let by_platform = |name: &str| root.get(name).map_or(Ok(Vec::new()), Node::members);
        self.lists.extend(root.get("lists"));
        self.known_good.extend(items("known_good")?);
        self.known_bad.extend(items("known_bad")?);
        for (name, node) in by_platform("conditions")? {
            self.conditions.push((platform(node, name)?, node));
        }
        for (member, all) in [("reputations", &mut self.reputations), ("exposures", &mut self.exposures)] {
            for (name, node) in by_platform(member)? {
                let os = platform(node, name)?;
                all.extend(node.items()?.into_iter().map(|node| (os, node)));
            }
        }
        self.behaviors.extend(items("behaviors")?);
        Ok(())
    }

    /// Leaves out the behaviors of these codes and ids.
    pub(super) fn leave_out(&mut self, names: &[String]) -> Result<(), Fault> {
        for name in names {
            let is_named = |node: &Node<'_>| {
                ["code", "id"].iter().any(|member| node.get(member).and_then(|n| n.text().ok()) == Some(name))
            };
            let before = self.behaviors.len();
            let known: Vec<&str> = self.behaviors.iter().filter_map(|n| n.get("code")?.text().ok()).collect();
            self.behaviors.retain(|node| !is_named(node));
            if self.behaviors.len() == before {
                return Err(Fault::of("", unknown("behavior", name, known)));
            }
        }
        Ok(())
    }
}

fn roots<'a>(files: &'a [(File<'_>, Document<'_>)]) -> Vec<Node<'a>> {
    files.iter().map(|(_, document)| document.root()).collect()
}

fn platform(node: Node<'_>, name: &str) -> Result<Os, Fault> {
    let found = PLATFORMS.iter().find(|(n, _)| *n == name).map(|(_, os)| *os);
    found.ok_or_else(|| node.fault(unknown("platform", name, PLATFORMS.iter().map(|(name, _)| *name))))
}
