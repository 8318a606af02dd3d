//! Who acts: a process of the host, or somebody on another host.

use super::ids::{ProcessId, RemoteId};
use crate::util::hash::Digest;
use crate::util::intern::Sym;

/// A remote principal: who acts on a host from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) host: Digest,
    pub(crate) address: Option<Sym>,
    pub(crate) user: Option<Sym>,
    pub(crate) session: Option<u64>,
}

/// Who acts: a process of this host, or somebody on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    Process(ProcessId),
    Remote(RemoteId),
}
