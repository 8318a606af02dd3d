//! The numbers of the event model's enumerations. Each is that of `ipcsentry::event` plus one, so that a zeroed member
//! is "not given".

use ipcsentry::event::{
    AccessMethod, Channel, Direction, FileOperation, Integrity, KindTag, Mechanism, Os, SensorChange, ServiceAct,
    Signing, StartMethod,
};

/// A number of C that stands for a value of the event model.
pub(crate) trait Word: Copy {
    /// The enumeration.
    type Model: Copy + 'static;

    /// Its values, in the order of their numbers.
    const ALL: &'static [Self::Model];

    fn number(self) -> u32;

    #[cfg(feature = "_internal_test_exports")]
    fn from_number(number: u32) -> Self;

    /// The value; `None` if none is given.
    fn given(self) -> Result<Option<Self::Model>, UnknownNumber> {
        match self.number() {
            0 => Ok(None),
            number => Self::ALL.get(number as usize - 1).copied().map(Some).ok_or(UnknownNumber),
        }
    }
}

/// A number that stands for nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnknownNumber;

macro_rules! word {
    ($word:ident => $model:ident) => {
        impl Word for $word {
            type Model = $model;
            const ALL: &'static [$model] = $model::ALL;

            fn number(self) -> u32 {
                self.0
            }

            #[cfg(feature = "_internal_test_exports")]
            fn from_number(number: u32) -> Self {
                Self(number)
            }
        }
    };
}

word!(ipcsentry_kind => KindTag);
word!(ipcsentry_os => Os);
word!(ipcsentry_mechanism => Mechanism);
word!(ipcsentry_channel => Channel);
word!(ipcsentry_integrity => Integrity);
word!(ipcsentry_signing => Signing);
word!(ipcsentry_start_method => StartMethod);
word!(ipcsentry_access_method => AccessMethod);
word!(ipcsentry_direction => Direction);
word!(ipcsentry_file_operation => FileOperation);
word!(ipcsentry_sensor_change => SensorChange);
word!(ipcsentry_service_act => ServiceAct);

/// What happened, one of the `IPCSENTRY_KIND_` numbers; must be given. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_kind(pub u32);

