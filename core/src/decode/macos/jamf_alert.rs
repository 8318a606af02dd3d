//! Alerts of Jamf Protect: `match.event` describes the event, `related.processes` the actor and its ancestors. Only
//! process starts and file creations are read; clicks, downloads, devices and blocked programs are irrelevant.

use alloc::vec::Vec;

use super::fields::{Lost, faulty, members, name_launchd, number, process_id, stamp, text};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::{DecodeErrorKind, Record, Sink, Skip};
use crate::event::{
    Channel, Event, FileAccess, FileOperation, Kind, Os, ProcessRef, ProcessStart, Signing, StartMethod, Text,
};
use crate::time::Timestamp;

/// The maximum number of processes read from one alert.
const MAX_PROCESSES: usize = 16;

#[derive(Default)]
pub(super) struct Alert {
    sort: Span,
    host: Span,
    time: Option<Timestamp>,
    pid: Option<u32>,
    /// GPFSEvent: 0 created; GPProcessEvent: 1 began, 2 ended.
    what: Option<u32>,
    path: Span,
    processes: Vec<AlertProcess>,
    lost: Lost,
}

#[derive(Clone, Copy, Default)]
struct AlertProcess {
    pid: Option<u32>,
    parent: Option<u32>,
    original_parent: Option<u32>,
    responsible: Option<u32>,
    uid: Option<u32>,
    path: Span,
    args: Span,
    argument_count: Option<u32>,
    terminal: Span,
    start: Option<Timestamp>,
    signer: Span,
    team: Span,
    /// 0: Apple, 2: a developer, 4: none.
    signer_type: Option<u32>,
    status: Option<i32>,
}

