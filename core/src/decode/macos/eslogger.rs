//! eslogger: Endpoint Security messages, one JSON object per line.
//!
//! The shape of exec and exit comes from a recording of message version 9; that of other messages and versions comes
//! from Apple's EndpointSecurity reference (`es_message_t`, `es_events_t`).
//!
//! Keys come in any order and the schema is not a stable API, so events are matched by their short name (the key inside
//! `event`), never by `event_type`, and unknown members are skipped.

use alloc::vec::Vec;

use super::environment::Environment;
use super::es_process::{EsProcess, File, Texts, Token};
use super::fields::{Lost, faulty, malformed, members, name_launchd, number, text, time_of};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value, unescape};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip, Subject, SubjectName};
use crate::event::{
    Access, AccessMethod, Channel, Endpoint, EndpointAct, Event, FileAccess, FileOperation, ImageLoad, Kind,
    LaunchItemAdd, Mechanism, NativeId, Os, PrivacyDecision, ProcessAccess, ProcessEnd, ProcessStart, RemoteThread,
    StartMethod, Text, UniqueId,
};
use crate::time::Timestamp;
use crate::util::saved::restored;

/// The kind of event that a message becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventType {
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
    Map,
    User,
}

/// The supported events, by short name.
const EVENTS: &[(&[u8], EventType)] = &[
    (b"exec", EventType::Exec),
    (b"fork", EventType::Fork),
    (b"exit", EventType::Exit),
    (b"xpc_connect", EventType::XpcConnect),
    (b"get_task", EventType::Access(AccessMethod::TaskPort)),
    (b"get_task_read", EventType::Access(AccessMethod::TaskRead)),
    (b"get_task_inspect", EventType::Access(AccessMethod::TaskRead)),
    (b"get_task_name", EventType::Access(AccessMethod::TaskRead)),
    (b"proc_check", EventType::Access(AccessMethod::TaskRead)),
    (b"trace", EventType::Access(AccessMethod::PtraceAttach)),
    (b"remote_thread_create", EventType::RemoteThread),
    (b"uipc_bind", EventType::SocketBind),
    (b"uipc_connect", EventType::SocketConnect),
    (b"btm_launch_item_add", EventType::LaunchItem),
    (b"tcc_modify", EventType::Privacy),
    (b"cs_invalidated", EventType::SignatureLost),
    (b"create", EventType::File(FileOperation::Create)),
    // A rename counts as the creation of the file under its new name.
    (b"rename", EventType::File(FileOperation::Create)),
    (b"unlink", EventType::File(FileOperation::Delete)),
    (b"mmap", EventType::Map),
    (b"setuid", EventType::User),
    (b"seteuid", EventType::User),
    (b"setreuid", EventType::User),
];

/// The protection flag for executable mappings.
const PROT_EXEC: u32 = 0x4;

/// Whether the `event` object at `at` is a supported event, judged by its first key.
pub(super) fn is_event(line: &[u8], at: usize) -> bool {
    let mut reader = Reader::new(line.get(at..).unwrap_or_default());
    matches!(reader.value(), Ok(Value::Object))
        && matches!(reader.next_key(), Ok(Some(key)) if EVENTS.iter().any(|(name, _)| *name == key.bytes))
}

/// Decodes eslogger lines.
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
        self.read(&record, Writing::PLAIN, sink);
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        without_fault(sink, |sink| self.read(&record, Writing::within(room), sink))
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.path.capacity()
    }
}

impl Eslogger {
    pub(super) fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        self.scratch.start(record.bytes);
        match Message::read(writing.reader(record.bytes), &mut self.scratch) {
            Ok(message) => {
                message.body.lost.report(record, sink);
                self.decode(message, record, sink);
            }
            Err(fault) => sink.error(malformed(record, fault)),
        }
    }

    fn decode(&mut self, message: Message, record: &Record<'_>, sink: &mut dyn Sink) {
        let texts = Texts { record: record.bytes, scratch: &self.scratch };
        let Some(time) = time_of(texts.get(message.time), "time", record, sink) else { return };
        if !message.name.is_some() {
            return sink.error(faulty(record, DecodeErrorKind::Missing, "event"));
        }
        let Some(event_type) = message.event_type else {
            let name = SubjectName::Text(texts.get(message.name).unwrap_or_default());
            return sink.ignored(record.number, Subject { source: b"Endpoint Security", name });
        };
        if message.denied {
            return sink.skipped(record.number, Skip::Failed);
        }
        if event_type == EventType::Map && message.body.protection & PROT_EXEC == 0 {
            return sink.skipped(record.number, Skip::NotOfInterest);
        }
        let Some(mut event) = message.event(event_type, time, texts, &mut self.path) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        event.record = record.number;
        event.host = texts.get(message.host).unwrap_or_default();
        event.source.channel = Channel::EndpointSecurity;
        event.source.name = texts.get(message.name);
        event.source.id = message.number.map_or(NativeId::None, NativeId::Number);
        message.body.environment.report(&mut event, |span| texts.get(span), sink);
    }
}

