//! auditd text: `type=SYSCALL msg=audit(SECONDS.MILLIS:SERIAL): key=value …`, raw or enriched, with or without
//! `node=` and a syslog prefix before it.

use alloc::boxed::Box;

use super::assembler::{Assembler, Assembly, MAX_RECORDS};
use super::audit_event::AuditEvent;
use super::fields::Fields;
use super::kinds::RecordKind;
use super::order;
use super::syscall::{Work, is_ignored};
use super::value::Form;
use super::{Stamp, deliver, is_blank};
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};

/// What stands before the event's name in every record.
const MESSAGE: &[u8] = b"msg=audit(";

/// Whether one of the first lines is an audit record.
pub(super) fn recognizes(head: &[u8]) -> bool {
    head.split(|&b| b == b'\n')
        .take(64)
        .any(|line| !line.starts_with(b"{") && Header::parse(line, &mut LastStamp::default()).is_ok())
}

/// Reads auditd text.
#[derive(Debug, Default)]
pub(super) struct Auditd {
    assembler: Assembler,
    work: Work,
    last: LastStamp,
}

impl Decoder for Auditd {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if is_blank(&record) {
            return sink.skipped(record.number, Skip::Blank);
        }
        let header = match Header::parse(record.bytes, &mut self.last) {
            Ok(header) => header,
            Err((kind, field)) => return sink.error(fault(&record, kind, 0, field)),
        };
        while let Some(ripe) = self.assembler.ripe(header.stamp.time()) {
            self.conclude(ripe, sink);
        }
        self.take(&record, &header, sink);
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        while let Some(assembly) = self.assembler.oldest() {
            self.conclude(assembly, sink);
        }
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        while let Some(assembly) = self.assembler.quiet() {
            self.conclude(assembly, sink);
        }
        self.assembler.next_round();
    }

    fn held_bytes(&self) -> usize {
        self.assembler.held_bytes() + self.work.held_bytes()
    }
}

impl Auditd {
    fn take(&mut self, record: &Record<'_>, header: &Header<'_>, sink: &mut dyn Sink) {
        let mut assembly = self.assembler.take(header.stamp, header.node, record.number, record.offset);
        if assembly.records >= MAX_RECORDS {
            let (record, offset) = (assembly.first, assembly.offset);
            sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
            self.assembler.release(assembly);
        } else if header.kind == RecordKind::End {
            self.conclude(assembly, sink);
        } else {
            match read(&mut assembly, header) {
                Ok(()) => self.assembler.keep(assembly),
                Err(field) => {
                    sink.error(fault(record, DecodeErrorKind::BadValue, header.body_at, Some(field)));
                    self.put_back(assembly);
                }
            }
        }
    }

    /// Puts an event back as it was before a broken record came.
    fn put_back(&mut self, assembly: Box<Assembly>) {
        if assembly.records == 0 { self.assembler.release(assembly) } else { self.assembler.keep(assembly) }
    }

    fn conclude(&mut self, mut assembly: Box<Assembly>, sink: &mut dyn Sink) {
        let Assembly { audit, stamp, node, first, .. } = &mut *assembly;
        deliver(audit, *stamp, node, *first, &mut self.work, sink);
        self.assembler.release(assembly);
    }
}

