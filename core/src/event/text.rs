//! Text of telemetry.

use alloc::string::String;

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

/// The bytes of a GUID in its text form, with or without braces.
pub(crate) fn guid_bytes(text: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let dashes = [8, 13, 18, 23];
    if inner.len() != 36 || !inner.bytes().enumerate().all(|(at, b)| (b == b'-') == dashes.contains(&at)) {
        return None;
    }
    let digits: String = inner.chars().filter(|c| *c != '-').collect();
    // `from_str_radix` accepts a sign.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}
