//! Finds JSON values by dotted paths.

use alloc::vec::Vec;
use core::ops::Range;

use smallvec::SmallVec;

use super::json::{JsonError, RawStr, Reader, Value};
use super::members::parse;

/// The length in bytes of the longest path.
pub(super) const LONGEST: usize = 64;

/// Called for each value found, with the index of its path and the range of the value.
type Found<'f> = dyn FnMut(usize, usize, usize) + 'f;

/// Walks an object, or the objects of a list, and calls `found` for each value that a path leads to. Keys may be nested
/// or dotted. The walk enters an object on the way to a longer path even when a shorter path ends at that object.
pub(super) fn walk(text: &[u8], paths: &[&[u8]], found: &mut Found<'_>) -> Result<(), JsonError> {
    let mut walk = Walk { paths, at: [0; LONGEST], memory: &mut Memory::default(), first: First::Value };
    walk.whole(text, found).map(|_| ())
}

/// Walks an object like [`walk`], but with the memory of the previous one. Returns whether only white space follows the
/// object.
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

/// Not a fault: stops the walk early.
const STOP: JsonError = JsonError { offset: usize::MAX, too_deep: false };

/// How to treat the values of the first path.
pub(super) enum First<'t> {
    /// Find them like those of other paths.
    Value,
    /// They are arrays: find the objects and strings in them.
    Elements,
    /// Find them; of an array, find the objects and strings in it. Write the unescaped text of the first string that has
    /// escapes, or of an array of bytes.
    Text(&'t mut Vec<u8>, &'t mut Written),
    /// Store where the first one begins that is an object at the top level, and stop.
    Begin(&'t mut Option<usize>),
}

/// Whether [`First::Text`] wrote the text of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// No string was found yet.
    #[default]
    Not,
    /// The first string has no escapes, so nothing was written.
    Plain,
    /// The text was written.
    Text,
    /// The first value is an array, the elements of which were found.
    Elements,
}

/// The meanings of the previous object's keys, in the order of the walk. One shipper's objects mostly have the same
/// members in the same order, so the walk compares each key once instead of with every path.
#[derive(Debug, Default)]
pub(super) struct Memory {
    keys: Vec<Key>,
    /// The index of the next key, as long as all keys before it matched.
    next: usize,
}

/// The number of keys that are remembered.
const REMEMBERED: usize = 64;

/// A key of the walk.
#[derive(Debug)]
struct Key {
    /// The bytes from the end of the previous value to the beginning of the key's own value.
    bytes: [u8; Self::LONGEST],
    length: usize,
    /// The range of the key itself in them.
    key: Range<usize>,
    /// The length of the enclosing path. If all previous keys match, so does that path.
    above: usize,
    meaning: Meaning,
}

impl Key {
    const LONGEST: usize = 32;
}

/// How a path relates to the paths that the walk searches for.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    /// The index of the path that it equals.
    exact: Option<usize>,
    /// It is the beginning of a longer path.
    leads: bool,
}

impl Memory {
    /// Forgets all keys, because the walk searches for other paths.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
    }

    /// The number of bytes of heap memory owned.
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<Key>()
    }

    /// Consumes the next key if it matches the remembered one.
    fn next(&mut self, above: usize, reader: &mut Reader<'_>) -> Option<&Key> {
        let known = self.keys.get(self.next).filter(|known| known.above == above)?;
        if !reader.take(&known.bytes[..known.length]) {
            return None;
        }
        self.next += 1;
        Some(known)
    }

    /// Remembers a key, which ends `bytes`, in place of the remembered one and all later ones.
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
    /// The path of the current value.
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
                        // The key exceeds every path.
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
                First::Text(out, written) if exact == 0 && **written == Written::Not && reader.is_array_next() => {
                    out.clear();
                    elements(reader, found, out)?;
                    if out.is_empty() {
                        **written = Written::Elements;
                        continue;
                    }
                    **written = Written::Text;
                }
                First::Begin(begin) if exact == 0 && above == 0 && reader.is_object_next() => {
                    **begin = Some(from);
                    return Err(STOP);
                }
                First::Elements if exact == 0 => {
                    elements(reader, found, &mut Vec::new())?;
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

    /// Looks up the meaning of the path's first `end` bytes.
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

/// Finds the objects and strings of an array, as values of the first path. Of a nested array of two or three
/// elements it finds the second, because Loki writes a line after its time. Appends the numbers to `bytes` if they are bytes, because journald
/// writes a text with unprintable characters as a list of its bytes.
fn elements(reader: &mut Reader<'_>, found: &mut Found<'_>, bytes: &mut Vec<u8>) -> Result<(), JsonError> {
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
            Value::Number(text) => bytes.extend(parse::<u8>(text)),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the second of two or three elements of an array, or all of another number of elements.
fn pair(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), JsonError> {
    let mut elements: SmallVec<[(usize, usize); 4]> = SmallVec::new();
    while let Some(from) = reader.at_element()? {
        reader.skip()?;
        elements.push((from, reader.offset()));
    }
    let is_pair = matches!(elements.len(), 2 | 3);
    for &(from, to) in if is_pair { &elements[1..2] } else { &elements[..] } {
        found(0, from, to);
    }
    Ok(())
}
