//! What an agent should send: the kinds of events and the fields that the behaviors of a platform read, and what is lost
//! without each.

use alloc::string::String;
use alloc::vec::Vec;

use super::anchor::AnchorPath;
use super::catalog::Catalog;
use super::detectable::Visibility;
use super::field::Field;
use super::model::{Behavior, Clause, Severity};
use super::predicate::{Predicate, Test};
use crate::event::{KindTag, Os};
use crate::util::sort::sort_by_key;

/// A kind of events, or a field of one, that behaviors read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Want {
    /// The kind of events; `None` for a detail of a process, which any event that names the process may report once.
    pub kind: Option<KindTag>,
    /// The field by its name in rules; `None` for the kind as a whole.
    pub field: Option<String>,
    /// The behaviors that read it, in the order of the catalog.
    pub behaviors: Vec<Loss>,
}

/// What a behavior loses without something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// The behavior's code.
    pub code: String,
    /// How severe its alerts can be.
    pub severity: Severity,
    /// How severe they can be without it; `None` if there is no alert then. Where both are equal it adds evidence and
    /// confidence, or one of several ways to be seen.
    pub without: Option<Severity>,
    /// Whether only a weaker form of the behavior is left.
    pub degraded: bool,
}

impl Catalog {
    /// What the behaviors of a platform read, kinds of events before their fields: what an agent has to send, and what is
    /// lost without each.
    ///
    /// It reads conditions only. Not in it, because everything needs it: time, host, platform, a pid or unique id for each
    /// process, mechanism and name of an endpoint. What the library concludes by itself (tags) is read from images,
    /// command lines and parents.
    ///
    /// ```
    /// use ipcsentry::event::{KindTag, Os};
    /// let wants = ipcsentry::Catalog::builtin().wants(Os::Linux);
    /// let start = wants.iter().find(|w| w.kind == Some(KindTag::ProcessStart) && w.field.is_none()).unwrap();
    /// assert!(start.behaviors.iter().any(|loss| loss.without.is_none()), "some are blind without process starts");
    /// ```
    #[must_use]
    pub fn wants(&self, os: Os) -> Vec<Want> {
        let rules = || self.behaviors().iter().filter(|rule| rule.os == os && rule.alerts);
        let mut wants = Vec::new();
        for kind in KindTag::ALL {
            self.add(&mut wants, Lacking::Kind(*kind), rules());
        }
        for kind in KindTag::ALL {
            let fields =
                rules().flat_map(|rule| &rule.clauses).filter(|clause| clause.looks_at(*kind)).flat_map(fields);
            for field in sorted(fields.filter(|field| !is_of_process(*field))) {
                self.add(&mut wants, Lacking::Field(*kind, field), rules());
            }
        }
        let fields = rules().flat_map(|rule| &rule.clauses).flat_map(fields);
        for field in sorted(fields.filter(|field| is_of_process(*field))) {
            self.add(&mut wants, Lacking::Process(field), rules());
        }
        wants
    }

    fn add<'a>(&self, wants: &mut Vec<Want>, lacking: Lacking, rules: impl Iterator<Item = &'a Behavior>) {
        let behaviors: Vec<Loss> =
            rules.filter(|rule| lacking.touches(rule)).map(|rule| self.loss(rule, lacking)).collect();
        if !behaviors.is_empty() {
            let (kind, field) = match lacking {
                Lacking::Kind(kind) => (Some(kind), None),
                Lacking::Field(kind, field) => (Some(kind), Some(field.name())),
                Lacking::Process(field) => (None, Some(field.name())),
            };
            wants.push(Want { kind, field, behaviors });
        }
    }

    fn loss(&self, rule: &Behavior, lacking: Lacking) -> Loss {
        let (visibility, without) = rule.detectable(self.seen(rule, lacking));
        Loss { code: rule.code.clone(), severity: rule.severity, without, degraded: visibility == Visibility::Degraded }
    }

    /// The clauses of a behavior that can be met without something.
    fn seen(&self, rule: &Behavior, lacking: Lacking) -> u16 {
        let is_seen = |clause: &Clause| match clause.on_evidence {
            None => lacking.leaves(clause),
            // One level deep: the loader refuses more.
            Some(tag) => self.behaviors().iter().filter(|other| other.provides == Some(tag)).any(|other| {
                let clauses = (0..).zip(&other.clauses).filter(|(_, c)| c.on_evidence.is_some() || lacking.leaves(c));
                other.detectable(clauses.fold(0, |set, (i, _)| set | 1 << i)).0 != Visibility::Blind
            }),
        };
        (0..).zip(&rule.clauses).filter(|(_, clause)| is_seen(clause)).fold(0, |set, (i, _)| set | 1 << i)
    }
}

/// What is not sent.
#[derive(Clone, Copy, Debug)]
enum Lacking {
    Kind(KindTag),
    Field(KindTag, Field),
    /// A detail of a process, in all events.
    Process(Field),
}

impl Lacking {
    /// Whether a behavior reads it.
    fn touches(self, rule: &Behavior) -> bool {
        rule.clauses.iter().any(|clause| match self {
            Self::Kind(kind) => clause.looks_at(kind),
            Self::Field(kind, field) => clause.looks_at(kind) && fields(clause).contains(&field),
            Self::Process(field) => fields(clause).contains(&field),
        })
    }

    /// Whether a clause can still be met.
    fn leaves(self, clause: &Clause) -> bool {
        let others = |kind: KindTag| clause.on & !(1 << kind as u8) != 0;
        match self {
            Self::Kind(kind) => others(kind),
            Self::Field(kind, field) => !clause.looks_at(kind) || others(kind) || holds_without(clause, field),
            Self::Process(field) => holds_without(clause, field),
        }
    }
}

/// Whether the conditions of a clause can hold, and its hits find an anchor, where a field has no value.
fn holds_without(clause: &Clause, field: Field) -> bool {
    let reads = |path: &AnchorPath| matches!(path, AnchorPath::Key(_, of) if *of == field);
    all_may_hold(&clause.predicates, field) && (clause.at.is_empty() || !clause.at.iter().all(reads))
}

fn all_may_hold(predicates: &[Predicate], field: Field) -> bool {
    predicates.iter().all(|predicate| match predicate {
        Predicate::Test(of, Test::Same(other)) => *of != field && *other != field,
        Predicate::Test(of, Test::Not(_) | Test::Unknown(true)) if *of == field => true,
        Predicate::Test(of, _) => *of != field,
        Predicate::Any(ways) => ways.iter().any(|way| all_may_hold(way, field)),
    })
}

/// The fields that a clause reads, tags excepted.
fn fields(clause: &Clause) -> Vec<Field> {
    let mut fields = Vec::new();
    Predicate::each_test(&clause.predicates, &mut |field, test| {
        fields.push(field);
        if let Test::Same(other) = test {
            fields.push(*other);
        }
    });
    fields.extend(clause.at.iter().filter_map(|path| match path {
        AnchorPath::Key(_, field) => Some(*field),
        AnchorPath::Walk(..) => None,
    }));
    fields.retain(|field| *field != Field::Tags);
    fields
}

const fn is_of_process(field: Field) -> bool {
    matches!(field, Field::Process(..))
}

fn sorted(fields: impl Iterator<Item = Field>) -> Vec<Field> {
    let mut all: Vec<Field> = fields.collect();
    sort_by_key(&mut all, |field| field.name());
    all.dedup();
    all
}
