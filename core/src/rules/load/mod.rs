//! From JSON to a compiled catalog, with errors that name the JSON path.
//!
//! # Documents
//! A catalog of an embedder is one object: `{"lists": {..}, "reference_names": [..], "reputations": [..], "behaviors": [..]}`,
//! each optional. Lists, reference names and reputations extend the builtin ones (a list that exists gets more patterns);
//! behaviors, where given, replace the builtin ones. Members keep their order; unknown or doubled members are errors.
//!
//! # Lists
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
//! | `include` | whatever these other lists match |
//! | `scope` | `name` (default): short recurring texts; `text`: command lines and the like |
//! | `source` | where the details are from (required) |
//! | `about`, `note` | for readers |
//!
//! # Reputations
//! `{"platform": "mac", "about": "…", "where": {"actor.signing": {"eq": "unsigned"}}, "confidence": 100, "source": "…"}`:
//! when an alert's initiator is such a process (`where` asks of `actor` only), its confidence moves by so many
//! thousandths. Whether something alerts and how loudly is left to the evidence.
//!
//! # Behaviors
//! ```json
//! {
//!   "id": "linux.fifo.example", "code": "L90", "analytic": "AN1358", "techniques": ["T1559"],
//!   "severity": "high", "title": "…", "explanation": "{A} opened {ipc}", "sources": ["…"],
//!   "anchor": "endpoint", "window": "10s",
//!   "clauses": {
//!     "open": {"class": "ipc", "on": ["endpoint_connect"], "where": {"endpoint.mechanism": {"eq": "fifo"}},
//!              "at": ["endpoint"], "bind": {"A": "actor"}, "weight": 400},
//!     "shell": {"class": "execution", "on": ["process_start"], "where": {"actor.image": {"list": "unix.shells"}},
//!               "at": ["actor.endpoints", "job.endpoints"], "bind": {"S": "actor"}, "weight": 400}
//!   },
//!   "require": {"all": ["open", "shell"]},
//!   "initiator": ["A", "S"]
//! }
//! ```
//! - `anchor`: endpoint, process, lineage, job, session, host or `key:KIND` (path, pipe, pipe_group,
//!   shared_file, clsid, unit, address); `memory`: window (default), process_lifetime, long_term; `window`: `10s`, `5m`, `24h`, `7d`.
//! - A clause's `on` names kinds of events, or alone `evidence(name)`: the completion of a behavior that `provides`
//!   that name. `at`: paths from the event to the anchor, each a base (a subject, `ancestors`, `endpoint`, `host`, or
//!   the actor's `job`, `lineage`, `session`) and up to three hops, or `key(kind,field)`; on an endpoint anchor
//!   `key(pipe,field)` is the pipe of that name. `bind`: roles to `actor`,
//!   `parent`, `grandparent`, `target`, `owner`, `peer`, `responsible` or `remote`. `count`: `{"distinct":
//!   "actor|endpoint|record", "min": 1..4}`. `after`: clauses of which one must have come before. `weight` in
//!   thousandths; `process_lifetime`.
//! - `where`: fields (see [`Field`](super::Field)) with operators that must all hold: `eq`, `in`, `lt`, `gt`,
//!   `bits_any`, `template` (a shape of names: `*`, `<digits:4>`, `<hex>`, `<guid>` …), `rare` (on `endpoint.name`: not among
//!   the reference names), `list`, `reference` (a list made of reference values), `path_class` (a list `PLATFORM.path.CLASS`), `same_as` (a field),
//!   `unknown`, and for `tags` `has`. Lists of lists mean any, lists of tags mean all. `not` holds when none of the
//!   operators within does.
//! - `require`: a clause's name, `all`, `any`, `k` with `of`, `absent`. `relate`: `[role, relation, role]`.
//!   `corroborate`: clauses that only add weight. `fallback`: `have`, `when_blind`, `where` (on the first clause of `have`
//!   in the order of the clauses), `confidence`, `cap`. `exempt`: `element` and the role that is its `subject`.
//! - `initiator`, `actor`, `target`: roles, the first bound one counts. `integrity`: ipc evidence alone may reach
//!   medium. `alerts: false`: only feeds others.
//!
//! # Reference names
//! See [`reference`].

mod behavior;
mod lists;
mod path;
mod predicate;
mod reference;
mod reputation;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::behavior::{check_unique, evidence_names, read_behavior};
use self::lists::ListTable;
use self::reference::ReferenceReader;
use self::reputation::read_reputation;
use super::{Behavior, Catalog, ListBits, Lists, Predicate, Reputation, Test};
use crate::util::document::{Fault, Node, Value};

