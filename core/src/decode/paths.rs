//! Walks JSON along dotted paths.

use alloc::vec::Vec;
use core::ops::Range;

use super::json::{JsonError, RawStr, Reader, Value};

/// Bytes of the longest path.
pub(super) const LONGEST: usize = 48;

/// What a walk finds: the number of the path, and where its value begins and ends.
type Found<'f> = dyn FnMut(usize, usize, usize) + 'f;

/// Walks an object, or the objects of a list, and hands over where each value stands that a path leads to. Keys may be
/// nested or dotted. An object that a path leads through is entered even where a path ends at it.
pub(super) fn walk(text: &[u8], paths: &[&[u8]], found: &mut Found<'_>) -> Result<(), JsonError> {
    let mut walk = Walk { paths, at: [0; LONGEST], memory: &mut Memory::default(), first: First::Value };
    walk.whole(text, found).map(|_| ())
}

/// Walks an object like [`walk`], by what it remembers of the last one. Returns whether nothing but white space follows
/// the object.
pub(super) fn walk_again<P: AsRef<[u8]>>(
    object: &[u8],
    paths: &[P],
    memory: &mut Memory,
    first: First<'_>,
    found: &mut Found<'_>,
) -> Result<bool, JsonError> {
    memory.next = 0;
    Walk { paths, at: [0; LONGEST], memory, first }.whole(object, found)
}

/// No fault: the walk need go no further.
const STOP: JsonError = JsonError { offset: usize::MAX, too_deep: false };

/// What to do with the values of the first path.
pub(super) enum First<'t> {
    /// Find them, like those of the other paths.
    Value,
    /// Find the objects and strings in them, which are arrays.
    Elements,
    /// Find them; write the text of the first that is a string with escapes.
    Text(&'t mut Vec<u8>, &'t mut Written),
    /// Find where the first begins that is an object among the outermost members, and go no further.
    Begin(&'t mut Option<usize>),
}

/// Whether the text of the first path's value was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// There was no string yet.
    #[default]
    Not,
    /// The first string has no escapes.
    Plain,
    /// It was.
    Text,
}

/// What the keys of the last object meant, in the order in which they were visited. One shipper's objects mostly have
/// the same members in the same order, so that each key is compared once instead of with every path.
#[derive(Debug, Default)]
pub(super) struct Memory {
    keys: Vec<Key>,
    /// The number of the next key, as long as all before it were as remembered.
    next: usize,
}

/// Keys that are remembered.
const REMEMBERED: usize = 64;

/// A key that was visited.
#[derive(Debug)]
struct Key {
    /// The bytes from the end of the last value to the beginning of the key's own.
    bytes: [u8; Self::LONGEST],
    length: usize,
    /// Where the key itself stands in them.
    key: Range<usize>,
    /// Bytes of the path above it. With all keys before it the same, the path is.
    above: usize,
    meaning: Meaning,
}

impl Key {
    const LONGEST: usize = 32;
}

/// What a path is to those that are looked for.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    /// The number of the one that it is.
    exact: Option<usize>,
    /// Some go on from it.
    leads: bool,
}

impl Memory {
    /// Forgets everything: other paths are looked for.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<Key>()
    }

    /// Reads the next key, if it is the one that is remembered.
    fn next(&mut self, above: usize, reader: &mut Reader<'_>) -> Option<&Key> {
        let known = self.keys.get(self.next).filter(|known| known.above == above)?;
        if !reader.take(&known.bytes[..known.length]) {
            return None;
        }
        self.next += 1;
        Some(known)
    }

    /// Remembers a key, which ends `bytes`, in the place of the one that was remembered and all after it.
    fn keep(&mut self, above: usize, bytes: &[u8], key: &[u8], meaning: Meaning) {
        self.keys.truncate(self.next);
        if self.next != self.keys.len() || self.next == REMEMBERED {
            return;
        }
        let length = bytes.len();
        let mut copy = [0; Key::LONGEST];
        let Some(room) = copy.get_mut(..length) else { return };
        room.copy_from_slice(bytes);
        let from = key.as_ptr() as usize - bytes.as_ptr() as usize;
        self.keys.push(Key { bytes: copy, length, key: from..from + key.len(), above, meaning });
        self.next += 1;
    }
}

struct Walk<'w, P> {
    paths: &'w [P],
    /// The path of what is being read.
    at: [u8; LONGEST],
    memory: &'w mut Memory,
    first: First<'w>,
}

