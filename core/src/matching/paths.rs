//! Follows paths from an event to the anchors that keep its hits.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::hits;
use super::pending::{Anchor, PendingHit};
use super::view::View;
use crate::derive::remote_exec;
use crate::event::{Mechanism, Os};
use crate::names::{self, NameKind, basename};
use crate::rules::{AnchorKind, AnchorPath, Base, BehaviorId, ClauseId, Field, Hop, KeyKind, ProcessField, Subject};
use crate::state::{EndpointId, HostState, Principal, Process, ProcessId};
use crate::util::hash::Digest;

/// Anchors of one clause and one event at most.
pub(super) const MAX_ANCHORS: usize = 8;

/// Generations of forks without a program of their own that a path to created endpoints passes.
const MAX_FORKS: usize = 3;

/// Where a walk along a path stands.
type Places = SmallVec<[Place; MAX_ANCHORS]>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Process(ProcessId),
    Endpoint(EndpointId),
    Final(Anchor),
}

/// A late link. If a path leads through the endpoints of a process and the process is linked to another endpoint within
/// the window, the hit belongs to that endpoint, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LateLink {
    /// A link of any member of the process's job counts.
    pub(super) through_job: bool,
    /// Only endpoints the process creates count.
    pub(super) created_only: bool,
}

impl LateLink {
    /// The late links of a path; `None` if it leads through no endpoints.
    pub(super) fn of(path: &AnchorPath) -> Option<Self> {
        let AnchorPath::Walk(_, hops) = path else { return None };
        let at = hops.iter().position(|hop| matches!(hop, Hop::Endpoints | Hop::CreatedEndpoints))?;
        let through_job = at > 0 && hops[at - 1] == Hop::Job;
        Some(Self { through_job, created_only: hops[at] == Hop::CreatedEndpoints })
    }

    /// The anchor at which hits wait for the links of a process.
    pub(super) fn anchor(self, process: ProcessId) -> Anchor {
        let kind = u64::from(self.through_job) << 1 | u64::from(self.created_only);
        Digest::of_number(20 + kind, process.number())
    }
}

/// Collects the anchors of one clause's hit.
pub(super) struct Anchors<'a> {
    pending_hits: &'a mut Vec<PendingHit>,
    /// The number of pending hits before those of this clause.
    from: usize,
    behavior: BehaviorId,
    clause: ClauseId,
}

impl<'a> Anchors<'a> {
    pub(super) const fn new(pending_hits: &'a mut Vec<PendingHit>, behavior: BehaviorId, clause: ClauseId) -> Self {
        Self { from: pending_hits.len(), pending_hits, behavior, clause }
    }

    /// Adds an anchor if it is new and the clause has fewer than [`MAX_ANCHORS`].
    fn push(&mut self, anchor: Anchor, waits: bool) {
        let Self { behavior, clause, .. } = *self;
        let mut alike = 0;
        for known in self.pending_hits[self.from..].iter().filter(|known| known.waits == waits) {
            alike += 1;
            if known.anchor == anchor || alike == MAX_ANCHORS {
                return;
            }
        }
        self.pending_hits.push(PendingHit { behavior, clause, anchor, key: hits::key(anchor), waits });
    }
}

/// Collects the anchors of one path, and those at which its hits wait for late links. `buffer` is reused space.
pub(super) fn anchors(
    view: &View<'_>,
    kind: AnchorKind,
    path: &AnchorPath,
    out: &mut Anchors<'_>,
    buffer: &mut Vec<u8>,
) {
    match path {
        // Most paths end where they begin.
        AnchorPath::Walk(Base::Subject(subject), hops) if hops.is_empty() => {
            if kind == AnchorKind::Process {
                subjects(view, *subject, |process| out.push(process_anchor(process), false));
            }
        }
        AnchorPath::Walk(Base::Endpoint, hops) if hops.is_empty() => {
            if let (AnchorKind::Endpoint, Some(endpoint)) = (kind, view.resolved.endpoint) {
                out.push(endpoint_anchor(view.state, endpoint), false);
            }
        }
        _ => distant_anchors(view, kind, path, out, buffer),
    }
}

