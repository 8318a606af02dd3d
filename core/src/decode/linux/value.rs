//! Field values as audit records and laurel write them.

use alloc::vec::Vec;

use crate::util::digits::{byte, leading_decimal, pair, whole};

/// The notation of a field's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In double quotes: literal.
    Quoted,
    /// Without quotes: a number, a word, or the hex digits of an untrusted string that could not be quoted.
    Bare,
    /// In double quotes without a closing one: the record was cut.
    Torn,
    /// laurel's notation: literal except for `%XX`.
    Percent,
    /// Like `Bare`, and quotes in it have a backslash before each.
    Escaped,
}

/// How the quotes of a record are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quotes {
    #[default]
    Plain,
    /// With a backslash before each, as in a string of JSON. The record has no other backslashes.
    Escaped,
}

impl Quotes {
    /// The text after the quote that comes next.
    #[inline(always)]
    pub(super) fn open(self, text: &[u8]) -> Option<&[u8]> {
        match (self, text) {
            (Self::Plain, [b'"', rest @ ..]) | (Self::Escaped, [b'\\', b'"', rest @ ..]) => Some(rest),
            _ => None,
        }
    }

    /// The texts before and after the first quote.
    #[inline(always)]
    pub(super) fn close(self, text: &[u8]) -> Option<(&[u8], &[u8])> {
        let quote = memchr::memchr(b'"', text)?;
        let end = quote.saturating_sub(usize::from(self == Self::Escaped));
        Some((&text[..end], &text[quote + 1..]))
    }

    /// A value without quotes around it.
    #[inline(always)]
    pub(super) const fn bare(self, text: &[u8]) -> RawField<'_> {
        let form = match self {
            Self::Plain => Form::Bare,
            Self::Escaped => Form::Escaped,
        };
        RawField { text, form }
    }

    /// The number of bytes that a part of the record has outside a string.
    pub(super) fn length(self, part: &[u8]) -> usize {
        match self {
            Self::Plain => part.len(),
            Self::Escaped => part.iter().filter(|&&b| b != b'\\').count(),
        }
    }
}

/// One field's value as written in the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawField<'a> {
    pub(super) text: &'a [u8],
    pub(super) form: Form,
}

impl<'a> RawField<'a> {
    pub(super) const fn bare(text: &'a [u8]) -> Self {
        Self { text, form: Form::Bare }
    }

    /// Whether the kernel states that there is no value.
    pub(super) fn is_absent(self) -> bool {
        matches!(self.form, Form::Bare | Form::Escaped) && matches!(self.text, b"(null)" | b"(none)" | b"?" | b"")
    }

    /// Appends an untrusted string's text. `None` when the value is bare but not hex, or was cut.
    pub(super) fn decode(self, out: &mut Vec<u8>) -> Option<()> {
        match self.form {
            Form::Quoted => out.extend_from_slice(self.text),
            Form::Bare | Form::Escaped => hex_text(self.text, out)?,
            Form::Torn => return None,
            Form::Percent => percent_text(self.text, out),
        }
        Some(())
    }

    /// Appends the remaining part of an untrusted string that was cut.
    pub(super) fn decode_beginning(self, out: &mut Vec<u8>) {
        match self.form {
            Form::Torn => out.extend_from_slice(self.text),
            Form::Bare | Form::Escaped => {
                let (pairs, _) = self.text.as_chunks::<2>();
                out.extend(pairs.iter().map_while(|&[high, low]| byte(high, low)));
            }
            Form::Quoted | Form::Percent => {}
        }
    }

    pub(super) fn decimal<T: TryFrom<u64>>(self) -> Option<T> {
        let (n, end) = leading_decimal(self.text)?;
        if end == self.text.len() { T::try_from(n).ok() } else { None }
    }

    pub(super) fn signed(self) -> Option<i64> {
        match self.text.strip_prefix(b"-") {
            Some(digits) => RawField { text: digits, ..self }.decimal::<i64>().map(|n| -n),
            None => self.decimal(),
        }
    }

