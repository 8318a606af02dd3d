//! What is to be detected, as data: behaviours, terms and baselines, parsed and compiled once, shared by all engines.

mod field;
mod field_kinds;
mod knowledge;
mod load;
mod model;
mod pattern;
mod reach;
mod sieve;
mod sufficient;
mod tag;
mod template;
mod terms;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

pub use field::{Field, MECHANISM, ProcessField, Type};
pub use knowledge::{EntryId, Knowledge, Pair, npfs_name};
pub use load::CatalogueError;
pub use model::{
    AnchorKind, Base, Behaviour, BehaviourId, BindFrom, Clause, ClauseId, Count, DEFAULT_MIN_CONFIDENCE, Distinct,
    Element, EvidenceTag, Exemption, Hop, KeyKind, MAX_CLAUSES, MAX_ROLES, Memory, Path, Predicate, Relate, Relation,
    Require, Role, RoleId, Severity, Solo, Standing, Subject, Test,
};
pub(crate) use pattern::{Fold, Glob, ImagePattern};
pub(crate) use sieve::{Sieve, Sifted};
use sufficient::Sufficient;
pub use tag::{Tag, Tags};
pub use template::Template;
pub use terms::{TermBits, TermId, Terms};

use crate::event::{KindTag, Os};

/// An immutable, compiled catalogue. Cheap to clone; `Send` and `Sync`; share one among all engines.
///
/// ```
/// let catalogue = ipcsentry::Catalogue::builtin();
/// assert!(catalogue.behaviours().iter().any(|b| b.code == "W02"));
/// ```
#[derive(Clone, Debug)]
pub struct Catalogue(Arc<Compiled>);

/// Everything a catalogue holds.
#[derive(Debug)]
struct Compiled {
    behaviours: Vec<Behaviour>,
    terms: Terms,
    knowledge: Knowledge,
    standings: Vec<Standing>,
    /// Clauses by platform and kind of event: what one event has to be held against.
    index: Vec<Vec<Sieve>>,
    /// By behaviour, the sets of clauses that could complete it.
    sufficient: Vec<Sufficient>,
}

impl Catalogue {
    /// The catalogue that ships with the library.
    ///
    /// # Panics
    /// Never: the embedded data is loaded by a test.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceBox<Catalogue> = OnceBox::new();
        BUILTIN.get_or_init(|| Box::new(load::builtin())).clone()
    }

    /// A catalogue from JSON in the project's schema (see `core/src/catalogue/data`).
    ///
    /// # Errors
    /// An unknown term, field, predicate, path or relation, a type that does not fit, or too many of anything, with
    /// the JSON path at fault.
    pub fn from_json(text: &[u8]) -> Result<Self, CatalogueError> {
        load::from_json(text)
    }

    /// The behaviours in a fixed order; a [`BehaviourId`] is an index into it.
    #[must_use]
    pub fn behaviours(&self) -> &[Behaviour] {
        &self.0.behaviours
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.0.terms
    }

    /// Baselines of names and who may own or use them.
    #[must_use]
    pub fn knowledge(&self) -> &Knowledge {
        &self.0.knowledge
    }

    /// What is known of initiators, whatever they did.
    #[must_use]
    pub fn standings(&self) -> &[Standing] {
        &self.0.standings
    }

    /// The clauses that look at this kind of event on this platform.
    pub(crate) fn sieves(&self, os: Os, kind: KindTag) -> &[Sieve] {
        self.0.index.get(os as usize * KindTag::ALL.len() + kind as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether a behaviour could be complete once these clauses are met.
    pub(crate) fn suffices(&self, behaviour: BehaviourId, met: u16) -> bool {
        self.0.sufficient.get(usize::from(behaviour)).is_some_and(|sets| sets.has(met))
    }

    fn new(behaviours: Vec<Behaviour>, terms: Terms, knowledge: Knowledge, standings: Vec<Standing>) -> Self {
        let kinds = |os| KindTag::ALL.iter().map(move |&kind| (os, kind));
        let every = Os::ALL.iter().flat_map(|&os| kinds(os));
        let index = every.map(|(os, kind)| sieve::sieves(&behaviours, &terms, os, kind)).collect();
        let sufficient = behaviours.iter().map(Sufficient::of).collect();
        Self(Arc::new(Compiled { behaviours, terms, knowledge, standings, index, sufficient }))
    }
}
