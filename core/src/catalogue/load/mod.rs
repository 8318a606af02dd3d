//! From JSON to a compiled catalogue, with errors that name the JSON path.
//!
//! # Documents
//! A catalogue of an embedder is one object: `{"terms": {..}, "baselines": [..], "standings": [..], "behaviours": [..]}`,
//! each optional. Terms, baselines and standings extend the builtin ones (a term that exists gets more patterns);
//! behaviours, where given, replace the builtin ones. Members keep their order; unknown or doubled members are errors.
//!
//! # Terms
//! `"win.shells": {"basename": ["cmd.exe", "python*"], "source": "…"}`. `*` stands for any run of characters,
//! separators included. The name's first part says how names are compared: `win.` without regard to case, slashes and
//! volume, `linux.` exactly, anything else without regard to case.
//!
//! | member | matches |
//! |---|---|
//! | `basename` | the last component of a path |
//! | `path` | the whole path |
//! | `exact` | the whole text, in any case |
//! | `prefix` | the beginning, in any case |
//! | `contains` | a text within; a list within the list is a group that must occur in full |
//! | `token` | an argument of a command line, between blanks and quotes (scope `text`) |
//! | `include` | whatever these other terms match |
//! | `scope` | `name` (default): short recurring texts; `text`: command lines and the like |
//! | `source` | where the facts are from (required) |
//! | `about`, `note` | for readers |
//!
//! # Standings
//! `{"platform": "mac", "about": "…", "where": {"actor.signing": {"eq": "unsigned"}}, "confidence": 100, "source": "…"}`:
//! when an alert's initiator is such a process (`where` asks of `actor` only), its confidence moves by so many
//! thousandths. Whether something alerts and how loudly is left to the evidence.
//!
//! # Behaviours
//! ```json
//! {
//!   "id": "linux.fifo.example", "code": "L90", "analytic": "AN1358", "techniques": ["T1559"],
//!   "severity": "high", "title": "…", "explanation": "{A} opened {ipc}", "sources": ["…"],
//!   "anchor": "endpoint", "window": "10s",
//!   "clauses": {
//!     "open": {"role": "ipc", "on": ["EndpointConnect"], "where": {"endpoint.mechanism": {"eq": "fifo"}},
//!              "at": ["endpoint"], "bind": {"A": "actor"}, "weight": 400},
//!     "shell": {"role": "execution", "on": ["ProcessStart"], "where": {"actor.image": {"term": "unix.shells"}},
//!               "at": ["actor.endpoints", "job.endpoints"], "bind": {"S": "actor"}, "weight": 400}
//!   },
//!   "require": {"all": ["open", "shell"]},
//!   "initiator": ["A", "S"]
//! }
//! ```
//! - `anchor`: endpoint, process, lineage, job, session, host or `key:KIND` (path, pipe, pipe_group,
//!   shared_file, clsid, unit, address); `memory`: window (default), sticky, ledger; `window`: `10s`, `5m`, `24h`, `7d`.
//! - A clause's `on` names kinds of events, or alone `evidence(name)`: the completion of a behaviour that `provides`
//!   that name. `at`: paths from the event to the anchor, each a base (a subject, `ancestors`, `endpoint`, `host`, or
//!   the actor's `job`, `lineage`, `session`) and up to three hops, or `key(kind,field)`; on an endpoint anchor
//!   `key(pipe,field)` is the pipe of that name. `bind`: roles to `actor`,
//!   `parent`, `grandparent`, `target`, `owner`, `peer`, `responsible` or `remote`. `count`: `{"distinct":
//!   "actor|endpoint|record", "min": 1..4}`. `after`: clauses of which one must have come before. `weight` in
//!   thousandths; `sticky`.
//! - `where`: fields (see [`Field`](super::Field)) with operators that must all hold: `eq`, `in`, `lt`, `gt`,
//!   `bits_any`, `template` (a shape of names: `*`, `<digits:4>`, `<hex>`, `<guid>` …), `rare` (on `endpoint.name`: in no
//!   baseline), `term`, `fact` (a term of the packs), `path_class` (a term `PLATFORM.path.CLASS`), `same_as` (a field),
//!   `unknown`, and for `tags` `has`. Lists of terms mean any, lists of tags mean all. `not` holds when none of the
//!   operators within does.
//! - `require`: a clause's name, `all`, `any`, `k` with `of`, `absent`. `relate`: `[role, relation, role]`.
//!   `corroborate`: clauses that only add weight. `solo`: `have`, `when_blind`, `where` (on the first clause of `have`
//!   in the order of the clauses), `confidence`, `cap`. `exempt`: `element` and the role that is its `subject`.
//! - `initiator`, `actor`, `target`: roles, the first bound one counts. `integrity`: ipc evidence alone may reach
//!   medium. `alerts: false`: only feeds others.
//!
//! # Baselines
//! See [`packs`].

mod behaviour;
mod condition;
mod packs;
mod path;
mod predicate;
mod require;
mod sources;
mod standing;
mod terms;
mod token;

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
use super::{Behaviour, Catalogue, Predicate, Standing, TermBits, Terms, Test};
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
    load_builtin()
        .unwrap_or_else(|_| Catalogue::new(Vec::new(), Terms::default(), super::Knowledge::default(), Vec::new()))
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
    compile(&Builtin::parse()?.sources()?)
}

/// A catalogue given by the embedder.
pub(super) fn from_json(text: &[u8]) -> Result<Catalogue, CatalogueError> {
    let (builtin, document) = (Builtin::parse()?, Document::parse(text, "")?);
    let mut sources = builtin.sources()?;
    sources.add(&document)?;
    Ok(compile(&sources)?)
}

fn compile(sources: &Sources<'_>) -> Result<Catalogue, Fault> {
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
        behaviours.push((*node, read_behaviour(*node, &terms, &conditions, &evidence)?));
    }
    check_unique(&behaviours)?;
    let read = |(os, node): &(Os, Node<'_>)| read_standing(*node, *os, &terms, &conditions);
    let known = sources.reputations.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let asked = asked_of_texts(behaviours.iter().map(|(_, behaviour)| behaviour), &known, &terms);
    terms
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault::of("lists", "too many texts are looked for in command lines"))?;
    Ok(Catalogue::new(behaviours.into_iter().map(|(_, b)| b).collect(), terms, knowledge, known))
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