    /// Hex with or without `0x`.
    pub(super) fn hex(self) -> Option<u64> {
        whole::<4>(self.text.strip_prefix(b"0x").unwrap_or(self.text))
    }

    /// Octal with or without `0o`.
    pub(super) fn octal(self) -> Option<u32> {
        let digits = self.text.strip_prefix(b"0o").unwrap_or(self.text);
        whole::<3>(digits).and_then(|n| u32::try_from(n).ok())
    }

    /// `MAJOR:MINOR` in hex, as the kernel's device number.
    pub(super) fn device(self) -> Option<u64> {
        let colon = self.text.iter().position(|&b| b == b':')?;
        Some(whole::<4>(&self.text[..colon])? << 20 | whole::<4>(&self.text[colon + 1..])?)
    }
}

/// Appends the bytes that `text` encodes in hex; appends nothing when `text` is not hex.
fn hex_text(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let start = out.len();
    out.resize(start + pairs.len(), 0);
    let mut bits = 0;
    for (slot, &[high, low]) in out[start..].iter_mut().zip(pairs) {
        let (byte, both) = pair(high, low);
        *slot = byte;
        bits |= both;
    }
    // A byte that is no digit sets a high bit.
    if bits < 16 {
        Some(())
    } else {
        out.truncate(start);
        None
    }
}

/// Appends the text with each `%XX` decoded; a `%` without two hex digits stays.
fn percent_text(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(p) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..p]);
        match rest.get(p + 1..p + 3).and_then(|pair| byte(pair[0], pair[1])) {
            Some(b) => {
                out.push(b);
                rest = &rest[p + 3..];
            }
            None => {
                out.push(b'%');
                rest = &rest[p + 1..];
            }
        }
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::{Form, RawField};
    use alloc::vec::Vec;

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        assert_eq!(RawField::bare(b"4294967295").decimal(), Some(u32::MAX));
        assert_eq!(RawField::bare(b"4294967296").decimal::<u32>(), None);
        assert_eq!(RawField::bare(b"18446744073709551615").decimal(), Some(u64::MAX));
        assert_eq!(RawField::bare(b"18446744073709551616").decimal::<u64>(), None);
        assert_eq!(RawField::bare(b"00000000000000000000000012").decimal(), Some(12_u32));
        assert_eq!(RawField::bare(b"12x").decimal::<u32>(), None);
        assert_eq!(RawField::bare(b"-115").signed(), Some(-115));
        assert_eq!(RawField::bare(b"ffffffffffffff9c").hex(), Some(-100_i64 as u64));
        assert_eq!(RawField::bare(b"0x10").hex(), Some(16));
        assert_eq!(RawField::bare(b"1ffffffffffffffff").hex(), None);
        assert_eq!(RawField::bare(b"0140755").octal(), Some(0o140_755));
        assert_eq!(RawField::bare(b"0o140755").octal(), Some(0o140_755));
        assert_eq!(RawField::bare(b"8").octal(), None);
        assert_eq!(RawField::bare(b"fe:01").device(), Some(0xfe << 20 | 1));
    }

    #[test]
    fn untrusted_strings_are_decoded_by_their_form() {
        let decode = |text: &'static [u8], form| {
            let mut out = Vec::new();
            RawField { text, form }.decode(&mut out).map(|()| out)
        };
        assert_eq!(decode(b"6964", Form::Quoted).as_deref(), Some(&b"6964"[..]));
        assert_eq!(decode(b"6964", Form::Bare).as_deref(), Some(&b"id"[..]));
        assert_eq!(decode(b"696", Form::Bare), None);
        assert_eq!(decode(b"6x", Form::Bare), None);
        assert_eq!(decode(b"a%20%25b%2%", Form::Percent).as_deref(), Some(&b"a %b%2%"[..]));
        let beginning = |text: &'static [u8], form| {
            let mut out = Vec::new();
            RawField { text, form }.decode_beginning(&mut out);
            out
        };
        assert_eq!(beginning(b"69646", Form::Bare), b"id");
        assert_eq!(beginning(b"696x64", Form::Bare), b"i");
        assert_eq!(beginning(b"a b", Form::Torn), b"a b");
    }
}
