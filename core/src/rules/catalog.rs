//! A compiled catalog and what it says of itself.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use super::attack::{AttackVersion, TechniqueIds};
use super::clause_index::{self, ClauseIndex};
use super::common_legs;
use super::completion_table::CompletionTable;
use super::elements::Party;
use super::info::RuleInfo;
use super::lists::Lists;
use super::load_error::CatalogError;
use super::model::{Behavior, BehaviorId, ClauseId, Element, Exposure, Reputation, Severity};
use super::reference::ReferenceNames;
use super::walks::{self, WalkId};
use crate::event::{Channel, KindTag, Os};

/// An immutable, compiled catalog. Cheap to clone; `Send` and `Sync`; share one among all engines.
///
/// ```
/// let catalog = ipcsentry::Catalog::builtin();
/// assert!(catalog.rules().iter().any(|rule| rule.code == "W02"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Catalog {
    compiled: Arc<Compiled>,
    /// A policy may give behaviors other windows; all else is shared.
    behaviors: Arc<[Behavior]>,
}

/// Everything a catalog holds.
#[derive(Debug)]
struct Compiled {
    rules: Vec<RuleInfo>,
    lists: Lists,
    reference_names: ReferenceNames,
    reputations: Vec<Reputation>,
    exposures: Vec<Exposure>,
    technique_ids: TechniqueIds,
    /// By platform, what its events are held against; made when the first one comes, as most hosts are of one platform.
    indexes: [OnceBox<Indexes>; Os::ALL.len()],
    /// By behavior, the sets of clauses that could complete it; made when the first of its clauses is met.
    completion_tables: Vec<OnceBox<CompletionTable>>,
    /// By behavior, its common legs as a bit set.
    common_legs: Vec<u16>,
    /// By behavior and clause, its walk.
    walks: Vec<Vec<WalkId>>,
    additions: Additions,
    warnings: Vec<CatalogError>,
    names_digest: u64,
}

/// What one event of a platform has to be held against, by kind of event.
#[derive(Debug)]
struct Indexes {
    clauses: Vec<Vec<ClauseIndex>>,
    exposures: Vec<Vec<ClauseIndex>>,
}

/// What a catalog is made of, read and checked.
pub(super) struct Parts {
    pub(super) behaviors: Vec<Behavior>,
    pub(super) lists: Lists,
    pub(super) reference_names: ReferenceNames,
    pub(super) reputations: Vec<Reputation>,
    pub(super) exposures: Vec<Exposure>,
    pub(super) technique_ids: TechniqueIds,
    pub(super) additions: Additions,
    pub(super) warnings: Vec<CatalogError>,
    pub(super) names_digest: u64,
}

/// What a catalog was made from besides the builtin rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Additions {
    /// The builtin behaviors are left out.
    pub(super) only: bool,
    /// Documents, in the order in which they were added.
    pub(super) texts: Vec<Vec<u8>>,
    /// Codes and ids of behaviors that were left out, each with the number of texts there were by then.
    pub(super) left_out: Vec<(usize, String)>,
}

impl Catalog {
    /// What is no error but looks like one, of the builtin rules and of all that was added: lists and conditions that
    /// nothing reads. Each names its place.
    #[must_use]
    pub fn warnings(&self) -> &[CatalogError] {
        &self.compiled.warnings
    }

