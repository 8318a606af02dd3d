//! AN1359: facts of macOS events.

use crate::catalogue::{Tag, Tags, TermId, Terms};
use crate::causality::{Scene, World};
use crate::event::{Event, Kind};

/// Terms the macOS analytic asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mac {
    shells: Option<TermId>,
    interpreters: Option<TermId>,
    script_runners: Option<TermId>,
}

impl Mac {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            shells: terms.id("unix.shells"),
            interpreters: terms.id("unix.interpreters"),
            script_runners: terms.id("mac.script_runners"),
        }
    }

    pub(super) fn derive(&self, world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        let Kind::ProcessStart(_) = &event.kind else { return };
        let Some(actor) = world.process(scene.actor) else { return };
        if actor.uid == Some(0) && world.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
            tags.insert(Tag::PrivilegeRise);
        }
        let is = |term: Option<TermId>| {
            term.is_some_and(|term| world.image_terms(scene.actor).is_some_and(|bits| bits.has(term)))
        };
        let shell = is(self.shells);
        if (shell || is(self.interpreters) || is(self.script_runners))
            && super::linux::reads_commands(event.actor.command_line, shell)
        {
            tags.insert(Tag::ReadsPipe);
        }
    }
}
