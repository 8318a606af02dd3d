//! Makes events from provider, id and fields, independent of the envelope.

use super::super::{DecodeErrorKind, Skip};
use super::clock::{Clock, Drift};
use super::fields::{FieldName, Fields};
use super::texts::{Arena, is_placeholder};
use super::{classic, operational, positions, products, security, sysmon, sysmon_linux, values};
use crate::event::{Channel, Event, Kind, NativeId, Os, ProcessRef, Source, Text, UniqueId};

/// A provider whose records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Sysmon,
    Security,
    ServiceControl,
    DistributedCom,
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
    const ALL: [Self; 13] = [
        Self::Sysmon,
        Self::Security,
        Self::ServiceControl,
        Self::DistributedCom,
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

    /// The origin of a record, by its provider, or by its channel and id.
    pub(super) fn of(fields: &Fields<'_>) -> Option<Self> {
        match (fields.bytes(FieldName::Provider), fields.bytes(FieldName::Channel)) {
            (Some(name), _) => Self::of_provider(name),
            (None, Some(name)) => {
                Self::of_channel(name, fields.bytes(FieldName::EventId).and_then(values::number32).unwrap_or_default())
            }
            (None, None) => None,
        }
    }

    pub(super) fn of_provider(name: &[u8]) -> Option<Self> {
        match name {
            b"Microsoft-Windows-Sysmon" => Some(Self::Sysmon),
            b"Microsoft-Windows-Security-Auditing" => Some(Self::Security),
            b"Service Control Manager" => Some(Self::ServiceControl),
            b"Microsoft-Windows-DistributedCOM" => Some(Self::DistributedCom),
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

    /// The provider of a record that names only its channel. In the System log, the ids that are read are unique.
    fn of_channel(name: &[u8], id: u32) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"Microsoft-Windows-Sysmon/Operational") {
            Some(Self::Sysmon)
        } else if name.eq_ignore_ascii_case(b"Security") {
            Some(Self::Security)
        } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-WMI-Activity/Operational") {
            Some(Self::WmiActivity)
        } else if name == b"Linux-Sysmon/Operational" {
            Some(Self::SysmonLinux)
        } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-TaskScheduler/Operational") {
            Some(Self::TaskScheduler)
        } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-PowerShell/Operational") {
            Some(Self::PowerShell)
        } else if name.eq_ignore_ascii_case(b"RPCFW") {
            Some(Self::RpcFirewall)
        } else if name.eq_ignore_ascii_case(b"System") {
            [Self::ServiceControl, Self::DistributedCom].into_iter().find(|origin| origin.parser(id).is_some())
        } else {
            None
        }
    }

    fn channel(self) -> Channel {
        match self {
            Self::Sysmon => Channel::Sysmon,
            Self::Security => Channel::Security,
            Self::ServiceControl | Self::DistributedCom => Channel::System,
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

    /// The parser of this provider's records of an id; `None` if they are of no interest.
    pub(super) fn parser(self, id: u32) -> Option<Parser> {
        match self {
            Self::Sysmon | Self::Endpoint => sysmon::parser(id),
            Self::Security => security::parser(id),
            Self::ServiceControl => classic::service_control(id),
            Self::DistributedCom => classic::distributed_com(id),
            Self::WmiActivity => classic::wmi_activity(id),
            Self::SysmonLinux | Self::EndpointLinux => sysmon_linux::parser(id),
            Self::TaskScheduler => operational::task_scheduler(id),
            Self::PowerShell => operational::powershell(id),
            Self::RpcFirewall => operational::rpc_firewall(id),
            Self::Defender => products::defender(id),
            Self::Ocsf => products::ocsf(id),
        }
    }
}

/// A function that makes one kind of event: it fills actor and parent and returns the kind.
pub(super) type Parser = for<'r, 'a> fn(&mut Builder<'r, 'a>) -> Result<Kind<'a>, Skip>;

/// The error of a record of interest that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: DecodeErrorKind,
    pub(super) field: &'static str,
}

/// Whether the fields read so far show that the record is of no interest.
pub(super) fn is_unwanted(fields: &Fields<'_>) -> bool {
    let origin = fields.bytes(FieldName::Provider).map(Origin::of_provider);
    let id = fields.bytes(FieldName::EventId).and_then(values::number32);
    match (origin, id) {
        (Some(None), _) => true,
        (Some(Some(origin)), Some(id)) => origin.parser(id).is_none(),
        (None, Some(id)) => Origin::ALL.iter().all(|origin| origin.parser(id).is_none()),
        (_, None) => false,
    }
}

/// Why a record gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Skip(Skip),
    Fault(Fault),
}

