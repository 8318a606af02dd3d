//! eslogger: Endpoint Security messages, one JSON object a line.
//!
//! Keys come in any order and the schema is no API: events are matched by their short name (the key inside `event`),
//! never by `event_type`, and everything unknown is passed over.

use alloc::vec::Vec;

use super::fields::{assigned, faulty, malformed, members, name_launchd, number, parse, scalar, text};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value, unescape};
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::event::{
    Access, AccessMethod, Channel, Endpoint, EndpointAct, Event, FileAccess, FileOperation, Kind, LaunchItemAdd,
    Mechanism, NativeId, Os, PrivacyDecision, ProcessAccess, ProcessEnd, ProcessKey, ProcessRef, ProcessStart,
    RemoteThread, Signing, StartMethod, Text, UniqueId,
};
use crate::time::Timestamp;

/// What an event becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Exec,
    Fork,
    Exit,
    XpcConnect,
    Access(AccessMethod),
    RemoteThread,
    SocketBind,
    SocketConnect,
    LaunchItem,
    Privacy,
    SignatureLost,
    File(FileOperation),
}

/// The events that are read, by short name.
const EVENTS: &[(&[u8], Shape)] = &[
    (b"exec", Shape::Exec),
    (b"fork", Shape::Fork),
    (b"exit", Shape::Exit),
    (b"xpc_connect", Shape::XpcConnect),
    (b"get_task", Shape::Access(AccessMethod::TaskPort)),
    (b"get_task_read", Shape::Access(AccessMethod::TaskRead)),
    (b"get_task_inspect", Shape::Access(AccessMethod::TaskRead)),
    (b"get_task_name", Shape::Access(AccessMethod::TaskRead)),
    (b"trace", Shape::Access(AccessMethod::PtraceAttach)),
    (b"remote_thread_create", Shape::RemoteThread),
    (b"uipc_bind", Shape::SocketBind),
    (b"uipc_connect", Shape::SocketConnect),
    (b"btm_launch_item_add", Shape::LaunchItem),
    (b"tcc_modify", Shape::Privacy),
    (b"cs_invalidated", Shape::SignatureLost),
    (b"create", Shape::File(FileOperation::Create)),
    // The file that comes into being under the new name.
    (b"rename", Shape::File(FileOperation::Create)),
    (b"unlink", Shape::File(FileOperation::Delete)),
];

/// Whether an `event` object that begins at `at` is one of ours, by its first key.
pub(super) fn is_event(line: &[u8], at: usize) -> bool {
    let mut reader = Reader::new(line.get(at..).unwrap_or_default());
    matches!(reader.value(), Ok(Value::Object))
        && matches!(reader.next_key(), Ok(Some(key)) if EVENTS.iter().any(|(name, _)| *name == key.bytes))
}

/// Decoder of eslogger lines.
#[derive(Debug, Default)]
pub(super) struct Eslogger {
    scratch: Scratch,
    path: Vec<u8>,
}

impl Decoder for Eslogger {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.bytes.trim_ascii().is_empty() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.scratch.start(record.bytes);
        let message = match Message::read(record.bytes, &mut self.scratch) {
            Ok(message) => message,
            Err(fault) => return sink.error(malformed(&record, fault)),
        };
        let texts = Texts { record: record.bytes, scratch: &self.scratch };
        let Some(time) = texts.get(message.time) else {
            return sink.error(faulty(&record, DecodeErrorKind::Missing, "time"));
        };
        let Some(time) = Timestamp::parse(time) else {
            return sink.error(faulty(&record, DecodeErrorKind::BadValue, "time"));
        };
        if !message.name.is_some() {
            return sink.error(faulty(&record, DecodeErrorKind::Missing, "event"));
        }
        let Some(shape) = message.shape else {
            return sink.skipped(record.number, Skip::NotOfInterest);
        };
        if message.denied {
            return sink.skipped(record.number, Skip::Failed);
        }
        let Some(mut event) = message.event(shape, time, texts, &mut self.path) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        event.record = record.number;
        event.source.channel = Channel::EndpointSecurity;
        event.source.name = texts.get(message.name);
        event.source.id = message.number.map_or(NativeId::None, NativeId::Number);
        sink.event(&event);
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.path.capacity()
    }
}

