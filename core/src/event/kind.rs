//! The kinds of events and their details.

use super::endpoint::Endpoint;
use super::error::EventError;
use super::node::{Cell, Node};
use super::process::ProcessRef;
use super::text::Text;
#[cfg(feature = "_internal_test_exports")]
use super::wire::Numbers;
use super::wire::{Members, Reader, Wire, enumeration, object, record, wire_struct};
use crate::util::saved::Schema;
use alloc::vec::Vec;

/// Defines [`Kind`] and [`KindTag`] from one list, so that they always agree.
macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident($ty:ident) = $number:literal,)*) => {
        /// What happened. The documentation of each variant names the records that report it.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Kind<'a> { $($(#[$meta])* $variant($ty<'a>),)* }

        enumeration! {
            /// The kind of an event without its details. Rules name it in the clauses of behaviors.
            pub enum KindTag { $($(#[$meta])* $variant = $number,)* }
        }

        impl Kind<'_> {
            /// The kind without its details.
            #[must_use]
            pub const fn tag(&self) -> KindTag {
                match self { $(Self::$variant(_) => KindTag::$variant),* }
            }
        }

        #[cfg(feature = "_internal_test_exports")]
        impl Kind<'_> {
            /// A kind with every detail there is.
            pub(crate) fn sample_of(tag: KindTag, numbers: &mut Numbers) -> Self {
                match tag { $(KindTag::$variant => Self::$variant($ty::sample(numbers)),)* }
            }
        }

        impl<'a> Wire<'a> for Kind<'a> {
            fn write(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant(details) => { out.push($number); details.write(out); })* }
            }
            fn read(from: &mut Reader<'a>) -> Option<Self> {
                match u8::read(from)? { $($number => $ty::read(from).map(Self::$variant),)* _ => None }
            }
            fn json(&self) -> serde_json::Value {
                match self { $(Self::$variant(details) => object([(KindTag::$variant.name(), details.json())])),* }
            }
            fn form(schema: Schema) -> Schema {
                $(let schema = <$ty<'a> as Wire<'a>>::form(schema.number($number).word(stringify!($variant)));)*
                schema
            }
            fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
                // A kind without details may be its name alone.
                let (name, details) = match (node.only_member(), node.cell()) {
                    (Some((name, details)), _) => (name.as_bytes(), details),
                    (None, Cell::Text(name)) => (name, node.null()),
                    _ => (&b""[..], node.null()),
                };
                $(if name == KindTag::$variant.name().as_bytes() {
                    let details = $ty::parse(details).map(Self::$variant);
                    return details.map_err(|error| error.at(KindTag::$variant.name()));
                })*
                Err(EventError::one_of(KindTag::NAMES))
            }
            #[cfg(feature = "_internal_test_exports")]
            fn sample(numbers: &mut Numbers) -> Self {
                let tag = KindTag::sample(numbers);
                Self::sample_of(tag, numbers)
            }
        }
    };
}

