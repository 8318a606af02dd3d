//! Splits the body of an audit record into keys and values.
//!
//! Words are separated by anything up to the space, which includes the 0x1D that auditd puts before what it enriched a
//! record with. Some old collectors lost that byte: a closing quote therefore ends a value by itself.

use super::value::{Field, Form};

/// The `key=value` pairs of a record's body.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self(body)
    }

    /// Jumps to what auditd enriched the record with (or to the end).
    pub(super) fn skip_to_enrichment(&mut self) {
        self.0 = memchr::memchr(0x1d, self.0).map_or(&[], |p| &self.0[p..]);
    }

    fn word(&mut self) -> Option<Word<'a>> {
        let text = self.0;
        let start = text.iter().position(|&b| b > b' ')?;
        let text = &text[start..];
        let end = text.iter().position(|&b| b <= b' ' || b == b'=').unwrap_or(text.len());
        if text.get(end) != Some(&b'=') {
            self.0 = &text[end..];
            return Some(Word::Alone(&text[..end]));
        }
        let (key, value) = (&text[..end], &text[end + 1..]);
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let close = memchr::memchr(b'"', quoted);
            self.0 = close.map_or(&[], |p| &quoted[p + 1..]);
            return Some(match close {
                Some(p) => Word::Pair(key, Field { text: &quoted[..p], form: Form::Quoted }),
                None => Word::Torn(key),
            });
        }
        // `msg='…'` of user-space records: its fields are read as the record's own.
        if let Some(nested) = value.strip_prefix(b"'") {
            self.0 = nested;
            return Some(Word::Alone(key));
        }
        let end = value.iter().position(|&b| b <= b' ' || b == b'\'').unwrap_or(value.len());
        self.0 = value[end..].strip_prefix(b"'").unwrap_or(&value[end..]);
        Some(Word::Pair(key, Field::bare(&value[..end])))
    }
}

enum Word<'a> {
    Pair(&'a [u8], Field<'a>),
    Alone(&'a [u8]),
    /// A quote that nothing closes: the record was cut.
    Torn(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    /// The key and its value; no value where the record was cut inside it.
    type Item = (&'a [u8], Option<Field<'a>>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut old = false;
        loop {
            match self.word()? {
                // EL6 writes `old auid=4294967295 new auid=500`: only the new value counts.
                Word::Pair(..) if old => old = false,
                Word::Pair(key, field) => return Some((key, Some(field))),
                Word::Torn(key) => return Some((key, None)),
                Word::Alone(word) => old = word == b"old",
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use alloc::vec::Vec;

    fn pairs(body: &[u8]) -> Vec<(&[u8], Option<&[u8]>)> {
        Fields::new(body).map(|(key, field)| (key, field.map(|f| f.text))).collect()
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
    fn an_old_value_does_not_pass_for_the_new_one() {
        let want: [(&[u8], Option<&[u8]>); 2] = [(b"pid", Some(b"5")), (b"auid", Some(b"500"))];
        assert_eq!(pairs(b"login pid=5 old auid=4294967295 new auid=500"), want);
    }
}
