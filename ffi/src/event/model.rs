//! The event itself.

use ipcsentry::Timestamp;
use ipcsentry::event::{Channel, CodeSignInvalid, Event, Kind, KindTag, NativeId, Os, ProcessRef, ProcessSeen, Source};

use super::details::{
    ipcsentry_apple_event, ipcsentry_com_activation, ipcsentry_dde_request, ipcsentry_endpoint_act, ipcsentry_fd_dup,
    ipcsentry_file_access, ipcsentry_image_load, ipcsentry_image_tamper, ipcsentry_launch_item_add, ipcsentry_logon,
    ipcsentry_memory_write, ipcsentry_network_connect, ipcsentry_privacy_decision, ipcsentry_process_access,
    ipcsentry_process_end, ipcsentry_process_start, ipcsentry_registry_act, ipcsentry_remote_thread,
    ipcsentry_rpc_call, ipcsentry_script_run, ipcsentry_sensor_state, ipcsentry_service_change,
    ipcsentry_service_install, ipcsentry_session_change, ipcsentry_share_access, ipcsentry_task_register,
    ipcsentry_task_run,
};
use super::process::ipcsentry_process;
use super::reading::{Reading, sized};
use super::value::{
    IPCSENTRY_NATIVE_ID_AUDIT, IPCSENTRY_NATIVE_ID_NUMBER, ipcsentry_event_text, ipcsentry_flag, ipcsentry_native_id,
    ipcsentry_time,
};
use super::words::{ipcsentry_channel, ipcsentry_kind, ipcsentry_os};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_MISSING};

/// The details of an event: the member of its kind, or NULL if there are none.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub union ipcsentry_details {
    /// Of `IPCSENTRY_KIND_PROCESS_START`.
    pub process_start: *const ipcsentry_process_start,
    /// Of `IPCSENTRY_KIND_PROCESS_END`.
    pub process_end: *const ipcsentry_process_end,
    /// Of `IPCSENTRY_KIND_PROCESS_ACCESS`.
    pub process_access: *const ipcsentry_process_access,
    /// Of `IPCSENTRY_KIND_REMOTE_THREAD`.
    pub remote_thread: *const ipcsentry_remote_thread,
    /// Of `IPCSENTRY_KIND_MEMORY_WRITE`.
    pub memory_write: *const ipcsentry_memory_write,
    /// Of `IPCSENTRY_KIND_IMAGE_TAMPER`.
    pub image_tamper: *const ipcsentry_image_tamper,
    /// Of `IPCSENTRY_KIND_IMAGE_LOAD`.
    pub image_load: *const ipcsentry_image_load,
    /// Of `IPCSENTRY_KIND_ENDPOINT_CREATE`, `IPCSENTRY_KIND_ENDPOINT_CONNECT`, `IPCSENTRY_KIND_ENDPOINT_REMOVE`.
    pub endpoint_act: *const ipcsentry_endpoint_act,
    /// Of `IPCSENTRY_KIND_FD_DUP`.
    pub fd_dup: *const ipcsentry_fd_dup,
    /// Of `IPCSENTRY_KIND_SHARE_ACCESS`.
    pub share_access: *const ipcsentry_share_access,
    /// Of `IPCSENTRY_KIND_COM_ACTIVATION`.
    pub com_activation: *const ipcsentry_com_activation,
    /// Of `IPCSENTRY_KIND_REGISTRY_SET`, `IPCSENTRY_KIND_REGISTRY_QUERY`.
    pub registry_act: *const ipcsentry_registry_act,
    /// Of `IPCSENTRY_KIND_DDE_REQUEST`.
    pub dde_request: *const ipcsentry_dde_request,
    /// Of `IPCSENTRY_KIND_APPLE_EVENT`.
    pub apple_event: *const ipcsentry_apple_event,
    /// Of `IPCSENTRY_KIND_SCRIPT_RUN`.
    pub script_run: *const ipcsentry_script_run,
    /// Of `IPCSENTRY_KIND_PRIVACY_DECISION`.
    pub privacy_decision: *const ipcsentry_privacy_decision,
    /// Of `IPCSENTRY_KIND_SERVICE_INSTALL`.
    pub service_install: *const ipcsentry_service_install,
    /// Of `IPCSENTRY_KIND_TASK_REGISTER`.
    pub task_register: *const ipcsentry_task_register,
    /// Of `IPCSENTRY_KIND_LAUNCH_ITEM_ADD`.
    pub launch_item_add: *const ipcsentry_launch_item_add,
    /// Of `IPCSENTRY_KIND_LOGON`.
    pub logon: *const ipcsentry_logon,
    /// Of `IPCSENTRY_KIND_SESSION_CHANGE`.
    pub session_change: *const ipcsentry_session_change,
    /// Of `IPCSENTRY_KIND_NETWORK_CONNECT`.
    pub network_connect: *const ipcsentry_network_connect,
    /// Of `IPCSENTRY_KIND_FILE_ACCESS`.
    pub file_access: *const ipcsentry_file_access,
    /// Of `IPCSENTRY_KIND_SENSOR_STATE`.
    pub sensor_state: *const ipcsentry_sensor_state,
    /// Of `IPCSENTRY_KIND_TASK_RUN`.
    pub task_run: *const ipcsentry_task_run,
    /// Of `IPCSENTRY_KIND_SERVICE_CHANGE`.
    pub service_change: *const ipcsentry_service_change,
    /// Of `IPCSENTRY_KIND_RPC_CALL`.
    pub rpc_call: *const ipcsentry_rpc_call,
}

