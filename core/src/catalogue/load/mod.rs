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
mod lint;
mod packs;
mod path;
mod predicate;
mod standing;
mod terms;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::behaviour::{check_unique, evidence_names, read_behaviour};
use self::packs::PackReader;
use self::standing::read_standing;
use self::terms::TermTable;
use super::{Behaviour, Catalogue, Predicate, Standing, TermBits, Terms, Test};
use crate::document::{Document, Fault, Node};

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

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { &[$(($name, include_bytes!(concat!("../data/", $name, ".json")))),*] };
}

const TERMS: &[(&str, &[u8])] = embedded!["terms/windows", "terms/linux", "terms/macos"];
const BEHAVIOURS: &[(&str, &[u8])] = embedded![
    "behaviours/windows",
    "behaviours/linux",
    "behaviours/macos",
    "behaviours/macos_automation",
    "behaviours/macos_services",
];
const PACKS: &[(&str, &[u8])] = embedded![
    "packs/windows_pipes",
    "packs/windows_pipes_tools",
    "packs/windows_com",
    "packs/windows_lineage",
    "packs/linux_sockets",
    "packs/linux_abstract_sockets",
    "packs/linux_fifos",
    "packs/macos_services",
    "packs/macos_apple_events",
];

const STANDINGS: &[(&str, &[u8])] = embedded!["standing"];

/// The embedded catalogue.
pub(super) fn builtin() -> Catalogue {
    load_builtin()
        .unwrap_or_else(|_| Catalogue::new(Vec::new(), Terms::default(), super::Knowledge::default(), Vec::new()))
}

fn load_builtin() -> Result<Catalogue, Fault> {
    compile(builtin_names()?, builtin_behaviours()?, &[])
}

/// A catalogue given by the embedder.
pub(super) fn from_json(text: &[u8]) -> Result<Catalogue, CatalogueError> {
    let document = Document::parse(text, "")?;
    let root = document.root().only(&["terms", "baselines", "standings", "behaviours"])?;
    let mut names = builtin_names()?;
    if let Some(terms) = root.get("terms") {
        names.terms.read(terms)?;
    }
    for pack in root.get("baselines").map_or(Ok(Vec::new()), |b| b.items())? {
        names.packs.read(pack, &mut names.terms)?;
    }
    let standings = root.get("standings").map_or(Ok(Vec::new()), |s| s.items())?;
    Ok(match root.get("behaviours") {
        None => compile(names, builtin_behaviours()?, &standings)?,
        Some(list) => compile_nodes(names, &list.items()?, &standings)?,
    })
}

/// Terms and baselines before they are compiled.
struct NameSources {
    terms: TermTable,
    packs: PackReader,
}

fn builtin_names() -> Result<NameSources, Fault> {
    let mut names = NameSources { terms: TermTable::default(), packs: PackReader::default() };
    for (file, text) in TERMS {
        names.terms.read(Document::parse(text, file)?.root())?;
    }
    for (file, text) in PACKS {
        names.packs.read(Document::parse(text, file)?.root(), &mut names.terms)?;
    }
    Ok(names)
}

fn builtin_behaviours() -> Result<Vec<Document<'static>>, Fault> {
    BEHAVIOURS.iter().map(|(file, text)| Document::parse(text, file)).collect()
}

fn compile(names: NameSources, files: Vec<Document<'_>>, standings: &[Node<'_>]) -> Result<Catalogue, Fault> {
    let mut nodes = Vec::new();
    for file in &files {
        nodes.extend(file.root().items()?);
    }
    compile_nodes(names, &nodes, standings)
}

/// `standings`: those that the embedder adds.
fn compile_nodes(names: NameSources, nodes: &[Node<'_>], standings: &[Node<'_>]) -> Result<Catalogue, Fault> {
    let mut terms = names.terms.compile()?;
    let knowledge = names.packs.compile(&terms)?;
    if u16::try_from(nodes.len()).is_err() {
        return Err(Fault::of("behaviours", format_args!("{} are too many", nodes.len())));
    }
    let evidence = evidence_names(nodes)?;
    let mut behaviours: Vec<(Node<'_>, Behaviour)> = Vec::new();
    for node in nodes {
        let behaviour = read_behaviour(*node, &terms, &evidence)?;
        lint::check(*node, &behaviour)?;
        behaviours.push((*node, behaviour));
    }
    check_unique(&behaviours)?;
    let mut known = Vec::new();
    for (file, text) in STANDINGS {
        let list = Document::parse(text, file)?;
        for node in list.root().items()? {
            known.push(read_standing(node, &terms)?);
        }
    }
    for node in standings {
        known.push(read_standing(*node, &terms)?);
    }
    let asked = asked_of_texts(behaviours.iter().map(|(_, behaviour)| behaviour), &known, &terms);
    terms
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault::of("terms", "too many texts are looked for in command lines"))?;
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
    let mut all = |predicates: &mut dyn Iterator<Item = &Predicate>| {
        predicates.filter(|p| p.field.is_text()).for_each(|p| note(&p.test, &mut asked));
    };
    all(&mut standings.iter().flat_map(|s| &s.predicates));
    for behaviour in behaviours {
        let of_clauses = behaviour.clauses.iter().flat_map(|c| &c.predicates);
        let of_solos = behaviour.solo.iter().flat_map(|s| &s.predicates);
        all(&mut of_clauses.chain(of_solos));
    }
    asked
}
