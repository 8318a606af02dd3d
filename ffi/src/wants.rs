//! What an agent should send, as data.

use ipcsentry::event::{KindTag, Os};
use ipcsentry::rules::{Loss, Want};

use crate::alert::ipcsentry_severity;
use crate::alert_fields::output;
use crate::catalog::ipcsentry_catalog;
use crate::event::value::{IPCSENTRY_NO, IPCSENTRY_YES, ipcsentry_flag};
use crate::event::words::{Word, ipcsentry_kind, ipcsentry_os};
use crate::guard::guard;
use crate::ptr::{self, Handle, Out, SizedOut};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What the behaviors of a catalog read on one platform: kinds of events, and their fields.
///
/// Lifetime and threads: yours until `ipcsentry_wants_free`, whatever becomes of the catalog; immutable, may be used by
/// several threads at once.
#[derive(Debug)]
pub struct ipcsentry_wants(Vec<Want>);

impl Handle for ipcsentry_wants {}

/// A kind of events, or a field of one, that behaviors read.
///
/// Lifetime and threads: written during the call; its texts are valid as long as the handle.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_want {
    /// `sizeof(ipcsentry_want)`; set it before the call.
    pub type_size: u64,
    /// The field by its name in rules, `endpoint.name`; absent (`data` NULL) for the kind as a whole.
    pub field: ipcsentry_text,
    /// The members of structures that it is read from, `ipcsentry_endpoint_act.name`; absent for the kind as a whole.
    pub member: ipcsentry_text,
    /// Number of behaviors that read it; see `ipcsentry_wants_loss`.
    pub behaviors: u64,
    /// The kind of events; 0 for a detail of a process, which any event that names the process may report once.
    pub kind: ipcsentry_kind,
    /// Written as zero.
    pub reserved_word: u32,
}

/// What one behavior loses without something.
///
/// Lifetime and threads: written during the call; its text is valid as long as the handle.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_loss {
    /// `sizeof(ipcsentry_loss)`; set it before the call.
    pub type_size: u64,
    /// The behavior's code.
    pub code: ipcsentry_text,
    /// How severe its alerts can be.
    pub severity: ipcsentry_severity,
    /// How severe they can be without it; 0 if there is no alert then. Where both are equal it adds evidence and
    /// confidence, or one of several ways to be seen.
    pub without: ipcsentry_severity,
    /// Whether only a weaker form of the behavior is left.
    pub degraded: ipcsentry_flag,
    /// Written as zero.
    pub reserved_word: u32,
}

output!(ipcsentry_want);
output!(ipcsentry_loss);

