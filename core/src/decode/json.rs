//! A small JSON reader that borrows from its input and allocates only in the caller's scratch buffer.
//!
//! serde_json allocates for every string with an escape, which on Windows is every path. Decoders read a few fields of
//! a record in one pass, so this reader returns tokens, keeps strings as ranges of the input, and unescapes on demand
//! into a reused buffer. It supports up to [`MAX_DEPTH`] nesting levels.

mod blocks;
mod member_name;
mod text;
mod within;

use alloc::vec::Vec;

use text::{Unescaped, first_word, longest_text, unescape_to};

pub(super) use blocks::{has_quotes, is_literal, is_number};
pub(crate) use member_name::MemberName;
pub(super) use text::{ESCAPES, code_point, first_equal};
pub(crate) use text::{RawStr, Scratch, Span, unescape};

/// The maximum nesting depth.
pub(crate) const MAX_DEPTH: u32 = 64;

/// A syntax error, or too deep nesting, at a byte offset of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) offset: usize,
    pub(crate) too_deep: bool,
}

/// One JSON value. After `Object` or `Array`, read the members with [`Reader::next_key`] or [`Reader::next_element`]
/// until they return `None`, or call [`Reader::skip_container`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// The number's text, checked to consist of number characters only.
    Number(&'a [u8]),
    String(RawStr<'a>),
    Object,
    Array,
}

impl<'a> Value<'a> {
    /// The text of a string or number, unescaped into `scratch` if necessary.
    pub(crate) fn text<'s>(self, scratch: &'s mut Scratch) -> Option<Span>
    where
        'a: 's,
    {
        match self {
            Value::String(raw) => Some(scratch.keep(raw)),
            Value::Number(text) => Some(scratch.keep(RawStr { bytes: text, escaped: false })),
            _ => None,
        }
    }
}

/// A pull reader over one record.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    /// What a string begins with: a quote, or the backslash before it if the record is itself written in a string.
    quote: u8,
    /// Room for strings with escapes of their own; unused unless the record is written in a string.
    room: &'a mut [u8],
}

impl Clone for Reader<'_> {
    /// A reader at the same place, without room of its own.
    fn clone(&self) -> Self {
        Self { room: &mut [], ..*self }
    }
}

