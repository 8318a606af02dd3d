//! auditd text: `type=SYSCALL msg=audit(SECONDS.MILLIS:SERIAL): key=value …`, raw or enriched, with or without `node=`
//! and a syslog header before it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::assembler::{Assembler, Assembly, MAX_RECORDS, Reported};
use super::audit_event::{AuditEvent, is_vital};
use super::fields::{Fields, find, repeat, zero};
use super::kinds::RecordKind;
use super::meaning::{deliver, meaning, refuse};
use super::order;
use super::stamp::Stamp;
use super::syscall::{Work, is_exec};
use super::tables::is_ignored;
use super::value::{Form, Quotes};
use crate::Timestamp;
use crate::decode::members::is_same;
use crate::decode::watch::Again;
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::util::saved::restored;

/// The text before the event's stamp in every record.
const MESSAGE: &[u8] = b"msg=audit(";
/// The byte order mark that editors write before a text.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether a line is an audit record.
pub(super) fn recognizes(line: &[u8]) -> bool {
    next_record(line, Quotes::Plain).is_some() || Header::parse(line, &mut LastStamp::default()).is_ok()
}

/// Decodes auditd text.
#[derive(Debug, Default)]
pub(super) struct Auditd {
    assembler: Assembler,
    work: Work,
    last: LastStamp,
    /// The node of records that name none.
    host: Vec<u8>,
    /// How the quotes of the current line are written.
    quotes: Quotes,
}

impl Decoder for Auditd {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.is_blank() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.line(&record, sink);
    }

    fn record_quoted(&mut self, record: Record<'_>, sink: &mut dyn Sink) -> bool {
        self.quotes = Quotes::Escaped;
        let is_read = self.line(&record, sink);
        self.quotes = Quotes::Plain;
        is_read
    }

    fn received_from(&mut self, host: &[u8]) {
        if !is_same(&self.host, host) {
            self.host.clear();
            self.host.extend_from_slice(host);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        for assembly in self.assembler.open() {
            report(assembly, true, &mut self.work, sink);
        }
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        for assembly in self.assembler.quiet() {
            report(assembly, false, &mut self.work, sink);
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.assembler.due()
    }

    fn held_bytes(&self) -> usize {
        self.assembler.held_bytes() + self.work.held_bytes() + self.host.capacity()
    }
}

impl Auditd {
    /// Decodes a line; `false`, with nothing passed on, if its quotes must be plain.
    #[inline(always)]
    fn line(&mut self, line: &Record<'_>, sink: &mut dyn Sink) -> bool {
        let host = core::mem::take(&mut self.host);
        let rest = self.one(line, &host, sink);
        if let Some(rest) = rest
            && rest.len() >= SHORTEST
        {
            self.joined(line, rest, &host, sink);
        }
        self.host = host;
        rest.is_some()
    }

    /// Decodes the record at the beginning of a line, which belongs to `node` unless it names another; returns the
    /// unread rest of the line. `None`, with nothing passed on, if the line's quotes must be plain.
    fn one<'r>(&mut self, record: &Record<'r>, node: &[u8], sink: &mut dyn Sink) -> Option<&'r [u8]> {
        let header = match Header::parse(record.bytes, &mut self.last) {
            Ok(header) => header,
            Err(_) if self.quotes == Quotes::Escaped => return None,
            Err((kind, field)) => {
                sink.error(fault(record, kind, 0, field));
                return Some(&[]);
            }
        };
        if !header.node.is_empty() && self.quotes == Quotes::Escaped {
            return None;
        }
        while let Some(ripe) = self.assembler.ripe(header.stamp.time()) {
            self.conclude(ripe, sink);
        }
        let node = if header.node.is_empty() { node } else { header.node };
        Some(self.take(record, &header, node, sink))
    }

    /// Decodes the records in the rest of a line, because some collectors join the records of an event with spaces.
    #[cold]
    fn joined<'r>(&mut self, line: &Record<'r>, mut rest: &'r [u8], host: &[u8], sink: &mut dyn Sink) {
        if self.quotes == Quotes::Escaped {
            let text: Vec<u8> = line.bytes.iter().copied().filter(|&b| b != b'\\').collect();
            let rest = &text[text.len() - self.quotes.length(rest)..];
            self.quotes = Quotes::Plain;
            return self.joined(&Record { bytes: &text, ..*line }, rest, host, sink);
        }
        // The header before the line applies to all its records.
        let node = Header::parse(line.bytes, &mut self.last).map_or(&[][..], |header| header.node);
        let node = if node.is_empty() { host } else { node };
        while let Some(at) = next_record(rest, self.quotes) {
            let bytes = &rest[at..];
            let offset = line.offset + (line.bytes.len() - bytes.len()) as u64;
            rest = self.one(&Record { bytes, offset, ..*line }, node, sink).unwrap_or_default();
        }
    }

    /// Decodes one record; returns its unread rest.
    fn take<'r>(&mut self, record: &Record<'r>, header: &Header<'r>, node: &[u8], sink: &mut dyn Sink) -> &'r [u8] {
        let mut assembly = self.assembler.take(header.stamp, node, record.number, record.offset);
        if assembly.records >= MAX_RECORDS {
            let (record, offset) = (assembly.first, assembly.offset);
            sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
            self.assembler.release(assembly);
            header.body
        } else if header.kind == RecordKind::End {
            self.conclude(assembly, sink);
            header.body
        } else {
            let (audit, kind, quotes) = (&mut assembly.audit, header.kind, self.quotes);
            let mut reading = Reading { audit, kind, record, quotes, sink, is_lost: false };
            let rest = reading.body(header.body);
            if reading.is_lost && assembly.records == 0 {
                self.assembler.release(assembly);
            } else {
                self.assembler.keep(assembly);
            }
            rest
        }
    }

    fn conclude(&mut self, mut assembly: Box<Assembly>, sink: &mut dyn Sink) {
        report(&mut assembly, true, &mut self.work, sink);
        self.assembler.release(assembly);
    }
}

