//! Santa's log: `[TIME] I santad: action=EXEC|decision=ALLOW|pid=12|…`, keys and values separated by bars, based on
//! Santa's documentation and the test lines of Elastic's integration.
//!
//! A bar within a value is written `<pipe>`. The log lacks the parent's pid version and, for a fork, its image.

use super::fields::{faulty, name_launchd, parse};
use crate::decode::json::{RawStr, Scratch, Span};
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip, Subject, SubjectName};
use crate::event::{
    Channel, CodeSignInvalid, Event, FileAccess, FileOperation, Kind, Os, ProcessEnd, ProcessStart, Signing,
    StartMethod, Text, UniqueId,
};
use crate::time::Timestamp;
use crate::util::saved::restored;

/// The text after the time in every line.
const ACTION: &[u8] = b"santad: action=";
const BAR: &[u8] = b"<pipe>";
/// The certificate subject of software that is part of macOS.
const PLATFORM: &[u8] = b"Software Signing";

/// Whether a line is from Santa's log.
pub(super) fn is_line(line: &[u8]) -> bool {
    memchr::memmem::find(line.get(..line.len().min(128)).unwrap_or_default(), ACTION).is_some()
}

/// Decodes Santa's log.
#[derive(Debug, Default)]
pub(super) struct SantaLog {
    scratch: Scratch,
}

impl Decoder for SantaLog {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = record.bytes;
        if line.trim_ascii().is_empty() {
            return sink.skipped(record.number, Skip::Blank);
        }
        let Some(begin) = memchr::memmem::find(line, ACTION) else {
            return sink.error(faulty(&record, DecodeErrorKind::Malformed, "action"));
        };
        let Some(time) = time(&line[..begin]) else {
            return sink.error(faulty(&record, DecodeErrorKind::BadValue, "time"));
        };
        self.scratch.start(line);
        let entry = LogEntry::read(&line[begin + ACTION.len() - b"action=".len()..], &mut self.scratch);
        let texts = |span| self.scratch.get(line, span).filter(|text| !text.is_empty());
        match entry.kind(&texts) {
            Ok(kind) => match entry.event(time, kind, texts) {
                Some(mut event) => {
                    event.record = record.number;
                    sink.event(&event);
                }
                None => sink.skipped(record.number, Skip::Incomplete),
            },
            Err(Skip::NotOfInterest) => {
                let name = SubjectName::Text(texts(entry.action).unwrap_or_default());
                sink.ignored(record.number, Subject { source: b"", name });
            }
            Err(why) => sink.skipped(record.number, why),
        }
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.scratch.capacity()
    }
}

/// The time in the last brackets before an entry.
fn time(head: &[u8]) -> Option<Timestamp> {
    let begin = memchr::memrchr(b'[', head);
    let bracketed = begin.and_then(|at| head[at + 1..].split(|&b| b == b']').next());
    bracketed.and_then(Timestamp::parse)
}

/// The values that are read from one line.
#[derive(Default)]
struct LogEntry {
    action: Span,
    decision: Span,
    access: Span,
    path: Span,
    new_path: Span,
    image: Span,
    arguments: Span,
    pid: Option<u32>,
    version: Option<u32>,
    parent: Option<u32>,
    uid: Option<u32>,
    user: Span,
    team: Span,
    signer: Span,
    is_signed: bool,
    hash: Span,
    host: Span,
}

impl LogEntry {
    fn read(text: &[u8], scratch: &mut Scratch) -> Self {
        let mut entry = Self::default();
        for pair in text.split(|&b| b == b'|') {
            let Some(equals) = memchr::memchr(b'=', pair) else { continue };
            let (key, value) = (&pair[..equals], &pair[equals + 1..]);
            let id = || parse(value).filter(|&id| id != u32::MAX);
            match key {
                b"action" => entry.action = keep(value, scratch),
                b"decision" => entry.decision = keep(value, scratch),
                b"access_type" => entry.access = keep(value, scratch),
                b"path" => entry.path = keep(value, scratch),
                b"newpath" => entry.new_path = keep(value, scratch),
                b"processpath" => entry.image = keep(value, scratch),
                b"args" => entry.arguments = keep(value, scratch),
                b"pid" => entry.pid = id(),
                b"pidversion" => entry.version = id(),
                b"ppid" => entry.parent = id(),
                // The number is signed, because the user nobody has the id -2.
                b"uid" => entry.uid = parse::<i64>(value).map(|uid| uid as u32),
                b"user" => entry.user = keep(value, scratch),
                b"teamid" => entry.team = keep(value, scratch),
                b"sha256" => entry.hash = keep(value, scratch),
                b"cert_cn" => entry.signer = keep(value, scratch),
                b"cert_sha256" => entry.is_signed = !value.is_empty(),
                b"machineid" => entry.host = keep(value, scratch),
                _ => {}
            }
        }
        entry
    }

