//! Passes each record of a stream to the decoder for its format, and opens the wrappers around it first.
//!
//! The route of the previous record is tried first. If its decoder makes no event, the record is compared with the
//! shapes of that format, and a record of another shape takes another route, because a stream may mix sources.

mod rows;
mod snapshot;
mod wrapped;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::envelopes::ENVELOPES;
use super::error::{DecodeError, DecodeErrorKind};
use super::format::Format;
use super::frame::{begins_object, is_framing, object_end};
use super::json::{Reader, Value};
use super::members::is_same;
use super::peel::{self, Holder, Opener};
use super::record::{Decoder, Record, Sink, Skip};
use super::resume::Resumable;
use super::rows::Rows;
use super::seams::{self, Seams};
use super::watch::{Placed, Verdict, Watch};
use super::{lines, shapes};
use crate::time::Timestamp;

/// The maximum number of nested wrappers that are opened, including lists of records.
const DEEPEST: usize = 6;
/// The maximum number of hosts with a decoder of their own, for formats that spread one event over several records.
const HOSTS: usize = 16;
/// The number of objects without any record after which the search for such members ends.
const FRUITLESS: u32 = 64;
/// The maximum number of bytes remembered of a record's beginning.
const LEAD: usize = 64;

/// The decoders of one stream, created as their formats appear.
pub(crate) struct Dispatcher {
    known: Vec<Known>,
    /// The format is fixed: other formats are not recognized.
    is_fixed: bool,
    /// The route of the last object at each wrapper depth.
    routes: [Option<Route>; DEEPEST + 1],
    /// The index of the decoder of the last line of text, and the wrapper depth of that line.
    text: Option<(usize, usize)>,
    /// The length of the header before the record in that line.
    header: usize,
    /// The openers of wrappers, by wrapper depth.
    openers: [Option<Box<Opener>>; DEEPEST + 1],
    /// The rows of a CSV file that hold records.
    rows: Option<Rows>,
    /// A cell after its doubled quotes were halved.
    cell: Vec<u8>,
    /// An object whose dotted keys were nested.
    nest: Vec<u8>,
    /// Members in which records were found although no wrapper names them.
    holders: Vec<Holder>,
    /// No named wrapper holds the current record, so members of any name are searched.
    finds_holders: bool,
    /// The number of objects without any record, counted until a record is found in such a member.
    fruitless: u32,
    /// The line whose records were passed on last, and the index of the last of them.
    line: Option<u64>,
    part: u32,
    seams: Seams,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Decoder(usize),
    Envelope(usize),
}

/// How a record is written that is passed to a decoder.
enum Way<'r> {
    /// As it is.
    Plain,
    /// Within a string, with room for what is unescaped of it.
    Within(&'r mut [u8]),
    /// Within a string in which nothing but its quotes is escaped.
    Quoted,
}

/// A decoder in use.
struct Known {
    format: Format,
    /// The host that wrappers name, for formats with one decoder per host.
    host: Vec<u8>,
    decoder: Box<dyn Resumable>,
    records: u64,
    /// The beginning of a record of this format. A record with the same beginning needs no comparison with the shapes.
    lead: Vec<u8>,
}

const NOTHING: Around<'static> = Around { depth: 0, host: &[], time: &[] };

/// The wrappers around a record.
#[derive(Clone, Copy)]
struct Around<'a> {
    depth: usize,
    /// The host that the wrappers name.
    host: &'a [u8],
    /// The JSON value in which they state when the record was received; empty when they state none.
    time: &'a [u8],
}

impl Dispatcher {
    /// Creates a dispatcher for a stream of this format, or of any formats.
    pub(crate) fn new(format: Option<Format>) -> Self {
        let mut new = Self {
            known: Vec::new(),
            is_fixed: format.is_some(),
            routes: [None; DEEPEST + 1],
            text: None,
            header: 0,
            openers: Default::default(),
            rows: None,
            cell: Vec::new(),
            nest: Vec::new(),
            holders: Vec::new(),
            finds_holders: false,
            fruitless: 0,
            line: None,
            part: 0,
            seams: Seams::default(),
        };
        if let Some(format) = format {
            new.place_of(format, &[]);
        }
        new
    }

