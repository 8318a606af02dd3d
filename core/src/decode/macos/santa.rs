//! Santa's telemetry as JSON: one `SantaMessage` per object, with the member names of its definition
//! (northpolesec/santa, `Source/common/santa.proto`, and the messages of its tests).
//!
//! Santa forwards data from Endpoint Security without the message number. Texts that need not be UTF-8 (arguments,
//! variables) are in base64. The signature is absent for a process that is only the actor.

use alloc::vec::Vec;

use super::environment::Environment;
use super::es_process::{EsProcess, File, Texts, Token};
use super::fields::{Lost, assigned, malformed, members, name_launchd, number, scalar, text, time_of};
use crate::decode::json::{JsonError, RawStr, Reader, Scratch, Span, Value};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{Decoder, Record, Sink, Skip, Subject, SubjectName};
use crate::event::{
    Channel, CodeSignInvalid, Event, FileAccess, FileOperation, Kind, LaunchItemAdd, Os, PrivacyDecision, ProcessEnd,
    ProcessRef, ProcessStart, StartMethod, Text,
};
use crate::time::Timestamp;
use crate::util::saved::restored;

/// The kind of event that a message becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Exec,
    Fork,
    Exit,
    /// A file was created under the name `target`, or (`unlink`) deleted.
    File(FileOperation),
    Open,
    Close,
    Watched,
    SignatureLost,
    LaunchItem,
    Privacy,
}

/// The supported messages, by their member.
const MESSAGES: &[(&[u8], Shape)] = &[
    (b"execution", Shape::Exec),
    (b"fork", Shape::Fork),
    (b"exit", Shape::Exit),
    (b"rename", Shape::File(FileOperation::Create)),
    (b"link", Shape::File(FileOperation::Create)),
    (b"clone", Shape::File(FileOperation::Create)),
    (b"copyfile", Shape::File(FileOperation::Create)),
    (b"unlink", Shape::File(FileOperation::Delete)),
    (b"open", Shape::Open),
    (b"close", Shape::Close),
    (b"file_access", Shape::Watched),
    (b"codesigning_invalidated", Shape::SignatureLost),
    (b"launch_item", Shape::LaunchItem),
    (b"tcc_modification", Shape::Privacy),
];

/// The members beside the message.
const AROUND: &[&[u8]] = &[b"event_time", b"processed_time", b"machine_id", b"boot_session_uuid"];

/// Decodes Santa's JSON.
#[derive(Debug, Default)]
pub(super) struct SantaJson {
    scratch: Scratch,
}

impl Decoder for SantaJson {
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
        self.scratch.capacity()
    }
}

impl SantaJson {
    fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        self.scratch.start(record.bytes);
        let message = match Message::read(writing.reader(record.bytes), &mut self.scratch) {
            Ok(message) => message,
            Err(fault) => return sink.error(malformed(record, fault)),
        };
        message.body.lost.report(record, sink);
        let texts = Texts { record: record.bytes, scratch: &self.scratch };
        let Some(time) = time_of(texts.get(message.time), "event_time", record, sink) else { return };
        let Some(shape) = message.shape else {
            let name = SubjectName::Text(texts.get(message.name).unwrap_or_default());
            return sink.ignored(record.number, Subject { source: b"", name });
        };
        match message.event(shape, time, texts) {
            Err(why) => sink.skipped(record.number, why),
            Ok(mut event) => {
                event.record = record.number;
                event.host = texts.get(message.host).unwrap_or_default();
                event.source.channel = Channel::Santa;
                event.source.name = texts.get(message.name);
                message.body.environment.report(&mut event, |span| texts.get(span), sink);
            }
        }
    }
}

/// One object, whose keys may come in any order.
#[derive(Default)]
struct Message {
    time: Span,
    host: Span,
    name: Span,
    shape: Option<Shape>,
    body: Body,
}

