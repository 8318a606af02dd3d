//! Principals: processes of a host, and users of other hosts who act on it.

use super::ids::{ProcessId, RemoteId};
use crate::util::hash::Digest;
use crate::util::intern::Sym;
use crate::util::saved::{saved, saved_enum};

/// A remote principal: who acts on a host from another host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) host: Digest,
    pub(crate) address: Option<Sym>,
    pub(crate) user: Option<Sym>,
    pub(crate) session: Option<u64>,
}

/// Who acts: a process of this host, or a remote principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    Process(ProcessId),
    Remote(RemoteId),
}

saved!(Remote { host, address, user, session });
saved_enum!(Principal { 0 => Process(process: ProcessId), 1 => Remote(remote: RemoteId) });
