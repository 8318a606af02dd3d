//! Text of telemetry.

use alloc::format;
use alloc::string::String;

/// Text as logged, unescaped. It is usually UTF-8, but need not be.
pub type Text<'a> = &'a [u8];

/// A GUID as `{8-4-4-4-12}` lower-case hex.
pub(crate) fn guid_text(bytes: &[u8; 16]) -> String {
    let n = u128::from_be_bytes(*bytes);
    format!(
        "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
        (n >> 96) as u32,
        (n >> 80) as u16,
        (n >> 64) as u16,
        (n >> 48) as u16,
        n & 0xffff_ffff_ffff
    )
}
