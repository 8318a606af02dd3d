//! Event XML (`<Event xmlns='…'><System>…</System><EventData><Data Name='Image'>…</Data></EventData></Event>`) of Event
//! Viewer, wevtutil and Splunk. An event may take several lines, and a line may hold several events.

use alloc::boxed::Box;
use alloc::vec::Vec;

use memchr::{memchr, memmem};

use super::super::json::RawStr;
use super::super::{DecodeError, DecodeErrorKind, Decoder, Record, Sink, Skip};
use super::clock::Drift;
use super::fields::{FieldName, Fields};
use super::finish::{finish_record, report_skipped, without_mark};
use super::record::is_unwanted;
use crate::decode::resume::Resumable;
use crate::util::saved::restored;

/// Most bytes that are held of an unfinished event.
const MAX_HELD: usize = 512 << 10;
const END: &[u8] = b"</Event>";

/// A decoder of event XML.
pub(super) fn decoder() -> Box<dyn Resumable> {
    Box::new(Xml { held: Vec::new(), first: None, buffer: Vec::new(), drift: Drift::default() })
}

struct Xml {
    /// The lines of an event that has not ended.
    held: Vec<u8>,
    /// The number of its first line, and the offset of the event.
    first: Option<(u64, u64)>,
    buffer: Vec<u8>,
    drift: Drift,
}

impl Decoder for Xml {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = without_mark(record.bytes);
        let Some(first) = self.first else {
            return self.line(line, record, sink);
        };
        self.held.push(b'\n');
        match memmem::find(line, END) {
            Some(at) => {
                let (last, rest) = line.split_at(at + END.len());
                self.held.extend_from_slice(last);
                let held = core::mem::take(&mut self.held);
                self.first = None;
                self.event(&held, first, sink);
                self.held = held;
                self.held.clear();
                if !rest.trim_ascii().is_empty() {
                    self.line(rest, record, sink);
                }
            }
            None if self.held.len() + line.len() > MAX_HELD => self.abandon(sink),
            None => self.held.extend_from_slice(line),
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        if self.first.is_some() {
            self.abandon(sink);
        }
    }

    fn goes_on(&self, _line: &[u8]) -> bool {
        self.first.is_some()
    }

    fn held_bytes(&self) -> usize {
        self.held.capacity() + self.buffer.capacity()
    }
}

impl Xml {
    /// Takes a line, or the rest of a line, that begins outside of an event.
    fn line(&mut self, line: &[u8], record: Record<'_>, sink: &mut dyn Sink) {
        let mut rest = line;
        let mut found = false;
        while let Some(begin) = event_begin(rest) {
            found = true;
            let from = rest.get(begin..).unwrap_or_default();
            let offset = record.offset + (record.bytes.len() - from.len()) as u64;
            match memmem::find(from, END) {
                Some(at) => {
                    let (event, after) = from.split_at(at + END.len());
                    self.event(event, (record.number, offset), sink);
                    rest = after;
                }
                None => {
                    self.first = Some((record.number, offset));
                    self.held.clear();
                    self.held.extend_from_slice(from);
                    return;
                }
            }
        }
        if !found {
            let blank = line.iter().all(u8::is_ascii_whitespace);
            sink.skipped(record.number, if blank { Skip::Blank } else { Skip::Framing });
        }
    }

    fn event(&mut self, event: &[u8], (number, offset): (u64, u64), sink: &mut dyn Sink) {
        let mut fields = Fields::default();
        match read(event, &mut fields) {
            Ok(true) => {
                let record = Record { bytes: event, number, offset };
                finish_record(&mut fields, &mut self.buffer, &mut self.drift, record, sink);
            }
            Ok(false) => report_skipped(number, Skip::NotOfInterest, &fields, sink),
            Err(at) => sink.error(DecodeError {
                kind: DecodeErrorKind::Malformed,
                record: number,
                offset: offset.saturating_add(at as u64),
                field: None,
            }),
        }
    }

    fn abandon(&mut self, sink: &mut dyn Sink) {
        self.held.clear();
        if let Some((record, offset)) = self.first.take() {
            sink.error(DecodeError { kind: DecodeErrorKind::Abandoned, record, offset, field: None });
        }
    }
}

/// The offset of the next event.
pub(super) fn event_begin(text: &[u8]) -> Option<usize> {
    const BEGIN: &[u8] = b"<Event";
    memmem::find_iter(text, BEGIN).find(|at| matches!(text.get(at + BEGIN.len()), Some(b' ' | b'>' | b'\t')))
}

