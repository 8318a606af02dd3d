//! Jamf Protect: version 1 telemetry (OpenBSM records as JSON, `AUE_*`), version 2 telemetry (Endpoint Security
//! messages in an envelope), and alerts (`GP…Event`).
//!
//! The shapes of version 1 and of alerts come from Jamf's published samples; version 2, and records without a sample,
//! follow Jamf's documentation and `bsm/audit_kevents.h`.
//!
//! The version 1 record of an exec has the signature of the previous image, not of the new one. `AUE_TASKFORPID` names
//! the caller as subject and the target as process. `AUE_PTRACE` with request 31 (PT_DENY_ATTACH) is a program that
//! refuses debuggers.

use super::eslogger::Eslogger;
use super::fields::{Lost, assigned, faulty, malformed, members, name_launchd, number, process_id, scalar, text};
use super::jamf_alert::Alert;
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value, unescape};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::event::{
    Access, AccessMethod, Channel, Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NetworkConnect, Os,
    ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, Signing, StartMethod, Text,
};
use crate::time::{MILLISECOND, Timestamp};
use crate::util::saved::restored;

/// The kind of event that an OpenBSM record becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventType {
    Exec,
    Spawn,
    Fork,
    Exit,
    Connect,
    Bind,
    Accept,
    Access(AccessMethod),
    Ptrace,
}

/// The supported records, by their names in `bsm/audit_kevents.h`.
const EVENTS: &[(&[u8], EventType)] = &[
    (b"AUE_EXEC", EventType::Exec),
    (b"AUE_EXECVE", EventType::Exec),
    (b"AUE_MAC_EXECVE", EventType::Exec),
    (b"AUE_POSIX_SPAWN", EventType::Spawn),
    (b"AUE_FORK", EventType::Fork),
    (b"AUE_VFORK", EventType::Fork),
    (b"AUE_EXIT", EventType::Exit),
    (b"AUE_CONNECT", EventType::Connect),
    (b"AUE_BIND", EventType::Bind),
    (b"AUE_ACCEPT", EventType::Accept),
    (b"AUE_TASKFORPID", EventType::Access(AccessMethod::TaskPort)),
    (b"AUE_TASKREADFORPID", EventType::Access(AccessMethod::TaskRead)),
    (b"AUE_TASKINSPECTFORPID", EventType::Access(AccessMethod::TaskRead)),
    (b"AUE_TASKNAMEFORPID", EventType::Access(AccessMethod::TaskRead)),
    (b"AUE_PTRACE", EventType::Ptrace),
];

/// OpenBSM's error number for a connect that continues in the background.
const IN_PROGRESS: u32 = 150;

/// Decodes Jamf Protect's lines.
#[derive(Debug, Default)]
pub(super) struct Jamf {
    scratch: Scratch,
    messages: Eslogger,
}

impl Decoder for Jamf {
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
        self.scratch.capacity() + self.messages.held_bytes()
    }
}

impl Jamf {
    fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        self.scratch.start(record.bytes);
        let line = match Line::read(writing.reader(record.bytes), &mut self.scratch) {
            Ok(line) => line,
            Err(fault) => return sink.error(malformed(record, fault)),
        };
        match line.sort {
            Sort::Message => self.messages.read(record, writing, sink),
            Sort::Schema => sink.skipped(record.number, Skip::Framing),
            Sort::Alert => line.alert.report(record, &self.scratch, sink),
            Sort::Audit => line.audit.report(record, &self.scratch, sink),
        }
    }
}

/// The type of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Audit,
    Message,
    Alert,
    /// A JSON schema that accompanies the data.
    Schema,
}

#[derive(Default)]
struct Line {
    sort: Sort,
    audit: Audit,
    alert: Alert,
}

impl Line {
    fn read(mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut line = Self::default();
        let is_object = members(&mut reader, |reader, key| {
            match key {
                b"$schema" => line.sort = Sort::Schema,
                b"event" => line.sort = Sort::Message,
                b"match" | b"related" | b"eventType" | b"input" => line.sort = Sort::Alert,
                _ => {}
            }
            match line.sort {
                Sort::Schema | Sort::Message => reader.skip(),
                Sort::Alert => line.alert.member(reader, key, scratch),
                // A late key may reveal the type of the line; until then both readers collect their members.
                Sort::Audit if key == b"host" => line.alert.member(reader, key, scratch),
                Sort::Audit => line.audit.member(reader, key, scratch),
            }
        })?;
        if is_object && reader.at_end() {
            Ok(line)
        } else {
            Err(JsonError { offset: reader.offset(), too_deep: false })
        }
    }
}

