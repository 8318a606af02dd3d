//! What is to be detected, as data: behaviors, lists and reference names, parsed and compiled once, shared by all engines.

mod clause_index;
mod completion_table;
mod detectable;
pub(crate) mod embedded;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod field;
mod field_kinds;
mod info;
mod lists;
mod load;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod model;
mod reference;
mod severity;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod tag;
#[allow(unreachable_pub, reason = "part of the model")]
mod wildcard;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use crate::names::Template;
pub(crate) use clause_index::{ClauseIndex, IndexedClause};
use completion_table::CompletionTable;
pub(crate) use field::{Field, ProcessField, Type};
pub use info::RuleInfo;
pub(crate) use lists::{ListBits, ListId, Lists};
use load::Additions;
pub use load::{CatalogError, builtin_texts};
pub(crate) use model::{
    AnchorKind, AnchorPath, Base, Behavior, BehaviorId, BindFrom, Clause, ClauseId, Count, DEFAULT_MIN_CONFIDENCE,
    Distinct, EvidenceClass, EvidenceTag, Exemption, Fallback, Hop, KeyKind, MAX_CLAUSES, MAX_ROLES, Memory, Predicate,
    Relate, Relation, Reputation, Require, RoleId, Subject, Test,
};
pub use model::{Element, Severity};
#[cfg(test)]
pub(crate) use reference::Pair;
pub(crate) use reference::{ReferenceId, ReferenceNames};
pub(crate) use tag::{Tag, Tags};
pub(crate) use wildcard::Wildcard;

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
    /// What was added to the builtin rules.
    additions: Additions,
    warnings: Vec<CatalogError>,
}

/// What a catalog is made of, read and checked.
struct Parts {
    behaviors: Vec<Behavior>,
    lists: Lists,
    reference_names: ReferenceNames,
    reputations: Vec<Reputation>,
    additions: Additions,
    warnings: Vec<CatalogError>,
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

    /// A catalog of the builtin lists and names with what a document adds to them; its behaviors, where it has any,
    /// stand instead of the builtin ones. The language is described in `core/docs/rules.md`.
    ///
    /// # Errors
    /// Whatever is unknown, does not fit, is taken, or could never fire: with line, column, behavior and clause.
    pub fn from_json(text: &[u8]) -> Result<Self, CatalogError> {
        load::only(text)
    }

    /// This catalog and what a document adds to it: a behavior, or an object with any of `lists`, `known_good`,
    /// `known_bad`, `conditions`, `reputations` and `behaviors`. It may name lists and conditions that are there already.
    ///
    /// ```
    /// use ipcsentry::Catalog;
    /// let rule = br#"{
    ///     // A program of ours that nobody should start from a spool folder.
    ///     "id": "linux.fifo.spool", "code": "L90", "techniques": ["T1559"], "severity": "medium",
    ///     "title": "FIFO opened by a program in a spool folder", "explanation": "{A} opened {ipc}",
    ///     "sources": ["own"], "anchor": "process", "window": "10s",
    ///     "clauses": {
    ///         "open": "ipc: endpoint_connect bind A where endpoint.mechanism == fifo",
    ///         "start": "execution: process_start where actor.image starts_with '/var/spool/'",
    ///     },
    ///     "require": "open and start",
    /// }"#;
    /// let catalog = Catalog::builtin().extend(rule)?;
    /// assert_eq!(catalog.rules().len(), Catalog::builtin().rules().len() + 1);
    /// assert!(catalog.extend(rule).unwrap_err().to_string().contains("`linux.fifo.spool` is taken"));
    /// # Ok::<(), ipcsentry::rules::CatalogError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Catalog::from_json`]; a code or id that is there already is an error.
    pub fn extend(&self, text: &[u8]) -> Result<Self, CatalogError> {
        let mut additions = self.0.additions.clone();
        additions.texts.push(text.to_vec());
        load::with(additions)
    }

    /// This catalog without some behaviors, by code or id.
    ///
    /// ```
    /// use ipcsentry::Catalog;
    /// let catalog = Catalog::builtin().without(&["W18", "linux.socket.tool_client"])?;
    /// assert!(catalog.rules().iter().all(|b| b.code != "W18" && b.code != "L02"));
    /// assert!(Catalog::builtin().without(&["W99"]).is_err());
    /// # Ok::<(), ipcsentry::rules::CatalogError>(())
    /// ```
    ///
    /// # Errors
    /// A name that is of no behavior, or a behavior whose evidence another one uses.
    pub fn without(&self, names: &[&str]) -> Result<Self, CatalogError> {
        let mut additions = self.0.additions.clone();
        let by_then = additions.texts.len();
        additions.left_out.extend(names.iter().map(|name| (by_then, String::from(*name))));
        load::with(additions)
    }

    /// What is no error but looks like one, of the builtin rules and of all that was added: lists and conditions that
    /// nothing reads. Each names its place.
    #[must_use]
    pub fn warnings(&self) -> &[CatalogError] {
        &self.0.warnings
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

    fn new(parts: Parts) -> Self {
        let Parts { behaviors, lists, reference_names, reputations, additions, warnings } = parts;
        let kinds = |os| KindTag::ALL.iter().map(move |&kind| (os, kind));
        let every = Os::ALL.iter().flat_map(|&os| kinds(os));
        let index = every.map(|(os, kind)| clause_index::clause_indexes(&behaviors, &lists, os, kind)).collect();
        let completion_tables = behaviors.iter().map(CompletionTable::of).collect();
        let rules = behaviors.iter().map(RuleInfo::of).collect();
        Self(Arc::new(Compiled {
            rules,
            behaviors,
            lists,
            reference_names,
            reputations,
            index,
            completion_tables,
            additions,
            warnings,
        }))
    }
}
