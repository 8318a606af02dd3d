//! The details of one event, gathered from its records in any order.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::details::{
    Argument, Fault, IpcObject, MAX_ARGUMENT_BYTES, NameType, Object, PathRecord, ProcessFields, Span,
    StandaloneRecord, Syscall, Texts, unless_unset,
};
use super::kinds::RecordKind;
use super::order::CallInOrder;
use super::sockaddr::{self, Address};
use super::tables::{self, is_ignored};
use super::value::{Form, RawField};
use crate::util::digits::leading_decimal;
use crate::util::saved::saved;
use crate::util::sort::sort_by_key;

/// The maximum number of PATH records kept per event. No supported call has more than three.
pub(super) const MAX_PATHS: usize = 12;
/// The maximum capacity that a cleared event keeps.
const MAX_IDLE_BYTES: usize = 16 << 10;

/// The relevant details of all records of one event.
#[derive(Debug, Default)]
pub(super) struct AuditEvent {
    pub(super) syscall: Option<Syscall>,
    /// The first io_uring operation that gives an event, or else the last one.
    ring: Option<Syscall>,
    pub(super) standalone: Option<StandaloneRecord>,
    /// The system call gives no event, so its other records are not read.
    pub(super) ignored: bool,
    pub(super) working_folder: Span,
    pub(super) address: Address,
    pub(super) paths: Vec<PathRecord>,
    pub(super) object: Object,
    pub(super) ipc: IpcObject,
    pub(super) open_flags: Option<u64>,
    pub(super) socket_args: Option<[u64; 4]>,
    pub(super) argument_count: Option<u32>,
    arguments: Vec<Argument>,
    texts: Texts,
    /// The event has records that belong to a system call.
    companions: bool,
    /// Where the current record's path or arguments begin, so that a broken record can be undone. For an io_uring
    /// operation, whether an earlier operation takes precedence.
    mark: usize,
}

impl AuditEvent {
    /// Clears everything but keeps a moderate capacity.
    pub(super) fn clear(&mut self) {
        self.syscall = None;
        self.ring = None;
        self.standalone = None;
        self.ignored = false;
        self.working_folder = Span::default();
        self.address = Address::Missing;
        self.paths.clear();
        self.object = Object::default();
        self.ipc = IpcObject::default();
        self.open_flags = None;
        self.socket_args = None;
        self.argument_count = None;
        self.arguments.clear();
        self.arguments.shrink_to(MAX_IDLE_BYTES / size_of::<Argument>());
        self.texts.bytes.clear();
        self.texts.bytes.shrink_to(MAX_IDLE_BYTES);
        self.texts.argument_bytes = 0;
        self.companions = false;
        self.mark = 0;
    }

    /// Begins a record of this kind; its fields follow.
    pub(super) fn begin(&mut self, kind: RecordKind) {
        match kind {
            RecordKind::Syscall => self.syscall = Some(Syscall::default()),
            RecordKind::Ring => {
                self.mark = usize::from(self.ring.is_some_and(|ring| !is_ignored(&ring)));
                if self.mark == 0 {
                    self.ring = Some(Syscall::default());
                }
            }
            RecordKind::Path => {
                self.mark = self.paths.len();
                if self.mark < MAX_PATHS {
                    self.paths.push(PathRecord::default());
                }
            }
            RecordKind::Execve => self.mark = self.arguments.len(),
            RecordKind::Standalone(what) => {
                let (process, none) = (ProcessFields::default(), Span::default());
                let standalone =
                    StandaloneRecord { what, process, account: none, address: none, operation: none, success: true };
                self.standalone = Some(standalone);
            }
            _ => {}
        }
        self.companions |= !matches!(kind, RecordKind::Standalone(_) | RecordKind::Other | RecordKind::End);
    }

    /// Discards the details of the current record because it is broken.
    pub(super) fn undo(&mut self, kind: RecordKind) {
        match kind {
            RecordKind::Syscall => self.syscall = None,
            RecordKind::Ring if self.mark == 0 => self.ring = None,
            RecordKind::Path => self.paths.truncate(self.mark),
            RecordKind::Execve => self.arguments.truncate(self.mark),
            RecordKind::Standalone(_) => self.standalone = None,
            RecordKind::SocketCall => self.socket_args = None,
            _ => {}
        }
    }

