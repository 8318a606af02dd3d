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
    Notice(Notice),
    /// The event is complete.
    End,
    /// Nothing that is read.
    Other,
}

/// A record that is an event by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
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
            b"LOGIN" => Self::Notice(Notice::Login),
            b"USER_LOGIN" => Self::Notice(Notice::UserLogin),
            b"USER_START" => Self::Notice(Notice::UserStart),
            b"DAEMON_START" => Self::Notice(Notice::DaemonStart),
            b"DAEMON_END" => Self::Notice(Notice::DaemonEnd),
            b"DAEMON_ABORT" => Self::Notice(Notice::DaemonAbort),
            b"DAEMON_CONFIG" => Self::Notice(Notice::DaemonConfig),
            b"DAEMON_ERR" => Self::Notice(Notice::DaemonError),
            b"CONFIG_CHANGE" => Self::Notice(Notice::ConfigChange),
            _ => Self::Other,
        }
    }
}
