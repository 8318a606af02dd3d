//! Lines on which several objects stand, as streams leave them that were glued together.

use memchr::memmem::Finder;

use super::error::{DecodeError, DecodeErrorKind};
use super::record::{Framed, Record, Taker};
use super::values::Values;

/// Lines that are looked at for blanks between objects before there was one.
const FIRST: u32 = 64;

/// Finds where an object may begin behind the end of another.
#[derive(Debug)]
pub(super) struct Seams {
    tight: Finder<'static>,
    loose: Finder<'static>,
    /// Lines that were looked at.
    lines: u32,
    /// There were blanks between objects.
    is_loose: bool,
}

impl Default for Seams {
    fn default() -> Self {
        Self { tight: Finder::new(b"}{"), loose: Finder::new(b"} {"), lines: 0, is_loose: false }
    }
}

impl Seams {
    /// Whether a line may hold several objects. Blanks between them are looked for in the first lines, where the reader
    /// stumbled, and once there were some.
    pub(super) fn may_be_in(&mut self, line: &[u8], stumbled: bool) -> bool {
        self.lines = self.lines.saturating_add(1);
        if self.tight.find(line).is_some() {
            return true;
        }
        let is_loose = (self.is_loose || stumbled || self.lines <= FIRST) && self.loose.find(line).is_some();
        self.is_loose |= is_loose;
        is_loose
    }
}

/// Hands over each of the objects on a line; `false`, and nothing is handed over, when it is one.
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

/// Whether an error may be due to what stands behind an object.
pub(super) const fn is_stumble(error: &DecodeError) -> bool {
    matches!(error.kind, DecodeErrorKind::Malformed)
}