/// Reads the record's fields into the event it belongs to; a broken record leaves nothing there.
fn read(assembly: &mut Assembly, header: &Header<'_>) -> Result<(), &'static str> {
    let (audit, kind) = (&mut assembly.audit, header.kind);
    let is_standalone = matches!(kind, RecordKind::Standalone(_));
    if kind == RecordKind::Other || (audit.ignored && !is_standalone) {
        return Ok(());
    }
    audit.begin(kind);
    match kind {
        RecordKind::Syscall => {
            if let Some((call, after)) = order::call(header.body) {
                if is_ignored(&call) {
                    audit.syscall = Some(call);
                    audit.ignored = true;
                    return Ok(());
                }
                if let Some(whole) = order::caller(call, after) {
                    let mut enriched = Fields::new(whole.rest);
                    enriched.skip_to_enrichment();
                    return taken(audit.take_call(whole).and_then(|()| pairs(audit, kind, enriched)), audit, kind);
                }
            }
        }
        RecordKind::Path => {
            if let Some((path, name)) = order::path(header.body) {
                return taken(audit.take_path(path, name), audit, kind);
            }
        }
        _ => {}
    }
    taken(pairs(audit, kind, Fields::new(header.body)), audit, kind)
}

/// Forgets what a broken record said.
fn taken(outcome: Result<(), &'static str>, audit: &mut AuditEvent, kind: RecordKind) -> Result<(), &'static str> {
    if outcome.is_err() {
        audit.undo(kind);
    }
    outcome
}

/// Reads pair after pair.
fn pairs(audit: &mut AuditEvent, kind: RecordKind, mut fields: Fields<'_>) -> Result<(), &'static str> {
    while let Some((key, value)) = fields.next() {
        if value.form == Form::Torn {
            return Err("quote");
        }
        audit.set(kind, key, value)?;
        match (kind, key) {
            (RecordKind::Syscall, b"a3") if audit.syscall.as_ref().is_some_and(is_ignored) => {
                audit.ignored = true;
                return Ok(());
            }
            // Nothing that is read comes after these but what auditd enriched the record with.
            (RecordKind::Syscall, b"exe") => fields.skip_to_enrichment(),
            (RecordKind::Path, b"nametype" | b"objtype")
            | (RecordKind::Cwd, b"cwd")
            | (RecordKind::SockAddr, b"saddr") => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

fn fault(record: &Record<'_>, kind: DecodeErrorKind, at: usize, field: Option<&'static str>) -> DecodeError {
    DecodeError { kind, record: record.number, offset: record.offset + at as u64, field }
}

/// What stands before a record's fields.
struct Header<'a> {
    node: &'a [u8],
    kind: RecordKind,
    stamp: Stamp,
    body: &'a [u8],
    body_at: usize,
}

impl<'a> Header<'a> {
    fn parse(line: &'a [u8], last: &mut LastStamp) -> Result<Self, (DecodeErrorKind, Option<&'static str>)> {
        let (kind, node, stamp_at) = match bare(line) {
            Some((kind, stamp_at)) => (kind, &[][..], stamp_at),
            None => prefixed(line)?,
        };
        let rest = &line[stamp_at..];
        let (stamp, len) = last.parse(rest).ok_or((DecodeErrorKind::BadValue, Some("msg")))?;
        let body = rest[len..].strip_prefix(b"):").ok_or((DecodeErrorKind::BadValue, Some("msg")))?;
        Ok(Self { node, kind: RecordKind::named(kind), stamp, body, body_at: line.len() - body.len() })
    }
}

/// The type of a record that begins with it, as auditd writes them to its log, and where its stamp stands.
fn bare(line: &[u8]) -> Option<(&[u8], usize)> {
    const LONGEST: usize = 32;
    let rest = line.strip_prefix(b"type=")?;
    let end = rest.iter().take(LONGEST).position(|&b| b == b' ')?;
    let (kind, rest) = rest.split_at(end);
    let stamp = rest.get(1..)?.strip_prefix(MESSAGE)?;
    Some((kind, line.len() - stamp.len()))
}

type Prefix<'a> = (&'a [u8], &'a [u8], usize);

/// The type and node of a record with anything before it, and where its stamp stands.
fn prefixed(line: &[u8]) -> Result<Prefix<'_>, (DecodeErrorKind, Option<&'static str>)> {
    let mut openings = memchr::memchr_iter(b'(', line).map(|p| p + 1);
    let stamp_at = openings.find(|&p| line[..p].ends_with(MESSAGE)).ok_or((DecodeErrorKind::Malformed, None))?;
    let prefix = line[..stamp_at - MESSAGE.len()].trim_ascii_end();
    match prefix.strip_prefix(b"type=") {
        Some(kind) if !kind.contains(&b' ') => Ok((kind, &[], stamp_at)),
        _ => {
            let kind = word_after(prefix, b"type=").ok_or((DecodeErrorKind::Missing, Some("type")))?;
            Ok((kind, word_after(prefix, b"node=").unwrap_or_default(), stamp_at))
        }
    }
}

/// The stamp that was read last, which is mostly the next one too: an event's records follow each other.
#[derive(Debug, Default)]
struct LastStamp {
    text: [u8; 32],
    len: usize,
    stamp: Stamp,
}

impl LastStamp {
    /// The stamp that a text begins with, and its length.
    fn parse(&mut self, text: &[u8]) -> Option<(Stamp, usize)> {
        let last = self.text.get(..self.len).filter(|last| !last.is_empty());
        if last.is_some_and(|last| text.starts_with(last)) && text.get(self.len) == Some(&b')') {
            return Some((self.stamp, self.len));
        }
        let (stamp, len) = Stamp::parse(text)?;
        self.len = 0;
        if let (Some(room), Some(text)) = (self.text.get_mut(..len), text.get(..len)) {
            room.copy_from_slice(text);
            (self.len, self.stamp) = (len, stamp);
        }
        Some((stamp, len))
    }
}

/// The rest of the word that begins with `key`; of several the last, because a syslog prefix comes first.
fn word_after<'a>(prefix: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let words = prefix.rsplit(|&b| b == b' ');
    words.filter_map(|word| word.strip_prefix(key)).next()
}
