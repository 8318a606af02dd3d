//! Wrappers around records: opening them, and finding those that no list names.

use alloc::vec::Vec;

use super::super::envelopes::ENVELOPES;
use super::super::format::Format;
use super::super::frame::{is_framing, object_end};
use super::super::json::{Reader, Value, has_quotes};
use super::super::peel::{self, Holder, Inner, Label, Opener};
use super::super::record::{Record, Sink};
use super::super::watch::Watch;
use super::super::{lines, rewrite, shapes};
use super::{Around, DEEPEST, Dispatcher, Known, Route, Way, unknown_record};

/// The maximum number of members that are remembered as holders of records although no wrapper names them.
pub(super) const HOLDERS: usize = 8;

impl<'a> Label<'a> {
    /// Combines this wrapper's label with the outer wrappers.
    fn within(self, around: Around<'a>) -> Around<'a> {
        Around {
            depth: around.depth + 1,
            host: if self.host.is_empty() { around.host } else { self.host },
            time: if self.time.is_empty() { around.time } else { self.time },
        }
    }
}

impl Dispatcher {
    /// Opens a wrapper and decodes its records; `false` when they are unknown, or when bytes follow the wrapper
    /// although it should be `alone`.
    pub(super) fn open(
        &mut self,
        number: usize,
        record: Record<'_>,
        around: Around<'_>,
        alone: bool,
        sink: &mut dyn Sink,
    ) -> bool {
        let mut opener = self.openers[around.depth].take().unwrap_or_default();
        let taken = alone
            && (self.guessed(&mut opener, number, record, around, sink)
                || self.within(&mut opener, number, record, around, sink))
            || self.opened(&mut opener, number, record, around, alone, sink);
        self.openers[around.depth] = Some(opener);
        taken
    }

    /// Decodes the object in a wrapper along the previous route without searching for its end first; `false` when the
    /// object does not end where expected or was rejected.
    fn guessed(
        &mut self,
        opener: &mut Opener,
        number: usize,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let depth = around.depth + 1;
        let Some(route) = self.routes.get(depth).copied().flatten() else { return false };
        if let Route::Envelope(at) = route
            && let Some(both) = opener.both(number)
        {
            let around = Around { depth, ..around };
            if self.within(both, at, record, around, sink) || self.reread(both, at, record, around, sink) == Some(true)
            {
                return true;
            }
        }
        let Some(((from, to), label)) = opener.guess(number, record.bytes) else { return false };
        let within = label.within(around);
        let inner =
            Record { bytes: &record.bytes[from..to], number: record.number, offset: record.offset + from as u64 };
        match route {
            // Both routes check the end: a decoder that makes an event, and a wrapper that is alone, read up to it.
            Route::Envelope(at) => {
                let is_taken = self.open(at, inner, within, true, sink);
                if is_taken && let Some(Some(inner)) = self.openers.get(depth) {
                    opener.note_both(at, inner, record.bytes, from);
                }
                is_taken
            }
            Route::Decoder(at) => {
                let is_taken = self.try_decoder(at, inner, within, sink).is_none();
                if !is_taken {
                    self.take_back(self.at_last(within));
                }
                is_taken
            }
        }
    }

    /// Decodes the record in a wrapper's string like the previous one without unescaping it first; `false` when it has to
    /// be unescaped, or is unknown.
    fn within(
        &mut self,
        opener: &mut Opener,
        number: usize,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let object = match self.routes.get(around.depth + 1) {
            Some(&Some(Route::Decoder(at))) => Some(at),
            _ => None,
        };
        let line = self.audit_at(around.depth + 1);
        if object.is_none() && line.is_none() {
            return false;
        }
        let Some(((from, to), label)) = opener.string(number, record.bytes) else { return false };
        let (string, within) = (&record.bytes[from..to], label.within(around));
        let bytes = peel::without_line_ends(string);
        let wrapper = record.offset + opener.origin() as u64;
        match (object, line) {
            (Some(at), _) if bytes.starts_with(br#"{\""#) => {
                self.object_within(opener, at, Record { offset: wrapper, ..record }, bytes, within, sink)
            }
            (_, Some(at)) if bytes.starts_with(b"type=") => {
                // A text without any escape is part of the wrapper, and its place is known.
                let offset = if bytes.len() < string.len() { wrapper } else { record.offset + from as u64 - 1 };
                let is_read = self.audit_within(at, Record { bytes, offset, ..record }, wrapper, within, sink);
                opener.note_string(is_read);
                is_read
            }
            _ => false,
        }
    }