kinds! {
    /// A process began or changed its image: Sysmon 1, Security 4688, auditd execve, ES exec and fork, osquery.
    ProcessStart(ProcessStart) = 0,
    /// A process ended: Sysmon 5, Security 4689, auditd exit_group, ES exit.
    ProcessEnd(ProcessEnd) = 1,
    /// A process that ran before the sensor did (inventory).
    ProcessSeen(ProcessSeen) = 2,
    /// A handle, ptrace attachment or task port was obtained: Sysmon 10, Security 4656, 4663 and 4670, auditd ptrace,
    /// ES get_task.
    ProcessAccess(ProcessAccess) = 3,
    /// A thread was started in another process, or one of its threads made to run other code: Sysmon 8, Defender
    /// CreateRemoteThreadApiCall and QueueUserApcRemoteApiCall, ES remote_thread_create.
    RemoteThread(RemoteThread) = 4,
    /// Another process's memory was written: auditd ptrace POKE, process_vm_writev, /proc/PID/mem.
    MemoryWrite(MemoryWrite) = 5,
    /// A process's image was changed under it: Sysmon 25.
    ImageTamper(ImageTamper) = 6,
    /// A running process's code signature became invalid: ES cs_invalidated.
    CodeSignInvalid(CodeSignInvalid) = 7,
    /// A library was loaded: Sysmon 7, WMI-Activity 5857 (a provider), ES mmap.
    ImageLoad(ImageLoad) = 8,
    /// An endpoint came into being: Sysmon 17, auditd bind, mknod, mq_open O_CREAT, ES uipc_bind, Mach check-in.
    EndpointCreate(EndpointAct) = 9,
    /// An endpoint was opened by a client (or, for a FIFO, by either side): Sysmon 18, auditd connect and open, ES
    /// uipc_connect, xpc_connect.
    EndpointConnect(EndpointAct) = 10,
    /// An endpoint was removed: auditd unlink, mq_unlink.
    EndpointRemove(EndpointAct) = 11,
    /// A descriptor was duplicated: auditd dup2, pidfd_getfd.
    FdDup(FdDup) = 12,
    /// A file share object was opened from the network: Security 5145.
    ShareAccess(ShareAccess) = 13,
    /// A COM class was activated: derived, or read from System 10016 and 10028; a request to WMI: WMI-Activity 5858,
    /// 5860.
    ComActivation(ComActivation) = 14,
    /// A registry value was written: Sysmon 12, 13 and 14, Security 4657.
    RegistrySet(RegistryAct) = 15,
    /// A registry key was read: Security 4656 and 4663 on keys.
    RegistryQuery(RegistryAct) = 16,
    /// A DDE conversation was requested.
    DdeRequest(DdeRequest) = 17,
    /// An Apple Event was sent or answered: unified log com.apple.appleevents.
    AppleEvent(AppleEvent) = 18,
    /// A script was run by a scripting host: PowerShell 4103 and 4104, osquery, ES exec of a script.
    ScriptRun(ScriptRun) = 19,
    /// The privacy database was asked: unified log com.apple.TCC, ES tcc_modify.
    PrivacyDecision(PrivacyDecision) = 20,
    /// A service was installed: System 7045, Security 4697.
    ServiceInstall(ServiceInstall) = 21,
    /// A scheduled task was registered, changed or deleted: Security 4698, 4699, 4702, TaskScheduler 106, 140, 141; a
    /// WMI consumer that runs something: Sysmon 20 and 21, WMI-Activity 5861.
    TaskRegister(TaskRegister) = 22,
    /// A launch agent, daemon or login item was added: ES btm_launch_item_add.
    LaunchItemAdd(LaunchItemAdd) = 23,
    /// A logon: Security 4624 and 4648, auditd LOGIN and USER_START.
    Logon(Logon) = 24,
    /// A session was locked, ended or reconnected.
    SessionChange(SessionChange) = 25,
    /// A network connection was made or accepted: Sysmon 3, auditd connect on AF_INET.
    NetworkConnect(NetworkConnect) = 26,
    /// A file was created, written, opened or deleted: Sysmon 11, 15 and 23, auditd open, ES create.
    FileAccess(FileAccess) = 27,
    /// The sensor's own state: Sysmon 4, 16 and 255, auditd DAEMON_* and CONFIG_CHANGE.
    SensorState(SensorState) = 28,
    /// A scheduled task was started, or an action of it: TaskScheduler 100, 129, 200 and 201.
    TaskRun(TaskRun) = 29,
    /// A service changed: System 7000, 7009, 7036 and 7040.
    ServiceChange(ServiceChange) = 30,
    /// A function of an RPC server was called: RPC Firewall 3, Security 5712.
    RpcCall(RpcCall) = 31,
}

enumeration! {
    /// How a process began.
    #[derive(Default)]
    pub enum StartMethod {
        /// A new process with its image (Windows, and sources that do not distinguish fork from exec).
        #[default]
        Create = 0,
        /// A copy of its parent.
        Fork = 1,
        /// The same process with a new image.
        Exec = 2,
    }
}

record! {
    /// Details of [`Kind::ProcessStart`]; the actor is the process with its new image.
    pub struct ProcessStart {
        /// How it began.
        pub method: StartMethod,
        /// The image of the process before an exec, if the source has it.
        pub previous_image: Option<Text<'a>>,
        /// The script file that an interpreter was started with, if the source has it (ES exec script).
        pub script: Option<Text<'a>>,
        /// The label of the launchd job that the process is the program of, if the source has it (macOS
        /// `XPC_SERVICE_NAME`).
        pub job: Option<Text<'a>>,
        /// The process that started it, if the source tells it apart from the parent that the record names (Windows:
        /// Elastic `process.parent.Ext.real.pid`, the process id in the header of an ETW record). A program may name
        /// another process as the parent of what it starts.
        pub creator: ProcessRef<'a>,
    }
}

