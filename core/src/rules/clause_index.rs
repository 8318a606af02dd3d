//! Finds the clauses that an event may meet, by its tags, its mechanism and the lists that its names are in.
//!
//! Most clauses that look at a kind of event fail on one of these. The index tests them for all clauses at once, one bit a
//! clause, so that the cost of an event hardly grows with the catalog.

use alloc::vec::Vec;

use super::list_bits::MAX_LISTS;
use super::model::Exposure;
use super::{Behavior, BehaviorId, ClauseId, Field, ListBits, ListId, Lists, Predicate, ProcessField, Tag, Tags, Test};
use crate::event::{KindTag, Mechanism, Os};

/// Clauses of one clause index, a bit each.
pub(crate) type ClauseSet = u128;

/// The clauses that look at one kind of event on one platform, at most as many as a [`ClauseSet`] has bits.
#[derive(Debug, Default)]
pub(crate) struct ClauseIndex {
    pub(crate) clauses: Vec<IndexedClause>,
    /// All of them.
    all: ClauseSet,
    tags: Vec<Asked>,
    /// The tags that they test, and the clauses that remain possible without any of these.
    asked_tags: Tags,
    without_tags: ClauseSet,
    /// By mechanism, the clauses that remain possible; empty where no clause tests the mechanism.
    mechanisms: Vec<ClauseSet>,
    /// The clauses that remain possible where the mechanism is not known.
    without_mechanism: ClauseSet,
    pub(crate) list_tests: Vec<ListTests>,
}

/// One clause.
#[derive(Debug)]
pub(crate) struct IndexedClause {
    pub(crate) behavior: BehaviorId,
    pub(crate) clause: ClauseId,
    /// The predicates that the index does not test.
    pub(crate) rest: Vec<Predicate>,
}

/// The clauses that test a tag.
#[derive(Debug)]
struct Asked {
    tag: Tag,
    required: ClauseSet,
    excluded: ClauseSet,
}

/// The clauses' tests of the lists that one name or text is in.
#[derive(Debug)]
pub(crate) struct ListTests {
    pub(crate) field: Field,
    /// The clauses that test it.
    pub(crate) asking: ClauseSet,
    /// The clauses that do not require it to be in a list.
    open: ClauseSet,
    asked: ListBits,
    /// By list, the position in `answers`.
    positions: [u16; MAX_LISTS],
    answers: Vec<Answer>,
}

/// The clauses that membership in a list lets through, and those it stops.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    lets: ClauseSet,
    stops: ClauseSet,
}

/// The clause indexes for events of this kind on this platform; mostly one.
pub(super) fn clause_indexes(behaviors: &[Behavior], lists: &Lists, os: Os, kind: KindTag) -> Vec<ClauseIndex> {
    let mut indexes = Vec::new();
    for (b, behavior) in behaviors.iter().enumerate().filter(|(_, b)| b.os == os) {
        for (c, clause) in behavior.clauses.iter().enumerate().filter(|(_, c)| c.looks_at(kind)) {
            add(&mut indexes, b as BehaviorId, c as ClauseId, &clause.predicates, lists);
        }
    }
    indexes
}

/// Likewise of exposures, each the first clause of the behavior of its number.
pub(super) fn exposure_indexes(exposures: &[Exposure], lists: &Lists, os: Os, kind: KindTag) -> Vec<ClauseIndex> {
    let mut indexes = Vec::new();
    for (n, exposure) in exposures.iter().enumerate().filter(|(_, e)| e.os == os && e.on >> kind as u8 & 1 == 1) {
        add(&mut indexes, n as BehaviorId, 0, &exposure.predicates, lists);
    }
    indexes
}

/// Adds a clause to the last index that has room for it.
fn add(
    indexes: &mut Vec<ClauseIndex>,
    behavior: BehaviorId,
    clause: ClauseId,
    predicates: &[Predicate],
    lists: &Lists,
) {
    if indexes.last().is_none_or(|index| index.clauses.len() == ClauseSet::BITS as usize) {
        indexes.push(ClauseIndex::default());
    }
    if let Some(index) = indexes.last_mut() {
        index.add(behavior, clause, predicates, lists);
    }
}

impl ClauseIndex {
    /// The clauses that an event of these details may meet.
    pub(crate) fn by_tags(&self, tags: Tags) -> ClauseSet {
        if !tags.has_any(self.asked_tags) {
            return self.without_tags;
        }
        let stopped = |asked: &Asked| if tags.has(asked.tag) { asked.excluded } else { asked.required };
        self.tags.iter().fold(self.all, |left, asked| left & !stopped(asked))
    }

    /// Whether any clause tests the mechanism.
    pub(crate) const fn asks_mechanism(&self) -> bool {
        !self.mechanisms.is_empty()
    }

    /// The clauses that an event of that mechanism (by number) may meet.
    pub(crate) fn by_mechanism(&self, mechanism: Option<i64>) -> ClauseSet {
        let known = mechanism.and_then(|m| self.mechanisms.get(usize::try_from(m).ok()?));
        known.copied().unwrap_or(self.without_mechanism)
    }

