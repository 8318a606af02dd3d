//! The providers of the System log, Service Control Manager and DistributedCOM, and WMI-Activity.

use super::super::Skip;
use super::builder::{Builder, Parser};
use super::fields::FieldName::{self, *};
use super::values::{bare_hex_pid, pid};
use crate::event::{ComActivation, ImageLoad, Kind, ServiceAct, ServiceChange, ServiceInstall, TaskRegister};

/// How the Service Control Manager's records of that id are read.
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

/// How DistributedCOM's records of that id are read.
pub(super) fn distributed_com(id: u32) -> Option<Parser> {
    Some(match id {
        10016 => activation_denied,
        10028 => activation_unreachable,
        _ => return None,
    })
}

/// How WMI-Activity's records of that id are read.
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
        // NXLog writes the account that logged the record over the service's own, and its type beside it.
        account: if of.bytes(AccountType).is_none() { of.text(AccountName) } else { None }
            .or_else(|| of.text(ServiceAccount)),
        ..ServiceInstall::default()
    };
    Ok(Kind::ServiceInstall(details))
}

/// 7000: service 1 failed to start for reason 2.
fn start_failed<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param1, ServiceAct::StartFailed, Param2)
}

/// 7009: service 2 did not connect within 1 milliseconds.
fn start_timed_out<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param2, ServiceAct::StartFailed, Param1)
}

/// 7036: the service shown as 1 entered state 2.
fn state_changed<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    service_change(of, Param1, ServiceAct::State, Param2)
}

/// 7040: the start type of service 4, shown as 1, was changed from 2 to 3.
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

/// 10016: permission settings did not grant (1: which, 2: where from, 3: right) for class 4 and application 5 to user
/// 6\7 at address 9.
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

/// 10028: computer 1 could not be reached; asked by process 2 (hex) with image 3 while activating class 4.
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

/// 5857: a provider host loaded a provider.
fn provider_load<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.pid = of.value(HostProcessId, pid);
    of.need_actor()?;
    let details = ImageLoad { image: of.text(ProviderPath), ..ImageLoad::default() };
    Ok(Kind::ImageLoad(details))
}

/// 5858 and 5860: a client's operation failed, or a client subscribed for as long as it lives. The class that was
/// activated for it is not named.
fn wmi_request<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    of.actor.user = of.text(User);
    let here = of.bytes(Host).unwrap_or_default();
    let short = |name: &'a [u8]| name.split(|&b| b == b'.').next().unwrap_or(name);
    let machine = of.text(ClientMachine).filter(|name| !short(name).eq_ignore_ascii_case(short(here)));
    if machine.is_none() {
        // The client is a process of this host; elsewhere its number means nothing here.
        of.actor.pid = of.value(ClientProcessId, pid);
    }
    let details = ComActivation { address: machine, ..ComActivation::default() };
    Ok(Kind::ComActivation(details))
}

/// 5861: a consumer was bound to a filter, for good.
fn wmi_consumer<'a>(of: &mut Builder<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let details = TaskRegister {
        name: of.text(Consumer),
        command: of.text(PossibleCause),
        subscription: true,
        ..TaskRegister::default()
    };
    Ok(Kind::TaskRegister(details))
}