/// One line, whose keys may come in any order.
#[derive(Default)]
struct Message {
    time: Span,
    number: Option<u64>,
    host: Span,
    name: Span,
    event_type: Option<EventType>,
    /// A client with authorization rights denied the operation, so it did not happen.
    denied: bool,
    process: EsProcess,
    body: Body,
}

impl Message {
    fn read(mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut message = Self::default();
        let is_object = members(&mut reader, |reader, key| {
            match key {
                b"time" => message.time = text(reader, scratch)?,
                b"global_seq_num" => message.number = number(reader)?,
                b"process" => message.process = EsProcess::read(reader, scratch)?,
                b"action" => message.denied = denied(reader)?,
                // The envelope of Jamf Protect.
                b"host" => {
                    members(reader, |reader, key| match key {
                        b"hostname" => text(reader, scratch).map(|name| message.host = name),
                        _ => reader.skip(),
                    })?;
                }
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
            self.event_type = EVENTS.iter().find(|(known, _)| *known == name.bytes).map(|(_, event_type)| *event_type);
            match self.event_type {
                None => reader.skip()?,
                Some(event_type) => {
                    members(reader, |reader, key| self.body.member(reader, key, event_type, scratch))?;
                }
            }
        }
        Ok(())
    }

    /// The event, or `None` when the line lacks required details. `path` is the buffer for a joined path.
    fn event<'a>(
        &self,
        event_type: EventType,
        time: Timestamp,
        texts: Texts<'a>,
        path: &'a mut Vec<u8>,
    ) -> Option<Event<'a>> {
        let body = &self.body;
        let mut actor = self.process;
        let mut responsible = None;
        let kind = match event_type {
            EventType::Exec => {
                actor = body.subject;
                Kind::ProcessStart(ProcessStart {
                    method: StartMethod::Exec,
                    previous_image: texts.get(self.process.image),
                    script: texts.get(body.script),
                    ..ProcessStart::default()
                })
            }
            EventType::Fork => {
                actor = body.subject;
                Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, ..ProcessStart::default() })
            }
            EventType::Exit => Kind::ProcessEnd(ProcessEnd { exit_code: body.exit_code(), ..ProcessEnd::default() }),
            EventType::XpcConnect => Kind::EndpointConnect(EndpointAct::new(Endpoint::new(
                Mechanism::XpcService,
                Some(texts.get(body.name)?),
            ))),
            EventType::Access(method) => Kind::ProcessAccess(ProcessAccess {
                target: body.subject.known(texts)?,
                access: Access { method, mask: 0 },
                ..ProcessAccess::default()
            }),
            EventType::RemoteThread => {
                Kind::RemoteThread(RemoteThread { target: body.subject.known(texts)?, ..RemoteThread::default() })
            }
            EventType::SocketBind => {
                let mut endpoint = Endpoint::new(Mechanism::UnixPath, Some(body.path(texts, path)?));
                endpoint.mode = body.mode;
                Kind::EndpointCreate(EndpointAct::new(endpoint))
            }
            EventType::SocketConnect => Kind::EndpointConnect(EndpointAct::new(Endpoint {
                inode: body.file.inode,
                device: body.file.device,
                owner_uid: body.file.owner,
                mode: body.file.mode,
                ..Endpoint::new(Mechanism::UnixPath, Some(texts.get(body.file.path)?))
            })),
            EventType::LaunchItem => {
                actor = body.instigator().unwrap_or(actor);
                Kind::LaunchItemAdd(LaunchItemAdd {
                    label: texts.get(body.name),
                    program: texts.get(body.program),
                    ..LaunchItemAdd::default()
                })
            }
            EventType::Privacy => {
                (actor, responsible) = self.grantee(texts);
                Kind::PrivacyDecision(PrivacyDecision {
                    service: texts.get(body.name),
                    allowed: body.allowed(),
                    ..PrivacyDecision::default()
                })
            }
            EventType::SignatureLost => Kind::CodeSignInvalid(Default::default()),
            EventType::Map => {
                Kind::ImageLoad(ImageLoad { image: Some(texts.get(body.file.path)?), ..ImageLoad::default() })
            }
            EventType::User => {
                actor.token.euid = body.user;
                Kind::ProcessSeen(Default::default())
            }
            EventType::File(operation) => {
                Kind::FileAccess(FileAccess { path: Some(body.path(texts, path)?), operation, ..FileAccess::default() })
            }
        };
        let mut event = Event::new(Os::Macos, time, kind);
        event.actor = actor.reference(texts);
        if event.actor.is_unknown() && event_type != EventType::Privacy {
            return None;
        }
        event.responsible = responsible.unwrap_or(actor.responsible).key();
        match event_type {
            EventType::Fork => event.parent = self.process.reference(texts),
            _ => {
                let present = actor.parent.pid.or(actor.ppid);
                event.parent.unique_id = actor.parent.unique_id();
                event.parent.pid = present.or(actor.original_ppid);
                // launchd adopts orphans, so the original parent is the relevant one.
                if let Some(birth) = actor.original_ppid.filter(|birth| Some(*birth) != present) {
                    event.parent.pid = Some(birth);
                    event.parent.unique_id = UniqueId::None;
                }
            }
        }
        name_launchd(&mut event.parent);
        if event_type == EventType::Exec {
            event.actor.command_line = texts.get(body.args);
            event.actor.argument_count = body.argument_count;
            event.actor.working_folder = texts.get(body.cwd);
        }
        Some(event)
    }

    /// For tcc_modify: who was granted or denied the right, and who is responsible. The message names an identity,
    /// which is a running process only if it matches the instigator (after a prompt). Otherwise (Settings, a management
    /// profile) only its name or path is known, and the instigator is responsible.
    fn grantee<'a>(&self, texts: Texts<'a>) -> (EsProcess, Option<Token>) {
        let body = &self.body;
        let Some(identity) = texts.get(body.identity) else {
            return (body.instigator().unwrap_or(self.process), None);
        };
        let instigator = body.instigator().unwrap_or_default();
        if [instigator.signing_id, instigator.image].into_iter().any(|name| texts.get(name) == Some(identity)) {
            return (instigator, None);
        }
        let mut named = EsProcess::default();
        if identity.starts_with(b"/") {
            named.image = body.identity;
        } else {
            named.signing_id = body.identity;
        }
        (named, Some(instigator.token))
    }
}

