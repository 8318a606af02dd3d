//! Makes events from provider, id and fields, independent of the envelope.

use super::super::{DecodeErrorKind, Skip};
use super::builder::{Builder, Parser};
use super::clock::{Clock, Drift};
use super::fault::{Fault, Refusal};
use super::fields::{FieldName, Fields};
use super::origin::Origin;
use super::texts::Arena;
use super::{classic, operational, positions, products, security, sysmon, sysmon_linux, values};
use crate::event::Event;

/// The origin of a record, by its provider, or by its channel and id.
pub(super) fn origin_of(fields: &Fields<'_>) -> Option<Origin> {
    match (fields.bytes(FieldName::Provider), fields.bytes(FieldName::Channel)) {
        (Some(name), _) => Origin::of_provider(name),
        (None, Some(name)) => {
            of_channel(name, fields.bytes(FieldName::EventId).and_then(values::number32).unwrap_or_default())
        }
        (None, None) => None,
    }
}

/// The provider of a record that names only its channel. In the System log, the ids that are read are unique.
fn of_channel(name: &[u8], id: u32) -> Option<Origin> {
    if name.eq_ignore_ascii_case(b"Microsoft-Windows-Sysmon/Operational") {
        Some(Origin::Sysmon)
    } else if name.eq_ignore_ascii_case(b"Security") {
        Some(Origin::Security)
    } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-WMI-Activity/Operational") {
        Some(Origin::WmiActivity)
    } else if name == b"Linux-Sysmon/Operational" {
        Some(Origin::SysmonLinux)
    } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-TaskScheduler/Operational") {
        Some(Origin::TaskScheduler)
    } else if name.eq_ignore_ascii_case(b"Microsoft-Windows-PowerShell/Operational") {
        Some(Origin::PowerShell)
    } else if name.eq_ignore_ascii_case(b"RPCFW") {
        Some(Origin::RpcFirewall)
    } else if name.eq_ignore_ascii_case(b"System") {
        let known = [Origin::ServiceControl, Origin::DistributedCom, Origin::Boot].into_iter();
        // Other providers write records with the kernel's number.
        known.filter(|_| id != 12).find(|origin| parser_of(*origin, id).is_some())
    } else {
        None
    }
}

/// The parser of a provider's records of an id; `None` if they are of no interest.
pub(super) fn parser_of(origin: Origin, id: u32) -> Option<Parser> {
    match origin {
        Origin::Sysmon | Origin::Endpoint => sysmon::parser(id),
        Origin::Security => security::parser(id),
        Origin::ServiceControl => classic::service_control(id),
        Origin::DistributedCom => classic::distributed_com(id),
        Origin::Boot => classic::boot(id),
        Origin::WmiActivity => classic::wmi_activity(id),
        Origin::SysmonLinux | Origin::EndpointLinux => sysmon_linux::parser(id),
        Origin::TaskScheduler => operational::task_scheduler(id),
        Origin::PowerShell => operational::powershell(id),
        Origin::RpcFirewall => operational::rpc_firewall(id),
        Origin::Defender => products::defender(id),
        Origin::Ocsf => products::ocsf(id),
    }
}

/// Whether the fields read so far show that the record is of no interest.
pub(super) fn is_unwanted(fields: &Fields<'_>) -> bool {
    let origin = fields.bytes(FieldName::Provider).map(Origin::of_provider);
    let id = fields.bytes(FieldName::EventId).and_then(values::number32);
    match (origin, id) {
        (Some(None), _) => true,
        (Some(Some(origin)), Some(id)) => parser_of(origin, id).is_none(),
        (None, Some(id)) => Origin::ALL.iter().all(|origin| parser_of(*origin, id).is_none()),
        (_, None) => false,
    }
}

/// Why a record has no origin: it names another one than those that are read, or none.
fn unnamed(fields: &Fields<'_>) -> Refusal {
    match fields.bytes(FieldName::Provider).or(fields.bytes(FieldName::Channel)) {
        Some(_) => Skip::NotOfInterest.into(),
        None => Fault { kind: DecodeErrorKind::Missing, field: "Provider" }.into(),
    }
}

/// Makes the event of a record, once its fields are complete.
pub(super) fn make<'a>(fields: &mut Fields<'a>, arena: Arena<'a>, drift: &mut Drift) -> Result<Event<'a>, Refusal> {
    const EVENT_ID: &str = "EventID";
    let id = fields.bytes(FieldName::EventId).ok_or(Fault { kind: DecodeErrorKind::Missing, field: EVENT_ID })?;
    let id = values::number32(id).ok_or(Fault { kind: DecodeErrorKind::BadValue, field: EVENT_ID })?;
    let origin = origin_of(fields).ok_or_else(|| unnamed(fields))?;
    let parser = parser_of(origin, id).ok_or(Skip::NotOfInterest)?;
    fields.name_unnamed(|count| positions::fields(origin, id, count));
    let clock = match origin {
        Origin::Sysmon => Clock::of_sysmon(fields, id == sysmon::NETWORK_CONNECT, drift)?,
        _ => Clock::of_envelope(fields)?,
    };
    let mut builder = Builder::new(fields, arena, clock, id);
    let kind = parser(&mut builder)?;
    Ok(builder.event(origin, kind))
}
