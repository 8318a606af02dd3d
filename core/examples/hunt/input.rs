//! Opens inputs: plain, compressed, or a Windows event log; told apart by content.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Chain, Cursor, Read};

use evtx::{EvtxParser, ParserSettings};
use flate2::read::MultiGzDecoder;

/// Bytes read at a time.
pub(crate) const CHUNK: usize = 1 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const EVTX: &[u8] = b"ElfFile\0";
/// Bytes of an event log before its first chunk, and of each chunk.
const EVTX_HEAD: usize = 4096;
const EVTX_CHUNK: usize = 65_536;

/// What an input turned out to be.
pub(crate) enum Input {
    /// Bytes of some text format.
    Stream(Box<dyn Read + Send>),
    /// A Windows event log, which cannot be read from front to back, and whether it ends inside a chunk.
    Evtx(Box<EvtxParser<Cursor<Vec<u8>>>>, bool),
}

/// Opens a file.
pub(crate) fn open(path: &OsStr) -> io::Result<Input> {
    let mut stream = unpacked(File::open(path)?)?;
    let (head, mut stream) =
        peek(&mut stream, EVTX.len()).map(|head| (head.clone(), Cursor::new(head).chain(stream)))?;
    if head != EVTX {
        return Ok(Input::Stream(Box::new(stream)));
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    // The parser passes over a chunk that is not whole: what there is of it is worth reading.
    let torn = bytes.len().saturating_sub(EVTX_HEAD) % EVTX_CHUNK;
    if torn > 0 {
        bytes.resize(bytes.len() - torn + EVTX_CHUNK, 0);
    }
    let settings = ParserSettings::default().separate_json_attributes(false).indent(false);
    let parser = EvtxParser::from_buffer(bytes).map_err(io::Error::other)?;
    Ok(Input::Evtx(Box::new(parser.with_configuration(settings)), torn > 0))
}

/// The stream, decompressed if it is a gzip one.
pub(crate) fn unpacked(mut stream: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let head = peek(&mut stream, GZIP.len())?;
    let is_gzip = head == GZIP;
    let whole: Chain<Cursor<Vec<u8>>, _> = Cursor::new(head).chain(stream);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

/// Reads until the buffer is full or the stream ends.
pub(crate) fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            // What came before the fault is worth judging; the next read will tell of it again.
            Err(_) if filled > 0 => break,
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn peek(stream: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; bytes];
    let filled = fill(stream, &mut head)?;
    head.truncate(filled);
    Ok(head)
}
