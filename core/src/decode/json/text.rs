//! Strings as they are written, and their texts.

use alloc::vec::Vec;

use super::blocks::{BLOCK, is_plain};
use crate::util::digits::whole;

/// A string as written in the input, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawStr<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) escaped: bool,
}

/// Sets the top bit of the first byte of `word` that equals `byte`; higher bits may be set as well.
pub(crate) const fn first_equal(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let differ = word ^ u64::from_le_bytes([byte; 8]);
    differ.wrapping_sub(ONES) & !differ & (ONES << 7)
}

/// The range of a value's text in the record or in the scratch buffer. Resolve it with [`Scratch::get`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    len: u32,
    in_scratch: bool,
    present: bool,
}

impl Span {
    pub(crate) const NONE: Self = Self { start: 0, len: 0, in_scratch: false, present: false };

    pub(crate) const fn is_some(self) -> bool {
        self.present
    }

    /// The part of `len` bytes that begins at byte `from`.
    pub(crate) const fn part(self, from: usize, len: usize) -> Self {
        Self { start: self.start + from as u32, len: len as u32, ..self }
    }
}

/// A reused buffer for unescaped texts. Texts without an escape remain ranges of the record.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bytes: Vec<u8>,
    base: usize,
}

impl Scratch {
    /// Discards the previous record's texts; `record` is the one whose strings are kept next.
    pub(crate) fn start(&mut self, record: &[u8]) {
        self.bytes.clear();
        self.base = record.as_ptr() as usize;
    }

    /// The number of bytes of heap memory owned.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns the span of a string of the current record; unescapes it into the buffer if it has escapes.
    pub(crate) fn keep(&mut self, raw: RawStr<'_>) -> Span {
        if raw.escaped {
            let start = self.bytes.len();
            unescape(raw.bytes, &mut self.bytes);
            Span { start: start as u32, len: (self.bytes.len() - start) as u32, in_scratch: true, present: true }
        } else {
            let start = (raw.bytes.as_ptr() as usize).wrapping_sub(self.base);
            Span { start: start as u32, len: raw.bytes.len() as u32, in_scratch: false, present: true }
        }
    }

    /// Appends text produced by `write` (decoded hex, joined arguments).
    pub(crate) fn compose(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.bytes.len();
        write(&mut self.bytes);
        Span {
            start: start as u32,
            len: self.bytes.len().saturating_sub(start) as u32,
            in_scratch: true,
            present: true,
        }
    }

    /// The text of a span; `record` must be the one passed to [`Scratch::start`].
    pub(crate) fn get<'a>(&'a self, record: &'a [u8], span: Span) -> Option<&'a [u8]> {
        if !span.present {
            return None;
        }
        let from = if span.in_scratch { &self.bytes } else { record };
        from.get(span.start as usize..span.start as usize + span.len as usize)
    }
}

/// Appends the unescaped text of a JSON string. A lone surrogate becomes U+FFFD; an unknown escape yields its
/// character.
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + longest_text(raw), 0);
    let length = unescape_to::<false>(raw, &mut out[begin..]).map_or(0, |read| read.length);
    out.truncate(begin + length);
}

/// The most bytes that the text of a JSON string can have. It is shorter than the string, except that `\u` without digits
/// becomes three bytes. The extra four bytes are room to encode any character.
pub(super) const fn longest_text(raw: &[u8]) -> usize {
    raw.len() + raw.len() / 2 + 4
}

/// What was unescaped of a JSON string.
pub(super) struct Unescaped {
    /// Where the string ends.
    pub(super) end: usize,
    /// The length of its text.
    pub(super) length: usize,
    pub(super) has_escapes: bool,
}