/// Collects the anchors of a path that leads on from where it begins.
fn distant_anchors(view: &View<'_>, kind: AnchorKind, path: &AnchorPath, out: &mut Anchors<'_>, buffer: &mut Vec<u8>) {
    let mut push = |anchor| out.push(anchor, false);
    match path {
        // A pipe's name identifies the endpoint, whether or not a record of it was seen.
        AnchorPath::Key(KeyKind::Pipe, field) if kind == AnchorKind::Endpoint => {
            let Some(text) = view.text_of(*field) else { return };
            let mut pipe = |name: &[u8]| {
                let identity = view.state.identity(NameKind::Pipe, name);
                push(named_anchor(view.resolved.host_hash, Mechanism::NamedPipe, identity));
            };
            if is_name(*field) {
                pipe(names::pipe(text))
            } else {
                names::pipes_in(text).take(MAX_ANCHORS).for_each(pipe)
            }
        }
        AnchorPath::Key(key, field) => keys(view, *key, *field, buffer, &mut push),
        AnchorPath::Walk(base, hops) => {
            let mut places = begin(view, *base);
            for (i, hop) in hops.iter().enumerate() {
                if matches!(hop, Hop::Endpoints | Hop::CreatedEndpoints) {
                    for place in &places {
                        if let (Place::Process(process), Some(late_link)) = (place, LateLink::of(path)) {
                            out.push(late_link.anchor(*process), true);
                        }
                    }
                }
                places = step(view, &places, *hop, hops.get(i + 1));
            }
            for place in places {
                match (kind, place) {
                    (_, Place::Final(anchor)) => out.push(anchor, false),
                    (AnchorKind::Process, Place::Process(p)) => out.push(process_anchor(p), false),
                    (AnchorKind::Endpoint, Place::Endpoint(e)) => out.push(endpoint_anchor(view.state, e), false),
                    _ => {}
                }
            }
        }
    }
}

/// The anchor of an endpoint. It is made of the name, so that records that only name the endpoint lead to it, too.
pub(super) fn endpoint_anchor(state: &HostState, endpoint: EndpointId) -> Anchor {
    let known = state.endpoint(Some(endpoint));
    known.map_or(Digest::NONE, |e| named_anchor(e.host, e.mechanism, e.identity))
}

const fn named_anchor(host: Digest, mechanism: Mechanism, identity: Digest) -> Anchor {
    host.and(1 << 8 | mechanism as u64, identity)
}

const fn process_anchor(process: ProcessId) -> Anchor {
    Digest::of_number(2, process.number())
}

fn begin(view: &View<'_>, base: Base) -> Places {
    match base {
        Base::Subject(subject) => {
            let mut places = Places::new();
            subjects(view, subject, |process| places.push(Place::Process(process)));
            places
        }
        Base::Ancestors => view.state.ancestors(view.resolved.actor).map(Place::Process).take(MAX_ANCHORS).collect(),
        Base::Endpoint => view.resolved.endpoint.map(Place::Endpoint).into_iter().collect(),
        Base::Host => core::iter::once(Place::Final(view.resolved.host_hash.and(3, Digest::NONE))).collect(),
    }
}

/// The processes that a subject means: where a parent only passes its children on, the parent at birth and whoever stands
/// behind it.
fn subjects(view: &View<'_>, subject: Subject, mut each: impl FnMut(ProcessId)) {
    let of = match subject {
        Subject::Parent => view.resolved.actor,
        Subject::Grandparent => view.subject(Subject::Parent),
        other => {
            view.subject(other).into_iter().for_each(each);
            return;
        }
    };
    of.into_iter().flat_map(|of| view.state.parents(of)).for_each(&mut each);
}

