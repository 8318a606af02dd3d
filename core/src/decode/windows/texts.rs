//! Unescaping of texts.

use super::super::json::{ESCAPES, RawStr, code_point, first_equal};

/// A reused buffer for the unescaped texts of one record.
///
/// Unescaping makes no text longer, so twice the record's length is enough for every text, and for every text once more
/// as a part of a joined one.
pub(super) struct Arena<'a> {
    free: &'a mut [u8],
}

/// Bytes that texts are copied by.
const WORD: usize = 8;

impl<'a> Arena<'a> {
    /// Space for one record of `len` bytes. `buffer` grows if necessary and is reused for later records.
    pub(super) fn new(buffer: &'a mut alloc::vec::Vec<u8>, len: usize) -> Self {
        let need = len.saturating_mul(2);
        if buffer.len() < need {
            buffer.resize(need, 0);
        }
        Self { free: buffer }
    }

    /// The text of a JSON string without JSON and HTML escapes, or of an XML element without the latter.
    pub(super) fn text(&mut self, raw: RawStr<'a>) -> Option<&'a [u8]> {
        let html = memchr::memchr(b'&', raw.bytes).is_some();
        if !raw.escaped && !html {
            return Some(raw.bytes);
        }
        self.write(raw.bytes.len(), |out| {
            let len = if raw.escaped { unescape_json(raw.bytes, out) } else { copy(raw.bytes, out) };
            out.get_mut(..len).map_or(0, |text| if html { unescape_html(text) } else { len })
        })
    }

    /// The text of a JSON string without JSON escapes, for text that is parsed again: HTML escapes are kept.
    pub(super) fn plain(&mut self, raw: RawStr<'a>) -> Option<&'a [u8]> {
        if raw.escaped { self.write(raw.bytes.len(), |out| unescape_json(raw.bytes, out)) } else { Some(raw.bytes) }
    }

    /// A text with each pair of the byte `double` replaced by a single one, as for quotes in a quoted CSV cell.
    pub(super) fn halved(&mut self, text: &[u8], double: u8) -> Option<&'a [u8]> {
        self.write(text.len(), |out| {
            let mut used = 0;
            let mut bytes = text.iter().peekable();
            while let Some(&byte) = bytes.next() {
                if byte == double {
                    bytes.next_if(|&&next| next == double);
                }
                if let Some(slot) = out.get_mut(used) {
                    *slot = byte;
                    used += 1;
                }
            }
            used
        })
    }

    /// Two texts with one byte between them.
    pub(super) fn join(&mut self, head: &[u8], between: u8, tail: &[u8]) -> Option<&'a [u8]> {
        let len = head.len() + 1 + tail.len();
        self.write(len, |out| {
            let all = head.iter().chain(core::iter::once(&between)).chain(tail);
            for (slot, &byte) in out.iter_mut().zip(all) {
                *slot = byte;
            }
            len
        })
    }

    /// Lends `write` a buffer of at least `most` bytes, where there is room for whole words at its end, and keeps the
    /// bytes that it used, whose number it returns.
    fn write(&mut self, most: usize, write: impl FnOnce(&mut [u8]) -> usize) -> Option<&'a [u8]> {
        let most = if most + WORD <= self.free.len() { most + WORD } else { most };
        let used = write(self.free.get_mut(..most)?);
        let (text, free) = core::mem::take(&mut self.free).split_at_mut_checked(used)?;
        self.free = free;
        Some(text)
    }
}

/// Copies a text without escapes and returns its length.
fn copy(raw: &[u8], out: &mut [u8]) -> usize {
    out.get_mut(..raw.len()).map_or(0, |out| {
        out.copy_from_slice(raw);
        raw.len()
    })
}

/// Writes a JSON string without its escapes and returns the length, which is at most the string's. Of an unknown escape
/// only the backslash is removed.
fn unescape_json(raw: &[u8], out: &mut [u8]) -> usize {
    let most = out.len();
    let (mut rest, mut room) = (raw, out);
    loop {
        // The backslashes of paths are close together, so words are searched for the next one.
        while let (Some(word), Some(slots)) = (rest.first_chunk::<8>(), room.first_chunk_mut::<8>()) {
            *slots = *word;
            let slashes = first_equal(u64::from_le_bytes(*word), b'\\');
            if slashes == 0 {
                (rest, room) = (&rest[8..], &mut room[8..]);
                continue;
            }
            let plain = slashes.trailing_zeros() as usize / 8 % 8;
            match rest.get(plain + 1) {
                Some(&escape) if escape != b'u' => {
                    room[plain] = ESCAPES[usize::from(escape)];
                    (rest, room) = (&rest[plain + 2..], &mut room[plain + 1..]);
                }
                _ => {
                    (rest, room) = (&rest[plain..], &mut room[plain..]);
                    break;
                }
            }
        }
        let (byte, tail) = match *rest {
            [b'\\', b'u', ref tail @ ..] => {
                let mut code = [0; 4];
                let (text, tail) = match code_point(tail) {
                    (_, 0) => (&b"u"[..], tail),
                    (c, len) => (c.encode_utf8(&mut code).as_bytes(), tail.get(len..).unwrap_or_default()),
                };
                let used = most - room.len();
                let Some((slots, free)) = room.split_at_mut_checked(text.len()) else { return used };
                slots.copy_from_slice(text);
                (rest, room) = (tail, free);
                continue;
            }
            [b'\\', escape, ref tail @ ..] => (ESCAPES[usize::from(escape)], tail),
            // A lone backslash at the end escapes nothing.
            [] | [b'\\'] => return most - room.len(),
            [byte, ref tail @ ..] => (byte, tail),
        };
        let used = most - room.len();
        let Some((slot, free)) = room.split_first_mut() else { return used };
        *slot = byte;
        (rest, room) = (tail, free);
    }
}