/// Reads one event into the field table. Returns `false` if it is of no interest, or the offset of a syntax error.
fn read<'a>(event: &'a [u8], fields: &mut Fields<'a>) -> Result<bool, usize> {
    let mut at = 0;
    while let Some(tag) = Tag::next(event, at)? {
        at = tag.end;
        let value = |text: &'a [u8]| RawStr { bytes: text, escaped: false };
        match tag.name {
            b"Provider" => set(fields, FieldName::Provider, tag.attribute(b"Name").map(value)),
            b"TimeCreated" => set(fields, FieldName::SystemTime, tag.attribute(b"SystemTime").map(value)),
            b"Execution" => set(fields, FieldName::SensorProcess, tag.attribute(b"ProcessID").map(value)),
            b"/System" if is_unwanted(fields) => return Ok(false),
            // The rendered texts that follow repeat the data.
            b"RenderingInfo" => return Ok(true),
            _ => element(event, &tag, fields),
        }
    }
    Ok(true)
}

/// Reads the XML of event data alone, as a cell or member contains it, into the field table. The error is the offset of
/// a syntax error.
pub(super) fn read_data<'a>(data: &'a [u8], fields: &mut Fields<'a>) -> Result<(), usize> {
    let mut at = 0;
    while let Some(tag) = Tag::next(data, at)? {
        at = tag.end;
        element(data, &tag, fields);
    }
    Ok(())
}

/// Reads an element that holds a field.
fn element<'a>(event: &'a [u8], tag: &Tag<'a>, fields: &mut Fields<'a>) {
    if tag.closed || tag.name.starts_with(b"/") {
        return;
    }
    let text = text_at(event, tag.end);
    let value = RawStr { bytes: text, escaped: false };
    match (tag.name, tag.attribute(b"Name")) {
        // Classic providers write values without names; Log Analytics calls their elements `Param`.
        (b"Data" | b"Param", None) => fields.push_unnamed(value),
        // As an element, `ProcessID` occurs only in the data; the logging process is an attribute.
        (b"Data", Some(b"ProcessID")) | (b"ProcessID", _) => fields.set(FieldName::HostProcessId, value),
        (b"Data", Some(name)) | (name, _) if !text.is_empty() => fields.set_named(name, value),
        _ => {}
    }
}

fn set<'a>(fields: &mut Fields<'a>, field: FieldName, value: Option<RawStr<'a>>) {
    if let Some(value) = value {
        fields.set(field, value);
    }
}

/// The text at the beginning of an element.
fn text_at(event: &[u8], at: usize) -> &[u8] {
    const CDATA: &[u8] = b"<![CDATA[";
    let rest = event.get(at..).unwrap_or_default();
    if let Some(data) = rest.strip_prefix(CDATA) {
        return memmem::find(data, b"]]>").and_then(|end| data.get(..end)).unwrap_or_default();
    }
    memchr(b'<', rest).and_then(|end| rest.get(..end)).unwrap_or_default()
}

/// A tag.
struct Tag<'a> {
    /// With the slash of an end tag.
    name: &'a [u8],
    attributes: &'a [u8],
    /// It is an empty-element tag (`<a/>`).
    closed: bool,
    /// The offset of its end.
    end: usize,
}

impl<'a> Tag<'a> {
    /// The next tag from an offset on; comments, declarations and CDATA are skipped.
    fn next(event: &'a [u8], mut from: usize) -> Result<Option<Self>, usize> {
        loop {
            let rest = event.get(from..).unwrap_or_default();
            let Some(open) = memchr(b'<', rest) else { return Ok(None) };
            let begin = from + open;
            let tag = event.get(begin..).unwrap_or_default();
            let passed = [(&b"<![CDATA["[..], &b"]]>"[..]), (b"<!--", b"-->"), (b"<?", b"?>")];
            if let Some((_, end)) = passed.iter().find(|(mark, _)| tag.starts_with(mark)) {
                from = begin + memmem::find(tag, end).ok_or(begin)? + end.len();
                continue;
            }
            let end = tag_end(tag).ok_or(begin)?;
            let inside = tag.get(1..end).unwrap_or_default();
            let (inside, closed) = inside.strip_suffix(b"/").map_or((inside, false), |inside| (inside, true));
            let blank = inside.iter().position(u8::is_ascii_whitespace).unwrap_or(inside.len());
            let (name, attributes) = inside.split_at(blank);
            return Ok(Some(Self { name, attributes, closed, end: begin + end + 1 }));
        }
    }

    /// The value of an attribute, in single or double quotes.
    fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut rest = self.attributes.trim_ascii_start();
        loop {
            let equals = memchr(b'=', rest)?;
            let (key, value) = rest.split_at(equals);
            let value = value.get(1..)?.trim_ascii_start();
            let quote = *value.first().filter(|&q| matches!(q, b'"' | b'\''))?;
            let value = value.get(1..)?;
            let end = memchr(quote, value)?;
            let (value, after) = value.split_at(end);
            if key.trim_ascii() == name {
                return Some(value);
            }
            rest = after.get(1..)?.trim_ascii_start();
        }
    }
}

/// The position of a tag's `>` outside of quotes.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    tag.iter().position(|&b| {
        match (quote, b) {
            (None, b'>') => return true,
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
        false
    })
}

restored!(Xml { held, first, drift } else { buffer });