impl Message {
    fn read(mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut message = Self::default();
        if reader.value()? != Value::Object {
            return Err(JsonError { offset: 0, too_deep: false });
        }
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"event_time" => message.time = text(&mut reader, scratch)?,
                b"machine_id" => message.host = text(&mut reader, scratch)?,
                name if AROUND.contains(&name) => reader.skip()?,
                name => match MESSAGES.iter().find(|(known, _)| *known == name) {
                    // Unknown members after the message do not change its type.
                    None if message.shape.is_some() => reader.skip()?,
                    None => {
                        message.name = scratch.keep(key);
                        reader.skip()?;
                    }
                    Some((_, shape)) => {
                        (message.name, message.shape) = (scratch.keep(key), Some(*shape));
                        let body = &mut message.body;
                        members(&mut reader, |reader, key| body.member(reader, key, scratch))?;
                    }
                },
            }
        }
        if reader.at_end() { Ok(message) } else { Err(JsonError { offset: reader.offset(), too_deep: false }) }
    }

    fn event<'a>(&self, shape: Shape, time: Timestamp, texts: Texts<'a>) -> Result<Event<'a>, Skip> {
        let body = &self.body;
        let word = |span| texts.get(span).unwrap_or_default();
        if word(body.decision).starts_with(b"DECISION_DENY") || word(body.policy).starts_with(b"POLICY_DECISION_DENIED")
        {
            return Err(Skip::Failed);
        }
        let file = |operation| -> Result<Kind<'a>, Skip> {
            let path = Some(texts.get(body.path).ok_or(Skip::Incomplete)?);
            Ok(Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() }))
        };
        let mut actor = body.instigator;
        let kind = match shape {
            Shape::Exec => {
                actor = body.target;
                Kind::ProcessStart(ProcessStart {
                    method: StartMethod::Exec,
                    previous_image: texts.get(body.instigator.process.image),
                    script: texts.get(body.script),
                    ..ProcessStart::default()
                })
            }
            Shape::Fork => {
                actor = body.target;
                Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, ..ProcessStart::default() })
            }
            Shape::Exit => Kind::ProcessEnd(ProcessEnd { exit_code: body.status, ..ProcessEnd::default() }),
            Shape::File(operation) => file(operation)?,
            // FREAD is 1, FWRITE is 2.
            Shape::Open if body.flags.is_some_and(|flags| flags & 2 != 0) => file(FileOperation::Write)?,
            Shape::Open => file(FileOperation::Open)?,
            Shape::Close if body.is_modified => file(FileOperation::Write)?,
            Shape::Close => return Err(Skip::NotOfInterest),
            Shape::Watched => match word(body.access) {
                b"ACCESS_TYPE_OPEN" => file(FileOperation::Open)?,
                b"ACCESS_TYPE_UNLINK" => file(FileOperation::Delete)?,
                b"ACCESS_TYPE_TRUNCATE" => file(FileOperation::Write)?,
                b"" | b"ACCESS_TYPE_UNKNOWN" => return Err(Skip::Incomplete),
                _ => file(FileOperation::Create)?,
            },
            Shape::SignatureLost => Kind::CodeSignInvalid(CodeSignInvalid::default()),
            Shape::LaunchItem if word(body.action) != b"ACTION_ADD" => return Err(Skip::NotOfInterest),
            Shape::LaunchItem => {
                actor = body.trigger.unwrap_or(actor);
                Kind::LaunchItemAdd(LaunchItemAdd {
                    label: texts.get(body.name),
                    program: texts.get(body.program),
                    ..LaunchItemAdd::default()
                })
            }
            Shape::Privacy => {
                actor = body.grantee(texts);
                Kind::PrivacyDecision(PrivacyDecision {
                    service: texts.get(body.name),
                    allowed: body.allowed(texts),
                    ..PrivacyDecision::default()
                })
            }
        };
        let mut event = Event::new(Os::Macos, time, kind);
        event.actor = actor.reference(texts);
        if event.actor.is_unknown() && shape != Shape::Privacy {
            return Err(Skip::Incomplete);
        }
        event.responsible = match (shape, body.trigger) {
            (Shape::Privacy, Some(trigger)) => trigger.process.token.key(),
            _ => actor.process.responsible.key(),
        };
        if shape == Shape::Fork {
            event.parent = body.instigator.reference(texts);
        } else {
            let process = &actor.process;
            (event.parent.pid, event.parent.unique_id) = (process.parent.pid, process.parent.unique_id());
            // launchd adopts orphans, so the original parent is the relevant one.
            if let Some(birth) = process.original_ppid.filter(|birth| Some(*birth) != process.parent.pid) {
                event.parent = ProcessRef { pid: Some(birth), ..ProcessRef::default() };
            }
        }
        name_launchd(&mut event.parent);
        if shape == Shape::Exec {
            event.actor.command_line = texts.get(body.arguments);
            event.actor.argument_count = body.argument_count;
            event.actor.working_folder = texts.get(body.folder);
        }
        Ok(event)
    }
}