    /// Whether the stream may contain JSON.
    pub(crate) fn may_be_json(&self) -> bool {
        !self.is_fixed || self.known.iter().all(|known| is_json(known.format))
    }

    /// Whether a line continues the last record, whatever the line looks like.
    pub(crate) fn goes_on(&self, line: &[u8]) -> bool {
        self.rows.as_ref().is_some_and(Rows::is_open)
            || self.open_text(line, 0).is_some() && shapes::recognize(line, false).is_none()
    }

    /// The formats seen, with the number of records of each.
    pub(crate) fn formats(&self) -> Vec<(Format, u64)> {
        let mut formats: Vec<(Format, u64)> = Vec::new();
        for known in self.known.iter().filter(|known| known.records > 0) {
            match formats.iter_mut().find(|(format, _)| *format == known.format) {
                Some((_, records)) => *records += known.records,
                None => formats.push((known.format, known.records)),
            }
        }
        formats
    }

    /// Decodes a record of a stream with a fixed format.
    fn fixed(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if !is_json(self.known[0].format) {
            return self.deliver(0, record, NOTHING, sink);
        }
        if !record.bytes.starts_with(b"{") {
            let Some(text) = quoted(record.bytes) else { return self.deliver(0, record, NOTHING, sink) };
            let mut cell = core::mem::take(&mut self.cell);
            let bytes = peel::text_of(text, &mut cell);
            self.deliver(0, Record { bytes, ..record }, NOTHING, sink);
            self.cell = cell;
            return;
        }
        let mut watch = Watch::new(sink);
        self.deliver(0, record, NOTHING, &mut watch);
        let Some(verdict) = watch.held else { return };
        let stumbled = matches!(&verdict, Verdict::Error(error) if seams::is_stumble(error));
        if !self.seams.may_be_in(record.bytes, stumbled) {
            return verdict.report(sink);
        }
        self.take_back(0);
        let is_split = seams::split(record, |part| match part {
            Ok(part) => self.deliver(0, part, NOTHING, sink),
            Err(error) => sink.error(error),
        });
        if !is_split {
            self.deliver(0, record, NOTHING, sink);
        }
    }

    /// The index of the text decoder with an unfinished record that this line at this wrapper depth continues. A line in a
    /// wrapper continues no line outside, and the other way round.
    fn open_text(&self, line: &[u8], depth: usize) -> Option<usize> {
        let (at, of) = self.text?;
        (of == depth && self.known.get(at).is_some_and(|known| known.decoder.goes_on(line))).then_some(at)
    }

    fn place_of(&mut self, format: Format, host: &[u8]) -> usize {
        let host = if is_kept_apart(format) { host } else { &[] };
        let is_it = |known: &Known| known.format == format && is_same(&known.host, host);
        if let Some(at) = self.known.iter().position(is_it) {
            return at;
        }
        let of_format = self.known.iter().filter(|known| known.format == format).count();
        if of_format >= HOSTS {
            // There are more hosts than decoders: the last decoder takes this host's records too.
            return self.known.iter().rposition(|known| known.format == format).unwrap_or_default();
        }
        let decoder = format.resumable();
        self.known.push(Known { format, host: host.to_vec(), decoder, records: 0, lead: Vec::new() });
        self.known.len() - 1
    }

    /// Decodes an object; `false` when it matches no known format and no wrapper.
    fn object(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        let last = self.routes[around.depth];
        if let Some(Route::Envelope(at)) = last
            && self.open(at, record, around, true, sink)
        {
            return true;
        }
        let refused = match last {
            Some(Route::Decoder(at)) => match self.try_decoder(at, record, around, sink) {
                None => return true,
                verdict => verdict,
            },
            _ => None,
        };
        self.other_object(refused, record, around, sink)
    }

