//! From JSON to a compiled catalog, with errors that name file, line, column, behavior and clause.
//!
//! The language is described in `core/docs/rules.md`: its grammar in [`clause`], [`condition`] and [`require`], reference names in
//! [`reference`], lists in [`lists`]. What ships with the library lies in `core/rules`, see [`sources`]; a document of an
//! embedder is one object with any of `lists`, `known_good`, `known_bad`, `conditions`, `reputations`, `exposures` and
//! `behaviors`. Lists, names, conditions, reputations and exposures extend the builtin ones; behaviors, where given,
//! replace them. Unknown or doubled members are errors.

mod behavior;
mod clause;
mod condition;
mod exposure;
mod lint;
mod lists;
mod path;
mod phrase;
mod predicate;
mod reference;
mod reputation;
mod require;
mod sources;
mod token;
mod unread;
mod unstated;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use self::behavior::{check_unique, evidence_names, read_behavior};
use self::condition::Conditions;
use self::exposure::read_exposure;
use self::lists::ListTable;
use self::reference::ReferenceReader;
use self::reputation::read_reputation;
use self::sources::{Builtin, Sources};
use super::catalog::{Additions, Catalog, Parts};
use super::embedded::{self, Texts};
use super::load_error::CatalogError;
use super::{Behavior, Exposure, ListBits, Lists, Predicate, Reputation, TechniqueIds, Test};
use crate::event::Os;
use crate::util::document::{Document, Fault, Node};
use crate::util::hash::Hasher;

impl Catalog {
    /// The catalog that ships with the library.
    ///
    /// # Panics
    /// If the rules that were built in do not load. No input can bring that about: either every call of a build panics,
    /// or none does, and a test of the library says which. An empty catalog would judge nothing and call it clean.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceBox<Catalog> = OnceBox::new();
        BUILTIN.get_or_init(|| Box::new(proven(load_builtin()))).clone()
    }

    /// A catalog of the builtin lists and names with what a document adds to them; its behaviors, where it has any,
    /// stand instead of the builtin ones. The language is described in `core/docs/rules.md`.
    ///
    /// # Errors
    /// Whatever is unknown, does not fit, is taken, or could never fire: with line, column, behavior and clause.
    pub fn from_json(text: &[u8]) -> Result<Self, CatalogError> {
        only(text)
    }

    /// A catalog of documents alone: the builtin lists and names, but of the behaviors only those of the documents. A
    /// document may use the lists and conditions of those before it.
    ///
    /// ```
    /// use ipcsentry::{Catalog, rules};
    /// let (_, behavior) = rules::builtin_texts().into_iter().next().expect("there are some");
    /// let list = br#"{"lists": {"win.mine": {"basename": ["mine.exe"], "source": "own"}}}"#;
    /// assert_eq!(Catalog::only(&[list, behavior.as_bytes()])?.rules().len(), 1);
    /// assert!(Catalog::only(&[list]).is_err(), "no behavior");
    /// # Ok::<(), ipcsentry::rules::CatalogError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Catalog::from_json`]; documents without any behavior are an error.
    pub fn only(texts: &[&[u8]]) -> Result<Self, CatalogError> {
        with(Additions { only: true, texts: texts.iter().map(|text| text.to_vec()).collect(), left_out: Vec::new() })
    }

    /// This catalog and what a document adds to it: a behavior, or an object with any of `lists`, `known_good`,
    /// `known_bad`, `conditions`, `reputations`, `exposures` and `behaviors`. It may name lists and conditions that are
    /// there already.
    ///
    /// ```
    /// use ipcsentry::Catalog;
    /// let rule = br#"{
    ///     // A program of ours that nobody should start from a spool folder.
    ///     "id": "linux.fifo.spool", "code": "L90", "techniques": ["T1559"], "severity": "medium",
    ///     "title": "FIFO opened by a program in a spool folder",
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
        let mut additions = self.additions().clone();
        additions.texts.push(text.to_vec());
        with(additions)
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
        let mut additions = self.additions().clone();
        let by_then = additions.texts.len();
        additions.left_out.extend(names.iter().map(|name| (by_then, String::from(*name))));
        with(additions)
    }
}