record! {
    /// Details of [`Kind::ProcessEnd`].
    pub struct ProcessEnd {
        /// The exit code.
        pub exit_code: Option<i32>,
    }
}

record! {
    /// Details of [`Kind::ProcessSeen`]: none beyond the actor.
    pub struct ProcessSeen {}
}

enumeration! {
    /// How one process obtained access to another.
    pub enum AccessMethod {
        /// A Windows process handle with an access mask.
        Handle = 0,
        /// ptrace ATTACH or SEIZE.
        PtraceAttach = 1,
        /// Any other ptrace request that changes the target (SETREGS …).
        PtraceControl = 2,
        /// The Mach control port.
        TaskPort = 3,
        /// A Mach read or inspect port, or ptrace requests that only read.
        TaskRead = 4,
        /// The target asked to be traced by its parent (PTRACE_TRACEME).
        TraceMe = 5,
    }
}

/// The access that was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// How it was obtained.
    pub method: AccessMethod,
    /// The Windows access mask (Sysmon GrantedAccess, Security AccessMask); 0 elsewhere.
    pub mask: u32,
}

impl Default for Access {
    fn default() -> Self {
        Self { method: AccessMethod::Handle, mask: 0 }
    }
}

impl<'a> Wire<'a> for Access {
    fn write(&self, out: &mut Vec<u8>) {
        self.method.write(out);
        self.mask.write(out);
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self { method: AccessMethod::read(from)?, mask: u32::read(from)? })
    }
    fn json(&self) -> serde_json::Value {
        object([("method", self.method.json()), ("mask", self.mask.json())])
    }
    fn form(schema: Schema) -> Schema {
        u32::form(AccessMethod::form(schema))
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        let members = Members::of(node, &["method", "mask"])?;
        let method = match members.find(0, "method") {
            None => AccessMethod::Handle,
            found => members.read(found, "method")?,
        };
        Ok(Self { method, mask: members.get(1, "mask")? })
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        Self { method: AccessMethod::sample(numbers), mask: u32::sample(numbers) }
    }
}

record! {
    /// Details of [`Kind::ProcessAccess`].
    pub struct ProcessAccess {
        /// The process that was accessed.
        pub target: ProcessRef<'a>,
        /// The access that was obtained.
        pub access: Access,
        /// The call came from memory that no module backs (Sysmon CallTrace `UNKNOWN`): weak evidence by itself.
        pub unbacked_caller: bool,
    }
}

record! {
    /// Details of [`Kind::RemoteThread`].
    pub struct RemoteThread {
        /// The process in which the thread runs.
        pub target: ProcessRef<'a>,
        /// The module of its start address; `None` if no module backs it.
        pub start_module: Option<Text<'a>>,
        /// The exported function at its start address.
        pub start_function: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::MemoryWrite`].
    pub struct MemoryWrite {
        /// The process whose memory was written.
        pub target: ProcessRef<'a>,
    }
}

record! {
    /// Details of [`Kind::ImageTamper`]; the actor is the process whose image changed.
    pub struct ImageTamper {
        /// What the sensor says happened (Sysmon 25 `Type`).
        pub what: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::CodeSignInvalid`]: none beyond the actor.
    pub struct CodeSignInvalid {}
}

record! {
    /// Details of [`Kind::ImageLoad`].
    pub struct ImageLoad {
        /// The full path of the library.
        pub image: Option<Text<'a>>,
        /// Whether its signature holds.
        pub signed: Option<bool>,
        /// Who signed it.
        pub signer: Option<Text<'a>>,
    }
}

/// Details of [`Kind::EndpointCreate`], [`Kind::EndpointConnect`] and [`Kind::EndpointRemove`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EndpointAct<'a> {
    /// The endpoint.
    pub endpoint: Endpoint<'a>,
    /// The process at the other end, if the source names it (ES uipc_connect does not).
    pub peer: ProcessRef<'a>,
    /// The outcome. `false` only if the call failed for good; a pending connection counts as a success.
    pub succeeded: bool,
    /// The actor accepted the connection (auditd accept) rather than made it.
    pub accepted: bool,
    /// Whether the object was opened for writing; `None` if the source does not say.
    pub writes: Option<bool>,
}