    /// Decodes an object for which the previous object's decoder made no event and returned `refused`.
    fn other_object(
        &mut self,
        refused: Option<Verdict>,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let stumbled = matches!(&refused, Some(Verdict::Error(error)) if seams::is_stumble(error));
        let may_be_several = around.depth == 0 && self.seams.may_be_in(record.bytes, stumbled);
        if refused.is_some() && !may_be_several && self.is_for_last(record, around) {
            if let Some(verdict) = refused {
                verdict.report(sink);
            }
            return true;
        }
        if refused.is_some() {
            self.take_back(self.at_last(around));
        }
        if may_be_several && self.split(record, around, sink) {
            return true;
        }
        if let Some(format) = shapes::recognize(record.bytes, false) {
            self.hand_to(format, record, around, sink);
            return true;
        }
        if around.depth < DEEPEST {
            let candidates = peel::candidates(record.bytes);
            for at in (0..ENVELOPES.len()).filter(|at| candidates >> at & 1 == 1) {
                if self.open(at, record, around, false, sink) {
                    self.routes[around.depth] = Some(Route::Envelope(at));
                    return true;
                }
            }
        }
        if let Some(format) = shapes::recognize(record.bytes, true) {
            self.hand_to(format, record, around, sink);
            return true;
        }
        if around.depth < DEEPEST && self.nested(record, around, sink) {
            return true;
        }
        if self.finds_holders && self.each_member(record, around, sink) {
            return true;
        }
        if self.finds_holders && around.depth < DEEPEST && self.find_holder(record, around, sink) {
            return true;
        }
        // The object is malformed rather than unknown.
        if let Some(Verdict::Error(error)) = refused
            && matches!(error.kind, DecodeErrorKind::Malformed | DecodeErrorKind::TooDeep)
        {
            sink.error(error);
            return true;
        }
        false
    }

    fn hand_to(&mut self, format: Format, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) {
        let at = self.place_of(format, around.host);
        self.routes[around.depth] = Some(Route::Decoder(at));
        self.deliver(at, record, around, sink);
    }

    /// Decodes each of several objects on one line; `false` when there is only one.
    fn split(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        seams::split(record, |part| match part {
            Ok(part) if part.bytes.len() == record.bytes.len() => {}
            Ok(part) if self.object(part, around, sink) => {}
            Ok(part) => sink.error(unknown_record(&part)),
            Err(error) => sink.error(error),
        })
    }