/// Resolves the spans of one record.
#[derive(Clone, Copy)]
struct Texts<'a> {
    record: &'a [u8],
    scratch: &'a Scratch,
}

impl<'a> Texts<'a> {
    fn get(self, span: Span) -> Option<Text<'a>> {
        self.scratch.get(self.record, span)
    }
}

/// One line, gathered whatever the order of its keys.
#[derive(Default)]
struct Message {
    time: Span,
    number: Option<u64>,
    name: Span,
    shape: Option<Shape>,
    /// An authorising client refused the act: it did not happen.
    denied: bool,
    process: Process,
    body: Body,
}

impl Message {
    fn read(line: &[u8], scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut message = Self::default();
        let mut reader = Reader::new(line);
        let is_object = members(&mut reader, |reader, key| {
            match key {
                b"time" => message.time = text(reader, scratch)?,
                b"global_seq_num" => message.number = number(reader)?,
                b"process" => message.process = Process::read(reader, scratch)?,
                b"action" => message.denied = denied(reader)?,
                b"event" => message.read_event(reader, scratch)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if is_object && reader.at_end() {
            Ok(message)
        } else {
            Err(JsonError { offset: reader.offset(), too_deep: false })
        }
    }

    fn read_event(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if reader.value()? != Value::Object {
            return Err(JsonError { offset: reader.offset(), too_deep: false });
        }
        while let Some(name) = reader.next_key()? {
            self.name = scratch.keep(name);
            self.shape = EVENTS.iter().find(|(known, _)| *known == name.bytes).map(|(_, shape)| *shape);
            match self.shape {
                None => reader.skip()?,
                Some(shape) => {
                    members(reader, |reader, key| self.body.member(reader, key, shape, scratch))?;
                }
            }
        }
        Ok(())
    }

    /// The event, or `None` when the line lacks what would make it one. `path` is space for a joined path.
    fn event<'a>(&self, shape: Shape, time: Timestamp, texts: Texts<'a>, path: &'a mut Vec<u8>) -> Option<Event<'a>> {
        let body = &self.body;
        let mut actor = self.process;
        let mut responsible = None;
        let kind = match shape {
            Shape::Exec => {
                actor = body.subject;
                Kind::ProcessStart(ProcessStart {
                    method: StartMethod::Exec,
                    previous_image: texts.get(self.process.image),
                    script: texts.get(body.script),
                    ..ProcessStart::default()
                })
            }
            Shape::Fork => {
                actor = body.subject;
                Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, ..ProcessStart::default() })
            }
            Shape::Exit => Kind::ProcessEnd(ProcessEnd { exit_code: body.exit_code(), ..ProcessEnd::default() }),
            Shape::XpcConnect => Kind::EndpointConnect(EndpointAct::new(Endpoint::new(
                Mechanism::XpcService,
                Some(texts.get(body.name)?),
            ))),
            Shape::Access(method) => Kind::ProcessAccess(ProcessAccess {
                target: body.subject.known(texts)?,
                access: Access { method, mask: 0 },
                ..ProcessAccess::default()
            }),
            Shape::RemoteThread => {
                Kind::RemoteThread(RemoteThread { target: body.subject.known(texts)?, ..RemoteThread::default() })
            }
            Shape::SocketBind => {
                let mut endpoint = Endpoint::new(Mechanism::UnixPath, Some(body.path(texts, path)?));
                endpoint.mode = body.mode;
                Kind::EndpointCreate(EndpointAct::new(endpoint))
            }
            Shape::SocketConnect => Kind::EndpointConnect(EndpointAct::new(Endpoint {
                inode: body.file.inode,
                device: body.file.device,
                owner_uid: body.file.owner,
                mode: body.file.mode,
                ..Endpoint::new(Mechanism::UnixPath, Some(texts.get(body.file.path)?))
            })),
            Shape::LaunchItem => {
                actor = body.instigator().unwrap_or(actor);
                Kind::LaunchItemAdd(LaunchItemAdd {
                    label: texts.get(body.name),
                    program: texts.get(body.program),
                    ..LaunchItemAdd::default()
                })
            }
            Shape::Privacy => {
                (actor, responsible) = self.grantee(texts);
                Kind::PrivacyDecision(PrivacyDecision {
                    service: texts.get(body.name),
                    allowed: body.allowed(),
                    ..PrivacyDecision::default()
                })
            }
            Shape::SignatureLost => Kind::CodeSignInvalid(Default::default()),
            Shape::File(operation) => {
                Kind::FileAccess(FileAccess { path: Some(body.path(texts, path)?), operation, ..FileAccess::default() })
            }
        };
        let mut event = Event::new(Os::MacOs, time, kind);
        event.actor = actor.reference(texts);
        if event.actor.is_unknown() && shape != Shape::Privacy {
            return None;
        }
        event.responsible = responsible.unwrap_or(actor.responsible).key();
        match shape {
            Shape::Fork => event.parent = self.process.reference(texts),
            _ => {
                event.parent.pid = actor.parent.pid.or(actor.ppid).or(actor.original_ppid);
                event.parent.unique_id = actor.parent.unique_id();
            }
        }
        name_launchd(&mut event.parent);
        if shape == Shape::Exec {
            event.actor.command_line = texts.get(body.args);
            event.actor.argument_count = body.argument_count;
            event.actor.working_folder = texts.get(body.cwd);
        }
        Some(event)
    }

    /// tcc_modify: who was given or refused the right, and who is responsible. The message names an identity; it is
    /// a running process only where the instigator is that identity (it was prompted for), else (Settings, a
    /// management profile) nothing but its name or path is known and the instigator is responsible.
    fn grantee<'a>(&self, texts: Texts<'a>) -> (Process, Option<Token>) {
        let body = &self.body;
        let Some(identity) = texts.get(body.identity) else {
            return (body.instigator().unwrap_or(self.process), None);
        };
        let instigator = body.instigator().unwrap_or_default();
        if [instigator.signing_id, instigator.image].into_iter().any(|name| texts.get(name) == Some(identity)) {
            return (instigator, None);
        }
        let mut named = Process::default();
        if identity.starts_with(b"/") {
            named.image = body.identity;
        } else {
            named.signing_id = body.identity;
        }
        (named, Some(instigator.token))
    }
}

