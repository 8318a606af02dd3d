//! The versions of the library and of its ABI.

use crate::text::ipcsentry_text;

/// The ABI that this header describes. 0 promises no compatibility: until 1.0, build a program with the header of the
/// very library that it runs with, and compare this number with `ipcsentry_abi_version()` at its start.
pub const IPCSENTRY_ABI_VERSION: u32 = 0;

/// The library's version, such as `0.1.0`. The text lives as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn ipcsentry_version() -> ipcsentry_text {
    ipcsentry_text::of(env!("CARGO_PKG_VERSION"))
}

/// The ABI of the library, to be compared with `IPCSENTRY_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn ipcsentry_abi_version() -> u32 {
    IPCSENTRY_ABI_VERSION
}
