//! What a clause asks of an event that a few words answer: derived facts, and the terms of its cast's images.
//!
//! An event is held against every clause that looks at its kind. Most fail on a tag or on who acts; sieves settle
//! these without going into the predicates one by one, so that the cost of an event does not grow with the catalogue.

use alloc::vec::Vec;

use super::{
    Behaviour, BehaviourId, ClauseId, Field, Predicate, ProcessField, Subject, Tag, Tags, TermBits, TermId, Test,
};
use crate::event::{KindTag, Os};

/// The subjects whose images sieves ask about.
pub(crate) const CAST: [Subject; 3] = [Subject::Actor, Subject::Parent, Subject::Target];

/// The clauses that look at one kind of event on one platform.
#[derive(Debug, Default)]
pub(crate) struct Sieves {
    pub(crate) clauses: Vec<Sieve>,
    /// Of [`CAST`], those that any of the sieves asks about.
    pub(crate) asks: [bool; CAST.len()],
}

/// One clause.
#[derive(Debug)]
pub(crate) struct Sieve {
    pub(crate) behaviour: BehaviourId,
    pub(crate) clause: ClauseId,
    required: Tags,
    excluded: Tags,
    images: [Images; CAST.len()],
    /// What remains to be asked.
    pub(crate) rest: Vec<Predicate>,
}

/// What the image of one subject must and must not be of.
#[derive(Debug, Default)]
struct Images {
    any_of: Option<TermBits>,
    none_of: TermBits,
}

impl Sieves {
    /// For events of this kind on this platform.
    pub(super) fn new(behaviours: &[Behaviour], os: Os, kind: KindTag) -> Self {
        let mut sieves = Self::default();
        for (b, behaviour) in behaviours.iter().enumerate().filter(|(_, b)| b.os == os) {
            for (c, clause) in behaviour.clauses.iter().enumerate().filter(|(_, c)| c.looks_at(kind)) {
                let sieve = Sieve::new(b as BehaviourId, c as ClauseId, &clause.predicates);
                for (asks, images) in sieves.asks.iter_mut().zip(&sieve.images) {
                    *asks |= images.any_of.is_some() || images.none_of != TermBits::default();
                }
                sieves.clauses.push(sieve);
            }
        }
        sieves
    }
}

impl Sieve {
    fn new(behaviour: BehaviourId, clause: ClauseId, predicates: &[Predicate]) -> Self {
        let (required, excluded, images) = Default::default();
        let mut sieve = Self { behaviour, clause, required, excluded, images, rest: Vec::new() };
        sieve.rest = predicates.iter().filter(|predicate| !sieve.takes(predicate)).cloned().collect();
        sieve
    }

    /// Whether an event of these facts, by a cast of images of these terms, may meet the clause.
    pub(crate) fn passes(&self, tags: Tags, cast: &[TermBits; CAST.len()]) -> bool {
        tags.has_all(self.required)
            && !tags.has_any(self.excluded)
            && self
                .images
                .iter()
                .zip(cast)
                .all(|(images, terms)| images.any_of.is_none_or(|any| any.meets(terms)) && !images.none_of.meets(terms))
    }

    /// Takes a predicate over, if it is one of those.
    fn takes(&mut self, predicate: &Predicate) -> bool {
        match (predicate.field, &predicate.test) {
            (Field::Tags, Test::Tag(tag)) if !tag.is_lazy() => self.required.insert(*tag),
            (Field::Tags, Test::Not(inner)) => match **inner {
                Test::Tag(tag) if !tag.is_lazy() => self.excluded.insert(tag),
                _ => return false,
            },
            (Field::Process(subject, ProcessField::Image), test) => {
                let Some(place) = CAST.iter().position(|&s| s == subject) else { return false };
                return self.images[place].takes(test);
            }
            _ => return false,
        }
        true
    }
}

impl Images {
    fn takes(&mut self, test: &Test) -> bool {
        let bits = |terms: &[TermId]| {
            let mut bits = TermBits::default();
            terms.iter().for_each(|&term| bits.insert(term));
            bits
        };
        match test {
            // A second list would have to be met as well.
            Test::Term(terms) if self.any_of.is_none() => self.any_of = Some(bits(terms)),
            Test::Not(inner) => match &**inner {
                Test::Term(terms) => terms.iter().for_each(|&term| self.none_of.insert(term)),
                _ => return false,
            },
            _ => return false,
        }
        true
    }
}

impl Tag {
    /// Whether it costs so much to find out that it is done only when somebody asks.
    pub(crate) const fn is_lazy(self) -> bool {
        matches!(self, Self::OwnKin)
    }
}