fn step(view: &View<'_>, places: &Places, hop: Hop, next: Option<&Hop>) -> Places {
    let state = view.state;
    let mut out = Places::new();
    let mut push = |place| {
        if out.len() < MAX_ANCHORS && !out.contains(&place) {
            out.push(place);
        }
    };
    for place in places {
        match (place, hop) {
            (Place::Endpoint(e), Hop::Owner) => {
                if let Some(owner) = state.endpoint(Some(*e)).and_then(|e| e.owner) {
                    push(Place::Process(owner));
                }
            }
            (Place::Process(p), hop) => {
                let Some(process) = state.process(Some(*p)) else { continue };
                match hop {
                    Hop::Parent => state.parents(*p).for_each(|p| push(Place::Process(p))),
                    Hop::Ancestors => state.ancestors(Some(*p)).for_each(|p| push(Place::Process(p))),
                    Hop::Endpoints | Hop::CreatedEndpoints | Hop::HeldEndpoints => {
                        for (endpoint, created) in process.endpoints() {
                            if created || hop != Hop::CreatedEndpoints {
                                push(Place::Endpoint(endpoint));
                            }
                        }
                        // A forked worker serves the endpoints that its parent created.
                        let mut at = *p;
                        for _ in 0..MAX_FORKS {
                            if hop != Hop::CreatedEndpoints || !state.is_bare_fork(at) {
                                break;
                            }
                            let Some(parent) = state.birth_parent(Some(at)) else { break };
                            let above = state.process(Some(parent)).into_iter().flat_map(Process::endpoints);
                            above.filter(|(_, created)| *created).for_each(|(e, _)| push(Place::Endpoint(e)));
                            at = parent;
                        }
                    }
                    // At the end of a path a job is an anchor; before another hop it stands for its members.
                    Hop::Job if next.is_some() => state.job_members(*p).for_each(|p| push(Place::Process(p))),
                    Hop::Job => {
                        if let Some((parent, number)) = process.job {
                            push(Place::Final(Digest::of_number(4 << 32 | u64::from(number), parent.number())));
                        }
                    }
                    Hop::Lineage => {
                        push(Place::Final(process.lineage.and(5, Digest::NONE)));
                    }
                    Hop::Session => {
                        // On Windows an elevated token has another logon session but the same terminal session.
                        let windows = view.os() == Os::Windows;
                        let terminal = state.name(process.terminal).filter(|_| windows);
                        let session = match terminal {
                            Some(terminal) => Some(terminal.identity),
                            None => process.session.map(|number| Digest::of_number(6, number)),
                        };
                        if let Some(session) = session {
                            push(Place::Final(process.host.and(6, session)));
                        }
                    }
                    Hop::InjectedBy => {
                        if let Some(link) = process.injected_by {
                            push(Place::Process(link.process));
                        }
                    }
                    Hop::Broker => {
                        if let Some(Principal::Process(requester)) = process.requester.map(|r| r.by) {
                            push(Place::Process(requester));
                        }
                    }
                    Hop::Responsible => {
                        if let Some(responsible) = process.responsible {
                            push(Place::Process(responsible));
                        }
                    }
                    Hop::Owner => {}
                }
            }
            _ => {}
        }
    }
    out
}

/// Collects the keys in a field. Pipes and files are found inside command lines; a path is taken whole and by its
/// parts.
fn keys(view: &View<'_>, kind: KeyKind, field: Field, buffer: &mut Vec<u8>, push: &mut impl FnMut(Anchor)) {
    let Some(text) = view.text_of(field) else { return };
    let (state, host) = (view.state, view.resolved.host_hash);
    let mut key = |part: &[u8]| {
        if !part.is_empty() {
            push(host.and(7 + kind as u64, state.hash().folded(part).finish_digest()));
        }
    };
    match kind {
        KeyKind::Pipe if is_name(field) => key(names::pipe(text)),
        KeyKind::Pipe => names::pipes_in(text).take(MAX_ANCHORS).for_each(key),
        // In PsExec-style protocols the service's image gives the pipes their names.
        KeyKind::PipeGroup if is_image(field) => key(stem(text)),
        KeyKind::PipeGroup => key(remote_exec::group(names::pipe(text))),
        KeyKind::SharedFile if is_name(field) => key(below_share(text)),
        // An image is one path; a command line may name a file in any argument.
        KeyKind::SharedFile if is_image(field) => {
            shared_files_in(text).take(MAX_ANCHORS).for_each(&mut key);
            local_file(text).into_iter().flatten().flatten().for_each(key);
        }
        KeyKind::SharedFile => {
            shared_files_in(text).take(MAX_ANCHORS / 2).for_each(&mut key);
            let arguments = text.split(|&b| names::ends_argument(b)).filter_map(local_file);
            arguments.take(MAX_ANCHORS / 4).flatten().flatten().for_each(key);
        }
        KeyKind::Clsid => clsids_in(text).take(MAX_ANCHORS).for_each(key),
        KeyKind::Path => {
            for token in tokens(text).take(MAX_ANCHORS) {
                view.os().path_kind().normalize(token, buffer);
                match names::below_home(buffer).filter(|_| view.os() == Os::Windows) {
                    Some((folder, rest)) => key(&[b"%USERPROFILE%\\", folder, rest].concat()),
                    None => key(buffer),
                }
            }
        }
        KeyKind::Unit | KeyKind::Address => key(text),
    }
}

