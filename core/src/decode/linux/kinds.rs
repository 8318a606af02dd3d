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
    /// The kind of a record with this `type=`, which is a number in the kernel's own log.
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"SYSCALL" | b"1300" => Self::Syscall,
            b"URINGOP" | b"1336" => Self::Ring,
            b"EXECVE" | b"1309" => Self::Execve,
            b"CWD" | b"1307" => Self::Cwd,
            b"PATH" | b"1302" => Self::Path,
            b"SOCKADDR" | b"1306" => Self::SockAddr,
            b"OBJ_PID" | b"1318" => Self::ObjectPid,
            b"OPENAT2" | b"1337" => Self::OpenHow,
            b"IPC" | b"1303" => Self::Ipc,
            b"SOCKETCALL" | b"1304" => Self::SocketCall,
            b"EOE" | b"1320" => Self::End,
            b"LOGIN" | b"1006" => Self::Standalone(Standalone::Login),
            b"USER_LOGIN" | b"1112" => Self::Standalone(Standalone::UserLogin),
            b"USER_START" | b"1105" => Self::Standalone(Standalone::UserStart),
            b"DAEMON_START" | b"1200" => Self::Standalone(Standalone::DaemonStart),
            b"DAEMON_END" | b"1201" => Self::Standalone(Standalone::DaemonEnd),
            b"DAEMON_ABORT" | b"1202" => Self::Standalone(Standalone::DaemonAbort),
            b"DAEMON_CONFIG" | b"1203" => Self::Standalone(Standalone::DaemonConfig),
            b"DAEMON_ERR" | b"1209" => Self::Standalone(Standalone::DaemonError),
            b"CONFIG_CHANGE" | b"1305" => Self::Standalone(Standalone::ConfigChange),
            _ => Self::Other,
        }
    }
}

saved_enum!(Standalone {
    0 => Login, 1 => UserLogin, 2 => UserStart, 3 => DaemonStart, 4 => DaemonEnd, 5 => DaemonAbort, 6 => DaemonConfig,
    7 => DaemonError, 8 => ConfigChange,
});
