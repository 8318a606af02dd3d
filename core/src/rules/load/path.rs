//! Paths from events to anchors: `actor.endpoints`, `key(pipe,service.command)`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{AnchorKind, AnchorPath, Base, Field, Hop, KeyKind, Subject, Type};
use super::token::{Cursor, TextError};
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

const HOPS: &[(&str, Hop)] = &[
    ("parent", Hop::Parent),
    ("ancestors", Hop::Ancestors),
    ("endpoints", Hop::Endpoints),
    ("created_endpoints", Hop::CreatedEndpoints),
    ("held_endpoints", Hop::HeldEndpoints),
    ("owner", Hop::Owner),
    ("job", Hop::Job),
    ("lineage", Hop::Lineage),
    ("session", Hop::Session),
    ("injected_by", Hop::InjectedBy),
    ("broker", Hop::Broker),
    ("responsible", Hop::Responsible),
];

const KEYS: &[(&str, KeyKind)] = &[
    ("path", KeyKind::Path),
    ("pipe", KeyKind::Pipe),
    ("pipe_group", KeyKind::PipeGroup),
    ("shared_file", KeyKind::SharedFile),
    ("clsid", KeyKind::Clsid),
    ("unit", KeyKind::Unit),
    ("address", KeyKind::Address),
];

/// Beginnings of a path that are no process.
const SHORT: [&str; 6] = ["endpoint", "host", "ancestors", "job", "lineage", "session"];

/// Anchors but keys.
const PLAIN: &[(&str, AnchorKind)] = &[
    ("endpoint", AnchorKind::Endpoint),
    ("process", AnchorKind::Process),
    ("lineage", AnchorKind::Lineage),
    ("job", AnchorKind::Job),
    ("session", AnchorKind::Session),
    ("host", AnchorKind::Host),
];

/// Most hops of a path.
const MAX_HOPS: usize = 3;

/// Reads what clauses join on: `endpoint`, `process`, `key:path` …
pub(super) fn read_anchor(node: Node<'_>) -> Result<AnchorKind, Fault> {
    match node.text()?.strip_prefix("key:") {
        None => node.named("anchor", PLAIN),
        Some(kind) => key_kind(kind).map(AnchorKind::Key).map_err(|what| node.fault(what)),
    }
}

/// An anchor as it is written.
fn describe(anchor: AnchorKind) -> String {
    let plain = PLAIN.iter().find(|(_, kind)| *kind == anchor).map(|(name, _)| format!("`{name}`"));
    let key =
        || KEYS.iter().find(|(_, kind)| AnchorKind::Key(*kind) == anchor).map(|(name, _)| format!("`key:{name}`"));
    plain.or_else(key).unwrap_or_default()
}

/// Reads one path and checks that it ends at an anchor of this kind.
pub(super) fn read_path(cursor: &mut Cursor<'_>, anchor: AnchorKind) -> Result<AnchorPath, TextError> {
    let (at, first) = cursor.word("a path such as `parent` or `actor.endpoints`")?;
    let (path, end) = match first {
        "key" => read_key(cursor)?,
        _ => walk(first).map_err(|what| (at, what))?,
    };
    // The name of a pipe identifies the pipe: it is the endpoint of that name on the event's host.
    let named = end == AnchorKind::Key(KeyKind::Pipe) && anchor == AnchorKind::Endpoint;
    if end == anchor || named {
        return Ok(path);
    }
    Err((at, format!("the path ends at {}, the anchor is {}", describe(end), describe(anchor))))
}

/// `key(kind,field)`, of which `key` was read.
fn read_key(cursor: &mut Cursor<'_>) -> Result<(AnchorPath, AnchorKind), TextError> {
    cursor.need_symbol("(")?;
    let (at, name) = cursor.word("a kind of key")?;
    let kind = key_kind(name).map_err(|what| (at, what))?;
    cursor.need_symbol(",")?;
    let (at, name) = cursor.word("a field")?;
    let unknown = || {
        let fields = Field::names();
        (at, unknown("field", name, fields.iter().map(String::as_str)))
    };
    let field = Field::named(name).ok_or_else(unknown)?;
    if field.value_type() != Type::Text {
        return Err((at, format!("`{name}` is no text")));
    }
    cursor.need_symbol(")")?;
    Ok((AnchorPath::Key(kind, field), AnchorKind::Key(kind)))
}

