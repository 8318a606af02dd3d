//! Splits the body of an audit record into keys and values.
//!
//! Words are separated by anything up to the space, which includes the 0x1D that auditd puts before what it enriched a
//! record with. Some old collectors lost that byte: a closing quote therefore ends a value by itself.

use super::value::{Form, RawField};

/// The `key=value` pairs of a record's body.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// Inside the `msg='…'` of a user-space record, whose fields are read as the record's own.
    nested: bool,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body, nested: false }
    }

    /// Jumps to what auditd enriched the record with (or to the end).
    pub(super) fn skip_to_enrichment(&mut self) {
        self.rest = memchr::memchr(0x1d, self.rest).map_or(&[], |p| &self.rest[p..]);
    }

    #[inline]
    fn word(&mut self) -> Option<Word<'a>> {
        let start = self.rest.iter().position(|&b| b > b' ')?;
        let text = &self.rest[start..];
        let end = find(text, |word| at_most_space(word) | zero(word ^ repeat(b'=')));
        let (key, value) = text.split_at(end);
        match value {
            [b'=', b'"', quoted @ ..] => {
                let close = memchr::memchr(b'"', quoted);
                self.rest = close.map_or(&[], |p| &quoted[p + 1..]);
                let form = if close.is_some() { Form::Quoted } else { Form::Torn };
                Some(Word::Pair(key, RawField { text: &quoted[..close.unwrap_or(quoted.len())], form }))
            }
            [b'=', b'\'', inner @ ..] => {
                self.rest = inner;
                self.nested = true;
                Some(Word::Alone(key))
            }
            [b'=', value @ ..] => Some(Word::Pair(key, RawField::bare(self.bare(value)))),
            _ => {
                self.rest = value;
                Some(Word::Alone(key))
            }
        }
    }

    #[inline]
    fn bare(&mut self, value: &'a [u8]) -> &'a [u8] {
        let mut end = find(value, at_most_space);
        self.rest = &value[end..];
        let close = if self.nested { memchr::memchr(b'\'', &value[..end]) } else { None };
        if let Some(close) = close {
            end = close;
            self.rest = &value[end + 1..];
            self.nested = false;
        }
        &value[..end]
    }
}

enum Word<'a> {
    Pair(&'a [u8], RawField<'a>),
    Alone(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], RawField<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let mut old = false;
        loop {
            match self.word()? {
                // EL6 writes `old auid=4294967295 new auid=500`: only the new value counts.
                Word::Pair(..) if old => old = false,
                Word::Pair(key, field) => return Some((key, field)),
                Word::Alone(word) => old = word == b"old",
            }
        }
    }
}

/// The position of the first byte that `marks` marks, or the text's length.
///
/// Eight bytes at a time: keys and values are short and of all lengths, so that a loop over bytes would spend most of
/// its time on branches guessed wrong. `marks` sets the top bit of every byte it marks; above the lowest of them it may
/// err.
#[inline]
fn find(text: &[u8], marks: impl Fn(u64) -> u64) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return at * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let mut last = [b'A'; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = marks(u64::from_le_bytes(last));
    let in_rest = if found == 0 { rest.len() } else { found.trailing_zeros() as usize / 8 };
    words.len() * 8 + in_rest
}

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks bytes up to the space.
const fn at_most_space(word: u64) -> u64 {
    word.wrapping_sub(repeat(b' ' + 1)) & !word & repeat(0x80)
}

/// Marks bytes that are zero.
const fn zero(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

#[cfg(test)]
mod tests {
    use super::{Fields, Form, RawField};
    use alloc::vec::Vec;

    fn pairs(body: &'static [u8]) -> Vec<(&'static [u8], Option<&'static [u8]>)> {
        let text = |field: RawField<'static>| (field.form != Form::Torn).then_some(field.text);
        Fields::new(body).map(|(key, field)| (key, text(field))).collect()
    }

    #[test]
    fn separators_quotes_and_nested_messages_are_told_apart() {
        let body = b"  pid=1 exe=\"/a b\"UID=\"root\" msg='op=x acct=\"al\" res=success'\x1dUID=\"al\" cut=\"x";
        let want: [(&[u8], Option<&[u8]>); 7] = [
            (b"pid", Some(b"1")),
            (b"exe", Some(b"/a b")),
            (b"UID", Some(b"root")),
            (b"op", Some(b"x")),
            (b"acct", Some(b"al")),
            (b"res", Some(b"success")),
            (b"UID", Some(b"al")),
        ];
        let have = pairs(body);
        assert_eq!(have[..7], want);
        assert_eq!(have[7], (&b"cut"[..], None));
    }

    #[test]
    fn a_separator_is_found_wherever_it_stands() {
        for len in 0..20 {
            let text = std::vec![b'\xff'; len];
            assert_eq!(super::find(&text, super::at_most_space), len);
            for at in 0..len {
                let mut text = text.clone();
                text[at] = b' ';
                text[len - 1] = b' ';
                assert_eq!(super::find(&text, super::at_most_space), at);
            }
        }
    }

    #[test]
    fn an_old_value_does_not_pass_for_the_new_one() {
        let want: [(&[u8], Option<&[u8]>); 2] = [(b"pid", Some(b"5")), (b"auid", Some(b"500"))];
        assert_eq!(pairs(b"login pid=5 old auid=4294967295 new auid=500"), want);
    }
}
