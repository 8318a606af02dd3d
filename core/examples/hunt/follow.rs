//! A file that grows, as `tail -F` reads it: it may be renamed and made anew, or truncated and written from its start.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::live::{CHUNK, Piece, Pieces};

/// How often the file is looked at.
const POLL: Duration = Duration::from_millis(200);
/// Bytes at the start of a file that tell it from what is written over it.
const START: usize = 256;

/// Reads the file from its start, and goes on until nobody takes what is read.
pub(crate) fn follow(path: &Path, number: usize, pieces: &Pieces) {
    let mut file = match Followed::open(path) {
        Ok(file) => file,
        Err(error) => return drop(pieces.send((number, Piece::Fault(error)))),
    };
    let mut send = |piece| pieces.send((number, piece)).is_ok();
    loop {
        let step = file.step(path, &mut send);
        match step {
            Ok(true) => thread::sleep(POLL),
            Ok(false) => return,
            Err(error) => {
                send(Piece::Fault(error));
                return;
            }
        }
    }
}

struct Followed {
    file: File,
    /// Bytes read.
    position: u64,
    start: Vec<u8>,
}

impl Followed {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "only a file can be followed"));
        }
        Ok(Self { file, position: 0, start: Vec::new() })
    }

    /// Reads what there is, and turns to the file that has taken this one's place. `false`: nobody listens any more.
    fn step(&mut self, path: &Path, send: &mut impl FnMut(Piece) -> bool) -> io::Result<bool> {
        if self.was_rewritten()? {
            self.file.seek(SeekFrom::Start(0))?;
            (self.position, self.start) = (0, Vec::new());
            if !send(Piece::Anew) {
                return Ok(false);
            }
        }
        if !self.rest(send)? {
            return Ok(false);
        }
        // While there is no file of that name, this one may still be written to.
        let Ok(there) = fs::metadata(path) else { return Ok(true) };
        if is_same(&there, &self.file.metadata()?) {
            return Ok(true);
        }
        // The writer may have written a last line between the reading and the renaming.
        let Ok(next) = Self::open(path) else { return Ok(true) };
        if !self.rest(send)? || !send(Piece::Anew) {
            return Ok(false);
        }
        *self = next;
        self.rest(send)
    }

    /// Whether the file was truncated, and perhaps grew since: it is shorter, or begins with something else.
    fn was_rewritten(&mut self) -> io::Result<bool> {
        if self.file.metadata()?.len() < self.position {
            return Ok(true);
        }
        let mut start = vec![0; self.start.len()];
        self.file.seek(SeekFrom::Start(0))?;
        let is_whole = self.file.read_exact(&mut start).is_ok();
        self.file.seek(SeekFrom::Start(self.position))?;
        Ok(!is_whole || start != self.start)
    }

    fn rest(&mut self, send: &mut impl FnMut(Piece) -> bool) -> io::Result<bool> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let filled = match self.file.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(filled) => filled,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let wanted = START.saturating_sub(self.start.len()).min(filled);
            self.start.extend_from_slice(&buffer[..wanted]);
            self.position += filled as u64;
            if !send(Piece::Bytes(buffer[..filled].to_vec())) {
                return Ok(false);
            }
        }
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    // A file that was made at the same moment is the same file.
    one.created().ok() == other.created().ok()
}
