//! Streams: bytes in chunks of any size, cut into records, decoded and fed.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decode::{DecodeError, DecodeErrorKind, Decoder, Format, Record};

/// Names an open stream of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub(super) u32);

impl StreamId {
    /// The number behind it, for handing across a language border.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The stream of that number; calls with a number that was never given out do nothing.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// How to read a stream.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamOptions {
    /// The format.
    pub format: Format,
    /// The host of records that name none.
    pub host: Vec<u8>,
    /// The number of its first record.
    pub record_base: u64,
    /// The index of the input, for evidence.
    pub file: u32,
}

impl StreamOptions {
    /// A stream of this format, its host unknown, records counted from zero.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, host: Vec::new(), record_base: 0, file: 0 }
    }
}

/// One open stream.
pub(super) struct Stream {
    pub(super) decoder: Box<dyn Decoder>,
    pub(super) host: Vec<u8>,
    pub(super) file: u32,
    lines: Lines,
}

impl core::fmt::Debug for Stream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stream").field("file", &self.file).field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Stream {
    pub(super) fn new(options: StreamOptions, max_record: usize) -> Self {
        Self {
            decoder: options.format.decoder(),
            host: options.host,
            file: options.file,
            lines: Lines { partial: Vec::new(), skipping: false, number: options.record_base, offset: 0, max_record },
        }
    }

    /// Cuts a chunk into lines and hands over those that are complete.
    pub(super) fn lines(&mut self, chunk: &[u8], mut take: impl FnMut(&mut dyn Decoder, Line<'_>)) {
        self.lines.feed(chunk, |line| take(&mut *self.decoder, line));
    }

    /// The last line, if it has no terminator.
    pub(super) fn last_line(&mut self, mut take: impl FnMut(&mut dyn Decoder, Line<'_>)) {
        self.lines.finish(|line| take(&mut *self.decoder, line));
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.decoder.held_bytes() + self.lines.partial.capacity() + self.host.capacity() + size_of::<Self>()
    }
}

/// A complete line, or why there is none.
pub(super) type Line<'a> = Result<Record<'a>, DecodeError>;

/// Cuts bytes into lines.
#[derive(Debug)]
struct Lines {
    partial: Vec<u8>,
    /// The present line was too long: drop it up to its end.
    skipping: bool,
    number: u64,
    /// Offset of the present line's first byte.
    offset: u64,
    max_record: usize,
}

impl Lines {
    fn feed(&mut self, chunk: &[u8], mut take: impl FnMut(Line<'_>)) {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, tail) = (&rest[..end], &rest[end + 1..]);
            rest = tail;
            let length = self.partial.len() as u64 + line.len() as u64 + 1;
            if self.skipping {
                self.skipping = false;
            } else if self.partial.is_empty() {
                self.one(line, &mut take);
            } else if self.grow(line, &mut take).is_ok() {
                let partial = core::mem::take(&mut self.partial);
                self.one(&partial, &mut take);
                self.partial = partial;
            } else {
                self.skipping = false;
            }
            self.partial.clear();
            self.number = self.number.wrapping_add(1);
            self.offset += length;
        }
        if self.skipping {
            self.offset += rest.len() as u64;
        } else if let Err(dropped) = self.grow(rest, &mut take) {
            self.offset += (dropped + rest.len()) as u64;
        }
    }

    fn finish(&mut self, mut take: impl FnMut(Line<'_>)) {
        if !self.partial.is_empty() {
            let partial = core::mem::take(&mut self.partial);
            self.one(&partial, &mut take);
            self.number = self.number.wrapping_add(1);
            self.offset += partial.len() as u64;
        }
        self.skipping = false;
    }

    fn one(&self, line: &[u8], take: &mut impl FnMut(Line<'_>)) {
        let bytes = line.strip_suffix(b"\r").unwrap_or(line);
        if bytes.len() > self.max_record {
            take(Err(self.too_long()));
        } else {
            take(Ok(Record { bytes, number: self.number, offset: self.offset }));
        }
    }

    /// Adds to the unfinished line. When it became too long it is dropped: the bytes it had.
    fn grow(&mut self, part: &[u8], take: &mut impl FnMut(Line<'_>)) -> Result<(), usize> {
        // One byte more may be a carriage return.
        if (self.partial.len() + part.len()).saturating_sub(1) > self.max_record {
            take(Err(self.too_long()));
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

#[cfg(test)]
mod tests {
    use super::Lines;
    use alloc::vec::Vec;

    fn cut(text: &[u8], at: usize, max_record: usize) -> Vec<(u64, u64, Vec<u8>)> {
        let mut lines = Lines { partial: Vec::new(), skipping: false, number: 0, offset: 0, max_record };
        let mut out = Vec::new();
        let mut take = |line: super::Line<'_>| match line {
            Ok(r) => out.push((r.number, r.offset, r.bytes.to_vec())),
            Err(e) => out.push((e.record, e.offset, b"!".to_vec())),
        };
        lines.feed(&text[..at], &mut take);
        lines.feed(&text[at..], &mut take);
        lines.finish(&mut take);
        out
    }

    #[test]
    fn the_largest_limit_is_none() {
        let text = b"one\ntwo";
        for at in 0..text.len() {
            assert_eq!(cut(text, at, usize::MAX), [(0, 0, b"one".to_vec()), (1, 4, b"two".to_vec())], "cut at {at}");
        }
        let mut lines =
            Lines { partial: Vec::new(), skipping: false, number: u64::MAX, offset: 0, max_record: usize::MAX };
        let mut numbers = Vec::new();
        lines.feed(b"a\nb\n", |line| numbers.push(line.unwrap().number));
        assert_eq!(numbers, [u64::MAX, 0], "numbers of records wrap and do not panic");
    }

    #[test]
    fn lines_are_the_same_wherever_the_chunk_ends() {
        let text = b"one\r\n\ntwo\n0123456789012345\nlast";
        let whole = cut(text, 0, 10);
        assert_eq!(whole.len(), 5);
        assert_eq!(whole[3], (3, 10, b"!".to_vec()));
        assert_eq!(whole[4], (4, 27, b"last".to_vec()));
        for at in 0..text.len() {
            assert_eq!(cut(text, at, 10), whole, "cut at {at}");
        }
    }
}
