//! Versions of ATT&CK: which id a technique has in which.

use alloc::string::String;
use alloc::vec::Vec;

use crate::util::document::{Fault, Node};

/// A version of MITRE ATT&CK. The builtin rules are written in the newest one.
///
/// Version 19 (April 2026) split the tactic Defense Evasion into Stealth (TA0005) and Defense Impairment (TA0112), and
/// gave the techniques that impair defenses new ids: T1562.001 became T1685.
///
/// ```
/// use ipcsentry::{Catalog, rules::AttackVersion};
/// let catalog = Catalog::builtin();
/// assert_eq!(catalog.technique_id("T1562.001", AttackVersion::V19), "T1685");
/// assert_eq!(catalog.technique_id("T1685", AttackVersion::V18), "T1562.001");
/// assert_eq!(catalog.technique_id("T1559", AttackVersion::V18), "T1559");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AttackVersion {
    /// Version 18 (October 2025).
    V18,
    /// Version 19 (April 2026).
    #[default]
    V19,
}

impl AttackVersion {
    /// Every version, oldest first.
    pub const ALL: &'static [Self] = &[Self::V18, Self::V19];

    /// Its number, as alerts and policies write it.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::V18 => 18,
            Self::V19 => 19,
        }
    }

    /// The version of a number.
    pub(crate) fn of_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|version| version.number() == number)
    }
}

/// The ids that version 19 changed, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct TechniqueIds(Vec<ChangedId>);

#[derive(Clone, Debug)]
struct ChangedId {
    v18: String,
    v19: String,
}

impl TechniqueIds {
    /// Reads the file of changed ids.
    pub(super) fn read(root: Node<'_>) -> Result<Self, Fault> {
        let root = root.only(&["source", "techniques"])?;
        root.need("source")?.texts()?;
        let changed = root.need("techniques")?.items()?.into_iter().map(|node| {
            let node = node.only(&["v18", "v19"])?;
            let id = |name: &str| Ok::<_, Fault>(node.need(name)?.words()?.into());
            Ok(ChangedId { v18: id("v18")?, v19: id("v19")? })
        });
        Ok(Self(changed.collect::<Result<_, Fault>>()?))
    }

    /// The id of a technique in a version, whichever version's id is given. An id that did not change stays. Where
    /// several ids of version 18 became one, version 18 gets the first of them in the file.
    pub(crate) fn in_version<'a>(&'a self, id: &'a str, version: AttackVersion) -> &'a str {
        let ids = |changed: &'a ChangedId| match version {
            AttackVersion::V18 => (&changed.v19, &changed.v18),
            AttackVersion::V19 => (&changed.v18, &changed.v19),
        };
        self.0.iter().map(ids).find(|(other, _)| *other == id).map_or(id, |(_, wanted)| wanted)
    }
}
