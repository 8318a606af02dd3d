//! The details of each kind of event, as the caller fills them in. What becomes of them is in
//! `details_model`.

use super::process::ipcsentry_process;
use super::reading::sized;
use super::value::{ipcsentry_event_text, ipcsentry_flag, ipcsentry_i32, ipcsentry_u32, ipcsentry_u64};
use super::words::{
    ipcsentry_access_method, ipcsentry_direction, ipcsentry_file_operation, ipcsentry_mechanism,
    ipcsentry_sensor_change, ipcsentry_service_act, ipcsentry_start_method,
};

/// Details of `IPCSENTRY_KIND_PROCESS_START`; the actor is the process with its new image.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_process_start {
    /// `sizeof(ipcsentry_process_start)`.
    pub type_size: u64,
    /// The image of the process before an exec, if the source has it.
    pub previous_image: ipcsentry_event_text,
    /// The script file that an interpreter was started with, if the source has it (ES exec script).
    pub script: ipcsentry_event_text,
    /// How it began.
    pub method: ipcsentry_start_method,
    /// Zero.
    pub reserved_word: u32,
    /// The label of the launchd job that the process is the program of, if the source has it (macOS
    /// `XPC_SERVICE_NAME`).
    pub job: ipcsentry_event_text,
    /// The process that started it, if the source tells it apart from the parent that the record names (Windows:
    /// Elastic `process.parent.Ext.real.pid`, the process id in the header of an ETW record); may be NULL. A program may
    /// name another process as the parent of what it starts.
    pub creator: *const ipcsentry_process,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_process_start, reserved_word, since creator);

/// Details of `IPCSENTRY_KIND_PROCESS_END`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_process_end {
    /// `sizeof(ipcsentry_process_end)`.
    pub type_size: u64,
    /// The exit code.
    pub exit_code: ipcsentry_i32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_process_end);

/// Details of `IPCSENTRY_KIND_PROCESS_ACCESS`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_process_access {
    /// `sizeof(ipcsentry_process_access)`.
    pub type_size: u64,
    /// The process that was accessed; may be NULL.
    pub target: *const ipcsentry_process,
    /// The call came from memory that no module backs (Sysmon CallTrace `UNKNOWN`): weak evidence by itself.
    pub unbacked_caller: ipcsentry_flag,
    /// How access was obtained; not given is a Windows handle.
    pub access_method: ipcsentry_access_method,
    /// The Windows access mask (Sysmon GrantedAccess, Security AccessMask); 0 elsewhere.
    pub access_mask: u32,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_process_access, reserved_word);

/// Details of `IPCSENTRY_KIND_REMOTE_THREAD`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_remote_thread {
    /// `sizeof(ipcsentry_remote_thread)`.
    pub type_size: u64,
    /// The module of its start address; not given if no module backs it.
    pub start_module: ipcsentry_event_text,
    /// The exported function at its start address.
    pub start_function: ipcsentry_event_text,
    /// The process in which the thread runs; may be NULL.
    pub target: *const ipcsentry_process,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_remote_thread);

/// Details of `IPCSENTRY_KIND_MEMORY_WRITE`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_memory_write {
    /// `sizeof(ipcsentry_memory_write)`.
    pub type_size: u64,
    /// The process whose memory was written; may be NULL.
    pub target: *const ipcsentry_process,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_memory_write);

/// Details of `IPCSENTRY_KIND_IMAGE_TAMPER`; the actor is the process whose image changed.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_image_tamper {
    /// `sizeof(ipcsentry_image_tamper)`.
    pub type_size: u64,
    /// What the sensor says happened (Sysmon 25 `Type`).
    pub what: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_image_tamper);

/// Details of `IPCSENTRY_KIND_IMAGE_LOAD`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_image_load {
    /// `sizeof(ipcsentry_image_load)`.
    pub type_size: u64,
    /// The full path of the library.
    pub image: ipcsentry_event_text,
    /// Who signed it.
    pub signer: ipcsentry_event_text,
    /// Whether its signature holds.
    pub signature_holds: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_image_load, reserved_word);

/// Details of `IPCSENTRY_KIND_ENDPOINT_CREATE`, `IPCSENTRY_KIND_ENDPOINT_CONNECT` and `IPCSENTRY_KIND_ENDPOINT_REMOVE`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_endpoint_act {
    /// `sizeof(ipcsentry_endpoint_act)`.
    pub type_size: u64,
    /// The name, as logged: pipe name, absolute socket or FIFO path, queue name, service name. Resolve relative paths
    /// against the working folder.
    pub name: ipcsentry_event_text,
    /// The process at the other end, if it is known; may be NULL.
    pub peer: *const ipcsentry_process,
    /// The inode.
    pub inode: ipcsentry_u64,
    /// The device number.
    pub device: ipcsentry_u64,
    /// The user id that owns the object on disk.
    pub owner_uid: ipcsentry_u32,
    /// The permission and type bits.
    pub mode: ipcsentry_u32,
    /// The mechanism; must be given.
    pub mechanism: ipcsentry_mechanism,
    /// The outcome; `IPCSENTRY_NO` only if the call failed for good. Not given counts as a success, and so does a
    /// pending connection.
    pub succeeded: ipcsentry_flag,
    /// The actor accepted the connection rather than made it.
    pub accepted: ipcsentry_flag,
    /// Whether the object was opened for writing.
    pub writes: ipcsentry_flag,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_endpoint_act);

