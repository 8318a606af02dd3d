//! Errors for records that cannot be decoded.

use core::fmt;

use crate::util::saved::{saved, saved_enum};

/// The reason why a record could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes do not follow the format (broken JSON, no `msg=audit(`).
    #[error("malformed record")]
    Malformed,
    /// A required field is absent.
    #[error("missing field")]
    Missing,
    /// A field's value has the wrong form (not a number, a time or hex).
    #[error("bad value")]
    BadValue,
    /// The record is longer than `limits.max_record_bytes`.
    #[error("record too long")]
    TooLong,
    /// The JSON is nested deeper than the decoder supports.
    #[error("nested too deeply")]
    TooDeep,
    /// The record matches no known format.
    #[error("unknown format")]
    Unknown,
    /// The decoder gave up a record that spans several lines or records: its end is missing, or it has too many parts.
    #[error("assembly abandoned")]
    Abandoned,
}

/// Describes a record, or one field of it, that could not be decoded, and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The reason why decoding failed.
    pub kind: DecodeErrorKind,
    /// The record's number, as in [`Record::number`](super::Record::number).
    pub record: u64,
    /// The byte offset in the stream, as close to the fault as the decoder knows.
    pub offset: u64,
    /// The faulty field; `None` when the fault concerns the whole record.
    pub field: Option<&'static str>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, byte {}: {}", self.record, self.offset, self.kind)?;
        self.field.map_or(Ok(()), |field| write!(f, " ({field})"))
    }
}

impl core::error::Error for DecodeError {}

saved_enum!(DecodeErrorKind {
    0 => Malformed, 1 => Missing, 2 => BadValue, 3 => TooLong, 4 => TooDeep, 5 => Unknown, 6 => Abandoned,
});
saved!(DecodeError { kind, record, offset, field });
