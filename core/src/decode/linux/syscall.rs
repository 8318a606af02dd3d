//! Interprets a system call and its companion records.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::IpAddr;

use super::audit_event::AuditEvent;
use super::details::{NameType, PathRecord, ProcessFields, Syscall};
use super::folder::below;
use super::sockaddr::Address;
use super::tables::{self, Call, CallEntry, has_failed};
use crate::Timestamp;
use crate::decode::Skip;
use crate::event::{
    Access, AccessMethod, Direction, Endpoint, EndpointAct, Event, FdDup, FileAccess, FileOperation, Kind, Mechanism,
    MemoryWrite, NetworkConnect, Os, ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, StartMethod,
};
use crate::util::digits::leading_decimal;

/// Buffers for texts that no record holds as such: one path or name and one command line per event.
#[derive(Debug, Default)]
pub(super) struct Work {
    path: Vec<u8>,
    command_line: Vec<u8>,
    text: String,
}

impl Work {
    /// The number of bytes of heap memory owned.
    pub(super) fn held_bytes(&self) -> usize {
        self.path.capacity() + self.command_line.capacity() + self.text.capacity()
    }
}

/// The file type bits of a mode, and the relevant file types.
const TYPE: u32 = 0o170_000;
const FIFO: u32 = 0o010_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const SOCKET: u32 = 0o140_000;

const AF_UNIX: u64 = 1;
const IPC_CREAT: u64 = 0o1000;
const SHARED_MEMORY_FOLDER: &[u8] = b"/dev/shm";
const CLONE_THREAD: u64 = 0x1_0000;
/// The descriptor that denotes the working folder, in the lower 32 bits.
const AT_FDCWD: u32 = -100_i32 as u32;
/// The access mode bits of open flags, and their values.
const ACCESS_MODE: u64 = 3;
const WRITE_ONLY: u64 = 1;
const READ_WRITE: u64 = 2;

/// Interprets the event of a SYSCALL record.
pub(super) fn event<'a>(audit: &'a AuditEvent, time: Timestamp, work: &'a mut Work) -> Result<Event<'a>, Skip> {
    let call = audit.call().ok_or(Skip::NotOfInterest)?;
    let mut args = call.args;
    let entry =
        tables::find(call.architecture, call.number, &mut args, audit.text(call.name)).ok_or(Skip::NotOfInterest)?;
    // A multiplexed socket call has its arguments in memory; the kernel logs them in a record of their own.
    let args = audit.socket_args.unwrap_or(args);
    if has_failed(&call, entry) {
        return Err(Skip::Failed);
    }
    let Work { path, command_line, text } = work;
    let acted = Acted { audit, call, entry, args };
    let mut event = Event::new(Os::Linux, time, acted.kind(path, text)?);
    event.source.code = call.number;
    event.source.name = Some(entry.name.as_bytes());
    event.actor = process_ref(audit, &call.process);
    event.actor.working_folder = audit.text(audit.working_folder);
    event.parent.pid = call.process.parent;
    match entry.call {
        Call::Exec => {
            event.actor.command_line = audit.command_line(command_line);
            event.actor.argument_count = audit.argument_count;
        }
        Call::Fork | Call::Clone => {
            event.parent = event.actor;
            event.actor.pid = call.exit.and_then(|pid| u32::try_from(pid).ok());
        }
        _ => {}
    }
    Ok(event)
}

/// Whether the call replaces the program of a process.
pub(super) fn is_exec(audit: &AuditEvent) -> bool {
    let entry = audit
        .call()
        .and_then(|call| tables::find(call.architecture, call.number, &mut call.args.clone(), audit.text(call.name)));
    entry.is_some_and(|entry| entry.call == Call::Exec)
}

/// The process that a record describes.
pub(super) fn process_ref<'a>(audit: &'a AuditEvent, process: &ProcessFields) -> ProcessRef<'a> {
    ProcessRef {
        pid: process.pid,
        image: audit.text(process.image),
        uid: process.effective.or(process.real),
        user: audit.text(process.effective_name).or_else(|| audit.text(process.real_name)),
        auid: process.login,
        session: process.session,
        terminal: audit.text(process.terminal),
        ..ProcessRef::default()
    }
}