/// A process began or changed its image: Sysmon 1, Security 4688, auditd execve, ES exec and fork, osquery. Its
/// details: `process_start`.
pub const IPCSENTRY_KIND_PROCESS_START: ipcsentry_kind = ipcsentry_kind(1);
/// A process ended: Sysmon 5, Security 4689, auditd exit_group, ES exit. Its details: `process_end`.
pub const IPCSENTRY_KIND_PROCESS_END: ipcsentry_kind = ipcsentry_kind(2);
/// A process that ran before the sensor did (inventory). It has no details.
pub const IPCSENTRY_KIND_PROCESS_SEEN: ipcsentry_kind = ipcsentry_kind(3);
/// A handle, ptrace attachment or task port was obtained: Sysmon 10, Security 4656, 4663 and 4670, auditd ptrace, ES
/// get_task. Its details: `process_access`.
pub const IPCSENTRY_KIND_PROCESS_ACCESS: ipcsentry_kind = ipcsentry_kind(4);
/// A thread was started in another process, or one of its threads made to run other code: Sysmon 8, Defender
/// CreateRemoteThreadApiCall and QueueUserApcRemoteApiCall, ES remote_thread_create. Its details: `remote_thread`.
pub const IPCSENTRY_KIND_REMOTE_THREAD: ipcsentry_kind = ipcsentry_kind(5);
/// Another process's memory was written: auditd ptrace POKE, process_vm_writev, /proc/PID/mem. Its details:
/// `memory_write`.
pub const IPCSENTRY_KIND_MEMORY_WRITE: ipcsentry_kind = ipcsentry_kind(6);
/// A process's image was changed under it: Sysmon 25. Its details: `image_tamper`.
pub const IPCSENTRY_KIND_IMAGE_TAMPER: ipcsentry_kind = ipcsentry_kind(7);
/// A running process's code signature became invalid: ES cs_invalidated. It has no details.
pub const IPCSENTRY_KIND_CODE_SIGN_INVALID: ipcsentry_kind = ipcsentry_kind(8);
/// A library was loaded: Sysmon 7, WMI-Activity 5857 (a provider), ES mmap. Its details: `image_load`.
pub const IPCSENTRY_KIND_IMAGE_LOAD: ipcsentry_kind = ipcsentry_kind(9);
/// An endpoint came into being: Sysmon 17, auditd bind, mknod, mq_open O_CREAT, ES uipc_bind, Mach check-in. Its
/// details: `endpoint_act`.
pub const IPCSENTRY_KIND_ENDPOINT_CREATE: ipcsentry_kind = ipcsentry_kind(10);
/// An endpoint was opened by a client (or, for a FIFO, by either side): Sysmon 18, auditd connect and open, ES
/// uipc_connect, xpc_connect. Its details: `endpoint_act`.
pub const IPCSENTRY_KIND_ENDPOINT_CONNECT: ipcsentry_kind = ipcsentry_kind(11);
/// An endpoint was removed: auditd unlink, mq_unlink. Its details: `endpoint_act`.
pub const IPCSENTRY_KIND_ENDPOINT_REMOVE: ipcsentry_kind = ipcsentry_kind(12);
/// A descriptor was duplicated: auditd dup2, pidfd_getfd. Its details: `fd_dup`.
pub const IPCSENTRY_KIND_FD_DUP: ipcsentry_kind = ipcsentry_kind(13);
/// A file share object was opened from the network: Security 5145. Its details: `share_access`.
pub const IPCSENTRY_KIND_SHARE_ACCESS: ipcsentry_kind = ipcsentry_kind(14);
/// A COM class was activated: derived, or read from System 10016 and 10028; a request to WMI: WMI-Activity 5858, 5860.
/// Its details: `com_activation`.
pub const IPCSENTRY_KIND_COM_ACTIVATION: ipcsentry_kind = ipcsentry_kind(15);
/// A registry value was written: Sysmon 12, 13 and 14, Security 4657. Its details: `registry_act`.
pub const IPCSENTRY_KIND_REGISTRY_SET: ipcsentry_kind = ipcsentry_kind(16);
/// A registry key was read: Security 4656 and 4663 on keys. Its details: `registry_act`.
pub const IPCSENTRY_KIND_REGISTRY_QUERY: ipcsentry_kind = ipcsentry_kind(17);
/// A DDE conversation was requested. Its details: `dde_request`.
pub const IPCSENTRY_KIND_DDE_REQUEST: ipcsentry_kind = ipcsentry_kind(18);
/// An Apple Event was sent or answered: unified log com.apple.appleevents. Its details: `apple_event`.
pub const IPCSENTRY_KIND_APPLE_EVENT: ipcsentry_kind = ipcsentry_kind(19);
/// A script was run by a scripting host: PowerShell 4103 and 4104, osquery, ES exec of a script. Its details:
/// `script_run`.
pub const IPCSENTRY_KIND_SCRIPT_RUN: ipcsentry_kind = ipcsentry_kind(20);
/// The privacy database was asked: unified log com.apple.TCC, ES tcc_modify. Its details: `privacy_decision`.
pub const IPCSENTRY_KIND_PRIVACY_DECISION: ipcsentry_kind = ipcsentry_kind(21);
/// A service was installed: System 7045, Security 4697. Its details: `service_install`.
pub const IPCSENTRY_KIND_SERVICE_INSTALL: ipcsentry_kind = ipcsentry_kind(22);
/// A scheduled task was registered, changed or deleted: Security 4698, 4699, 4702, TaskScheduler 106, 140, 141; a WMI
/// consumer that runs something: Sysmon 20 and 21, WMI-Activity 5861. Its details: `task_register`.
pub const IPCSENTRY_KIND_TASK_REGISTER: ipcsentry_kind = ipcsentry_kind(23);
/// A launch agent, daemon or login item was added: ES btm_launch_item_add. Its details: `launch_item_add`.
pub const IPCSENTRY_KIND_LAUNCH_ITEM_ADD: ipcsentry_kind = ipcsentry_kind(24);
/// A logon: Security 4624 and 4648, auditd LOGIN and USER_START. Its details: `logon`.
pub const IPCSENTRY_KIND_LOGON: ipcsentry_kind = ipcsentry_kind(25);
/// A session was locked, ended or reconnected. Its details: `session_change`.
pub const IPCSENTRY_KIND_SESSION_CHANGE: ipcsentry_kind = ipcsentry_kind(26);
/// A network connection was made or accepted: Sysmon 3, auditd connect on AF_INET. Its details: `network_connect`.
pub const IPCSENTRY_KIND_NETWORK_CONNECT: ipcsentry_kind = ipcsentry_kind(27);
/// A file was created, written, opened or deleted: Sysmon 11, 15 and 23, auditd open, ES create. Its details:
/// `file_access`.
pub const IPCSENTRY_KIND_FILE_ACCESS: ipcsentry_kind = ipcsentry_kind(28);
/// The sensor's own state: Sysmon 4, 16 and 255, auditd DAEMON_* and CONFIG_CHANGE. Its details: `sensor_state`.
pub const IPCSENTRY_KIND_SENSOR_STATE: ipcsentry_kind = ipcsentry_kind(29);
/// A scheduled task was started, or an action of it: TaskScheduler 100, 129, 200 and 201. Its details: `task_run`.
pub const IPCSENTRY_KIND_TASK_RUN: ipcsentry_kind = ipcsentry_kind(30);
/// A service changed: System 7000, 7009, 7036 and 7040. Its details: `service_change`.
pub const IPCSENTRY_KIND_SERVICE_CHANGE: ipcsentry_kind = ipcsentry_kind(31);
/// A function of an RPC server was called: RPC Firewall 3, Security 5712. Its details: `rpc_call`.
pub const IPCSENTRY_KIND_RPC_CALL: ipcsentry_kind = ipcsentry_kind(32);