    /// Decodes the object in a wrapper's string as it is written there; `false` when it has to be unescaped, or is unknown.
    fn object_within(
        &mut self,
        opener: &mut Opener,
        at: usize,
        record: Record<'_>,
        bytes: &[u8],
        within: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let inner = Record { bytes, ..record };
        let at = self.of_host(at, within);
        let mut watch = Watch::new(sink);
        let is_read = self.deliver_as(at, inner, Way::Within(opener.room(bytes.len())), within, &mut watch);
        let refused = watch.held.filter(|_| is_read);
        opener.note_string(is_read);
        if let (true, Some(verdict)) = (is_read, refused)
            && self.is_surely_for(at, bytes, opener.room(bytes.len()))
        {
            verdict.report(sink);
            return true;
        }
        if is_read && refused.is_none() {
            return true;
        }
        // What is refused is compared with shapes, which needs its text.
        if refused.is_some()
            && let Some((bytes, ..)) = opener.read(record.bytes)
        {
            let inner = Record { bytes: bytes.trim_ascii(), ..record };
            return self.other_object(refused, inner, within, sink);
        }
        self.take_back(at);
        false
    }

    /// Whether an object that is written within a string surely has the format of that decoder.
    fn is_surely_for(&self, at: usize, bytes: &[u8], room: &mut [u8]) -> bool {
        let Known { format, lead, .. } = &self.known[at];
        !lead.is_empty() && begins_within(bytes, lead) || shapes::is_surely_of(bytes, room, *format)
    }

    fn opened(
        &mut self,
        opener: &mut Opener,
        number: usize,
        record: Record<'_>,
        around: Around<'_>,
        alone: bool,
        sink: &mut dyn Sink,
    ) -> bool {
        if alone && let Some(taken) = self.reread(opener, number, record, around, sink) {
            return taken;
        }
        let Some((inner, label)) = opener.open(number, &self.holders, record.bytes, alone) else { return false };
        let within = label.within(around);
        let (mut taken, mut unknown) = (false, 0);
        let mut take = |bytes: &[u8], from: usize| {
            let offset = record.offset + from as u64;
            if self.body(Record { bytes, number: record.number, offset }, within, sink) {
                taken = true;
            } else {
                unknown += 1;
            }
        };
        match inner {
            Inner::Text => take(&opener.text, 0),
            Inner::Part((from, to)) => take(peel::unquoted(&record.bytes[from..to]), from),
            Inner::Rows(names, rows) => {
                let part = |(from, to): (usize, usize)| &record.bytes[from..to];
                let names = rewrite::column_names(part(names));
                let mut rest = Reader::new(part(rows));
                let _ = rest.value();
                while let Ok(Some(from)) = rest.at_element() {
                    if rest.skip().is_err() {
                        break;
                    }
                    opener.text.clear();
                    if rewrite::row(&names, rest.since(from), &mut opener.text) {
                        take(&opener.text, rows.0 + from);
                    }
                }
            }
            Inner::Values(values) => {
                for &(from, to) in &values {
                    take(peel::text_of(&record.bytes[from..to], &mut opener.text), from);
                }
            }
        }
        if taken {
            (0..unknown).for_each(|_| sink.error(unknown_record(&record)));
        }
        taken
    }