/// An OpenBSM record.
#[derive(Default)]
struct Audit {
    name: Span,
    seconds: Option<i64>,
    millis: Option<i64>,
    host: Span,
    error: Option<u32>,
    subject: Party,
    process: Party,
    parent_path: Span,
    parent_pid: Option<u32>,
    args: Span,
    argument_count: Option<u32>,
    path: Span,
    socket: Span,
    address: Span,
    port: Option<u32>,
    child: Option<u32>,
    request: Option<u32>,
    status: Option<i32>,
    signer: Span,
    team: Span,
    signer_type: Option<u32>,
    lost: Lost,
}

/// A process as a subject or process token describes it.
#[derive(Clone, Copy, Debug, Default)]
struct Party {
    pid: Option<u32>,
    image: Span,
    user: Span,
    uid: Option<u32>,
    auid: Option<u32>,
    session: Option<u32>,
}

impl Party {
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut party = Self::default();
        members(reader, |reader, key| {
            match key {
                b"process_id" => party.pid = process_id(reader)?,
                b"process_name" => party.image = text(reader, scratch)?,
                b"effective_user_name" => party.user = text(reader, scratch)?,
                b"effective_user_id" => party.uid = number(reader)?,
                b"audit_id" => party.auid = assigned(number(reader)?),
                b"session_id" => party.session = assigned(number(reader)?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(party)
    }
}

impl Audit {
    fn member(&mut self, reader: &mut Reader<'_>, key: &[u8], scratch: &mut Scratch) -> Result<(), JsonError> {
        match key {
            b"subject" => self.subject = Party::read(reader, scratch)?,
            b"process" => self.process = Party::read(reader, scratch)?,
            b"header" | b"host_info" | b"return" | b"exec_chain_child" | b"exec_chain_parent" | b"exec_args"
            | b"exit" | b"identity" | b"arguments" | b"socket_unix" | b"socket_inet" | b"socket_inet6" => {
                members(reader, |reader, key| self.detail(reader, key, scratch))?;
            }
            b"path" => self.path = last_text(reader, scratch)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    /// Reads a member of one of the tokens.
    fn detail(&mut self, reader: &mut Reader<'_>, key: &[u8], scratch: &mut Scratch) -> Result<(), JsonError> {
        match key {
            b"event_name" => self.name = text(reader, scratch)?,
            b"time_seconds_epoch" => self.seconds = number(reader)?,
            b"time_milliseconds_offset" => self.millis = number(reader)?,
            b"host_name" => self.host = text(reader, scratch)?,
            b"error" => self.error = number(reader)?,
            b"parent_path" => self.parent_path = text(reader, scratch)?,
            b"parent_pid" => self.parent_pid = process_id(reader)?,
            b"args" => self.read_arguments(reader, scratch)?,
            b"path" => self.socket = text(reader, scratch)?,
            b"ip_address" => self.address = text(reader, scratch)?,
            b"port" => self.port = number(reader)?,
            b"child_PID" | b"child_pid" | b"child PID" => self.child = process_id(reader)?,
            b"request" => self.request = number(reader)?,
            b"status" => self.status = number(reader)?,
            b"signer_id" => self.signer = text(reader, scratch)?,
            b"team_id" => self.team = text(reader, scratch)?,
            b"signer_type" => self.signer_type = number(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    /// Reads `{"1": "/bin/sh", "2": "-c"}`, whose keys are expected in order.
    fn read_arguments(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if !self.lost.open(reader, Value::Object, "exec_args.args")? {
            return Ok(());
        }
        let (mut count, mut outcome) = (0, Ok(()));
        self.args = scratch.compose(|joined| {
            outcome = loop {
                match reader.next_key() {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(fault) => break Err(fault),
                }
                match scalar(reader) {
                    Ok(Value::String(argument)) => {
                        if count > 0 {
                            joined.push(b' ');
                        }
                        unescape(argument.bytes, joined);
                        count += 1;
                    }
                    Ok(_) => {}
                    Err(fault) => break Err(fault),
                }
            };
        });
        self.argument_count = Some(count);
        outcome
    }

    fn report(&self, record: &Record<'_>, scratch: &Scratch, sink: &mut dyn Sink) {
        self.lost.report(record, sink);
        let stated = |span| scratch.get(record.bytes, span).filter(|text| !text.is_empty());
        let Some(name) = stated(self.name) else {
            return sink.error(faulty(record, DecodeErrorKind::Missing, "header.event_name"));
        };
        let Some(seconds) = self.seconds else {
            return sink.error(faulty(record, DecodeErrorKind::Missing, "header.time_seconds_epoch"));
        };
        let Some((_, event_type)) = EVENTS.iter().find(|(known, _)| *known == name) else {
            return sink.skipped(record.number, Skip::NotOfInterest);
        };
        if self.error.is_some_and(|error| error != 0 && error != IN_PROGRESS) {
            return sink.skipped(record.number, Skip::Failed);
        }
        let Some(kind) = self.kind(*event_type, stated) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        let time = Timestamp::from_unix(seconds, 0) + self.millis.unwrap_or(0).clamp(0, 999) * MILLISECOND;
        let mut event = Event::new(Os::Macos, time, kind);
        event.record = record.number;
        event.host = stated(self.host).unwrap_or_default();
        event.source.channel = Channel::Jamf;
        event.source.name = Some(name);
        event.actor = self.party(&self.subject, stated);
        event.parent.pid = self.parent_pid;
        event.parent.image = stated(self.parent_path);
        name_launchd(&mut event.parent);
        match *event_type {
            EventType::Exec | EventType::Spawn => {
                if let (EventType::Spawn, Some(child)) = (*event_type, self.child) {
                    event.parent = event.actor;
                    event.actor.pid = Some(child);
                }
                event.actor.image = stated(self.path).or(event.actor.image);
                event.actor.command_line = stated(self.args);
                event.actor.argument_count = self.argument_count;
            }
            EventType::Fork => {
                event.parent = event.actor;
                event.actor.pid = self.child;
            }
            // The signature belongs to the subject. An exec leaves it out because it is that of the previous image.
            _ => {
                event.actor.signer = stated(self.team).or(stated(self.signer));
                event.actor.signing = self.signing(stated);
            }
        }
        sink.event(&event);
    }

    fn kind<'a>(&self, event_type: EventType, stated: impl Fn(Span) -> Option<Text<'a>>) -> Option<Kind<'a>> {
        let target = || Some(self.party(&self.process, &stated)).filter(|process| process.pid.is_some());
        let access = |method| {
            let target = target()?;
            Some(Kind::ProcessAccess(ProcessAccess {
                target,
                access: Access { method, mask: 0 },
                ..Default::default()
            }))
        };
        let socket = || Some(EndpointAct::new(Endpoint::new(Mechanism::UnixPath, Some(stated(self.socket)?))));
        let network = |direction| {
            Some(Kind::NetworkConnect(NetworkConnect {
                direction,
                remote_address: Some(stated(self.address)?),
                remote_port: self.port,
                ..NetworkConnect::default()
            }))
        };
        self.subject.pid?;
        let started = |method| Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() });
        match event_type {
            EventType::Exec => Some(started(StartMethod::Exec)),
            EventType::Spawn => {
                Some(started(if self.child.is_some() { StartMethod::Create } else { StartMethod::Exec }))
            }
            EventType::Fork => self.child.map(|_| started(StartMethod::Fork)),
            EventType::Exit => Some(Kind::ProcessEnd(ProcessEnd { exit_code: self.status, ..ProcessEnd::default() })),
            EventType::Connect => socket().map(Kind::EndpointConnect).or_else(|| network(Direction::Outbound)),
            EventType::Bind => socket().map(Kind::EndpointCreate),
            EventType::Accept => match socket() {
                Some(mut act) => {
                    act.accepted = true;
                    Some(Kind::EndpointConnect(act))
                }
                None => network(Direction::Inbound),
            },
            EventType::Access(method) => access(method),
            EventType::Ptrace => match self.request {
                Some(10 | 14) => access(AccessMethod::PtraceAttach),
                _ => None,
            },
        }
    }

    fn party<'a>(&self, party: &Party, stated: impl Fn(Span) -> Option<Text<'a>>) -> ProcessRef<'a> {
        ProcessRef {
            pid: party.pid,
            image: stated(party.image),
            user: stated(party.user),
            uid: party.uid,
            auid: party.auid,
            session: party.session.map(u64::from),
            ..ProcessRef::default()
        }
    }

    /// `None` when the record has no identity.
    fn signing<'a>(&self, stated: impl Fn(Span) -> Option<Text<'a>>) -> Option<Signing> {
        let kind = self.signer_type?;
        Some(match (kind, stated(self.team), stated(self.signer)) {
            (1, ..) => Signing::Platform,
            (_, Some(_), _) => Signing::Signed,
            (_, None, Some(_)) => Signing::AdHoc,
            _ => Signing::Unsigned,
        })
    }
}

/// The last text of an array: a path token has the path as requested, then as resolved.
fn last_text(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Span, JsonError> {
    let mut last = Span::NONE;
    match reader.value()? {
        Value::Array => {
            while let Some(element) = reader.next_element()? {
                match element {
                    Value::Object | Value::Array => reader.skip_container()?,
                    value => last = value.text(scratch).unwrap_or(last),
                }
            }
        }
        Value::Object => reader.skip_container()?,
        value => last = value.text(scratch).unwrap_or(last),
    }
    Ok(last)
}

restored!(Jamf { messages } else { scratch });
