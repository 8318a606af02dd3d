//! Opens a file and hands over every input in it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::archive::{self, Archive, Visit};
use crate::compression::Peeked;
use crate::event_log::{self, EventLog};
use crate::places::Include;

/// One input: a file, or a file in an archive.
pub struct Input<'a> {
    /// Its path; in an archive, the archive's path with the path inside it.
    pub name: String,
    /// Its content.
    pub content: Content<'a>,
}

/// The content of an input.
#[non_exhaustive]
pub enum Content<'a> {
    /// Text in some format, decompressed.
    Bytes(Box<dyn Read + 'a>),
    /// A Windows event log.
    EventLog(EventLog<'a>),
    /// It cannot be read at all.
    Unreadable(io::Error),
}

impl Input<'_> {
    pub(crate) fn unreadable(name: &str, error: io::Error) -> Self {
        Self { name: name.to_owned(), content: Content::Unreadable(error) }
    }
}

/// Opens a file and hands over every input in it, one after another, until `visit` breaks. Adds the number of bytes
/// read from the file to `progress`.
pub fn read(
    path: &Path,
    include: &Include,
    progress: &AtomicU64,
    visit: &mut dyn FnMut(Input<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let name = path.to_string_lossy();
    let opened = File::open(path).and_then(|file| {
        let counted = Counted { file, progress };
        Peeked::new(BufReader::with_capacity(1 << 16, counted))
    });
    let peeked = match opened {
        Ok(peeked) => peeked,
        Err(error) => return visit(Input::unreadable(&name, error)),
    };
    // A zip archive lists its files at its end, so it is opened again to be read from there.
    if Archive::of(&peeked.head) == Some(Archive::Zip) {
        drop(peeked);
        return match File::open(path) {
            Ok(file) => archive::zip(BufReader::new(Counted { file, progress }), &name, include, visit),
            Err(error) => visit(Input::unreadable(&name, error)),
        };
    }
    unpack(peeked, &name, include, visit)
}

/// The same for a stream that is open already. Of a zip archive, which lists its files at its end, the whole stream is
/// read into memory first.
pub fn read_stream(
    stream: impl Read,
    name: &str,
    include: &Include,
    visit: &mut dyn FnMut(Input<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut peeked = match Peeked::new(BufReader::with_capacity(1 << 16, stream)) {
        Ok(peeked) => peeked,
        Err(error) => return visit(Input::unreadable(name, error)),
    };
    if Archive::of(&peeked.head) == Some(Archive::Zip) {
        let mut bytes = Vec::new();
        return match peeked.stream.read_to_end(&mut bytes) {
            Ok(_) => archive::zip(io::Cursor::new(bytes), name, include, visit),
            Err(error) => visit(Input::unreadable(name, error)),
        };
    }
    unpack(peeked, name, include, visit)
}

fn unpack(
    peeked: Peeked<'_>,
    name: &str,
    include: &Include,
    visit: &mut dyn FnMut(Input<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match peeked.unpacked() {
        Ok(inner) if Archive::of(&inner.head) == Some(Archive::Tar) => archive::tar(inner.stream, name, include, visit),
        Ok(inner) => visit(input(inner, name)),
        Err(error) => visit(Input::unreadable(name, error)),
    }
}

/// Hands over one file of an archive.
pub(crate) fn one(stream: impl BufRead, name: &str, visit: Visit<'_>) -> ControlFlow<()> {
    match Peeked::new(stream).and_then(Peeked::unpacked) {
        Ok(inner) => visit(input(inner, name)),
        Err(error) => visit(Input::unreadable(name, error)),
    }
}

/// The container that a stream begins with, if it can only be read from a file: an archive or a Windows event log.
#[must_use]
pub fn container(head: &[u8]) -> Option<String> {
    match Archive::of(head) {
        Some(kind) => Some(format!("a {} archive", kind.name())),
        None => head.starts_with(event_log::MARK).then(|| "a Windows event log".into()),
    }
}

fn input<'a>(inner: Peeked<'a>, name: &str) -> Input<'a> {
    let content = match Archive::of(&inner.head) {
        Some(kind) => {
            let what = match kind {
                Archive::Other(name) => format!("a {name} archive: unpack it first"),
                kind => format!("a {} archive inside another file: unpack it first", kind.name()),
            };
            Content::Unreadable(io::Error::new(io::ErrorKind::Unsupported, what))
        }
        None if inner.head.starts_with(event_log::MARK) => Content::EventLog(EventLog::new(Box::new(inner.stream))),
        None => Content::Bytes(Box::new(inner.stream)),
    };
    Input { name: name.to_owned(), content }
}

/// A file that counts the bytes read from it.
struct Counted<'p> {
    file: File,
    progress: &'p AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.progress.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl io::Seek for Counted<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
