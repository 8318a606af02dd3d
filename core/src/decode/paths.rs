//! Walks JSON along dotted paths.

use alloc::vec::Vec;

use super::json::{JsonError, RawStr, Reader, Value};

/// Bytes of the longest path.
const LONGEST: usize = 48;

/// What a walk finds: the number of the path, and where its value begins and ends.
type Found<'f> = dyn FnMut(usize, usize, usize) + 'f;

/// Walks an object, or the objects of a list, and hands over where each value stands that a path leads to. Keys may be
/// nested or dotted. An object that a path leads through is entered even where a path ends at it.
pub(super) fn walk(text: &[u8], paths: &[&[u8]], found: &mut Found<'_>) -> Result<(), JsonError> {
    let mut walk = Walk { paths, at: [0; LONGEST], memory: &mut Memory::default(), text: None };
    walk.whole(text, found).map(|_| ())
}

/// Walks an object like [`walk`], by what it remembers of the last one; `text` takes the text of the first path's value
/// when that is a string with escapes. Returns whether nothing but white space follows the object.
pub(super) fn walk_again(
    object: &[u8],
    paths: &[&[u8]],
    memory: &mut Memory,
    text: &mut Text<'_>,
    found: &mut Found<'_>,
) -> Result<bool, JsonError> {
    memory.next = 0;
    Walk { paths, at: [0; LONGEST], memory, text: Some(text) }.whole(object, found)
}

/// Where the text of a string goes.
pub(super) struct Text<'t> {
    pub(super) out: &'t mut Vec<u8>,
    /// What came: `None` before there was a value, `Some(false)` where it is no string with escapes.
    pub(super) is_written: Option<bool>,
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
    text: [u8; Self::LONGEST],
    length: usize,
    /// Bytes of the path above it. With all keys before it the same, the path is.
    above: usize,
    meaning: Meaning,
}

impl Key {
    const LONGEST: usize = 24;
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

    fn meaning(&mut self, above: usize, key: &[u8]) -> Option<Meaning> {
        let known = self.keys.get(self.next)?;
        if known.above == above && known.text.get(..known.length) == Some(key) {
            self.next += 1;
            return Some(known.meaning);
        }
        // From here on the object is another.
        self.keys.truncate(self.next);
        None
    }

    fn keep(&mut self, above: usize, key: &[u8], meaning: Meaning) {
        if self.next != self.keys.len() || self.next == REMEMBERED {
            return;
        }
        let mut text = [0; Key::LONGEST];
        if let Some(room) = text.get_mut(..key.len()) {
            room.copy_from_slice(key);
            self.keys.push(Key { text, length: key.len(), above, meaning });
            self.next += 1;
        }
    }
}

struct Walk<'w, 't> {
    paths: &'w [&'w [u8]],
    /// The path of what is being read.
    at: [u8; LONGEST],
    memory: &'w mut Memory,
    text: Option<&'w mut Text<'t>>,
}

impl Walk<'_, '_> {
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
        while let Some(RawStr { bytes: key, .. }) = reader.next_key()? {
            let end = above + key.len();
            let Some(room) = self.at.get_mut(above..end) else {
                // No path is as long.
                self.memory.next = usize::MAX;
                reader.skip()?;
                continue;
            };
            room.copy_from_slice(key);
            let Meaning { exact, leads } = match self.memory.meaning(above, key) {
                Some(meaning) => meaning,
                None => {
                    let meaning = self.look_up(end);
                    self.memory.keep(above, key, meaning);
                    meaning
                }
            };
            let is_string = exact.is_some() && reader.is_string_next();
            let before = reader.offset();
            if is_string && exact == Some(0) && self.takes_text() {
                self.take_text(reader)?;
            } else {
                match reader.value()? {
                    Value::Object if leads => {
                        self.at[end] = b'.';
                        self.members(reader, end + 1, found)?;
                    }
                    Value::Array if leads => {
                        self.at[end] = b'.';
                        self.list(reader, end + 1, found)?;
                    }
                    Value::Object | Value::Array => reader.skip_container()?,
                    _ => {}
                }
            }
            if let Some(exact) = exact {
                found(exact, before, reader.offset());
            }
        }
        Ok(())
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
            exact: self.paths.iter().position(|path| *path == name),
            leads: end + 1 < LONGEST
                && self.paths.iter().any(|path| path.get(end) == Some(&b'.') && path.starts_with(name)),
        }
    }

    fn takes_text(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.is_written.is_none())
    }

    fn take_text(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        if let Some(text) = &mut self.text {
            text.is_written = Some(reader.string_into(text.out)?.escaped);
        }
        Ok(())
    }
}
