//! From JSON to a compiled catalogue, with errors that name file, line, column, behavior and clause.
//!
//! The language is described in `core/docs/rules.md`: its grammar in [`condition`] and [`require`], reference names in
//! [`packs`], lists in [`terms`]. What ships with the library lies in `core/rules`, see [`sources`]; a document of an
//! embedder is one object with any of `lists`, `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`.
//! Lists, names, conditions and reputations extend the builtin ones; behaviors, where given, replace them. Unknown or
//! doubled members are errors.

mod behaviour;
mod condition;
mod lint;
mod packs;
mod path;
mod predicate;
mod require;
mod sources;
mod standing;
mod terms;
mod token;
mod unread;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::behaviour::{check_unique, evidence_names, read_behaviour};
use self::condition::Conditions;
use self::packs::PackReader;
use self::sources::{Builtin, Sources};
use self::standing::read_standing;
use self::terms::TermTable;
use super::{Behaviour, Catalogue, Parts, Predicate, Standing, TermBits, Terms, Test};
use crate::document::{Document, Fault, Node};
use crate::event::Os;

/// What is wrong with a catalogue, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{line}:{column}: {what}", prefix(.file))]
#[non_exhaustive]
pub struct CatalogueError {
    /// The file's name; empty for a text without one.
    pub file: String,
    /// The line, from 1; 0 where it is about no place in particular.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The JSON path, for example `behaviours[3].clauses.create.where`.
    pub path: String,
    /// What is wrong there, with the behavior and the clause it is about.
    pub what: String,
}

impl CatalogueError {
    /// The same error of a text that was read from this file.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        if self.file.is_empty() {
            self.file = name.into();
        }
        self
    }
}

/// What stands before line and column.
fn prefix(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!("{file}:") }
}

impl From<Fault> for CatalogueError {
    fn from(fault: Fault) -> Self {
        let what = fault.message();
        let Fault { file, line, column, path, .. } = fault;
        Self { file, line, column, path, what }
    }
}

/// The embedded catalogue.
pub(super) fn builtin() -> Catalogue {
    load_builtin().unwrap_or_else(|_| {
        Catalogue::new(Parts {
            behaviours: Vec::new(),
            terms: Terms::default(),
            knowledge: super::Knowledge::default(),
            standings: Vec::new(),
            additions: Additions::default(),
            warnings: Vec::new(),
        })
    })
}

/// The builtin behaviors as they are written: the path of each file below `core/rules`, and its text.
///
/// ```
/// let (name, text) = ipcsentry::catalogue::builtin_texts().next().expect("there are some");
/// let one = format!("{{\"behaviors\": [{text}]}}");
/// let catalogue = ipcsentry::Catalogue::from_json(one.as_bytes())?;
/// assert!(name.contains(&catalogue.behaviours()[0].code));
/// # Ok::<(), ipcsentry::catalogue::CatalogueError>(())
/// ```
pub fn builtin_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    crate::embedded::BEHAVIORS.iter().map(|file| (file.name, file.text))
}

fn load_builtin() -> Result<Catalogue, Fault> {
    compile(&Builtin::parse()?.sources()?, Additions::default())
}

/// What a catalogue was made from besides the builtin rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Additions {
    /// The builtin behaviors are left out.
    only: bool,
    /// Documents, in the order in which they were added.
    pub(super) texts: Vec<Vec<u8>>,
    /// Codes and ids of behaviors that were left out, each with the number of texts there were by then.
    pub(super) left_out: Vec<(usize, String)>,
}

/// A catalogue of the builtin lists and names, and of the builtin behaviors where the text has none.
pub(super) fn only(text: &[u8]) -> Result<Catalogue, CatalogueError> {
    let root = Document::parse(text, "")?;
    let only = root.root().get("behaviors").is_some() || root.root().get("id").is_some();
    with(Additions { only, texts: alloc::vec![text.to_vec()], left_out: Vec::new() })
}

