//! Searches texts by blocks of bytes, in loops that compile to vector instructions.

/// The number of bytes that are looked at together.
pub(super) const BLOCK: usize = 32;

/// Whether a block has neither an escape nor a quote.
#[inline(always)]
pub(super) fn is_plain(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(0, |met, byte| met | u8::from(*byte == b'\\') | u8::from(*byte == b'"')) == 0
}

/// Whether the first `length` bytes of a text have neither quotes nor backslashes.
pub(crate) fn is_literal(text: &[u8], length: usize) -> bool {
    are_all(text, length, |byte| byte != b'"' && byte != b'\\')
}

/// Whether the first `length` bytes of a text are digits and points. They are read by words, because numbers are short and
/// often all that is left of a wrapper.
pub(crate) fn is_number(text: &[u8], length: usize) -> bool {
    let Some(text) = text.get(..length) else { return false };
    match text.last_chunk() {
        // The last word may begin within the one before.
        Some(last) => is_number_word(last) && text.as_chunks().0.iter().all(is_number_word),
        None => text.iter().all(|&byte| byte.is_ascii_digit() || byte == b'.'),
    }
}

/// Whether eight bytes are digits and points.
#[inline(always)]
fn is_number_word(word: &[u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    let word = u64::from_le_bytes(*word);
    let differ = word ^ each(b'.');
    let points = !((differ & each(0x7f)) + each(0x7f) | differ) & each(0x80);
    // A point is two less than a zero. A digit's upper half is 3, and still is when six are added.
    let digits = word + (points >> 6);
    let more = (digits & each(0x7f)) + each(6);
    digits & each(0xf0) == each(0x30) && more & each(0xf0) == each(0x30)
}

/// Whether the first `length` bytes of a text are so. Most values are shorter than a block, and more of a wrapper follows.
#[inline(always)]
fn are_all(text: &[u8], length: usize, is_so: impl Fn(u8) -> bool) -> bool {
    /// Ones in front of zeros.
    static ONES: [u8; 2 * BLOCK] = {
        let mut ones = [0; 2 * BLOCK];
        let mut at = 0;
        while at < BLOCK {
            ones[at] = 0xff;
            at += 1;
        }
        ones
    };
    if let (Some(from), Some(block)) = (BLOCK.checked_sub(length), text.first_chunk::<BLOCK>())
        && let Some(is_asked) = ONES.get(from..).and_then(<[u8]>::first_chunk::<BLOCK>)
    {
        let mut others = [0; BLOCK];
        for (other, (byte, is_asked)) in others.iter_mut().zip(block.iter().zip(is_asked)) {
            *other = ones_if(!is_so(*byte)) & is_asked;
        }
        return others == [0; BLOCK];
    }
    text.get(..length).is_some_and(|text| text.iter().all(|&byte| is_so(byte)))
}

/// A byte of ones, or of zeros. Loops over blocks with it compile to vector instructions.
#[inline(always)]
const fn ones_if(is_so: bool) -> u8 {
    (is_so as u8).wrapping_neg()
}

/// What a line of text has that is written within a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    None,
    /// Quotes alone.
    Quotes,
    /// Separators, with a quote after the last of them, and perhaps other quotes.
    Separators,
}

/// The separator of auditd's fields as it is written within a string.
const SEPARATOR: &[u8] = b"\\u001d";

/// What a line of text has that is written within a string; `None` if it has other escapes than those of quotes and
/// separators, quotes without a backslash, or line feeds, or is short.
pub(crate) fn escapes(text: &[u8]) -> Option<Escapes> {
    let (mut rest, mut slashes) = (text, [0; BLOCK]);
    let mut is_separated = false;
    while let Some(at) = first_other(rest, &mut slashes) {
        rest = rest.get(at..)?.strip_prefix(SEPARATOR)?;
        is_separated = true;
    }
    if text.len() <= BLOCK {
        None
    } else if is_separated {
        memchr::memchr(b'"', rest).map(|_| Escapes::Separators)
    } else {
        Some(if slashes == [0; BLOCK] { Escapes::None } else { Escapes::Quotes })
    }
}