/// Whether the `action` says that the act was refused: `{"result":{"result":{"auth":1}}}`.
fn denied(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    let mut denied = false;
    members(reader, |reader, key| match key {
        b"result" => self::denied(reader).map(|inner| denied |= inner),
        b"auth" => number::<u32>(reader).map(|auth| denied |= auth == Some(1)),
        _ => reader.skip(),
    })?;
    Ok(denied)
}

/// An audit token.
#[derive(Clone, Copy, Debug, Default)]
struct Token {
    pid: Option<u32>,
    version: Option<u32>,
    euid: Option<u32>,
    auid: Option<u32>,
    session: Option<u32>,
}

impl Token {
    /// Reads the object of message versions up to 9 or the array of version 10: auid, euid, egid, ruid, rgid, pid,
    /// asid, pidversion.
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        const ORDER: [&[u8]; 8] = [b"auid", b"euid", b"egid", b"ruid", b"rgid", b"pid", b"asid", b"pidversion"];
        let mut token = Self::default();
        match reader.value()? {
            Value::Object => {
                while let Some(key) = reader.next_key()? {
                    token.set(key.bytes, number(reader)?);
                }
            }
            Value::Array => {
                let mut names = ORDER.iter();
                while let Some(element) = reader.next_element()? {
                    match (element, names.next()) {
                        (Value::Number(value), Some(name)) => token.set(name, parse(value)),
                        (Value::Object | Value::Array, _) => reader.skip_container()?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(token)
    }

    fn set(&mut self, name: &[u8], value: Option<u32>) {
        match name {
            b"auid" => self.auid = assigned(value),
            b"euid" => self.euid = value,
            b"pid" => self.pid = value,
            b"asid" => self.session = assigned(value),
            b"pidversion" => self.version = value,
            _ => {}
        }
    }

    fn unique_id<'a>(self) -> UniqueId<'a> {
        self.version.map_or(UniqueId::None, UniqueId::PidVersion)
    }

    fn key<'a>(self) -> ProcessKey<'a> {
        ProcessKey { pid: self.pid, unique_id: self.unique_id(), image: None }
    }
}

/// A process as a message describes it.
#[derive(Clone, Copy, Debug, Default)]
struct Process {
    token: Token,
    parent: Token,
    responsible: Token,
    ppid: Option<u32>,
    original_ppid: Option<u32>,
    start: Option<Timestamp>,
    image: Span,
    terminal: Span,
    team_id: Span,
    signing_id: Span,
    is_platform: bool,
    flags: u32,
}

/// The code-signing flag of an ad-hoc signature.
const CS_ADHOC: u32 = 0x2;

impl Process {
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut process = Self::default();
        members(reader, |reader, key| {
            match key {
                b"audit_token" => process.token = Token::read(reader)?,
                b"parent_audit_token" => process.parent = Token::read(reader)?,
                b"responsible_audit_token" => process.responsible = Token::read(reader)?,
                b"ppid" => process.ppid = number(reader)?,
                b"original_ppid" => process.original_ppid = number(reader)?,
                b"start_time" => {
                    process.start = match scalar(reader)? {
                        Value::String(time) => Timestamp::parse(time.bytes),
                        _ => None,
                    }
                }
                b"executable" => process.image = File::read(reader, scratch)?.path,
                b"tty" => process.terminal = File::read(reader, scratch)?.path,
                b"team_id" => process.team_id = text(reader, scratch)?,
                b"signing_id" => process.signing_id = text(reader, scratch)?,
                b"is_platform_binary" => {
                    process.is_platform = scalar(reader)? == Value::Bool(true);
                }
                b"codesigning_flags" => process.flags = number(reader)?.unwrap_or(0),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(process)
    }

    fn reference<'a>(&self, texts: Texts<'a>) -> ProcessRef<'a> {
        let named = |span| texts.get(span).filter(|name| !name.is_empty());
        let (team, signing_id) = (named(self.team_id), named(self.signing_id));
        ProcessRef {
            pid: self.token.pid,
            unique_id: self.token.unique_id(),
            start: self.start,
            image: texts.get(self.image),
            uid: self.token.euid,
            auid: self.token.auid,
            session: self.token.session.map(u64::from),
            terminal: texts.get(self.terminal),
            // Of a process that only a token or an identity names nothing is known, which is not "unsigned".
            signing: self.token.pid.filter(|_| self.image.is_some()).map(|_| {
                if self.is_platform {
                    Signing::Platform
                } else if team.is_some() {
                    Signing::Signed
                } else if signing_id.is_some() || self.flags & CS_ADHOC != 0 {
                    Signing::AdHoc
                } else {
                    Signing::Unsigned
                }
            }),
            signer: team.or(signing_id),
            ..ProcessRef::default()
        }
    }

    fn known<'a>(&self, texts: Texts<'a>) -> Option<ProcessRef<'a>> {
        Some(self.reference(texts)).filter(|process| !process.is_unknown())
    }
}

/// A file as a message describes it.
#[derive(Clone, Copy, Debug, Default)]
struct File {
    path: Span,
    inode: Option<u64>,
    device: Option<u64>,
    owner: Option<u32>,
    mode: Option<u32>,
}

impl File {
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut file = Self::default();
        members(reader, |reader, key| match key {
            b"path" => text(reader, scratch).map(|path| file.path = path),
            b"stat" => members(reader, |reader, key| {
                match key {
                    b"st_ino" => file.inode = number(reader)?,
                    b"st_dev" => file.device = number(reader)?,
                    b"st_uid" => file.owner = number(reader)?,
                    b"st_mode" => file.mode = number(reader)?,
                    _ => reader.skip()?,
                }
                Ok(())
            })
            .map(|_| ()),
            _ => reader.skip(),
        })?;
        Ok(file)
    }
}

