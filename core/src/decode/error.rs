//! Records that could not be read.

use core::fmt;

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not of the format (broken JSON, no `msg=audit(`).
    #[error("malformed record")]
    Malformed,
    /// A field that must be there is not.
    #[error("missing field")]
    Missing,
    /// A field's value cannot be what it must be (a number, a time, hex).
    #[error("bad value")]
    BadValue,
    /// The record is longer than `limits.max_record_bytes`.
    #[error("record too long")]
    TooLong,
    /// JSON nested deeper than the decoder follows.
    #[error("nested too deeply")]
    TooDeep,
    /// The record is of no format that is known.
    #[error("unknown format")]
    Unknown,
    /// An assembly of several records was given up: too many open at once or too many records in one.
    #[error("assembly abandoned")]
    Abandoned,
}

/// A record, or a field of one, that could not be read, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Why.
    pub kind: DecodeErrorKind,
    /// The record's number.
    pub record: u64,
    /// The byte offset in the stream, as near to the fault as the decoder knows.
    pub offset: u64,
    /// The field at fault.
    pub field: Option<&'static str>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, byte {}: {}", self.record, self.offset, self.kind)?;
        self.field.map_or(Ok(()), |field| write!(f, " ({field})"))
    }
}

impl core::error::Error for DecodeError {}
