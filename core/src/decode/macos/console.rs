//! Unified log entries copied from Console.app with its default columns: `type<TAB>time<TAB>process<TAB>message`. The
//! shape comes from an analyst's copies; the words of the first column are unconfirmed.
//!
//! The copies lack the day, the process id and the subsystem. The day is set to 1 January 1970, and the subsystem is
//! derived from the message.

use core::ops::Range;

use crate::time::Timestamp;

const TYPES: [&[u8]; 6] = [b"default", b"info", b"debug", b"error", b"fault", b"activity"];

/// An entry, with the ranges of its parts in the line.
pub(super) struct Copied {
    pub(super) time: Timestamp,
    pub(super) process: Range<usize>,
    pub(super) message: usize,
}

/// Reads the first line of an entry.
pub(super) fn read(line: &[u8]) -> Option<Copied> {
    let mut columns = line.splitn(4, |&b| b == b'\t');
    let kind = columns.next().filter(|kind| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)))?;
    let clock = columns.next()?;
    let process = columns.next()?;
    let _message = columns.next()?;
    let time = time_of_day(clock)?;
    let begin = kind.len() + 1 + clock.len() + 1;
    Some(Copied { time, process: begin..begin + process.len(), message: begin + process.len() + 1 })
}

/// Parses `14:23:45.123456+0200`.
fn time_of_day(clock: &[u8]) -> Option<Timestamp> {
    const DAY: &[u8] = b"1970-01-01 ";
    let mut text = [0; 48];
    let end = DAY.len() + clock.len();
    text.get_mut(..DAY.len())?.copy_from_slice(DAY);
    text.get_mut(DAY.len()..end)?.copy_from_slice(clock);
    (clock.get(2) == Some(&b':')).then(|| Timestamp::parse(text.get(..end)?)).flatten()
}

/// The subsystem that writes such messages; empty when it is not a supported one.
pub(super) fn subsystem(process: &[u8], message: &[u8]) -> &'static [u8] {
    let has = |marker: &[u8]| memchr::memmem::find(message, marker).is_some();
    if process == b"tccd" {
        b"com.apple.TCC"
    } else if message.starts_with(b"activating connection: ") {
        b"com.apple.xpc"
    } else if has(b"event={") && has(b"sendTo") || has(b"reply={") && has(b"Reply of") {
        b"com.apple.appleevents"
    } else {
        b""
    }
}