impl<'a> Reader<'a> {
    /// Creates a reader at the beginning of a record, after an optional byte order mark.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        let at = if matches!(bytes, [0xEF, 0xBB, 0xBF, ..]) { 3 } else { 0 };
        Self { bytes, at, depth: 0, quote: b'"', room: &mut [] }
    }

    /// Creates a reader that begins within a text.
    pub(super) const fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, depth: 0, quote: b'"', room: &mut [] }
    }

    /// The current byte offset.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// Reads the next value.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, JsonError> {
        self.space();
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'\\') if self.quote == b'\\' => self.string_within().map(Value::String),
            Some(b'{') => self.open(Value::Object),
            Some(b'[') => self.open(Value::Array),
            Some(b't') => self.literal(b"true", Value::Bool(true)),
            Some(b'f') => self.literal(b"false", Value::Bool(false)),
            Some(b'n') => self.literal(b"null", Value::Null),
            // pandas writes these where a value is missing or infinite.
            Some(b'N') => self.literal(b"NaN", Value::Null),
            Some(b'I') => self.literal(b"Infinity", Value::Null),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => self.literal(b"-Infinity", Value::Null),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                // Within a string the next digit may be escaped: what was read is not the number then.
                let is_cut = self.peek() == Some(b'\\') && self.bytes.get(self.at + 1) != Some(&b'"');
                if is_cut && self.quote == b'\\' {
                    return Err(self.fault());
                }
                Ok(Value::Number(&self.bytes[start..self.at]))
            }
            _ => Err(self.fault()),
        }
    }

    /// Inside an object: the next key, or `None` at its end. Read or skip the value before the next call.
    pub(crate) fn next_key(&mut self) -> Result<Option<RawStr<'a>>, JsonError> {
        if self.peek() == Some(b'}') {
            return self.member(b'}').map(|_| None);
        }
        let key = if self.quote == b'"' { self.plain_key() } else { self.plain_key_within() };
        match key {
            Some(key) => Ok(Some(key)),
            None => self.any_key(),
        }
    }

    /// The next key if it is short and has neither an escape nor a blank around it, as nearly all keys.
    #[inline(always)]
    fn plain_key(&mut self) -> Option<RawStr<'a>> {
        let (mark, text) = match self.bytes.get(self.at..)? {
            [b',', b'"', text @ ..] => (2, text),
            [b'"', text @ ..] => (1, text),
            _ => return None,
        };
        let (words, _) = text.as_chunks::<8>();
        for (at, word) in words.iter().take(SHORT_KEY / 8).enumerate() {
            let word = u64::from_le_bytes(*word);
            let stops = first_equal(word, b'"') | first_equal(word, b'\\');
            if stops != 0 {
                let end = at * 8 + stops.trailing_zeros() as usize / 8;
                let (bytes, rest) = text.split_at_checked(end)?;
                return rest.starts_with(b"\":").then(|| {
                    self.at += mark + end + 2;
                    RawStr { bytes, escaped: false }
                });
            }
        }
        None
    }

    /// Takes the next key if it has this name and no blank around it.
    #[inline(always)]
    pub(crate) fn takes_name(&mut self, name: &MemberName) -> bool {
        let at = self.at + usize::from(self.peek() == Some(b','));
        if self.quote != b'"' {
            return self.takes_name_within(at, name);
        }
        let is_next = self.bytes.get(at..).and_then(<[u8]>::first_chunk).is_some_and(|text| name.begins(text));
        if is_next {
            self.at = at + name.length();
        }
        is_next
    }

    fn any_key(&mut self) -> Result<Option<RawStr<'a>>, JsonError> {
        if self.member(b'}')? {
            return Ok(None);
        }
        self.space();
        if self.peek() != Some(self.quote) {
            return Err(self.fault());
        }
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.fault());
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Inside an array: the next element, or `None` at its end.
    pub(crate) fn next_element(&mut self) -> Result<Option<Value<'a>>, JsonError> {
        if self.at_element()?.is_some() { self.value().map(Some) } else { Ok(None) }
    }

    /// Inside an array: where the next element begins, or `None` at its end. Read or skip the element before the next
    /// call.
    pub(crate) fn at_element(&mut self) -> Result<Option<usize>, JsonError> {
        if self.member(b']')? {
            return Ok(None);
        }
        self.space();
        Ok(Some(self.at))
    }

    /// Skips the rest of the last opened container.
    pub(crate) fn skip_container(&mut self) -> Result<(), JsonError> {
        let target = self.depth.saturating_sub(1);
        if self.quote != b'"' {
            return self.skip_within(target);
        }
        let mut in_string = false;
        let mut at = self.at;
        loop {
            let Some((mark, place)) = next_mark(self.bytes, at, in_string) else {
                self.at = self.bytes.len();
                return Err(self.fault());
            };
            at = place + 1;
            match mark {
                b'"' => in_string = !in_string,
                // An escaped character is never a delimiter.
                b'\\' => at += usize::from(in_string),
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        self.at = place;
                        return Err(JsonError { offset: place, too_deep: true });
                    }
                }
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == target {
                        self.at = at;
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Skips the rest of the last opened array and returns its whole text.
    pub(crate) fn array(&mut self) -> Result<&'a [u8], JsonError> {
        // The opening bracket was already consumed.
        let begin = self.at.saturating_sub(1);
        self.skip_container()?;
        let text = self.since(begin);
        if self.quote == b'"' { Ok(text) } else { self.text_within(text) }
    }

    /// Skips one value of any type.
    pub(crate) fn skip(&mut self) -> Result<(), JsonError> {
        match self.value()? {
            Value::Object | Value::Array => self.skip_container(),
            _ => Ok(()),
        }
    }

    /// Reads a string whose opening quote is next, and writes its text to `out`. A single pass matters for strings that hold
    /// a whole record.
    pub(crate) fn string_into(&mut self, out: &mut Vec<u8>) -> Result<RawStr<'a>, JsonError> {
        let (string, length) = self.string_at_start_of(out)?;
        out.truncate(length);
        Ok(string)
    }

    /// Likewise, but returns the length of the text and leaves what is behind it in `out`, so that a buffer is not cleared for each
    /// record.
    pub(crate) fn string_at_start_of(&mut self, out: &mut Vec<u8>) -> Result<(RawStr<'a>, usize), JsonError> {
        let text = self.bytes.get(self.at + 1..).unwrap_or_default();
        let most = longest_text(text);
        if out.len() < most {
            out.resize(most, 0);
        }
        let Some(Unescaped { end, length, has_escapes: escaped }) = unescape_to::<true>(text, out) else {
            self.at = self.bytes.len();
            return Err(self.fault());
        };
        self.at += end + 2;
        Ok((RawStr { bytes: &text[..end], escaped }, length))
    }

    /// Whether the next value is a string.
    pub(crate) fn is_string_next(&mut self) -> bool {
        self.space();
        self.peek() == Some(self.quote)
    }

    /// Whether the next byte opens an array.
    pub(crate) fn is_array_next(&self) -> bool {
        self.peek() == Some(b'[')
    }

    /// Whether the next byte opens an object.
    pub(crate) fn is_object_next(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Consumes bytes if they come next. They must end where a value may begin.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(bytes));
        self.at += if is_next { bytes.len() } else { 0 };
        is_next
    }

    /// The bytes consumed since that offset.
    pub(crate) fn since(&self, offset: usize) -> &'a [u8] {
        self.bytes.get(offset..self.at).unwrap_or_default()
    }

    /// Whether only white space is left.
    pub(crate) fn at_end(&mut self) -> bool {
        self.space();
        self.at == self.bytes.len()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    const fn fault(&self) -> JsonError {
        JsonError { offset: self.at, too_deep: false }
    }

    fn open(&mut self, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(JsonError { offset: self.at, too_deep: true });
        }
        self.at += 1;
        Ok(value)
    }

    /// Consumes a comma, or the closing bracket (`true`).
    fn member(&mut self, closer: u8) -> Result<bool, JsonError> {
        self.space();
        match self.peek() {
            Some(b) if b == closer => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                Ok(true)
            }
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Ok(false),
            None => Err(self.fault()),
        }
    }

    fn literal(&mut self, text: &[u8], value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if !self.bytes[self.at..].starts_with(text) {
            return Err(self.fault());
        }
        self.at += text.len();
        Ok(value)
    }

    /// Reads a string whose opening quote is next.
    pub(crate) fn string(&mut self) -> Result<RawStr<'a>, JsonError> {
        if self.quote != b'"' {
            return self.string_within();
        }
        self.at += 1;
        self.rest_of_string()
    }

    /// Reads a string whose opening quote was read.
    #[inline(always)]
    pub(super) fn rest_of_string(&mut self) -> Result<RawStr<'a>, JsonError> {
        let text = self.bytes.get(self.at..).unwrap_or_default();
        match end_of_string(text) {
            Some((end, escaped)) => {
                self.at += end + 1;
                Ok(RawStr { bytes: &text[..end], escaped })
            }
            None => {
                self.at = self.bytes.len();
                Err(self.fault())
            }
        }
    }
}

