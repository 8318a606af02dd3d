//! A small JSON reader that borrows what it can and never allocates but into the caller's scratch.
//!
//! serde_json allocates for every string with an escape, which on Windows is every path. Decoders need fields of one
//! record, once, in one pass: this reader hands out tokens, keeps strings as ranges of the input, and unescapes on
//! demand into a reused buffer. It follows at most [`MAX_DEPTH`] levels.

use alloc::vec::Vec;

/// Levels of nesting the reader follows.
pub(crate) const MAX_DEPTH: u32 = 64;

/// What went wrong, and at which byte of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) offset: usize,
    pub(crate) too_deep: bool,
}

/// A string as it stands in the input, quotes excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawStr<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) escaped: bool,
}

/// One JSON value, containers only announced: after `Object` or `Array` read members with [`Reader::next_key`] or
/// [`Reader::next_element`] until they return `None`, or call [`Reader::skip_container`].
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
    /// The text of a string or number, unescaped (into `scratch` when it must be).
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
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a record, behind the byte order mark that a file may begin with.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        let at = if matches!(bytes, [0xEF, 0xBB, 0xBF, ..]) { 3 } else { 0 };
        Self { bytes, at, depth: 0 }
    }

    /// The byte the reader stands at.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// Reads the next value.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, JsonError> {
        self.space();
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.open(Value::Object),
            Some(b'[') => self.open(Value::Array),
            Some(b't') => self.literal(b"true", Value::Bool(true)),
            Some(b'f') => self.literal(b"false", Value::Bool(false)),
            Some(b'n') => self.literal(b"null", Value::Null),
            // What data frames write where there is no value.
            Some(b'N') => self.literal(b"NaN", Value::Null),
            Some(b'I') => self.literal(b"Infinity", Value::Null),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => self.literal(b"-Infinity", Value::Null),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                Ok(Value::Number(&self.bytes[start..self.at]))
            }
            _ => Err(self.fault()),
        }
    }

    /// Inside an object: the next key, or `None` at its end. The value must be read (or skipped) before the next call.
    pub(crate) fn next_key(&mut self) -> Result<Option<RawStr<'a>>, JsonError> {
        if self.member(b'}')? {
            return Ok(None);
        }
        self.space();
        if self.peek() != Some(b'"') {
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
        if self.member(b']')? { Ok(None) } else { self.value().map(Some) }
    }

    /// Skips the rest of the container last opened.
    pub(crate) fn skip_container(&mut self) -> Result<(), JsonError> {
        let target = self.depth.saturating_sub(1);
        loop {
            match memchr::memchr3(b'"', b'}', b']', &self.bytes[self.at..]).map(|p| self.at + p) {
                None => {
                    self.at = self.bytes.len();
                    return Err(self.fault());
                }
                Some(p) => {
                    // Openers between here and there are counted so that depth stays true.
                    for &b in &self.bytes[self.at..p] {
                        if matches!(b, b'{' | b'[') {
                            self.depth += 1;
                            if self.depth > MAX_DEPTH {
                                return Err(JsonError { offset: self.at, too_deep: true });
                            }
                        }
                    }
                    self.at = p;
                    if self.bytes[p] == b'"' {
                        self.string()?;
                    } else {
                        self.at += 1;
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == target {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    /// Skips the rest of the array last opened and gives its whole text.
    pub(crate) fn array(&mut self) -> Result<&'a [u8], JsonError> {
        // The bracket was read before.
        let begin = self.at.saturating_sub(1);
        self.skip_container()?;
        Ok(self.bytes.get(begin..self.at).unwrap_or_default())
    }

    /// Skips one value of any shape.
    pub(crate) fn skip(&mut self) -> Result<(), JsonError> {
        match self.value()? {
            Value::Object | Value::Array => self.skip_container(),
            _ => Ok(()),
        }
    }

    /// Whether the next value is a string.
    pub(crate) fn is_string_next(&mut self) -> bool {
        self.space();
        self.peek() == Some(b'"')
    }

    /// Whether nothing but white space is left.
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

    /// Steps over a comma, or over the closer (`true`).
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

    /// Reads a string, its opening quote next.
    fn string(&mut self) -> Result<RawStr<'a>, JsonError> {
        let start = self.at + 1;
        let text = self.bytes.get(start..).unwrap_or_default();
        match end_of_string(text) {
            Some((end, escaped)) => {
                self.at = start + end + 1;
                Ok(RawStr { bytes: &text[..end], escaped })
            }
            None => {
                self.at = self.bytes.len();
                Err(self.fault())
            }
        }
    }
}

/// The end of a string whose text begins here, and whether there is a backslash before it.
///
/// Most strings are short, so the first words are looked at one by one; the rest is searched for quotes alone, because
/// on Windows every path is full of backslashes and one look behind a quote tells whether it is escaped.
fn end_of_string(text: &[u8]) -> Option<(usize, bool)> {
    const SHORT: usize = 64;
    let mut escaped = false;
    let mut at = 0;
    while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk).filter(|_| at < SHORT) {
        let word = u64::from_le_bytes(*word);
        let mut quotes = bytes_equal(word, b'"');
        let slashes = bytes_equal(word, b'\\');
        while quotes != 0 {
            let bit = quotes & quotes.wrapping_neg();
            let end = at + quotes.trailing_zeros() as usize / 8;
            escaped |= slashes & (bit - 1) != 0;
            if !escaped || is_unescaped(text, end) {
                return Some((end, escaped));
            }
            quotes ^= bit;
        }
        escaped |= slashes != 0;
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    let end = memchr::memchr_iter(b'"', rest).map(|p| at + p).find(|&end| is_unescaped(text, end))?;
    escaped = escaped || memchr::memchr(b'\\', &text[at..end]).is_some();
    Some((end, escaped))
}

/// Whether an even number of backslashes stands before `end`.
fn is_unescaped(text: &[u8], end: usize) -> bool {
    text[..end].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 0
}

/// The top bit of every byte of `word` that equals `byte`.
pub(super) const fn bytes_equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    let differ = word ^ u64::from_le_bytes([byte; 8]);
    !(((differ & LOW) + LOW) | differ | LOW)
}

/// Where the text of a value lies: in the record or in the scratch. Resolve with [`Scratch::get`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    len: u32,
    in_scratch: bool,
    present: bool,
}

impl Span {
    pub(crate) const NONE: Self = Self { start: 0, len: 0, in_scratch: false, present: false };

    pub(crate) const fn is_some(self) -> bool {
        self.present
    }

    /// So many bytes of it from the `from`th on.
    pub(crate) const fn part(self, from: usize, len: usize) -> Self {
        Self { start: self.start + from as u32, len: len as u32, ..self }
    }
}

/// Reused space for texts that had to be unescaped. Texts without an escape stay ranges of the record.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bytes: Vec<u8>,
    base: usize,
}

