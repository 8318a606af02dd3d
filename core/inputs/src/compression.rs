//! Compressed streams, recognized by their first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::fill;

/// Bytes at the beginning of a stream in which its kind is recognized: a tar archive has its magic number at byte 257.
pub(crate) const HEAD: usize = 512;
/// Most layers of compression that are unpacked.
const LAYERS: usize = 3;
/// The largest dictionary or window that a stream may use: enough for `xz -9` and `zstd --ultra --long`.
const MAX_WINDOW: u64 = 128 << 20;

/// A stream, and a copy of its first bytes, which are not consumed.
pub(crate) struct Peeked<'a> {
    pub(crate) head: Vec<u8>,
    pub(crate) stream: Box<dyn BufRead + 'a>,
}

impl<'a> Peeked<'a> {
    pub(crate) fn new(mut stream: impl BufRead + 'a) -> io::Result<Self> {
        let mut head = vec![0; HEAD];
        let filled = fill(&mut stream, &mut head)?;
        head.truncate(filled);
        let stream = Box::new(Cursor::new(head.clone()).chain(stream));
        Ok(Self { head, stream })
    }

    /// The decompressed stream. An error, if it has more layers of compression than are unpacked.
    pub(crate) fn unpacked(mut self) -> io::Result<Self> {
        for _ in 0..LAYERS {
            let Some(kind) = Compression::of(&self.head) else { break };
            self = Self::new(BufReader::new(kind.reader(self.stream)))?;
        }
        match Compression::of(&self.head) {
            Some(_) => Err(io::Error::other("compressed too many times")),
            None => Ok(self),
        }
    }
}

/// The stream, decompressed if it is compressed.
///
/// # Errors
/// When its beginning cannot be read.
pub fn unpacked<'a>(stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // Read no more bytes ahead than the magic number may need: a live feed may send only few.
    let mut stream = BufReader::new(stream);
    let mut head = vec![0; Compression::MARK];
    let filled = fill(&mut stream, &mut head[..1])?;
    let filled =
        filled + if Compression::may_begin(&head[..filled]) { fill(&mut stream, &mut head[filled..])? } else { 0 };
    head.truncate(filled);
    let kind = Compression::of(&head);
    let whole = Cursor::new(head).chain(stream);
    Ok(match kind {
        Some(_) => Box::new(Peeked::new(whole)?.unpacked()?.stream),
        None => Box::new(whole),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    /// Length of the longest magic number.
    const MARK: usize = 10;

    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            // After the header, a block begins with the digits of pi, and the end of the stream with those of its
            // square root.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Some(Self::Bzip2),
            _ => None,
        }
    }

    fn may_begin(head: &[u8]) -> bool {
        matches!(head, [0x1f | 0x28 | 0x50..=0x5f | 0xfd | b'B', ..])
    }

    fn reader<'a>(self, stream: Box<dyn BufRead + 'a>) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(stream)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(stream)),
            Self::Xz => Box::new(XzReader::new_mem_limit(stream, true, (MAX_WINDOW >> 10) as u32)),
            Self::Zstd => Box::new(Zstd::new(stream)),
        }
    }
}

/// The frames of a zstd stream, one after another: a log to which compressed data are appended has many.
struct Zstd<'a> {
    stream: Box<dyn BufRead + 'a>,
    frame: FrameDecoder,
}

impl<'a> Zstd<'a> {
    fn new(stream: Box<dyn BufRead + 'a>) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(MAX_WINDOW);
        Self { stream, frame }
    }

    /// Begins the next frame. Returns `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.stream.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.frame.init(&mut self.stream) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.stream).take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
    }

    fn is_whole(&self) -> bool {
        match (self.frame.get_checksum_from_data(), self.frame.get_calculated_checksum()) {
            (Some(stored), Some(computed)) => stored == computed,
            _ => true,
        }
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.frame.can_collect() > 0 {
                let read = self.frame.read(buffer)?;
                let is_over = self.frame.is_finished() && self.frame.can_collect() == 0;
                if is_over && !self.is_whole() {
                    return Err(io::Error::other("zstd: the checksum is wrong"));
                }
                return Ok(read);
            }
            if self.frame.is_finished() {
                if !self.next_frame()? {
                    return Ok(0);
                }
            } else {
                let block = self.frame.decode_blocks(&mut self.stream, BlockDecodingStrategy::UptoBlocks(1));
                block.map_err(|error| io::Error::other(error.to_string()))?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"type=USER_CMD msg=audit(1.000:1): pid=1\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("memory");
        packed
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        bzip2::bufread::BzEncoder::new(bytes, bzip2::Compression::fast()).read_to_end(&mut packed).expect("memory");
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut writer =
            lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).expect("options are right");
        io::Write::write_all(&mut writer, bytes).expect("memory");
        writer.finish().expect("memory")
    }

    fn text_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpacked(bytes)?.read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn every_compression_is_recognized_and_may_stand_in_another() {
        assert_eq!(text_of(TEXT).expect("plain"), TEXT);
        assert_eq!(text_of(b"").expect("empty"), b"");
        assert_eq!(text_of(b"P").expect("short"), b"P");
        for pack in [gzip, bzip2, zstd, xz] {
            assert_eq!(text_of(&pack(TEXT)).expect("packed once"), TEXT);
            assert_eq!(text_of(&gzip(&pack(TEXT))).expect("packed twice"), TEXT);
            let twice = [pack(TEXT), pack(TEXT)].concat();
            assert_eq!(text_of(&twice).expect("two streams"), [TEXT, TEXT].concat(), "what is appended is read, too");
        }
        let deep = gzip(&gzip(&gzip(&gzip(TEXT))));
        assert!(text_of(&deep).is_err(), "four layers");
    }

    #[test]
    fn what_is_cut_or_broken_is_an_error() {
        let long = TEXT.repeat(5000);
        for pack in [gzip, bzip2, zstd, xz] {
            let packed = pack(&long);
            assert!(text_of(&packed[..packed.len() - 3]).is_err(), "cut");
            let mut broken = packed.clone();
            let middle = broken.len() / 2;
            broken[middle] ^= 0x55;
            assert!(text_of(&broken).is_err(), "one byte differs");
        }
    }

    #[test]
    fn frames_of_zstd_that_hold_something_else_are_passed_over() {
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc", &zstd(TEXT)].concat();
        assert_eq!(text_of(&skippable).expect("one frame of text"), TEXT);
    }

    #[test]
    fn a_bomb_is_read_in_bounded_steps() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        let mut stream = unpacked(&bomb[..]).expect("it begins well");
        let mut buffer = vec![0; 4096];
        let mut total = 0;
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            total += n;
        }
        assert_eq!(total, 64 << 20);
    }
}
