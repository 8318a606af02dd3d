//! What is to be detected, as data: behaviors, lists and reference names, parsed and compiled once, shared by all engines.

mod clause_index;
mod completion_table;
mod detectable;
mod field;
mod lists;
mod load;
mod model;
mod reference;
mod severity;
mod tag;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

pub use crate::names::Template;
pub(crate) use clause_index::{ClauseIndex, IndexedClause};
use completion_table::CompletionTable;
pub use field::{Field, ProcessField, Type};
pub use lists::{ListBits, ListId, Lists};
pub use load::CatalogError;
pub use model::{
    AnchorKind, AnchorPath, Base, Behavior, BehaviorId, BindFrom, Clause, ClauseId, Count, Distinct, Element,
    EvidenceClass, EvidenceTag, Exemption, Fallback, Hop, KeyKind, MAX_CLAUSES, MAX_ROLES, Memory, Predicate, Relate,
    Relation, Reputation, Require, RoleId, Severity, Subject, Test,
};
pub use reference::{Pair, ReferenceId, ReferenceNames};
pub use tag::{Tag, Tags};

use crate::event::{KindTag, Os};

/// An immutable, compiled catalog. Cheap to clone; `Send` and `Sync`; share one among all engines.
///
/// ```
/// let catalog = ipcsentry::Catalog::builtin();
/// assert!(catalog.behaviors().iter().any(|b| b.code == "W02"));
/// ```
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Compiled>);

/// Everything a catalog holds.
#[derive(Debug)]
struct Compiled {
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

    /// The behaviors in a fixed order; a [`BehaviorId`] is an index into it.
    #[must_use]
    pub fn behaviors(&self) -> &[Behavior] {
        &self.0.behaviors
    }

    /// The lists.
    #[must_use]
    pub fn lists(&self) -> &Lists {
        &self.0.lists
    }

    /// Reference names and who may own or use them.
    #[must_use]
    pub fn reference_names(&self) -> &ReferenceNames {
        &self.0.reference_names
    }

    /// What is known of initiators, whatever they did.
    #[must_use]
    pub fn reputations(&self) -> &[Reputation] {
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
        Self(Arc::new(Compiled { behaviors, lists, reference_names, reputations, index, completion_tables }))
    }
}
