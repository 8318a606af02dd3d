//! Splits lines that hold several objects, as concatenated streams do, or messages that end with a NUL, as GELF's do.

use memchr::memmem::Finder;

use super::error::{DecodeError, DecodeErrorKind};
use super::record::{Framed, Record, Taker};
use super::values::Values;
use crate::util::saved::restored;

/// The number of lines that are searched for blanks between objects before any were found.
const FIRST: u32 = 64;

/// Finds where one object ends and another may begin.
#[derive(Debug)]
pub(super) struct Seams {
    tight: Finder<'static>,
    loose: Finder<'static>,
    ended: Finder<'static>,
    /// The number of lines searched so far.
    lines: u32,
    /// The stream has blanks or NULs between objects.
    is_loose: bool,
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            tight: Finder::new(b"}{"),
            loose: Finder::new(b"} {"),
            ended: Finder::new(b"}\0{"),
            lines: 0,
            is_loose: false,
        }
    }
}

impl Seams {
    /// Whether a line may hold several objects. A search for what may be between them is slower, so it runs only on the
    /// first lines, after a read error, and once blanks were found.
    pub(super) fn may_be_in(&mut self, line: &[u8], stumbled: bool) -> bool {
        self.lines = self.lines.saturating_add(1);
        if self.tight.find(line).is_some() {
            return true;
        }
        let is_loose = (self.is_loose || stumbled || self.lines <= FIRST)
            && (self.loose.find(line).is_some() || self.ended.find(line).is_some());
        self.is_loose |= is_loose;
        is_loose
    }
}

/// Passes on each object of a line; returns `false`, and passes on nothing, when the line holds only one.
pub(super) fn split(record: Record<'_>, mut each: impl FnMut(Framed<'_>)) -> bool {
    let mut count = Count(0);
    scan(record, &mut count);
    if count.0 < 2 {
        return false;
    }
    scan(record, &mut Each(&mut each));
    true
}

fn scan(record: Record<'_>, taker: &mut impl Taker) {
    let mut values = Values::default();
    values.begin(record.number, record.bytes.len());
    values.scan(record.bytes, record.offset, taker);
    values.finish(taker);
}

struct Count(usize);

impl Taker for Count {
    fn take(&mut self, _record: Framed<'_>) {
        self.0 += 1;
    }

    fn goes_on(&self, _line: &[u8]) -> bool {
        false
    }
}

struct Each<'e, F>(&'e mut F);

impl<F: FnMut(Result<Record<'_>, DecodeError>)> Taker for Each<'_, F> {
    fn take(&mut self, record: Framed<'_>) {
        (self.0)(record);
    }

    fn goes_on(&self, _line: &[u8]) -> bool {
        false
    }
}

/// Whether an error may be caused by what follows an object.
pub(super) const fn is_stumble(error: &DecodeError) -> bool {
    matches!(error.kind, DecodeErrorKind::Malformed)
}

restored!(Seams { lines, is_loose } else { tight, loose, ended });
