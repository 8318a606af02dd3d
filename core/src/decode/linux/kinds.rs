//! The types of audit records that are read.

/// What a record tells about its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    Syscall,
    /// What io_uring did, told like a call by other numbers.
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
    /// The event is complete.
    End,
    /// Nothing that is read.
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
    /// The kind of that `type=`.
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