/// Whether the `action` states that the operation was denied: `{"result":{"result":{"auth":1}}}`.
fn denied(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    let mut denied = false;
    members(reader, |reader, key| match key {
        b"result" => self::denied(reader).map(|inner| denied |= inner),
        b"auth" => number::<u32>(reader).map(|auth| denied |= auth == Some(1)),
        _ => reader.skip(),
    })?;
    Ok(denied)
}

/// The members inside an event: the union of all supported events.
#[derive(Default)]
struct Body {
    /// target, child or instigator.
    subject: EsProcess,
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
    protection: u32,
    user: Option<u32>,
    environment: Environment,
    lost: Lost,
}

impl Body {
    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        key: &[u8],
        event_type: EventType,
        scratch: &mut Scratch,
    ) -> Result<(), JsonError> {
        match key {
            b"destination" | b"new_path" | b"item" => {
                members(reader, |reader, key| self.member(reader, key, event_type, scratch))?;
            }
            b"target" if matches!(event_type, EventType::File(_)) => self.file = File::read(reader, scratch)?,
            b"target" | b"child" | b"instigator" => self.subject = EsProcess::read(reader, scratch)?,
            b"instigator_token" => self.subject_token = Token::read(reader)?,
            b"file" | b"existing_file" | b"source" => self.file = File::read(reader, scratch)?,
            b"dir" => self.folder = File::read(reader, scratch)?.path,
            b"filename" | b"service_name" | b"service" | b"item_url" => self.name = text(reader, scratch)?,
            b"cwd" => self.cwd = File::read(reader, scratch)?.path,
            b"script" => self.script = File::read(reader, scratch)?.path,
            b"args" => self.read_arguments(reader, scratch)?,
            b"env" => self.read_environment(reader, scratch)?,
            b"protection" => self.protection = number(reader)?.unwrap_or(0),
            b"uid" | b"euid" => self.user = number(reader)?,
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
        if !self.lost.open(reader, Value::Array, "args")? {
            return Ok(());
        }
        let mut count = 0;
        let mut outcome = Ok(());
        self.args = scratch.compose(|joined| outcome = join_arguments(reader, joined, &mut count));
        self.argument_count = Some(count);
        outcome
    }

    fn read_environment(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if !self.lost.open(reader, Value::Array, "env")? {
            return Ok(());
        }
        while let Some(element) = reader.next_element()? {
            match element {
                Value::String(variable) => self.environment.note(variable, scratch),
                Value::Object | Value::Array => reader.skip_container()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `folder/name`, or the path of a file that already existed.
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

    /// The instigator, if the message names one, even if only by its token.
    fn instigator(&self) -> Option<EsProcess> {
        let token = if self.subject.token.pid.is_some() { self.subject.token } else { self.subject_token };
        token.pid.map(|_| EsProcess { token, ..self.subject })
    }

    /// `stat` has the form of wait(2): a process that a signal ended has no exit code.
    fn exit_code(&self) -> Option<i32> {
        self.status.filter(|status| status & 0x7f == 0).map(|status| status >> 8 & 0xff)
    }

    /// The right after a tcc_modify: 0 denied, 1 unknown, 2 allowed, 3 limited; `None` when the entry was deleted
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

restored!(Eslogger {} else { scratch, path });