impl Alert {
    pub(super) fn member(
        &mut self,
        reader: &mut Reader<'_>,
        key: &[u8],
        scratch: &mut Scratch,
    ) -> Result<(), JsonError> {
        match key {
            b"eventType" => self.sort = text(reader, scratch)?,
            b"host" => {
                members(reader, |reader, key| match key {
                    b"hostname" => text(reader, scratch).map(|name| self.host = name),
                    _ => reader.skip(),
                })?;
            }
            // Forwarded alerts are inside an envelope.
            b"input" => {
                members(reader, |reader, key| self.member(reader, key, scratch))?;
            }
            b"match" => {
                members(reader, |reader, key| match key {
                    b"event" => members(reader, |reader, key| self.event(reader, key, scratch)).map(|_| ()),
                    _ => reader.skip(),
                })?;
            }
            b"related" => {
                members(reader, |reader, key| match key {
                    b"processes" => self.read_processes(reader, scratch),
                    _ => reader.skip(),
                })?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn event(&mut self, reader: &mut Reader<'_>, key: &[u8], scratch: &mut Scratch) -> Result<(), JsonError> {
        match key {
            b"pid" => self.pid = process_id(reader)?,
            b"type" => self.what = number(reader)?,
            b"path" => self.path = text(reader, scratch)?,
            b"timestamp" => self.time = stamp(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn read_processes(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if !self.lost.open(reader, Value::Array, "related.processes")? {
            return Ok(());
        }
        while let Some(element) = reader.next_element()? {
            match element {
                Value::Object => {
                    let process = AlertProcess::read(reader, scratch, &mut self.lost)?;
                    if self.processes.len() < MAX_PROCESSES {
                        self.processes.push(process);
                    }
                }
                Value::Array => reader.skip_container()?,
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn report(&self, record: &Record<'_>, scratch: &Scratch, sink: &mut dyn Sink) {
        self.lost.report(record, sink);
        let stated = |span| scratch.get(record.bytes, span).filter(|text| !text.is_empty());
        let kind = match (stated(self.sort), self.what) {
            (Some(b"GPProcessEvent"), Some(1)) => {
                Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, ..ProcessStart::default() })
            }
            (Some(b"GPFSEvent"), Some(0)) if self.path.is_some() => Kind::FileAccess(FileAccess {
                path: stated(self.path),
                operation: FileOperation::Create,
                ..FileAccess::default()
            }),
            _ => return sink.skipped(record.number, Skip::NotOfInterest),
        };
        let Some(time) = self.time else {
            return sink.error(faulty(record, DecodeErrorKind::Missing, "match.event.timestamp"));
        };
        let found = |pid: Option<u32>| pid.and_then(|pid| self.processes.iter().find(|p| p.pid == Some(pid)));
        let Some(actor) = found(self.pid) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        let mut event = Event::new(Os::Macos, time, kind);
        event.record = record.number;
        event.host = stated(self.host).unwrap_or_default();
        event.source.channel = Channel::Jamf;
        event.source.name = stated(self.sort);
        event.actor = actor.reference(stated);
        // launchd adopts orphans, so the original parent is the relevant one.
        let parent = actor.original_parent.or(actor.parent);
        event.parent = found(parent).map_or_else(ProcessRef::default, |p| p.reference(stated));
        event.parent.pid = parent;
        name_launchd(&mut event.parent);
        event.responsible = found(actor.responsible).map_or_else(ProcessRef::default, |p| p.reference(stated)).key();
        event.responsible.pid = actor.responsible;
        sink.event(&event);
    }
}

impl AlertProcess {
    /// Reads the members of an object whose opening brace was read.
    fn read(reader: &mut Reader<'_>, scratch: &mut Scratch, lost: &mut Lost) -> Result<Self, JsonError> {
        let mut process = Self::default();
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"pid" => process.pid = process_id(reader)?,
                b"ppid" => process.parent = process_id(reader)?,
                b"originalParentPID" => process.original_parent = process_id(reader)?,
                b"responsiblePID" => process.responsible = process_id(reader)?,
                b"uid" => process.uid = number(reader)?,
                b"path" => process.path = text(reader, scratch)?,
                b"tty" => process.terminal = text(reader, scratch)?,
                b"args" => process.read_arguments(reader, scratch, lost)?,
                b"startTimestamp" => process.start = stamp(reader)?,
                b"signingInfo" => {
                    members(reader, |reader, key| {
                        match key {
                            b"appid" => process.signer = text(reader, scratch)?,
                            b"teamid" => process.team = text(reader, scratch)?,
                            b"signerType" => process.signer_type = number(reader)?,
                            b"status" => process.status = number(reader)?,
                            _ => reader.skip()?,
                        }
                        Ok(())
                    })?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(process)
    }

    fn read_arguments(
        &mut self,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
        lost: &mut Lost,
    ) -> Result<(), JsonError> {
        if !lost.open(reader, Value::Array, "args")? {
            return Ok(());
        }
        let (mut count, mut outcome) = (0, Ok(()));
        self.args = scratch.compose(|joined| outcome = super::eslogger::join_arguments(reader, joined, &mut count));
        self.argument_count = Some(count);
        outcome
    }

    fn reference<'a>(&self, stated: impl Fn(Span) -> Option<Text<'a>>) -> ProcessRef<'a> {
        ProcessRef {
            pid: self.pid,
            start: self.start,
            image: stated(self.path),
            command_line: stated(self.args),
            argument_count: self.argument_count,
            terminal: stated(self.terminal),
            uid: self.uid,
            signing: self.signing(&stated),
            signer: stated(self.team).or(stated(self.signer)),
            ..ProcessRef::default()
        }
    }

    fn signing<'a>(&self, stated: impl Fn(Span) -> Option<Text<'a>>) -> Option<Signing> {
        let kind = self.signer_type?;
        Some(match (self.status, kind, stated(self.team), stated(self.signer)) {
            (Some(0) | None, 0, ..) => Signing::Platform,
            (Some(0) | None, _, Some(_), _) => Signing::Signed,
            (Some(0) | None, _, None, Some(_)) => Signing::AdHoc,
            _ => Signing::Unsigned,
        })
    }
}
