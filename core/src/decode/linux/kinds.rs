//! The supported types of audit records.

use crate::util::saved::saved_enum;

/// The role of a record in its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    Syscall,
    /// An io_uring operation, logged like a system call with numbers of its own.
    Ring,
    Execve,
    Cwd,
    Path,
    SockAddr,
    ObjectPid,
    OpenHow,
    Ipc,
    SocketCall,
    /// A record that is an event by itself.
    Standalone(Standalone),
    /// Marks the event as complete.
    End,
    /// Any type that is not read.
    Other,
}

/// A record that is an event by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standalone {
    Login,
    UserLogin,
    UserStart,
    DaemonStart,
    DaemonEnd,
    DaemonAbort,
    DaemonConfig,
    DaemonError,
    ConfigChange,
}

impl RecordKind {
    /// The kind of a record with this `type=`.
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"SYSCALL" => Self::Syscall,
            b"URINGOP" => Self::Ring,
            b"EXECVE" => Self::Execve,
            b"CWD" => Self::Cwd,
            b"PATH" => Self::Path,
            b"SOCKADDR" => Self::SockAddr,
            b"OBJ_PID" => Self::ObjectPid,
            b"OPENAT2" => Self::OpenHow,
            b"IPC" => Self::Ipc,
            b"SOCKETCALL" => Self::SocketCall,
            b"EOE" => Self::End,
            b"LOGIN" => Self::Standalone(Standalone::Login),
            b"USER_LOGIN" => Self::Standalone(Standalone::UserLogin),
            b"USER_START" => Self::Standalone(Standalone::UserStart),
            b"DAEMON_START" => Self::Standalone(Standalone::DaemonStart),
            b"DAEMON_END" => Self::Standalone(Standalone::DaemonEnd),
            b"DAEMON_ABORT" => Self::Standalone(Standalone::DaemonAbort),
            b"DAEMON_CONFIG" => Self::Standalone(Standalone::DaemonConfig),
            b"DAEMON_ERR" => Self::Standalone(Standalone::DaemonError),
            b"CONFIG_CHANGE" => Self::Standalone(Standalone::ConfigChange),
            _ => Self::Other,
        }
    }
}

saved_enum!(Standalone {
    0 => Login, 1 => UserLogin, 2 => UserStart, 3 => DaemonStart, 4 => DaemonEnd, 5 => DaemonAbort, 6 => DaemonConfig,
    7 => DaemonError, 8 => ConfigChange,
});
