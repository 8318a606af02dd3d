//! Splits the body of an audit record into keys and values.
//!
//! Any bytes up to the space separate words, including the 0x1D that auditd writes before enriched fields. Collectors
//! lose that byte or rewrite it as text ([`SEPARATORS`]), so a closing quote also ends a value, and enriched fields are
//! recognized by their keys, the only ones in capitals.

use super::value::{Form, Quotes, RawField};

/// The forms in which collectors write the byte 0x1D: rsyslog, collectors that write octal, undecoded JSON, and the
/// replacement character.
const SEPARATORS: [&[u8]; 4] = [b"#035", b"\\035", b"\\u001d", "\u{fffd}".as_bytes()];

/// The `key=value` pairs of a record's body.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    quotes: Quotes,
    /// The iterator is inside the `msg='…'` of a user-space record, whose fields are read as the record's own.
    nested: bool,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(body: &'a [u8], quotes: Quotes) -> Self {
        Self { rest: body, quotes, nested: false }
    }

    /// Skips from the end of a call's `exe` to the enriched fields, to the next record on the line, or to the end.
    pub(super) fn skip_to_enrichment(&mut self) {
        let rest = self.rest;
        // A separator takes precedence over a key, wherever it stands.
        let (mut first, mut from) = (None, 0);
        loop {
            let at = from + find(&rest[from..], |word| zero(word ^ repeat(0x1d)) | zero(word ^ repeat(b'=')));
            match rest.get(at) {
                None => break,
                Some(0x1d) => {
                    first = Some(at);
                    break;
                }
                Some(_) if first.is_none() && at > 4 => {
                    let is_first = matches!(&rest[at - 4..at], b"ARCH" | b"type" | b"node");
                    first = is_first.then_some(at - 4);
                }
                Some(_) => {}
            }
            from = at + 1;
        }
        self.rest = first.map_or(&[], |at| &rest[at..]);
    }

    /// The unread rest.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn word(&mut self) -> Option<Word<'a>> {
        let start = self.rest.iter().position(|&b| b > b' ')?;
        let text = &self.rest[start..];
        let end = find(text, |word| at_most_space(word) | zero(word ^ repeat(b'=')));
        let (key, value) = text.split_at(end);
        match value {
            [b'=', b'\'', inner @ ..] => {
                self.rest = inner;
                self.nested = true;
                Some(Word::Alone(key))
            }
            [b'=', value @ ..] => Some(Word::Pair(key, self.value(value))),
            _ => {
                self.rest = value;
                Some(Word::Alone(key))
            }
        }
    }

    #[inline]
    fn value(&mut self, value: &'a [u8]) -> RawField<'a> {
        let Some(quoted) = self.quotes.open(value) else { return self.quotes.bare(self.bare(value)) };
        let Some((text, rest)) = self.quotes.close(quoted) else {
            self.rest = &[];
            return RawField { text: quoted, form: Form::Torn };
        };
        self.rest = behind_separator(rest);
        RawField { text, form: Form::Quoted }
    }

    #[inline]
    fn bare(&mut self, value: &'a [u8]) -> &'a [u8] {
        let mut end = find(value, at_most_space);
        self.rest = &value[end..];
        if end > 0 && value[end - 1] == b'"' {
            end = enrichment(&value[..end]).unwrap_or(end);
            self.rest = behind_separator(&value[end..]);
        }
        let close = if self.nested { memchr::memchr(b'\'', &value[..end]) } else { None };
        if let Some(close) = close {
            end = close;
            self.rest = behind_separator(&value[end + 1..]);
            self.nested = false;
        }
        &value[..end]
    }
}

/// Skips a rewritten separator at the beginning of the text after a value.
#[inline]
fn behind_separator(rest: &[u8]) -> &[u8] {
    if rest.first().is_none_or(|&b| b <= b' ') {
        return rest;
    }
    SEPARATORS.iter().find_map(|separator| rest.strip_prefix(*separator)).unwrap_or(rest)
}

/// Where a value ends if an enriched field follows it, with or without a rewritten separator: `0#035UID="al"`.
fn enrichment(text: &[u8]) -> Option<usize> {
    let key = &text[..memchr::memchr(b'=', text)?];
    let value = &key[..key.len() - key.iter().rev().take_while(|b| b.is_ascii_uppercase()).count()];
    if value.len() == key.len() {
        return None;
    }
    let separator = SEPARATORS.iter().find(|separator| value.ends_with(separator));
    Some(value.len() - separator.map_or(0, |separator| separator.len()))
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
/// Reads eight bytes at a time, because keys and values are short and of all lengths, and a loop over bytes would spend
/// most of its time on mispredicted branches. `marks` sets the top bit of every byte it marks; bits above the lowest
/// one set may be wrong.
#[inline]
pub(super) fn find(text: &[u8], marks: impl Fn(u64) -> u64) -> usize {
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

pub(super) const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks bytes up to the space.
const fn at_most_space(word: u64) -> u64 {
    word.wrapping_sub(repeat(b' ' + 1)) & !word & repeat(0x80)
}

/// Marks bytes that are zero.
pub(super) const fn zero(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

#[cfg(test)]
mod tests {
    use super::{Fields, Form, Quotes, RawField};
    use alloc::vec::Vec;

    fn pairs(body: &'static [u8]) -> Vec<(&'static [u8], Option<&'static [u8]>)> {
        let text = |field: RawField<'static>| (field.form != Form::Torn).then_some(field.text);
        Fields::new(body, Quotes::Plain).map(|(key, field)| (key, text(field))).collect()
    }

    #[test]
    fn separators_quotes_and_nested_messages_are_distinguished() {
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
    fn names_that_auditd_added_are_read_behind_any_separator() {
        for separator in ["\x1d", "#035", "\\035", "\\u001d", "\u{fffd}", " ", ""] {
            for value in ["res=0", "key=\"k\"", "key=(null)", "op=x res=success'"] {
                let body = std::format!("{value}{separator}UID=\"al\" AUID=\"al\"");
                let mut fields = Fields::new(body.as_bytes(), Quotes::Plain);
                fields.nested = value.ends_with('\'');
                let pairs: Vec<_> = fields.map(|(key, field)| (key, field.text)).collect();
                let (_, first) = value.rsplit_once('=').unwrap_or_default();
                let read = &pairs[pairs.len() - 3..];
                assert_eq!(read[0].1, first.trim_matches(['"', '\'']).as_bytes(), "{body}");
                assert_eq!(read[1..], [(&b"UID"[..], &b"al"[..]), (b"AUID", b"al")], "{body}");
            }
        }
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