/// Writes the unescaped text of a JSON string, which ends at its closing quote if `QUOTED` (`None` when there is none),
/// else at the end of `raw`, to `room`, which has at least [`longest_text`] bytes.
pub(super) fn unescape_to<const QUOTED: bool>(raw: &[u8], room: &mut [u8]) -> Option<Unescaped> {
    /// Leaves out the byte between two escaped quotes, and what follows them.
    const QUOTES_AROUND: u64 = u64::from_le_bytes([0xff, 0xff, 0, 0xff, 0xff, 0, 0, 0]);
    let most = room.len();
    let (mut rest, mut room) = (raw, room);
    let mut has_escapes = false;
    let is_whole = 'text: loop {
        // Records have long parts without any escape.
        while QUOTED
            && let (Some(block), Some(slots)) = (rest.first_chunk(), room.first_chunk_mut())
            && is_plain(block)
        {
            *slots = *block;
            (rest, room) = (&rest[BLOCK..], &mut room[BLOCK..]);
        }
        // Escapes are often close together, so words are searched for the next one.
        while let (Some(word), true) = (first_word(rest), room.len() >= 8) {
            room[..8].copy_from_slice(&word.to_le_bytes());
            let stops = first_equal(word, b'\\') | if QUOTED { first_equal(word, b'"') } else { 0 };
            if stops == 0 {
                (rest, room) = (&rest[8..], &mut room[8..]);
                continue 'text;
            }
            let plain = stops.trailing_zeros() as usize / 8 % 8;
            (rest, room) = (&rest[plain..], &mut room[plain..]);
            let (Some(word), true) = (first_word(rest), room.len() >= 4) else { break };
            let [stop, escape, ..] = word.to_le_bytes();
            if stop != b'\\' || escape == b'u' {
                break;
            }
            has_escapes = true;
            // In JSON within JSON most escapes are pairs: the backslashes of a path, or the quotes around a colon or comma.
            if word as u32 == u32::from_le_bytes(*br"\\\\") {
                room[..2].copy_from_slice(br"\\");
                (rest, room) = (&rest[4..], &mut room[2..]);
            } else if word & QUOTES_AROUND == u64::from_le_bytes(*b"\\\"\0\\\"\0\0\0")
                && matches!(word.to_le_bytes()[2], b':' | b',')
            {
                room[..2].copy_from_slice(&((word >> 8) as u16).to_le_bytes());
                room[2] = b'"';
                (rest, room) = (&rest[5..], &mut room[3..]);
            } else {
                room[0] = ESCAPES[usize::from(escape)];
                (rest, room) = (&rest[2..], &mut room[1..]);
            }
        }
        has_escapes |= rest.starts_with(b"\\");
        match *rest {
            [b'\\', b'u', ref tail @ ..] => {
                let (c, used) = code_point(tail);
                let length = c.encode_utf8(&mut room[..4]).len();
                (rest, room) = (&tail[used..], &mut room[length..]);
            }
            [b'\\', escape, ref tail @ ..] => (rest, room) = (tail, put(room, ESCAPES[usize::from(escape)])),
            // A lone backslash at the end escapes nothing.
            [b'\\'] => break !QUOTED,
            [b'"', ..] if QUOTED => break true,
            [byte, ref tail @ ..] => (rest, room) = (tail, put(room, byte)),
            [] => break !QUOTED,
        }
    };
    is_whole.then(|| Unescaped { end: raw.len() - rest.len(), length: most - room.len(), has_escapes })
}

/// The first eight bytes as a little-endian word.
pub(super) fn first_word(bytes: &[u8]) -> Option<u64> {
    // This form compiles to a single length comparison.
    if bytes.len() >= 8 { bytes.first_chunk().map(|word| u64::from_le_bytes(*word)) } else { None }
}

/// Writes a byte; returns the remaining space.
fn put(room: &mut [u8], byte: u8) -> &mut [u8] {
    room[0] = byte;
    &mut room[1..]
}

/// The meaning of each byte after a backslash; other bytes stand for themselves.
pub(crate) static ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte as u8;
        byte += 1;
    }
    table[b'n' as usize] = b'\n';
    table[b't' as usize] = b'\t';
    table[b'r' as usize] = b'\r';
    table[b'b' as usize] = 8;
    table[b'f' as usize] = 12;
    table
};

/// The character after `\u`, with surrogates paired, and the number of bytes consumed.
pub(crate) fn code_point(rest: &[u8]) -> (char, usize) {
    let Some(first) = hex4(rest) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if (0xD800..0xDC00).contains(&first)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(second) = hex4(&rest[6..]).filter(|s| (0xDC00..0xE000).contains(s))
    {
        let c = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

fn hex4(text: &[u8]) -> Option<u32> {
    whole::<4>(text.get(..4)?).map(|n| n as u32)
}
