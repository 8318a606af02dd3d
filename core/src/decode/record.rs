//! The input and the output of a decoder.

use super::error::DecodeError;
use crate::event::Event;
use crate::time::Timestamp;
use crate::util::saved::saved_enum;

/// One physical record of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The record's bytes without the line terminator.
    pub bytes: &'a [u8],
    /// The zero-based number of the physical line, or the number that the container assigns (EVTX record).
    pub number: u64,
    /// The byte offset in the stream where the record begins.
    pub offset: u64,
}

impl Record<'_> {
    /// Whether the record holds nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

/// Receives the output of a decoder.
pub trait Sink {
    /// Receives one event, which borrows from the record or the decoder and is valid only during the call.
    fn event(&mut self, event: &Event<'_>);
    /// Receives again, now with more details, an event that the decoder passed to [`Sink::event`] before it was
    /// complete.
    fn amended(&mut self, event: &Event<'_>) {
        self.event(event);
    }
    /// Receives the number of a well-formed record (or of one joined from several) that gave no event, with the reason.
    fn skipped(&mut self, record: u64, why: Skip);
    /// Receives the number and the subject of an irrelevant record. By default it counts as [`Skip::NotOfInterest`].
    fn ignored(&mut self, record: u64, _what: Subject<'_>) {
        self.skipped(record, Skip::NotOfInterest);
    }
    /// Receives the error of a record. If the error names a field, the rest of the record may still give an event.
    fn error(&mut self, error: DecodeError);
}

/// Decodes one telemetry format. A decoder handles one stream and may move between threads.
///
/// `record` and `finish` never panic, whatever the bytes. The memory that a decoder holds between calls is bounded and
/// reported by `held_bytes`. Each record results in events, one skip or one error, or becomes part of a group of
/// records that does.
///
/// An unreadable field does not spoil the rest of its record: the decoder reports an error that names the field and
/// decodes the rest as usual.
pub trait Decoder: Send {
    /// Decodes one record.
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink);
    /// Decodes a record as it is written within a JSON string, where a backslash stands before each of its quotes and
    /// backslashes; `room` has as many bytes as the record. Returns `false`, and passes on nothing, if it must be
    /// unescaped first.
    #[doc(hidden)]
    fn record_within(&mut self, _record: Record<'_>, _room: &mut [u8], _sink: &mut dyn Sink) -> bool {
        false
    }
    /// Decodes a line of text as it is written within a JSON string, where a backslash stands before each of its quotes, and
    /// which has no other backslash. Returns `false`, and passes on nothing, if it must be unescaped first.
    #[doc(hidden)]
    fn record_quoted(&mut self, _record: Record<'_>, _sink: &mut dyn Sink) -> bool {
        false
    }
    /// Ends the stream: emits the events still held back and gives up records whose end is missing.
    fn finish(&mut self, sink: &mut dyn Sink);
    /// Emits held-back events that had no further record since the last call. Groups of records that give no event yet
    /// are kept; if later records complete an emitted event, the decoder passes it to [`Sink::amended`].
    fn settle(&mut self, _sink: &mut dyn Sink) {}
    /// When, on the clock of the stream's records, the next event that [`Decoder::settle`] would emit is due.
    fn due(&self) -> Option<Timestamp> {
        None
    }
    /// Takes the JSON value with which a wrapper states when the next record was received, because some formats have
    /// records without a time.
    fn received(&mut self, _time: &[u8]) {}
    /// Takes the host that a wrapper or header names for all further records; empty when it names none. Decoders need
    /// it when they join records per host.
    fn received_from(&mut self, _host: &[u8]) {}
    /// Whether a line continues an unfinished record, for formats whose records span several lines.
    fn goes_on(&self, _line: &[u8]) -> bool {
        false
    }
    /// The number of bytes of heap memory that this decoder owns.
    fn held_bytes(&self) -> usize;
}

/// The subject of an irrelevant record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The provider, channel or record type; empty when the record names none.
    pub source: &'a [u8],
    /// The number or name of the record's kind within that source.
    pub name: SubjectName<'a>,
}

/// The number or name of a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectName<'a> {
    /// The text as it appears in the record.
    Text(&'a [u8]),
    /// A number that the record writes in another form.
    Number(u64),
}

/// The reason why a well-formed record gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// A blank line.
    Blank,
    /// A header, footer or comment of the format.
    Framing,
    /// A provider, channel or record type that the decoder does not read.
    NotOfInterest,
    /// A supported kind of record that lacks the details an event needs (for example, any process).
    Incomplete,
    /// A failed system call, which therefore had no effect.
    Failed,
}

/// A record, or the reason why framing gave none.
pub(crate) type Framed<'a> = Result<Record<'a>, DecodeError>;

/// Receives the records that framing cuts from a stream.
pub(crate) trait Taker {
    /// Receives one record or error.
    fn take(&mut self, record: Framed<'_>);
    /// Whether a line continues the last record, whatever the line looks like.
    fn goes_on(&self, line: &[u8]) -> bool;
}

saved_enum!(Skip { 0 => Blank, 1 => Framing, 2 => NotOfInterest, 3 => Incomplete, 4 => Failed });
