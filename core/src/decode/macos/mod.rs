//! macOS: eslogger, unified log and osquery.

use alloc::boxed::Box;

use super::{Decoder, Format};

/// Recognises this platform's formats.
pub(super) fn detect(_head: &[u8]) -> Option<Format> {
    None
}

/// A decoder for one of this platform's formats.
pub(super) fn decoder(format: Format) -> Box<dyn Decoder> {
    todo!("{format:?}")
}