impl<P: AsRef<[u8]>> Walk<'_, P> {
    fn whole(&mut self, text: &[u8], found: &mut Found<'_>) -> Result<bool, JsonError> {
        let mut reader = Reader::new(text);
        match reader.value()? {
            Value::Object => self.members(&mut reader, 0, found)?,
            Value::Array => self.list(&mut reader, 0, found)?,
            _ => {}
        }
        Ok(reader.at_end())
    }

    fn members(&mut self, reader: &mut Reader<'_>, above: usize, found: &mut Found<'_>) -> Result<(), JsonError> {
        loop {
            let before = reader.offset();
            let (end, Meaning { exact, leads }) = match self.memory.next(above, reader) {
                Some(known) => {
                    let end = above + known.key.len();
                    if known.meaning.leads
                        && let Some(room) = self.at.get_mut(above..end)
                    {
                        room.copy_from_slice(&known.bytes[known.key.clone()]);
                    }
                    (end, known.meaning)
                }
                None => {
                    let Some(RawStr { bytes: key, .. }) = reader.next_key()? else { return Ok(()) };
                    let end = above + key.len();
                    let Some(room) = self.at.get_mut(above..end) else {
                        // No path is as long.
                        self.memory.next = usize::MAX;
                        reader.skip()?;
                        continue;
                    };
                    room.copy_from_slice(key);
                    let meaning = self.look_up(end);
                    self.memory.keep(above, reader.since(before), key, meaning);
                    (end, meaning)
                }
            };
            let Some(exact) = exact else {
                self.value(reader, end, leads, found)?;
                continue;
            };
            let is_string = reader.is_string_next();
            let from = reader.offset();
            match &mut self.first {
                First::Text(out, written) if exact == 0 && is_string && **written == Written::Not => {
                    **written = if reader.string_into(out)?.escaped { Written::Text } else { Written::Plain };
                }
                First::Begin(begin) if exact == 0 && above == 0 && reader.is_object_next() => {
                    **begin = Some(from);
                    return Err(STOP);
                }
                First::Elements if exact == 0 => {
                    elements(reader, found)?;
                    continue;
                }
                _ => self.value(reader, end, leads, found)?,
            }
            found(exact, from, reader.offset());
        }
    }

    /// Reads a value whose path has `end` bytes.
    fn value(
        &mut self,
        reader: &mut Reader<'_>,
        end: usize,
        leads: bool,
        found: &mut Found<'_>,
    ) -> Result<(), JsonError> {
        match reader.value()? {
            Value::Object if leads => {
                self.at[end] = b'.';
                self.members(reader, end + 1, found)
            }
            Value::Array if leads => {
                self.at[end] = b'.';
                self.list(reader, end + 1, found)
            }
            Value::Object | Value::Array => reader.skip_container(),
            _ => Ok(()),
        }
    }

    fn list(&mut self, reader: &mut Reader<'_>, above: usize, found: &mut Found<'_>) -> Result<(), JsonError> {
        while let Some(element) = reader.next_element()? {
            match element {
                Value::Object => self.members(reader, above, found)?,
                Value::Array => reader.skip_container()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What the first `end` bytes of the path mean.
    fn look_up(&self, end: usize) -> Meaning {
        let name = &self.at[..end];
        Meaning {
            exact: self.paths.iter().position(|path| path.as_ref() == name),
            leads: end + 1 < LONGEST
                && self.paths.iter().any(|path| {
                    let path = path.as_ref();
                    path.get(end) == Some(&b'.') && path.starts_with(name)
                }),
        }
    }
}

/// Finds the objects and strings of an array, as values of the first path; of an array in it the second element, as Loki
/// puts a line behind its time.
fn elements(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), JsonError> {
    match reader.value()? {
        Value::Array => {}
        Value::Object => return reader.skip_container(),
        _ => return Ok(()),
    }
    while let Some(from) = reader.at_element()? {
        match reader.value()? {
            Value::Array => pair(reader, found)?,
            Value::Object => {
                reader.skip_container()?;
                found(0, from, reader.offset());
            }
            Value::String(_) => found(0, from, reader.offset()),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the second element of an array.
fn pair(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), JsonError> {
    let mut count = 0;
    while let Some(from) = reader.at_element()? {
        reader.skip()?;
        count += 1;
        if count == 2 {
            found(0, from, reader.offset());
        }
    }
    Ok(())
}
