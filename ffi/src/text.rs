//! Views: a pointer and a length, without a terminator, so that a NUL is a byte like any other.

use core::ffi::{c_char, c_void};

use crate::ptr;
use crate::status::ipcsentry_status;

/// Text: `len` bytes at `data`, without a terminator. The library returns UTF-8; it accepts other bytes unless the
/// function says otherwise. With `len` 0 the text is empty, and `data` may be NULL.
///
/// Lifetime and threads: a view into its owner, valid as long as the function that returns it says; a text that the
/// caller passes is read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_text {
    /// The first byte.
    pub data: *const c_char,
    /// How many.
    pub len: usize,
}

/// Raw telemetry: `len` bytes at `data`. With `len` 0 it is empty, and `data` may be NULL.
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

    /// Text that may be absent: `data` is NULL then, which it never is for text that is empty.
    pub(crate) fn of_optional(text: Option<&str>) -> Self {
        text.map_or(Self { data: core::ptr::null(), len: 0 }, Self::of)
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
