//! Handles to the records of the tables.

use crate::util::table::Handle;

/// Refers to a host.
pub(crate) type HostId = Handle;
/// Refers to a process.
pub(crate) type ProcessId = Handle;
/// Refers to an endpoint.
pub(crate) type EndpointId = Handle;
/// Refers to a remote principal.
pub(crate) type RemoteId = Handle;
