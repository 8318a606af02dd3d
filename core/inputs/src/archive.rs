//! Archives (zip and tar), read one file after another. Nothing is extracted to disk, so a hostile path does no harm.

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use tar::EntryType;

use crate::open::{Input, one};
use crate::places::Include;

/// The longest name of a file in an archive that is accepted.
const MAX_NAME: u64 = 64 << 10;

/// The kind of an archive, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archive {
    Zip,
    Tar,
    /// A kind that is recognized but cannot be read.
    Other(&'static str),
}

impl Archive {
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some(Self::Zip),
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Self::Other("7z")),
            [b'R', b'a', b'r', b'!', 0x1a, 0x07, ..] => Some(Self::Other("rar")),
            [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..] => Some(Self::Other("cab")),
            _ => (head.get(257..262) == Some(b"ustar")).then_some(Self::Tar),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Other(name) => name,
        }
    }
}

/// Takes each input; returns `Break` to stop.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(Input<'_>) -> ControlFlow<()>;

/// Every file of a zip archive.
pub(crate) fn zip(file: impl Read + io::Seek, name: &str, include: &Include, visit: Visit<'_>) -> ControlFlow<()> {
    let mut archive = match zip::ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => return visit(Input::unreadable(name, io::Error::other(error.to_string()))),
    };
    for index in 0..archive.len() {
        // A file that is encrypted or compressed by an unknown method is reported by its name.
        let (is_file, inner) = match archive.by_index_raw(index) {
            Ok(entry) => (entry.is_file(), String::from_utf8_lossy(entry.name_raw()).into_owned()),
            Err(error) => {
                visit(Input::unreadable(name, io::Error::other(error.to_string())))?;
                continue;
            }
        };
        if !is_file || !include.wants(&inner) {
            continue;
        }
        let whole = format!("{name}/{inner}");
        match archive.by_index(index) {
            Ok(entry) => one(BufReader::new(entry), &whole, visit)?,
            Err(error) => visit(Input::unreadable(&whole, io::Error::other(error.to_string())))?,
        }
    }
    ControlFlow::Continue(())
}

/// Every file of a tar archive, in the order of the archive.
pub(crate) fn tar(stream: impl Read, name: &str, include: &Include, visit: Visit<'_>) -> ControlFlow<()> {
    let mut archive = tar::Archive::new(stream);
    // Raw entries, because the crate would read names of any length into memory.
    let entries = match archive.entries() {
        Ok(entries) => entries.raw(true),
        Err(error) => return visit(Input::unreadable(name, error)),
    };
    let mut long_name = None;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return visit(Input::unreadable(name, error)),
        };
        let kind = entry.header().entry_type();
        let extends = kind == EntryType::GNULongName || kind == EntryType::XHeader;
        if extends {
            let mut text = Vec::new();
            if let Err(error) = (&mut entry).take(MAX_NAME).read_to_end(&mut text) {
                return visit(Input::unreadable(name, error));
            }
            let name = if kind == EntryType::XHeader { pax_path(&text) } else { Some(text) };
            long_name = name.or(long_name);
            continue;
        }
        let inner = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let inner = String::from_utf8_lossy(inner.strip_suffix(b"\0").unwrap_or(&inner)).into_owned();
        if !include.wants(&inner) {
            continue;
        }
        let whole = format!("{name}/{}", inner.strip_prefix("./").unwrap_or(&inner));
        match kind {
            EntryType::Regular | EntryType::Continuous => one(BufReader::new(entry), &whole, visit)?,
            EntryType::GNUSparse => visit(Input::unreadable(&whole, io::Error::other("a file with holes")))?,
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

/// The path that a pax header gives to the file that follows it.
fn pax_path(text: &[u8]) -> Option<Vec<u8>> {
    let fields = tar::PaxExtensions::new(text).filter_map(Result::ok);
    fields.filter(|field| field.key_bytes() == b"path").last().map(|field| field.value_bytes().to_vec())
}