/// What is wrong with a catalog, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
#[non_exhaustive]
pub struct CatalogError {
    /// The JSON path, for example `behaviors[3].clauses.create.where.endpoint.nam`.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

impl From<Fault> for CatalogError {
    fn from(Fault { path, what }: Fault) -> Self {
        Self { path, what }
    }
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => { &[$(($name, include_bytes!(concat!("../../catalogue/data/", $name, ".json")))),*] };
}

const LISTS: &[(&str, &[u8])] = embedded!["terms/windows", "terms/linux", "terms/macos"];
const BEHAVIORS: &[(&str, &[u8])] = embedded![
    "behaviours/windows",
    "behaviours/linux",
    "behaviours/macos",
    "behaviours/macos_automation",
    "behaviours/macos_services",
];
const REFERENCES: &[(&str, &[u8])] = embedded![
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

const REPUTATIONS: &[(&str, &[u8])] = embedded!["standing"];

/// The embedded catalog.
pub(super) fn builtin() -> Catalog {
    load_builtin()
        .unwrap_or_else(|_| Catalog::new(Vec::new(), Lists::default(), super::ReferenceNames::default(), Vec::new()))
}

fn load_builtin() -> Result<Catalog, Fault> {
    compile(builtin_names()?, builtin_behaviors()?, &[])
}

/// A catalog given by the embedder.
pub(super) fn from_json(text: &[u8]) -> Result<Catalog, CatalogError> {
    let document = Value::parse(text, "")?;
    let root = Node::root(&document, "").only(&["lists", "reference_names", "reputations", "behaviors"])?;
    let mut names = builtin_names()?;
    if let Some(lists) = root.get("lists") {
        names.lists.read(&lists)?;
    }
    for set in root.get("reference_names").map_or(Ok(Vec::new()), |b| b.items())? {
        names.references.read(set, &mut names.lists)?;
    }
    let reputations = root.get("reputations").map_or(Ok(Vec::new()), |s| s.items())?;
    Ok(match root.get("behaviors") {
        None => compile(names, builtin_behaviors()?, &reputations)?,
        Some(list) => compile_nodes(names, &list.items()?, &reputations)?,
    })
}

/// Lists and reference names before they are compiled.
struct NameSources {
    lists: ListTable,
    references: ReferenceReader,
}

fn builtin_names() -> Result<NameSources, Fault> {
    let mut names = NameSources { lists: ListTable::default(), references: ReferenceReader::default() };
    for (file, text) in LISTS {
        names.lists.read(&Node::root(&Value::parse(text, file)?, file))?;
    }
    for (file, text) in REFERENCES {
        names.references.read(Node::root(&Value::parse(text, file)?, file), &mut names.lists)?;
    }
    Ok(names)
}

fn builtin_behaviors() -> Result<Vec<(&'static str, Value)>, Fault> {
    BEHAVIORS.iter().map(|(file, text)| Ok((*file, Value::parse(text, file)?))).collect()
}

fn compile(names: NameSources, files: Vec<(&str, Value)>, reputations: &[Node<'_>]) -> Result<Catalog, Fault> {
    let mut nodes = Vec::new();
    for (file, list) in &files {
        nodes.extend(Node::root(list, file).items()?);
    }
    compile_nodes(names, &nodes, reputations)
}

/// `reputations`: those that the embedder adds.
fn compile_nodes(names: NameSources, nodes: &[Node<'_>], reputations: &[Node<'_>]) -> Result<Catalog, Fault> {
    let mut lists = names.lists.compile()?;
    let reference_names = names.references.compile(&lists)?;
    if u16::try_from(nodes.len()).is_err() {
        return Err(Fault { path: "behaviors".into(), what: format!("{} are too many", nodes.len()) });
    }
    let evidence = evidence_names(nodes)?;
    let mut behaviors: Vec<(String, Behavior)> = Vec::new();
    for node in nodes {
        behaviors.push((node.path().into(), read_behavior(node.clone(), &lists, &evidence)?));
    }
    check_unique(&behaviors)?;
    let mut known = Vec::new();
    for (file, text) in REPUTATIONS {
        let list = Value::parse(text, file)?;
        for node in Node::root(&list, file).items()? {
            known.push(read_reputation(node, &lists)?);
        }
    }
    for node in reputations {
        known.push(read_reputation(node.clone(), &lists)?);
    }
    let asked = asked_of_texts(behaviors.iter().map(|(_, behavior)| behavior), &known, &lists);
    lists
        .arrange_for_texts(&asked)
        .ok_or_else(|| Fault { path: "lists".into(), what: "too many texts are looked for in command lines".into() })?;
    Ok(Catalog::new(behaviors.into_iter().map(|(_, b)| b).collect(), lists, reference_names, known))
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
    let mut all = |predicates: &mut dyn Iterator<Item = &Predicate>| {
        predicates.filter(|p| p.field.is_text()).for_each(|p| note(&p.test, &mut asked));
    };
    all(&mut reputations.iter().flat_map(|s| &s.predicates));
    for behavior in behaviors {
        let of_clauses = behavior.clauses.iter().flat_map(|c| &c.predicates);
        let of_fallbacks = behavior.fallback.iter().flat_map(|s| &s.predicates);
        all(&mut of_clauses.chain(of_fallbacks));
    }
    asked
}
