//! What goes into a decoder and what comes out.

use super::error::DecodeError;
use crate::event::Event;
use crate::time::Timestamp;

/// One physical record of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its bytes without the line terminator.
    pub bytes: &'a [u8],
    /// Its number: the zero-based physical line, or the number the container gives (EVTX record).
    pub number: u64,
    /// The offset of its first byte in the stream.
    pub offset: u64,
}

impl Record<'_> {
    /// Whether there is nothing in it but white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

/// What a decoder hands its findings to.
pub trait Sink {
    /// One event; it borrows from the record or the decoder and is gone after the call.
    fn event(&mut self, event: &Event<'_>);
    /// An event that was handed over before it was complete, with what came to be known of it since.
    fn amended(&mut self, event: &Event<'_>) {
        self.event(event);
    }
    /// A record (or one assembled from several) that is well formed but of no interest.
    fn skipped(&mut self, record: u64, why: Skip);
    /// A record of no interest, and what it was; a sink that does not ask takes it for any other.
    fn ignored(&mut self, record: u64, _what: Subject<'_>) {
        self.skipped(record, Skip::NotOfInterest);
    }
    /// A record that could not be read or, where the error names a field, perhaps that field of it alone.
    fn error(&mut self, error: DecodeError);
}

/// Reads one telemetry format.
///
/// Contract: `record` and `finish` never panic, whatever the bytes; what a decoder holds between calls is bounded and
/// reported by `held_bytes`; every record ends in exactly one of event(s), skipped, error, or being part of an
/// assembly that does. A field that could not be read takes nothing else with it: it is an error that names the field,
/// and the rest of its record ends as any other does.
pub trait Decoder: Send {
    /// Takes one record.
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink);
    /// The stream ended: hands over what was held back, and gives up what has no end.
    fn finish(&mut self, sink: &mut dyn Sink);
    /// Hands over what had no further record since the last call; what has begun and makes no event yet stays. What of
    /// it comes later completes it: the event is [`Sink::amended`].
    fn settle(&mut self, _sink: &mut dyn Sink) {}
    /// When the first event that [`Decoder::settle`] would hand over is due, by the time of the stream's records.
    fn due(&self) -> Option<Timestamp> {
        None
    }
    /// Takes the JSON value by which a wrapper says when the next record was received; for formats whose records may lack
    /// a time of their own.
    fn received(&mut self, _time: &[u8]) {}
    /// Takes the host that a wrapper or a header names for the records from now on; empty when it names none. For
    /// formats that put records together by host.
    fn received_from(&mut self, _host: &[u8]) {}
    /// Whether a line goes on with a record that has not ended, as of formats whose records take several lines.
    fn goes_on(&self, _line: &[u8]) -> bool {
        false
    }
    /// Bytes this decoder owns.
    fn held_bytes(&self) -> usize;
}

/// What a record of no interest was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Its provider, channel or record type; empty when it names none.
    pub source: &'a [u8],
    /// Its number or name within that source.
    pub name: SubjectName<'a>,
}

/// The number or name of a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectName<'a> {
    /// As the record has it.
    Text(&'a [u8]),
    /// A number that the record has in another form.
    Number(u64),
}

/// Why a well-formed record gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// A blank line.
    Blank,
    /// A header, footer or comment of the format.
    Framing,
    /// A provider, channel or record type that no kind is read from.
    NotOfInterest,
    /// A kind that is read, in a record without the details that would make it one (no process at all …).
    Incomplete,
    /// A system call that failed and therefore did nothing.
    Failed,
}

/// A record, or why there is none.
pub(crate) type Framed<'a> = Result<Record<'a>, DecodeError>;

/// What takes the records of a stream.
pub(crate) trait Taker {
    /// Takes a record.
    fn take(&mut self, record: Framed<'_>);
    /// Whether a line goes on with the last record, whatever it looks like.
    fn goes_on(&self, line: &[u8]) -> bool;
}
