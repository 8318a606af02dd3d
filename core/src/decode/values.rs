//! Finds JSON objects in bytes that arrive in pieces: concatenated, spread over several lines, or in arrays. Strings in
//! arrays are found, too, because each may hold the text of a record.

use alloc::vec::Vec;

use super::error::{DecodeError, DecodeErrorKind};
use super::json::{Reader, Value};
use super::peel::SHORTEST;
use super::record::{Record, Taker};
use crate::util::saved::{saved, saved_enum, small};

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// At the end of the bytes.
    More,
    /// After the end of a line, outside any value: the framer continues with lines.
    Line,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// A line: the scanner is inactive.
    #[default]
    Lines,
    /// No value: an object or the end of an array may follow.
    Between,
    /// An object.
    Object,
    /// A string in an array.
    Text,
    /// A number or a literal in an array.
    Word,
    /// Any other text. The scanner passes it on as a record, with the rest of its line.
    Foreign,
}

/// Nesting levels for which the scanner remembers arrays and objects. It does not check deeper levels, because the
/// decoders do not read them.
const LEVELS: u32 = 64;

/// Scans pieces of a stream for JSON objects.
#[derive(Debug, Default)]
pub(crate) struct Values {
    at: At,
    /// The number of arrays that enclose the objects.
    arrays: u32,
    /// The outermost array has held a value that is no record, and one that may be.
    has_scalar: bool,
    has_record: bool,
    /// Where the outermost array begins.
    array: Place,
    /// The nesting depth within the current object.
    depth: u32,
    /// A bit for each of the first levels: set for an array, clear for an object.
    kinds: u64,
    in_string: bool,
    escaped: bool,
    /// The last byte outside strings that is not white space.
    last: u8,
    /// The current object's bytes from earlier pieces.
    held: Vec<u8>,
    /// The current object is dropped: the scanner only searches for its end.
    given_up: bool,
    /// The number of the current line.
    line: u64,
    /// Where the current object begins.
    begin: Place,
    max_record: usize,
}

/// Where a record begins.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    line: u64,
    offset: u64,
}

impl Place {
    const fn error(self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { kind, record: self.line, offset: self.offset, field: None }
    }
}

impl Values {
    /// Starts to search for values in a line.
    pub(crate) const fn begin(&mut self, line: u64, max_record: usize) {
        self.at = At::Between;
        (self.line, self.arrays) = (line, 0);
        self.max_record = max_record;
    }

    /// Whether the scanner searches for values.
    pub(crate) fn is_active(&self) -> bool {
        self.at != At::Lines
    }

    /// The number of the current line.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Lets no object be longer than this.
    pub(super) fn limit(&mut self, max_record: usize) {
        self.max_record = self.max_record.min(max_record);
    }

    /// The bytes of the current object that have arrived.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Gives up the current object, as if it were too long, and the room that it had.
    pub(crate) fn abandon(&mut self, taker: &mut impl Taker) {
        if self.is_active() && !self.held.is_empty() {
            taker.take(Err(self.begin.error(DecodeErrorKind::TooLong)));
            self.given_up = true;
        }
        self.held = Vec::new();
    }

    /// Ends a line whose terminator is not among the scanned bytes; returns the number of the next line.
    pub(crate) fn end_line(&mut self, line: u64, taker: &mut impl Taker) -> u64 {
        if self.is_active() {
            self.scan(b"\n", self.begin.offset, taker);
            self.line
        } else {
            line.wrapping_add(1)
        }
    }

    /// Ends the stream.
    pub(crate) fn finish(&mut self, taker: &mut impl Taker) {
        match self.at {
            At::Object | At::Text => self.fail(&[], taker),
            At::Foreign => self.hand_over(&[], taker),
            At::Between | At::Word if self.arrays > 0 => {
                // The end of an array is missing, and perhaps records with it.
                let cut = Place { line: self.line, ..self.begin };
                taker.take(Err(cut.error(DecodeErrorKind::Malformed)));
            }
            At::Lines | At::Between | At::Word => {}
        }
        self.at = At::Lines;
        self.arrays = 0;
    }

