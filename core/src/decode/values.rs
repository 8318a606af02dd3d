//! Finds JSON objects in bytes that come in pieces: behind each other, over several lines, in arrays.

use alloc::vec::Vec;

use super::error::{DecodeError, DecodeErrorKind};
use super::record::{Record, Taker};

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// At the end of the bytes.
    More,
    /// Behind the end of a line, outside any value: lines follow.
    Line,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Lines: no values are looked for.
    #[default]
    Lines,
    /// Nothing: an object or the end of an array may come.
    Between,
    /// An object.
    Object,
    /// Something that is no object, up to the end of the line.
    Foreign,
}

/// Levels whose kind is remembered. What lies deeper is not checked here: the decoders follow no further.
const LEVELS: u32 = 64;

/// The scanner.
#[derive(Debug, Default)]
pub(crate) struct Values {
    at: At,
    /// Arrays around the objects.
    arrays: u32,
    /// Levels within the present object.
    depth: u32,
    /// Which of the first of them are arrays.
    kinds: u64,
    in_string: bool,
    escaped: bool,
    /// The last byte that is neither white space nor in a string.
    last: u8,
    /// The present object as far as earlier pieces had it.
    held: Vec<u8>,
    /// It was too long: only its end is looked for.
    given_up: bool,
    /// The line that is read.
    line: u64,
    /// Where the present object began.
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
    /// Begins to look for values in a line.
    pub(crate) const fn begin(&mut self, line: u64, max_record: usize) {
        self.at = At::Between;
        (self.line, self.arrays) = (line, 0);
        self.max_record = max_record;
    }

    /// Whether values are looked for.
    pub(crate) fn is_active(&self) -> bool {
        self.at != At::Lines
    }

    /// The line that is read.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// What has come of the present object.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.held.capacity()
    }

    /// A line ended whose terminator is not among the bytes that are scanned; returns the number of the next.
    pub(crate) fn end_line(&mut self, line: u64, taker: &mut impl Taker) -> u64 {
        if self.is_active() {
            self.scan(b"\n", self.begin.offset, taker);
            self.line
        } else {
            line + 1
        }
    }

    /// The stream ended.
    pub(crate) fn finish(&mut self, taker: &mut impl Taker) {
        match self.at {
            At::Object => self.fail(&[], taker),
            At::Foreign => self.hand_over(&[], taker),
            At::Between if self.arrays > 0 => {
                // The end of an array was cut off, and perhaps records with it.
                let cut = Place { line: self.line, ..self.begin };
                taker.take(Err(cut.error(DecodeErrorKind::Malformed)));
            }
            At::Lines | At::Between => {}
        }
        self.at = At::Lines;
        self.arrays = 0;
    }

    /// Takes bytes that begin at an offset of the stream; hands over each object that ends in them. Returns how many
    /// were read.
    pub(crate) fn scan(&mut self, bytes: &[u8], offset: u64, taker: &mut impl Taker) -> (Step, usize) {
        // Where the present object's bytes begin among these.
        let mut from = 0;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.at {
                At::Lines => return (Step::Line, at),
                At::Between => {
                    match byte {
                        b'\n' => {
                            self.line += 1;
                            if self.arrays == 0 {
                                self.at = At::Lines;
                            }
                        }
                        b' ' | b'\t' | b'\r' | b',' => {}
                        b'[' => self.arrays = self.arrays.saturating_add(1),
                        b']' => self.arrays = self.arrays.saturating_sub(1),
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
                At::Object if self.in_string => match self.string(bytes, at) {
                    Some(next) => at = next,
                    None => {
                        // No string goes over the end of a line: the record was cut here.
                        let end = at + memchr::memchr(b'\n', &bytes[at..]).unwrap_or_default();
                        self.fail(&bytes[from..end], taker);
                        at = end;
                    }
                },
                At::Object => {
                    if !self.accept(byte) {
                        self.fail(&bytes[from..at], taker);
                        // What may not stand here may be the next record; anything else is passed over with the line.
                        if byte != b'{' {
                            self.start(byte, offset + at as u64);
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
        if matches!(self.at, At::Object | At::Foreign) {
            self.hold(&bytes[from.min(bytes.len())..], taker);
        }
        (if self.is_active() { Step::More } else { Step::Line }, bytes.len())
    }

    /// Begins an object, or what is none.
    fn start(&mut self, byte: u8, offset: u64) {
        self.at = if byte == b'{' { At::Object } else { At::Foreign };
        (self.depth, self.kinds, self.last) = (1, 0, b'{');
        (self.in_string, self.escaped, self.given_up) = (false, false, false);
        self.held.clear();
        self.begin = Place { line: self.line, offset };
    }

    /// Follows a string; returns where to go on, `None` where the line ends within it.
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

    /// Takes a byte of an object that is in no string; `false` when it cannot stand there.
    fn accept(&mut self, byte: u8) -> bool {
        let in_array = |kinds: u64, depth: u32| depth > LEVELS || depth > 0 && kinds >> (depth - 1) & 1 == 1;
        match byte {
            b' ' | b'\t' | b'\r' => return true,
            b'\n' => {
                self.line += 1;
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

    /// Keeps a piece of the present object.
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

    /// Hands over the present object, whose last piece this is.
    fn hand_over(&mut self, piece: &[u8], taker: &mut impl Taker) {
        if self.held.is_empty() && !self.given_up && piece.len() <= self.max_record {
            self.tell(piece, taker);
        } else {
            self.hold(piece, taker);
            if !self.given_up {
                let held = core::mem::take(&mut self.held);
                self.tell(&held, taker);
                self.held = held;
            }
        }
        self.held.clear();
        self.at = At::Between;
    }

    fn tell(&self, bytes: &[u8], taker: &mut impl Taker) {
        let Place { line, offset } = self.begin;
        taker.take(Ok(Record { bytes: bytes.trim_ascii_end(), number: line, offset }));
    }

    /// Gives up the present object, whose last piece this is: it was cut. Lines in it that are whole objects are not
    /// lost with it.
    fn fail(&mut self, piece: &[u8], taker: &mut impl Taker) {
        self.hold(piece, taker);
        if !self.given_up {
            taker.take(Err(self.begin.error(DecodeErrorKind::Malformed)));
            let Place { line: mut number, mut offset, .. } = self.begin;
            for line in self.held.split(|&b| b == b'\n') {
                let text = line.trim_ascii();
                if number > self.begin.line && text.starts_with(b"{") && text.ends_with(b"}") {
                    taker.take(Ok(Record { bytes: text, number, offset }));
                }
                number += 1;
                offset += line.len() as u64 + 1;
            }
        }
        self.held.clear();
        self.at = At::Between;
    }
}
