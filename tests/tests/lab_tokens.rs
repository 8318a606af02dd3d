//! No rule matches names of a lab: hosts, users and programs of the attack recordings occur in no literal of the
//! catalog, unless `data/lab_tokens.json` says where else the name is published.
//!
//! A token is a host or domain name, an account, the owner of a home folder, or the file name of a program or library
//! that does not ship with the system. A literal contains a token if it occurs as a word, in any case. The data file
//! lists programs and accounts of the systems by name, because attackers write to system folders, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ipcsentry::event::{Event, Kind, ProcessRef};
use ipcsentry_tests::document;
use ipcsentry_tests::recordings::{self, Grade, Recording};
use ipcsentry_tests::rules;
use serde::Deserialize;
use serde_json::Value;

/// Members of lists and reference names that are prose or references, and match no event.
const PROSE: [&str; 10] =
    ["about", "says", "include", "mechanisms", "note", "purpose", "source", "sources", "title", "why"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    #[serde(rename = "about")]
    _about: String,
    /// Accounts and authorities that every system has.
    accounts: Vec<String>,
    /// File names of programs that ship with a system.
    images: BTreeMap<String, Vec<String>>,
    /// Names that are published elsewhere.
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    name: String,
    /// The literals that may contain it; any, if the list is empty.
    #[serde(default, rename = "in")]
    literals: Vec<String>,
    /// Its publication.
    source: String,
}

impl Exception {
    fn excuses(&self, name: &str, literal: &str) -> bool {
        let allowed = &self.literals;
        self.name == name && (allowed.is_empty() || allowed.iter().any(|pattern| is_like(pattern, literal)))
    }
}

/// Whether a literal equals the pattern, or begins with it if the pattern ends with `*`.
fn is_like(pattern: &str, literal: &str) -> bool {
    pattern.strip_suffix('*').map_or(literal == pattern, |begin| literal.starts_with(begin))
}

fn known() -> Known {
    serde_json::from_str(include_str!("../data/lab_tokens.json")).expect("the file of exceptions is read")
}

/// The names in a recording.
#[derive(Default)]
struct Tokens {
    /// Hosts, domains, accounts, owners of home folders.
    names: BTreeSet<String>,
    /// File names of programs and of the libraries they loaded.
    images: BTreeSet<String>,
}

impl Tokens {
    fn event(&mut self, event: &Event<'_>) {
        let host = text(event.host);
        self.names.extend(host.split('.').next().map(str::to_owned));
        self.names.insert(host);
        for process in [Some(&event.actor), Some(&event.parent), target(&event.kind)].into_iter().flatten() {
            self.images.extend(process.image.map(|image| file_name(&text(image)).to_owned()));
            self.account(process.user);
        }
        match &event.kind {
            Kind::Logon(logon) => self.account(logon.user),
            Kind::ImageLoad(load) => self.images.extend(load.image.map(|image| file_name(&text(image)).to_owned())),
            _ => {}
        }
        homes(&event.to_json(), &mut self.names);
    }

    fn account(&mut self, user: Option<&[u8]>) {
        let user = text(user.unwrap_or_default());
        self.names.extend(user.split('\\').map(str::to_owned));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

fn target<'e, 'a>(kind: &'e Kind<'a>) -> Option<&'e ProcessRef<'a>> {
    match kind {
        Kind::ProcessAccess(details) => Some(&details.target),
        Kind::RemoteThread(details) => Some(&details.target),
        Kind::MemoryWrite(details) => Some(&details.target),
        _ => None,
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// Owners of the home folders that any text of an event names.
fn homes(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase().replace('\\', "/");
            let owners = ["/users/", "/home/"].into_iter().flat_map(|folder| text.split(folder).skip(1));
            let owners = owners.filter_map(|rest| rest.split_once('/')).map(|(owner, _)| owner);
            names.extend(owners.filter(|owner| owner.len() <= 40).map(str::to_owned));
        }
        Value::Array(list) => list.iter().for_each(|v| homes(v, names)),
        Value::Object(object) => object.values().for_each(|v| homes(v, names)),
        _ => {}
    }
}

/// The tokens of all attacks that are not part of a system, each with the published name that excuses it.
fn lab_tokens(recordings: &[Recording], known: &Known) -> BTreeMap<String, String> {
    let mut all = Tokens::default();
    for recording in recordings.iter().filter(|r| r.grade != Grade::Not || r.attacker.is_some()) {
        recordings::each_event(recording, |event| all.event(event));
    }
    let mut tokens = BTreeMap::new();
    for name in all.names {
        let is_word = name.len() >= 3 && name.bytes().any(|b| b.is_ascii_alphabetic());
        if is_word && !known.accounts.contains(&name) {
            tokens.insert(name.clone(), name);
        }
    }
    for name in all.images {
        if known.images.values().flatten().any(|image| *image == name) {
            continue;
        }
        // A program may be called without its extension, a library may not.
        let stem = name.rsplit_once('.').filter(|(_, kind)| *kind != "dll").map(|(stem, _)| stem.to_owned());
        for token in [Some(name.clone()), stem].into_iter().flatten().filter(|token| token.len() >= 4) {
            tokens.insert(token, name.clone());
        }
    }
    tokens
}

/// Every literal of the catalog that events are compared with, and its place.
fn literals() -> Vec<(String, String)> {
    let root = document::file("core/rules");
    let (mut found, mut in_conditions) = (Vec::new(), 0);
    for path in data_files(&root) {
        let name = path.strip_prefix(&root).expect("a path below it").with_extension("");
        let place = name.to_string_lossy().replace('\\', "/");
        if place.ends_with(".scenarios") || place.ends_with(".benign") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a file");
        let value = rules::json_of(&text).unwrap_or_else(|e| panic!("{place}: {e}"));
        let before = found.len();
        match place.split('/').next() {
            Some("lists" | "known_good" | "known_bad") => {
                collect(&value, &place, &mut found);
                assert!(found.len() > before, "{place} has no literal: the reader of rules missed it");
            }
            _ => {
                conditions(&value, &place, &mut found);
                in_conditions += found.len() - before;
            }
        }
    }
    assert!(in_conditions > 30, "{in_conditions} literals in conditions");
    found
}

/// The files of a folder and of those below it.
fn data_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of data").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { data_files(&path) } else { vec![path] }).collect()
}

/// The literals in the conditions of behaviors and reputations: texts in single quotes outside of prose.
fn conditions(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            let texts = text.split('\'').skip(1).step_by(2);
            found.extend(texts.map(|text| (place.to_owned(), text.to_lowercase())));
        }
        Value::Array(list) => list.iter().for_each(|v| conditions(v, place, found)),
        Value::Object(object) => {
            for (key, value) in object.iter().filter(|(key, _)| !PROSE.contains(&key.as_str())) {
                conditions(value, &format!("{place}.{key}"), found);
            }
        }
        _ => {}
    }
}

