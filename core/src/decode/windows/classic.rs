//! The providers of the System log: Service Control Manager and DistributedCOM.

use super::super::Skip;
use super::fields::Field::*;
use super::record::{Maker, Recipe};
use super::values::bare_hex_pid;
use crate::event::{ComActivation, Kind, ServiceInstall};

/// How the Service Control Manager's records of that id are read.
pub(super) fn service_control(id: u32) -> Option<Recipe> {
    (id == 7045).then_some(service_install)
}

/// How DistributedCOM's records of that id are read.
pub(super) fn distributed_com(id: u32) -> Option<Recipe> {
    Some(match id {
        10016 => activation_denied,
        10028 => activation_unreachable,
        _ => return None,
    })
}

fn service_install<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let facts = ServiceInstall {
        name: of.text(ServiceName),
        command: of.text(ServiceCommand),
        // NXLog writes the account that logged the record over the service's own, and its type beside it.
        account: if of.bytes(AccountType).is_none() { of.text(AccountName) } else { None },
        ..ServiceInstall::default()
    };
    Ok(Kind::ServiceInstall(facts))
}

/// 10016: permission settings did not grant (1: which, 2: where from, 3: right) for class 4 and application 5 to user
/// 6\7 at address 9.
fn activation_denied<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let facts = ComActivation {
        clsid: of.text(Param4),
        app_id: of.text(Param5),
        address: of.text(Param9).filter(|address| !address.starts_with(b"LocalHost")),
        ..ComActivation::default()
    };
    of.actor.user = of.account(Param6, Param7);
    activation(facts)
}

/// 10028: computer 1 could not be reached; asked by process 2 (hex) with image 3 while activating class 4.
fn activation_unreachable<'a>(of: &mut Maker<'_, 'a>) -> Result<Kind<'a>, Skip> {
    let facts = ComActivation { clsid: of.text(Param4), address: of.text(Param1), ..ComActivation::default() };
    of.actor.pid = of.value(Param2, bare_hex_pid);
    of.actor.image = of.text(Param3);
    activation(facts)
}

fn activation(facts: ComActivation<'_>) -> Result<Kind<'_>, Skip> {
    if facts.clsid.is_none() && facts.app_id.is_none() {
        return Err(Skip::Incomplete);
    }
    Ok(Kind::ComActivation(facts))
}
