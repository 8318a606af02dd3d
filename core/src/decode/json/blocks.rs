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
    let points = !(((differ & each(0x7f)) + each(0x7f)) | differ) & each(0x80);
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

/// Whether a line of text that is written within a string has quotes; `None` if it has other escapes, quotes without a
/// backslash, or line feeds, or is short.
pub(crate) fn has_quotes(text: &[u8]) -> Option<bool> {
    let (bytes, nexts) = (&text[..text.len().checked_sub(1)?], &text[1..]);
    // The last block may begin within the one before.
    let last = Escapes::default().and(bytes.last_chunk()?, nexts.last_chunk()?);
    let blocks = bytes.as_chunks().0.iter().zip(nexts.as_chunks().0);
    let Escapes { slashes, others } = blocks.fold(last, |met, (bytes, nexts)| met.and(bytes, nexts));
    let is_cut = text.starts_with(b"\"") || matches!(text.last(), Some(b'\\' | b'\n'));
    (others == [0; BLOCK] && !is_cut).then_some(slashes != [0; BLOCK])
}

/// What blocks of a text have at any place.
#[derive(Default)]
struct Escapes {
    slashes: [u8; BLOCK],
    /// A backslash without a quote after it, a quote without a backslash before it, or a line feed.
    others: [u8; BLOCK],
}

impl Escapes {
    /// Notes a block, and the bytes that follow each of its bytes.
    #[inline(always)]
    fn and(mut self, bytes: &[u8; BLOCK], nexts: &[u8; BLOCK]) -> Self {
        let met = self.slashes.iter_mut().zip(&mut self.others);
        for ((slashes, others), (byte, next)) in met.zip(bytes.iter().zip(nexts)) {
            let slash = ones_if(*byte == b'\\');
            *slashes |= slash;
            *others |= slash ^ ones_if(*next == b'"') | ones_if(*byte == b'\n');
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{has_quotes, is_literal, is_number};
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

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
    fn other_escapes_than_those_of_quotes_are_found_wherever_they_stand() {
        for length in 0..100 {
            for at in 0..length {
                for mark in [&b"\""[..], b"\\", br#"\""#, br"\\", br"\n", b"\n", br#"\\""#, br#"\"\""#] {
                    let mut text = vec![b'a'; length];
                    text.splice(at..at, mark.iter().copied());
                    let rest: Vec<u8> = String::from_utf8(text.clone()).unwrap().replace("\\\"", "").into_bytes();
                    let has_others = rest.iter().any(|b| b"\"\\\n".contains(b));
                    let due = (text.len() > 32 && !has_others).then_some(rest.len() < text.len());
                    assert_eq!(has_quotes(&text), due, "{}", String::from_utf8_lossy(&text));
                }
            }
        }
    }
}
