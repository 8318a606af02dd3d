//! Reads JSON with comments and trailing commas into a tree. Every value has its offset in the text.
//!
//! Comments (`// to the end of the line`, `/* … */`) may stand wherever white space may. A comma may follow the last
//! item of a list or the last member of an object. All else is JSON. A repeated name in one object is an error.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Deepest nesting of lists and objects.
const DEEPEST: usize = 128;

/// A value, and the offset of its first byte in the text.
#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) at: usize,
    pub(crate) data: Data<'a>,
}

/// What a value is. A text without escapes is borrowed from the document.
#[derive(Clone, Debug)]
pub(crate) enum Data<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Decimal(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Object(Vec<Member<'a>>),
}

/// A member of an object, in the order of the text.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    /// The offset of the name.
    pub(crate) at: usize,
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Value<'a>,
}

/// A fault of the text and its offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) at: usize,
    pub(crate) what: String,
}

/// Reads a text that is one value.
pub(crate) fn parse(text: &[u8]) -> Result<Value<'_>, SyntaxError> {
    let text = core::str::from_utf8(text)
        .map_err(|e| SyntaxError { at: e.valid_up_to(), what: "is not UTF-8".to_string() })?;
    let mut reader = Reader { text, at: 0, depth: 0 };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.skip_blanks()?;
    let value = reader.value()?;
    reader.skip_blanks()?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.error("the text should end here")),
    }
}

/// The offset in the source of a byte of a string, given the offset of the string's opening quote. An escape is longer
/// in the source than its character.
pub(crate) fn source_offset(source: &[u8], quote: usize, within: usize) -> usize {
    let mut at = quote + 1;
    let mut left = within;
    while left > 0 {
        let (raw, content) = match source.get(at..) {
            Some([b'\\', b'u', digits @ ..]) => escape_lengths(digits),
            Some([b'\\', ..]) => (2, 1),
            Some([_, ..]) => (1, 1),
            _ => break,
        };
        if content > left {
            break;
        }
        at += raw;
        left -= content;
    }
    at
}