    fn kind<'a>(&self, texts: &impl Fn(Span) -> Option<Text<'a>>) -> Result<Kind<'a>, Skip> {
        let is_denied = |span| texts(span).is_some_and(|text| text.starts_with(b"DENY") || text.starts_with(b"DENIED"));
        let file = |path: Span, operation| -> Result<Kind<'a>, Skip> {
            let path = Some(texts(path).ok_or(Skip::Incomplete)?);
            Ok(Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() }))
        };
        let started = |method| Ok(Kind::ProcessStart(ProcessStart { method, ..ProcessStart::default() }));
        if is_denied(self.decision) {
            return Err(Skip::Failed);
        }
        match texts(self.action).unwrap_or_default() {
            b"EXEC" => started(StartMethod::Exec),
            b"FORK" => started(StartMethod::Fork),
            b"EXIT" => Ok(Kind::ProcessEnd(ProcessEnd::default())),
            b"WRITE" => file(self.path, FileOperation::Write),
            b"DELETE" => file(self.path, FileOperation::Delete),
            b"RENAME" | b"LINK" | b"CLONE" | b"COPYFILE" => file(self.new_path, FileOperation::Create),
            b"FILE_ACCESS" => match texts(self.access).unwrap_or_default() {
                b"OPEN" => file(self.path, FileOperation::Open),
                b"UNLINK" => file(self.path, FileOperation::Delete),
                b"TRUNCATE" => file(self.path, FileOperation::Write),
                _ => file(self.path, FileOperation::Create),
            },
            b"CODESIGNING_INVALIDATED" => Ok(Kind::CodeSignInvalid(CodeSignInvalid::default())),
            _ => Err(Skip::NotOfInterest),
        }
    }

    fn event<'a>(
        &self,
        time: Timestamp,
        kind: Kind<'a>,
        texts: impl Fn(Span) -> Option<Text<'a>>,
    ) -> Option<Event<'a>> {
        let is_exec = matches!(kind, Kind::ProcessStart(ProcessStart { method: StartMethod::Exec, .. }));
        let mut event = Event::new(Os::Macos, time, kind);
        event.host = texts(self.host).unwrap_or_default();
        event.source.channel = Channel::Santa;
        event.source.name = texts(self.action);
        event.actor.pid = Some(self.pid?);
        event.actor.unique_id = self.version.map_or(UniqueId::None, UniqueId::PidVersion);
        event.actor.uid = self.uid;
        event.actor.user = texts(self.user);
        event.actor.image = texts(if is_exec { self.path } else { self.image });
        event.parent.pid = self.parent;
        name_launchd(&mut event.parent);
        if is_exec {
            event.actor.command_line = texts(self.arguments);
            event.actor.hash = texts(self.hash);
            event.actor.signer = texts(self.team).or(texts(self.signer));
            // A signature without a certificate counts as ad-hoc, because anybody can create one.
            event.actor.signing = Some(match (texts(self.signer), texts(self.team)) {
                (Some(PLATFORM), None) => Signing::Platform,
                (_, Some(_)) => Signing::Signed,
                _ if self.is_signed => Signing::Signed,
                _ => Signing::AdHoc,
            })
            .filter(|_| self.decision.is_some());
        }
        Some(event)
    }
}

/// Stores a value with its bars restored.
fn keep(value: &[u8], scratch: &mut Scratch) -> Span {
    if memchr::memmem::find(value, BAR).is_none() {
        return scratch.keep(RawStr { bytes: value, escaped: false });
    }
    scratch.compose(|out| {
        let mut rest = value;
        while let Some(at) = memchr::memmem::find(rest, BAR) {
            out.extend_from_slice(&rest[..at]);
            out.push(b'|');
            rest = &rest[at + BAR.len()..];
        }
        out.extend_from_slice(rest);
    })
}

restored!(SantaLog {} else { scratch });
