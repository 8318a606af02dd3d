//! Views: a pointer and a length. No terminators, so a NUL is a byte like any other.

use core::ffi::{c_char, c_void};

use crate::ptr;
use crate::status::ipcsentry_status;

/// Text: `len` bytes at `data`, without a terminator. What the library gives is UTF-8; what it takes need not be, unless
/// said. Empty is any `data`, NULL too, and `len` 0.
///
/// Lifetime and threads: a view into its owner, valid as long as the function that gives it says; what the caller
/// passes is read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_text {
    /// The first byte.
    pub data: *const c_char,
    /// How many.
    pub len: usize,
}

/// Raw telemetry: `len` bytes at `data`. Empty is any `data`, NULL too, and `len` 0.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_bytes {
    /// The first byte.
    pub data: *const c_void,
    /// How many.
    pub len: usize,
}

impl ipcsentry_text {
    pub(crate) const fn of(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    /// # Safety
    /// The view is of readable bytes.
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], ipcsentry_status> {
        // SAFETY: by this function's contract.
        unsafe { ptr::bytes(self.data.cast(), self.len) }
    }
}

impl ipcsentry_bytes {
    /// # Safety
    /// The view is of readable bytes.
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], ipcsentry_status> {
        // SAFETY: by this function's contract.
        unsafe { ptr::bytes(self.data.cast(), self.len) }
    }
}