/// The length in the source of a `\u` escape with these digits, and the length of its character in UTF-8.
fn escape_lengths(digits: &[u8]) -> (usize, usize) {
    let unit = |digits: &[u8]| {
        let text = core::str::from_utf8(digits.get(..4)?).ok()?;
        u32::from_str_radix(text, 16).ok()
    };
    match unit(digits).unwrap_or_default() {
        0..0x80 => (6, 1),
        0x80..0x800 => (6, 2),
        0xd800..0xdc00 => (12, 4),
        _ => (6, 3),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, what: impl fmt::Display) -> SyntaxError {
        SyntaxError { at: self.at, what: what.to_string() }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            match rest {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => {
                    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
                    self.at += rest.iter().take_while(is_blank).count();
                }
                [b'/', b'/', ..] => self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', inside @ ..] => match memchr::memmem::find(inside, b"*/") {
                    Some(end) => self.at += end + 4,
                    None => return Err(self.error("this comment is not closed")),
                },
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self) -> Result<Value<'a>, SyntaxError> {
        let at = self.at;
        let data = match self.peek() {
            Some(b'"') => Data::Text(self.string()?),
            Some(b'[') => self.nested(Self::list)?,
            Some(b'{') => self.nested(Self::object)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Data::Bool(true))?,
            Some(b'f') => self.word("false", Data::Bool(false))?,
            Some(b'n') => self.word("null", Data::Null)?,
            Some(_) => return Err(self.error("a value should stand here")),
            None => return Err(self.error("the text ends where a value should stand")),
        };
        Ok(Value { at, data })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Data<'a>, SyntaxError>) -> Result<Data<'a>, SyntaxError> {
        if self.depth == DEEPEST {
            return Err(self.error(format_args!("is nested more than {DEEPEST} deep")));
        }
        self.depth += 1;
        self.at += 1;
        let data = read(self)?;
        self.depth -= 1;
        Ok(data)
    }

    fn list(&mut self) -> Result<Data<'a>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            self.skip_blanks()?;
            if self.takes(b']') {
                return Ok(Data::List(items));
            }
            items.push(self.value()?);
            self.separator(b']')?;
        }
    }

    fn object(&mut self) -> Result<Data<'a>, SyntaxError> {
        let mut members: Vec<Member<'a>> = Vec::new();
        loop {
            self.skip_blanks()?;
            if self.takes(b'}') {
                return Ok(Data::Object(members));
            }
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("the name of a member, in quotes, or `}` should stand here"));
            }
            let name = self.string()?;
            if members.iter().any(|m| m.name == name) {
                return Err(SyntaxError { at, what: alloc::format!("`{name}` stands twice") });
            }
            self.skip_blanks()?;
            if !self.takes(b':') {
                return Err(self.error("`:` should stand here"));
            }
            self.skip_blanks()?;
            members.push(Member { at, name, value: self.value()? });
            self.separator(b'}')?;
        }
    }

    /// Takes a comma, unless the end of the list or object follows.
    fn separator(&mut self, end: u8) -> Result<(), SyntaxError> {
        self.skip_blanks()?;
        if self.takes(b',') || self.peek() == Some(end) {
            return Ok(());
        }
        Err(self.error(format_args!("`,` or `{}` should stand here", char::from(end))))
    }

    fn word(&mut self, word: &str, data: Data<'a>) -> Result<Data<'a>, SyntaxError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("a value should stand here"));
        }
        self.at += word.len();
        Ok(data)
    }

    fn number(&mut self) -> Result<Data<'a>, SyntaxError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let number = &rest[..end];
        let digits = number.strip_prefix('-').unwrap_or(number);
        let begins_well = match digits.as_bytes() {
            [b'0', b'0'..=b'9', ..] => false,
            [b'0'..=b'9', ..] => true,
            _ => false,
        };
        let data = match number.contains(['.', 'e', 'E']) {
            false => number.parse().ok().map(Data::Number),
            true => number.parse().ok().filter(|n: &f64| n.is_finite() && !number.ends_with('.')).map(Data::Decimal),
        };
        let data = data.filter(|_| begins_well);
        let data = data.ok_or_else(|| self.error(format_args!("`{number}` is no number, or too large a one")))?;
        self.at += end;
        Ok(data)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut string = Cow::Borrowed(self.plain());
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.to_mut().push(self.escape()?),
                None | Some(b'\n' | b'\r') => {
                    return Err(SyntaxError { at: start, what: "this text is not closed".into() });
                }
                Some(_) => return Err(self.error("a control character has to be written as `\\u` and four digits")),
            }
            string.to_mut().push_str(self.plain());
        }
    }

    /// Takes what stands before the next quote, escape or control character.
    fn plain(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let (words, tail) = rest.as_bytes().as_chunks::<8>();
        let marks = words.iter().map(|word| text_ends(u64::from_le_bytes(*word)));
        let length = match marks.enumerate().find(|(_, marks)| *marks != 0) {
            Some((word, marks)) => 8 * word + marks.trailing_zeros() as usize / 8,
            None => {
                let ends = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
                8 * words.len() + tail.iter().position(ends).unwrap_or(tail.len())
            }
        };
        self.at += length;
        &rest[..length]
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let escaped = self.text.as_bytes().get(self.at + 1);
        let plain = match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.error("is no escape of JSON; a backslash is written `\\\\`")),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode(&mut self) -> Result<char, SyntaxError> {
        let wrong = self.error("is no character: `\\u` takes four hex digits, and halves of a pair stand together");
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            let are_digits = digits.bytes().all(|b| b.is_ascii_hexdigit());
            u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
        };
        let first = unit(self.at).ok_or_else(|| wrong.clone())?;
        let (code, length) = match first {
            0xd800..0xdc00 => {
                let second = unit(self.at + 6).filter(|u| (0xdc00..0xe000).contains(u)).ok_or_else(|| wrong.clone())?;
                (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
            }
            _ => (first, 6),
        };
        let character = char::from_u32(code).ok_or(wrong)?;
        self.at += length;
        Ok(character)
    }
}

