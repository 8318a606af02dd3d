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
mod wildcard;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

pub use field::{Field, MECHANISM, ProcessField, Type};
pub use knowledge::{EntryId, Knowledge, Pair, npfs_name};
use load::Additions;
pub use load::{CatalogueError, builtin_texts};
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
pub use wildcard::Wildcard;

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
    /// What was added to the builtin rules.
    additions: Additions,
    warnings: Vec<CatalogueError>,
}

/// What a catalogue is made of, read and checked.
struct Parts {
    behaviours: Vec<Behaviour>,
    terms: Terms,
    knowledge: Knowledge,
    standings: Vec<Standing>,
    additions: Additions,
    warnings: Vec<CatalogueError>,
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

    /// A catalog of the builtin lists and names with what a document adds to them; its behaviors, where it has any,
    /// stand instead of the builtin ones. The language is described in `core/docs/rules.md`.
    ///
    /// # Errors
    /// Whatever is unknown, does not fit, is taken, or could never fire: with line, column, behavior and clause.
    pub fn from_json(text: &[u8]) -> Result<Self, CatalogueError> {
        load::only(text)
    }

    /// This catalog and what a document adds to it: a behavior, or an object with any of `lists`, `known_good`,
    /// `known_bad`, `conditions`, `reputations` and `behaviors`. It may name lists and conditions that are there already.
    ///
    /// ```
    /// use ipcsentry::Catalogue;
    /// let rule = br#"{
    ///     // A program of ours that nobody should start from a spool folder.
    ///     "id": "linux.fifo.spool", "code": "L90", "techniques": ["T1559"], "severity": "medium",
    ///     "title": "FIFO opened by a program in a spool folder", "explanation": "{A} opened {ipc}",
    ///     "sources": ["own"], "anchor": "process", "window": "10s",
    ///     "clauses": {
    ///         "open": {"ipc": "endpoint_connect", "where": "endpoint.mechanism == fifo", "bind": "A"},
    ///         "start": {"execution": "process_start", "where": "actor.image starts_with '/var/spool/'"},
    ///     },
    ///     "require": "open and start",
    /// }"#;
    /// let catalog = Catalogue::builtin().extend(rule)?;
    /// assert_eq!(catalog.behaviours().len(), Catalogue::builtin().behaviours().len() + 1);
    /// assert!(catalog.extend(rule).unwrap_err().to_string().contains("`linux.fifo.spool` is taken"));
    /// # Ok::<(), ipcsentry::catalogue::CatalogueError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Catalogue::from_json`]; a code or id that is there already is an error.
    pub fn extend(&self, text: &[u8]) -> Result<Self, CatalogueError> {
        let mut additions = self.0.additions.clone();
        additions.texts.push(text.to_vec());
        load::with(additions)
    }

    /// This catalog without some behaviors, by code or id.
    ///
    /// ```
    /// use ipcsentry::Catalogue;
    /// let catalog = Catalogue::builtin().without(&["W18", "linux.socket.tool_client"])?;
    /// assert!(catalog.behaviours().iter().all(|b| b.code != "W18" && b.code != "L02"));
    /// assert!(Catalogue::builtin().without(&["W99"]).is_err());
    /// # Ok::<(), ipcsentry::catalogue::CatalogueError>(())
    /// ```
    ///
    /// # Errors
    /// A name that is of no behavior, or a behavior whose evidence another one uses.
    pub fn without(&self, names: &[&str]) -> Result<Self, CatalogueError> {
        let mut additions = self.0.additions.clone();
        let by_then = additions.texts.len();
        additions.left_out.extend(names.iter().map(|name| (by_then, String::from(*name))));
        load::with(additions)
    }

    /// What is no error but looks like one, of the builtin rules and of all that was added: lists and conditions that
    /// nothing reads. Each names its place.
    #[must_use]
    pub fn warnings(&self) -> &[CatalogueError] {
        &self.0.warnings
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

    fn new(parts: Parts) -> Self {
        let Parts { behaviours, terms, knowledge, standings, additions, warnings } = parts;
        let kinds = |os| KindTag::ALL.iter().map(move |&kind| (os, kind));
        let every = Os::ALL.iter().flat_map(|&os| kinds(os));
        let index = every.map(|(os, kind)| sieve::sieves(&behaviours, &terms, os, kind)).collect();
        let sufficient = behaviours.iter().map(Sufficient::of).collect();
        Self(Arc::new(Compiled { behaviours, terms, knowledge, standings, index, sufficient, additions, warnings }))
    }
}