/// The path to an anchor's own subject, where there is one: `actor` for a process, `endpoint` for an endpoint.
pub(super) fn own_path(anchor: AnchorKind) -> Option<AnchorPath> {
    let of_actor = |hops: &[Hop]| Some(AnchorPath::Walk(Base::Subject(Subject::Actor), hops.into()));
    match anchor {
        AnchorKind::Endpoint => Some(AnchorPath::Walk(Base::Endpoint, Vec::new())),
        AnchorKind::Host => Some(AnchorPath::Walk(Base::Host, Vec::new())),
        AnchorKind::Process => of_actor(&[]),
        AnchorKind::Lineage => of_actor(&[Hop::Lineage]),
        AnchorKind::Job => of_actor(&[Hop::Job]),
        AnchorKind::Session => of_actor(&[Hop::Session]),
        AnchorKind::Key(_) => None,
    }
}

fn key_kind(name: &str) -> Result<KeyKind, String> {
    let found = KEYS.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind);
    found.ok_or_else(|| unknown("kind of key", name, KEYS.iter().map(|(name, _)| *name)))
}

fn walk(text: &str) -> Result<(AnchorPath, AnchorKind), String> {
    let mut names = text.split('.');
    let first = names.next().unwrap_or_default();
    let mut hops = Vec::new();
    let (base, mut at) = match first {
        "endpoint" => (Base::Endpoint, AnchorKind::Endpoint),
        "host" => (Base::Host, AnchorKind::Host),
        "ancestors" => (Base::Ancestors, AnchorKind::Process),
        // Shorthands for what the actor belongs to.
        "job" | "lineage" | "session" => {
            let step = step(AnchorKind::Process, first);
            hops.extend(step.map(|(hop, _)| hop));
            (Base::Subject(Subject::Actor), step.map_or(AnchorKind::Process, |(_, end)| end))
        }
        _ => {
            let found = Subject::ALL.iter().find(|(n, _)| *n == first).map(|(_, subject)| *subject);
            let known = || Subject::ALL.iter().map(|(name, _)| *name).chain(SHORT);
            let subject = found.ok_or_else(|| unknown("beginning of a path", first, known()))?;
            (Base::Subject(subject), AnchorKind::Process)
        }
    };
    for name in names {
        let misfit = || {
            let allowed = HOPS.iter().map(|(name, _)| *name).filter(|name| step(at, name).is_some());
            unknown(&format!("step from {}", describe(at)), name, allowed)
        };
        let (hop, end) = step(at, name).ok_or_else(misfit)?;
        hops.push(hop);
        at = end;
    }
    if hops.len() > MAX_HOPS {
        return Err(format!("the path has more than {MAX_HOPS} steps"));
    }
    Ok((AnchorPath::Walk(base, hops), at))
}

/// One hop from where a path has got to, if it leads on from there.
fn step(at: AnchorKind, name: &str) -> Option<(Hop, AnchorKind)> {
    let hop = HOPS.iter().find(|(n, _)| *n == name)?.1;
    let end = match (at, hop) {
        (AnchorKind::Process, Hop::Parent | Hop::Ancestors | Hop::InjectedBy | Hop::Broker | Hop::Responsible)
        | (AnchorKind::Endpoint, Hop::Owner) => AnchorKind::Process,
        (AnchorKind::Process | AnchorKind::Job, Hop::Endpoints | Hop::CreatedEndpoints | Hop::HeldEndpoints) => {
            AnchorKind::Endpoint
        }
        (AnchorKind::Process, Hop::Job) => AnchorKind::Job,
        (AnchorKind::Process, Hop::Lineage) => AnchorKind::Lineage,
        (AnchorKind::Process, Hop::Session) => AnchorKind::Session,
        _ => return None,
    };
    Some((hop, end))
}