/// The operating system of an event: one of the `IPCSENTRY_OS_` numbers; must be given. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_os(pub u32);

/// Windows (AN1357).
pub const IPCSENTRY_OS_WINDOWS: ipcsentry_os = ipcsentry_os(1);
/// Linux (AN1358).
pub const IPCSENTRY_OS_LINUX: ipcsentry_os = ipcsentry_os(2);
/// macOS (AN1359).
pub const IPCSENTRY_OS_MACOS: ipcsentry_os = ipcsentry_os(3);

/// The mechanism of an endpoint: one of the `IPCSENTRY_MECHANISM_` numbers; must be given. Later versions may add
/// numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_mechanism(pub u32);

/// Windows named pipe; the name is NPFS-relative or a full `\\.\pipe\` path, as logged.
pub const IPCSENTRY_MECHANISM_NAMED_PIPE: ipcsentry_mechanism = ipcsentry_mechanism(1);
/// Windows anonymous pipe.
pub const IPCSENTRY_MECHANISM_ANONYMOUS_PIPE: ipcsentry_mechanism = ipcsentry_mechanism(2);
/// AF_UNIX socket bound to a path.
pub const IPCSENTRY_MECHANISM_UNIX_PATH: ipcsentry_mechanism = ipcsentry_mechanism(3);
/// AF_UNIX socket in the abstract namespace; the name stands without its leading NUL.
pub const IPCSENTRY_MECHANISM_UNIX_ABSTRACT: ipcsentry_mechanism = ipcsentry_mechanism(4);
/// AF_UNIX socket without a name (socketpair, unnamed peer).
pub const IPCSENTRY_MECHANISM_UNIX_UNNAMED: ipcsentry_mechanism = ipcsentry_mechanism(5);
/// POSIX FIFO.
pub const IPCSENTRY_MECHANISM_FIFO: ipcsentry_mechanism = ipcsentry_mechanism(6);
/// POSIX anonymous pipe.
pub const IPCSENTRY_MECHANISM_PIPE: ipcsentry_mechanism = ipcsentry_mechanism(7);
/// POSIX message queue.
pub const IPCSENTRY_MECHANISM_POSIX_QUEUE: ipcsentry_mechanism = ipcsentry_mechanism(8);
/// System V message queue; the name is its key in hex.
pub const IPCSENTRY_MECHANISM_SYSV_QUEUE: ipcsentry_mechanism = ipcsentry_mechanism(9);
/// System V or POSIX semaphore.
pub const IPCSENTRY_MECHANISM_SEMAPHORE: ipcsentry_mechanism = ipcsentry_mechanism(10);
/// System V or POSIX shared memory.
pub const IPCSENTRY_MECHANISM_SHARED_MEMORY: ipcsentry_mechanism = ipcsentry_mechanism(11);
/// Mach service by bootstrap name.
pub const IPCSENTRY_MECHANISM_MACH_SERVICE: ipcsentry_mechanism = ipcsentry_mechanism(12);
/// XPC service.
pub const IPCSENTRY_MECHANISM_XPC_SERVICE: ipcsentry_mechanism = ipcsentry_mechanism(13);
/// D-Bus name.
pub const IPCSENTRY_MECHANISM_DBUS_NAME: ipcsentry_mechanism = ipcsentry_mechanism(14);