impl core::fmt::Debug for ipcsentry_details {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ipcsentry_details")
    }
}

/// One event. Set `type_size`, `time`, `os`, `kind`, and what else is known.
///
/// Lifetime and threads: read during the call only, with everything that it points to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_event {
    /// `sizeof(ipcsentry_event)`.
    pub type_size: u64,
    /// When it happened, in nanoseconds since 1970, UTC, by the best clock there is.
    pub time: i64,
    /// The time by the clock of whoever collected it, if `time` is by another one. The engine learns the offset of a
    /// host from events with both.
    pub envelope_time: ipcsentry_time,
    /// Any number that finds the event again: evidence has it as `record`.
    pub record: u64,
    /// The host's name. Every event of a host has the same one; no behavior joins two hosts.
    pub host: ipcsentry_event_text,
    /// The source's own name of the event, where it has names rather than numbers (eslogger `exec`).
    pub source_name: ipcsentry_event_text,
    /// The id that the record has in its log, unique in its channel: an event with the id of an earlier one is a
    /// duplicate.
    pub native_id: ipcsentry_native_id,
    /// The process that acted: started, connected, opened, wrote. NULL if it is not known.
    pub actor: *const ipcsentry_process,
    /// Its parent, as far as it is known. May be NULL: the library remembers parents.
    pub parent: *const ipcsentry_process,
    /// The process that macOS holds responsible for the actor; pid, unique id and image count. NULL elsewhere.
    pub responsible: *const ipcsentry_process,
    /// The details of its kind.
    pub details: ipcsentry_details,
    /// The operating system.
    pub os: ipcsentry_os,
    /// What happened.
    pub kind: ipcsentry_kind,
    /// The sensor. Coverage and alerts name it, and a policy may declare it.
    pub channel: ipcsentry_channel,
    /// The channel's own event number (Sysmon 17, x86-64 syscall 42); 0 when it has none.
    pub code: u32,
    /// The index of the input that `record` refers to.
    pub file: u32,
    /// The number of the event among those of one record; 0 for the first.
    pub part: u32,
    /// `time` is by an envelope's clock in an unknown zone. The engine adds the offset that it learned.
    pub time_is_envelope: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 6],
}

sized!(ipcsentry_event, reserved_word);

/// An event for `ipcsentry_event::read` to fill in: its platform, time and kind are placeholders.
pub(crate) fn blank<'a>() -> Event<'a> {
    Event::new(Os::Linux, Timestamp(0), Kind::ProcessSeen(ProcessSeen::default()))
}