    /// Stores one field of the current record. Returns the field's name as an error when its value is invalid, which
    /// discards only the field unless it [`is_vital`].
    pub(super) fn set(&mut self, kind: RecordKind, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
        match kind {
            RecordKind::Syscall => match &mut self.syscall {
                Some(call) => set_syscall(call, &mut self.texts, key, field),
                None => Ok(()),
            },
            RecordKind::Ring => match &mut self.ring {
                Some(call) if self.mark == 0 => set_syscall(call, &mut self.texts, key, field),
                _ => Ok(()),
            },
            RecordKind::Path => match self.paths.get_mut(self.mark) {
                Some(path) => set_path(path, &mut self.texts, key, field),
                None => Ok(()),
            },
            RecordKind::Standalone(_) => match &mut self.standalone {
                Some(standalone) => set_standalone(standalone, &mut self.texts, key, field),
                None => Ok(()),
            },
            RecordKind::Execve => self.set_execve(key, field),
            RecordKind::Cwd => self.set_folder(key, field),
            RecordKind::SockAddr => self.set_address(key, field),
            RecordKind::ObjectPid => set_object(&mut self.object, key, field),
            RecordKind::Ipc => set_ipc(&mut self.ipc, key, field),
            RecordKind::OpenHow if key == b"oflag" => {
                need(field.octal(), "oflag").map(|n| self.open_flags = Some(n.into()))
            }
            RecordKind::SocketCall => self.set_socket_args(key, field),
            RecordKind::OpenHow | RecordKind::End | RecordKind::Other => Ok(()),
        }
    }