/// Reports an event. Unless its records are complete (`all`), an event that gives no result yet stays open, because
/// more records may complete it.
fn report(assembly: &mut Assembly, all: bool, work: &mut Work, sink: &mut dyn Sink) {
    let Assembly { audit, stamp, node, first, reported, has_news, .. } = assembly;
    match (*reported, *has_news) {
        (Reported::Skip | Reported::Event, false) => {}
        (Reported::Event, true) => {
            deliver(audit, *stamp, node, *first, work, &mut Again(sink));
        }
        (Reported::Skip, _) if audit.ignored => {}
        // A partial command line is misleading, so an exec waits for its arguments.
        (Reported::Nothing, _) if !all && is_exec(audit) && audit.lacks_arguments() => {}
        (Reported::Nothing | Reported::Skip, _) => match meaning(audit, *stamp, node, *first, work) {
            Ok(event) => {
                sink.event(&event);
                *reported = Reported::Event;
            }
            Err(why) if *reported == Reported::Nothing && (all || why != Skip::Incomplete) => {
                refuse(audit, *first, why, sink);
                *reported = Reported::Skip;
            }
            Err(_) => {}
        },
    }
    *has_news = false;
}

/// Reads one record's fields into its event.
struct Reading<'a, 'r> {
    audit: &'a mut AuditEvent,
    kind: RecordKind,
    record: &'a Record<'r>,
    quotes: Quotes,
    sink: &'a mut dyn Sink,
    /// The record was unreadable and left no details in the event.
    is_lost: bool,
}

