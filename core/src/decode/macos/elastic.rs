//! Elastic Endpoint on macOS: Endpoint Security events as documents in Elastic Common Schema, based on published
//! documents of version 7.10 and the field lists in Elastic's endpoint-package.
//!
//! An exec document names the process's own previous image as the parent entity (`process.parent.entity_id` has the pid
//! of `process.pid`), so processes are identified by their pids. A fork document has the parent image that the sensor
//! saw last, which may be outdated.

use alloc::vec::Vec;

use super::environment::Environment;
use super::eslogger::join_arguments;
use super::fields::{Lost, malformed, name_launchd, parse};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::members::{elastic_document, faulty, first, position, scalars, walk};
use crate::decode::{DecodeErrorKind, Record, Sink, Skip};
use crate::event::{
    Channel, Direction, Event, FileAccess, FileOperation, ImageLoad, Kind, LaunchItemAdd, NativeId, NetworkConnect, Os,
    ProcessEnd, ProcessKey, ProcessRef, ProcessSeen, ProcessStart, RemoteThread, Signing, StartMethod, Text,
};
use crate::time::Timestamp;

/// A quick check whether a document may come from this sensor. It has false positives but no false negatives.
pub(crate) fn may_be(document: &[u8]) -> bool {
    memchr::memmem::find(document, b"macos").is_some()
}

/// The paths of the members that are read. If a member occurs several times, the first wins.
const PATHS: &[&[u8]] = &[
    b"event.module",
    b"host.os.type",
    b"host.os.family",
    b"@timestamp",
    b"event.category",
    b"event.action",
    b"event.sequence",
    b"host.name",
    b"host.hostname",
    b"process.pid",
    b"process.executable",
    b"process.command_line",
    b"process.args",
    b"process.env_vars",
    b"process.working_directory",
    b"process.hash.sha256",
    b"process.exit_code",
    b"process.parent.pid",
    b"process.parent.executable",
    b"process.Ext.effective_parent.pid",
    b"process.Ext.effective_parent.executable",
    b"process.code_signature.exists",
    b"process.code_signature.trusted",
    b"process.code_signature.subject_name",
    b"process.code_signature.signing_id",
    b"process.code_signature.team_id",
    b"process.parent.code_signature.exists",
    b"process.parent.code_signature.trusted",
    b"process.parent.code_signature.subject_name",
    b"process.parent.code_signature.signing_id",
    b"process.parent.code_signature.team_id",
    b"user.id",
    b"user.name",
    b"file.path",
    b"dll.path",
    b"dll.code_signature.exists",
    b"dll.code_signature.trusted",
    b"dll.code_signature.subject_name",
    b"source.ip",
    b"source.port",
    b"destination.ip",
    b"destination.port",
    b"Target.process.pid",
    b"Target.process.executable",
    b"Persistence.name",
    b"Persistence.executable",
    b"Persistence.args",
];

const fn at(path: &[u8]) -> usize {
    position(PATHS, path)
}

/// The members about the signature of a process and of its parent.
const SIGNED: [[usize; 5]; 2] = [
    [
        at(b"process.code_signature.exists"),
        at(b"process.code_signature.trusted"),
        at(b"process.code_signature.subject_name"),
        at(b"process.code_signature.signing_id"),
        at(b"process.code_signature.team_id"),
    ],
    [
        at(b"process.parent.code_signature.exists"),
        at(b"process.parent.code_signature.trusted"),
        at(b"process.parent.code_signature.subject_name"),
        at(b"process.parent.code_signature.signing_id"),
        at(b"process.parent.code_signature.team_id"),
    ],
];

/// The certificate subject of software that is part of macOS.
const PLATFORM: &[u8] = b"Software Signing";

/// Decodes the sensor's documents.
#[derive(Debug, Default)]
pub(crate) struct Elastic {
    scratch: Scratch,
}