impl Scratch {
    /// Forgets the last record; `record` is the one whose strings will be kept next.
    pub(crate) fn start(&mut self, record: &[u8]) {
        self.bytes.clear();
        self.base = record.as_ptr() as usize;
    }

    /// Bytes owned.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Notes a string of the current record; unescapes it into the scratch when it has escapes.
    pub(crate) fn keep(&mut self, raw: RawStr<'_>) -> Span {
        if raw.escaped {
            let start = self.bytes.len();
            unescape(raw.bytes, &mut self.bytes);
            Span { start: start as u32, len: (self.bytes.len() - start) as u32, in_scratch: true, present: true }
        } else {
            let start = (raw.bytes.as_ptr() as usize).wrapping_sub(self.base);
            Span { start: start as u32, len: raw.bytes.len() as u32, in_scratch: false, present: true }
        }
    }

    /// Appends text made by `write` (decoded hex, joined arguments).
    pub(crate) fn compose(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.bytes.len();
        write(&mut self.bytes);
        Span {
            start: start as u32,
            len: self.bytes.len().saturating_sub(start) as u32,
            in_scratch: true,
            present: true,
        }
    }

    /// The text of a span; `record` is the one given to [`Scratch::start`].
    pub(crate) fn get<'a>(&'a self, record: &'a [u8], span: Span) -> Option<&'a [u8]> {
        if !span.present {
            return None;
        }
        let from = if span.in_scratch { &self.bytes } else { record };
        from.get(span.start as usize..span.start as usize + span.len as usize)
    }
}

/// Appends the text of a JSON string. A lone surrogate or an unknown escape is kept as U+FFFD or as written.
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    out.reserve(raw.len());
    let mut rest = raw;
    loop {
        // Escapes mostly follow each other closely, so the way to the next one goes by words.
        let mut plain = 0;
        while let Some(word) = rest.get(plain..).and_then(<[u8]>::first_chunk) {
            let slashes = bytes_equal(u64::from_le_bytes(*word), b'\\');
            out.extend_from_slice(word);
            if slashes != 0 {
                let before = slashes.trailing_zeros() as usize / 8;
                out.truncate(out.len() - 8 + before);
                plain += before;
                break;
            }
            plain += 8;
        }
        rest = rest.get(plain..).unwrap_or_default();
        if rest.first() != Some(&b'\\') {
            let Some(p) = memchr::memchr(b'\\', rest) else { break };
            out.extend_from_slice(&rest[..p]);
            rest = &rest[p..];
        }
        let Some((&escape, tail)) = rest.get(1..).and_then(<[u8]>::split_first) else { return };
        rest = tail;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let (c, used) = code_point(rest);
                rest = &rest[used..];
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
}

/// The character after `\u`, pairing surrogates, and how many bytes it took.
pub(super) fn code_point(rest: &[u8]) -> (char, usize) {
    let Some(first) = hex4(rest) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if (0xD800..0xDC00).contains(&first)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(second) = hex4(&rest[6..]).filter(|s| (0xDC00..0xE000).contains(s))
    {
        let c = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

fn hex4(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |n, &b| Some(n * 16 + (b as char).to_digit(16)?))
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
