//! The report on a stream: what it held, what could not be read, and whether anything was judged.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::decode::{DecodeError, DecodeErrorKind, Format, Skip, Subject, SubjectName};
use crate::util::saved::{saved, saved_enum, small};

/// Kinds of ignored records that a report lists.
const IGNORED: usize = 16;
/// Errors of one kind that a report keeps with their places.
const PLACES: usize = 4;
/// Bytes of a source or a name that are kept.
const WORD: usize = 48;

/// What an engine read from a stream so far. Counts are numbers of records unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamReport {
    /// The formats of its records, in order of first appearance.
    pub formats: Vec<FormatCount>,
    /// Records taken.
    pub records: u64,
    /// Events read from them.
    pub events: u64,
    /// Well-formed records without an event, by reason.
    pub skipped: Vec<SkipCount>,
    /// Records that could not be read, by kind.
    pub errors: Vec<ErrorCount>,
    /// Kinds of records that no event is read from, at most 16.
    pub ignored: Vec<IgnoredCount>,
    /// Records without an event that are in no entry of `ignored`.
    pub ignored_others: u64,
}

/// The number of records of one format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormatCount {
    /// The format.
    pub format: Format,
    /// Records handed to its decoder.
    pub records: u64,
}

/// The number of records skipped for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkipCount {
    /// The reason.
    pub why: Skip,
    /// Records.
    pub records: u64,
}

/// The number of errors of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCount {
    /// The kind.
    pub kind: DecodeErrorKind,
    /// Errors of that kind.
    pub count: u64,
    /// The first of them, at most 4.
    pub first: Vec<DecodeError>,
}

/// The number of records of one kind that no event is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredCount {
    /// Source and name, `Security 4634`, `SYSCALL 59`.
    pub what: String,
    /// Records.
    pub records: u64,
}

/// Whether anything in a stream was judged. Without it the absence of alerts means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Judged {
    /// Events were read and judged.
    Yes,
    /// Records were read, but none holds an event that a behavior looks at.
    NothingOfInterest,
    /// The format is known, but no record could be decoded.
    NothingDecoded,
    /// No record has a known format.
    UnknownFormat,
    /// The stream held no record.
    Empty,
}

impl StreamReport {
    /// Whether anything was judged so far.
    #[must_use]
    pub fn judged(&self) -> Judged {
        let skipped = |asked: Skip| self.skipped.iter().filter(move |s| s.why == asked).map(|s| s.records).sum::<u64>();
        let read = skipped(Skip::NotOfInterest) + skipped(Skip::Failed);
        if self.events > 0 {
            Judged::Yes
        } else if self.records == skipped(Skip::Blank) {
            Judged::Empty
        } else if read > 0 {
            Judged::NothingOfInterest
        } else if self.formats.is_empty() {
            Judged::UnknownFormat
        } else if !self.errors.is_empty() || !self.skipped.is_empty() {
            Judged::NothingDecoded
        } else {
            // A decoder still holds all records back.
            Judged::NothingOfInterest
        }
    }

    /// Errors of all kinds.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.iter().map(|error| error.count).sum()
    }
}

/// The counters of an open stream.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) events: u64,
    skipped: Vec<SkipCount>,
    errors: Vec<ErrorCount>,
    ignored: Vec<Ignored>,
}

/// A kind of record that no event is read from.
#[derive(Debug)]
struct Ignored {
    source: Vec<u8>,
    name: Name,
    records: u64,
}

#[derive(Debug)]
enum Name {
    Text(Vec<u8>),
    Number(u64),
}

impl Ignored {
    fn is(&self, what: &Subject<'_>) -> bool {
        let name = match (&self.name, what.name) {
            (Name::Text(own), SubjectName::Text(text)) => own.as_slice() == cut(text),
            (Name::Number(own), SubjectName::Number(number)) => *own == number,
            _ => false,
        };
        name && self.source == cut(what.source)
    }

    fn heap_bytes(&self) -> usize {
        let name = match &self.name {
            Name::Text(text) => text.capacity(),
            Name::Number(_) => 0,
        };
        self.source.capacity() + name
    }