impl From<Skip> for Refusal {
    fn from(why: Skip) -> Self {
        Self::Skip(why)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Makes the event of a record, once its fields are complete.
pub(super) fn make<'a>(fields: &mut Fields<'a>, arena: Arena<'a>, drift: &mut Drift) -> Result<Event<'a>, Refusal> {
    const EVENT_ID: &str = "EventID";
    let id = fields.bytes(FieldName::EventId).ok_or(Fault { kind: DecodeErrorKind::Missing, field: EVENT_ID })?;
    let id = values::number32(id).ok_or(Fault { kind: DecodeErrorKind::BadValue, field: EVENT_ID })?;
    let origin = Origin::of(fields).ok_or(Skip::NotOfInterest)?;
    let parser = origin.parser(id).ok_or(Skip::NotOfInterest)?;
    fields.name_unnamed(|count| positions::fields(origin, id, count));
    let clock = match origin {
        Origin::Sysmon => Clock::of_sysmon(fields, id == sysmon::NETWORK_CONNECT, drift)?,
        _ => Clock::of_envelope(fields)?,
    };
    let mut builder = Builder { fields, arena, clock, id, actor: ProcessRef::default(), parent: ProcessRef::default() };
    let kind = parser(&mut builder)?;
    Ok(builder.event(origin, kind))
}

/// The record and the event in the making, for a [`Parser`].
pub(super) struct Builder<'r, 'a> {
    fields: &'r Fields<'a>,
    arena: Arena<'a>,
    pub(super) clock: Clock,
    /// The event id.
    pub(super) id: u32,
    pub(super) actor: ProcessRef<'a>,
    pub(super) parent: ProcessRef<'a>,
}

impl<'a> Builder<'_, 'a> {
    /// The text of a field; `None` when it is absent or a placeholder.
    pub(super) fn text(&mut self, field: FieldName) -> Option<Text<'a>> {
        let text = self.arena.text(self.fields.get(field)?)?;
        (!is_placeholder(text)).then_some(text)
    }

    /// The bytes of a field as they are in the record, for values that need no unescaping.
    pub(super) fn bytes(&self, field: FieldName) -> Option<Text<'a>> {
        self.fields.bytes(field)
    }

    /// Whether the record has a field.
    pub(super) fn has(&self, field: FieldName) -> bool {
        self.fields.get(field).is_some()
    }

    /// A field that is not text, read by one of the functions of [`values`].
    pub(super) fn value<T>(&self, field: FieldName, read: fn(&[u8]) -> Option<T>) -> Option<T> {
        self.bytes(field).and_then(read)
    }

    /// A user as `DOMAIN\name`, or the name alone if the domain is unknown.
    pub(super) fn account(&mut self, domain: FieldName, name: FieldName) -> Option<Text<'a>> {
        let name = self.text(name)?;
        match self.text(domain) {
            Some(domain) => self.arena.join(domain, b'\\', name),
            None => Some(name),
        }
    }

    /// A registry path: the key, followed by the value's name if there is one.
    pub(super) fn registry_path(&mut self, key: FieldName, value: FieldName) -> Option<Text<'a>> {
        let key = self.text(key)?;
        match self.text(value) {
            Some(value) => self.arena.join(key, b'\\', value),
            None => Some(key),
        }
    }

    /// Skips a record that does not identify the acting process in any way.
    pub(super) fn need_actor(&self) -> Result<(), Skip> {
        if self.actor.is_unknown() && self.actor.image.is_none() { Err(Skip::Incomplete) } else { Ok(()) }
    }

    /// The operating system that the record names; Windows if it names none.
    pub(super) fn os(&self) -> Os {
        match self.bytes(FieldName::System) {
            Some(b"linux") => Os::Linux,
            Some(b"macos") => Os::Macos,
            _ => Os::Windows,
        }
    }

    fn event(mut self, origin: Origin, kind: Kind<'a>) -> Event<'a> {
        let os = match origin {
            Origin::SysmonLinux | Origin::EndpointLinux => Os::Linux,
            Origin::Ocsf | Origin::Defender => self.os(),
            _ => Os::Windows,
        };
        // The ids of products' events are ours; their own identifiers are names.
        let name = self.text(FieldName::EventName).filter(|_| matches!(origin, Origin::Defender | Origin::Ocsf));
        let mut event = Event::new(os, self.clock.time, kind);
        event.envelope_time = self.clock.envelope;
        event.time_is_envelope = self.clock.is_envelope;
        event.host = self.bytes(FieldName::Host).unwrap_or_default();
        event.source = Source {
            channel: origin.channel(),
            code: if name.is_some() { 0 } else { self.id },
            name,
            id: self.value(FieldName::RecordId, values::number).map_or(NativeId::None, NativeId::Number),
        };
        event.actor = self.actor;
        event.parent = self.parent;
        if matches!(origin, Origin::SysmonLinux | Origin::EndpointLinux) {
            (event.actor.unique_id, event.parent.unique_id) = (UniqueId::None, UniqueId::None);
        }
        event
    }
}
