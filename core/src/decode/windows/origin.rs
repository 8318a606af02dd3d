//! The providers whose records are read.

use crate::event::Channel;

/// A provider whose records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Sysmon,
    Security,
    ServiceControl,
    DistributedCom,
    /// The kernel and the log service, of whom a record says that the host started.
    Boot,
    WmiActivity,
    /// Elastic Endpoint. Its events are read like the corresponding records of Sysmon.
    Endpoint,
    /// Sysmon for Linux.
    SysmonLinux,
    /// Elastic Endpoint on Linux, read like Sysmon for Linux.
    EndpointLinux,
    TaskScheduler,
    PowerShell,
    RpcFirewall,
    /// Microsoft Defender for Endpoint. Its events are read like the corresponding records of Windows.
    Defender,
    /// Any product that writes OCSF, read in the same way.
    Ocsf,
}

/// The provider name that stands for Elastic Endpoint here.
pub(super) const ENDPOINT: &[u8] = b"endpoint";
/// The provider name that stands for Elastic Endpoint on Linux here.
pub(super) const ENDPOINT_LINUX: &[u8] = b"endpoint linux";
/// The provider name that stands for Defender here.
pub(super) const DEFENDER: &[u8] = b"defender";
/// The provider name that stands for any product that writes OCSF here.
pub(super) const OCSF: &[u8] = b"ocsf";

impl Origin {
    pub(super) const ALL: [Self; 14] = [
        Self::Sysmon,
        Self::Security,
        Self::ServiceControl,
        Self::DistributedCom,
        Self::Boot,
        Self::WmiActivity,
        Self::Endpoint,
        Self::SysmonLinux,
        Self::EndpointLinux,
        Self::TaskScheduler,
        Self::PowerShell,
        Self::RpcFirewall,
        Self::Defender,
        Self::Ocsf,
    ];

    pub(super) fn of_provider(name: &[u8]) -> Option<Self> {
        match name {
            b"Microsoft-Windows-Sysmon" => Some(Self::Sysmon),
            b"Microsoft-Windows-Security-Auditing" => Some(Self::Security),
            b"Service Control Manager" => Some(Self::ServiceControl),
            b"Microsoft-Windows-DistributedCOM" => Some(Self::DistributedCom),
            b"EventLog" | b"Microsoft-Windows-Kernel-General" => Some(Self::Boot),
            b"Microsoft-Windows-WMI-Activity" => Some(Self::WmiActivity),
            ENDPOINT => Some(Self::Endpoint),
            ENDPOINT_LINUX => Some(Self::EndpointLinux),
            b"Linux-Sysmon" => Some(Self::SysmonLinux),
            b"Microsoft-Windows-TaskScheduler" => Some(Self::TaskScheduler),
            b"Microsoft-Windows-PowerShell" => Some(Self::PowerShell),
            b"RPCFW" => Some(Self::RpcFirewall),
            DEFENDER => Some(Self::Defender),
            OCSF => Some(Self::Ocsf),
            name => Self::shown_as(name),
        }
    }

    /// A provider by the display name of Event Viewer, which some exports contain instead of the provider's name.
    fn shown_as(name: &[u8]) -> Option<Self> {
        const SHOWN: [(&[u8], Origin); 7] = [
            (b"Microsoft Windows security auditing.", Origin::Security),
            (b"Sysmon", Origin::Sysmon),
            (b"Microsoft-Windows-Service Control Manager", Origin::ServiceControl),
            (b"DistributedCOM", Origin::DistributedCom),
            (b"WMI-Activity", Origin::WmiActivity),
            (b"TaskScheduler", Origin::TaskScheduler),
            (b"PowerShell (Microsoft-Windows-PowerShell)", Origin::PowerShell),
        ];
        SHOWN.iter().find(|(shown, _)| *shown == name).map(|&(_, origin)| origin)
    }

    pub(super) fn channel(self) -> Channel {
        match self {
            Self::Sysmon => Channel::Sysmon,
            Self::Security => Channel::Security,
            Self::ServiceControl | Self::DistributedCom | Self::Boot => Channel::System,
            Self::WmiActivity => Channel::WmiActivity,
            Self::Endpoint | Self::EndpointLinux => Channel::ElasticEndpoint,
            Self::SysmonLinux => Channel::SysmonLinux,
            Self::TaskScheduler => Channel::TaskScheduler,
            Self::PowerShell => Channel::PowerShell,
            Self::RpcFirewall => Channel::RpcFirewall,
            Self::Defender => Channel::Defender,
            Self::Ocsf => Channel::Ocsf,
        }
    }
}