/// The telemetry channel: which sensor wrote the record: one of the `IPCSENTRY_CHANNEL_` numbers; not given is
/// `IPCSENTRY_CHANNEL_EMBEDDER`, the sensor of an agent of your own. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_channel(pub u32);

/// Not named by the record.
pub const IPCSENTRY_CHANNEL_UNKNOWN: ipcsentry_channel = ipcsentry_channel(1);
/// Microsoft-Windows-Sysmon/Operational.
pub const IPCSENTRY_CHANNEL_SYSMON: ipcsentry_channel = ipcsentry_channel(2);
/// Windows Security (Microsoft-Windows-Security-Auditing).
pub const IPCSENTRY_CHANNEL_SECURITY: ipcsentry_channel = ipcsentry_channel(3);
/// Windows System (Service Control Manager, DistributedCOM).
pub const IPCSENTRY_CHANNEL_SYSTEM: ipcsentry_channel = ipcsentry_channel(4);
/// Microsoft-Windows-WMI-Activity/Operational.
pub const IPCSENTRY_CHANNEL_WMI_ACTIVITY: ipcsentry_channel = ipcsentry_channel(5);
/// Linux audit (auditd, laurel).
pub const IPCSENTRY_CHANNEL_AUDIT: ipcsentry_channel = ipcsentry_channel(6);
/// Sysmon for Linux.
pub const IPCSENTRY_CHANNEL_SYSMON_LINUX: ipcsentry_channel = ipcsentry_channel(7);
/// kunai.
pub const IPCSENTRY_CHANNEL_KUNAI: ipcsentry_channel = ipcsentry_channel(8);
/// tetragon.
pub const IPCSENTRY_CHANNEL_TETRAGON: ipcsentry_channel = ipcsentry_channel(9);
/// Falco.
pub const IPCSENTRY_CHANNEL_FALCO: ipcsentry_channel = ipcsentry_channel(10);
/// osquery on macOS.
pub const IPCSENTRY_CHANNEL_OSQUERY: ipcsentry_channel = ipcsentry_channel(11);
/// Apple Endpoint Security (eslogger).
pub const IPCSENTRY_CHANNEL_ENDPOINT_SECURITY: ipcsentry_channel = ipcsentry_channel(12);
/// macOS unified log, subsystem com.apple.appleevents.
pub const IPCSENTRY_CHANNEL_APPLE_EVENTS: ipcsentry_channel = ipcsentry_channel(13);
/// macOS unified log, subsystem com.apple.TCC.
pub const IPCSENTRY_CHANNEL_TCC: ipcsentry_channel = ipcsentry_channel(14);
/// macOS unified log, anything else.
pub const IPCSENTRY_CHANNEL_UNIFIED_LOG: ipcsentry_channel = ipcsentry_channel(15);
/// Jamf Protect.
pub const IPCSENTRY_CHANNEL_JAMF: ipcsentry_channel = ipcsentry_channel(16);
/// The embedder's own sensor.
pub const IPCSENTRY_CHANNEL_EMBEDDER: ipcsentry_channel = ipcsentry_channel(17);
/// Elastic Endpoint.
pub const IPCSENTRY_CHANNEL_ELASTIC_ENDPOINT: ipcsentry_channel = ipcsentry_channel(18);
/// osquery on Linux.
pub const IPCSENTRY_CHANNEL_OSQUERY_LINUX: ipcsentry_channel = ipcsentry_channel(19);
/// Microsoft-Windows-TaskScheduler/Operational.
pub const IPCSENTRY_CHANNEL_TASK_SCHEDULER: ipcsentry_channel = ipcsentry_channel(20);
/// Microsoft-Windows-PowerShell/Operational.
pub const IPCSENTRY_CHANNEL_POWER_SHELL: ipcsentry_channel = ipcsentry_channel(21);
/// RPC Firewall.
pub const IPCSENTRY_CHANNEL_RPC_FIREWALL: ipcsentry_channel = ipcsentry_channel(22);
/// Microsoft Defender for Endpoint.
pub const IPCSENTRY_CHANNEL_DEFENDER: ipcsentry_channel = ipcsentry_channel(23);
/// A product that writes the Open Cybersecurity Schema Framework.
pub const IPCSENTRY_CHANNEL_OCSF: ipcsentry_channel = ipcsentry_channel(24);
/// Santa.
pub const IPCSENTRY_CHANNEL_SANTA: ipcsentry_channel = ipcsentry_channel(25);