    /// Passes a record to the previous record's decoder. If the record gave no event, returns the decoder's verdict,
    /// which `sink` has not received yet.
    fn try_decoder(
        &mut self,
        at: usize,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Option<Verdict> {
        let at = self.of_host(at, around);
        let mut watch = Watch::new(sink);
        self.deliver(at, record, around, &mut watch);
        watch.held
    }

    /// The decoder of the previous record's format for the records of this host.
    fn of_host(&mut self, at: usize, around: Around<'_>) -> usize {
        let Known { format, host, .. } = &self.known[at];
        if !is_kept_apart(*format) || is_same(host, around.host) {
            return at;
        }
        let at = self.place_of(*format, around.host);
        self.routes[around.depth] = Some(Route::Decoder(at));
        at
    }

    /// Undoes the counts of a record that its decoder rejected and whose verdict was not reported.
    fn take_back(&mut self, at: usize) {
        if let Some(known) = self.known.get_mut(at) {
            known.records -= 1;
        }
        // The next record that begins in this line reuses the part number.
        match self.part.checked_sub(1) {
            Some(part) => self.part = part,
            None => self.line = None,
        }
    }

    /// The index of the previous object's decoder.
    fn at_last(&self, around: Around<'_>) -> usize {
        match self.routes[around.depth] {
            Some(Route::Decoder(at)) => at,
            _ => 0,
        }
    }

    /// Whether a record has the format of the previous one.
    fn is_for_last(&mut self, record: Record<'_>, around: Around<'_>) -> bool {
        let at = self.at_last(around);
        let known = &mut self.known[at];
        if !known.lead.is_empty() && record.bytes.starts_with(&known.lead) {
            return true;
        }
        let is_so = shapes::is_of(record.bytes, known.format);
        if is_so {
            known.lead = lead_of(record.bytes).to_vec();
        }
        is_so
    }

    /// Decodes a line of text; `false` when it has no known format and holds no known record.
    fn line(&mut self, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) -> bool {
        if let Some(at) = self.open_text(record.bytes, around.depth) {
            self.deliver(at, record, around, sink);
            return true;
        }
        let ends_object = object_end(record.bytes).is_some();
        if !ends_object
            && let Some((at, _)) = self.text
            && let format = self.known[at].format
            && let Some(begin) = lines::begin_again(format, record.bytes, self.header)
        {
            self.header = begin;
            self.deliver_line(format, begin, record, around, sink);
            return true;
        }
        // JSON after a header may contain text in a known format, so the enclosing JSON is tried first.
        if ends_object && around.depth < DEEPEST && self.behind_header(record, around, sink) {
            return true;
        }
        let Some(format) = lines::recognize(record.bytes) else {
            return self.behind_syslog(record, around, sink);
        };
        let begin = lines::begin(format, record.bytes);
        self.header = begin;
        self.deliver_line(format, begin, record, around, sink);
        true
    }

    /// Decodes a record outside any wrapper; `false` when it is unknown.
    fn line_or_object(&mut self, record: Record<'_>, sink: &mut dyn Sink) -> bool {
        let first = record.bytes.iter().find(|b| !b.is_ascii_whitespace());
        match first {
            Some(b'{') if begins_object(record.bytes) && (self.text.is_none() || !self.goes_on(record.bytes)) => {
                self.object(record, NOTHING, sink)
            }
            _ => self.line(record, NOTHING, sink),
        }
    }

    /// Decodes the record in a line or element that is a single JSON string; `false` when there is none.
    fn quoted(&mut self, line: Record<'_>, sink: &mut dyn Sink) -> bool {
        let Some(text) = quoted(line.bytes) else { return false };
        let mut cell = core::mem::take(&mut self.cell);
        let record = Record { bytes: peel::text_of(text, &mut cell), ..line };
        let taken = self.body(record, Around { depth: 1, ..NOTHING }, sink);
        self.cell = cell;
        taken
    }

    /// Decodes the record of a line after its header.
    fn deliver_line(
        &mut self,
        format: Format,
        begin: usize,
        record: Record<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) {
        let (header, bytes) = record.bytes.split_at(begin);
        let host = if around.host.is_empty() { lines::host(header) } else { around.host };
        let at = self.place_of(format, host);
        self.text = Some((at, around.depth));
        let inner = Record { bytes, number: record.number, offset: record.offset + begin as u64 };
        self.deliver(at, inner, Around { host, ..around }, sink);
    }

    fn deliver(&mut self, at: usize, record: Record<'_>, around: Around<'_>, sink: &mut dyn Sink) {
        self.deliver_as(at, record, Way::Plain, around, sink);
    }

    /// Passes a record to a decoder. Returns whether it was read.
    fn deliver_as(
        &mut self,
        at: usize,
        record: Record<'_>,
        way: Way<'_>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        if self.line == Some(record.number) {
            self.part += 1;
        } else {
            (self.line, self.part) = (Some(record.number), 0);
        }
        let Some(known) = self.known.get_mut(at) else { return true };
        known.records += 1;
        if !around.time.is_empty() {
            known.decoder.received(around.time);
        }
        let mut host = around.host;
        if known.format == Format::Auditd {
            // The audit decoder separates hosts itself.
            known.decoder.received_from(host);
            host = &[];
        }
        let part = self.part;
        let pass = |sink: &mut dyn Sink| match way {
            Way::Plain => {
                known.decoder.record(record, sink);
                true
            }
            Way::Within(room) => known.decoder.record_within(record, room, sink),
            Way::Quoted => known.decoder.record_quoted(record, sink),
        };
        if part == 0 && host.is_empty() { pass(sink) } else { pass(&mut Placed { sink, host, part }) }
    }
}