    /// Scans bytes that begin at a stream offset and passes on each object that ends in them. Returns the number of
    /// bytes consumed.
    pub(crate) fn scan(&mut self, bytes: &[u8], offset: u64, taker: &mut impl Taker) -> (Step, usize) {
        // Where the current object's bytes begin in `bytes`.
        let mut from = 0;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.at {
                At::Lines => return (Step::Line, at),
                At::Between => {
                    match byte {
                        b'\n' => {
                            self.line = self.line.wrapping_add(1);
                            if self.arrays == 0 {
                                self.at = At::Lines;
                            }
                        }
                        b' ' | b'\t' | b'\r' | b',' | 0 => {}
                        b'[' => self.open_array(offset + at as u64),
                        b']' => self.close_array(taker),
                        _ => {
                            from = at;
                            self.start(byte, offset + at as u64);
                        }
                    }
                    at += 1;
                }
                At::Foreign => {
                    let Some(end) = memchr::memchr(b'\n', &bytes[at..]) else { break };
                    at += end;
                    self.hand_over(&bytes[from..at], taker);
                }
                At::Word => match word_end(&bytes[at..]) {
                    None => break,
                    Some(end) => {
                        at += end;
                        if self.is_word(&bytes[from..at]) {
                            self.pass_over();
                        } else {
                            self.at = At::Foreign;
                        }
                    }
                },
                At::Object | At::Text if self.in_string => match self.string(bytes, at) {
                    Some(next) => {
                        at = next;
                        if self.at == At::Text && !self.in_string {
                            self.end_text(&bytes[from..at], taker);
                        }
                    }
                    None => {
                        // A JSON string cannot contain a line feed: the record was truncated here.
                        let end = at + memchr::memchr(b'\n', &bytes[at..]).unwrap_or_default();
                        self.fail(&bytes[from..end], taker);
                        at = end;
                    }
                },
                At::Object | At::Text => {
                    if !self.accept(byte) {
                        self.fail(&bytes[from..at], taker);
                        // A brace here may begin the next record; any other unexpected byte discards the rest of the
                        // line.
                        if byte != b'{' {
                            self.start(byte, offset + at as u64);
                            self.at = At::Foreign;
                            self.given_up = true;
                            at += 1;
                        }
                        continue;
                    }
                    at += 1;
                    if self.depth == 0 {
                        self.hand_over(&bytes[from..at], taker);
                    }
                }
            }
        }
        if matches!(self.at, At::Object | At::Text | At::Word | At::Foreign) {
            self.hold(&bytes[from.min(bytes.len())..], taker);
        }
        (if self.is_active() { Step::More } else { Step::Line }, bytes.len())
    }

    fn open_array(&mut self, offset: u64) {
        if self.arrays == 0 {
            (self.has_scalar, self.has_record) = (false, false);
            self.array = Place { line: self.line, offset };
        }
        self.arrays = self.arrays.saturating_add(1);
    }

    fn close_array(&mut self, taker: &mut impl Taker) {
        self.arrays = self.arrays.saturating_sub(1);
        if self.arrays == 0 && self.has_scalar && !self.has_record {
            taker.take(Err(self.array.error(DecodeErrorKind::Unknown)));
        }
    }

    /// Drops a number, a literal or a short string, which stands beside the records of an array.
    fn pass_over(&mut self) {
        self.has_scalar = true;
        self.held.clear();
        self.at = At::Between;
    }

    /// Ends a string, the last bytes of which are `piece`.
    fn end_text(&mut self, piece: &[u8], taker: &mut impl Taker) {
        if self.held.len() + piece.len() < SHORTEST && !self.given_up {
            self.pass_over();
        } else {
            self.hand_over(piece, taker);
        }
    }

    /// Whether a word, the last bytes of which are `piece`, is a number or a literal.
    fn is_word(&mut self, piece: &[u8]) -> bool {
        const LONGEST: usize = 32;
        let before = self.held.len();
        if before + piece.len() > LONGEST {
            return false;
        }
        self.held.extend_from_slice(piece);
        let mut reader = Reader::new(&self.held);
        let is_word = !matches!(reader.value(), Err(_) | Ok(Value::Object | Value::Array)) && reader.at_end();
        self.held.truncate(before);
        is_word
    }

    /// Begins a value.
    fn start(&mut self, byte: u8, offset: u64) {
        self.at = match byte {
            b'{' => At::Object,
            b'"' if self.arrays > 0 => At::Text,
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I' if self.arrays > 0 => At::Word,
            _ => At::Foreign,
        };
        (self.depth, self.kinds, self.last) = (1, 0, b'{');
        (self.in_string, self.escaped, self.given_up) = (self.at == At::Text, false, false);
        self.held.clear();
        self.begin = Place { line: self.line, offset };
    }

    /// Scans a string; returns the position after it, or `None` when the line ends within it.
    fn string(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        if core::mem::take(&mut self.escaped) && bytes[at] != b'\n' {
            at += 1;
        }
        loop {
            let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', bytes.get(at..)?) else { return Some(bytes.len()) };
            at += found;
            match bytes[at] {
                b'"' => {
                    self.in_string = false;
                    return Some(at + 1);
                }
                b'\\' if at + 1 == bytes.len() => {
                    self.escaped = true;
                    return Some(at + 1);
                }
                b'\\' if bytes[at + 1] != b'\n' => at += 2,
                b'\\' => at += 1,
                _ => return None,
            }
        }
    }

    /// Accepts a byte of an object outside strings; `false` when it is a syntax error.
    fn accept(&mut self, byte: u8) -> bool {
        let in_array = |kinds: u64, depth: u32| depth > LEVELS || depth > 0 && kinds >> (depth - 1) & 1 == 1;
        match byte {
            b' ' | b'\t' | b'\r' => return true,
            b'\n' => {
                self.line = self.line.wrapping_add(1);
                return true;
            }
            b'"' => self.in_string = true,
            b'{' | b'[' => {
                let is_element = in_array(self.kinds, self.depth) && matches!(self.last, b',' | b'[');
                if self.last != b':' && !is_element {
                    return false;
                }
                if self.depth < LEVELS {
                    let bit = 1 << self.depth;
                    self.kinds = if byte == b'[' { self.kinds | bit } else { self.kinds & !bit };
                }
                self.depth = self.depth.saturating_add(1);
            }
            b'}' | b']' => {
                if self.depth <= LEVELS && in_array(self.kinds, self.depth) != (byte == b']') {
                    return false;
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
        self.last = byte;
        true
    }

    /// Stores a piece of the current object.
    fn hold(&mut self, piece: &[u8], taker: &mut impl Taker) {
        if self.given_up {
            return;
        }
        if self.held.len() + piece.len() > self.max_record {
            taker.take(Err(self.begin.error(DecodeErrorKind::TooLong)));
            self.given_up = true;
            self.held.clear();
        } else {
            self.held.extend_from_slice(piece);
        }
    }

    /// Passes on the current object, which ends with this piece.
    fn hand_over(&mut self, piece: &[u8], taker: &mut impl Taker) {
        if self.held.is_empty() && !self.given_up && piece.len() <= self.max_record {
            self.pass_on(piece, taker);
        } else {
            self.hold(piece, taker);
            if !self.given_up {
                let held = core::mem::take(&mut self.held);
                self.pass_on(&held, taker);
                self.held = held;
            }
        }
        self.held.clear();
        self.at = At::Between;
    }

    fn pass_on(&mut self, bytes: &[u8], taker: &mut impl Taker) {
        self.has_record = true;
        let Place { line, offset } = self.begin;
        taker.take(Ok(Record { bytes: bytes.trim_ascii_end(), number: line, offset }));
    }

    /// Gives up the current object, which ends with this piece, because it was truncated. Passes on the lines in it
    /// that are whole objects, because they are records of their own.
    fn fail(&mut self, piece: &[u8], taker: &mut impl Taker) {
        self.hold(piece, taker);
        if !self.given_up {
            taker.take(Err(self.begin.error(DecodeErrorKind::Malformed)));
            let Place { line: first, mut offset, .. } = self.begin;
            for (at, line) in (0..).zip(self.held.split(|&b| b == b'\n')) {
                let text = line.trim_ascii();
                if at > 0 && text.starts_with(b"{") && text.ends_with(b"}") {
                    taker.take(Ok(Record { bytes: text, number: first.wrapping_add(at), offset }));
                }
                offset += line.len() as u64 + 1;
            }
        }
        self.held.clear();
        self.at = At::Between;
    }
}

/// Where a number or a literal ends.
fn word_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b',' | b']' | b'}' | b'"' | b'{' | b'['))
}

saved_enum!(At { 0 => Lines, 1 => Between, 2 => Object, 3 => Text, 4 => Word, 5 => Foreign });
saved!(Place { line, offset });
saved!(Values {
    at, arrays, has_scalar, has_record, array, depth, kinds, in_string, escaped, last, held, given_up, line, begin, max_record,
} where |values| [values.line, values.begin.line, values.begin.offset, values.array.line, values.array.offset]
    .into_iter()
    .all(small) && (values.at != At::Object || values.depth > 0));
