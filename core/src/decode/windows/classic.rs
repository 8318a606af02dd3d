//! Records of the Service Control Manager, DistributedCOM and the start of the host (System log) and of WMI-Activity.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::{self, *};
use super::values::{bare_hex_pid, pid};
use crate::event::{
    ComActivation, ImageLoad, Kind, SensorChange, SensorState, ServiceAct, ServiceChange, ServiceInstall, TaskRegister,
};

/// The parser of the Service Control Manager's records of an id.
pub(super) fn service_control(id: u32) -> Option<Parser> {
    Some(match id {
        7000 => start_failed,
        7009 => start_timed_out,
        7036 => state_changed,
        7040 => start_type_changed,
        7045 => service_install,
        _ => return None,
    })
}

/// The parser of DistributedCOM's records of an id.
pub(super) fn distributed_com(id: u32) -> Option<Parser> {
    Some(match id {
        10016 => activation_denied,
        10028 => activation_unreachable,
        _ => return None,
    })
}

/// The parser of the records which say that the host started: 6005 of the log service, 12 of the kernel.
pub(super) fn boot(id: u32) -> Option<Parser> {
    matches!(id, 6005 | 12).then_some(started)
}

/// The parser of WMI-Activity's records of an id.
pub(super) fn wmi_activity(id: u32) -> Option<Parser> {
    Some(match id {
        5857 => provider_load,
        5858 | 5860 => wmi_request,
        5861 => wmi_consumer,
        _ => return None,
    })
}

fn service_install<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = ServiceInstall {
        name: of.text(ServiceName),
        command: of.text(ServiceCommand),
        // NXLog replaces the service's account with the account that logged the record, and adds `AccountType`.
        account: if of.bytes(AccountType).is_none() { of.text(AccountName) } else { None }
            .or_else(|| of.text(ServiceAccount)),
        ..ServiceInstall::default()
    };
    Ok(Kind::ServiceInstall(details))
}

/// 7000: the service in parameter 1 failed to start for the reason in 2.
fn start_failed<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param1, ServiceAct::StartFailed, Param2)
}

/// 7009: the service in parameter 2 did not connect within the milliseconds in 1.
fn start_timed_out<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param2, ServiceAct::StartFailed, Param1)
}

/// 7036: the service with the display name in parameter 1 entered the state in 2.
fn state_changed<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param1, ServiceAct::State, Param2)
}

/// 7040: the start type of the service in parameter 4 (display name in 1) was changed from 2 to 3.
fn start_type_changed<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let name = if of.has(Param4) { Param4 } else { Param1 };
    service_change(of, name, ServiceAct::StartType, Param3)
}

fn service_change<'a>(
    of: &mut Builder<'_, 'a>,
    name: FieldName,
    act: ServiceAct,
    detail: FieldName,
) -> Result<Kind<'a>, Skip> {
    let name = of.text(name).ok_or(Skip::Incomplete)?;
    let details = ServiceChange { name: Some(name), act, detail: of.text(detail), ..ServiceChange::default() };
    Ok(Kind::ServiceChange(details))
}

/// 10016: the user in parameters 6 and 7 (domain, name) at the address in 9 was denied the right in 3 to the class in 4
/// and the application in 5.
fn activation_denied<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = ComActivation {
        clsid: of.text(Param4),
        app_id: of.text(Param5),
        address: of.text(Param9).filter(|address| !address.starts_with(b"LocalHost")),
        ..ComActivation::default()
    };
    of.actor.user = of.account(Param6, Param7);
    activation(details)
}

/// 10028: the process in parameter 2 (hex, image in 3) could not reach the computer in 1 to activate the class in 4.
fn activation_unreachable<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = ComActivation { clsid: of.text(Param4), address: of.text(Param1), ..ComActivation::default() };
    of.actor.pid = of.value(Param2, bare_hex_pid);
    of.actor.image = of.text(Param3);
    activation(details)
}

fn activation(details: ComActivation<'_>) -> Result<Kind<'_>, Skip> {
    if details.clsid.is_none() && details.app_id.is_none() {
        return Err(Skip::Incomplete);
    }
    Ok(Kind::ComActivation(details))
}

fn started<'a>(_: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    Ok(Kind::SensorState(SensorState { change: SensorChange::Started, ..SensorState::default() }))
}

/// 5857: a provider host loaded a provider.
fn provider_load<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.pid = of.value(HostProcessId, pid);
    of.need_actor()?;
    let details = ImageLoad { image: of.text(ProviderPath), ..ImageLoad::default() };
    Ok(Kind::ImageLoad(details))
}

/// 5858: an operation of a client failed. 5860: a client subscribed temporarily. Neither names the COM class.
fn wmi_request<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.user = of.text(User);
    let here = of.bytes(Host).unwrap_or_default();
    let short = |name: &'a [u8]| name.split(|&b| b == b'.').next().unwrap_or(name);
    let machine = of.text(ClientMachine).filter(|name| !short(name).eq_ignore_ascii_case(short(here)));
    if machine.is_none() {
        // The pid is one of this host only if the client is.
        of.actor.pid = of.value(ClientProcessId, pid);
    }
    let details = ComActivation { address: machine, ..ComActivation::default() };
    Ok(Kind::ComActivation(details))
}

/// 5861: a consumer was bound to a filter permanently.
fn wmi_consumer<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = TaskRegister {
        name: of.text(Consumer),
        command: of.text(PossibleCause),
        subscription: true,
        ..TaskRegister::default()
    };
    Ok(Kind::TaskRegister(details))
}
