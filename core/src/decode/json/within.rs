//! Reads a record as it is written within a string, where each of its quotes and backslashes has a backslash before it.
//!
//! Most records in wrappers are read like that, because to unescape a whole record costs half as much as to decode it.
//! What has other escapes (`\n`, `\u0022`, `\/`), or a quote without a backslash, is a fault here: the record is then
//! unescaped and read again.

use super::text::first_equal;
use super::{JsonError, MAX_DEPTH, MemberName, NEAR, RawStr, Reader};

impl<'a> Reader<'a> {
    /// Creates a reader of a record as it is written within a string. Strings that have escapes of their own, too, are
    /// written to `room`, where as many bytes as the record has are enough.
    pub(crate) const fn within(bytes: &'a [u8], room: &'a mut [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, quote: b'\\', room }
    }

    /// [`Reader::string`] for such a record.
    #[inline(never)]
    pub(super) fn string_within(&mut self) -> Result<RawStr<'a>, JsonError> {
        let bytes = self.bytes;
        let text = bytes.get(self.at..).and_then(|rest| rest.strip_prefix(br#"\""#)).ok_or(self.fault())?;
        let end = first_mark(text).ok_or(self.fault())?;
        // The first backslash belongs to the closing quote, unless the string has escapes of its own.
        if text[end..].starts_with(br#"\""#) {
            self.at += end + 4;
            return Ok(RawStr { bytes: &text[..end], escaped: false });
        }
        self.escaped_string(text)
    }

    /// Reads a string that begins with this text and has escapes of its own.
    #[inline(never)]
    fn escaped_string(&mut self, text: &[u8]) -> Result<RawStr<'a>, JsonError> {
        let (bytes, used) = self.unescaped::<false>(text)?;
        self.at += used + 2;
        Ok(RawStr { bytes, escaped: true })
    }

    /// [`Reader::plain_key`] for such a record.
    #[inline(never)]
    pub(super) fn plain_key_within(&mut self) -> Option<RawStr<'a>> {
        let (mark, text) = match self.bytes.get(self.at..)? {
            [b',', b'\\', b'"', text @ ..] => (3, text),
            [b'\\', b'"', text @ ..] => (2, text),
            _ => return None,
        };
        let (bytes, rest) = text.split_at_checked(first_mark(text)?)?;
        rest.starts_with(br#"\":"#).then(|| {
            self.at += mark + bytes.len() + 3;
            RawStr { bytes, escaped: false }
        })
    }

    /// [`Reader::takes_name`] for such a record; `at` is where the name begins if it is next.
    #[inline(never)]
    pub(super) fn takes_name_within(&mut self, at: usize, name: &MemberName) -> bool {
        let Some((b'\\', text)) = self.bytes.get(at..).and_then(<[u8]>::split_first) else { return false };
        // The closing quote and the colon.
        let end = name.length().saturating_sub(2);
        let is_next = text.first_chunk().is_some_and(|text| name.opens(text))
            && text.get(end..).is_some_and(|rest| rest.starts_with(br#"\":"#));
        if is_next {
            self.at = at + end + 4;
        }
        is_next
    }

    /// [`Reader::skip_container`] for such a record.
    pub(super) fn skip_within(&mut self, target: u32) -> Result<(), JsonError> {
        loop {
            match self.peek() {
                Some(b'\\') => {
                    self.string_within()?;
                    continue;
                }
                Some(b'{' | b'[') if self.depth < MAX_DEPTH => self.depth += 1,
                Some(b'}' | b']') => self.depth = self.depth.saturating_sub(1),
                Some(b'{' | b'[' | b'"') | None => return Err(self.fault()),
                _ => {}
            }
            self.at += 1;
            if self.depth == target {
                return Ok(());
            }
        }
    }

    /// The text of a part of such a record, which was skipped before.
    pub(super) fn text_within(&mut self, part: &[u8]) -> Result<&'a [u8], JsonError> {
        self.unescaped::<true>(part).map(|(text, _)| text)
    }

    /// The text of a part of the record up to the end of a string, or the `WHOLE` part, and how many bytes of it were
    /// read.
    fn unescaped<const WHOLE: bool>(&mut self, part: &[u8]) -> Result<(&'a [u8], usize), JsonError> {
        let room = core::mem::take(&mut self.room);
        let (length, used) = unescape::<WHOLE>(part, room).ok_or(self.fault())?;
        let (text, room) = room.split_at_mut(length);
        self.room = room;
        Ok((text, used))
    }
}