    fn text(&self) -> String {
        let source = String::from_utf8_lossy(&self.source);
        let source = source.strip_prefix("Microsoft-Windows-").unwrap_or(&source);
        let source = source.strip_suffix("-Auditing").unwrap_or(source);
        let name = match &self.name {
            Name::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Name::Number(number) => number.to_string(),
        };
        alloc::format!("{source} {name}").trim().into()
    }
}

fn cut(word: &[u8]) -> &[u8] {
    word.get(..WORD).unwrap_or(word)
}

impl Tally {
    pub(super) fn skipped(&mut self, why: Skip) {
        match self.skipped.iter_mut().find(|known| known.why == why) {
            Some(known) => known.records += 1,
            None => self.skipped.push(SkipCount { why, records: 1 }),
        }
    }

    pub(super) fn ignored(&mut self, what: &Subject<'_>) {
        self.skipped(Skip::NotOfInterest);
        if let Some(known) = self.ignored.iter_mut().find(|known| known.is(what)) {
            known.records += 1;
        } else if self.ignored.len() < IGNORED {
            let name = match what.name {
                SubjectName::Text(text) => Name::Text(cut(text).to_vec()),
                SubjectName::Number(number) => Name::Number(number),
            };
            self.ignored.push(Ignored { source: cut(what.source).to_vec(), name, records: 1 });
        }
    }

    pub(super) fn error(&mut self, error: &DecodeError) {
        let known = self.errors.iter_mut().find(|known| known.kind == error.kind);
        match known {
            Some(known) => {
                known.count += 1;
                if known.first.len() < PLACES {
                    known.first.push(*error);
                }
            }
            None => self.errors.push(ErrorCount { kind: error.kind, count: 1, first: alloc::vec![*error] }),
        }
    }

    pub(super) fn report(&self, formats: Vec<(Format, u64)>) -> StreamReport {
        let ignored: Vec<IgnoredCount> =
            self.ignored.iter().map(|known| IgnoredCount { what: known.text(), records: known.records }).collect();
        let of_no_interest =
            self.skipped.iter().filter(|s| s.why == Skip::NotOfInterest).map(|s| s.records).sum::<u64>();
        let listed = ignored.iter().map(|known| known.records).sum::<u64>();
        StreamReport {
            formats: formats.into_iter().map(|(format, records)| FormatCount { format, records }).collect(),
            records: self.records,
            events: self.events,
            skipped: self.skipped.clone(),
            errors: self.errors.clone(),
            ignored,
            ignored_others: of_no_interest - listed,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.skipped.capacity() * size_of::<SkipCount>()
            + self.errors.capacity() * size_of::<ErrorCount>()
            + self.errors.iter().map(|error| error.first.capacity() * size_of::<DecodeError>()).sum::<usize>()
            + self.ignored.capacity() * size_of::<Ignored>()
            + self.ignored.iter().map(Ignored::heap_bytes).sum::<usize>()
    }
}

saved!(SkipCount { why, records } where |skipped| small(skipped.records));
saved!(ErrorCount { kind, count, first } where |errors| small(errors.count));
saved!(Ignored { source, name, records } where |ignored| small(ignored.records));
saved_enum!(Name { 0 => Text(text: Vec<u8>), 1 => Number(number: u64) });
// Ignored records were skipped, too: the rest of these is what `report` gives.
saved!(Tally { records, events, skipped, errors, ignored }
    where |tally| small(tally.records) && small(tally.events) && tally.ignored.len() <= IGNORED && tally.is_consistent());

impl Tally {
    fn is_consistent(&self) -> bool {
        let of_no_interest =
            self.skipped.iter().filter(|s| s.why == Skip::NotOfInterest).map(|s| u128::from(s.records));
        let listed = self.ignored.iter().map(|known| u128::from(known.records));
        listed.sum::<u128>() <= of_no_interest.sum::<u128>() && self.skipped.len() <= 16
    }
}