/// The members inside a message: the union of all supported messages.
#[derive(Default)]
struct Body {
    instigator: Party,
    /// target or child.
    target: Party,
    trigger: Option<Party>,
    path: Span,
    script: Span,
    folder: Span,
    arguments: Span,
    argument_count: Option<u32>,
    environment: Environment,
    decision: Span,
    policy: Span,
    access: Span,
    action: Span,
    name: Span,
    program: Span,
    identity: Span,
    right: Span,
    change: Span,
    status: Option<i32>,
    flags: Option<u32>,
    is_modified: bool,
    lost: Lost,
}

impl Body {
    fn member(&mut self, reader: &mut Reader<'_>, key: &[u8], scratch: &mut Scratch) -> Result<(), JsonError> {
        match key {
            b"instigator" => self.instigator = Party::read(reader, scratch)?.0,
            // A process, a file, or the new path of a file.
            b"target" | b"child" => {
                if reader.is_string_next() {
                    self.path = text(reader, scratch)?;
                } else {
                    (self.target, self.path) = Party::read(reader, scratch)?;
                }
            }
            b"trigger_process" => self.trigger = Some(Party::read(reader, scratch)?.0),
            b"trigger_id" => self.trigger = Some(Party::of(token(reader)?)),
            b"script" => self.script = File::read(reader, scratch)?.path,
            b"working_directory" => self.folder = File::read(reader, scratch)?.path,
            b"args" => self.read_arguments(reader, scratch)?,
            b"envs" => {
                if self.lost.open(reader, Value::Array, "envs")? {
                    let mut plain = Vec::new();
                    each_text(reader, |variable| {
                        plain.clear();
                        base64(variable, &mut plain);
                        let span = scratch.compose(|out| out.extend_from_slice(&plain));
                        self.environment.note_kept(&plain, span);
                    })?;
                }
            }
            b"decision" => self.decision = text(reader, scratch)?,
            b"policy_decision" => self.policy = text(reader, scratch)?,
            b"access_type" => self.access = text(reader, scratch)?,
            b"action" => self.action = text(reader, scratch)?,
            b"item_path" | b"service" => self.name = text(reader, scratch)?,
            b"executable_path" => self.program = text(reader, scratch)?,
            b"identity" => self.identity = text(reader, scratch)?,
            b"authorization_right" => self.right = text(reader, scratch)?,
            b"event_type" => self.change = text(reader, scratch)?,
            b"modified" => self.is_modified = scalar(reader)? == Value::Bool(true),
            b"flags" => self.flags = number(reader)?,
            b"exited" => {
                members(reader, |reader, key| match key {
                    b"exit_status" => number(reader).map(|status| self.status = status),
                    _ => reader.skip(),
                })?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn read_arguments(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if !self.lost.open(reader, Value::Array, "args")? {
            return Ok(());
        }
        let (mut count, mut outcome) = (0, Ok(()));
        self.arguments = scratch.compose(|joined| {
            outcome = each_text(reader, |argument| {
                if count > 0 {
                    joined.push(b' ');
                }
                base64(argument, joined);
                count += 1;
            });
        });
        self.argument_count = Some(count);
        outcome
    }

    /// Who was granted or denied a right: the requesting process if it matches the named identity, else the identity
    /// itself, given by path or by identifier.
    fn grantee(&self, texts: Texts<'_>) -> Party {
        let Some(identity) = texts.get(self.identity) else { return self.trigger.unwrap_or(self.instigator) };
        if let Some(trigger) = self.trigger.filter(|trigger| texts.get(trigger.process.image) == Some(identity)) {
            return trigger;
        }
        let mut named = Party::default();
        if identity.starts_with(b"/") {
            named.process.image = self.identity;
        } else {
            named.process.signing_id = self.identity;
        }
        named
    }

    fn allowed(&self, texts: Texts<'_>) -> Option<bool> {
        match texts.get(self.right)? {
            _ if texts.get(self.change) == Some(b"EVENT_TYPE_DELETE") => None,
            b"AUTHORIZATION_RIGHT_DENIED" => Some(false),
            b"AUTHORIZATION_RIGHT_ALLOWED" | b"AUTHORIZATION_RIGHT_LIMITED" => Some(true),
            _ => None,
        }
    }
}

/// A process as a message describes it.
#[derive(Clone, Copy, Debug, Default)]
struct Party {
    process: EsProcess,
    user: Span,
    hash: Span,
    /// The message states whether and by whom the program is signed.
    is_judged: bool,
}

impl Party {
    fn of(token: Token) -> Self {
        Self { process: EsProcess { token, ..EsProcess::default() }, ..Self::default() }
    }

    /// Reads a process or a file; returns the file's path separately.
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(Self, Span), JsonError> {
        let (mut party, mut path) = (Self::default(), Span::NONE);
        members(reader, |reader, key| {
            let process = &mut party.process;
            match key {
                b"path" => path = text(reader, scratch)?,
                b"id" => process.token = token(reader)?,
                b"parent_id" => process.parent = token(reader)?,
                b"responsible_id" => process.responsible = token(reader)?,
                b"original_parent_pid" => process.original_ppid = number(reader)?,
                b"effective_user" => {
                    members(reader, |reader, key| {
                        match key {
                            // The number is signed, because the user nobody has the id -2.
                            b"uid" => process.token.euid = number::<i64>(reader)?.map(|uid| uid as u32),
                            b"name" => party.user = text(reader, scratch)?,
                            _ => reader.skip()?,
                        }
                        Ok(())
                    })?;
                }
                b"is_platform_binary" => {
                    process.is_platform = scalar(reader)? == Value::Bool(true);
                    party.is_judged = true;
                }
                b"code_signature" => {
                    members(reader, |reader, key| {
                        match key {
                            b"signing_id" => process.signing_id = text(reader, scratch)?,
                            b"team_id" => process.team_id = text(reader, scratch)?,
                            _ => reader.skip()?,
                        }
                        Ok(())
                    })?;
                }
                b"cs_flags" => process.flags = number(reader)?.unwrap_or(0),
                b"executable" => {
                    let file = File::read(reader, scratch)?;
                    (process.image, party.hash) = (file.path, file.hash);
                }
                b"tty" => process.terminal = File::read(reader, scratch)?.path,
                b"start_time" => {
                    process.start = match scalar(reader)? {
                        Value::String(time) => Timestamp::parse(time.bytes),
                        _ => None,
                    }
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        // A pid of 0 means that no process is responsible.
        party.process.responsible.pid = party.process.responsible.pid.filter(|&pid| pid != 0);
        Ok((party, path))
    }

    fn reference<'a>(&self, texts: Texts<'a>) -> ProcessRef<'a> {
        let mut reference = self.process.reference(texts);
        reference.hash = texts.get(self.hash).filter(|hash: &Text<'a>| !hash.is_empty());
        reference.user = texts.get(self.user).filter(|name: &Text<'a>| !name.is_empty());
        if !self.is_judged {
            reference.signing = None;
        }
        reference
    }
}

/// Reads `{"pid": 12, "pidversion": 34}`.
fn token(reader: &mut Reader<'_>) -> Result<Token, JsonError> {
    let mut token = Token::default();
    members(reader, |reader, key| {
        match key {
            b"pid" => token.pid = assigned(number(reader)?),
            b"pidversion" => token.version = number(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(token)
}

/// Passes on the strings of an array whose opening bracket was read.
fn each_text<'a>(reader: &mut Reader<'a>, mut take: impl FnMut(&'a [u8])) -> Result<(), JsonError> {
    while let Some(element) = reader.next_element()? {
        match element {
            Value::String(RawStr { bytes, .. }) => take(bytes),
            Value::Object | Value::Array => reader.skip_container()?,
            _ => {}
        }
    }
    Ok(())
}

/// Decodes base64 up to the first invalid character; ignores backslashes because JSON may escape a slash.
fn base64(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0_u32, 0);
    for &byte in text.iter().filter(|&&byte| byte != b'\\') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
}

restored!(SantaJson {} else { scratch });

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    #[test]
    fn base64_of_any_length_is_read_up_to_its_end_or_fault() {
        let read = |text: &str| {
            let mut out = Vec::new();
            super::base64(text.as_bytes(), &mut out);
            out
        };
        assert_eq!(read("ZXhlY19wYXRo"), b"exec_path");
        assert_eq!(read("LWw="), b"-l");
        assert_eq!(read("/+8="), [0xff, 0xef]);
        assert_eq!(read("\\/+8="), [0xff, 0xef]);
        assert_eq!(read("LW!w"), b"-");
        assert_eq!(read(""), b"");
    }
}