/// HTML entities that exporters leave in texts which were XML before.
const ENTITIES: [(&[u8], u8); 6] =
    [(b"&lt;", b'<'), (b"&gt;", b'>'), (b"&amp;", b'&'), (b"&quot;", b'"'), (b"&apos;", b'\''), (b"&#39;", b'\'')];

/// Replaces HTML entities in place, once, and returns the new length.
fn unescape_html(text: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let mut plain = [0; 4];
        let (bytes, len): (&[u8], usize) = match ENTITIES.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, byte)) => {
                plain[0] = *byte;
                (&plain[..1], name.len())
            }
            None => match numbered(rest) {
                Some((c, len)) => (c.encode_utf8(&mut plain).as_bytes(), len),
                None => {
                    plain[0] = rest.first().copied().unwrap_or_default();
                    (&plain[..1], 1)
                }
            },
        };
        // No text becomes longer: a reference has more bytes than the character in UTF-8.
        if let Some(room) = text.get_mut(to..to + bytes.len()) {
            room.copy_from_slice(bytes);
        }
        from += len;
        to += bytes.len();
    }
    to
}

/// The character that a reference by number (`&#13;`, `&#xD;`) stands for, and the length of the reference.
fn numbered(text: &[u8]) -> Option<(char, usize)> {
    let digits = text.strip_prefix(b"&#")?;
    let (digits, radix, mark) = match digits.strip_prefix(b"x") {
        Some(hex) => (hex, 16, 3),
        None => (digits, 10, 2),
    };
    let end = digits.iter().take(8).position(|&b| b == b';').filter(|&end| end > 0)?;
    let number = digits
        .get(..end)?
        .iter()
        .try_fold(0_u32, |n, &b| n.checked_mul(radix)?.checked_add(char::from(b).to_digit(radix)?))?;
    Some((char::from_u32(number)?, mark + end + 1))
}

/// Whether a text is a placeholder for an unknown value.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    matches!(text, b"" | b"-" | b"?" | b"<unknown process>" | b"(null)")
}

#[cfg(test)]
mod tests {
    use super::super::super::json::RawStr;
    use super::Arena;

    fn text(raw: &str) -> std::string::String {
        unescaped(raw, raw.contains('\\'))
    }

    fn unescaped(raw: &str, escaped: bool) -> std::string::String {
        let mut buffer = alloc::vec::Vec::new();
        let mut arena = Arena::new(&mut buffer, raw.len());
        let raw = RawStr { bytes: raw.as_bytes(), escaped };
        std::string::String::from_utf8(arena.text(raw).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn both_escapings_are_undone_once() {
        assert_eq!(text(r"C:\\a\\b"), r"C:\a\b");
        assert_eq!(text(r"&lt;Anonymous Pipe&gt;"), "<Anonymous Pipe>");
        assert_eq!(
            text(r#"\"a\" &amp;&quot;b&apos; &amp;lt; &x \u00e9\ud83d\ude00\uZZ\q"#),
            "\"a\" &\"b' &lt; &x é😀uZZq"
        );
    }

    #[test]
    fn escapes_become_text_in_any_sequence() {
        const PIECES: [(&str, &str); 6] =
            [("x", "x"), (r#"\""#, "\""), (r"\\", "\\"), (r"\n", "\n"), (r"\u0041", "A"), (r"\u", "u")];
        for number in 0..6_usize.pow(5) {
            let pieces = (0..5).map(|place| PIECES[number / 6_usize.pow(place) % 6]);
            let before = "b".repeat(number % 9);
            let (raw, plain) =
                pieces.fold((before.clone(), before), |(raw, plain), piece| (raw + piece.0, plain + piece.1));
            assert_eq!(unescaped(&raw, true), plain, "{raw}");
        }
    }

    #[test]
    fn xml_has_no_backslash_escapes_and_characters_by_number() {
        assert_eq!(
            unescaped(r"C:\new &amp; &#x41;&#233;&#13;&#;&#xZ;&#99999999;", false),
            "C:\\new & Aé\r&#;&#xZ;&#99999999;"
        );
    }

    #[test]
    fn a_full_arena_gives_nothing_instead_of_a_cut_text() {
        let mut buffer = alloc::vec::Vec::new();
        let mut arena = Arena::new(&mut buffer, 4);
        assert_eq!(arena.join(b"abc", b'\\', b"def"), Some(&b"abc\\def"[..]));
        assert_eq!(arena.join(b"a", b'\\', b"b"), None);
    }
}
