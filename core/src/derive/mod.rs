//! Derives what rules cannot express: tags of an event, and links from a broker's children to its clients. There is one
//! file for each analytic of ATT&CK (one a platform).
//!
//! Any behavior may use the [`Tags`](crate::rules::Tags). An analytic never looks at a behavior.

mod linux;
mod macos;
mod orders;
pub(crate) mod remote_exec;
mod windows;

use crate::event::{Event, Kind, Mechanism, Os};
use crate::rules::{Catalog, ListBits, ListId, Tag, Tags};
use crate::state::{HostState, ResolvedEvent, Tie};
use crate::time::MINUTE;

/// How long after an injection the acts of the injected process count as those of its injector.
const TAINT: i64 = 10 * MINUTE;

/// Confidence, in thousandths, from which a known-bad name gets the tag.
const KNOWN_BAD: u16 = 700;

/// The analytics of all platforms. They hold only the ids of lists, so they are cheap to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Analytics {
    windows: windows::Windows,
    linux: linux::Linux,
    mac: macos::Mac,
    /// Where on Windows nothing speaks for a program.
    dropped: Option<ListId>,
}

impl Analytics {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let lists = catalog.lists();
        Self {
            windows: windows::Windows::new(lists),
            linux: linux::Linux::new(lists),
            mac: macos::Mac::new(lists),
            dropped: lists.id("win.path.dropped"),
        }
    }

    /// The tags of one event. Links processes in the host state.
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

    /// Whether an image lies where it could be anything. On Windows programs install themselves for one user, too: only
    /// where files are dropped does nothing speak for a program.
    fn is_unproven(&self, state: &HostState, os: Os, image: &ListBits) -> bool {
        match os {
            Os::Windows => self.dropped.is_some_and(|list| image.has(list)),
            Os::Linux | Os::Macos => state.is_user_writable(os, image),
        }
    }

    fn common(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(actor) = state.process(resolved.actor) else { return };
        if actor.injected_by.is_some_and(|link| event.time.distance(link.time) <= TAINT) {
            tags.insert(Tag::Injected);
        }
        if state.name(actor.image).is_some_and(|image| state.is_user_writable(event.os, &image.cached)) {
            tags.insert(Tag::UserWritableImage);
        }
        if let Kind::ProcessStart(_) = &event.kind
            && actor.requester.is_some_and(|request| request.tie == Tie::Creator)
        {
            tags.insert(Tag::ForgedParent);
        }
        if let Kind::ProcessAccess(access) = &event.kind
            && crate::state::may_write(access.access)
        {
            tags.insert(Tag::WriteAccess);
        }
        self.reference_tags(state, event, resolved, tags);
    }

    /// Tags that follow from the reference name of the endpoint.
    fn reference_tags(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(endpoint) = state.endpoint(resolved.endpoint) else { return };
        let Some(reference) = endpoint.reference else { return };
        let reference_names = state.catalog.reference_names();
        let image = state.process(resolved.actor).and_then(|a| state.name(a.image));
        if reference_names.is_root_equivalent(reference) {
            tags.insert(Tag::RootEquivalent);
        }
        let bad = reference_names.known_bad(reference);
        let pipe = endpoint.mechanism == Mechanism::NamedPipe;
        let creates = matches!(event.kind, Kind::EndpointCreate(_));
        let owner = if creates { resolved.actor } else { endpoint.owner };
        let owner = state.process(owner).and_then(|o| state.name(o.image));
        // A known-bad name exempts only the owner that the reference names give for it; a known-good pipe name exempts
        // only an owner that fits and lies where not every user may write.
        let named = owner.map(|o| reference_names.names_owner(reference, o.text(), &o.cached));
        let fits = owner.zip(named).map(|(o, named)| match bad {
            None => {
                (named || reference_names.names_no_owner(reference)) && !self.is_unproven(state, event.os, &o.cached)
            }
            Some(_) => named,
        });
        match bad {
            None if fits == Some(false) && !(pipe && creates) => {}
            None => tags.insert(Tag::EndpointKnownGood),
            Some(confidence) if confidence >= KNOWN_BAD => tags.insert(Tag::PipeKnownBad),
            // Names of remote management, and names that tools imitate, are neither good nor bad.
            Some(_) => {}
        }
        let proven = match owner {
            Some(o) => named == Some(true) && !state.is_user_writable(event.os, &o.cached),
            None => reference_names.is_reserved(reference),
        };
        // What a name states of its creator is between that process and its own: nobody else is expected there.
        if pipe && proven && !reference_names.is_self_describing(reference) {
            tags.insert(Tag::ProvenOwner);
        }
        let Some(image) = image else { return };
        // A program that lies where it could be anything is nobody the reference names know, whatever it is called.
        let is_proved = !self.is_unproven(state, event.os, &image.cached);
        let (text, lists): (&[u8], _) = if is_proved { (image.text(), &image.cached) } else { (b"", &ListBits::NONE) };
        match &event.kind {
            Kind::EndpointCreate(_) => {
                let fits = fits.filter(|_| is_proved || reference_names.owner_fits(reference, text, lists));
                match (fits == Some(true), pipe) {
                    (true, true) => tags.insert(Tag::PipeKnownGood),
                    (false, true) if reference_names.is_reserved(reference) => tags.insert(Tag::PipeOwnerViolation),
                    (false, false) => tags.insert(Tag::ForeignOwner),
                    _ => {}
                }
                let name = state.text(Some(endpoint.name)).unwrap_or_default();
                if reference_names.is_forged(reference, name, event.actor.pid, image.text()) {
                    tags.insert(Tag::PipeForgedName);
                }
            }
            Kind::EndpointConnect(_) if !reference_names.client_fits(reference, text, lists) => {
                tags.insert(Tag::ForeignClient);
            }
            _ => {}
        }
    }
}