    fn add(&mut self, behavior: BehaviorId, clause: ClauseId, predicates: &[Predicate], lists: &Lists) {
        let bit = 1 << self.clauses.len();
        self.all |= bit;
        self.without_mechanism |= bit;
        self.mechanisms.iter_mut().for_each(|set| *set |= bit);
        self.list_tests.iter_mut().for_each(|tests| tests.open |= bit);
        let rest = predicates.iter().filter(|p| !self.takes(bit, p, lists)).cloned().collect();
        self.clauses.push(IndexedClause { behavior, clause, rest });
        self.without_tags = self.tags.iter().fold(self.all, |left, asked| left & !asked.required);
    }

    /// Takes over a predicate that the index can test; the others stay with the clause.
    fn takes(&mut self, bit: ClauseSet, predicate: &Predicate, lists: &Lists) -> bool {
        let (field, test, wanted) = match predicate {
            Predicate::Test(field, Test::Not(inner)) => (*field, &**inner, false),
            Predicate::Test(field, test) => (*field, test, true),
            // Alternatives are tested last, when everything else of the clause holds.
            Predicate::Any(_) => return false,
        };
        match (field, test) {
            (Field::Tags, Test::Tag(tag)) if !tag.is_lazy() => {
                let asked = self.asked(*tag);
                if wanted {
                    asked.required |= bit
                } else {
                    asked.excluded |= bit
                }
                true
            }
            (Field::EndpointMechanism, Test::NumberIn(any_of)) if wanted => {
                self.mechanisms.resize(Mechanism::ALL.len(), self.all);
                self.without_mechanism &= !bit;
                let others = (0..).zip(&mut self.mechanisms).filter(|(m, _)| !any_of.contains(m));
                others.for_each(|(_, set)| *set &= !bit);
                true
            }
            (field, Test::List(any_of)) if is_answered(field, any_of, lists) => {
                self.tests(field).takes(bit, any_of, wanted)
            }
            _ => false,
        }
    }

    fn asked(&mut self, tag: Tag) -> &mut Asked {
        self.asked_tags.insert(tag);
        let at = self.tags.iter().position(|a| a.tag == tag).unwrap_or_else(|| {
            self.tags.push(Asked { tag, required: 0, excluded: 0 });
            self.tags.len() - 1
        });
        &mut self.tags[at]
    }

    fn tests(&mut self, field: Field) -> &mut ListTests {
        let at = self.list_tests.iter().position(|p| p.field == field).unwrap_or_else(|| {
            self.list_tests.push(ListTests {
                field,
                asking: 0,
                open: self.all,
                asked: ListBits::NONE,
                positions: [0; MAX_LISTS],
                answers: Vec::new(),
            });
            self.list_tests.len() - 1
        });
        &mut self.list_tests[at]
    }
}

impl ListTests {
    /// The clauses that a name of these lists lets through.
    pub(crate) fn passing(&self, lists: &ListBits) -> ClauseSet {
        let (mut lets, mut stops) = (self.open, 0);
        lists.common(&self.asked, |list| {
            if let Some(answer) = self.answers.get(usize::from(self.positions[usize::from(list)])) {
                lets |= answer.lets;
                stops |= answer.stops;
            }
        });
        lets & !stops
    }

    /// Takes over that a clause wants the name to be, or not to be, of any of these lists.
    fn takes(&mut self, bit: ClauseSet, any_of: &[ListId], wanted: bool) -> bool {
        if wanted && self.open & bit == 0 {
            // The name would have to be in a second list as well: the index holds one a clause.
            return false;
        }
        self.asking |= bit;
        if wanted {
            self.open &= !bit;
        }
        for &list in any_of {
            if !self.asked.has(list) {
                self.asked.insert(list);
                // As many as there are lists, which the index can tell apart.
                self.positions[usize::from(list)] = self.answers.len() as u16;
                self.answers.push(Answer::default());
            }
            let answer = &mut self.answers[usize::from(self.positions[usize::from(list)])];
            if wanted { answer.lets |= bit } else { answer.stops |= bit }
        }
        true
    }
}

/// Whether the lists that were matched when the name was interned, or the command line was first seen, include all of
/// these.
fn is_answered(field: Field, any_of: &[ListId], lists: &Lists) -> bool {
    let kept = match field {
        Field::Process(_, field) => matches!(
            field,
            ProcessField::Image
                | ProcessField::CommandLine
                | ProcessField::User
                | ProcessField::Terminal
                | ProcessField::Signer
                | ProcessField::OriginalFileName
        ),
        other => matches!(other, Field::EndpointName | Field::ImagePath | Field::RegistryPath),
    };
    kept && any_of.iter().all(|&list| field.is_text() || !lists.is_text(list))
}

impl Tag {
    /// Whether the tag costs so much to derive that it is derived only when a clause tests it.
    pub(crate) const fn is_lazy(self) -> bool {
        matches!(self, Self::Related)
    }
}