impl Elastic {
    /// Decodes a document of this sensor; `false` when the document comes from elsewhere.
    pub(crate) fn take(&mut self, record: &Record<'_>, sink: &mut dyn Sink) -> bool {
        self.scratch.start(record.bytes);
        let read = match Read::of(record.bytes, &mut self.scratch) {
            Ok(read) => read,
            Err(fault) => {
                sink.error(malformed(record, fault));
                return true;
            }
        };
        let document = Document { read: &read, bytes: record.bytes, scratch: &self.scratch };
        let os = document.text(const { at(b"host.os.type") }).or(document.text(const { at(b"host.os.family") }));
        if document.text(const { at(b"event.module") }) != Some(b"endpoint") || os != Some(b"macos") {
            return false;
        }
        read.lost.report(record, sink);
        let Some(kind) = document.kind() else {
            sink.skipped(record.number, Skip::NotOfInterest);
            return true;
        };
        match document.text(const { at(b"@timestamp") }).map(Timestamp::parse) {
            None => sink.error(faulty(record, DecodeErrorKind::Missing, "@timestamp")),
            Some(None) => sink.error(faulty(record, DecodeErrorKind::BadValue, "@timestamp")),
            Some(Some(time)) => match document.event(time, kind) {
                None => sink.skipped(record.number, Skip::Incomplete),
                Some(mut event) => {
                    event.record = record.number;
                    read.environment.report(&mut event, |span| document.span(span), sink);
                }
            },
        }
        true
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn held_bytes(&self) -> usize {
        self.scratch.capacity()
    }
}

/// The members of one document.
struct Read {
    spans: [Span; PATHS.len()],
    arguments: Span,
    argument_count: Option<u32>,
    environment: Environment,
    lost: Lost,
}

impl Read {
    fn of(bytes: &[u8], scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut read = Self {
            spans: [Span::NONE; PATHS.len()],
            arguments: Span::NONE,
            argument_count: None,
            environment: Environment::default(),
            lost: Lost::default(),
        };
        let from = elastic_document(bytes)?;
        let mut reader = Reader::new(bytes.get(from..).unwrap_or_default());
        if reader.value()? != Value::Object {
            return Err(JsonError { offset: from, too_deep: false });
        }
        let found = &mut |path, reader: &mut Reader<'_>| read.member(path, reader, scratch);
        walk(&mut reader, PATHS, found).map_err(|fault| JsonError { offset: from + fault.offset, ..fault })?;
        Ok(read)
    }

    fn member(&mut self, path: usize, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        const ARGUMENTS: usize = at(b"process.args");
        const ENVIRONMENT: usize = at(b"process.env_vars");
        match path {
            ARGUMENTS => {
                if self.lost.open(reader, Value::Array, "process.args")? {
                    let (mut count, mut outcome) = (0, Ok(()));
                    let join = |joined: &mut Vec<u8>| outcome = join_arguments(reader, joined, &mut count);
                    self.arguments = scratch.compose(join);
                    self.argument_count = Some(count).filter(|&count| count > 0);
                    outcome?;
                }
                Ok(())
            }
            ENVIRONMENT => {
                if self.lost.open(reader, Value::Array, "process.env_vars")? {
                    scalars(reader, |variable| {
                        if let Value::String(variable) = variable {
                            self.environment.note(variable, scratch);
                        }
                    })?;
                }
                Ok(())
            }
            _ => {
                let text = match first(reader)? {
                    Value::Bool(is_so) => {
                        scratch.compose(|out| out.extend_from_slice(if is_so { b"true" } else { b"false" }))
                    }
                    value => value.text(scratch).unwrap_or(Span::NONE),
                };
                if let Some(span) = self.spans.get_mut(path).filter(|span| !span.is_some()) {
                    *span = text;
                }
                Ok(())
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Document<'a> {
    read: &'a Read,
    bytes: &'a [u8],
    scratch: &'a Scratch,
}

impl<'a> Document<'a> {
    fn span(&self, span: Span) -> Option<Text<'a>> {
        self.scratch.get(self.bytes, span).filter(|text| !text.is_empty())
    }

    fn text(&self, path: usize) -> Option<Text<'a>> {
        self.span(*self.read.spans.get(path)?)
    }

    fn number<T: core::str::FromStr>(&self, path: usize) -> Option<T> {
        self.text(path).and_then(parse)
    }

    fn process(&self, pid: usize, image: usize) -> ProcessRef<'a> {
        let pid = self.number(pid).filter(|&pid| pid != u32::MAX);
        ProcessRef { pid, image: self.text(image), ..ProcessRef::default() }
    }