    /// Decodes the record in a wrapper that differs from the previous one in its values alone; whether it was known. `None` if
    /// the wrapper differs in more.
    fn reread(
        &mut self,
        opener: &mut Opener,
        number: usize,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Option<bool> {
        let (bytes, from, label) = if opener.is_for(number) { opener.read(record.bytes)? } else { return None };
        let inner = Record { bytes, number: record.number, offset: record.offset + from as u64 };
        Some(self.body(inner, label.within(around), sink))
    }

    /// Decodes the content of a wrapper: an object, or lines of text.
    pub(super) fn body(&mut self, record: Record<'_>, within: Around<'_>, sink: &mut dyn Sink) -> bool {
        let text = record.bytes.trim_ascii();
        if text.starts_with(b"{") {
            return self.object(Record { bytes: text, ..record }, within, sink);
        }
        if text.starts_with(b"type=") && self.audit_again(Record { bytes: text, ..record }, within, sink) {
            return true;
        }
        if memchr::memchr(b'\n', text).is_none() {
            return self.line(Record { bytes: text, ..record }, within, sink);
        }
        let (mut taken, mut unknown) = (false, 0);
        let ends = memchr::memchr_iter(b'\n', text).chain([text.len()]);
        let mut begin = 0;
        for end in ends {
            let line = &text[begin..end];
            begin = end + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if self.line(Record { bytes: line, ..record }, within, sink) {
                taken = true;
            } else if !line.trim_ascii().is_empty() && !is_framing(line) {
                unknown += 1;
            }
        }
        if taken {
            (0..unknown).for_each(|_| sink.error(unknown_record(&record)));
        }
        taken
    }

    /// Decodes a text that begins like the audit record before it in such a wrapper; `false` when there was none, or when
    /// the text may be more than a record.
    fn audit_again(&mut self, record: Record<'_>, within: Around<'_>, sink: &mut dyn Sink) -> bool {
        let Some(at) = self.audit_at(within.depth) else { return false };
        if ends_with_object(record.bytes) || memchr::memchr(b'\n', record.bytes).is_some() {
            return false;
        }
        self.header = 0;
        self.deliver(at, record, within, sink);
        true
    }

    /// Decodes such a text as it is written within a string; `false` when it has to be unescaped, or may be more than a
    /// record. If it has escapes, its place is not known better than that of its wrapper.
    #[inline(always)]
    fn audit_within(
        &mut self,
        at: usize,
        record: Record<'_>,
        wrapper: u64,
        within: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let bytes = record.bytes.trim_ascii_end();
        let Some(has_quotes) = has_quotes(bytes).filter(|_| !ends_with_object(bytes)) else { return false };
        let (way, offset) = if has_quotes { (Way::Quoted, wrapper) } else { (Way::Plain, record.offset) };
        let is_read = self.deliver_as(at, Record { bytes, offset, ..record }, way, within, sink);
        if is_read {
            self.header = 0;
        } else {
            self.take_back(at);
        }
        is_read
    }

    /// The decoder of the last line of text, if that was an audit record at this depth.
    fn audit_at(&self, depth: usize) -> Option<usize> {
        self.text.filter(|&(at, of)| of == depth && self.known[at].format == Format::Auditd).map(|(at, _)| at)
    }

    /// Decodes the records in a member that no wrapper names; `false` when there are none.
    pub(super) fn find_holder(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        for holder in peel::holders(record.bytes) {
            let is_it = |known: &Holder| known.key == holder.key && known.is_list == holder.is_list;
            let at = self.holders.iter().position(is_it).unwrap_or(self.holders.len());
            let is_new = at == self.holders.len();
            if is_new {
                if at == HOLDERS {
                    continue;
                }
                self.holders.push(holder);
            }
            let number = ENVELOPES.len() + at;
            if self.open(number, record, around, false, sink) {
                self.routes[around.depth] = Some(Route::Envelope(number));
                return true;
            }
            if is_new && at + 1 == self.holders.len() {
                self.holders.pop();
                self.openers.iter_mut().flatten().for_each(|opener| opener.forget(number));
            }
        }
        if around.depth == 0 {
            self.fruitless = self.fruitless.saturating_add(1);
        }
        false
    }

    /// Decodes each member of an object as a record, as data frames are written by their index; `false` unless the
    /// first two members may be records.
    pub(super) fn each_member(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        let within = Around { depth: around.depth + 1, ..around };
        let mut reader = Reader::new(record.bytes);
        if around.depth >= DEEPEST || !are_two_records(record.bytes) || reader.value() != Ok(Value::Object) {
            return false;
        }
        while let Ok(Some(_)) = reader.next_key() {
            let from = reader.offset();
            if reader.skip().is_err() {
                break;
            }
            let bytes = reader.since(from).trim_ascii();
            let inner = Record { bytes, number: record.number, offset: record.offset + from as u64 };
            if !self.body(inner, within, sink) {
                sink.error(unknown_record(&inner));
            }
        }
        true
    }

    /// Decodes the line of text behind a syslog header; `false` when there is none of a known format.
    pub(super) fn behind_syslog(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        let Some(begin) = lines::message(record.bytes).filter(|_| around.depth < DEEPEST) else { return false };
        let Some((header, bytes)) = record.bytes.split_at_checked(begin) else { return false };
        let is_text = |format: &Format| matches!(format, Format::UnifiedLogText | Format::SantaLog);
        let Some(format) = lines::recognize(bytes).filter(is_text) else { return false };
        let named = lines::host(header);
        let host = if named.is_empty() { around.host } else { named };
        let inner = Record { bytes, number: record.number, offset: record.offset + begin as u64 };
        self.deliver_line(format, 0, inner, Around { depth: around.depth + 1, host, ..around }, sink);
        true
    }

    /// Decodes an object with dotted keys as nested objects; `false` when there are none, or when it is still unknown.
    pub(super) fn nested(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        let mut buffer: Vec<u8> = core::mem::take(&mut self.nest);
        buffer.clear();
        let within = Around { depth: around.depth + 1, ..around };
        let taken = rewrite::nest(record.bytes, &mut buffer)
            && self.other_object(None, Record { bytes: &buffer, ..record }, within, sink);
        self.nest = buffer;
        taken
    }

    /// Decodes the object after a header; `false` when there is none or it is unknown.
    pub(super) fn behind_header(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        let Some((begin, object)) = object_in(record.bytes) else { return false };
        let named = lines::host(&record.bytes[..begin]);
        let host = if named.is_empty() { around.host } else { named };
        let inner = Record { bytes: object, number: record.number, offset: record.offset + begin as u64 };
        let within = Around { depth: around.depth + 1, host, ..around };
        // A decoder that makes an event has read the object up to its end.
        if let Some(Route::Decoder(at)) = self.routes[within.depth] {
            let refused = self.try_decoder(at, inner, within, sink);
            if refused.is_none() {
                return true;
            }
            if lines::is_object(object) {
                return self.other_object(refused, inner, within, sink);
            }
            self.take_back(self.at_last(within));
            return false;
        }
        lines::is_object(object) && self.object(inner, within, sink)
    }
}

/// Whether a text that is written within a string begins so outside.
fn begins_within(text: &[u8], with: &[u8]) -> bool {
    let mut rest = text.iter();
    with.iter()
        .all(|&byte| (!matches!(byte, b'"' | b'\\') || rest.next() == Some(&b'\\')) && rest.next() == Some(&byte))
}

/// The object at the end of a line, with its offset. Brackets may close after it, as some shippers print a record within
/// lists (`[0] tag: [TIME, {…}]`); then the object is the last one that closes before them.
fn object_in(line: &[u8]) -> Option<(usize, &[u8])> {
    const TRIES: usize = 4;
    let end = object_end(line)?;
    let text = &line[..end];
    let mut begins = memchr::memchr_iter(b'{', text);
    if end == line.trim_ascii_end().len() {
        return begins.next().map(|begin| (begin, &text[begin..]));
    }
    begins.take(TRIES).map(|begin| (begin, &text[begin..])).find(|(_, object)| lines::is_object(object))
}

/// Whether the first two members of an object may be records: objects of a known format, or wrappers that begin alike.
fn are_two_records(object: &[u8]) -> bool {
    let mut reader = Reader::new(object);
    if reader.value() != Ok(Value::Object) {
        return false;
    }
    let (Some(first), Some(second)) = (next_object(&mut reader), next_object(&mut reader)) else { return false };
    let is_known = |bytes: &[u8]| shapes::recognize(bytes, false).is_some();
    is_known(first.1) && is_known(second.1) || first.0 == second.0 && peel::candidates(first.1) != 0
}

/// The next member if it is an object, with the name of its own first member.
fn next_object<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], &'a [u8])> {
    reader.next_key().ok()??;
    let from = reader.offset();
    if reader.value() != Ok(Value::Object) {
        return None;
    }
    let name = reader.next_key().ok()??.bytes;
    // The first member's value belongs to the rest of the object.
    reader.skip_container().ok()?;
    Some((name, reader.since(from).trim_ascii()))
}

/// Whether a line may end with an object, which auditd's translation of an address is not: `SADDR={ saddr_fam=local path=/x }`.
fn ends_with_object(line: &[u8]) -> bool {
    let is_address = || memchr::memrchr(b'{', line).is_some_and(|at| line[..at].ends_with(b"SADDR="));
    line.ends_with(b"}") && !is_address()
}