/// A system call that took effect.
struct Acted<'a> {
    audit: &'a AuditEvent,
    call: Syscall,
    entry: &'static CallEntry,
    args: [u64; 4],
}

impl<'a> Acted<'a> {
    fn kind(&self, path: &'a mut Vec<u8>, text: &'a mut String) -> Result<Kind<'a>, Skip> {
        match self.entry.call {
            Call::Exec => Ok(start(StartMethod::Exec)),
            Call::Clone if self.args[0] & CLONE_THREAD != 0 => Err(Skip::NotOfInterest),
            Call::Fork | Call::Clone => match self.call.exit {
                Some(child) if child > 0 => Ok(start(StartMethod::Fork)),
                _ => Err(Skip::Incomplete),
            },
            Call::ExitGroup => {
                let exit_code = Some(self.args[0] as i32 & 0xff);
                Ok(Kind::ProcessEnd(ProcessEnd { exit_code, ..ProcessEnd::default() }))
            }
            Call::Bind => self.bind(path),
            Call::Connect => self.connect(path, text),
            Call::Send => self.send(path),
            Call::Accept => self.accept(text),
            Call::SocketPair => self.socket_pair(),
            Call::MakeNode { mode } => self.make_node(self.args[mode] as u32, path),
            Call::Open { .. } if self.call.architecture == tables::URING => self.open(None, path),
            Call::Open { flags } => self.open(Some(self.args[flags]), path),
            Call::OpenHow => self.open(self.audit.open_flags, path),
            Call::Creat => self.open(Some(WRITE_ONLY), path),
            Call::Unlink => self.unlink(path),
            Call::Rename => self.rename(path),
            Call::MemfdCreate => Ok(file_access(None, FileOperation::CreateInMemory)),
            Call::Ptrace => self.ptrace(),
            Call::VmRead => Ok(access(self.target(process(self.args[0])), AccessMethod::TaskRead)),
            Call::VmWrite => Ok(memory_write(self.target(process(self.args[0])))),
            Call::QueueOpen => self.open_queue(path),
            Call::QueueUnlink => self.unlink_queue(path),
            Call::IpcGet { mechanism, flags } => Ok(self.get_ipc(mechanism, self.args[flags], text)),
            Call::SharedMemoryAttach => Ok(self.attach_shared_memory()),
            Call::Dup => Ok(duplicate(self.args[0], self.args[1])),
            // Operations have records of their own; without those, their kinds are unknown.
            Call::RingEnter => Err(Skip::NotOfInterest),
            Call::PidfdGetfd => Ok(duplicate(self.args[1], self.call.exit.unwrap_or_default() as u64)),
        }
    }

    fn bind(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        self.socket(NameType::Create, path).map(|socket| Kind::EndpointCreate(EndpointAct::new(socket)))
    }

    fn connect(&self, path: &'a mut Vec<u8>, text: &'a mut String) -> Result<Kind<'a>, Skip> {
        match self.audit.address {
            Address::Inet(ip, port) => Ok(network(Direction::Outbound, ip, port, text)),
            _ => self.connect_unix(path),
        }
    }

    /// A datagram to a named socket is a connection of its own; without a name it goes to the connected socket.
    fn send(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        match self.audit.address {
            Address::Path(_) | Address::Abstract(_) => self.connect_unix(path),
            _ => Err(Skip::NotOfInterest),
        }
    }

    fn connect_unix(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        self.socket(NameType::Normal, path).map(|socket| Kind::EndpointConnect(EndpointAct::new(socket)))
    }

    fn accept(&self, text: &'a mut String) -> Result<Kind<'a>, Skip> {
        match self.audit.address {
            Address::Inet(ip, port) => Ok(network(Direction::Inbound, ip, port, text)),
            Address::Other => Err(Skip::NotOfInterest),
            // The address is the one that the client bound, not the name of the endpoint.
            Address::Missing | Address::Unnamed | Address::Path(_) | Address::Abstract(_) => {
                let mut act = EndpointAct::new(Endpoint::new(Mechanism::UnixUnnamed, None));
                act.accepted = true;
                Ok(Kind::EndpointConnect(act))
            }
        }
    }

    /// The AF_UNIX socket that the call names, with the details from the PATH record of that name type.
    fn socket(&self, name_type: NameType, path: &'a mut Vec<u8>) -> Result<Endpoint<'a>, Skip> {
        match self.audit.address {
            // A bind by an io_uring kernel thread has only the PATH record.
            Address::Missing => {
                let found = self.path_of(name_type, SOCKET).ok_or(Skip::Incomplete)?;
                Ok(on_disk(Mechanism::UnixPath, self.path_name(found, path), Some(found)))
            }
            Address::Inet(..) | Address::Other => Err(Skip::NotOfInterest),
            Address::Unnamed => Ok(Endpoint::new(Mechanism::UnixUnnamed, None)),
            Address::Abstract(name) => Ok(Endpoint::new(Mechanism::UnixAbstract, self.audit.text(name))),
            Address::Path(name) => {
                let name = self.audit.text(name).ok_or(Skip::Incomplete)?;
                let found = self.path_of(name_type, SOCKET);
                Ok(on_disk(Mechanism::UnixPath, absolute(name, self.audit, path), found))
            }
        }
    }

    fn socket_pair(&self) -> Result<Kind<'a>, Skip> {
        if self.args[0] != AF_UNIX {
            return Err(Skip::NotOfInterest);
        }
        Ok(Kind::EndpointCreate(EndpointAct::new(Endpoint::new(Mechanism::UnixUnnamed, None))))
    }

    fn make_node(&self, mode: u32, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        if mode & TYPE != FIFO {
            return Err(Skip::NotOfInterest);
        }
        let made = self.path(&[NameType::Create])?;
        let endpoint = on_disk(Mechanism::Fifo, self.path_name(made, path), Some(made));
        Ok(Kind::EndpointCreate(EndpointAct::new(endpoint)))
    }

    fn open(&self, flags: Option<u64>, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        let opened = self.path(&[NameType::Create, NameType::Normal])?;
        let mode = opened.mode.ok_or(Skip::Incomplete)?;
        let writes = flags.map(|flags| matches!(flags & ACCESS_MODE, WRITE_ONLY | READ_WRITE));
        match mode & TYPE {
            FIFO => {
                let mut act = EndpointAct::new(on_disk(Mechanism::Fifo, self.path_name(opened, path), Some(opened)));
                act.writes = writes;
                Ok(Kind::EndpointConnect(act))
            }
            REGULAR => {
                let name = self.path_name(opened, path);
                // `shm_open` and `sem_open` always set O_NOFOLLOW, while opens of ordinary files rarely do.
                let no_follow = if self.call.architecture == tables::AARCH64 { 0x8000 } else { 0x2_0000 };
                if let Some(shared) = name.filter(|_| flags.is_some_and(|f| f & no_follow != 0))
                    && let Some(endpoint) = shared_object(shared, opened)
                {
                    let mut act = EndpointAct::new(endpoint);
                    act.writes = writes;
                    let created = opened.name_type == NameType::Create;
                    return Ok(if created { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) });
                }
                if let (Some(true), Some(target)) = (writes, name.and_then(memory_of)) {
                    return Ok(memory_write(self.target(target.or(self.call.process.pid))));
                }
                let operation = match writes {
                    _ if opened.name_type == NameType::Create => FileOperation::Create,
                    Some(true) => FileOperation::Write,
                    _ => FileOperation::Open,
                };
                Ok(file_access(name, operation))
            }
            _ => Err(Skip::NotOfInterest),
        }
    }

    fn unlink(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        let removed = self.path(&[NameType::Delete])?;
        let name = self.path_name(removed, path);
        let remove = |mechanism| Ok(Kind::EndpointRemove(EndpointAct::new(on_disk(mechanism, name, Some(removed)))));
        match removed.mode.map(|mode| mode & TYPE) {
            Some(SOCKET) => remove(Mechanism::UnixPath),
            Some(FIFO) => remove(Mechanism::Fifo),
            Some(REGULAR | SYMLINK) | None => Ok(file_access(name, FileOperation::Delete)),
            Some(_) => Err(Skip::NotOfInterest),
        }
    }

    /// A socket or FIFO under a new name. Servers bind to a temporary name first, and whoever renames it goes on serving.
    fn rename(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        let renamed = self.path(&[NameType::Create])?;
        let mechanism = match renamed.mode.map(|mode| mode & TYPE) {
            Some(SOCKET) => Mechanism::UnixPath,
            Some(FIFO) => Mechanism::Fifo,
            _ => return Err(Skip::NotOfInterest),
        };
        // The new name is relative to the descriptor in the third argument, not in the first.
        let elsewhere = self.entry.at && self.args[2] as u32 != AT_FDCWD;
        let name = self.audit.text(renamed.name);
        let name = if elsewhere { name } else { name.and_then(|name| absolute(name, self.audit, path)) };
        Ok(Kind::EndpointCreate(EndpointAct::new(on_disk(mechanism, name, Some(renamed)))))
    }

    fn ptrace(&self) -> Result<Kind<'a>, Skip> {
        let target = self.target(process(self.args[1]));
        match self.args[0] {
            // TRACEME: the caller itself asks to be traced.
            0 => Ok(access(self.target(self.call.process.pid), AccessMethod::TraceMe)),
            // ATTACH, SEIZE.
            0x10 | 0x4206 => Ok(access(target, AccessMethod::PtraceAttach)),
            // POKETEXT, POKEDATA.
            4 | 5 => Ok(memory_write(target)),
            // POKEUSER, SETREGS, SETFPREGS, SETREGSET.
            6 | 0xd | 0xf | 0x4205 => Ok(access(target, AccessMethod::PtraceControl)),
            _ => Err(Skip::NotOfInterest),
        }
    }

    /// The process with this id, with the details from OBJ_PID.
    fn target(&self, pid: Option<u32>) -> ProcessRef<'a> {
        let object = self.audit.object;
        if object.pid == pid {
            let (uid, auid, session) = (object.uid, object.login, object.session);
            ProcessRef { pid, uid, auid, session, ..ProcessRef::default() }
        } else {
            ProcessRef { pid, ..ProcessRef::default() }
        }
    }

    fn open_queue(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        let queue = self.path(&[NameType::Create, NameType::Normal])?;
        let mut act = EndpointAct::new(on_disk(Mechanism::PosixQueue, self.queue_name(queue, path), Some(queue)));
        act.writes = Some(matches!(self.args[1] & ACCESS_MODE, WRITE_ONLY | READ_WRITE));
        Ok(if queue.name_type == NameType::Create { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) })
    }

    fn unlink_queue(&self, path: &'a mut Vec<u8>) -> Result<Kind<'a>, Skip> {
        let queue = self.path(&[NameType::Delete])?;
        let endpoint = on_disk(Mechanism::PosixQueue, self.queue_name(queue, path), Some(queue));
        Ok(Kind::EndpointRemove(EndpointAct::new(endpoint)))
    }

    /// The kernel logs a queue's name without its slash, so the name looks relative to the working folder.
    fn queue_name(&self, queue: &PathRecord, out: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let name = self.audit.text(queue.name)?;
        out.clear();
        if !name.starts_with(b"/") {
            out.push(b'/');
        }
        out.extend_from_slice(name);
        Some(out)
    }

    fn get_ipc(&self, mechanism: Mechanism, flags: u64, text: &'a mut String) -> Kind<'a> {
        text.clear();
        // Key 0 (IPC_PRIVATE) creates an object that no other process can name. Writing to a String cannot fail.
        let key = self.args[0] as u32;
        let name = (key != 0).then(|| write!(text, "{key:#x}").is_ok());
        let mut endpoint = Endpoint::new(mechanism, None);
        if name == Some(true) {
            endpoint.name = Some(text.as_bytes());
        }
        endpoint.owner_uid = self.audit.ipc.owner;
        endpoint.mode = self.audit.ipc.mode;
        let act = EndpointAct::new(endpoint);
        if flags & IPC_CREAT != 0 || key == 0 { Kind::EndpointCreate(act) } else { Kind::EndpointConnect(act) }
    }

    /// shmat names the segment by its id, not by its key, so the endpoint has no name.
    fn attach_shared_memory(&self) -> Kind<'a> {
        let mut endpoint = Endpoint::new(Mechanism::SharedMemory, None);
        endpoint.owner_uid = self.audit.ipc.owner;
        endpoint.mode = self.audit.ipc.mode;
        Kind::EndpointConnect(EndpointAct::new(endpoint))
    }

    /// The first path of these name types, in their order of precedence.
    fn path(&self, name_types: &[NameType]) -> Result<&'a PathRecord, Skip> {
        let of_type = |name_type: &NameType| self.audit.paths.iter().find(|p| p.name_type == *name_type);
        name_types.iter().find_map(of_type).ok_or(Skip::Incomplete)
    }

    /// The path with this name type and file type.
    fn path_of(&self, name_type: NameType, kind: u32) -> Option<&'a PathRecord> {
        self.audit.paths.iter().find(|p| p.name_type == name_type && p.mode.is_some_and(|mode| mode & TYPE == kind))
    }

    /// A path's name, made absolute if it is relative to the working folder.
    fn path_name(&self, path: &PathRecord, out: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let name = self.audit.text(path.name)?;
        // The folder of another descriptor is not logged.
        let elsewhere = self.entry.at && self.args[0] as u32 != AT_FDCWD;
        if elsewhere { Some(name) } else { absolute(name, self.audit, out) }
    }
}

