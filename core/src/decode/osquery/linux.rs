//! Interprets rows of Linux tables: `process_events`, `socket_events`, `bpf_process_events`, `bpf_socket_events`.
//!
//! Forks are not read, because the tables disagree on which of the two processes a row describes. `socket_events` drops
//! the leading NUL of an abstract name, so a name that is not an absolute path is ambiguous.

use super::Line;
use super::Outcome;
use super::row::Row;
use crate::decode::json::{Scratch, Span};
use crate::decode::unix_system::system_of;
use crate::decode::{Record, Skip};
use crate::event::{
    Channel, Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os, ProcessRef, ProcessStart,
    StartMethod, Text,
};

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
/// The value that some versions of `socket_events` write for IPv6.
const AF_INET6_MISPRINTED: i32 = 11;
const EINPROGRESS: i64 = -115;

impl Row {
    /// Whether the row is from Linux. `socket_events` also existed on macOS, based on its discontinued audit system.
    pub(super) fn is_of_linux(&self) -> bool {
        self.is_of_linux || self.family.is_some() && self.action.is_some()
    }

    /// Whether the row has a column of a table that exists only on macOS.
    pub(super) fn is_of_macos(&self) -> bool {
        let columns = [self.event_type, self.signing_id, self.team_id, self.label, self.subsystem];
        columns.iter().any(|column| column.is_some())
    }

    /// The system that the row's program or working folder belongs to; `None` if both may have them.
    pub(super) fn system_of_paths<'a>(&self, text: impl Fn(Span) -> Option<&'a [u8]>) -> Option<Os> {
        [self.path, self.folder].into_iter().filter_map(text).find_map(system_of)
    }

    pub(super) fn linux<'a>(
        &self,
        line: &Line,
        record: &Record<'a>,
        scratch: &'a Scratch,
    ) -> Result<Event<'a>, Outcome> {
        let stated = |span: Span| scratch.get(record.bytes, span).filter(|text| !text.is_empty());
        let (name, kind) = self.happened(&stated).map_err(Outcome::Nothing)?;
        if self.pid.is_none() {
            return Err(Outcome::Nothing(Skip::Incomplete));
        }
        let mut event = Event::new(Os::Linux, self.time.or(line.time).ok_or(Outcome::NoTime)?, kind);
        event.record = record.number;
        event.host = stated(line.host).unwrap_or_default();
        event.source.channel = Channel::OsqueryLinux;
        event.source.name = name;
        event.actor = ProcessRef {
            pid: self.pid,
            image: stated(self.path),
            command_line: stated(self.command_line),
            working_folder: stated(self.folder),
            uid: self.euid.or(self.uid),
            auid: self.auid,
            ..ProcessRef::default()
        };
        event.parent.pid = self.parent.filter(|&pid| pid != 0);
        Ok(event)
    }

    /// Interprets the row; also returns the name of the call.
    fn happened<'a>(&self, stated: &impl Fn(Span) -> Option<Text<'a>>) -> Result<(Option<Text<'a>>, Kind<'a>), Skip> {
        if self.is_inventory {
            return Err(Skip::NotOfInterest);
        }
        let name = stated(self.syscall).or(stated(self.action));
        let started = || Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, ..ProcessStart::default() });
        let kind = match name {
            Some(b"exec" | b"execve" | b"execveat") => started(),
            None if self.family.is_none() && self.path.is_some() && self.command_line.is_some() => started(),
            Some(b"bind" | b"connect" | b"accept" | b"accept4") => self.socket(name.unwrap_or_default(), stated)?,
            _ => return Err(Skip::NotOfInterest),
        };
        let failed = self.exit_code.is_some_and(|code| (code as i64) < 0 && code as i64 != EINPROGRESS)
            || self.success == Some(0)
            || matches!(stated(self.status), Some(b"failed" | b"no_client"));
        if failed { Err(Skip::Failed) } else { Ok((name, kind)) }
    }

    fn socket<'a>(&self, call: &[u8], stated: &impl Fn(Span) -> Option<Text<'a>>) -> Result<Kind<'a>, Skip> {
        let (local, remote) = (stated(self.local.0), stated(self.remote.0));
        match self.family {
            Some(AF_UNIX) => {
                // Each table has its own column for the name. For an accepted connection, that would be the client's
                // name.
                let name = stated(self.socket).or(if call == b"bind" { local } else { remote });
                let endpoint = match name {
                    _ if call.starts_with(b"accept") => Endpoint::new(Mechanism::UnixUnnamed, None),
                    Some(path @ [b'/', ..]) => Endpoint::new(Mechanism::UnixPath, Some(path)),
                    Some([b'@', name @ ..]) => Endpoint::new(Mechanism::UnixAbstract, Some(name)),
                    _ => return Err(Skip::Incomplete),
                };
                let mut act = EndpointAct::new(endpoint);
                act.accepted = call.starts_with(b"accept");
                Ok(if call == b"bind" { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) })
            }
            Some(AF_INET | AF_INET6 | AF_INET6_MISPRINTED) if call != b"bind" => {
                let port = |port: Option<u32>| port.filter(|&port| port != 0);
                Ok(Kind::NetworkConnect(NetworkConnect {
                    direction: if call == b"connect" { Direction::Outbound } else { Direction::Inbound },
                    local_address: local,
                    local_port: port(self.local.1),
                    remote_address: remote,
                    remote_port: port(self.remote.1),
                    ..NetworkConnect::default()
                }))
            }
            _ => Err(Skip::NotOfInterest),
        }
    }
}
