//! Interprets rows of macOS tables: `process_events`, `es_process_events`, `es_process_file_events`, `unified_log`,
//! `launchd`.

use super::Line;
use super::row::Row;
use crate::decode::Record;
use crate::decode::json::Scratch;
use crate::decode::macos::fields::{name_launchd, until};
use crate::decode::macos::log_entry::LogEntry;
use crate::event::{
    Channel, Event, FileAccess, FileOperation, Kind, LaunchItemAdd, NativeId, Os, ProcessEnd, ProcessRef, ProcessStart,
    Signing, StartMethod,
};
use crate::time::Timestamp;

impl Row {
    /// The entry of the unified log in this row.
    pub(super) fn entry<'a>(&self, line: &Line, record: &Record<'a>, scratch: &'a Scratch) -> Option<LogEntry<'a>> {
        let stated = |span| scratch.get(record.bytes, span);
        Some(LogEntry {
            time: self.time.or(line.time)?,
            record: record.number,
            pid: self.pid,
            process: stated(self.process),
            uid: None,
            subsystem: stated(self.subsystem)?,
            message: stated(self.message)?,
        })
    }

    /// Interprets the row if it belongs to an event table or describes a launchd job.
    pub(super) fn kind<'a>(&self, line: &'a [u8], scratch: &'a Scratch) -> Option<Kind<'a>> {
        let stated = |span| scratch.get(line, span).filter(|text| !text.is_empty());
        if let Some(label) = stated(self.label) {
            let program = stated(self.program).or(stated(self.arguments).map(|line| until(line, b" ")));
            return program.map(|program| {
                Kind::LaunchItemAdd(LaunchItemAdd { label: Some(label), program: Some(program), ..Default::default() })
            });
        }
        let started = |method| Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() });
        self.pid?;
        let file = |path, operation| {
            Some(Kind::FileAccess(FileAccess { path: Some(stated(path)?), operation, ..FileAccess::default() }))
        };
        match scratch.get(line, self.event_type) {
            Some(b"create") => file(self.file, FileOperation::Create),
            Some(b"rename") => file(self.new_file, FileOperation::Create),
            Some(b"write" | b"truncate") => file(self.file, FileOperation::Write),
            Some(b"open") => file(self.file, FileOperation::Open),
            Some(b"unlink") => file(self.file, FileOperation::Delete),
            Some(b"exec") => Some(started(StartMethod::Exec)),
            Some(b"fork") => self.child_pid.map(|_| started(StartMethod::Fork)),
            Some(b"exit") => Some(Kind::ProcessEnd(ProcessEnd {
                exit_code: self.exit_code.map(|code| code as i32),
                ..ProcessEnd::default()
            })),
            Some(_) => None,
            None => (self.path.is_some() && self.command_line.is_some() && !self.is_inventory)
                .then(|| started(StartMethod::Exec)),
        }
    }

    pub(super) fn event<'a>(
        &self,
        time: Timestamp,
        kind: Kind<'a>,
        line: &Line,
        record: &Record<'a>,
        scratch: &'a Scratch,
    ) -> Event<'a> {
        let stated = |span| scratch.get(record.bytes, span).filter(|text| !text.is_empty());
        let is_fork = matches!(kind, Kind::ProcessStart(ProcessStart { method: StartMethod::Fork, .. }));
        let mut event = Event::new(Os::Macos, time, kind);
        event.record = record.number;
        event.host = stated(line.host).unwrap_or_default();
        event.source.channel = Channel::Osquery;
        event.source.name = stated(self.event_type);
        // The time has whole seconds only, so the sequence number orders the events within one second.
        event.source.id = self.number.map_or(NativeId::None, NativeId::Number);
        // The row of a fork describes the parent. launchd adopts orphans, so the original parent is the relevant one.
        (event.actor.pid, event.parent.pid) =
            if is_fork { (self.child_pid, self.pid) } else { (self.pid, self.original_parent.or(self.parent)) };
        name_launchd(&mut event.parent);
        // The row of a job has no actor: its path is the job's definition.
        if self.pid.is_none() {
            return event;
        }
        event.actor = ProcessRef {
            image: stated(self.path),
            command_line: stated(self.command_line),
            argument_count: self.argument_count,
            working_folder: stated(self.folder),
            user: stated(self.user),
            uid: self.euid.or(self.uid),
            auid: self.auid,
            signing: self.signing(stated(self.team_id), stated(self.signing_id), stated(self.flags)),
            signer: stated(self.team_id).or(stated(self.signing_id)),
            hash: stated(self.hash),
            ..event.actor
        };
        event
    }

    /// `None` when the row lacks the columns about signing.
    fn signing(&self, team: Option<&[u8]>, signing_id: Option<&[u8]>, flags: Option<&[u8]>) -> Option<Signing> {
        if self.platform.is_none() && !self.signing_id.is_some() && !self.team_id.is_some() {
            return None;
        }
        let flagged =
            |flag: &[u8]| flags.is_some_and(|flags| flags.split(|&b| b == b',').any(|f| f.trim_ascii() == flag));
        Some(if flagged(b"NOT_VALID") {
            Signing::Unsigned
        } else if self.platform == Some(1) {
            Signing::Platform
        } else if team.is_some() {
            Signing::Signed
        } else if signing_id.is_some() || flagged(b"ADHOC") {
            Signing::AdHoc
        } else {
            Signing::Unsigned
        })
    }
}
