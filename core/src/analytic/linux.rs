//! AN1358: facts of Linux events.

use crate::catalogue::{Tag, Tags, TermId, Terms};
use crate::causality::{Scene, World};
use crate::event::{Event, Kind};

/// Terms the Linux analytic asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linux {
    shells: Option<TermId>,
    tracers: Option<TermId>,
}

impl Linux {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { shells: terms.id("linux.shells"), tracers: terms.id("linux.tracers") }
    }

    pub(super) fn derive(&self, world: &mut World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        let Some(actor) = world.process(scene.actor) else { return };
        let image = world.text(actor.image).unwrap_or_default();
        if image.starts_with(b"/memfd:") || image.ends_with(b" (deleted)") {
            tags.insert(Tag::MemoryImage);
        }
        match &event.kind {
            Kind::ProcessStart(_) => {
                let shell = world.image_terms(scene.actor).zip(self.shells).is_some_and(|(bits, t)| bits.has(t));
                if shell && reads_commands(event.actor.command_line) {
                    tags.insert(Tag::ReadsPipe);
                }
                if actor.uid == Some(0) && world.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
                    tags.insert(Tag::PrivilegeRise);
                }
            }
            Kind::EndpointConnect(act) => {
                let owner = world.endpoint(scene.endpoint);
                // The login user survives su and sudo: it tells whose agent this is.
                let other_user = act
                    .endpoint
                    .owner_uid
                    .or(owner.and_then(|e| e.owner_uid))
                    .is_some_and(|ouid| ouid != 0 && actor.auid.or(actor.uid).is_some_and(|me| me != ouid));
                let owner = owner.and_then(|e| world.process(e.owner));
                let other_session =
                    owner.is_some_and(|o| o.auid.is_some() && actor.auid.is_some() && o.auid != actor.auid);
                if other_user || other_session {
                    tags.insert(Tag::OtherSession);
                }
            }
            Kind::ProcessAccess(_) | Kind::MemoryWrite(_) => {
                let tracer = world.image_terms(scene.actor).zip(self.tracers).is_some_and(|(bits, t)| bits.has(t));
                if tracer && tags.has(Tag::OwnKin) {
                    tags.insert(Tag::BenignAccess);
                }
            }
            _ => {}
        }
    }
}

/// A shell that was given neither a script nor a command: it reads what to do from its input.
pub(super) fn reads_commands(command_line: Option<&[u8]>) -> bool {
    let Some(command_line) = command_line else { return false };
    command_line
        .split(|&b| b == b' ')
        .skip(1)
        .filter(|a| !a.is_empty())
        .all(|a| a.starts_with(b"-") && a != b"-c" && !a.starts_with(b"--rc"))
}
