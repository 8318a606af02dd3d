//! Follows a file as it grows, like `tail -F`: also when it is rotated (renamed and created again) or truncated.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::live::{CHUNK, Piece, Pieces};
use crate::state::Place;

/// Time between two checks of the file.
const POLL: Duration = Duration::from_millis(200);
/// Reads the file from its start, or from the place up to which an earlier run read it, and follows it until the
/// receiver is gone.
pub(crate) fn follow(path: &Path, number: usize, place: Place, pieces: &Pieces) {
    let mut send = |piece| pieces.send((number, piece)).is_ok();
    let mut file = match Followed::resume(path, place, &mut send) {
        Ok(Some(file)) => file,
        Ok(None) => return,
        Err(error) => {
            send(Piece::Fault(error));
            return;
        }
    };
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
    /// The rotated files that were there when this one was opened.
    rotated: Vec<Metadata>,
    /// How far it was read, and how it begins.
    place: Place,
}

impl Followed {
    /// Opens the file at the place up to which it was read. If it was rotated since, the rest of the rotated file comes
    /// first. `None`: the receiver is gone.
    fn resume(path: &Path, place: Place, send: &mut impl FnMut(Piece) -> bool) -> io::Result<Option<Self>> {
        let mut file = Self::open(path)?;
        if place.position == 0 || file.go_to(&place)? {
            return Ok(Some(file));
        }
        for (rotated, _) in siblings(path) {
            if let Ok(mut old) = Self::open(&rotated)
                && old.go_to(&place)?
            {
                if !old.rest(send)? {
                    return Ok(None);
                }
                break;
            }
        }
        Ok(send(Piece::Anew).then_some(file))
    }

    /// Goes to a place, if the file begins as the one that was read and is at least as long.
    fn go_to(&mut self, place: &Place) -> io::Result<bool> {
        let mut start = vec![0; place.start.len()];
        let is_same = self.file.read_exact(&mut start).is_ok() && start == place.start;
        if is_same && self.file.metadata()?.len() >= place.position {
            self.file.seek(SeekFrom::Start(place.position))?;
            self.place = Place { stream: None, ..place.clone() };
            return Ok(true);
        }
        self.file.seek(SeekFrom::Start(0))?;
        Ok(false)
    }

    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "only a file can be followed"));
        }
        let rotated = siblings(path).into_iter().map(|(_, about)| about).collect();
        Ok(Self { file, rotated, place: Place::default() })
    }

    /// Reads what was appended, and switches to the new file after a rotation. Returns `false` when the receiver is
    /// gone.
    fn step(&mut self, path: &Path, send: &mut impl FnMut(Piece) -> bool) -> io::Result<bool> {
        if self.was_rewritten()? {
            self.file.seek(SeekFrom::Start(0))?;
            self.place = Place::default();
            if !send(Piece::Anew) {
                return Ok(false);
            }
        }
        if !self.rest(send)? {
            return Ok(false);
        }
        // While no new file has been created, the writer may still append to the renamed one.
        let Ok(there) = fs::metadata(path) else { return Ok(true) };
        if is_same(&there, &self.file.metadata()?) {
            return Ok(true);
        }
        // The writer may have appended a last line between the last read and the rename.
        let Ok(next) = Self::open(path) else { return Ok(true) };
        if !self.rest(send)? {
            return Ok(false);
        }
        // The file may have been rotated more than once since the last check.
        for between in self.missed(path) {
            let Ok(mut between) = Self::open(&between) else { continue };
            if !send(Piece::Anew) || !between.rest(send)? {
                return Ok(false);
            }
        }
        if !send(Piece::Anew) {
            return Ok(false);
        }
        *self = next;
        self.rest(send)
    }

    /// The files that were created and rotated since the last check, the oldest first.
    fn missed(&self, path: &Path) -> Vec<PathBuf> {
        let Ok(own) = self.file.metadata() else { return Vec::new() };
        let is_known = |about: &Metadata| is_same(about, &own) || self.rotated.iter().any(|old| is_same(old, about));
        let mut missed: Vec<_> = siblings(path).into_iter().filter(|(_, about)| !is_known(about)).collect();
        missed.sort_by_key(|(_, about)| about.modified().ok());
        missed.into_iter().map(|(path, _)| path).collect()
    }

    /// Whether the file was truncated, even if it has grown since: it is shorter than before or begins differently.
    fn was_rewritten(&mut self) -> io::Result<bool> {
        if self.file.metadata()?.len() < self.place.position {
            return Ok(true);
        }
        let mut start = vec![0; self.place.start.len()];
        self.file.seek(SeekFrom::Start(0))?;
        let is_whole = self.file.read_exact(&mut start).is_ok();
        self.file.seek(SeekFrom::Start(self.place.position))?;
        Ok(!is_whole || start != self.place.start)
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
            self.place.read(&buffer[..filled]);
            if !send(Piece::Bytes(buffer[..filled].to_vec())) {
                return Ok(false);
            }
        }
    }
}

/// The rotated files of a log: same name, followed by a number or a date. Compressed ones are left out: their content
/// was read before they were compressed.
fn siblings(path: &Path) -> Vec<(PathBuf, Metadata)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_rotated = |entry: &fs::DirEntry| {
        let other = entry.file_name();
        let behind = other.to_str().and_then(|other| other.strip_prefix(name));
        behind.is_some_and(|end| {
            end.starts_with(['.', '-', '_']) && end[1..].chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
        })
    };
    let listed = fs::read_dir(folder).into_iter().flatten().flatten().filter(is_rotated);
    listed.filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(Metadata::is_file)?))).collect()
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    // Without inode numbers, the time of creation identifies a file.
    one.created().ok() == other.created().ok()
}
