//! The stamp of an audit event: `SECONDS.MILLIS:SERIAL`.

use crate::time::{MILLISECOND, Timestamp};
use crate::util::digits::leading_decimal;
use crate::util::saved::saved;

/// The stamp that identifies an event, unique per host and boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    // First in the comparison, because it distinguishes nearly all events.
    pub(super) serial: u64,
    pub(super) seconds: u64,
    pub(super) millis: u16,
}

impl Stamp {
    pub(super) fn time(self) -> Timestamp {
        Timestamp::from_unix(i64::try_from(self.seconds).unwrap_or(i64::MAX), i64::from(self.millis) * MILLISECOND)
    }

    /// Parses `SECONDS.MILLIS:SERIAL`; also returns the number of bytes read.
    pub(super) fn parse(text: &[u8]) -> Option<(Self, usize)> {
        let (seconds, dot) = leading_decimal(text)?;
        let rest = text[dot..].strip_prefix(b".")?;
        let (millis, colon) = leading_decimal(rest)?;
        let rest = rest[colon..].strip_prefix(b":")?;
        let (serial, end) = leading_decimal(rest)?;
        let millis = u16::try_from(millis).ok().filter(|&ms| ms < 1000)?;
        Some((Self { seconds, millis, serial }, dot + 1 + colon + 1 + end))
    }
}

saved!(Stamp { serial, seconds, millis });