fn collect(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((place.to_owned(), text.to_lowercase())),
        Value::Array(list) => list.iter().for_each(|v| collect(v, place, found)),
        Value::Object(object) => {
            // The name of a list's entry is a description; that of a reference name is matched.
            let describes = |key: &str| key == "name" && place.starts_with("lists/");
            for (key, value) in object.iter().filter(|(key, _)| !PROSE.contains(&key.as_str()) && !describes(key)) {
                collect(value, &format!("{place}.{key}"), found);
            }
        }
        _ => {}
    }
}

/// Whether a literal contains a token as a word.
fn contains(literal: &str, token: &str) -> bool {
    let is_edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    literal.match_indices(token).any(|(at, _)| {
        is_edge(literal[..at].chars().next_back()) && is_edge(literal[at + token.len()..].chars().next())
    })
}

/// A token, the name it is from, a literal that contains it, and the literal's place.
type Hit<'a> = (&'a str, &'a str, &'a str, &'a str);

fn hits<'a>(tokens: &'a BTreeMap<String, String>, literals: &'a [(String, String)]) -> Vec<Hit<'a>> {
    let mut hits = Vec::new();
    for (token, name) in tokens {
        let found = literals.iter().filter(|(_, literal)| contains(literal, token));
        hits.extend(found.map(|(place, literal)| (&**token, &**name, &**literal, &**place)));
    }
    hits
}

fn offending(hits: &[Hit<'_>], known: &Known) -> Vec<String> {
    let is_excused = |(_, name, literal, _): &&Hit<'_>| known.exceptions.iter().any(|e| e.excuses(name, literal));
    let wrong = hits.iter().filter(|hit| !is_excused(hit));
    wrong.map(|(token, name, literal, place)| format!("`{token}` (of {name}) in `{literal}`, {place}")).collect()
}

#[test]
fn no_literal_is_a_labs() {
    let Some(recordings) = recordings::all() else { return };
    let known = known();
    let (tokens, literals) = (lab_tokens(&recordings, &known), literals());
    assert!(tokens.len() > 100 && literals.len() > 1000, "{} tokens, {} literals", tokens.len(), literals.len());
    let hits = hits(&tokens, &literals);
    let wrong = offending(&hits, &known);
    assert!(wrong.is_empty(), "{} of {} tokens:\n{}", wrong.len(), tokens.len(), wrong.join("\n"));
    for exception in &known.exceptions {
        let is_needed = hits.iter().any(|(_, name, literal, _)| exception.excuses(name, literal));
        assert!(is_needed, "`{}` is in no literal: take it off the list", exception.name);
        assert!(exception.source.len() > 5, "`{}` has no public source", exception.name);
    }
}

#[test]
fn a_literal_of_a_lab_is_found() {
    let Some(recordings) = recordings::all() else { return };
    let known = known();
    let tokens = lab_tokens(&recordings, &known);
    for name in tokens.values().collect::<BTreeSet<_>>() {
        for literal in [format!("\\users\\x\\{name}"), format!("*{name}*"), format!("/home/{name}/.x")] {
            let literals = [("terms/made-up".to_owned(), literal.clone())];
            let found = !offending(&hits(&tokens, &literals), &known).is_empty();
            let excused = known.exceptions.iter().any(|e| e.excuses(name, &literal));
            assert!(found || excused || name.len() < 4, "`{literal}` is not found");
        }
    }
}