/// A catalogue of the builtin rules with an embedder's additions.
pub(super) fn with(additions: Additions) -> Result<Catalogue, CatalogueError> {
    let builtin = Builtin::parse()?;
    let documents: Vec<Document<'_>> =
        additions.texts.iter().map(|text| Document::parse(text, "")).collect::<Result<_, _>>()?;
    let mut sources = builtin.sources()?;
    if additions.only {
        sources.behaviors.clear();
    }
    let leave_out = |sources: &mut Sources<'_>, at: usize| {
        let names: Vec<String> = additions.left_out.iter().filter(|(n, _)| *n == at).map(|(_, n)| n.clone()).collect();
        sources.leave_out(&names)
    };
    leave_out(&mut sources, 0)?;
    for (at, document) in (1..).zip(&documents) {
        sources.add(document)?;
        leave_out(&mut sources, at)?;
    }
    Ok(compile(&sources, additions.clone())?)
}

fn compile(sources: &Sources<'_>, additions: Additions) -> Result<Catalogue, Fault> {
    let (mut lists, mut names) = (TermTable::default(), PackReader::default());
    for node in &sources.lists {
        lists.read(*node)?;
    }
    for node in &sources.known_good {
        names.read_good(*node)?;
    }
    for node in &sources.known_bad {
        names.read_bad(*node)?;
    }
    let mut terms = lists.compile()?;
    let knowledge = names.compile(&terms)?;
    let mut conditions = Conditions::default();
    for (os, node) in &sources.conditions {
        conditions.read(*node, *os, &terms)?;
    }
    if u16::try_from(sources.behaviors.len()).is_err() {
        return Err(Fault::of("behaviors", format_args!("{} are too many", sources.behaviors.len())));
    }
    let evidence = evidence_names(&sources.behaviors)?;
    let mut behaviours: Vec<(Node<'_>, Behaviour)> = Vec::new();
    for node in &sources.behaviors {
        let behaviour = read_behaviour(*node, &terms, &conditions, &evidence)?;
        lint::check(*node, &behaviour)?;
        behaviours.push((*node, behaviour));
    }
    check_unique(&behaviours)?;
    let read = |(os, node): &(Os, Node<'_>)| read_standing(*node, *os, &terms, &conditions);
    let known = sources.reputations.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let asked = asked_of_texts(behaviours.iter().map(|(_, behaviour)| behaviour), &known, &terms);
    terms
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault::of("lists", "too many texts are looked for in command lines"))?;
    let behaviours: Vec<Behaviour> = behaviours.into_iter().map(|(_, behaviour)| behaviour).collect();
    let warnings = unread::warnings(sources, &behaviours, &known, &terms, &conditions);
    Ok(Catalogue::new(Parts {
        behaviours,
        terms,
        knowledge,
        standings: known,
        additions,
        warnings: warnings.into_iter().map(CatalogueError::from).collect(),
    }))
}

/// The terms that are asked of texts: those that are about texts, and those that predicates on such fields name.
fn asked_of_texts<'a>(
    behaviours: impl Iterator<Item = &'a Behaviour>,
    standings: &[Standing],
    terms: &Terms,
) -> TermBits {
    fn note(test: &Test, asked: &mut TermBits) {
        match test {
            Test::Term(list) => list.iter().for_each(|&term| asked.insert(term)),
            Test::Not(inner) => note(inner, asked),
            _ => {}
        }
    }
    let mut asked = TermBits::NONE;
    terms.names().filter(|(_, id)| terms.is_text(*id)).for_each(|(_, id)| asked.insert(id));
    let mut all = |predicates: &[Predicate]| {
        Predicate::each_test(predicates, &mut |field, test| {
            if field.is_text() {
                note(test, &mut asked);
            }
        });
    };
    standings.iter().for_each(|s| all(&s.predicates));
    for behaviour in behaviours {
        behaviour.clauses.iter().for_each(|c| all(&c.predicates));
        behaviour.solo.iter().for_each(|s| all(&s.predicates));
    }
    asked
}
