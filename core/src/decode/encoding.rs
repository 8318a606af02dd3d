//! Converts UTF-16 text to UTF-8 as it arrives.

use crate::util::saved::{restored, saved_enum, small};
use alloc::vec::Vec;

/// The encoding of a stream's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Not yet known: too few bytes have arrived.
    Unknown,
    /// UTF-8 or another superset of ASCII.
    Bytes,
    Utf16 {
        big: bool,
    },
}

/// The number of bytes that detection needs.
const HEAD: usize = 4;

/// Converts the bytes of one stream to UTF-8.
#[derive(Debug)]
pub(crate) struct Transcoder {
    encoding: Encoding,
    /// Bytes that arrived before the encoding was detected, or the first byte of a UTF-16 code unit.
    pending: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    /// The text of the current line.
    text: Vec<u8>,
    /// The number of bytes of the stream that were converted.
    offset: u64,
}

impl Default for Transcoder {
    fn default() -> Self {
        Self { encoding: Encoding::Unknown, pending: Vec::new(), high: None, text: Vec::new(), offset: 0 }
    }
}

impl Transcoder {
    /// Takes a chunk and passes on its text in pieces that end with a line or with the chunk. The first argument of
    /// `piece` is the piece's offset in the stream, given only where it does not follow from the previous pieces.
    pub(crate) fn feed(&mut self, chunk: &[u8], mut piece: impl FnMut(Option<u64>, &[u8])) {
        match self.encoding {
            Encoding::Bytes => piece(None, chunk),
            Encoding::Utf16 { big } => self.units(chunk, big, &mut piece),
            Encoding::Unknown => {
                self.pending.extend_from_slice(chunk);
                if self.pending.len() >= HEAD {
                    self.decide(&mut piece);
                }
            }
        }
    }

    /// Ends the stream.
    pub(crate) fn finish(&mut self, mut piece: impl FnMut(Option<u64>, &[u8])) {
        if self.encoding == Encoding::Unknown {
            self.decide(&mut piece);
        }
        if self.high.take().is_some() || !self.pending.is_empty() && self.encoding != Encoding::Bytes {
            self.pending.clear();
            piece(Some(self.offset), "\u{FFFD}".as_bytes());
        }
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn bytes(&self) -> usize {
        self.pending.capacity() + self.text.capacity()
    }

    /// Gives back the room for a line.
    pub(crate) fn shrink(&mut self) {
        self.pending.shrink_to_fit();
        self.text.shrink_to_fit();
    }

    fn decide(&mut self, piece: &mut impl FnMut(Option<u64>, &[u8])) {
        let head = core::mem::take(&mut self.pending);
        let (big, mark) = match head.as_slice() {
            [0xFF, 0xFE, ..] => (false, 2),
            [0xFE, 0xFF, ..] => (true, 2),
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => (false, 0),
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => (true, 0),
            _ => {
                self.encoding = Encoding::Bytes;
                return piece(None, &head);
            }
        };
        self.encoding = Encoding::Utf16 { big };
        self.offset = mark as u64;
        self.units(&head[mark..], big, piece);
    }

    fn units(&mut self, chunk: &[u8], big: bool, piece: &mut impl FnMut(Option<u64>, &[u8])) {
        let mut begin = self.offset;
        let unit = |pair: [u8; 2]| if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
        let mut rest = chunk;
        if let (Some(&first), Some((&second, tail))) = (self.pending.first(), rest.split_first()) {
            self.pending.clear();
            rest = tail;
            self.push(unit([first, second]));
            self.end_line(&mut begin, piece);
        }
        let mut pairs = rest.chunks_exact(2);
        for pair in &mut pairs {
            self.push(unit([pair[0], pair[1]]));
            self.end_line(&mut begin, piece);
        }
        self.pending.extend_from_slice(pairs.remainder());
        if !self.text.is_empty() {
            piece(Some(begin), &self.text);
            self.text.clear();
        }
    }

    /// Passes on a line that has ended; the next one begins at the current stream offset.
    fn end_line(&mut self, begin: &mut u64, piece: &mut impl FnMut(Option<u64>, &[u8])) {
        if self.text.last() == Some(&b'\n') {
            piece(Some(*begin), &self.text);
            self.text.clear();
            *begin = self.offset;
        }
    }

    fn push(&mut self, unit: u16) {
        self.offset += 2;
        let units = self.high.take().into_iter().chain(core::iter::once(unit));
        if (0xD800..0xDC00).contains(&unit) {
            if units.count() > 1 {
                self.write(char::REPLACEMENT_CHARACTER);
            }
            self.high = Some(unit);
            return;
        }
        for c in char::decode_utf16(units) {
            self.write(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn write(&mut self, c: char) {
        self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

saved_enum!(Encoding { 0 => Unknown, 1 => Bytes, 2 => Utf16 { big: bool } });
restored!(Transcoder { encoding, pending, high, text, offset } then check);

impl Transcoder {
    fn check(&mut self) -> Result<(), &'static str> {
        if small(self.offset) && self.pending.len() < HEAD { Ok(()) } else { Err("a stream is at no such place") }
    }
}