/// The builtin behaviors as they are written: the path of each file below `core/rules`, and its text.
///
/// ```
/// let (name, text) = ipcsentry::rules::builtin_texts().into_iter().next().expect("there are some");
/// let one = format!("{{\"behaviors\": [{text}]}}");
/// let catalog = ipcsentry::Catalog::from_json(one.as_bytes())?;
/// assert!(name.contains(&catalog.rules()[0].code));
/// # Ok::<(), ipcsentry::rules::CatalogError>(())
/// ```
///
/// # Panics
/// When the library was built from damaged rules; no input can cause it.
pub fn builtin_texts() -> Vec<(&'static str, String)> {
    let texts = proven(Texts::of_rules());
    texts.files(embedded::BEHAVIORS).map(|file| (file.name, String::from(file.text))).collect()
}

fn load_builtin() -> Result<Catalog, Fault> {
    compile(&Builtin::parse(&Texts::of_rules()?)?.sources()?, Additions::default())
}

/// What is made of the builtin rules, once they are loaded.
fn proven<T>(loaded: Result<T, Fault>) -> T {
    loaded.unwrap_or_else(|fault| panic!("the builtin rules do not load: {}", CatalogError::from(fault)))
}

/// A catalog of the builtin lists and names, and of the builtin behaviors where the text has none.
fn only(text: &[u8]) -> Result<Catalog, CatalogError> {
    let root = Document::parse(text, "")?;
    let only = root.root().get("behaviors").is_some() || root.root().get("id").is_some();
    with(Additions { only, texts: alloc::vec![text.to_vec()], left_out: Vec::new() })
}

/// A catalog of the builtin rules with an embedder's additions.
fn with(additions: Additions) -> Result<Catalog, CatalogError> {
    let texts = Texts::of_rules()?;
    let builtin = Builtin::parse(&texts)?;
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
    for (what, count) in [("behaviors", sources.behaviors.len()), ("exposures", sources.exposures.len())] {
        if u16::try_from(count).is_err() {
            return Err(Fault::of(what, format_args!("{count} are too many")));
        }
    }
    if sources.behaviors.is_empty() {
        return Err(Fault::of("behaviors", "there is none: nothing would be judged"));
    }
    let evidence = evidence_names(&sources.behaviors)?;
    let mut behaviors: Vec<(Node<'_>, Behavior)> = Vec::new();
    for node in &sources.behaviors {
        behaviors.push((*node, read_behavior(*node, &lists, &conditions, &evidence)?));
    }
    check_unique(&behaviors)?;
    let read = |(os, node): &(Os, Node<'_>)| read_reputation(*node, *os, &lists, &conditions);
    let known = sources.reputations.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut exposures: Vec<Exposure> = Vec::new();
    for (os, node) in &sources.exposures {
        let exposure = read_exposure(*node, *os, &lists, &conditions, &exposures)?;
        exposures.push(exposure);
    }
    let asked = asked_of_texts(behaviors.iter().map(|(_, behavior)| behavior), &known, &exposures, &lists);
    lists
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault::of("lists", "too many texts are looked for in command lines"))?;
    let behaviors: Vec<Behavior> = behaviors.into_iter().map(|(_, behavior)| behavior).collect();
    let mut warnings = unread::warnings(sources, &behaviors, &known, &exposures, &lists, &conditions);
    warnings.extend(conditions.take_warnings());
    let of_names = [&sources.lists, &sources.known_good, &sources.known_bad].into_iter().flatten();
    let of_texts = Hasher::new(0).u64(asked.digest());
    Ok(Catalog::new(Parts {
        names_digest: of_names.fold(of_texts, |hasher, node| hasher.u64(node.digest())).finish(),
        behaviors,
        lists,
        reference_names,
        reputations: known,
        exposures,
        technique_ids: sources.technique_ids.map_or(Ok(TechniqueIds::default()), TechniqueIds::read)?,
        additions,
        warnings: warnings.into_iter().map(CatalogError::from).collect(),
    }))
}

/// The lists that long texts are matched against: those about texts, and those that predicates on such fields name.
fn asked_of_texts<'a>(
    behaviors: impl Iterator<Item = &'a Behavior>,
    reputations: &[Reputation],
    exposures: &[Exposure],
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
    exposures.iter().for_each(|s| all(&s.predicates));
    for behavior in behaviors {
        behavior.clauses.iter().for_each(|c| all(&c.predicates));
        behavior.fallback.iter().for_each(|s| all(&s.predicates));
    }
    asked
}