/// Whether the field is a name rather than a text that may hold one.
const fn is_name(field: Field) -> bool {
    matches!(field, Field::EndpointName | Field::ShareTarget)
}

const fn is_image(field: Field) -> bool {
    matches!(field, Field::Process(_, ProcessField::Image))
}

/// A program's file name without its extension.
fn stem(image: &[u8]) -> &[u8] {
    let name = basename(image);
    memchr::memrchr(b'.', name).map_or(name, |dot| &name[..dot])
}

/// Files of shares inside a command line, by their path below the share: of `\\host\share\a\b` that is `a\b`.
fn shared_files_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    // The search goes on behind each argument, so that it visits each byte once.
    let arguments = core::iter::from_fn(move || {
        let at = memchr::memmem::find(rest, br"\\")?;
        let path = names::until_argument_ends(&rest[at + 2..]);
        rest = &rest[at + 2 + path.len()..];
        Some(path)
    });
    arguments.filter_map(|path| {
        let mut parts = path.splitn(3, |&b| b == b'\\');
        let (host, _share, file) = (parts.next()?, parts.next()?, parts.next()?);
        // `\\.\` and `\\?\` begin a device of this host.
        (!matches!(host, b"" | b"." | b"?")).then(|| below_share(file))
    })
}

/// A file of this host by its path below the administrative shares that lead to it: of `C:\Windows\a\b` that is
/// `Windows\a\b` and `a\b`.
fn local_file(path: &[u8]) -> Option<[Option<&[u8]>; 2]> {
    let begins = |text: &[u8], with: &[u8]| text.get(..with.len()).is_some_and(|t| t.eq_ignore_ascii_case(with));
    let variable = [&br"%SystemRoot%\"[..], br"%windir%\"].into_iter().find(|v| begins(path, v));
    if let Some(variable) = variable {
        return Some([Some(&path[variable.len()..]), None]);
    }
    let path = match path {
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => rest,
        _ => path,
    };
    let file = path.strip_prefix(br"\").filter(|f| f.len() > 2 && !f.starts_with(br"\"))?;
    Some([Some(file), begins(file, br"Windows\").then(|| &file[8..])])
}

/// A path below a share, however its beginning is written.
fn below_share(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|&b| b != b'\\');
    &path[start.unwrap_or(path.len())..]
}

/// Class ids with braces inside a text.
fn clsids_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    core::iter::from_fn(move || {
        loop {
            let open = memchr::memchr(b'{', rest)?;
            rest = &rest[open..];
            if let Some(id) = rest.get(..38).filter(|id| id[37] == b'}') {
                rest = &rest[38..];
                return Some(id);
            }
            rest = &rest[1..];
        }
    })
}

/// A text whole, and, when it has blanks, its blank- or quote-separated parts.
fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = text.split(|&b| matches!(b, b' ' | b'\t' | b'"' | b',')).filter(|t| t.len() > 2);
    let whole = core::iter::once(text.trim_ascii());
    whole.chain(parts.take(if memchr::memchr3(b' ', b'"', b',', text).is_some() { usize::MAX } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::{below_share, clsids_in, local_file, shared_files_in, stem};
    use alloc::vec::Vec;

    #[test]
    fn keys_are_found_inside_texts() {
        let ids: Vec<_> = clsids_in(b"x {bad} {3E5FC7F9-9A51-4367-9063-A120244FBEC7} y").collect();
        assert_eq!(ids, [&b"{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"[..]]);
        let text = br"cmd /c dir 1> \\127.0.0.1\ADMIN$\Temp\__1.2 2>&1 & type \\.\pipe\x & start \\host\share";
        let files: Vec<_> = shared_files_in(text).collect();
        assert_eq!(files, [&br"Temp\__1.2"[..]]);
        assert_eq!(below_share(br"\Temp\__1.2"), br"Temp\__1.2");
        assert_eq!(local_file(br"C:\Windows\a\b"), Some([Some(&br"Windows\a\b"[..]), Some(&br"a\b"[..])]));
        assert_eq!(local_file(br"%SystemRoot%\b.exe"), Some([Some(&b"b.exe"[..]), None]));
        assert_eq!(local_file(br"\jobs\o"), Some([Some(&br"jobs\o"[..]), None]));
        assert_eq!((local_file(br"\\host\share"), local_file(b"/c")), (None, None));
        assert_eq!(stem(br"C:\Windows\Svc.x.exe"), b"Svc.x");
    }
}
