//! From JSON to a compiled catalog, with errors that name file, line, column, behavior and clause.
//!
//! The language is described in `core/docs/rules.md`: its grammar in [`clause`], [`condition`] and [`require`], reference names in
//! [`reference`], lists in [`lists`]. What ships with the library lies in `core/rules`, see [`sources`]; a document of an
//! embedder is one object with any of `lists`, `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`.
//! Lists, names, conditions and reputations extend the builtin ones; behaviors, where given, replace them. Unknown or
//! doubled members are errors.

mod behavior;
mod clause;
mod condition;
mod lint;
mod lists;
mod path;
mod predicate;
mod reference;
mod reputation;
mod require;
mod sources;
mod token;
mod unread;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::behavior::{check_unique, evidence_names, read_behavior};
use self::condition::Conditions;
use self::lists::ListTable;
use self::reference::ReferenceReader;
use self::reputation::read_reputation;
use self::sources::{Builtin, Sources};
use super::{Behavior, Catalog, ListBits, Lists, Parts, Predicate, Reputation, Test};
use crate::event::Os;
use crate::util::document::{Document, Fault, Node};

/// What is wrong with a catalog, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{line}:{column}: {what}", prefix(.file))]
#[non_exhaustive]
pub struct CatalogError {
    /// The file's name; empty for a text without one.
    pub file: String,
    /// The line, from 1; 0 where it is about no place in particular.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The JSON path, for example `behaviors[3].clauses.create.where`.
    pub path: String,
    /// What is wrong there, with the behavior and the clause it is about.
    pub what: String,
}

impl CatalogError {
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

impl From<Fault> for CatalogError {
    fn from(fault: Fault) -> Self {
        let what = fault.message();
        let Fault { file, line, column, path, .. } = fault;
        Self { file, line, column, path, what }
    }
}

/// The embedded catalog.
pub(super) fn builtin() -> Catalog {
    load_builtin().unwrap_or_else(|_| {
        Catalog::new(Parts {
            behaviors: Vec::new(),
            lists: Lists::default(),
            reference_names: super::ReferenceNames::default(),
            reputations: Vec::new(),
            additions: Additions::default(),
            warnings: Vec::new(),
        })
    })
}

/// The builtin behaviors as they are written: the path of each file below `core/rules`, and its text.
///
/// ```
/// let (name, text) = ipcsentry::rules::builtin_texts().next().expect("there are some");
/// let one = format!("{{\"behaviors\": [{text}]}}");
/// let catalog = ipcsentry::Catalog::from_json(one.as_bytes())?;
/// assert!(name.contains(&catalog.rules()[0].code));
/// # Ok::<(), ipcsentry::rules::CatalogError>(())
/// ```
pub fn builtin_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    crate::rules::embedded::BEHAVIORS.iter().map(|file| (file.name, file.text))
}

fn load_builtin() -> Result<Catalog, Fault> {
    compile(&Builtin::parse()?.sources()?, Additions::default())
}

/// What a catalog was made from besides the builtin rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Additions {
    /// The builtin behaviors are left out.
    only: bool,
    /// Documents, in the order in which they were added.
    pub(super) texts: Vec<Vec<u8>>,
    /// Codes and ids of behaviors that were left out, each with the number of texts there were by then.
    pub(super) left_out: Vec<(usize, String)>,
}

/// A catalog of the builtin lists and names, and of the builtin behaviors where the text has none.
pub(super) fn only(text: &[u8]) -> Result<Catalog, CatalogError> {
    let root = Document::parse(text, "")?;
    let only = root.root().get("behaviors").is_some() || root.root().get("id").is_some();
    with(Additions { only, texts: alloc::vec![text.to_vec()], left_out: Vec::new() })
}

/// A catalog of the builtin rules with an embedder's additions.
pub(super) fn with(additions: Additions) -> Result<Catalog, CatalogError> {
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

fn compile(sources: &Sources<'_>, additions: Additions) -> Result<Catalog, Fault> {
    let (mut lists, mut names) = (ListTable::default(), ReferenceReader::default());
    for node in &sources.lists {
        lists.read(*node)?;
    }
    for node in &sources.known_good {
        names.read_good(*node)?;
    }
    for node in &sources.known_bad {
        names.read_bad(*node)?;
    }
    let mut lists = lists.compile()?;
    let reference_names = names.compile(&lists)?;
    let mut conditions = Conditions::default();
    for (os, node) in &sources.conditions {
        conditions.read(*node, *os, &lists)?;
    }
    if u16::try_from(sources.behaviors.len()).is_err() {
        return Err(Fault::of("behaviors", format_args!("{} are too many", sources.behaviors.len())));
    }
    let evidence = evidence_names(&sources.behaviors)?;
    let mut behaviors: Vec<(Node<'_>, Behavior)> = Vec::new();
    for node in &sources.behaviors {
        behaviors.push((*node, read_behavior(*node, &lists, &conditions, &evidence)?));
    }
    check_unique(&behaviors)?;
    let read = |(os, node): &(Os, Node<'_>)| read_reputation(*node, *os, &lists, &conditions);
    let known = sources.reputations.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let asked = asked_of_texts(behaviors.iter().map(|(_, behavior)| behavior), &known, &lists);
    lists
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault::of("lists", "too many texts are looked for in command lines"))?;
    let behaviors: Vec<Behavior> = behaviors.into_iter().map(|(_, behavior)| behavior).collect();
    let warnings = unread::warnings(sources, &behaviors, &known, &lists, &conditions);
    Ok(Catalog::new(Parts {
        behaviors,
        lists,
        reference_names,
        reputations: known,
        additions,
        warnings: warnings.into_iter().map(CatalogError::from).collect(),
    }))
}

/// The lists that are asked of texts: those that are about texts, and those that predicates on such fields name.
fn asked_of_texts<'a>(
    behaviors: impl Iterator<Item = &'a Behavior>,
    reputations: &[Reputation],
    lists: &Lists,
) -> ListBits {
    fn note(test: &Test, asked: &mut ListBits) {
        match test {
            Test::List(any_of) => any_of.iter().for_each(|&list| asked.insert(list)),
            Test::Not(inner) => note(inner, asked),
            _ => {}
        }
    }
    let mut asked = ListBits::NONE;
    lists.names().filter(|(_, id)| lists.is_text(*id)).for_each(|(_, id)| asked.insert(id));
    let mut all = |predicates: &[Predicate]| {
        Predicate::each_test(predicates, &mut |field, test| {
            if field.is_text() {
                note(test, &mut asked);
            }
        });
    };
    reputations.iter().for_each(|s| all(&s.predicates));
    for behavior in behaviors {
        behavior.clauses.iter().for_each(|c| all(&c.predicates));
        behavior.fallback.iter().for_each(|s| all(&s.predicates));
    }
    asked
}
