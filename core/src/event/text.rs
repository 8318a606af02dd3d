//! Text of telemetry.

use alloc::string::String;

use crate::util::digits::pair;

/// Text as logged, unescaped. It is usually UTF-8, but need not be.
pub type Text<'a> = &'a [u8];

/// A GUID as `{8-4-4-4-12}` lower-case hex.
pub(crate) fn guid_text(bytes: &[u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"{00000000-0000-0000-0000-000000000000}";
    // Each of the dashes before a byte moves it on by one.
    for (at, byte) in bytes.iter().enumerate() {
        let place = 1 + 2 * at + [4, 6, 8, 10].iter().filter(|&&dash| at >= dash).count();
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 0xf)];
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

/// The bytes of a GUID in its text form, with or without braces, in upper or lower case.
pub(crate) fn guid_bytes(text: &[u8]) -> Option<[u8; 16]> {
    let text = match text {
        [b'{', inner @ .., b'}'] => inner,
        bare => bare,
    };
    let text: &[u8; 36] = text.try_into().ok()?;
    if [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    // Where the two digits of each byte stand.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut bits = 0;
    let bytes = PLACES.map(|at| {
        let (byte, both) = pair(text[at], text[at + 1]);
        bits |= both;
        byte
    });
    // A byte that is no digit sets a high bit.
    (bits < 16).then_some(bytes)
}
