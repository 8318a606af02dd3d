//! Entries as Console.app copies them, with the columns it shows unless others are asked for:
//! `type<TAB>time<TAB>process<TAB>message`. Shape by an analyst's copies; the words of the first column not confirmed.
//!
//! The day is not told, nor the process's id or the subsystem: the first of January 1970 stands for the day, and the
//! subsystem is known by what its messages look like.

use core::ops::Range;

use crate::time::Timestamp;

const TYPES: [&[u8]; 6] = [b"default", b"info", b"debug", b"error", b"fault", b"activity"];

/// An entry, by where its parts stand in the line.
pub(super) struct Copied {
    pub(super) time: Timestamp,
    pub(super) process: Range<usize>,
    pub(super) message: usize,
}

/// Reads the line that an entry begins with.
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

/// `14:23:45.123456+0200`.
fn time_of_day(clock: &[u8]) -> Option<Timestamp> {
    const DAY: &[u8] = b"1970-01-01 ";
    let mut text = [0; 48];
    let end = DAY.len() + clock.len();
    text.get_mut(..DAY.len())?.copy_from_slice(DAY);
    text.get_mut(DAY.len()..end)?.copy_from_slice(clock);
    (clock.get(2) == Some(&b':')).then(|| Timestamp::parse(text.get(..end)?)).flatten()
}

/// The subsystem whose messages look like this; empty when none that is read does.
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