    /// What it detects: every behavior, in a fixed order.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.compiled.rules
    }

    /// The highest severity an alert of a behavior (by code or id, also a retired one) may have on a host of which only these channels
    /// report; `None` where the behavior is blind or not in this catalog. What a channel reports only sometimes (an
    /// Apple Event whose payload is private) counts as reported.
    ///
    /// ```
    /// use ipcsentry::event::Channel;
    /// use ipcsentry::rules::Severity;
    /// let catalog = ipcsentry::Catalog::builtin();
    /// assert_eq!(catalog.detectable_severity("M09", &[Channel::EndpointSecurity]), Some(Severity::Critical));
    /// assert_eq!(catalog.detectable_severity("M09", &[Channel::Tcc, Channel::UnifiedLog]), None);
    /// ```
    #[must_use]
    pub fn detectable_severity(&self, behavior: &str, channels: &[Channel]) -> Option<Severity> {
        self.behavior(behavior)?.detectable_severity(channels)
    }

    /// The mutable elements of which entries of a policy may cover alerts of a behavior (by code or id, also a retired
    /// one); none where the behavior is not in this catalog.
    ///
    /// ```
    /// use ipcsentry::rules::Element;
    /// let elements = ipcsentry::Catalog::builtin().elements("L05");
    /// assert!(elements.contains(&Element::FIFOAccessPatterns) && !elements.contains(&Element::PipeNamePattern));
    /// ```
    #[must_use]
    pub fn elements(&self, behavior: &str) -> Vec<Element> {
        self.behavior(behavior).map_or(Vec::new(), |b| b.elements().collect())
    }

    /// The parties that alerts of a behavior (by code or id, also a retired one) may have, and entries of a policy may be
    /// about; none where the behavior is not in this catalog.
    ///
    /// ```
    /// use ipcsentry::rules::Party;
    /// assert!(ipcsentry::Catalog::builtin().parties("W07").contains(&Party::Child));
    /// ```
    #[must_use]
    pub fn parties(&self, behavior: &str) -> Vec<Party> {
        self.behavior(behavior).map_or(Vec::new(), |b| b.parties().collect())
    }

    /// The behavior of a code or id, also a retired one.
    pub(crate) fn behavior(&self, name: &str) -> Option<&Behavior> {
        self.behaviors().iter().find(|behavior| behavior.is_named(name))
    }

    /// This catalog with other windows, in nanoseconds by code or id. What state there is of the behaviors stays valid.
    pub(crate) fn with_windows<'a>(&self, windows: impl Iterator<Item = (&'a str, i64)>) -> Self {
        let mut changed = self.clone();
        for (name, window) in windows {
            let place = changed.behaviors.iter().position(|behavior| behavior.is_named(name));
            if let Some(behavior) = place.and_then(|place| Arc::make_mut(&mut changed.behaviors).get_mut(place)) {
                behavior.window = window;
            }
        }
        changed
    }

    /// The id that a technique has in a version of ATT&CK, whichever version's id is given; see [`AttackVersion`].
    #[must_use]
    pub fn technique_id<'a>(&'a self, id: &'a str, version: AttackVersion) -> &'a str {
        self.compiled.technique_ids.in_version(id, version)
    }

    /// What was added to the builtin rules.
    pub(super) fn additions(&self) -> &Additions {
        &self.compiled.additions
    }

    /// Digest of the lists and reference names as they are written: where it is equal, what was computed of names by
    /// the lists is, too.
    pub(crate) fn names_digest(&self) -> u64 {
        self.compiled.names_digest
    }

    /// The behaviors in a fixed order; a [`BehaviorId`] is an index into it.
    pub(crate) fn behaviors(&self) -> &[Behavior] {
        &self.behaviors
    }

    /// The lists.
    pub(crate) fn lists(&self) -> &Lists {
        &self.compiled.lists
    }

    /// Names of endpoints and who may own or use them.
    pub(crate) fn reference_names(&self) -> &ReferenceNames {
        &self.compiled.reference_names
    }

    /// What is known of initiators, whatever they did.
    pub(crate) fn reputations(&self) -> &[Reputation] {
        &self.compiled.reputations
    }

    /// What makes attacks easier.
    pub(crate) fn exposures(&self) -> &[Exposure] {
        &self.compiled.exposures
    }

    /// The exposures that an event of this kind on this platform may show. The number of an exposure stands for that of
    /// a behavior.
    pub(crate) fn exposure_indexes(&self, os: Os, kind: KindTag) -> &[ClauseIndex] {
        self.indexes(os).and_then(|indexes| indexes.exposures.get(kind as usize)).map_or(&[], Vec::as_slice)
    }

    /// The clauses that look at this kind of event on this platform.
    pub(crate) fn clause_indexes(&self, os: Os, kind: KindTag) -> &[ClauseIndex] {
        self.indexes(os).and_then(|indexes| indexes.clauses.get(kind as usize)).map_or(&[], Vec::as_slice)
    }

    /// What events of this platform are held against. Windows, which a policy may change, are no part of it.
    fn indexes(&self, os: Os) -> Option<&Indexes> {
        let indexes = self.compiled.indexes.get(os as usize)?;
        Some(indexes.get_or_init(|| {
            let Compiled { lists, exposures, .. } = &*self.compiled;
            let of_kinds =
                |index: &dyn Fn(KindTag) -> Vec<ClauseIndex>| KindTag::ALL.iter().copied().map(index).collect();
            Box::new(Indexes {
                clauses: of_kinds(&|kind| clause_index::clause_indexes(&self.behaviors, lists, os, kind)),
                exposures: of_kinds(&|kind| clause_index::exposure_indexes(exposures, lists, os, kind)),
            })
        }))
    }

    /// Whether a behavior could be complete once these clauses are met.
    pub(crate) fn may_complete(&self, behavior: BehaviorId, met: u16) -> bool {
        let at = usize::from(behavior);
        let known = self.compiled.completion_tables.get(at).zip(self.behaviors.get(at));
        known.is_some_and(|(table, behavior)| table.get_or_init(|| Box::new(CompletionTable::of(behavior))).has(met))
    }

    /// The common legs of a behavior, as a bit set of its clauses.
    pub(crate) fn common_legs(&self, behavior: BehaviorId) -> u16 {
        self.compiled.common_legs.get(usize::from(behavior)).copied().unwrap_or_default()
    }

    /// The walk of a clause to its anchors.
    pub(crate) fn walk(&self, behavior: BehaviorId, clause: ClauseId) -> Option<WalkId> {
        self.compiled.walks.get(usize::from(behavior))?.get(usize::from(clause)).copied()
    }

    pub(super) fn new(parts: Parts) -> Self {
        let Parts { behaviors, lists, reference_names, reputations, exposures, .. } = parts;
        let Parts { technique_ids, additions, warnings, names_digest, .. } = parts;
        let common_legs = behaviors.iter().map(common_legs::common_legs).collect();
        let walks = walks::walks(&behaviors);
        let rules = behaviors.iter().map(|behavior| RuleInfo::of(behavior, &technique_ids)).collect();
        let compiled = Compiled {
            rules,
            lists,
            reference_names,
            reputations,
            exposures,
            technique_ids,
            indexes: [const { OnceBox::new() }; Os::ALL.len()],
            completion_tables: behaviors.iter().map(|_| OnceBox::new()).collect(),
            common_legs,
            walks,
            additions,
            warnings,
            names_digest,
        };
        Self { compiled: Arc::new(compiled), behaviors: behaviors.into() }
    }
}
