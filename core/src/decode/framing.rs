//! Cuts the bytes of a stream into records: lines, and JSON values wherever they begin and end.
//!
//! Nearly all telemetry has one record per line, so lines are cut first. A line that is a whole object, or not JSON at
//! all, is a record. Anything else that looks like JSON goes through [`Values`], which tracks strings and nesting:
//! pretty-printed objects, several objects per line, and the elements of arrays, of which it holds at most one.

use alloc::vec::Vec;

use super::error::{DecodeError, DecodeErrorKind};
use super::frame::begins_object;
use super::record::{Record, Taker};
use super::values::{Step, Values};
use crate::util::saved::{restored, saved_enum, small};

/// The number of bytes of an unfinished line after which the framer searches for the end of an object in it.
const PATIENCE: usize = 64 << 10;
/// The UTF-8 byte order mark.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Not yet known: no line has ended.
    Unknown,
    /// With a line feed, optionally after a carriage return.
    Feed,
    /// With a line feed or a carriage return.
    Either,
}

/// Cuts bytes into records.
#[derive(Debug)]
pub(crate) struct Framer {
    /// The stream may contain JSON.
    json: bool,
    ending: Ending,
    /// The beginning of an unfinished line; while values are scanned, a carriage return after which a line feed may come.
    partial: Vec<u8>,
    /// The current line is too long: its bytes are dropped up to its end.
    skipping: bool,
    number: u64,
    /// The offset of the current line's first byte; while values are scanned, of the next byte.
    offset: u64,
    max_record: usize,
    values: Values,
}

impl Framer {
    pub(crate) fn new(json: bool, first: u64, max_record: usize) -> Self {
        Self {
            json,
            ending: Ending::Unknown,
            partial: Vec::new(),
            skipping: false,
            number: first,
            offset: 0,
            max_record,
            values: Values::default(),
        }
    }