/// The end of a string whose text begins here, and whether a backslash precedes it.
///
/// Most strings are short, and nested JSON has a quote every few bytes, so the search reads words first and uses
/// `memchr` beyond [`NEAR`] bytes. It searches for quotes only, because Windows paths are full of backslashes and the
/// backslashes before a quote show whether it is escaped.
fn end_of_string(text: &[u8]) -> Option<(usize, bool)> {
    let (mut from, mut escaped) = (0, false);
    loop {
        let (ahead, has_slash) = next_quote(text.get(from..)?)?;
        let end = from + ahead;
        escaped |= has_slash;
        if !escaped || is_unescaped(text, end) {
            return Some((end, escaped));
        }
        from = end + 1;
    }
}

/// The position of the first quote, and whether a backslash precedes it.
#[inline(always)]
fn next_quote(text: &[u8]) -> Option<(usize, bool)> {
    let (words, _) = text.as_chunks::<8>();
    let near = words.len().min(NEAR / 8);
    let mut slashes = 0;
    for (at, word) in words[..near].iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let (quotes, found) = (first_equal(word, b'"'), first_equal(word, b'\\'));
        if quotes != 0 {
            let before = (quotes & quotes.wrapping_neg()).wrapping_sub(1);
            return Some((at * 8 + quotes.trailing_zeros() as usize / 8, slashes | found & before != 0));
        }
        slashes |= found;
    }
    let rest = &text[near * 8..];
    let ahead = memchr::memchr(b'"', rest)?;
    Some((near * 8 + ahead, slashes != 0 || memchr::memchr(b'\\', &rest[..ahead]).is_some()))
}