/// Where the first backslash without a quote after it, byte without a backslash before a quote, or line feed stands. Notes
/// in `slashes` whether there are backslashes.
#[inline(always)]
fn first_other(text: &[u8], slashes: &mut [u8; BLOCK]) -> Option<usize> {
    if text.starts_with(b"\"") {
        return Some(0);
    }
    let (last, bytes) = text.split_last()?;
    let nexts = &text[1..];
    if let (Some(last_bytes), Some(last_nexts)) = (bytes.last_chunk(), nexts.last_chunk()) {
        for (at, (bytes, nexts)) in bytes.as_chunks().0.iter().zip(nexts.as_chunks().0).enumerate() {
            if let Some(ahead) = first_other_of(bytes, nexts, slashes) {
                return Some(at * BLOCK + ahead);
            }
        }
        // The last block may begin within the one before.
        if let Some(ahead) = first_other_of(last_bytes, last_nexts, slashes) {
            return Some(bytes.len() - BLOCK + ahead);
        }
    } else if let Some(at) = bytes.iter().zip(nexts).position(|(byte, next)| other(*byte, *next) != 0) {
        return Some(at);
    }
    matches!(last, b'\\' | b'\n').then_some(bytes.len())
}

/// Likewise, of a block and the bytes that follow each of its bytes.
#[inline(always)]
fn first_other_of(bytes: &[u8; BLOCK], nexts: &[u8; BLOCK], slashes: &mut [u8; BLOCK]) -> Option<usize> {
    let mut others = [0; BLOCK];
    let met = slashes.iter_mut().zip(&mut others);
    for ((slash, met), (byte, next)) in met.zip(bytes.iter().zip(nexts)) {
        *slash |= ones_if(*byte == b'\\');
        *met = other(*byte, *next);
    }
    if others == [0; BLOCK] { None } else { others.iter().position(|&met| met != 0) }
}

/// Ones if a byte is a backslash before no quote, another byte before a quote, or is a line
/// feed.
#[inline(always)]
const fn other(byte: u8, next: u8) -> u8 {
    ones_if(byte == b'\\') ^ ones_if(next == b'"') | ones_if(byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::{Escapes, escapes, is_literal, is_number};
    use alloc::vec;

    #[test]
    fn bytes_are_looked_at_in_blocks_up_to_the_length_and_no_further() {
        for size in 0..80 {
            for at in 0..size {
                let (mut text, mut number) = (vec![b'a'; size], vec![b'7'; size]);
                (text[at], number[at]) = ([b'"', b'\\'][at % 2], [b'-', b'"', b'/', b':'][at % 4]);
                for length in 0..=size {
                    assert_eq!(is_literal(&text, length), length <= at, "{size} {at} {length}");
                    assert_eq!(is_number(&number, length), length <= at, "{size} {at} {length}");
                }
                assert!(!is_literal(&text, size + 1));
            }
        }
        assert!(is_number(b"1771335400.001", 14));
        for byte in 0..=u8::MAX {
            for at in 0..9 {
                let mut text = *b"00.99.012";
                text[at] = byte;
                assert_eq!(is_number(&text, 9), byte.is_ascii_digit() || byte == b'.', "{byte} {at}");
            }
        }
    }

    /// What is found in blocks is what a look at each byte finds, wherever it stands.
    #[test]
    fn other_escapes_than_those_of_quotes_and_separators_are_found_wherever_they_stand() {
        const MARKS: [&str; 13] = [
            "\"", "\\", r#"\""#, r"\\", r"\n", "\n", r#"\\""#, r#"\"\""#, r"\u001d", r#"\u001dA=\""#, r"\u001e",
            r#"\u001d\u001d\""#, r#"\u001d""#,
        ];
        for length in 0..100 {
            for at in 0..length {
                for mark in MARKS {
                    let mut text = "a".repeat(length);
                    text.insert_str(at, mark);
                    let rest = text.replace("\\\"", "").replace(r"\u001d", "");
                    let end = text.rfind(r"\u001d").unwrap_or_default();
                    let is_read = text.len() > 32 && !rest.contains(['"', '\\', '\n']);
                    let due = match (text.contains("u001d"), text.contains('"')) {
                        (true, _) => text[end..].contains('"').then_some(Escapes::Separators),
                        (false, true) => Some(Escapes::Quotes),
                        (false, false) => Some(Escapes::None),
                    };
                    assert_eq!(escapes(text.as_bytes()), due.filter(|_| is_read), "{text}");
                }
            }
        }
    }
}
