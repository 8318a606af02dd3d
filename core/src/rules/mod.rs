//! What is to be detected, as data: behaviors, lists and reference names, parsed and compiled once, shared by all engines.

mod clause_index;
mod completion_table;
mod detectable;
#[allow(unreachable_pub, reason = "part of the model")]
mod field;
mod info;
mod lists;
mod load;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod model;
mod reference;
mod severity;
#[allow(unreachable_pub, reason = "part of the model")]
mod tag;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use crate::names::Template;
pub(crate) use clause_index::{ClauseIndex, IndexedClause};
use completion_table::CompletionTable;
pub(crate) use field::{Field, ProcessField, Type};
pub use info::RuleInfo;
pub(crate) use lists::{ListBits, ListId, Lists};
pub use load::CatalogError;
pub(crate) use model::{
    AnchorKind, AnchorPath, Base, Behavior, BehaviorId, BindFrom, Clause, ClauseId, Count, Distinct, EvidenceClass,
    EvidenceTag, Exemption, Fallback, Hop, KeyKind, MAX_CLAUSES, MAX_ROLES, Memory, Predicate, Relate, Relation,
    Reputation, Require, RoleId, Subject, Test,
};
pub use model::{Element, Severity};
#[cfg(test)]
pub(crate) use reference::Pair;
pub(crate) use reference::{ReferenceId, ReferenceNames};
pub(crate) use tag::{Tag, Tags};

use crate::event::{Channel, KindTag, Os};

/// An immutable, compiled catalog. Cheap to clone; `Send` and `Sync`; share one among all engines.
///
/// ```
/// let catalog = ipcsentry::Catalog::builtin();
/// assert!(catalog.rules().iter().any(|rule| rule.code == "W02"));
/// ```
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Compiled>);

/// Everything a catalog holds.
#[derive(Debug)]
struct Compiled {
    rules: Vec<RuleInfo>,
    behaviors: Vec<Behavior>,
    lists: Lists,
    reference_names: ReferenceNames,
    reputations: Vec<Reputation>,
    /// Clauses by platform and kind of event: what one event has to be held against.
    index: Vec<Vec<ClauseIndex>>,
    /// By behavior, the sets of clauses that could complete it.
    completion_tables: Vec<CompletionTable>,
}

impl Catalog {
    /// The catalog that ships with the library.
    ///
    /// # Panics
    /// Never: the embedded data is loaded by a test.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceBox<Catalog> = OnceBox::new();
        BUILTIN.get_or_init(|| Box::new(load::builtin())).clone()
    }

    /// A catalog from JSON in the project's schema (see `core/src/catalogue/data`).
    ///
    /// # Errors
    /// An unknown list, field, predicate, path or relation, a type that does not fit, or too many of anything, with
    /// the JSON path at fault.
    pub fn from_json(text: &[u8]) -> Result<Self, CatalogError> {
        load::from_json(text)
    }

    /// What it detects: every behavior, in a fixed order.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.0.rules
    }

    /// The highest severity an alert of a behavior (by code or id) may have on a host of which only these channels
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
        self.behaviors().iter().find(|b| b.code == behavior || b.id == behavior)?.detectable_severity(channels)
    }

    /// The behaviors in a fixed order; a [`BehaviorId`] is an index into it.
    pub(crate) fn behaviors(&self) -> &[Behavior] {
        &self.0.behaviors
    }

    /// The lists.
    pub(crate) fn lists(&self) -> &Lists {
        &self.0.lists
    }

    /// Names of endpoints and who may own or use them.
    pub(crate) fn reference_names(&self) -> &ReferenceNames {
        &self.0.reference_names
    }

    /// What is known of initiators, whatever they did.
    pub(crate) fn reputations(&self) -> &[Reputation] {
        &self.0.reputations
    }

    /// The clauses that look at this kind of event on this platform.
    pub(crate) fn clause_indexes(&self, os: Os, kind: KindTag) -> &[ClauseIndex] {
        self.0.index.get(os as usize * KindTag::ALL.len() + kind as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether a behavior could be complete once these clauses are met.
    pub(crate) fn may_complete(&self, behavior: BehaviorId, met: u16) -> bool {
        self.0.completion_tables.get(usize::from(behavior)).is_some_and(|sets| sets.has(met))
    }

    fn new(
        behaviors: Vec<Behavior>,
        lists: Lists,
        reference_names: ReferenceNames,
        reputations: Vec<Reputation>,
    ) -> Self {
        let kinds = |os| KindTag::ALL.iter().map(move |&kind| (os, kind));
        let every = Os::ALL.iter().flat_map(|&os| kinds(os));
        let index = every.map(|(os, kind)| clause_index::clause_indexes(&behaviors, &lists, os, kind)).collect();
        let completion_tables = behaviors.iter().map(CompletionTable::of).collect();
        let rules = behaviors.iter().map(RuleInfo::of).collect();
        Self(Arc::new(Compiled { rules, behaviors, lists, reference_names, reputations, index, completion_tables }))
    }
}
