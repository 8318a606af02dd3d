//! Who is who and what came from what: hosts, processes, endpoints and the edges between them.
//!
//! [`HostState::observe`] turns an event into a [`ResolvedEvent`]: it looks up the records of all processes and
//! endpoints that the event names, and updates them. Edges between processes are `parent`, `peer` (both ends of one
//! endpoint), `injected_by` and `requester` (the client of a broker, set by `derive`). A `job` groups the siblings of
//! one pipeline; a `lineage` groups all descendants of one child of a broker. Both are fixed when the parent is first
//! known.

mod channels;
mod describe;
mod flood;
mod frequencies;
mod host;
mod host_state;
mod ids;
mod observe;
mod parent;
mod platform_list;
mod principal;
mod process;
mod rarity;
mod resolve;
mod resolved_event;
mod trust;

pub(crate) use channels::SentOver;
pub(crate) use host::{Broker, Host, Order, RemoteSession};
pub(crate) use host_state::HostState;
pub(crate) use ids::{EndpointId, HostId, ProcessId, RemoteId};
pub(crate) use observe::may_write;
pub(crate) use principal::Principal;
pub(crate) use process::{EndpointRecord, Link, MAX_DEPTH, Process, Request, Tie};
pub(crate) use resolved_event::ResolvedEvent;