    /// Takes a chunk, which may end anywhere.
    pub(crate) fn feed(&mut self, chunk: &[u8], taker: &mut impl Taker) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = if self.values.is_active() { self.scan(rest, taker) } else { self.next_line(rest, taker) };
        }
    }

    /// Passes on the complete objects of an unfinished line, for a feed that has gone quiet.
    pub(crate) fn settle(&mut self, taker: &mut impl Taker) {
        if self.json && begins_object(&self.partial) && !taker.goes_on(&self.partial) {
            self.open_partial(taker);
        }
    }

    /// Gives up the record that is unfinished, as if it were too long, and the room that it had.
    pub(crate) fn abandon(&mut self, taker: &mut impl Taker) {
        if !self.partial.is_empty() && !self.values.is_active() {
            taker.take(Err(self.too_long()));
            self.skipping = true;
        }
        self.offset += self.partial.len() as u64;
        self.partial = Vec::new();
        self.values.abandon(taker);
    }

    /// Ends the stream, whose last line needs no terminator.
    pub(crate) fn finish(&mut self, taker: &mut impl Taker) {
        if !self.partial.is_empty() && !self.values.is_active() {
            let text = self.partial.strip_prefix(MARK).unwrap_or(&self.partial);
            if self.json && is_torn(text) && !taker.goes_on(text) {
                self.open_partial(taker);
            } else {
                let partial = core::mem::take(&mut self.partial);
                self.line(&partial, partial.len(), taker);
            }
        }
        self.values.finish(taker);
        self.partial = Vec::new();
        self.skipping = false;
    }

    /// Sets the offset of the next byte when it does not follow the previous one.
    pub(crate) const fn set_offset(&mut self, offset: u64) {
        if self.partial.is_empty() {
            self.offset = offset;
        }
    }

    /// The bytes of an unfinished record.
    pub(crate) fn rest(&self) -> &[u8] {
        if self.values.is_active() {
            self.values.held()
        } else {
            self.partial.strip_prefix(MARK).unwrap_or(&self.partial)
        }
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn bytes(&self) -> usize {
        self.partial.capacity() + self.values.bytes()
    }

    /// Consumes bytes up to the end of the current line; returns the rest.
    fn next_line<'c>(&mut self, chunk: &'c [u8], taker: &mut impl Taker) -> &'c [u8] {
        if let Some(rest) = self.counted(chunk, taker) {
            return rest;
        }
        let line = self.end_of_line(chunk);
        if line.is_none_or(|_| !self.partial.is_empty()) && self.is_open(chunk, taker) {
            let mark = if self.partial.is_empty() && chunk.starts_with(MARK) { MARK.len() } else { 0 };
            self.offset += mark as u64;
            self.open_partial(taker);
            return &chunk[mark..];
        }
        let Some((end, after)) = line else {
            self.keep(chunk, taker);
            return &[];
        };
        let (line, rest) = (&chunk[..end], &chunk[after..]);
        let length = self.partial.len() + after;
        if self.skipping {
            self.skipping = false;
        } else if self.partial.is_empty() {
            self.line(line, length, taker);
            return rest;
        } else if self.grow(line, taker).is_ok() {
            let partial = core::mem::take(&mut self.partial);
            self.line(&partial, length, taker);
            self.partial = partial;
            self.partial.clear();
            return rest;
        } else {
            self.skipping = false;
        }
        self.partial.clear();
        self.number = self.number.wrapping_add(1);
        self.offset += length as u64;
        rest
    }

    /// Consumes a syslog message with an octet count (RFC 6587), which need not end with a line; returns the rest, or
    /// `None` when there is no such complete message.
    fn counted<'c>(&mut self, chunk: &'c [u8], taker: &mut impl Taker) -> Option<&'c [u8]> {
        let begin = if self.partial.is_empty() { chunk } else { &self.partial };
        if !self.json || self.skipping || !begin.first()?.is_ascii_digit() {
            return None;
        }
        let (head, length) = message_length(begin)?;
        let rest = (head + length).checked_sub(self.partial.len()).filter(|_| length <= self.max_record)?;
        let (message, after) = chunk.split_at_checked(rest)?;
        let mut partial = core::mem::take(&mut self.partial);
        partial.extend_from_slice(message);
        let offset = self.offset + head as u64;
        taker.take(Ok(Record { bytes: partial[head..].trim_ascii_end(), number: self.number, offset }));
        self.offset += partial.len() as u64;
        self.number = self.number.wrapping_add(memchr::memchr_iter(b'\n', &partial).count() as u64);
        partial.clear();
        self.partial = partial;
        // A line feed after the counted octets also ends the message.
        let Some(ended) = after.strip_prefix(b"\n") else { return Some(after) };
        self.number = self.number.wrapping_add(1);
        self.offset += 1;
        Some(ended)
    }

    /// Where the line that continues with these bytes ends, and where the next begins.
    fn end_of_line(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        match self.ending {
            Ending::Feed => memchr::memchr(b'\n', bytes).map(|end| (end, end + 1)),
            Ending::Either => {
                let end = memchr::memchr2(b'\n', b'\r', bytes)?;
                // A line feed after a carriage return ends no further line; at the start of the next chunk it gives a
                // blank line.
                let feeds = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
                Some((end, end + 1 + usize::from(feeds)))
            }
            Ending::Unknown => {
                if self.partial.last() == Some(&b'\r') && bytes.first() != Some(&b'\n') {
                    self.ending = Ending::Either;
                    return Some((0, 0));
                }
                let end = memchr::memchr2(b'\n', b'\r', bytes)?;
                if bytes[end] == b'\n' {
                    self.ending = Ending::Feed;
                    return Some((end, end + 1));
                }
                let next = bytes.get(end + 1)?;
                self.ending = if *next == b'\n' { Ending::Feed } else { Ending::Either };
                self.end_of_line(bytes)
            }
        }
    }

    /// Cuts a whole line without its terminator; `length` is its length in the stream.
    fn line(&mut self, line: &[u8], length: usize, taker: &mut impl Taker) {
        let whole = line.strip_suffix(b"\r").unwrap_or(line);
        let bytes = whole.strip_prefix(MARK).unwrap_or(whole);
        let marked = (whole.len() - bytes.len()) as u64;
        if self.json && is_torn(bytes) && !taker.goes_on(bytes) {
            self.values.begin(self.number, self.max_record);
            self.offset += marked;
            self.scan(bytes, taker);
            self.offset += length as u64 - marked - bytes.len() as u64;
            self.number = self.values.end_line(self.number, taker);
            return;
        }
        if bytes.len() > self.max_record {
            taker.take(Err(self.too_long()));
        } else {
            taker.take(Ok(Record { bytes, number: self.number, offset: self.offset + marked }));
        }
        self.number = self.number.wrapping_add(1);
        self.offset += length as u64;
    }

    /// Stores the beginning of a line.
    fn keep(&mut self, bytes: &[u8], taker: &mut impl Taker) {
        if self.skipping {
            self.offset += bytes.len() as u64;
        } else if let Err(dropped) = self.grow(bytes, taker) {
            self.offset += (dropped + bytes.len()) as u64;
        }
    }

    /// Whether to scan an unfinished line, which continues with `more`, for values before its end arrives.
    fn is_open(&self, more: &[u8], taker: &impl Taker) -> bool {
        let text = if self.partial.is_empty() { more } else { &self.partial };
        let text = text.strip_prefix(MARK).unwrap_or(text);
        let is_long = self.partial.len() + more.len() > PATIENCE && begins_object(text);
        self.json && !self.skipping && (is_long || is_array(text) == Some(true)) && !taker.goes_on(text)
    }

    /// Starts to scan the unfinished line for values.
    fn open_partial(&mut self, taker: &mut impl Taker) {
        let partial = core::mem::take(&mut self.partial);
        let text = partial.strip_prefix(MARK).unwrap_or(&partial);
        self.offset += (partial.len() - text.len()) as u64;
        self.values.begin(self.number, self.max_record);
        self.scan(text, taker);
        if self.partial.is_empty() {
            self.partial = partial;
            self.partial.clear();
        }
    }

    /// Scans bytes for values, at most to the end of a line that does not end with a line feed alone; returns the rest.
    fn scan<'c>(&mut self, bytes: &'c [u8], taker: &mut impl Taker) -> &'c [u8] {
        if self.ending == Ending::Feed {
            return self.scan_fed(bytes, taker);
        }
        let line = self.end_of_line(bytes);
        self.offset += self.partial.len() as u64;
        self.partial.clear();
        match line {
            Some((end, after)) if self.ending == Ending::Either => {
                self.scan_fed(&bytes[..end], taker);
                let next = self.offset + (after - end) as u64;
                self.scan_fed(b"\n", taker);
                self.offset = next;
                &bytes[after..]
            }
            None if bytes.ends_with(b"\r") => {
                let (text, end) = bytes.split_at(bytes.len() - 1);
                self.scan_fed(text, taker);
                self.partial.extend_from_slice(end);
                &[]
            }
            _ => self.scan_fed(bytes, taker),
        }
    }

    /// Scans bytes whose lines end with line feeds; returns the bytes after the last value.
    fn scan_fed<'c>(&mut self, bytes: &'c [u8], taker: &mut impl Taker) -> &'c [u8] {
        let (step, used) = self.values.scan(bytes, self.offset, taker);
        self.offset += used as u64;
        if step == Step::Line {
            self.number = self.values.line();
        }
        &bytes[used..]
    }

    /// Appends to the unfinished line. If the line gets too long, drops it and returns the number of bytes it had.
    fn grow(&mut self, part: &[u8], taker: &mut impl Taker) -> Result<(), usize> {
        if (self.partial.len() + part.len()).saturating_sub(1) > self.max_record {
            taker.take(Err(self.too_long()));
            let dropped = self.partial.len();
            self.partial.clear();
            self.skipping = true;
            return Err(dropped);
        }
        self.partial.extend_from_slice(part);
        Ok(())
    }

    const fn too_long(&self) -> DecodeError {
        DecodeError { kind: DecodeErrorKind::TooLong, record: self.number, offset: self.offset, field: None }
    }
}

