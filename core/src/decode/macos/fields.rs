//! Small readers shared by the decoders of this platform.

use core::str::FromStr;

use crate::event::ProcessRef;

pub(super) use crate::decode::members::{
    Lost, assigned, faulty, malformed, members, number, parse, process_id, scalar, text,
};

/// Names the first process of a Mac, which is launchd whether or not a record says so.
pub(in crate::decode) fn name_launchd(process: &mut ProcessRef<'_>) {
    if process.pid == Some(1) && process.image.is_none() {
        process.image = Some(b"/sbin/launchd");
    }
}

/// The part of `text` after `marker`.
pub(super) fn after<'a>(text: &'a [u8], marker: &[u8]) -> Option<&'a [u8]> {
    memchr::memmem::find(text, marker).map(|at| &text[at + marker.len()..])
}

/// The part of `text` before the first of `ends`, or all of it.
pub(in crate::decode) fn until<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text.iter().position(|b| ends.contains(b)).unwrap_or(text.len());
    &text[..end]
}

/// The whole number at the start of `text`, with its sign.
pub(super) fn leading_number<T: FromStr>(text: &[u8]) -> Option<T> {
    let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    parse(text.get(..=digits)?)
}