/// The members that a field of rules is read from, by its name. `tests/tests/c_wants.rs` holds it against the header.
const MEMBERS: &[(&str, &str)] = &[
    ("endpoint.mechanism", "ipcsentry_endpoint_act.mechanism"),
    ("endpoint.name", "ipcsentry_endpoint_act.name"),
    ("endpoint.owner_uid", "ipcsentry_endpoint_act.owner_uid"),
    ("endpoint.accepted", "ipcsentry_endpoint_act.accepted"),
    ("endpoint.writes", "ipcsentry_endpoint_act.writes"),
    ("access.mask", "ipcsentry_process_access.access_mask"),
    ("access.method", "ipcsentry_process_access.access_method"),
    ("access.unbacked", "ipcsentry_process_access.unbacked_caller"),
    ("thread.module", "ipcsentry_remote_thread.start_module"),
    ("thread.function", "ipcsentry_remote_thread.start_function"),
    ("image.path", "ipcsentry_image_load.image"),
    ("image.signed", "ipcsentry_image_load.signature_holds"),
    ("image.signer", "ipcsentry_image_load.signer"),
    ("share.share", "ipcsentry_share_access.share"),
    ("share.name", "ipcsentry_share_access.name"),
    ("share.address", "ipcsentry_share_access.address"),
    ("com.clsid", "ipcsentry_com_activation.clsid"),
    ("com.address", "ipcsentry_com_activation.address"),
    ("registry.path", "ipcsentry_registry_act.path"),
    ("registry.data", "ipcsentry_registry_act.data"),
    ("registry.operation", "ipcsentry_registry_act.operation"),
    ("dde.service", "ipcsentry_dde_request.service"),
    ("dde.topic", "ipcsentry_dde_request.topic"),
    ("apple_event.code", "ipcsentry_apple_event.code"),
    ("apple_event.target", "ipcsentry_apple_event.target"),
    ("apple_event.hidden_answer", "ipcsentry_apple_event.hidden_answer"),
    ("apple_event.mute", "ipcsentry_apple_event.mute"),
    ("apple_event.text", "ipcsentry_apple_event.text"),
    ("apple_event.reply", "ipcsentry_apple_event.reply"),
    ("script.path", "ipcsentry_script_run.path"),
    ("script.text", "ipcsentry_script_run.text"),
    ("privacy.service", "ipcsentry_privacy_decision.service"),
    ("privacy.target", "ipcsentry_privacy_decision.target"),
    ("privacy.allowed", "ipcsentry_privacy_decision.allowed"),
    ("service.name", "ipcsentry_service_install.name, ipcsentry_service_change.name"),
    ("service.command", "ipcsentry_service_install.command"),
    ("service.account", "ipcsentry_service_install.account"),
    ("service.act", "ipcsentry_service_change.act"),
    ("service.detail", "ipcsentry_service_change.detail"),
    ("task.name", "ipcsentry_task_register.name, ipcsentry_task_run.name"),
    ("task.command", "ipcsentry_task_register.command, ipcsentry_task_run.command"),
    ("task.deleted", "ipcsentry_task_register.deleted"),
    ("task.subscription", "ipcsentry_task_register.subscription"),
    ("task.ended", "ipcsentry_task_run.ended"),
    ("rpc.interface", "ipcsentry_rpc_call.interface_id"),
    ("rpc.operation", "ipcsentry_rpc_call.operation"),
    ("rpc.protocol", "ipcsentry_rpc_call.protocol"),
    ("rpc.endpoint", "ipcsentry_rpc_call.endpoint"),
    ("rpc.address", "ipcsentry_rpc_call.address"),
    ("launch.label", "ipcsentry_launch_item_add.label"),
    ("launch.program", "ipcsentry_launch_item_add.program"),
    ("logon.type", "ipcsentry_logon.logon_type"),
    ("logon.user", "ipcsentry_logon.user"),
    ("logon.address", "ipcsentry_logon.address"),
    ("network.direction", "ipcsentry_network_connect.direction"),
    ("network.local_address", "ipcsentry_network_connect.local_address"),
    ("network.remote_address", "ipcsentry_network_connect.remote_address"),
    ("network.local_port", "ipcsentry_network_connect.local_port"),
    ("network.remote_port", "ipcsentry_network_connect.remote_port"),
    ("file.path", "ipcsentry_file_access.path"),
    ("file.operation", "ipcsentry_file_access.operation"),
    ("dup.from", "ipcsentry_fd_dup.from"),
    ("dup.to", "ipcsentry_fd_dup.to"),
    ("start.method", "ipcsentry_process_start.method"),
    ("start.script", "ipcsentry_process_start.script"),
    ("start.job", "ipcsentry_process_start.job"),
    ("sensor.change", "ipcsentry_sensor_state.change"),
];

