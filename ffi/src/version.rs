//! Which library this is.

use crate::text::ipcsentry_text;

/// The ABI this header describes. 0 makes no promise: until 1.0 a program is to be built with the header of the library
/// it runs with, and should compare this with `ipcsentry_abi_version()` at its start.
pub const IPCSENTRY_ABI_VERSION: u32 = 0;

/// The library's version, such as `0.1.0`. The text lives as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn ipcsentry_version() -> ipcsentry_text {
    ipcsentry_text::of(env!("CARGO_PKG_VERSION"))
}

/// The ABI the library has; compare it with `IPCSENTRY_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn ipcsentry_abi_version() -> u32 {
    IPCSENTRY_ABI_VERSION
}