/// Mandatory integrity level (Windows): one of the `IPCSENTRY_INTEGRITY_` numbers; not given is unknown. Later versions
/// may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_integrity(pub u32);

/// S-1-16-0.
pub const IPCSENTRY_INTEGRITY_UNTRUSTED: ipcsentry_integrity = ipcsentry_integrity(1);
/// S-1-16-4096, AppContainer included.
pub const IPCSENTRY_INTEGRITY_LOW: ipcsentry_integrity = ipcsentry_integrity(2);
/// S-1-16-8192.
pub const IPCSENTRY_INTEGRITY_MEDIUM: ipcsentry_integrity = ipcsentry_integrity(3);
/// S-1-16-12288.
pub const IPCSENTRY_INTEGRITY_HIGH: ipcsentry_integrity = ipcsentry_integrity(4);
/// S-1-16-16384 and above.
pub const IPCSENTRY_INTEGRITY_SYSTEM: ipcsentry_integrity = ipcsentry_integrity(5);

/// What is known of an image's code signature: one of the `IPCSENTRY_SIGNING_` numbers; not given is unknown. Later
/// versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_signing(pub u32);

/// Not signed, or the signature does not hold.
pub const IPCSENTRY_SIGNING_UNSIGNED: ipcsentry_signing = ipcsentry_signing(1);
/// Signed ad hoc: no identity behind it (macOS).
pub const IPCSENTRY_SIGNING_AD_HOC: ipcsentry_signing = ipcsentry_signing(2);
/// Signed by somebody.
pub const IPCSENTRY_SIGNING_SIGNED: ipcsentry_signing = ipcsentry_signing(3);
/// Part of the operating system (Apple platform binary, Microsoft Windows).
pub const IPCSENTRY_SIGNING_PLATFORM: ipcsentry_signing = ipcsentry_signing(4);

/// How a process began: one of the `IPCSENTRY_START_METHOD_` numbers; not given is `IPCSENTRY_START_METHOD_CREATE`.
/// Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_start_method(pub u32);

/// A new process with its image (Windows, and sources that do not distinguish fork from exec).
pub const IPCSENTRY_START_METHOD_CREATE: ipcsentry_start_method = ipcsentry_start_method(1);
/// A copy of its parent.
pub const IPCSENTRY_START_METHOD_FORK: ipcsentry_start_method = ipcsentry_start_method(2);
/// The same process with a new image.
pub const IPCSENTRY_START_METHOD_EXEC: ipcsentry_start_method = ipcsentry_start_method(3);

/// How one process obtained access to another: one of the `IPCSENTRY_ACCESS_METHOD_` numbers; not given is
/// `IPCSENTRY_ACCESS_METHOD_HANDLE`. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_access_method(pub u32);

