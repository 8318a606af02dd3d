//! Endpoints: the objects through which processes communicate.

use super::os::Os;
use super::text::Text;
use super::wire::{enumeration, wire_struct};
use crate::names::NameKind;

enumeration! {
    /// The mechanism of an endpoint.
    pub enum Mechanism {
        /// Windows named pipe; the name is NPFS-relative or a full `\\.\pipe\` path, as logged.
        NamedPipe = 0,
        /// Windows anonymous pipe.
        AnonymousPipe = 1,
        /// AF_UNIX socket bound to a path.
        UnixPath = 2,
        /// AF_UNIX socket in the abstract namespace; the name stands without its leading NUL.
        UnixAbstract = 3,
        /// AF_UNIX socket without a name (socketpair, unnamed peer).
        UnixUnnamed = 4,
        /// POSIX FIFO.
        Fifo = 5,
        /// POSIX anonymous pipe.
        Pipe = 6,
        /// POSIX message queue.
        PosixQueue = 7,
        /// System V message queue; the name is its key in hex.
        SysvQueue = 8,
        /// System V or POSIX semaphore.
        Semaphore = 9,
        /// System V or POSIX shared memory.
        SharedMemory = 10,
        /// Mach service by bootstrap name.
        MachService = 11,
        /// XPC service.
        XpcService = 12,
        /// D-Bus name.
        DbusName = 13,
    }
}

impl Mechanism {
    /// The kind of name that such endpoints have.
    pub(crate) const fn name_kind(self, os: Os) -> NameKind {
        match self {
            Self::NamedPipe | Self::AnonymousPipe => NameKind::Pipe,
            Self::UnixPath | Self::Fifo => os.path_kind(),
            _ => NameKind::Exact,
        }
    }
}

/// One endpoint as a record names it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Endpoint<'a> {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// The name, as logged: pipe name, absolute socket or FIFO path, queue name, service name. Decoders resolve
    /// relative paths against the working folder.
    pub name: Option<Text<'a>>,
    /// The inode, if the source has it (auditd PATH).
    pub inode: Option<u64>,
    /// The device number, if the source has it.
    pub device: Option<u64>,
    /// The user id that owns the object on disk (auditd PATH ouid).
    pub owner_uid: Option<u32>,
    /// The permission and type bits (auditd PATH mode).
    pub mode: Option<u32>,
}

impl<'a> Endpoint<'a> {
    /// An endpoint with only a mechanism and a name.
    #[must_use]
    pub const fn new(mechanism: Mechanism, name: Option<Text<'a>>) -> Self {
        Self { mechanism, name, inode: None, device: None, owner_uid: None, mode: None }
    }
}

wire_struct!(Endpoint, mechanism, name, inode, device, owner_uid, mode);
