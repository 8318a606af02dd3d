//! An event whose processes and endpoints have been looked up.

use super::ids::{EndpointId, HostId, ProcessId, RemoteId};
use crate::util::hash::Digest;
use crate::util::intern::Sym;

/// An event's participants: handles to the records it speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResolvedEvent {
    pub(crate) host: HostId,
    pub(crate) host_hash: Digest,
    pub(crate) actor: Option<ProcessId>,
    pub(crate) target: Option<ProcessId>,
    pub(crate) peer: Option<ProcessId>,
    pub(crate) responsible: Option<ProcessId>,
    pub(crate) endpoint: Option<EndpointId>,
    /// The loaded library, the accessed file or another name the event is about.
    pub(crate) object: Option<Sym>,
    /// What the object was given or did: a command, data, an address. Only of events that a clause is met by.
    pub(crate) detail: Option<Sym>,
    /// The remote principal the event names, or shows without naming.
    pub(crate) remote: Option<RemoteId>,
    /// The actor and the endpoint were not tied before this event.
    pub(crate) new_link: bool,
    /// The actor is the creator of the endpoint by this event.
    pub(crate) created: bool,
}