/// Whether a line begins like JSON but does not end like one object. A line that ends like an object may still hold
/// several; the dispatcher detects that.
fn is_torn(line: &[u8]) -> bool {
    match line.trim_ascii_start().first() {
        Some(b'{') => line.trim_ascii_end().last() != Some(&b'}') && begins_object(line),
        Some(b'[') => is_array(line).unwrap_or_else(|| line.trim_ascii() == b"["),
        _ => false,
    }
}

/// Whether a text begins with an array that may hold records rather than with a bracketed word; `None` when the text is
/// too short to decide.
fn is_array(text: &[u8]) -> Option<bool> {
    let rest = text.trim_ascii_start().strip_prefix(b"[");
    let Some(rest) = rest else { return Some(false) };
    let rest = rest.trim_ascii_start();
    match rest.first()? {
        b'{' | b'[' | b']' | b'"' => Some(true),
        // Shippers write the time before the record: `[1521757638.392,{…}]`.
        b'0'..=b'9' => {
            let end = rest.iter().position(|b| !b.is_ascii_digit() && *b != b'.')?;
            Some(*rest[end..].trim_ascii_start().first()? == b',')
        }
        _ => Some(false),
    }
}

/// The length that precedes a syslog message, and where the message begins: `LENGTH <PRIORITY>…`.
fn message_length(text: &[u8]) -> Option<(usize, usize)> {
    const DIGITS: usize = 7;
    let blank = text.iter().take(DIGITS + 1).position(|b| !b.is_ascii_digit())?;
    let rest = text.get(blank..)?.strip_prefix(b" <")?;
    let end = rest.iter().take(4).position(|b| !b.is_ascii_digit()).filter(|&end| end > 0)?;
    let length =
        text[..blank].iter().try_fold(0_usize, |n, b| n.checked_mul(10)?.checked_add(usize::from(b - b'0')))?;
    (rest.get(end) == Some(&b'>')).then_some((blank + 1, length))
}

saved_enum!(Ending { 0 => Unknown, 1 => Feed, 2 => Either });
restored!(Framer { json, ending, partial, skipping, number, offset, values } else { max_record } then check);

impl Framer {
    fn check(&mut self) -> Result<(), &'static str> {
        self.values.limit(self.max_record);
        if small(self.number) && small(self.offset) { Ok(()) } else { Err("a stream is at no such place") }
    }
}