impl ipcsentry_event {
    /// Reads the event to its place. The reading knows what is wrong.
    pub(crate) fn read<'a>(&self, from: &mut Reading<'a>, event: &mut Event<'a>) {
        event.os = from.must("os", &self.os).unwrap_or(event.os);
        event.time = Timestamp(self.time);
        self.read_kind(from, &mut event.kind);
        event.envelope_time = from.time("envelope_time", &self.envelope_time);
        event.time_is_envelope = from.flag("time_is_envelope", &self.time_is_envelope);
        event.host = from.text("host", &self.host).unwrap_or_default();
        event.record = self.record;
        event.part = self.part;
        event.file = self.file;
        event.source = self.source(from);
        from.process("actor", self.actor, &mut event.actor);
        from.process("parent", self.parent, &mut event.parent);
        if !self.responsible.is_null() {
            let mut responsible = ProcessRef::default();
            from.process("responsible", self.responsible, &mut responsible);
            event.responsible = responsible.key();
        }
    }

    fn source<'a>(&self, from: &mut Reading<'a>) -> Source<'a> {
        let mut source = Source::default();
        source.channel = from.choice("channel", &self.channel).unwrap_or(Channel::Embedder);
        source.code = self.code;
        source.name = from.text("source_name", &self.source_name);
        let ipcsentry_native_id { kind, millis, seconds, number } = self.native_id;
        source.id = match (kind, u16::try_from(millis)) {
            (0, Ok(0)) if seconds == 0 && number == 0 => NativeId::None,
            (IPCSENTRY_NATIVE_ID_NUMBER, Ok(0)) if seconds == 0 => NativeId::Number(number),
            (IPCSENTRY_NATIVE_ID_AUDIT, Ok(millis @ ..1000)) => NativeId::Audit { seconds, millis, serial: number },
            _ => {
                from.bad_value("native_id");
                NativeId::None
            }
        };
        source
    }

    /// Reads the kind with its details. They are read in their place: the largest would be copied twice.
    fn read_kind<'a>(&self, from: &mut Reading<'a>, into: &mut Kind<'a>) {
        let kind: Option<KindTag> = from.must("kind", &self.kind);
        let Some(kind) = kind else { return };
        // Every member of the union is a pointer, so each has a value whichever was written.
        macro_rules! details {
            ($kind:ident, $member:ident) => {{
                *into = Kind::$kind(Default::default());
                let Kind::$kind(model) = into else { return };
                // SAFETY: as just said.
                from.structure("details", unsafe { self.details.$member }, model);
            }};
        }
        macro_rules! endpoint {
            ($kind:ident) => {{
                let mut act = None;
                // SAFETY: as just said.
                from.structure("details", unsafe { self.details.endpoint_act }, &mut act);
                match act {
                    Some(act) => *into = Kind::$kind(act),
                    None => from.wrong("details", IPCSENTRY_ERR_MISSING),
                }
            }};
        }
        match kind {
            KindTag::ProcessStart => details!(ProcessStart, process_start),
            KindTag::ProcessEnd => details!(ProcessEnd, process_end),
            KindTag::ProcessSeen => *into = Kind::ProcessSeen(ProcessSeen::default()),
            KindTag::ProcessAccess => details!(ProcessAccess, process_access),
            KindTag::RemoteThread => details!(RemoteThread, remote_thread),
            KindTag::MemoryWrite => details!(MemoryWrite, memory_write),
            KindTag::ImageTamper => details!(ImageTamper, image_tamper),
            KindTag::CodeSignInvalid => *into = Kind::CodeSignInvalid(CodeSignInvalid::default()),
            KindTag::ImageLoad => details!(ImageLoad, image_load),
            KindTag::EndpointCreate => endpoint!(EndpointCreate),
            KindTag::EndpointConnect => endpoint!(EndpointConnect),
            KindTag::EndpointRemove => endpoint!(EndpointRemove),
            KindTag::FdDup => details!(FdDup, fd_dup),
            KindTag::ShareAccess => details!(ShareAccess, share_access),
            KindTag::ComActivation => details!(ComActivation, com_activation),
            KindTag::RegistrySet => details!(RegistrySet, registry_act),
            KindTag::RegistryQuery => details!(RegistryQuery, registry_act),
            KindTag::DdeRequest => details!(DdeRequest, dde_request),
            KindTag::AppleEvent => details!(AppleEvent, apple_event),
            KindTag::ScriptRun => details!(ScriptRun, script_run),
            KindTag::PrivacyDecision => details!(PrivacyDecision, privacy_decision),
            KindTag::ServiceInstall => details!(ServiceInstall, service_install),
            KindTag::TaskRegister => details!(TaskRegister, task_register),
            KindTag::LaunchItemAdd => details!(LaunchItemAdd, launch_item_add),
            KindTag::Logon => details!(Logon, logon),
            KindTag::SessionChange => details!(SessionChange, session_change),
            KindTag::NetworkConnect => details!(NetworkConnect, network_connect),
            KindTag::FileAccess => details!(FileAccess, file_access),
            KindTag::SensorState => details!(SensorState, sensor_state),
            KindTag::TaskRun => details!(TaskRun, task_run),
            KindTag::ServiceChange => details!(ServiceChange, service_change),
            KindTag::RpcCall => details!(RpcCall, rpc_call),
            // A kind that the library got without a structure for it; `every_kind_has_a_structure` looks for one.
            _ => from.wrong("kind", IPCSENTRY_ERR_ARGUMENT),
        }
    }
}
