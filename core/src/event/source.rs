//! The source of an event: its channel and native id.

use super::endpoint::Mechanism;
use super::error::EventError;
use super::kind::KindTag;
use super::node::{Cell, Node};
use super::os::Os;
use super::text::Text;
#[cfg(feature = "_internal_test_exports")]
use super::wire::Numbers;
use super::wire::{Reader, Wire, enumeration, wire_struct};
use crate::time::SECOND;
use crate::util::saved::{Schema, saved_enum};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

enumeration! {
    /// The telemetry channel: which sensor wrote the record. It orders events of one time and is part of the coverage
    /// report.
    pub enum Channel {
        /// Not named by the record.
        Unknown = 0,
        /// Microsoft-Windows-Sysmon/Operational.
        Sysmon = 1,
        /// Windows Security (Microsoft-Windows-Security-Auditing).
        Security = 2,
        /// Windows System (Service Control Manager, DistributedCOM).
        System = 3,
        /// Microsoft-Windows-WMI-Activity/Operational.
        WmiActivity = 4,
        /// Linux audit (auditd, laurel).
        Audit = 5,
        /// Sysmon for Linux.
        SysmonLinux = 6,
        /// kunai.
        Kunai = 7,
        /// tetragon.
        Tetragon = 8,
        /// Falco.
        Falco = 9,
        /// osquery on macOS.
        Osquery = 10,
        /// Apple Endpoint Security (eslogger).
        EndpointSecurity = 11,
        /// macOS unified log, subsystem com.apple.appleevents.
        AppleEvents = 12,
        /// macOS unified log, subsystem com.apple.TCC.
        Tcc = 13,
        /// macOS unified log, anything else.
        UnifiedLog = 14,
        /// Jamf Protect.
        Jamf = 15,
        /// The embedder's own sensor.
        Embedder = 16,
        /// Elastic Endpoint.
        ElasticEndpoint = 17,
        /// osquery on Linux.
        OsqueryLinux = 18,
        /// Microsoft-Windows-TaskScheduler/Operational.
        TaskScheduler = 19,
        /// Microsoft-Windows-PowerShell/Operational.
        PowerShell = 20,
        /// RPC Firewall.
        RpcFirewall = 21,
        /// Microsoft Defender for Endpoint.
        Defender = 22,
        /// A product that writes the Open Cybersecurity Schema Framework.
        Ocsf = 23,
        /// Santa.
        Santa = 24,
    }
}

impl Channel {
    /// Whether it may report events of this kind.
    #[must_use]
    pub fn may_report(self, kind: KindTag) -> bool {
        let kinds = self.reports();
        kinds.is_empty() || kinds.contains(&kind)
    }

    /// Whether it may report the creation or opening of an endpoint with this mechanism.
    #[must_use]
    pub fn reports_endpoint(self, kind: KindTag, mechanism: Mechanism) -> bool {
        use Mechanism as M;
        let reports = match self {
            Self::Sysmon | Self::Security | Self::Defender => {
                matches!(mechanism, M::NamedPipe | M::AnonymousPipe)
            }
            Self::Audit => !matches!(mechanism, M::NamedPipe | M::AnonymousPipe | M::MachService | M::XpcService),
            Self::Tetragon | Self::Falco | Self::OsqueryLinux => {
                matches!(mechanism, M::UnixPath | M::UnixAbstract | M::UnixUnnamed)
            }
            // It does not report who registers a service.
            Self::EndpointSecurity => {
                mechanism == M::UnixPath || kind == KindTag::EndpointConnect && mechanism == M::XpcService
            }
            Self::UnifiedLog => mechanism == M::MachService,
            Self::Jamf => mechanism == M::UnixPath,
            _ => true,
        };
        reports && self.may_report(kind)
    }

    /// Whether a process without a terminal in its records has none. Falco prints the terminal only if a rule asks for
    /// it.
    pub(crate) const fn reports_terminals(self, os: Os) -> bool {
        !matches!(
            (os, self),
            (_, Self::SysmonLinux | Self::Kunai | Self::Tetragon | Self::Falco | Self::OsqueryLinux)
                | (_, Self::Santa)
                | (Os::Linux | Os::Macos, Self::ElasticEndpoint)
        )
    }