/// Sets the top bit of the first byte of eight that is a quote, a backslash or a control character; higher bits may be
/// set as well.
const fn text_ends(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let control = word.wrapping_sub(ONES * b' ' as u64) & !word;
    let (quote, escape) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
    (control | quote.wrapping_sub(ONES) & !quote | escape.wrapping_sub(ONES) & !escape) & TOPS
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::{Data, Value, parse, source_offset};

    /// The value as JSON without blanks.
    fn plain(value: &Value<'_>) -> String {
        let joined = |parts: alloc::vec::Vec<String>| parts.join(",");
        match &value.data {
            Data::Null => "null".into(),
            Data::Bool(flag) => format!("{flag}"),
            Data::Number(n) => format!("{n}"),
            Data::Decimal(n) => format!("{n}"),
            Data::Text(text) => format!("{text:?}"),
            Data::List(items) => format!("[{}]", joined(items.iter().map(plain).collect())),
            Data::Object(members) => {
                let member = |m: &super::Member| format!("{:?}:{}", m.name, plain(&m.value));
                format!("{{{}}}", joined(members.iter().map(member).collect()))
            }
        }
    }

    #[test]
    fn comments_and_trailing_commas_are_read_over() {
        let text = "\u{feff}// first\n{ /* a * / b */ \"b\": [1, -2, 2.5, 1e3, /**/ ], // \"x\": 1\n \"a\": {\"t\": true,}, \"n\": null }\n//";
        let value = parse(text.as_bytes()).expect("it is read");
        assert_eq!(plain(&value), r#"{"b":[1,-2,2.5,1000],"a":{"t":true},"n":null}"#);
    }

    #[test]
    fn every_value_knows_where_it_stands() {
        let value = parse(b"{\n  \"a\": [1,\n  \"x\"]}").expect("it is read");
        let Data::Object(members) = &value.data else { panic!("an object") };
        let Data::List(items) = &members[0].value.data else { panic!("a list") };
        assert_eq!((members[0].at, members[0].value.at, items[1].at), (4, 9, 15));
    }

    #[test]
    fn escapes_are_read_and_found_again_in_the_source() {
        let source = br#""a\n\u00e9\ud83d\ude00\\z""#;
        let value = parse(source).expect("it is read");
        let Data::Text(text) = &value.data else { panic!("a text") };
        assert_eq!(text, "a\n\u{e9}\u{1f600}\\z");
        let at = |c: char| source_offset(source, 0, text.find(c).expect("it is there"));
        assert_eq!([at('a'), at('\n'), at('\u{e9}'), at('\u{1f600}'), at('\\'), at('z')], [1, 2, 4, 10, 22, 24]);
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_place() {
        let deep = "[".repeat(129);
        let cases: &[(&str, usize)] = &[
            ("", 0),
            ("  ", 2),
            ("[1 2]", 3),
            ("[,]", 1),
            ("[1,,2]", 3),
            ("{,}", 1),
            ("{\"a\" 1}", 5),
            ("{\"a\":}", 5),
            ("{\"a\":1,\"a\":2}", 7),
            ("{a:1}", 1),
            ("\"abc", 0),
            ("\"a\nb\"", 0),
            ("\"a\tb\"", 2),
            (r#""\x""#, 1),
            (r#""\u12g4""#, 1),
            (r#""\ud800""#, 1),
            (r#""\udc00""#, 1),
            ("01", 0),
            ("-", 0),
            ("+1", 0),
            ("1.", 0),
            ("9223372036854775808", 0),
            ("1e999", 0),
            ("tru", 0),
            ("1 1", 2),
            ("/* x", 0),
            ("1 / 2", 2),
            (&deep, 128),
        ];
        for (text, at) in cases {
            assert_eq!(parse(text.as_bytes()).err().map(|e| e.at), Some(*at), "{text}");
        }
        assert_eq!(parse(b"\"a\xff\"").err().map(|e| e.at), Some(2));
    }
}