/// Details of `IPCSENTRY_KIND_FD_DUP`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_fd_dup {
    /// `sizeof(ipcsentry_fd_dup)`.
    pub type_size: u64,
    /// The process it was taken from (pidfd_getfd); may be NULL.
    pub target: *const ipcsentry_process,
    /// The descriptor that was copied.
    pub from: ipcsentry_i32,
    /// The descriptor it became.
    pub to: ipcsentry_i32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_fd_dup);

/// Details of `IPCSENTRY_KIND_SHARE_ACCESS`; the actor is the remote client, which has no process on this host.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_share_access {
    /// `sizeof(ipcsentry_share_access)`.
    pub type_size: u64,
    /// The share, for example `\\*\IPC$`.
    pub share: ipcsentry_event_text,
    /// The name below it: for IPC$ a pipe name without its leading backslash.
    pub name: ipcsentry_event_text,
    /// The client's address.
    pub address: ipcsentry_event_text,
    /// The client's port.
    pub port: ipcsentry_u32,
    /// The access mask.
    pub mask: u32,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_share_access, reserved_word);

/// Details of `IPCSENTRY_KIND_COM_ACTIVATION`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_com_activation {
    /// `sizeof(ipcsentry_com_activation)`.
    pub type_size: u64,
    /// The class id with braces.
    pub clsid: ipcsentry_event_text,
    /// The application id with braces.
    pub app_id: ipcsentry_event_text,
    /// The address of the remote client, if the record has it.
    pub address: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_com_activation);

/// Details of `IPCSENTRY_KIND_REGISTRY_SET` and `IPCSENTRY_KIND_REGISTRY_QUERY`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_registry_act {
    /// `sizeof(ipcsentry_registry_act)`.
    pub type_size: u64,
    /// The full path: key and value name, as logged.
    pub path: ipcsentry_event_text,
    /// The data written.
    pub data: ipcsentry_event_text,
    /// The operation (Sysmon `EventType`: SetValue, CreateKey, DeleteKey …).
    pub operation: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_registry_act);

/// Details of `IPCSENTRY_KIND_DDE_REQUEST`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_dde_request {
    /// `sizeof(ipcsentry_dde_request)`.
    pub type_size: u64,
    /// The service asked for.
    pub service: ipcsentry_event_text,
    /// The topic.
    pub topic: ipcsentry_event_text,
    /// The item or command.
    pub item: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_dde_request);

/// Details of `IPCSENTRY_KIND_APPLE_EVENT`; the actor is the sender.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_apple_event {
    /// `sizeof(ipcsentry_apple_event)`.
    pub type_size: u64,
    /// Class and id as four-character codes, `syso,dlog`; not given if the log hides them (`<private>`).
    pub code: ipcsentry_event_text,
    /// The target application: bundle id or process name; not given if the log hides it.
    pub target: ipcsentry_event_text,
    /// The text of the direct parameter as far as the log has it, in UTF-8.
    pub text: ipcsentry_event_text,
    /// The error the reply reports; 0 is success.
    pub error: ipcsentry_i32,
    /// The dialog hides what the user types (parameter `htxt` true).
    pub hidden_answer: ipcsentry_flag,
    /// The event mutes the sound (`aevt,stvl` with `mute` true).
    pub mute: ipcsentry_flag,
    /// Whether it is the reply to an event.
    pub reply: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_apple_event, reserved_word);

/// Details of `IPCSENTRY_KIND_SCRIPT_RUN`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_script_run {
    /// `sizeof(ipcsentry_script_run)`.
    pub type_size: u64,
    /// The script file.
    pub path: ipcsentry_event_text,
    /// The script's text, as far as the record has it.
    pub text: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_script_run);

/// Details of `IPCSENTRY_KIND_PRIVACY_DECISION`; the actor is the accessing process.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_privacy_decision {
    /// `sizeof(ipcsentry_privacy_decision)`.
    pub type_size: u64,
    /// The service, for example `kTCCServiceAppleEvents`.
    pub service: ipcsentry_event_text,
    /// The application the access is aimed at (Apple Events target), as bundle id.
    pub target: ipcsentry_event_text,
    /// The decision: `IPCSENTRY_YES` allowed, `IPCSENTRY_NO` denied, not given unknown or not decided yet.
    pub allowed: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_privacy_decision, reserved_word);

/// Details of `IPCSENTRY_KIND_SERVICE_INSTALL`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_service_install {
    /// `sizeof(ipcsentry_service_install)`.
    pub type_size: u64,
    /// The service's name.
    pub name: ipcsentry_event_text,
    /// Its command line (ImagePath, ServiceFileName).
    pub command: ipcsentry_event_text,
    /// The account it runs as.
    pub account: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_service_install);

