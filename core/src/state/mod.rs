//! Who is who and what came from what: hosts, processes, endpoints and the edges between them.
//!
//! [`HostState::observe`] turns an event into a [`ResolvedEvent`]: handles to the records of every process and endpoint the event
//! speaks of, brought up to date with what it says. Edges: `parent`, `peer` (both ends of one endpoint), `injected`,
//! and `broker` (set by an analytic). `job` groups siblings of one pipeline, `lineage` everything that descends from
//! one start outside the brokers; both are fixed at birth.

mod describe;
mod host;
mod host_state;
mod ids;
mod observe;
mod parent;
mod platform_list;
mod principal;
mod process;
mod resolve;
mod resolved_event;

pub(crate) use host::{Broker, Class, Order, RemoteSession};
pub(crate) use host_state::HostState;
pub(crate) use ids::{EndpointId, HostId, ProcessId, RemoteId};
pub(crate) use observe::may_write;
pub(crate) use principal::Principal;
pub(crate) use process::{EndpointRecord, Link, MAX_DEPTH, Process};
pub(crate) use resolved_event::ResolvedEvent;