/// The members that a detail of a process is read from.
const PROCESS_MEMBERS: &[(&str, &str)] = &[
    ("image", "ipcsentry_process.image"),
    ("image_name", "ipcsentry_process.image"),
    ("command_line", "ipcsentry_process.command_line"),
    ("user", "ipcsentry_process.user"),
    ("uid", "ipcsentry_process.uid"),
    ("auid", "ipcsentry_process.auid"),
    ("session", "ipcsentry_process.session"),
    ("terminal", "ipcsentry_process.terminal"),
    ("integrity", "ipcsentry_process.integrity"),
    ("signing", "ipcsentry_process.signing"),
    ("signer", "ipcsentry_process.signer"),
    ("original_file_name", "ipcsentry_process.original_file_name"),
    ("argument_count", "ipcsentry_process.argument_count"),
    ("trust", "ipcsentry_process.image, ipcsentry_process.signing, ipcsentry_process.signer"),
    ("stranger", "ipcsentry_process.image, ipcsentry_process.signing"),
];

fn member(want: &Want) -> Option<&'static str> {
    let field = want.field.as_deref()?;
    let (name, members) = match want.kind {
        Some(_) => (field, MEMBERS),
        None => (field.rsplit('.').next()?, PROCESS_MEMBERS),
    };
    members.iter().find(|(known, _)| *known == name).map(|(_, member)| *member)
}

/// What the behaviors of a catalog read on a platform: kinds of events first, then their fields, then details of
/// processes. An agent decides with it what to collect. Not in it, because everything needs it: time, host, platform, a
/// pid or unique id for each process, mechanism and name of an endpoint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_wants(
    catalog: *const ipcsentry_catalog,
    os: ipcsentry_os,
    wants: *mut *mut ipcsentry_wants,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, out) = unsafe { (ptr::borrow(catalog)?, Out::new(wants)?) };
        let os: Option<Os> = os.given().map_err(|_| IPCSENTRY_ERR_ARGUMENT)?;
        let os = os.ok_or(IPCSENTRY_ERR_ARGUMENT)?;
        out.set(ptr::give(ipcsentry_wants(catalog.catalog().wants(os))));
        Ok(IPCSENTRY_OK)
    })
}

/// What is read, by its number from 0. `IPCSENTRY_NONE` when there is no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_wants_get(
    wants: *const ipcsentry_wants,
    number: usize,
    want: *mut ipcsentry_want,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (wants, out) = unsafe { (ptr::borrow(wants)?, SizedOut::new(want)?) };
        let Some(want) = wants.0.get(number) else { return Ok(IPCSENTRY_NONE) };
        let kind = want.kind.and_then(|kind| KindTag::ALL.iter().position(|known| *known == kind));
        out.set(ipcsentry_want {
            type_size: 0,
            field: ipcsentry_text::of_optional(want.field.as_deref()),
            member: ipcsentry_text::of_optional(member(want)),
            behaviors: want.behaviors.len() as u64,
            kind: ipcsentry_kind(kind.map_or(0, |number| number as u32 + 1)),
            reserved_word: 0,
        });
        Ok(IPCSENTRY_OK)
    })
}

/// What a behavior loses without `want`, by its number from 0. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_wants_loss(
    wants: *const ipcsentry_wants,
    want: usize,
    number: usize,
    loss: *mut ipcsentry_loss,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (wants, out) = unsafe { (ptr::borrow(wants)?, SizedOut::new(loss)?) };
        let Some(loss) = wants.0.get(want).and_then(|want| want.behaviors.get(number)) else {
            return Ok(IPCSENTRY_NONE);
        };
        out.set(loss_of(loss));
        Ok(IPCSENTRY_OK)
    })
}

fn loss_of(loss: &Loss) -> ipcsentry_loss {
    ipcsentry_loss {
        type_size: 0,
        code: ipcsentry_text::of(&loss.code),
        severity: ipcsentry_severity::of(loss.severity),
        without: loss.without.map_or(ipcsentry_severity(0), ipcsentry_severity::of),
        degraded: if loss.degraded { IPCSENTRY_YES } else { IPCSENTRY_NO },
        reserved_word: 0,
    }
}

/// Frees the handle. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_wants_free(wants: *mut ipcsentry_wants) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(wants) }
}
