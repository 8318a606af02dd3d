//! An event whose processes and endpoints have been looked up.

use super::ids::{EndpointId, HostId, ProcessId, RemoteId};
use crate::util::hash::Digest;
use crate::util::intern::Sym;

/// The participants of an event: handles to the records of processes and endpoints that it names.
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
    /// The remote principal that acted. Its details are empty where the record only shows that the client is remote.
    pub(crate) remote: Option<RemoteId>,
    /// This event is the first link between the actor and the endpoint.
    pub(crate) new_link: bool,
    /// The event is the creation of the endpoint.
    pub(crate) created: bool,
    /// The event is of a class that is rare with its actor: what it is evidence of is kept longest.
    pub(crate) is_rare: bool,
}
