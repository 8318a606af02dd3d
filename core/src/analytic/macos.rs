//! AN1359: facts of macOS events.

use crate::catalogue::{Tag, Tags};
use crate::causality::{Scene, World};
use crate::event::{Event, Kind};

pub(super) fn derive(world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
    if let Kind::ProcessStart(_) = &event.kind {
        let Some(actor) = world.process(scene.actor) else { return };
        if actor.uid == Some(0) && world.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
            tags.insert(Tag::PrivilegeRise);
        }
    }
}