    /// Stores the whole current SYSCALL record.
    pub(super) fn take_call(&mut self, read: CallInOrder<'_>) -> Result<(), &'static str> {
        let mut call = read.call;
        call.process.terminal = terminal(&mut self.texts, read.terminal).unwrap_or_default();
        let image = self.texts.keep(read.image);
        call.process.image = image.unwrap_or_default();
        self.syscall = Some(call);
        image.map(|_| ()).map_err(|Fault| "exe")
    }

    /// Stores the whole current PATH record.
    pub(super) fn take_path(&mut self, path: PathRecord, name: RawField<'_>) -> Result<(), &'static str> {
        let Some(slot) = self.paths.get_mut(self.mark) else { return Ok(()) };
        let name = self.texts.keep(name);
        *slot = PathRecord { name: name.unwrap_or_default(), ..path };
        name.map(|_| ()).map_err(|Fault| "name")
    }

    /// Stores one whole argument of an exec.
    pub(super) fn push_argument(&mut self, index: u32, field: RawField<'_>) -> Result<(), &'static str> {
        self.push_part(index, 0, field)
    }

    pub(super) fn set_inet(&mut self, ip: IpAddr, port: u16) {
        self.address = Address::Inet(ip, port);
    }

    /// Sorts paths and arguments by their own numbers, because records may arrive in any order.
    pub(super) fn settle(&mut self) {
        sort_by_key(&mut self.paths, |path| path.item);
        sort_by_key(&mut self.arguments, |argument| (argument.index, argument.part));
        // A log line may occur twice.
        self.arguments.dedup_by_key(|a| (a.index, a.part));
    }

    /// The system call. If io_uring executed an operation within `io_uring_enter`, returns the operation with the
    /// process of that call, because only the call's record has the program and the login user.
    pub(super) fn call(&self) -> Option<Syscall> {
        match (self.ring, self.syscall) {
            (Some(ring), Some(entrance)) => Some(Syscall { process: entrance.process, ..ring }),
            (ring, call) => ring.or(call),
        }
    }

    /// Whether companion records of a system call arrived. Without the call itself they are incomplete.
    pub(super) const fn is_torn(&self) -> bool {
        self.companions
    }

    /// Whether arguments are missing: the first EXECVE record states their number.
    pub(super) fn lacks_arguments(&self) -> bool {
        let mut indexes =
            self.arguments.iter().map(|argument| argument.index).collect::<smallvec::SmallVec<[u32; 16]>>();
        indexes.sort_unstable();
        indexes.dedup();
        self.argument_count.is_none_or(|count| indexes.len() < count as usize)
    }

    pub(super) fn text(&self, span: Span) -> Option<&[u8]> {
        self.texts.get(span)
    }

    /// The arguments joined by one space; `None` without any.
    pub(super) fn command_line<'w>(&self, out: &'w mut Vec<u8>) -> Option<&'w [u8]> {
        out.clear();
        let first = self.arguments.first()?;
        let mut index = first.index;
        for argument in &self.arguments {
            if argument.index != index {
                index = argument.index;
                out.push(b' ');
            }
            out.extend_from_slice(self.texts.get(argument.text).unwrap_or_default());
        }
        Some(out)
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn held_bytes(&self) -> usize {
        self.texts.bytes.capacity()
            + self.paths.capacity() * size_of::<PathRecord>()
            + self.arguments.capacity() * size_of::<Argument>()
    }

    /// Reads `argc`, `a0` and `a1[2]`; `a1_len` only announces parts.
    fn set_execve(&mut self, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
        if key == b"argc" {
            self.argument_count = Some(need(field.decimal(), "argc")?);
            return Ok(());
        }
        let Some(rest) = key.strip_prefix(b"a") else { return Ok(()) };
        let Some((index, end)) = leading_decimal(rest) else { return Ok(()) };
        let part = match &rest[end..] {
            b"" => 0,
            [b'[', part @ .., b']'] => need(RawField::bare(part).decimal(), "argument")?,
            _ => return Ok(()),
        };
        self.push_part(need(u32::try_from(index).ok(), "argument")?, part, field)
    }

    fn push_part(&mut self, index: u32, part: u32, field: RawField<'_>) -> Result<(), &'static str> {
        // Each argument costs a slot besides its text, so one limit bounds both.
        if self.texts.argument_bytes + self.arguments.len() >= MAX_ARGUMENT_BYTES {
            return Ok(());
        }
        let (text, whole) = self.texts.keep_argument(field);
        self.arguments.push(Argument { index, part, text });
        whole.map_err(|Fault| "argument")
    }

    fn set_folder(&mut self, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
        if key == b"cwd" {
            self.working_folder = self.texts.keep(field).map_err(|Fault| "cwd")?;
        }
        Ok(())
    }

    /// Reads the raw `saddr`, or laurel's `saddr_fam` and `path` if laurel translated it. The raw bytes come first and
    /// take precedence, because auditd's own translation drops abstract names and escapes nothing.
    fn set_address(&mut self, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
        if self.address != Address::Missing {
            return Ok(());
        }
        match key {
            b"saddr" => {
                let address = match field.form {
                    Form::Bare | Form::Escaped => RawField::bare(without_translation(field.text)),
                    _ => field,
                };
                let span = self.texts.keep(address).map_err(|Fault| "saddr")?;
                let raw = self.texts.get(span).unwrap_or_default();
                self.address = sockaddr::parse(raw, |range| span.part(range));
            }
            b"path" => {
                let span = self.texts.keep(field).map_err(|Fault| "saddr")?;
                self.address = Address::Path(span);
            }
            _ => {}
        }
        Ok(())
    }

    fn set_socket_args(&mut self, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
        if let Some(position) = argument_position(key) {
            let value = need(field.hex(), "socketcall")?;
            self.socket_args.get_or_insert_default()[position] = value;
        }
        Ok(())
    }
}

/// The hex digits of an address without auditd's translation `SADDR={…`, which may follow directly or after a rewritten
/// separator, because collectors lose or rewrite auditd's separator byte.
fn without_translation(text: &[u8]) -> &[u8] {
    let Some(translated) = memchr::memchr(b'S', text) else { return text };
    let end = text[..translated].iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(translated);
    &text[..end]
}

/// Whether a record is useless without this field, because the field identifies the call or its arguments.
pub(super) fn is_vital(field: &str) -> bool {
    matches!(field, "arch" | "syscall" | "uring_op" | "a0..a3" | "socketcall")
}

fn need<T>(value: Option<T>, field: &'static str) -> Result<T, &'static str> {
    value.ok_or(field)
}

fn argument_position(key: &[u8]) -> Option<usize> {
    match key {
        [b'a', n @ b'0'..=b'3'] => Some(usize::from(n - b'0')),
        _ => None,
    }
}

fn set_syscall(call: &mut Syscall, texts: &mut Texts, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
    if let Some(position) = argument_position(key) {
        call.args[position] = need(field.hex(), "a0..a3")?;
        return Ok(());
    }
    match key {
        b"arch" => call.architecture = need(field.hex().and_then(|n| u32::try_from(n).ok()), "arch")?,
        b"syscall" => call.number = need(field.decimal(), "syscall")?,
        b"uring_op" => {
            call.architecture = tables::URING;
            call.number = need(field.decimal(), "uring_op")?;
        }
        b"success" => call.success = Some(field.text == b"yes"),
        b"exit" => call.exit = Some(need(field.signed(), "exit")?),
        b"exe" => call.process.image = texts.keep(field).map_err(|Fault| "exe")?,
        b"SYSCALL" => call.name = texts.keep_word(field).map_err(|Fault| "SYSCALL")?,
        _ => set_process(&mut call.process, texts, key, field)?,
    }
    Ok(())
}

/// Reads the fields that name the process in every record that has one.
fn set_process(
    process: &mut ProcessFields,
    texts: &mut Texts,
    key: &[u8],
    field: RawField<'_>,
) -> Result<(), &'static str> {
    match key {
        b"pid" => process.pid = id(field, "pid")?,
        b"ppid" => process.parent = id(field, "ppid")?,
        b"auid" => process.login = id(field, "auid")?,
        b"ses" => process.session = session(field, "ses")?,
        b"uid" => process.real = Some(need(field.decimal(), "uid")?),
        b"euid" => process.effective = Some(need(field.decimal(), "euid")?),
        b"tty" | b"terminal" => process.terminal = terminal(texts, field)?,
        b"UID" => process.real_name = texts.keep_word(field).map_err(|Fault| "UID")?,
        b"EUID" => process.effective_name = texts.keep_word(field).map_err(|Fault| "EUID")?,
        _ => {}
    }
    Ok(())
}

fn terminal(texts: &mut Texts, field: RawField<'_>) -> Result<Span, &'static str> {
    if matches!(field.text, b"(none)" | b"?") {
        return Ok(Span::default());
    }
    texts.keep_word(field).map_err(|Fault| "tty")
}

/// A login uid or process id.
fn id(field: RawField<'_>, name: &'static str) -> Result<Option<u32>, &'static str> {
    set_id(field).and_then(|id| id.map(u32::try_from).transpose().ok()).ok_or(name)
}

fn session(field: RawField<'_>, name: &'static str) -> Result<Option<u64>, &'static str> {
    set_id(field).ok_or(name)
}

/// An id that may be unset, which is written as -1 or as 4294967295.
fn set_id(field: RawField<'_>) -> Option<Option<u64>> {
    if field.text == b"-1" { Some(None) } else { field.decimal().map(unless_unset) }
}

fn set_path(path: &mut PathRecord, texts: &mut Texts, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
    match key {
        b"item" => path.item = need(field.decimal(), "item")?,
        b"name" => path.name = texts.keep(field).map_err(|Fault| "name")?,
        b"inode" => path.inode = Some(need(field.decimal(), "inode")?),
        b"dev" => path.device = Some(need(field.device(), "dev")?),
        b"mode" => path.mode = Some(need(field.octal(), "mode")?),
        b"ouid" => path.owner = Some(need(field.decimal(), "ouid")?),
        // Kernels before 4.13 call the field objtype.
        b"nametype" | b"objtype" => {
            path.name_type = NameType::named(field.text);
        }
        _ => {}
    }
    Ok(())
}

fn set_standalone(
    standalone: &mut StandaloneRecord,
    texts: &mut Texts,
    key: &[u8],
    field: RawField<'_>,
) -> Result<(), &'static str> {
    match key {
        b"acct" => standalone.account = texts.keep_loosely(field).map_err(|Fault| "acct")?,
        b"addr" => standalone.address = texts.keep_word(field).map_err(|Fault| "addr")?,
        b"op" => standalone.operation = texts.keep_word(field).map_err(|Fault| "op")?,
        b"res" | b"result" => standalone.success = !matches!(field.text, b"failed" | b"no" | b"0"),
        b"exe" => standalone.process.image = texts.keep_loosely(field).map_err(|Fault| "exe")?,
        _ => set_process(&mut standalone.process, texts, key, field)?,
    }
    Ok(())
}

fn set_object(object: &mut Object, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
    match key {
        b"opid" => object.pid = id(field, "opid")?,
        b"oauid" => object.login = id(field, "oauid")?,
        b"ouid" => object.uid = Some(need(field.decimal(), "ouid")?),
        b"oses" => object.session = session(field, "oses")?,
        _ => {}
    }
    Ok(())
}

fn set_ipc(ipc: &mut IpcObject, key: &[u8], field: RawField<'_>) -> Result<(), &'static str> {
    match key {
        b"ouid" => ipc.owner = Some(need(field.decimal(), "ouid")?),
        b"mode" => ipc.mode = Some(need(field.octal(), "mode")?),
        _ => {}
    }
    Ok(())
}

saved!(AuditEvent {
    syscall, ring, standalone, ignored, working_folder, address, paths, object, ipc, open_flags, socket_args,
    argument_count, arguments, texts, companions, mark,
} where |event| event.paths.len() <= MAX_PATHS);
