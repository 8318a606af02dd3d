//! From provider, id and fields to an event; the same for every envelope.

use super::super::{DecodeErrorKind, Skip};
use super::builder::{Builder, Parser};
use super::clock::{Clock, Drift};
use super::fault::Fault;
use super::fields::{FieldName, Fields};
use super::origin::Origin;
use super::texts::Arena;
use super::{classic, operational, products, security, sysmon, sysmon_linux, values};
use crate::event::{Event, ProcessRef};

impl Origin {
    /// The origin of a record whose provider, or whose channel and id, are known.
    pub(super) fn of(fields: &Fields<'_>) -> Option<Self> {
        match (fields.bytes(FieldName::Provider), fields.bytes(FieldName::Channel)) {
            (Some(name), _) => Self::of_provider(name),
            (None, Some(name)) => {
                Self::of_channel(name, fields.bytes(FieldName::EventId).and_then(values::number32).unwrap_or_default())
            }
            (None, None) => None,
        }
    }

    /// The provider of a record that names only its channel. In the System log the ids that we read are told apart by
    /// themselves.
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

    /// How this provider's records of that id are read; `None` when they are of no interest.
    fn parser(self, id: u32) -> Option<Parser> {
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

/// Whether what has been read so far already shows that the record is of no interest.
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

/// Makes the event of a record that was read to its end.
pub(super) fn make<'a>(fields: &mut Fields<'a>, arena: Arena<'a>, drift: &mut Drift) -> Result<Event<'a>, Refusal> {
    const EVENT_ID: &str = "EventID";
    let id = fields.bytes(FieldName::EventId).ok_or(Fault { kind: DecodeErrorKind::Missing, field: EVENT_ID })?;
    let id = values::number32(id).ok_or(Fault { kind: DecodeErrorKind::BadValue, field: EVENT_ID })?;
    let origin = Origin::of(fields).ok_or(Skip::NotOfInterest)?;
    let parser = origin.parser(id).ok_or(Skip::NotOfInterest)?;
    if origin == Origin::RpcFirewall {
        fields.name_unnamed(operational::RPC_FIREWALL);
    }
    let clock = match origin {
        Origin::Sysmon => Clock::of_sysmon(fields, id == sysmon::NETWORK_CONNECT, drift)?,
        _ => Clock::of_envelope(fields)?,
    };
    let mut builder = Builder { fields, arena, clock, id, actor: ProcessRef::default(), parent: ProcessRef::default() };
    let kind = parser(&mut builder)?;
    Ok(builder.event(origin, kind))
}