/// The number of bytes in which the end of a string is searched word by word.
const NEAR: usize = 64;
/// The number of bytes within which most keys end.
const SHORT_KEY: usize = 32;

/// The next delimiter from `at` on and its position: within a string a quote or a backslash, elsewhere a quote or a
/// bracket.
fn next_mark(bytes: &[u8], at: usize, in_string: bool) -> Option<(u8, usize)> {
    let mut rest = bytes.get(at..)?;
    while let Some(word) = first_word(rest) {
        let others = if in_string {
            first_equal(word, b'\\')
        } else {
            // Square brackets and braces differ only in this bit.
            let folded = word | u64::from_le_bytes([0x20; 8]);
            first_equal(folded, b'{') | first_equal(folded, b'}')
        };
        let marks = first_equal(word, b'"') | others;
        if marks != 0 {
            let ahead = marks.trailing_zeros() / 8;
            return Some(((word >> (8 * ahead)) as u8, bytes.len() - rest.len() + ahead as usize));
        }
        rest = &rest[8..];
    }
    let is_mark = |byte: &u8| match byte {
        b'"' => true,
        b'\\' => in_string,
        b'{' | b'[' | b'}' | b']' => !in_string,
        _ => false,
    };
    let ahead = rest.iter().position(is_mark)?;
    Some((rest[ahead], bytes.len() - rest.len() + ahead))
}