/// The first quote or backslash.
#[inline(always)]
fn first_mark(text: &[u8]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    let near = words.len().min(NEAR / 8);
    for (at, word) in words[..near].iter().enumerate() {
        let marks = marks(word);
        if marks != 0 {
            return Some(at * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    memchr::memchr2(b'"', b'\\', &text[near * 8..]).map(|ahead| near * 8 + ahead)
}

/// Sets the top bit of the first byte that is a quote or a backslash; higher bits may be set as well.
#[inline(always)]
fn marks(word: &[u8; 8]) -> u64 {
    let word = u64::from_le_bytes(*word);
    first_equal(word, b'"') | first_equal(word, b'\\')
}

/// Writes a string up to its closing quote, which is left out, or the `WHOLE` text, as the record has it. Returns how many
/// bytes were written and read; `None` if there is another escape than those of quotes and backslashes, or no room.
fn unescape<const WHOLE: bool>(text: &[u8], room: &mut [u8]) -> Option<(usize, usize)> {
    let most = room.len();
    let (mut rest, mut free) = (text, room);
    loop {
        while let (Some(word), Some(slots)) = (rest.first_chunk::<8>(), free.first_chunk_mut::<8>()) {
            *slots = *word;
            let marks = marks(word);
            if marks == 0 {
                (rest, free) = (&rest[8..], &mut free[8..]);
                continue;
            }
            let plain = marks.trailing_zeros() as usize / 8 % 8;
            (rest, free) = (&rest[plain..], &mut free[plain..]);
            // Most escapes are the backslashes of a path.
            match (rest.first_chunk(), free.first_chunk_mut()) {
                (Some(br"\\\\"), Some(slots)) => *slots = *br"\\",
                _ => break,
            }
            (rest, free) = (&rest[4..], &mut free[2..]);
        }
        let (written, used) = match *rest {
            [] if WHOLE => return Some((most - free.len(), text.len())),
            [b'\\', b'"', ..] if !WHOLE => return Some((most - free.len(), text.len() - rest.len() + 2)),
            [b'\\', b'"', ..] => (&b"\""[..], 2),
            // The record's own escapes.
            [b'\\', b'\\', b'\\', b'\\', ..] => (&br"\\"[..], 4),
            [b'\\', b'\\', b'\\', b'"', ..] => (&br#"\""#[..], 4),
            [b'\\', b'\\', byte, ..] if !matches!(byte, b'\\' | b'"') => (&br"\"[..], 2),
            [] | [b'\\' | b'"', ..] => return None,
            _ => (&rest[..1], 1),
        };
        let (slots, left) = free.split_at_mut_checked(written.len())?;
        slots.copy_from_slice(written);
        (rest, free) = (&rest[used..], left);
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::super::{MemberName, RawStr, Reader, Value};

    /// A text as it is written within a string.
    fn within(text: &str) -> String {
        text.replace('\\', r"\\").replace('"', r#"\""#)
    }

    /// What a walk met: opened containers, names, strings and whether they have escapes, other values, lists, and ends.
    type Met = Vec<(Option<u8>, Vec<u8>, bool)>;

    /// Reads an object member by member. Lists are taken as a whole, members called `skip` are skipped, and those called
    /// `next` are expected.
    fn walk(reader: &mut Reader<'_>, met: &mut Met) -> Option<()> {
        let next = MemberName::new(b"next");
        if reader.value().ok()? != Value::Object {
            return None;
        }
        loop {
            // Names are expected only where more of the record follows.
            let key = if reader.takes_name(&next) {
                RawStr { bytes: b"next", escaped: false }
            } else {
                let Some(key) = reader.next_key().ok()? else { return Some(()) };
                key
            };
            met.push((Some(b':'), key.bytes.to_vec(), key.escaped));
            match key.bytes {
                b"skip" => reader.skip().ok()?,
                b"deep" => walk(reader, met)?,
                _ => met.push(match reader.value().ok()? {
                    Value::String(text) => (None, text.bytes.to_vec(), text.escaped),
                    Value::Array => (Some(b'['), reader.array().ok()?.to_vec(), false),
                    Value::Object => {
                        reader.skip_container().ok()?;
                        (Some(b'{'), Vec::new(), false)
                    }
                    Value::Number(text) => (Some(b'0'), text.to_vec(), false),
                    other => (Some(b'l'), format!("{other:?}").into_bytes(), false),
                }),
            }
        }
    }

    fn met(mut reader: Reader<'_>) -> Option<Met> {
        let mut met = Vec::new();
        walk(&mut reader, &mut met)?;
        reader.at_end().then_some(met)
    }

    const RECORDS: [&str; 12] = [
        "{}",
        r#"{"a":"b","c":1,"next":"x","next":2,"d":null}"#,
        r#" { "a" : "b" , "next" : 1, "deep" : {"next":"","x":[ ]} } "#,
        r#"{"path":"C:\\Windows\\System32\\cmd.exe","line":"\"C:\\a b\\c.exe\" \"/x\\\" y","end":"\\"}"#,
        r#"{"next":"\\","next":"\"","next":"\\\\\"\\","skip":"\"","skip":["\\\"]",{"}":"{"}],"z":0}"#,
        r#"{"list":["a","b\\c","\"",["d",{"e":"]"}],1.5e3],"deep":{"deep":{"skip":{"a":{"b":["}"]}}}},"t":true}"#,
        r#"{"an \"escaped\" name":"u0041 \u0041 \ud83d\ude00 \n\t\/ é","skip":{"\\":"\u0022"},"f":false}"#,
        r#"{"a_name_that_is_much_longer_than_thirty_two_bytes":"and a text of more bytes than are searched word by word, \\ and beyond"}"#,
        r#"{"text of more than sixty-four bytes without any escape within the text itself":"é","next":{},"next":[]}"#,
        r#"{"a":{"b":1},"c":[],"d":-1,"e":NaN,"f":"a\\\\b\\\\\\\\c"}"#,
        r#"{"a":"é\é\\é","b":"\u","c":"\x","d":"x"}"#,
        r#"{"next":"one","nex":"two","nextt":3,"next" :4,"next":5}"#,
    ];

    #[test]
    fn a_record_is_read_within_a_string_as_it_is_outside() {
        for record in RECORDS {
            let raw = within(record);
            let mut room = vec![0; raw.len()];
            let due = met(Reader::new(record.as_bytes()));
            assert!(due.is_some(), "{record}");
            assert_eq!(met(Reader::within(raw.as_bytes(), &mut room)), due, "{record}");
        }
    }

    /// Whatever is read within a string, changed anywhere, is read like its text; and nothing with a quote or an escape
    /// of another kind is.
    #[test]
    fn what_is_changed_or_cut_is_read_like_its_text_or_not_at_all() {
        let (mut alike, mut refused) = (0, 0);
        for record in RECORDS {
            let raw = within(record);
            for at in 0..raw.len() {
                let mut changes = vec![raw.as_bytes()[..at].to_vec()];
                for new in
                    [&b"\""[..], b"\\", br#"\""#, br"\\", br"\n", br"\u0022", br"\/", b"{", b"}", b",", b" ", b"x"]
                {
                    changes.push([&raw.as_bytes()[..at], new, &raw.as_bytes()[at..]].concat());
                    changes.push([&raw.as_bytes()[..at], new, &raw.as_bytes()[at + 1..]].concat());
                }
                for changed in changes {
                    let mut room = vec![0; changed.len()];
                    let Some(read) = met(Reader::within(&changed, &mut room)) else {
                        refused += 1;
                        continue;
                    };
                    let shown = String::from_utf8_lossy(&changed);
                    let quoted = [b"\"", &changed[..], b"\""].concat();
                    let (mut string, mut text) = (Reader::new(&quoted), Vec::new());
                    assert_eq!(string.string_into(&mut text).unwrap().bytes, changed, "{shown}");
                    assert_eq!(met(Reader::new(&text)).as_ref(), Some(&read), "{shown}");
                    alike += 1;
                }
            }
        }
        assert!(alike > 5_000 && refused > 10_000, "{alike} {refused}");
    }

    #[test]
    fn a_number_with_an_escaped_digit_is_no_shorter_number() {
        let mut room = [0; 99];
        for (text, due) in [("70\\u0034", None), ("70\\n", None), ("70\\\\", None), ("70,", Some(&b"70"[..]))] {
            let read = Reader::within(text.as_bytes(), &mut room).value();
            assert_eq!(read.ok(), due.map(Value::Number), "{text}");
        }
        assert_eq!(Reader::new(b"70\\x").value(), Ok(Value::Number(b"70")));
    }

    #[test]
    fn without_room_nothing_with_escapes_of_its_own_is_read() {
        let raw = within(r#"{"a":"C:\\b"}"#);
        for (room, is_read) in [(0, false), (4, false), (5, true)] {
            let mut room = vec![0; room];
            assert_eq!(met(Reader::within(raw.as_bytes(), &mut room)).is_some(), is_read);
        }
        let mut room = vec![0; 99];
        let reader = Reader::within(raw.as_bytes(), &mut room);
        assert_eq!(met(reader.clone()), None);
        assert!(met(reader).is_some());
    }

    #[test]
    fn depth_is_limited() {
        for (depth, is_read) in [(63, true), (64, false)] {
            let record = format!("{{\"skip\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            let mut room = vec![0; 99];
            assert_eq!(met(Reader::new(record.as_bytes())).is_some(), is_read);
            assert_eq!(met(Reader::within(within(&record).as_bytes(), &mut room)).is_some(), is_read);
        }
    }
}