/// A Windows process handle with an access mask.
pub const IPCSENTRY_ACCESS_METHOD_HANDLE: ipcsentry_access_method = ipcsentry_access_method(1);
/// ptrace ATTACH or SEIZE.
pub const IPCSENTRY_ACCESS_METHOD_PTRACE_ATTACH: ipcsentry_access_method = ipcsentry_access_method(2);
/// Any other ptrace request that changes the target (SETREGS …).
pub const IPCSENTRY_ACCESS_METHOD_PTRACE_CONTROL: ipcsentry_access_method = ipcsentry_access_method(3);
/// The Mach control port.
pub const IPCSENTRY_ACCESS_METHOD_TASK_PORT: ipcsentry_access_method = ipcsentry_access_method(4);
/// A Mach read or inspect port, or ptrace requests that only read.
pub const IPCSENTRY_ACCESS_METHOD_TASK_READ: ipcsentry_access_method = ipcsentry_access_method(5);
/// The target asked to be traced by its parent (PTRACE_TRACEME).
pub const IPCSENTRY_ACCESS_METHOD_TRACE_ME: ipcsentry_access_method = ipcsentry_access_method(6);

/// Which side opened a network connection: one of the `IPCSENTRY_DIRECTION_` numbers; not given is unknown. Later
/// versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_direction(pub u32);

/// The source does not say.
pub const IPCSENTRY_DIRECTION_UNKNOWN: ipcsentry_direction = ipcsentry_direction(1);
/// Another host connected to the actor.
pub const IPCSENTRY_DIRECTION_INBOUND: ipcsentry_direction = ipcsentry_direction(2);
/// The actor connected to another host.
pub const IPCSENTRY_DIRECTION_OUTBOUND: ipcsentry_direction = ipcsentry_direction(3);

/// What was done to a file: one of the `IPCSENTRY_FILE_OPERATION_` numbers; not given is
/// `IPCSENTRY_FILE_OPERATION_OPEN`. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_file_operation(pub u32);

/// Opened for reading, or the source does not say.
pub const IPCSENTRY_FILE_OPERATION_OPEN: ipcsentry_file_operation = ipcsentry_file_operation(1);
/// Opened for writing, or written.
pub const IPCSENTRY_FILE_OPERATION_WRITE: ipcsentry_file_operation = ipcsentry_file_operation(2);
/// Created.
pub const IPCSENTRY_FILE_OPERATION_CREATE: ipcsentry_file_operation = ipcsentry_file_operation(3);
/// Deleted or unlinked.
pub const IPCSENTRY_FILE_OPERATION_DELETE: ipcsentry_file_operation = ipcsentry_file_operation(4);
/// Created in memory only (memfd_create).
pub const IPCSENTRY_FILE_OPERATION_CREATE_IN_MEMORY: ipcsentry_file_operation = ipcsentry_file_operation(5);

/// A change of the sensor's own state: one of the `IPCSENTRY_SENSOR_CHANGE_` numbers; not given is
/// `IPCSENTRY_SENSOR_CHANGE_STARTED`. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_sensor_change(pub u32);

/// It began.
pub const IPCSENTRY_SENSOR_CHANGE_STARTED: ipcsentry_sensor_change = ipcsentry_sensor_change(1);
/// It stopped.
pub const IPCSENTRY_SENSOR_CHANGE_STOPPED: ipcsentry_sensor_change = ipcsentry_sensor_change(2);
/// Its configuration changed.
pub const IPCSENTRY_SENSOR_CHANGE_RECONFIGURED: ipcsentry_sensor_change = ipcsentry_sensor_change(3);
/// It lost records or reported an error.
pub const IPCSENTRY_SENSOR_CHANGE_LOST: ipcsentry_sensor_change = ipcsentry_sensor_change(4);

/// A change of a service: one of the `IPCSENTRY_SERVICE_ACT_` numbers; not given is `IPCSENTRY_SERVICE_ACT_STATE`.
/// Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_service_act(pub u32);

/// It entered another state (running, stopped).
pub const IPCSENTRY_SERVICE_ACT_STATE: ipcsentry_service_act = ipcsentry_service_act(1);
/// Its start type was changed.
pub const IPCSENTRY_SERVICE_ACT_START_TYPE: ipcsentry_service_act = ipcsentry_service_act(2);
/// It could not be started, or did not answer in time.
pub const IPCSENTRY_SERVICE_ACT_START_FAILED: ipcsentry_service_act = ipcsentry_service_act(3);