fn start<'a>(method: StartMethod) -> Kind<'a> {
    Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() })
}

fn network(direction: Direction, ip: IpAddr, port: u16, text: &mut String) -> Kind<'_> {
    text.clear();
    let written = write!(text, "{ip}").is_ok();
    let remote_address = written.then_some(text.as_bytes());
    let remote_port = Some(port.into());
    Kind::NetworkConnect(NetworkConnect { direction, remote_address, remote_port, ..NetworkConnect::default() })
}

fn file_access(path: Option<&[u8]>, operation: FileOperation) -> Kind<'_> {
    Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() })
}

fn memory_write(target: ProcessRef<'_>) -> Kind<'_> {
    Kind::MemoryWrite(MemoryWrite { target, ..MemoryWrite::default() })
}

fn access(target: ProcessRef<'_>, method: AccessMethod) -> Kind<'_> {
    Kind::ProcessAccess(ProcessAccess { target, access: Access { method, mask: 0 }, ..ProcessAccess::default() })
}

fn duplicate<'a>(from: u64, to: u64) -> Kind<'a> {
    Kind::FdDup(FdDup { from: Some(from as i32), to: Some(to as i32), ..FdDup::default() })
}

/// A process id in an argument; `None` when the value cannot be one.
fn process(arg: u64) -> Option<u32> {
    u32::try_from(arg).ok().filter(|&pid| pid != 0 && pid != u32::MAX)
}

fn on_disk<'a>(mechanism: Mechanism, name: Option<&'a [u8]>, path: Option<&PathRecord>) -> Endpoint<'a> {
    let mut endpoint = Endpoint::new(mechanism, name);
    if let Some(path) = path {
        endpoint.inode = path.inode;
        endpoint.device = path.device;
        endpoint.owner_uid = path.owner;
        endpoint.mode = path.mode;
    }
    endpoint
}

