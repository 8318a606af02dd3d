//! What a clause asks of an event that a few words answer: derived facts, the mechanism, and the terms of names.
//!
//! An event is held against every clause that looks at its kind. Most fail on a tag, the mechanism or who acts; a sieve
//! settles these for all clauses at once, a bit each, so that the cost of an event hardly grows with the catalogue.

use alloc::vec::Vec;

use super::terms::MAX_TERMS;
use super::{
    Behaviour, BehaviourId, ClauseId, Field, Predicate, ProcessField, Tag, Tags, TermBits, TermId, Terms, Test,
};
use crate::event::{KindTag, Mechanism, Os};

/// Clauses of one sieve, a bit each.
pub(crate) type Set = u128;

/// At most as many clauses as a [`Set`] has bits that look at one kind of event on one platform.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    pub(crate) clauses: Vec<Sifted>,
    /// All of them.
    all: Set,
    tags: Vec<Asked>,
    /// By mechanism who goes on, where anybody asks for one.
    mechanisms: Vec<Set>,
    /// Who goes on where no mechanism is known.
    without_mechanism: Set,
    pub(crate) places: Vec<Place>,
}

/// One clause.
#[derive(Debug)]
pub(crate) struct Sifted {
    pub(crate) behaviour: BehaviourId,
    pub(crate) clause: ClauseId,
    /// What remains to be asked.
    pub(crate) rest: Vec<Predicate>,
}

/// Who asks for a tag.
#[derive(Debug)]
struct Asked {
    tag: Tag,
    required: Set,
    excluded: Set,
}

/// What is asked of the terms of one name or text.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) field: Field,
    /// Who asks anything of it.
    pub(crate) asking: Set,
    /// Who does not ask it to be of any term.
    open: Set,
    asked: TermBits,
    /// By term the place in `answers`.
    index: [u8; MAX_TERMS],
    answers: Vec<Answer>,
}

/// Whom a term lets through, and whom it stops.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    lets: Set,
    stops: Set,
}

/// The sieves for events of this kind on this platform; mostly one.
pub(super) fn sieves(behaviours: &[Behaviour], terms: &Terms, os: Os, kind: KindTag) -> Vec<Sieve> {
    let mut sieves: Vec<Sieve> = Vec::new();
    for (b, behaviour) in behaviours.iter().enumerate().filter(|(_, b)| b.os == os) {
        for (c, clause) in behaviour.clauses.iter().enumerate().filter(|(_, c)| c.looks_at(kind)) {
            if sieves.last().is_none_or(|s| s.clauses.len() == Set::BITS as usize) {
                sieves.push(Sieve::default());
            }
            if let Some(sieve) = sieves.last_mut() {
                sieve.add(b as BehaviourId, c as ClauseId, &clause.predicates, terms);
            }
        }
    }
    sieves
}

impl Sieve {
    /// The clauses that an event of these facts may meet.
    pub(crate) fn by_facts(&self, tags: Tags) -> Set {
        let stopped = |asked: &Asked| if tags.has(asked.tag) { asked.excluded } else { asked.required };
        self.tags.iter().fold(self.all, |left, asked| left & !stopped(asked))
    }

    /// Whether any clause asks for the mechanism.
    pub(crate) const fn asks_mechanism(&self) -> bool {
        !self.mechanisms.is_empty()
    }

    /// The clauses that an event of that mechanism (by number) may meet.
    pub(crate) fn by_mechanism(&self, mechanism: Option<i64>) -> Set {
        let known = mechanism.and_then(|m| self.mechanisms.get(usize::try_from(m).ok()?));
        known.copied().unwrap_or(self.without_mechanism)
    }

    fn add(&mut self, behaviour: BehaviourId, clause: ClauseId, predicates: &[Predicate], terms: &Terms) {
        let bit = 1 << self.clauses.len();
        self.all |= bit;
        self.without_mechanism |= bit;
        self.mechanisms.iter_mut().for_each(|set| *set |= bit);
        self.places.iter_mut().for_each(|place| place.open |= bit);
        let rest = predicates.iter().filter(|p| !self.takes(bit, p, terms)).cloned().collect();
        self.clauses.push(Sifted { behaviour, clause, rest });
    }

    /// Takes a predicate over, if it is one of those.
    fn takes(&mut self, bit: Set, predicate: &Predicate, terms: &Terms) -> bool {
        let (field, test, wanted) = match predicate {
            Predicate::Test(field, Test::Not(inner)) => (*field, &**inner, false),
            Predicate::Test(field, test) => (*field, test, true),
            // What holds in one of several ways is looked at when the rest lets the event through.
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
            (Field::EndpointMechanism, Test::NumberIn(list)) if wanted => {
                self.mechanisms.resize(Mechanism::ALL.len(), self.all);
                self.without_mechanism &= !bit;
                let others = (0..).zip(&mut self.mechanisms).filter(|(m, _)| !list.contains(m));
                others.for_each(|(_, set)| *set &= !bit);
                true
            }
            (field, Test::Term(list)) if is_answered(field, list, terms) => self.place(field).takes(bit, list, wanted),
            _ => false,
        }
    }

    fn asked(&mut self, tag: Tag) -> &mut Asked {
        let at = self.tags.iter().position(|a| a.tag == tag).unwrap_or_else(|| {
            self.tags.push(Asked { tag, required: 0, excluded: 0 });
            self.tags.len() - 1
        });
        &mut self.tags[at]
    }

    fn place(&mut self, field: Field) -> &mut Place {
        let at = self.places.iter().position(|p| p.field == field).unwrap_or_else(|| {
            self.places.push(Place {
                field,
                asking: 0,
                open: self.all,
                asked: TermBits::NONE,
                index: [0; MAX_TERMS],
                answers: Vec::new(),
            });
            self.places.len() - 1
        });
        &mut self.places[at]
    }
}

impl Place {
    /// The clauses that a name of these terms lets through.
    pub(crate) fn passing(&self, terms: &TermBits) -> Set {
        let (mut lets, mut stops) = (self.open, 0);
        for term in terms.common(&self.asked) {
            let Some(answer) = self.answers.get(usize::from(self.index[usize::from(term)])) else { continue };
            lets |= answer.lets;
            stops |= answer.stops;
        }
        lets & !stops
    }

    /// Takes over that a clause wants the name to be, or not to be, of any of these terms.
    fn takes(&mut self, bit: Set, list: &[TermId], wanted: bool) -> bool {
        if wanted && self.open & bit == 0 {
            // A second list would have to be met as well.
            return false;
        }
        self.asking |= bit;
        if wanted {
            self.open &= !bit;
        }
        for &term in list {
            if !self.asked.has(term) {
                self.asked.insert(term);
                // As many as there are terms, which the index can tell apart.
                self.index[usize::from(term)] = self.answers.len() as u8;
                self.answers.push(Answer::default());
            }
            let answer = &mut self.answers[usize::from(self.index[usize::from(term)])];
            if wanted { answer.lets |= bit } else { answer.stops |= bit }
        }
        true
    }
}

/// Whether what was worked out when a name was interned, or a command line learned, tells all of these terms.
fn is_answered(field: Field, list: &[TermId], terms: &Terms) -> bool {
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
    kept && list.iter().all(|&term| field.is_text() || !terms.is_text(term))
}

impl Tag {
    /// Whether it costs so much to find out that it is done only when somebody asks.
    pub(crate) const fn is_lazy(self) -> bool {
        matches!(self, Self::OwnKin)
    }
}
