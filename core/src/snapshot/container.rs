//! The frame around the parts of a snapshot: blocks with checksums, and the list of parts.

use alloc::vec::Vec;

use super::error::RestoreError;
use crate::util::saved::{Block, Reader, Writer};

const BEGIN: &[u8; 8] = b"ipcsnap\0";
const END: &[u8; 8] = b"ipcsend\0";
/// The form of the frame.
const VERSION: u32 = 1;
const HEAD: usize = 12;
const OF_BLOCK: usize = 12;
const OF_PART: usize = 17;
const FOOT: usize = 32;

/// A part of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    Seed = 0,
    Catalog = 1,
    Counters = 2,
    State = 3,
    Matches = 4,
    Waiting = 5,
    Duplicates = 6,
    Alerts = 7,
    Streams = 8,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Catalog => "behaviors of the catalog",
            Self::Counters => "counters",
            Self::State => "hosts, processes, endpoints and names",
            Self::Matches => "partial matches and deferred checks",
            Self::Waiting => "events that wait for their order",
            Self::Duplicates => "duplicate filter",
            Self::Alerts => "alerts, repetitions and incidents",
            Self::Streams => "open streams",
        }
    }
}

/// Where a part begins, and its schema.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u8,
    schema: u64,
    offset: u64,
}

/// Writes a snapshot.
pub(crate) struct ContainerWriter<'s> {
    pub(crate) writer: Writer<'s>,
    parts: Vec<Entry>,
}

impl<'s> ContainerWriter<'s> {
    pub(crate) fn new(sink: &'s mut dyn FnMut(&[u8])) -> Self {
        let mut writer = Writer::new(sink);
        writer.put(BEGIN);
        writer.put(&VERSION.to_le_bytes());
        Self { writer, parts: Vec::new() }
    }

    /// Begins a part; what is written next belongs to it.
    pub(crate) fn part(&mut self, part: Part, schema: u64) -> &mut Writer<'s> {
        self.parts.push(Entry { number: part as u8, schema, offset: self.writer.offset() });
        &mut self.writer
    }

    /// Ends the snapshot.
    pub(crate) fn finish(self) {
        let length = self.writer.offset();
        let (sink, blocks) = self.writer.finish();
        let mut end = Vec::with_capacity(blocks.len() * OF_BLOCK + self.parts.len() * OF_PART + FOOT);
        for Block { length, checksum } in &blocks {
            end.extend_from_slice(&length.to_le_bytes());
            end.extend_from_slice(&checksum.to_le_bytes());
        }
        for Entry { number, schema, offset } in &self.parts {
            end.push(*number);
            end.extend_from_slice(&schema.to_le_bytes());
            end.extend_from_slice(&offset.to_le_bytes());
        }
        end.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
        end.extend_from_slice(&(self.parts.len() as u32).to_le_bytes());
        end.extend_from_slice(&length.to_le_bytes());
        let checksum = Block::of(length, &end).checksum;
        end.extend_from_slice(&checksum.to_le_bytes());
        end.extend_from_slice(END);
        sink(&end);
    }
}

/// A snapshot whose checksums fit.
pub(crate) struct Container<'a> {
    bytes: &'a [u8],
    parts: Vec<Entry>,
    length: usize,
}

impl<'a> Container<'a> {
    /// Checks every byte of a snapshot.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, RestoreError> {
        if !bytes.starts_with(BEGIN) {
            return Err(RestoreError::NoSnapshot);
        }
        let cut = RestoreError::Cut { offset: bytes.len().saturating_sub(FOOT) as u64 };
        let found = u32::from_le_bytes(number(bytes, BEGIN.len()).ok_or(cut)?);
        if found != VERSION {
            return Err(RestoreError::Version { found, supported: VERSION });
        }
        let foot = bytes.len().checked_sub(FOOT).filter(|foot| *foot >= HEAD).ok_or(cut)?;
        if !bytes.ends_with(END) {
            return Err(cut);
        }
        let field = |at: usize| number::<4>(bytes, foot + at).map(u32::from_le_bytes).ok_or(cut);
        let (blocks, parts) = (field(0)? as usize, field(4)? as usize);
        let wide = |at: usize| number::<8>(bytes, at).map(u64::from_le_bytes).ok_or(cut);
        let length = usize::try_from(wide(foot + 8)?).map_err(|_| cut)?;
        let lists = blocks.checked_mul(OF_BLOCK).zip(parts.checked_mul(OF_PART)).and_then(|(a, b)| a.checked_add(b));
        if lists.and_then(|lists| lists.checked_add(length)) != Some(foot) {
            return Err(RestoreError::Damaged { offset: foot as u64, end: bytes.len() as u64 });
        }
        let until = foot + 16;
        if Block::of(length as u64, &bytes[length..until]).checksum != wide(until)? {
            return Err(RestoreError::Damaged { offset: length as u64, end: bytes.len() as u64 });
        }
        let (mut at, mut list) = (0, length);
        for _ in 0..blocks {
            let block = number(bytes, list).map(u32::from_le_bytes).ok_or(cut)? as usize;
            let checksum = wide(list + 4)?;
            let end = at + block;
            let damaged = RestoreError::Damaged { offset: at as u64, end: end as u64 };
            let block = bytes[..length].get(at..end).ok_or(damaged)?;
            if Block::of(at as u64, block).checksum != checksum {
                return Err(damaged);
            }
            (at, list) = (end, list + OF_BLOCK);
        }
        if at != length {
            return Err(RestoreError::Damaged { offset: at as u64, end: length as u64 });
        }
        let entry = |at: usize| Some((bytes.get(at).copied()?, number(bytes, at + 1)?, number(bytes, at + 9)?));
        let entries = (0..parts).filter_map(|nth| entry(list + nth * OF_PART)).map(|(number, schema, offset)| Entry {
            number,
            schema: u64::from_le_bytes(schema),
            offset: u64::from_le_bytes(offset),
        });
        Ok(Self { bytes, parts: entries.collect(), length })
    }

    /// The bytes of a part; `None` if it is not there or has another schema.
    pub(crate) fn part(&self, part: Part, schema: u64) -> Option<Reader<'a>> {
        let at = self.parts.iter().position(|entry| entry.number == part as u8 && entry.schema == schema)?;
        let end = self.parts.get(at + 1).map_or(self.length, |next| (next.offset as usize).min(self.length));
        Some(Reader::new(self.bytes, self.parts[at].offset as usize, end))
    }
}

/// The bytes of a number.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Gives a snapshot whose content was changed the checksums that fit, for tests of what the content may be.
#[cfg(feature = "_internal_test_exports")]
pub(crate) fn seal(bytes: &mut [u8]) -> Option<()> {
    let foot = bytes.len().checked_sub(FOOT)?;
    let blocks = u32::from_le_bytes(number(bytes, foot)?) as usize;
    let length = usize::try_from(u64::from_le_bytes(number(bytes, foot + 8)?)).ok()?;
    let (mut at, mut list) = (0, length);
    for _ in 0..blocks {
        let end = at + u32::from_le_bytes(number(bytes, list)?) as usize;
        let checksum = Block::of(at as u64, bytes.get(at..end)?).checksum;
        bytes.get_mut(list + 4..list + 12)?.copy_from_slice(&checksum.to_le_bytes());
        (at, list) = (end, list + OF_BLOCK);
    }
    let until = foot + 16;
    let checksum = Block::of(length as u64, bytes.get(length..until)?).checksum;
    bytes.get_mut(until..until + 8)?.copy_from_slice(&checksum.to_le_bytes());
    Some(())
}
