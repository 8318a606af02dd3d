//! AN1357: facts of Windows events.

use crate::catalogue::{Tag, Tags, TermId, Terms};
use crate::causality::{ProcessId, Scene, World};
use crate::event::{Event, Integrity, Kind};

/// Terms the Windows analytic asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    benign_actor: Option<TermId>,
    benign_target: Option<TermId>,
    shells: Option<TermId>,
}

impl Windows {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            benign_actor: terms.id("win.access.benign_actor"),
            benign_target: terms.id("win.access.benign_target"),
            shells: terms.id("win.shells"),
        }
    }

    pub(super) fn derive(&self, world: &mut World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        match &event.kind {
            Kind::ProcessStart(_) => self.process_start(world, event, scene, tags),
            Kind::EndpointCreate(_) | Kind::EndpointConnect(_) => pipe(world, scene, tags),
            Kind::ProcessAccess(_) | Kind::RemoteThread(_) => {
                let is = |id, term: Option<TermId>| {
                    world.image_terms(id).zip(term).is_some_and(|(bits, term)| bits.has(term))
                };
                if is(scene.actor, self.benign_actor) || is(scene.target, self.benign_target) {
                    tags.insert(Tag::BenignAccess);
                }
            }
            Kind::ShareAccess(share) => {
                pipe(world, scene, tags);
                origin(share.address, tags);
            }
            Kind::NetworkConnect(connect) => origin(connect.remote_address, tags),
            Kind::Logon(logon) => origin(logon.address, tags),
            _ => {}
        }
    }

    fn process_start(&self, world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        let Some(actor) = world.process(scene.actor) else { return };
        let parent = world.process(actor.parent);
        if is_com_server(event.actor.command_line.or(actor.command_line.as_deref())) {
            tags.insert(Tag::ComServer);
        }
        if is_com_server(event.parent.command_line.or(parent.and_then(|p| p.command_line.as_deref()))) {
            tags.insert(Tag::ComServerChild);
        }
        if rose(actor.integrity, parent.and_then(|p| p.integrity)) || rose_by_user(world, scene.actor, actor.parent) {
            tags.insert(Tag::PrivilegeRise);
        }
        let shell = world.image_terms(scene.actor).zip(self.shells).is_some_and(|(bits, term)| bits.has(term));
        if shell && actor.argument_count.is_some_and(|n| n <= 1) {
            tags.insert(Tag::ReadsPipe);
        }
    }
}

/// Facts of a pipe's name that no baseline holds.
fn pipe(world: &World, scene: &Scene, tags: &mut Tags) {
    let Some(name) = world.endpoint(scene.endpoint).and_then(|e| world.text(Some(e.name))) else { return };
    if holds_pipe_root(name) {
        tags.insert(Tag::PipeNestedName);
    }
    let stream = [&b"-stdin"[..], b"-stdout", b"-stderr"]
        .iter()
        .any(|suffix| name.len() > suffix.len() && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix));
    // `P-HOST-N-stdin`: a number stands before the stream's name.
    let numbered =
        name.rsplit(|&b| b == b'-').nth(1).is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit));
    if stream && numbered && name.iter().filter(|&&b| b == b'-').count() >= 3 {
        tags.insert(Tag::PipeRemoteExec);
    }
}

/// Started on demand for a COM client.
fn is_com_server(command_line: Option<&[u8]>) -> bool {
    const MARKS: [&[u8]; 4] = [b"-embedding", b"/processid:{", b"/factory,{", b"/automation -embedding"];
    let starts = |text: &[u8], mark: &[u8]| text.get(..mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark));
    command_line.is_some_and(|line| {
        memchr::memchr2_iter(b'-', b'/', line).any(|at| MARKS.iter().any(|mark| starts(&line[at..], mark)))
    })
}

fn rose(now: Option<Integrity>, before: Option<Integrity>) -> bool {
    now.zip(before).is_some_and(|(now, before)| now > before)
}

/// The user became SYSTEM though the parent's is known and another one.
fn rose_by_user(world: &World, child: Option<ProcessId>, parent: Option<ProcessId>) -> bool {
    let system = |id| {
        let user = world.process(id).and_then(|p| world.text(p.user))?;
        let name = user.rsplit(|&b| b == b'\\').next().unwrap_or(user);
        Some(name.eq_ignore_ascii_case(b"SYSTEM"))
    };
    system(child) == Some(true) && system(parent) == Some(false)
}

fn origin(address: Option<&[u8]>, tags: &mut Tags) {
    let Some(address) = address else { return };
    let loopback = address.starts_with(b"127.") || matches!(address, b"::1" | b"0:0:0:0:0:0:0:1" | b"::ffff:127.0.0.1");
    tags.insert(if loopback { Tag::LoopbackOrigin } else { Tag::RemoteOrigin });
}

/// Whether a text holds `\pipe\` in any case.
fn holds_pipe_root(text: &[u8]) -> bool {
    let is_root = |at: usize| text[at..].get(..6).is_some_and(|t| t.eq_ignore_ascii_case(b"\\pipe\\"));
    memchr::memchr_iter(b'\\', text).any(is_root)
}