/// Whether an even number of backslashes precedes `end`.
fn is_unescaped(text: &[u8], end: usize) -> bool {
    text[..end].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::{Reader, Scratch, Value};

    #[test]
    fn a_nested_record_is_walked_and_skipped() {
        let text = br#"{"a":{"x":[1,"}",{"y":"]\""}]},"b":"c:\\d","n":-1.5e3,"t":true,"z":null}"#;
        let mut r = Reader::new(text);
        let mut s = Scratch::default();
        s.start(text);
        assert_eq!(r.value(), Ok(Value::Object));
        assert_eq!(r.next_key().unwrap().unwrap().bytes, b"a");
        r.skip().unwrap();
        assert_eq!(r.next_key().unwrap().unwrap().bytes, b"b");
        let span = r.value().unwrap().text(&mut s).unwrap();
        assert_eq!(s.get(text, span), Some(&b"c:\\d"[..]));
        r.next_key().unwrap();
        assert_eq!(r.value(), Ok(Value::Number(b"-1.5e3")));
        r.next_key().unwrap();
        r.skip().unwrap();
        r.next_key().unwrap();
        assert_eq!(r.value(), Ok(Value::Null));
        assert_eq!(r.next_key(), Ok(None));
        assert!(r.at_end());
    }

    #[test]
    fn escapes_become_text() {
        let mut out = alloc::vec::Vec::new();
        super::unescape(br"a\u0041\ud83d\ude00\n\/\ud800x", &mut out);
        assert_eq!(out, "aA\u{1F600}\n/\u{FFFD}x".as_bytes());
        for before in 0..20 {
            for after in 0..20 {
                let (before, after) = ("b".repeat(before), "a".repeat(after));
                out.clear();
                super::unescape(alloc::format!("{before}\\\\\\\"{after}\\t{before}").as_bytes(), &mut out);
                assert_eq!(out, alloc::format!("{before}\\\"{after}\t{before}").as_bytes());
            }
        }
    }

    #[test]
    fn escapes_become_text_in_any_sequence() {
        const PIECES: [(&str, &str); 7] = [
            ("x", "x"),
            (":", ":"),
            (r#"\""#, "\""),
            (r"\\", "\\"),
            (r"\n", "\n"),
            (r"\u0041", "A"),
            (r"\u", "\u{FFFD}"),
        ];
        for number in 0..7_usize.pow(5) {
            let pieces = (0..5).map(|place| PIECES[number / 7_usize.pow(place) % 7]);
            let before = "b".repeat(number % 9);
            let (raw, text) =
                pieces.fold((before.clone(), before), |(raw, text), piece| (raw + piece.0, text + piece.1));
            let mut out = alloc::vec::Vec::new();
            super::unescape(raw.as_bytes(), &mut out);
            assert_eq!(out, text.as_bytes(), "{raw}");
            let quoted = alloc::format!("\"{raw}\",\\ and more");
            let mut reader = Reader::new(quoted.as_bytes());
            let read = reader.string_into(&mut out).unwrap();
            assert_eq!((read.bytes, reader.offset()), (raw.as_bytes(), raw.len() + 2), "{raw}");
            assert!(!read.escaped || out == text.as_bytes(), "{raw}");
            assert_eq!(read.escaped, raw.contains('\\'), "{raw}");
        }
    }

    #[test]
    fn keys_are_read_however_they_are_written() {
        for key in ["", "a", "eight___", "a_key_that_is_longer_than_thirty_two_bytes", r#"an \"escape\""#, r"\u0041"] {
            for (before, after) in [("", ""), (" ", ""), ("", " "), ("\n", "\t")] {
                let member = alloc::format!("{before}\"{key}\"{after}:{before}1{after}");
                let text = alloc::format!("{{{member},{member}}} ");
                let mut reader = Reader::new(text.as_bytes());
                assert_eq!(reader.value(), Ok(Value::Object));
                for _ in 0..2 {
                    assert_eq!(reader.next_key().unwrap().unwrap().bytes, key.as_bytes(), "{text}");
                    assert_eq!(reader.value(), Ok(Value::Number(b"1")), "{text}");
                }
                assert_eq!(reader.next_key(), Ok(None), "{text}");
                assert!(reader.at_end(), "{text}");
            }
        }
    }

    #[test]
    fn strings_end_at_their_quote_wherever_it_stands() {
        for before in 0..80 {
            for slashes in 0..10 {
                let mut text = alloc::vec![b'"'];
                text.resize(1 + before, b'a');
                text.resize(1 + before + slashes, b'\\');
                text.extend_from_slice(br#""bcdefghij" "#);
                let end = if slashes % 2 == 0 { 1 + before + slashes } else { text.len() - 2 };
                let Ok(Value::String(raw)) = Reader::new(&text).value() else { panic!("{before} {slashes}") };
                assert_eq!((raw.bytes, raw.escaped), (&text[1..end], slashes > 0), "{before} {slashes}");
            }
        }
    }

    #[test]
    fn broken_texts_are_errors() {
        for text in [&b"{"[..], b"{\"a\"", b"{\"a\":", b"[1,", b"\"abc", b"tru", b"{\"a\":\"\\"] {
            let mut r = Reader::new(text);
            assert!(r.skip().is_err(), "{}", alloc::string::String::from_utf8_lossy(text));
        }
    }
}
