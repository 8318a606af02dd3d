//! What data alone cannot say: details and edges derived from an event and its surroundings, one file an analytic.
//!
//! An analytic adds [`Tags`](crate::rules::Tags) for any behavior to use and links brokers to their requesters.
//! It never looks at a behavior.

mod linux;
mod macos;
mod windows;

use crate::event::{Event, Kind, Mechanism, Os};
use crate::rules::{Catalog, ListBits, ListId, Tag, Tags};
use crate::state::{HostState, ResolvedEvent};
use crate::time::MINUTE;

/// How long an injected process is held to act for its injector.
const TAINT: i64 = 10 * MINUTE;

/// How sure a list must be of a name, in thousandths, for the name to count.
const KNOWN_BAD: u16 = 700;

/// Derives details; holds only numbers of lists, so it is cheap to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Analytics {
    windows: windows::Windows,
    linux: linux::Linux,
    mac: macos::Mac,
    user_writable: [Option<ListId>; 3],
}

impl Analytics {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let lists = catalog.lists();
        Self {
            windows: windows::Windows::new(lists),
            linux: linux::Linux::new(lists),
            mac: macos::Mac::new(lists),
            user_writable: ["win", "linux", "mac"].map(|os| lists.id(&alloc::format!("{os}.path.user_writable"))),
        }
    }

    /// The details of one event; links edges in the host state.
    pub(crate) fn derive(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent) -> Tags {
        let mut tags = Tags::NONE;
        self.common(state, event, resolved, &mut tags);
        match event.os {
            Os::Windows => self.windows.derive(state, event, resolved, &mut tags),
            Os::Linux => self.linux.derive(state, event, resolved, &mut tags),
            Os::Macos => self.mac.derive(state, event, resolved, &mut tags),
        }
        tags
    }

    fn common(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(actor) = state.process(resolved.actor) else { return };
        if actor.injected_by.is_some_and(|link| event.time.distance(link.time) <= TAINT) {
            tags.insert(Tag::Injected);
        }
        if let (Some(list), Some(bits)) = (self.user_writable[event.os as usize % 3], state.image_lists(resolved.actor))
            && bits.has(list)
        {
            tags.insert(Tag::UserWritableImage);
        }
        if let Kind::ProcessAccess(access) = &event.kind
            && crate::state::may_write(access.access)
        {
            tags.insert(Tag::WriteAccess);
        }
        reference_tags(state, event, resolved, tags);
    }
}

/// Details about an endpoint that the reference names give.
fn reference_tags(state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
    let Some(endpoint) = state.endpoint(resolved.endpoint) else { return };
    let Some(reference) = endpoint.reference else { return };
    let reference_names = state.catalog.reference_names();
    let image = state.process(resolved.actor).and_then(|a| state.name(a.image));
    // On Linux a program that lies where users may write is nobody the reference names know, whatever it is called.
    let is_proved = event.os != Os::Linux || !tags.has(Tag::UserWritableImage);
    if reference_names.is_root_equivalent(reference) {
        tags.insert(Tag::RootEquivalent);
    }
    match reference_names.known_bad(reference) {
        None => tags.insert(Tag::EndpointKnownGood),
        Some(confidence) if confidence >= KNOWN_BAD => tags.insert(Tag::PipeKnownBad),
        // Remote management and programs whose names tools imitate: neither good nor bad.
        Some(_) => {}
    }
    let Some(image) = image else { return };
    let known: (&[u8], &ListBits) = if is_proved { (&image.text, &image.cached) } else { (b"", &ListBits::NONE) };
    match &event.kind {
        Kind::EndpointCreate(_) => {
            let fits = reference_names.owner_fits(reference, known.0, known.1);
            let pipe = endpoint.mechanism == Mechanism::NamedPipe;
            match (fits, pipe) {
                (true, true) => tags.insert(Tag::PipeKnownGood),
                (false, true) if reference_names.is_reserved(reference) => tags.insert(Tag::PipeOwnerViolation),
                (false, false) => tags.insert(Tag::ForeignOwner),
                _ => {}
            }
            let name = state.text(Some(endpoint.name)).unwrap_or_default();
            if reference_names.is_forged(reference, name, event.actor.pid, &image.text) {
                tags.insert(Tag::PipeForgedName);
            }
        }
        Kind::EndpointConnect(_) if !reference_names.client_fits(reference, known.0, known.1) => {
            tags.insert(Tag::ForeignClient);
        }
        _ => {}
    }
}