/// Joins a relative name with the event's working folder.
fn absolute<'a>(name: &'a [u8], audit: &'a AuditEvent, out: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    Some(below(name, audit.text(audit.working_folder).unwrap_or_default(), out))
}

/// The POSIX object behind a file in the shared memory folder. Its name includes the slash that `shm_open` requires.
fn shared_object<'a>(path: &'a [u8], file: &PathRecord) -> Option<Endpoint<'a>> {
    let name = path.strip_prefix(SHARED_MEMORY_FOLDER)?;
    if !name.starts_with(b"/") || name[1..].contains(&b'/') {
        return None;
    }
    let mechanism = if name.starts_with(b"/sem.") { Mechanism::Semaphore } else { Mechanism::SharedMemory };
    Some(on_disk(mechanism, Some(name), Some(file)))
}

/// Whether the path is the memory of a process, and of which: `Some(None)` means the caller's own.
fn memory_of(path: &[u8]) -> Option<Option<u32>> {
    let process = path.strip_prefix(b"/proc/")?.strip_suffix(b"/mem")?;
    // A thread shares its process's memory: /proc/PID/task/TID/mem.
    let owner = process.split(|&b| b == b'/').next()?;
    if matches!(owner, b"self" | b"thread-self") {
        return Some(None);
    }
    let (pid, end) = leading_decimal(owner)?;
    if end == owner.len() { u32::try_from(pid).ok().map(Some) } else { None }
}