impl<'a> EndpointAct<'a> {
    /// A successful act on an endpoint, without other details.
    #[must_use]
    pub fn new(endpoint: Endpoint<'a>) -> Self {
        Self { endpoint, peer: ProcessRef::default(), succeeded: true, accepted: false, writes: None }
    }
}

wire_struct!(EndpointAct, endpoint, peer, succeeded if absent true, accepted, writes);

record! {
    /// Details of [`Kind::FdDup`].
    pub struct FdDup {
        /// The descriptor that was copied.
        pub from: Option<i32>,
        /// The descriptor it became.
        pub to: Option<i32>,
        /// The process it was taken from (pidfd_getfd).
        pub target: ProcessRef<'a>,
    }
}

record! {
    /// Details of [`Kind::ShareAccess`]; the actor is the remote client, which has no process on this host.
    pub struct ShareAccess {
        /// The share, for example `\\*\IPC$`.
        pub share: Option<Text<'a>>,
        /// The name below it: for IPC$ a pipe name without its leading backslash.
        pub name: Option<Text<'a>>,
        /// The client's address.
        pub address: Option<Text<'a>>,
        /// The client's port.
        pub port: Option<u32>,
        /// The access mask.
        pub mask: u32,
    }
}

record! {
    /// Details of [`Kind::ComActivation`].
    pub struct ComActivation {
        /// The class id with braces.
        pub clsid: Option<Text<'a>>,
        /// The application id with braces.
        pub app_id: Option<Text<'a>>,
        /// The address of the remote client, if the record has it.
        pub address: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::RegistrySet`] and [`Kind::RegistryQuery`].
    pub struct RegistryAct {
        /// The full path: key and value name, as logged.
        pub path: Option<Text<'a>>,
        /// The data written.
        pub data: Option<Text<'a>>,
        /// The operation (Sysmon `EventType`: SetValue, CreateKey, DeleteKey …).
        pub operation: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::DdeRequest`].
    pub struct DdeRequest {
        /// The service asked for.
        pub service: Option<Text<'a>>,
        /// The topic.
        pub topic: Option<Text<'a>>,
        /// The item or command.
        pub item: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::AppleEvent`]; the actor is the sender.
    pub struct AppleEvent {
        /// Class and id as four-character codes, `syso,dlog`; `None` if the log hides them (`<private>`).
        pub code: Option<Text<'a>>,
        /// The target application: bundle id or process name; `None` if the log hides it.
        pub target: Option<Text<'a>>,
        /// The dialog hides what the user types (parameter `htxt` true).
        pub hidden_answer: Option<bool>,
        /// The event mutes the sound (`aevt,stvl` with `mute` true).
        pub mute: Option<bool>,
        /// The text of the direct parameter as far as the log has it, in UTF-8.
        pub text: Option<Text<'a>>,
        /// Whether it is the reply to an event.
        pub reply: bool,
        /// The error the reply reports; 0 is success.
        pub error: Option<i32>,
    }
}

record! {
    /// Details of [`Kind::ScriptRun`].
    pub struct ScriptRun {
        /// The script file.
        pub path: Option<Text<'a>>,
        /// The script's text, as far as the record has it.
        pub text: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::PrivacyDecision`]; the actor is the accessing process.
    pub struct PrivacyDecision {
        /// The service, for example `kTCCServiceAppleEvents`.
        pub service: Option<Text<'a>>,
        /// The application the access is aimed at (Apple Events target), as bundle id.
        pub target: Option<Text<'a>>,
        /// The decision: `Some(true)` allowed, `Some(false)` denied, `None` unknown or not decided yet.
        pub allowed: Option<bool>,
    }
}

record! {
    /// Details of [`Kind::ServiceInstall`].
    pub struct ServiceInstall {
        /// The service's name.
        pub name: Option<Text<'a>>,
        /// Its command line (ImagePath, ServiceFileName).
        pub command: Option<Text<'a>>,
        /// The account it runs as.
        pub account: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::TaskRegister`].
    pub struct TaskRegister {
        /// The task's name.
        pub name: Option<Text<'a>>,
        /// Its definition or command.
        pub command: Option<Text<'a>>,
        /// Whether it was deleted rather than registered.
        pub deleted: bool,
        /// Whether it is a WMI event consumer rather than a scheduled task.
        pub subscription: bool,
    }
}

record! {
    /// Details of [`Kind::LaunchItemAdd`].
    pub struct LaunchItemAdd {
        /// The label or URL of the item.
        pub label: Option<Text<'a>>,
        /// The program it runs.
        pub program: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::Logon`].
    pub struct Logon {
        /// Windows logon type (3 network, 10 remote interactive …).
        pub logon_type: Option<u32>,
        /// Who logged on.
        pub user: Option<Text<'a>>,
        /// The session that was created.
        pub session: Option<u64>,
        /// The address it came from; `None` for a local logon.
        pub address: Option<Text<'a>>,
        /// Whether explicit credentials were used (Security 4648).
        pub explicit: bool,
    }
}