/// Details of `IPCSENTRY_KIND_TASK_REGISTER`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_task_register {
    /// `sizeof(ipcsentry_task_register)`.
    pub type_size: u64,
    /// The task's name.
    pub name: ipcsentry_event_text,
    /// Its definition or command.
    pub command: ipcsentry_event_text,
    /// Whether it was deleted rather than registered.
    pub deleted: ipcsentry_flag,
    /// Whether it is a WMI event consumer rather than a scheduled task.
    pub subscription: ipcsentry_flag,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_task_register);

/// Details of `IPCSENTRY_KIND_LAUNCH_ITEM_ADD`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_launch_item_add {
    /// `sizeof(ipcsentry_launch_item_add)`.
    pub type_size: u64,
    /// The label or URL of the item.
    pub label: ipcsentry_event_text,
    /// The program it runs.
    pub program: ipcsentry_event_text,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_launch_item_add);

/// Details of `IPCSENTRY_KIND_LOGON`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_logon {
    /// `sizeof(ipcsentry_logon)`.
    pub type_size: u64,
    /// Who logged on.
    pub user: ipcsentry_event_text,
    /// The address it came from; not given for a local logon.
    pub address: ipcsentry_event_text,
    /// The session that was created.
    pub session: ipcsentry_u64,
    /// Windows logon type (3 network, 10 remote interactive …).
    pub logon_type: ipcsentry_u32,
    /// Whether explicit credentials were used (Security 4648).
    pub explicit_credentials: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_logon, reserved_word);

/// Details of `IPCSENTRY_KIND_SESSION_CHANGE`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_session_change {
    /// `sizeof(ipcsentry_session_change)`.
    pub type_size: u64,
    /// Its new state.
    pub state: ipcsentry_event_text,
    /// The session.
    pub session: ipcsentry_u64,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_session_change);

/// Details of `IPCSENTRY_KIND_NETWORK_CONNECT`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_network_connect {
    /// `sizeof(ipcsentry_network_connect)`.
    pub type_size: u64,
    /// The actor's own address.
    pub local_address: ipcsentry_event_text,
    /// The other side's address.
    pub remote_address: ipcsentry_event_text,
    /// The actor's own port.
    pub local_port: ipcsentry_u32,
    /// The other side's port.
    pub remote_port: ipcsentry_u32,
    /// Which side opened it.
    pub direction: ipcsentry_direction,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_network_connect, reserved_word);

/// Details of `IPCSENTRY_KIND_FILE_ACCESS`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_file_access {
    /// `sizeof(ipcsentry_file_access)`.
    pub type_size: u64,
    /// The absolute path.
    pub path: ipcsentry_event_text,
    /// What was done.
    pub operation: ipcsentry_file_operation,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_file_access, reserved_word);

/// Details of `IPCSENTRY_KIND_SENSOR_STATE`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_sensor_state {
    /// `sizeof(ipcsentry_sensor_state)`.
    pub type_size: u64,
    /// The sensor's own words.
    pub detail: ipcsentry_event_text,
    /// What changed.
    pub change: ipcsentry_sensor_change,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_sensor_state, reserved_word);

/// Details of `IPCSENTRY_KIND_TASK_RUN`; the actor has the account that the task runs as.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_task_run {
    /// `sizeof(ipcsentry_task_run)`.
    pub type_size: u64,
    /// The task's name.
    pub name: ipcsentry_event_text,
    /// The image of its action.
    pub command: ipcsentry_event_text,
    /// The process that was started for it; may be NULL.
    pub process: *const ipcsentry_process,
    /// Whether the action ended.
    pub ended: ipcsentry_flag,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_task_run, reserved_word);

/// Details of `IPCSENTRY_KIND_SERVICE_CHANGE`.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_service_change {
    /// `sizeof(ipcsentry_service_change)`.
    pub type_size: u64,
    /// The service's name, or its display name if the record has no other.
    pub name: ipcsentry_event_text,
    /// The new state or start type, or the error, in the record's words.
    pub detail: ipcsentry_event_text,
    /// The change.
    pub act: ipcsentry_service_act,
    /// Zero.
    pub reserved_word: u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_service_change, reserved_word);

/// Details of `IPCSENTRY_KIND_RPC_CALL`; the actor is the client, of which the record has at most the account.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_rpc_call {
    /// `sizeof(ipcsentry_rpc_call)`.
    pub type_size: u64,
    /// The interface's UUID.
    pub interface_id: ipcsentry_event_text,
    /// The protocol sequence (`ncacn_np`, `ncacn_ip_tcp` …).
    pub protocol: ipcsentry_event_text,
    /// The endpoint: a pipe, a port.
    pub endpoint: ipcsentry_event_text,
    /// The client's address.
    pub address: ipcsentry_event_text,
    /// The process whose function was called; may be NULL.
    pub server: *const ipcsentry_process,
    /// The number of the function in the interface.
    pub operation: ipcsentry_u32,
    /// The client's port.
    pub port: ipcsentry_u32,
    /// Zero.
    pub reserved: [u64; 4],
}
sized!(ipcsentry_rpc_call);
