//! What is to be detected, as data: behaviors, lists and reference names, parsed and compiled once, shared by all engines.

#[allow(unreachable_pub, reason = "part of the model")]
mod anchor;
mod attack;
mod catalog;
mod clause_index;
mod common_legs;
mod completion_table;
mod detectable;
mod elements;
pub(crate) mod embedded;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod field;
#[cfg_attr(not(feature = "_internal_test_exports"), expect(unreachable_pub, reason = "tests list them"))]
mod field_kinds;
mod grams;
mod info;
mod list_bits;
mod list_index;
mod lists;
mod load;
mod load_error;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod model;
#[allow(unreachable_pub, reason = "part of the model")]
mod needle;
mod pattern;
#[allow(unreachable_pub, reason = "part of the model")]
pub(crate) mod phrase;
#[allow(unreachable_pub, reason = "part of the model")]
mod predicate;
mod reference;
mod severity;
#[allow(unreachable_pub, reason = "tests of the repository read it")]
pub(crate) mod tag;
mod walks;
mod wants;
#[allow(unreachable_pub, reason = "part of the model")]
mod wildcard;

use crate::names::Template;
pub(crate) use anchor::{AnchorKind, AnchorPath, Base, Hop, KeyKind};
pub use attack::AttackVersion;
pub(crate) use attack::TechniqueIds;
pub use catalog::Catalog;
pub(crate) use clause_index::{ClauseIndex, ClauseSet, IndexedClause, ListTests};
pub(crate) use detectable::Visibility;
pub use elements::Party;
pub(crate) use elements::{INTRUSIONS, USES};
pub(crate) use field::{Field, ProcessField, Subject, Type};
pub use info::RuleInfo;
pub(crate) use list_bits::{ListBits, ListId};
pub(crate) use lists::Lists;
pub use load::builtin_texts;
pub use load_error::CatalogError;
pub(crate) use model::{
    Behavior, BehaviorId, BindFrom, Clause, ClauseId, Count, DEFAULT_MIN_CONFIDENCE, Distinct, EvidenceClass,
    EvidenceTag, Exemption, Exposure, Fallback, MAX_CLAUSES, MAX_ROLES, Memory, Named, Relate, Relation, Reputation,
    Require, Retired, RoleId, Technique,
};
pub use model::{Element, Severity};
pub(crate) use phrase::{Phrase, PhrasePart, Slot};
pub(crate) use predicate::{Predicate, Test};
pub(crate) use reference::{ReferenceId, ReferenceNames};
pub(crate) use tag::{Tag, Tags};
pub(crate) use walks::WalkId;
pub use wants::{Loss, Want};
pub(crate) use wildcard::Wildcard;
