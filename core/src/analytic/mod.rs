//! What data alone cannot say: facts and edges derived from an event and its surroundings, one file an analytic.
//!
//! An analytic adds [`Tags`](crate::catalogue::Tags) for any behaviour to use and ties brokers to their requesters.
//! It never looks at a behaviour.

mod linux;
mod macos;
mod windows;

use crate::catalogue::{Catalogue, Tag, Tags, TermId};
use crate::causality::{Scene, World};
use crate::event::{Event, Kind, Mechanism, Os};
use crate::time::MINUTE;

/// How long an injected process is held to act for its injector.
const TAINT: i64 = 10 * MINUTE;

/// How sure a list must be of a name, in thousandths, for the name to count.
const KNOWN_BAD: u16 = 700;

/// Derives facts; holds only numbers of terms, so it is cheap to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Analytics {
    windows: windows::Windows,
    linux: linux::Linux,
    mac: macos::Mac,
    user_writable: [Option<TermId>; 3],
}

impl Analytics {
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let terms = catalogue.terms();
        Self {
            windows: windows::Windows::new(terms),
            linux: linux::Linux::new(terms),
            mac: macos::Mac::new(terms),
            user_writable: ["win", "linux", "mac"].map(|os| terms.id(&alloc::format!("{os}.path.user_writable"))),
        }
    }

    /// The facts of one event; ties edges in the world.
    pub(crate) fn derive(&self, world: &mut World, event: &Event<'_>, scene: &Scene) -> Tags {
        let mut tags = Tags::NONE;
        self.common(world, event, scene, &mut tags);
        match event.os {
            Os::Windows => self.windows.derive(world, event, scene, &mut tags),
            Os::Linux => self.linux.derive(world, event, scene, &mut tags),
            Os::MacOs => self.mac.derive(world, event, scene, &mut tags),
        }
        tags
    }

    fn common(&self, world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        let Some(actor) = world.process(scene.actor) else { return };
        if actor.injected_by.is_some_and(|tie| event.time.distance(tie.time) <= TAINT) {
            tags.insert(Tag::Injected);
        }
        if let (Some(term), Some(bits)) = (self.user_writable[event.os as usize % 3], world.image_terms(scene.actor))
            && bits.has(term)
        {
            tags.insert(Tag::UserWritableImage);
        }
        if let Kind::ProcessAccess(access) = &event.kind
            && crate::causality::may_write(access.access)
        {
            tags.insert(Tag::WriteAccess);
        }
        baseline(world, event, scene, tags);
    }
}

/// Facts about an endpoint that the baselines give.
fn baseline(world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
    let Some(endpoint) = world.endpoint(scene.endpoint) else { return };
    let Some(entry) = endpoint.entry else { return };
    let knowledge = world.catalogue.knowledge();
    let image = world.process(scene.actor).and_then(|a| world.name(a.image));
    if knowledge.is_root_equivalent(entry) {
        tags.insert(Tag::RootEquivalent);
    }
    match knowledge.known_bad(entry) {
        None => tags.insert(Tag::EndpointBaseline),
        Some(confidence) if confidence >= KNOWN_BAD => tags.insert(Tag::PipeKnownBad),
        // Remote management and programs whose names tools imitate: neither good nor bad.
        Some(_) => {}
    }
    let Some(image) = image else { return };
    match &event.kind {
        Kind::EndpointCreate(_) => {
            let fits = knowledge.owner_fits(entry, image.text(), &image.memo);
            let pipe = endpoint.mechanism == Mechanism::NamedPipe;
            match (fits, pipe) {
                (true, true) => tags.insert(Tag::PipeBaseline),
                (false, true) if knowledge.is_reserved(entry) => tags.insert(Tag::PipeOwnerViolation),
                (false, false) => tags.insert(Tag::ForeignOwner),
                _ => {}
            }
            let name = world.text(Some(endpoint.name)).unwrap_or_default();
            if knowledge.is_forged(entry, name, event.actor.pid, image.text()) {
                tags.insert(Tag::PipeForgedName);
            }
        }
        Kind::EndpointConnect(_) if !knowledge.client_fits(entry, image.text(), &image.memo) => {
            tags.insert(Tag::ForeignClient);
        }
        _ => {}
    }
}