impl Decoder for Dispatcher {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if self.is_fixed {
            return self.fixed(record, sink);
        }
        if self.row(record, sink) {
            return;
        }
        if record.is_blank() && self.open_text(record.bytes, 0).is_none() {
            return sink.skipped(record.number, Skip::Blank);
        }
        let may_be_quoted = self.open_text(record.bytes, 0).is_none();
        let mut taken = may_be_quoted && self.quoted(record, sink) || self.line_or_object(record, sink);
        if !taken && (self.fruitless < FRUITLESS || !self.holders.is_empty()) {
            self.finds_holders = true;
            taken = self.line_or_object(record, sink);
            self.finds_holders = false;
        }
        if !taken {
            if is_framing(record.bytes) {
                sink.skipped(record.number, Skip::Framing);
            } else if !self.is_header(record, sink) {
                sink.error(unknown_record(&record));
            }
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        if let Some(rows) = &mut self.rows {
            rows.report_false_header(sink);
            if let Some((record, offset)) = rows.unfinished() {
                sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
            }
        }
        for known in &mut self.known {
            known.decoder.finish(&mut Placed { sink, host: &known.host, part: 0 });
        }
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        for known in &mut self.known {
            known.decoder.settle(&mut Placed { sink, host: &known.host, part: 0 });
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.known.iter().filter_map(|known| known.decoder.due()).min()
    }

    fn held_bytes(&self) -> usize {
        let known = self
            .known
            .iter()
            .map(|k| size_of_val(&*k.decoder) + k.decoder.held_bytes() + k.host.capacity() + k.lead.capacity());
        known.sum::<usize>()
            + self.known.capacity() * size_of::<Known>()
            + self.rows.as_ref().map_or(0, Rows::bytes)
            + self.cell.capacity()
            + self.nest.capacity()
            + self.holders.capacity() * size_of::<Holder>()
            + self.holders.iter().map(|holder| holder.key.capacity()).sum::<usize>()
            + self.openers.iter().flatten().map(|opener| size_of::<Opener>() + opener.bytes()).sum::<usize>()
    }
}

/// The JSON string that is all of a line but for a comma; `None` when the line is anything else.
fn quoted(line: &[u8]) -> Option<&[u8]> {
    if line.trim_ascii_start().first() != Some(&b'"') {
        return None;
    }
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    let mut reader = Reader::new(text);
    (matches!(reader.value(), Ok(Value::String(_))) && reader.at_end()).then_some(text)
}

/// Whether a format's records are JSON objects rather than lines of text.
const fn is_json(format: Format) -> bool {
    !matches!(format, Format::Auditd | Format::WindowsXml | Format::WindowsText | Format::Csv | Format::UnifiedLogText)
}

/// Whether several records of a format form one event, so that records of different hosts need separate decoders. Audit
/// is not among these formats, because its decoder takes the host into account.
const fn is_kept_apart(format: Format) -> bool {
    matches!(format, Format::UnifiedLogText | Format::UnifiedLogJson | Format::OsqueryJson)
}

/// The beginning of an object up to its first value that is not an object; empty when that is a single key, because one
/// key identifies no format.
fn lead_of(object: &[u8]) -> &[u8] {
    let mut keys = 0;
    let mut in_key = false;
    for (at, byte) in object.iter().enumerate().take(LEAD) {
        match byte {
            b'"' => {
                in_key = !in_key;
            }
            b':' if !in_key => {
                keys += 1;
                if object.get(at + 1) != Some(&b'{') {
                    return if keys > 1 { &object[..=at] } else { &[] };
                }
            }
            _ => {}
        }
    }
    &[]
}

const fn unknown_record(record: &Record<'_>) -> DecodeError {
    DecodeError { kind: DecodeErrorKind::Unknown, record: record.number, offset: record.offset, field: None }
}