impl<'r> Reading<'_, 'r> {
    /// Reads a body; returns the part that need not be read, which may contain further records.
    fn body(&mut self, body: &'r [u8]) -> &'r [u8] {
        let (audit, kind, quotes) = (&mut *self.audit, self.kind, self.quotes);
        let is_standalone = matches!(kind, RecordKind::Standalone(_));
        if kind == RecordKind::Other || (audit.ignored && !is_standalone) {
            return unread(body, quotes, LONGEST_TITLE);
        }
        audit.begin(kind);
        match kind {
            RecordKind::Syscall => {
                if let Some((call, after)) = order::call(body, quotes) {
                    if is_ignored(&call) {
                        audit.syscall = Some(call);
                        audit.ignored = true;
                        return unread(after.rest(), quotes, LONGEST_CALLER);
                    }
                    if let Some(whole) = order::caller(call, after) {
                        let (mut enriched, image) = (Fields::new(whole.rest, quotes), whole.image.text);
                        enriched.skip_to_enrichment();
                        if let Err(field) = audit.take_call(whole) {
                            self.lost(field, image);
                        }
                        return if enriched.rest().is_empty() { &[] } else { self.pairs(enriched) };
                    }
                }
            }
            RecordKind::Path => {
                if let Some((path, name, after)) = order::path(body, quotes) {
                    if let Err(field) = audit.take_path(path, name) {
                        self.lost(field, name.text);
                    }
                    return after;
                }
            }
            _ => {}
        }
        self.pairs(Fields::new(body, quotes))
    }

    /// Reads the `key=value` pairs.
    fn pairs(&mut self, mut fields: Fields<'r>) -> &'r [u8] {
        let body = fields.rest();
        while let Some((key, value)) = fields.next() {
            let set = self.audit.set(self.kind, key, value);
            // A torn quote means that the record was cut, so no further field follows.
            if let Err(field) = if value.form == Form::Torn { Err("quote") } else { set } {
                self.lost(field, value.text);
                if self.is_lost {
                    return fields.rest();
                }
            }
            match (self.kind, key) {
                (RecordKind::Syscall, b"a3") if self.audit.syscall.as_ref().is_some_and(is_ignored) => {
                    self.audit.ignored = true;
                    return unread(fields.rest(), self.quotes, LONGEST_CALLER);
                }
                // Only fields that auditd added by enrichment matter after these.
                (RecordKind::Syscall, b"exe") => fields.skip_to_enrichment(),
                (RecordKind::Path, b"nametype" | b"objtype")
                | (RecordKind::Cwd, b"cwd")
                | (RecordKind::SockAddr, b"saddr") => return fields.rest(),
                (_, b"type" | b"node") => {
                    let rest = body.get(key.as_ptr() as usize - body.as_ptr() as usize..).unwrap_or_default();
                    if next_record(rest, self.quotes).is_some() {
                        return rest;
                    }
                }
                _ => {}
            }
        }
        &[]
    }

    /// Reports a lost field and, if the field is vital, discards the record.
    #[cold]
    fn lost(&mut self, field: &'static str, value: &[u8]) {
        let at = (value.as_ptr() as usize).saturating_sub(self.record.bytes.as_ptr() as usize);
        let at = self.record.bytes.get(..at).map_or(at, |before| self.quotes.length(before));
        self.sink.error(fault(self.record, DecodeErrorKind::BadValue, at, Some(field)));
        if is_vital(field) {
            self.audit.undo(self.kind);
            self.is_lost = true;
        }
    }
}

/// The maximum length of a PROCTITLE record: its title is cut at 128 bytes, with two digits each.
const LONGEST_TITLE: usize = 300;
/// The maximum length of a SYSCALL record's fields about the caller, including auditd's enrichment. A longer rest also
/// contains another event's record.
const LONGEST_CALLER: usize = 512;

/// The minimum length of a record.
const SHORTEST: usize = 40;

/// The rest of a line, or nothing when the rest fits within one record of its kind.
fn unread(rest: &[u8], quotes: Quotes, longest: usize) -> &[u8] {
    if rest.len() > longest && quotes.length(rest) > longest { rest } else { &[] }
}

/// Where the next record on a line begins: at its node if it has one, else at its type.
pub(super) fn next_record(rest: &[u8], quotes: Quotes) -> Option<usize> {
    const TYPE: &[u8] = b"type=";
    if quotes.length(rest) < SHORTEST {
        return None;
    }
    let is_record = |at: &usize| bare(&rest[*at..]).is_some();
    let at = memchr::memmem::find_iter(rest, TYPE).find(is_record)?;
    let before = rest[..at].trim_ascii_end();
    let word = before.iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1);
    Some(if before[word..].starts_with(b"node=") { word } else { at })
}

