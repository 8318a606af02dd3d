//! Paths from events to anchors: `actor.endpoints`, `key(pipe,service.command)`.

use super::super::{AnchorKind, AnchorPath, Base, Field, Hop, KeyKind, Subject, Type};
use crate::util::document::{Fault, Node};
use alloc::vec::Vec;

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

/// Most hops of a path.
const MAX_HOPS: usize = 3;

/// Reads what clauses join on: `endpoint`, `process`, `key:path` …
pub(super) fn read_anchor(node: Node<'_>) -> Result<AnchorKind, Fault> {
    const PLAIN: &[(&str, AnchorKind)] = &[
        ("endpoint", AnchorKind::Endpoint),
        ("process", AnchorKind::Process),
        ("lineage", AnchorKind::Lineage),
        ("job", AnchorKind::Job),
        ("session", AnchorKind::Session),
        ("host", AnchorKind::Host),
    ];
    match node.text()?.strip_prefix("key:") {
        None => node.named("anchor", PLAIN),
        Some(kind) => key_kind(node, kind).map(AnchorKind::Key),
    }
}

/// Reads a path and checks that it ends at an anchor of this kind.
pub(super) fn read_path(node: Node<'_>, anchor: AnchorKind) -> Result<AnchorPath, Fault> {
    let text = node.text()?;
    let (path, end) = match text.strip_prefix("key(").and_then(|t| t.strip_suffix(')')) {
        Some(inside) => key(node, inside)?,
        None => walk(node, text)?,
    };
    // A pipe's name is as good as the pipe: the endpoint of that name on the event's host.
    let named = end == AnchorKind::Key(KeyKind::Pipe) && anchor == AnchorKind::Endpoint;
    if end == anchor || named {
        return Ok(path);
    }
    Err(node.fault(format_args!("ends at {end:?}, the anchor is {anchor:?}")))
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

fn key_kind(node: Node<'_>, name: &str) -> Result<KeyKind, Fault> {
    let found = KEYS.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind);
    found.ok_or_else(|| node.fault(format_args!("`{name}` is no kind of key")))
}

fn key(node: Node<'_>, inside: &str) -> Result<(AnchorPath, AnchorKind), Fault> {
    let (kind, field) = inside.split_once(',').ok_or_else(|| node.fault("should be key(kind,field)"))?;
    let kind = key_kind(node, kind.trim())?;
    let name = field.trim();
    let field = Field::named(name).ok_or_else(|| node.fault(format_args!("`{name}` is no field")))?;
    if field.value_type() != Type::Text {
        return Err(node.fault(format_args!("`{name}` is no text")));
    }
    Ok((AnchorPath::Key(kind, field), AnchorKind::Key(kind)))
}

fn walk(node: Node<'_>, text: &str) -> Result<(AnchorPath, AnchorKind), Fault> {
    let mut names = text.split('.');
    let first = names.next().unwrap_or_default();
    let mut hops = Vec::new();
    let (base, mut at) = match first {
        "endpoint" => (Base::Endpoint, AnchorKind::Endpoint),
        "host" => (Base::Host, AnchorKind::Host),
        "ancestors" => (Base::Ancestors, AnchorKind::Process),
        // Shorthands for what the actor belongs to.
        "job" | "lineage" | "session" => {
            let (hop, end) = step(AnchorKind::Process, first).ok_or_else(|| node.fault("is no path"))?;
            hops.push(hop);
            (Base::Subject(Subject::Actor), end)
        }
        _ => {
            let found = Subject::ALL.iter().find(|(n, _)| *n == first).map(|(_, subject)| *subject);
            let subject = found.ok_or_else(|| node.fault(format_args!("`{first}` is no beginning of a path")))?;
            (Base::Subject(subject), AnchorKind::Process)
        }
    };
    for name in names {
        let (hop, end) =
            step(at, name).ok_or_else(|| node.fault(format_args!("`{name}` does not lead on from {at:?}")))?;
        hops.push(hop);
        at = end;
    }
    if hops.len() > MAX_HOPS {
        return Err(node.fault(format_args!("has more than {MAX_HOPS} hops")));
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