    /// The kind of event; `None` when it is irrelevant.
    fn kind(&self) -> Option<Kind<'a>> {
        let category = self.text(const { at(b"event.category") }).unwrap_or_default();
        let started = |method| Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() });
        Some(match (category, self.text(const { at(b"event.action") })?) {
            (b"process", b"exec") => started(StartMethod::Exec),
            (b"process", b"fork") => started(StartMethod::Fork),
            (b"process", b"end" | b"exit") => Kind::ProcessEnd(ProcessEnd {
                exit_code: self.number(const { at(b"process.exit_code") }),
                ..ProcessEnd::default()
            }),
            (b"process", b"already_running") => Kind::ProcessSeen(ProcessSeen::default()),
            (b"process" | b"intrusion_detection", b"remote_thread") => Kind::RemoteThread(RemoteThread {
                target: self.process(const { at(b"Target.process.pid") }, const { at(b"Target.process.executable") }),
                ..RemoteThread::default()
            }),
            (b"file", b"launch_daemon") => Kind::LaunchItemAdd(LaunchItemAdd {
                label: self.text(const { at(b"Persistence.name") }),
                program: self
                    .text(const { at(b"Persistence.executable") })
                    .or(self.text(const { at(b"Persistence.args") })),
                ..LaunchItemAdd::default()
            }),
            // A rename counts as the creation of the file under its new name.
            (b"file", b"creation" | b"rename") => self.file(FileOperation::Create)?,
            (b"file", b"modification" | b"overwrite") => self.file(FileOperation::Write)?,
            (b"file", b"open" | b"access") => self.file(FileOperation::Open)?,
            (b"file", b"deletion") => self.file(FileOperation::Delete)?,
            (b"library", b"load") => Kind::ImageLoad(ImageLoad {
                image: Some(self.text(const { at(b"dll.path") })?),
                ..ImageLoad::default()
            }),
            (b"network", b"connection_attempted") => self.network(Direction::Outbound),
            (b"network", b"connection_accepted") => self.network(Direction::Inbound),
            _ => return None,
        })
    }

    fn file(&self, operation: FileOperation) -> Option<Kind<'a>> {
        let path = Some(self.text(const { at(b"file.path") })?);
        Some(Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() }))
    }

    /// The source is the local end of an outbound connection and the remote end of an accepted one.
    fn network(&self, direction: Direction) -> Kind<'a> {
        let source = (self.text(const { at(b"source.ip") }), self.number(const { at(b"source.port") }));
        let destination = (self.text(const { at(b"destination.ip") }), self.number(const { at(b"destination.port") }));
        let (local, remote) =
            if direction == Direction::Outbound { (source, destination) } else { (destination, source) };
        Kind::NetworkConnect(NetworkConnect {
            direction,
            local_address: local.0,
            local_port: local.1,
            remote_address: remote.0,
            remote_port: remote.1,
            ..NetworkConnect::default()
        })
    }

    fn event(&self, time: Timestamp, kind: Kind<'a>) -> Option<Event<'a>> {
        let is_fork = matches!(kind, Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, .. }));
        let mut event = Event::new(Os::Macos, time, kind);
        event.host =
            self.text(const { at(b"host.name") }).or(self.text(const { at(b"host.hostname") })).unwrap_or_default();
        event.source.channel = Channel::ElasticEndpoint;
        event.source.name = self.text(const { at(b"event.action") });
        event.source.id = self.number(const { at(b"event.sequence") }).map_or(NativeId::None, NativeId::Number);
        event.actor = self.process(const { at(b"process.pid") }, const { at(b"process.executable") });
        event.actor.pid?;
        event.actor.uid = self.number(const { at(b"user.id") });
        event.actor.user = self.text(const { at(b"user.name") });
        (event.actor.signing, event.actor.signer) = self.signed(SIGNED[0]);
        event.parent = self.process(const { at(b"process.parent.pid") }, const { at(b"process.parent.executable") });
        (event.parent.signing, event.parent.signer) = self.signed(SIGNED[1]);
        if is_fork {
            event.parent.image = None;
        } else {
            event.actor.working_folder = self.text(const { at(b"process.working_directory") });
            event.actor.hash = self.text(const { at(b"process.hash.sha256") });
            event.actor.command_line =
                self.span(self.read.arguments).or(self.text(const { at(b"process.command_line") }));
            event.actor.argument_count = self.read.argument_count;
        }
        name_launchd(&mut event.parent);
        let responsible = self.process(
            const { at(b"process.Ext.effective_parent.pid") },
            const { at(b"process.Ext.effective_parent.executable") },
        );
        event.responsible = ProcessKey { pid: responsible.pid, image: responsible.image, ..ProcessKey::default() };
        Some(event)
    }

    /// The signing state and the signer; `None` where the document does not state it.
    fn signed(&self, members: [usize; 5]) -> (Option<Signing>, Option<Text<'a>>) {
        let [exists, trusted, subject, signing_id, team] = members.map(|path| self.text(path));
        let signer = team.or(signing_id).or(subject);
        let is_trusted = trusted != Some(b"false");
        let signing = match exists {
            None => return (None, signer),
            Some(b"true") if is_trusted && subject == Some(PLATFORM) => Signing::Platform,
            Some(b"true") if is_trusted && team.is_some() => Signing::Signed,
            Some(b"true") if is_trusted || team.is_none() => Signing::AdHoc,
            Some(_) => Signing::Unsigned,
        };
        (Some(signing), signer)
    }
}