record! {
    /// Details of [`Kind::SessionChange`].
    pub struct SessionChange {
        /// The session.
        pub session: Option<u64>,
        /// Its new state.
        pub state: Option<Text<'a>>,
    }
}

enumeration! {
    /// Which side opened a network connection.
    #[derive(Default)]
    pub enum Direction {
        /// The source does not say.
        #[default]
        Unknown = 0,
        /// Another host connected to the actor.
        Inbound = 1,
        /// The actor connected to another host.
        Outbound = 2,
    }
}

record! {
    /// Details of [`Kind::NetworkConnect`].
    pub struct NetworkConnect {
        /// Which side opened it.
        pub direction: Direction,
        /// The actor's own address.
        pub local_address: Option<Text<'a>>,
        /// The actor's own port.
        pub local_port: Option<u32>,
        /// The other side's address.
        pub remote_address: Option<Text<'a>>,
        /// The other side's port.
        pub remote_port: Option<u32>,
    }
}

enumeration! {
    /// What was done to a file.
    #[derive(Default)]
    pub enum FileOperation {
        /// Opened for reading, or the source does not say.
        #[default]
        Open = 0,
        /// Opened for writing, or written.
        Write = 1,
        /// Created.
        Create = 2,
        /// Deleted or unlinked.
        Delete = 3,
        /// Created in memory only (memfd_create).
        CreateInMemory = 4,
    }
}

record! {
    /// Details of [`Kind::FileAccess`].
    pub struct FileAccess {
        /// The absolute path.
        pub path: Option<Text<'a>>,
        /// What was done.
        pub operation: FileOperation,
    }
}

enumeration! {
    /// A change of the sensor's own state.
    #[derive(Default)]
    pub enum SensorChange {
        /// It began.
        #[default]
        Started = 0,
        /// It stopped.
        Stopped = 1,
        /// Its configuration changed.
        Reconfigured = 2,
        /// It lost records or reported an error.
        Lost = 3,
    }
}

record! {
    /// Details of [`Kind::SensorState`].
    pub struct SensorState {
        /// What changed.
        pub change: SensorChange,
        /// The sensor's own words.
        pub detail: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::TaskRun`]; the actor has the account that the task runs as.
    pub struct TaskRun {
        /// The task's name.
        pub name: Option<Text<'a>>,
        /// The image of its action.
        pub command: Option<Text<'a>>,
        /// The process that was started for it.
        pub process: ProcessRef<'a>,
        /// Whether the action ended.
        pub ended: bool,
    }
}

enumeration! {
    /// A change of a service.
    #[derive(Default)]
    pub enum ServiceAct {
        /// It entered another state (running, stopped).
        #[default]
        State = 0,
        /// Its start type was changed.
        StartType = 1,
        /// It could not be started, or did not answer in time.
        StartFailed = 2,
    }
}

record! {
    /// Details of [`Kind::ServiceChange`].
    pub struct ServiceChange {
        /// The service's name, or its display name if the record has no other.
        pub name: Option<Text<'a>>,
        /// The change.
        pub act: ServiceAct,
        /// The new state or start type, or the error, in the record's words.
        pub detail: Option<Text<'a>>,
    }
}

record! {
    /// Details of [`Kind::RpcCall`]; the actor is the client, of which the record has at most the account.
    pub struct RpcCall {
        /// The process whose function was called.
        pub server: ProcessRef<'a>,
        /// The interface's UUID.
        pub interface: Option<Text<'a>>,
        /// The number of the function in the interface.
        pub operation: Option<u32>,
        /// The protocol sequence (`ncacn_np`, `ncacn_ip_tcp` …).
        pub protocol: Option<Text<'a>>,
        /// The endpoint: a pipe, a port.
        pub endpoint: Option<Text<'a>>,
        /// The client's address.
        pub address: Option<Text<'a>>,
        /// The client's port.
        pub port: Option<u32>,
    }
}
