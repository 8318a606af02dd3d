//! Where telemetry is kept: files, folders and globs ([`places`]), compressed files, archives and Windows event logs
//! ([`read`], [`read_stream`]). Kinds are recognized by content, never by name.
//!
//! Everything is streamed: one file is open at a time, and memory does not grow with the unpacked size. An archive
//! inside an archive is not unpacked but handed over as [`Content::Unreadable`], so that the caller can report it.

mod archive;
mod compression;
mod document;
mod event_log;
mod open;
mod places;

pub use compression::unpacked;
pub use document::{Document, document};
pub use event_log::{EventLog, LogRecord};
pub use open::{Content, Input, container, read, read_stream};
pub use places::{Include, Unreachable, places};

use std::io::{self, Read};

/// Reads until the buffer is full or the stream ends. If the stream fails after some bytes, they are returned, and the
/// next call returns the error.
///
/// # Errors
/// The stream's error, if it failed before any byte was read.
pub fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if filled > 0 => break,
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}