fn fault(record: &Record<'_>, kind: DecodeErrorKind, at: usize, field: Option<&'static str>) -> DecodeError {
    DecodeError { kind, record: record.number, offset: record.offset + at as u64, field }
}

/// The header of a record, and its fields.
struct Header<'a> {
    node: &'a [u8],
    kind: RecordKind,
    stamp: Stamp,
    body: &'a [u8],
}

impl<'a> Header<'a> {
    #[inline]
    fn parse(line: &'a [u8], last: &mut LastStamp) -> Result<Self, (DecodeErrorKind, Option<&'static str>)> {
        let (kind, node, stamp_at) = match bare(line) {
            Some((kind, stamp_at)) => (kind, &[][..], stamp_at),
            None => prefixed(line)?,
        };
        let rest = &line[stamp_at..];
        let (stamp, len) = last.parse(rest).ok_or((DecodeErrorKind::BadValue, Some("msg")))?;
        let body = rest[len..].strip_prefix(b"):").ok_or((DecodeErrorKind::BadValue, Some("msg")))?;
        Ok(Self { node, kind: RecordKind::named(kind), stamp, body })
    }
}

/// The type of a record that begins with it, as in auditd's log, and the position of its stamp.
#[inline]
fn bare(line: &[u8]) -> Option<(&[u8], usize)> {
    const LONGEST: usize = 32;
    let rest = line.strip_prefix(b"type=")?;
    let end = find(&rest[..rest.len().min(LONGEST)], |word| zero(word ^ repeat(b' ')));
    let (kind, rest) = rest.split_at(end);
    let rest = rest.strip_prefix(b" ")?;
    // The kernel's own log has no key before the stamp.
    let stamp = rest.strip_prefix(MESSAGE).or_else(|| rest.strip_prefix(&MESSAGE[4..]))?;
    Some((kind, line.len() - stamp.len()))
}

type Prefix<'a> = (&'a [u8], &'a [u8], usize);

/// The type and node of a record with any text before it, and the position of its stamp.
fn prefixed(line: &[u8]) -> Result<Prefix<'_>, (DecodeErrorKind, Option<&'static str>)> {
    let mut openings = memchr::memchr_iter(b'(', line).map(|p| p + 1);
    let stamp_at = openings.find(|&p| line[..p].ends_with(MESSAGE)).ok_or((DecodeErrorKind::Malformed, None))?;
    let prefix = line[..stamp_at - MESSAGE.len()].trim_ascii_end();
    let prefix = prefix.strip_prefix(MARK).unwrap_or(prefix);
    match prefix.strip_prefix(b"type=") {
        Some(kind) if !kind.contains(&b' ') => Ok((kind, &[], stamp_at)),
        _ => {
            let kind = word_after(prefix, b"type=").ok_or((DecodeErrorKind::Missing, Some("type")))?;
            Ok((kind, word_after(prefix, b"node=").unwrap_or_default(), stamp_at))
        }
    }
}

/// The previous record's stamp, which most often is the next one too because an event's records are adjacent.
#[derive(Debug, Default)]
struct LastStamp {
    text: [u8; 32],
    len: usize,
    stamp: Stamp,
}

impl LastStamp {
    /// Parses the stamp at the beginning of a text; returns it with its length.
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

/// The rest of the last word that begins with `key`. Earlier ones may belong to a syslog header.
fn word_after<'a>(prefix: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let words = prefix.rsplit(|&b| b == b' ');
    words.filter_map(|word| word.strip_prefix(key)).next()
}

restored!(Auditd { assembler, host } else { work, last, quotes });