    /// Whether a process without a login in its records belongs to none.
    pub(crate) const fn reports_logins(self, os: Os) -> bool {
        !matches!(
            (os, self),
            (_, Self::SysmonLinux | Self::Kunai | Self::Falco | Self::Santa)
                | (Os::Linux | Os::Macos, Self::ElasticEndpoint)
        )
    }

    /// The resolution of its clock in nanoseconds, if it is so coarse that order is lost; otherwise 0. Within it a
    /// later event may have an earlier time than another source's event.
    pub(crate) const fn resolution(self) -> i64 {
        if matches!(self, Self::Osquery | Self::OsqueryLinux) { SECOND } else { 0 }
    }

    /// The kinds of events that it reports if it is configured to; empty if it may report any.
    pub(crate) const fn reports(self) -> &'static [KindTag] {
        use KindTag as K;
        match self {
            Self::Sysmon => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::RemoteThread,
                K::ImageTamper,
                K::ImageLoad,
                K::EndpointCreate,
                K::EndpointConnect,
                K::RegistrySet,
                K::NetworkConnect,
                K::FileAccess,
                K::SensorState,
            ],
            Self::Security => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::EndpointConnect,
                K::ShareAccess,
                K::RegistrySet,
                K::RegistryQuery,
                K::ServiceInstall,
                K::TaskRegister,
                K::Logon,
                K::RpcCall,
            ],
            Self::System => &[K::ServiceInstall, K::ServiceChange, K::ComActivation],
            Self::TaskScheduler => &[K::TaskRegister, K::TaskRun],
            Self::PowerShell => &[K::ScriptRun],
            Self::RpcFirewall => &[K::RpcCall],
            Self::Defender => &[
                K::ProcessStart,
                K::ProcessAccess,
                K::RemoteThread,
                K::MemoryWrite,
                K::ImageLoad,
                K::EndpointCreate,
                K::EndpointConnect,
                K::RegistrySet,
                K::ScriptRun,
                K::ServiceInstall,
                K::TaskRegister,
                K::Logon,
                K::NetworkConnect,
                K::FileAccess,
            ],
            Self::Ocsf => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::RemoteThread,
                K::ImageLoad,
                K::EndpointCreate,
                K::EndpointConnect,
                K::EndpointRemove,
                K::RegistrySet,
                K::RegistryQuery,
                K::NetworkConnect,
                K::FileAccess,
            ],
            Self::WmiActivity => &[K::ComActivation],
            Self::ElasticEndpoint => {
                // It reports launch items on macOS only.
                &[
                    K::ProcessStart,
                    K::ProcessEnd,
                    K::ImageLoad,
                    K::RegistrySet,
                    K::NetworkConnect,
                    K::FileAccess,
                    K::LaunchItemAdd,
                ]
            }
            Self::Audit => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::MemoryWrite,
                K::EndpointCreate,
                K::EndpointConnect,
                K::EndpointRemove,
                K::FdDup,
                K::NetworkConnect,
                K::FileAccess,
                K::Logon,
                K::SensorState,
            ],
            Self::SysmonLinux => {
                &[K::ProcessStart, K::ProcessEnd, K::ProcessAccess, K::NetworkConnect, K::FileAccess, K::SensorState]
            }
            Self::Kunai => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::ImageLoad,
                K::NetworkConnect,
                K::FileAccess,
                K::SensorState,
            ],
            Self::Tetragon => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessSeen,
                K::EndpointCreate,
                K::EndpointConnect,
                K::NetworkConnect,
            ],
            Self::Falco => &[
                K::ProcessStart,
                K::ProcessAccess,
                K::MemoryWrite,
                K::EndpointCreate,
                K::EndpointConnect,
                K::NetworkConnect,
                K::FileAccess,
            ],
            Self::OsqueryLinux => &[K::ProcessStart, K::EndpointCreate, K::EndpointConnect, K::NetworkConnect],
            Self::Osquery => &[K::ProcessStart, K::ProcessEnd, K::FileAccess, K::LaunchItemAdd],
            Self::EndpointSecurity => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::RemoteThread,
                K::CodeSignInvalid,
                K::EndpointCreate,
                K::EndpointConnect,
                K::PrivacyDecision,
                K::LaunchItemAdd,
                K::FileAccess,
                K::ImageLoad,
                K::ScriptRun,
                K::ProcessSeen,
            ],
            Self::Jamf => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::ProcessAccess,
                K::EndpointCreate,
                K::EndpointConnect,
                K::NetworkConnect,
                K::FileAccess,
            ],
            Self::Santa => &[
                K::ProcessStart,
                K::ProcessEnd,
                K::FileAccess,
                K::ImageLoad,
                K::ScriptRun,
                K::CodeSignInvalid,
                K::LaunchItemAdd,
                K::PrivacyDecision,
            ],
            Self::AppleEvents => &[K::AppleEvent],
            Self::Tcc => &[K::PrivacyDecision],
            Self::UnifiedLog => &[K::EndpointCreate, K::EndpointConnect],
            _ => &[],
        }
    }
}