/// What stands inside the event: the union of the events that are read.
#[derive(Default)]
struct Body {
    /// target, child or instigator.
    subject: Process,
    subject_token: Token,
    file: File,
    folder: Span,
    name: Span,
    cwd: Span,
    script: Span,
    args: Span,
    argument_count: Option<u32>,
    program: Span,
    identity: Span,
    status: Option<i32>,
    right: Option<u32>,
    update: Option<u32>,
    mode: Option<u32>,
}

impl Body {
    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        key: &[u8],
        shape: Shape,
        scratch: &mut Scratch,
    ) -> Result<(), JsonError> {
        match key {
            b"destination" | b"new_path" | b"item" => {
                members(reader, |reader, key| self.member(reader, key, shape, scratch))?;
            }
            b"target" if matches!(shape, Shape::File(_)) => self.file = File::read(reader, scratch)?,
            b"target" | b"child" | b"instigator" => self.subject = Process::read(reader, scratch)?,
            b"instigator_token" => self.subject_token = Token::read(reader)?,
            b"file" | b"existing_file" => self.file = File::read(reader, scratch)?,
            b"dir" => self.folder = File::read(reader, scratch)?.path,
            b"filename" | b"service_name" | b"service" | b"item_url" => self.name = text(reader, scratch)?,
            b"cwd" => self.cwd = File::read(reader, scratch)?.path,
            b"script" => self.script = File::read(reader, scratch)?.path,
            b"args" => self.read_arguments(reader, scratch)?,
            b"executable_path" => self.program = text(reader, scratch)?,
            b"identity" => self.identity = text(reader, scratch)?,
            b"stat" => self.status = number(reader)?,
            b"right" => self.right = number(reader)?,
            b"update_type" => self.update = number(reader)?,
            b"mode" => self.mode = number(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn read_arguments(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if reader.value()? != Value::Array {
            return Err(JsonError { offset: reader.offset(), too_deep: false });
        }
        let mut count = 0;
        let mut outcome = Ok(());
        self.args = scratch.compose(|joined| outcome = join_arguments(reader, joined, &mut count));
        self.argument_count = Some(count);
        outcome
    }

    /// `folder/name`, or the path of a file that was there already.
    fn path<'a>(&self, texts: Texts<'a>, space: &'a mut Vec<u8>) -> Option<Text<'a>> {
        let (Some(folder), Some(name)) = (texts.get(self.folder), texts.get(self.name)) else {
            return texts.get(self.file.path);
        };
        space.clear();
        space.extend_from_slice(folder);
        if !folder.ends_with(b"/") {
            space.push(b'/');
        }
        space.extend_from_slice(name);
        Some(space)
    }

    /// The instigator where the message names one, if only by its token.
    fn instigator(&self) -> Option<Process> {
        let token = if self.subject.token.pid.is_some() { self.subject.token } else { self.subject_token };
        token.pid.map(|_| Process { token, ..self.subject })
    }

    /// `stat` has the form wait(2) gives: a process that a signal ended has no exit code.
    fn exit_code(&self) -> Option<i32> {
        self.status.filter(|status| status & 0x7f == 0).map(|status| status >> 8 & 0xff)
    }

    /// The right a tcc_modify leaves behind: 0 denied, 1 unknown, 2 allowed, 3 limited; none when the row was deleted
    /// (update type 3).
    fn allowed(&self) -> Option<bool> {
        match self.right? {
            _ if self.update == Some(3) => None,
            0 => Some(false),
            2 | 3 => Some(true),
            _ => None,
        }
    }
}

pub(super) fn join_arguments(reader: &mut Reader<'_>, joined: &mut Vec<u8>, count: &mut u32) -> Result<(), JsonError> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::String(argument) => {
                if *count > 0 {
                    joined.push(b' ');
                }
                unescape(argument.bytes, joined);
                *count += 1;
            }
            Value::Object | Value::Array => reader.skip_container()?,
            _ => {}
        }
    }
    Ok(())
}