/// The id that a record has in its log; alerts print it as `source_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NativeId {
    /// None.
    #[default]
    None,
    /// A number: EventRecordID (Windows), global_seq_num (eslogger).
    Number(u64),
    /// auditd's `SECONDS.MILLIS:SERIAL`.
    Audit {
        /// Seconds since the epoch.
        seconds: u64,
        /// Milliseconds.
        millis: u16,
        /// The serial, unique per boot.
        serial: u64,
    },
}

impl fmt::Display for NativeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(n) => write!(f, "{n}"),
            Self::Audit { seconds, millis, serial } => write!(f, "{seconds}.{millis:03}:{serial}"),
        }
    }
}

impl<'a> Wire<'a> for NativeId {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(0),
            Self::Number(n) => {
                out.push(1);
                n.write(out);
            }
            Self::Audit { seconds, millis, serial } => {
                out.push(2);
                seconds.write(out);
                millis.write(out);
                serial.write(out);
            }
        }
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(match u8::read(from)? {
            0 => Self::None,
            1 => Self::Number(u64::read(from)?),
            2 => Self::Audit { seconds: u64::read(from)?, millis: u16::read(from)?, serial: u64::read(from)? },
            _ => return None,
        })
    }
    fn json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            id => id.to_string().into(),
        }
    }
    fn form(schema: Schema) -> Schema {
        schema.of::<Self>()
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        let wrong = || EventError::new("not an id: a number, or SECONDS.MILLIS:SERIAL");
        let text = match node.cell() {
            Cell::Null => return Ok(Self::None),
            Cell::Text(text) => core::str::from_utf8(text).map_err(|_| wrong())?,
            Cell::Int(number) => return number.try_into().map(Self::Number).map_err(|_| wrong()),
            Cell::Uint(number) => return Ok(Self::Number(number)),
            _ => return Err(wrong()),
        };
        let audit = || {
            let (time, serial) = text.split_once(':')?;
            let (seconds, millis) = time.split_once('.')?;
            let (seconds, millis) = (seconds.parse().ok()?, millis.parse().ok()?);
            Some(Self::Audit { seconds, millis, serial: serial.parse().ok()? })
        };
        text.parse().map(Self::Number).ok().or_else(audit).ok_or_else(wrong)
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        match numbers.next() % 2 {
            0 => Self::Number(Wire::sample(numbers)),
            _ => {
                let millis = numbers.next() as u16 % 1000;
                Self::Audit { seconds: Wire::sample(numbers), millis, serial: Wire::sample(numbers) }
            }
        }
    }
}

saved_enum!(NativeId {
    0 => None,
    1 => Number(number: u64),
    2 => Audit { seconds: u64, millis: u16, serial: u64 },
});

/// The channel, the event's number within it, and the native id of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source<'a> {
    /// The channel.
    pub channel: Channel,
    /// The channel's own event number (Sysmon 17, Security 4688, x86-64 syscall 42); 0 when it has none.
    pub code: u32,
    /// The channel's own event name where it has names rather than numbers (eslogger `exec`).
    pub name: Option<Text<'a>>,
    /// The native id.
    pub id: NativeId,
}

impl Default for Source<'_> {
    fn default() -> Self {
        Self { channel: Channel::Unknown, code: 0, name: None, id: NativeId::None }
    }
}

wire_struct!(Source, channel, code, name, id);
