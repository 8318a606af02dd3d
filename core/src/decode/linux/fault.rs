//! Why an audit event that is written as JSON could not be read, whole or in part.

use super::audit_event::is_vital;
use crate::decode::json::JsonError;
use crate::decode::members::{faulty, malformed};
use crate::decode::{DecodeError, DecodeErrorKind, Record};

/// Why the event could not be read.
pub(super) enum Fault {
    Json(JsonError),
    /// The named field has an invalid value.
    Field(&'static str),
    Missing(&'static str),
}

impl Fault {
    /// The error for the record.
    pub(super) fn of(self, record: &Record<'_>) -> DecodeError {
        match self {
            Self::Json(fault) => malformed(record, fault),
            Self::Field(field) => faulty(record, DecodeErrorKind::BadValue, field),
            Self::Missing(field) => faulty(record, DecodeErrorKind::Missing, field),
        }
    }
}

impl From<JsonError> for Fault {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<&'static str> for Fault {
    fn from(field: &'static str) -> Self {
        Self::Field(field)
    }
}

/// Called for a field that is lost while the rest of the event remains usable.
pub(super) type Lost<'l> = &'l mut dyn FnMut(&'static str);

/// Tells of a field that could not be set and without which the event is still usable; any other one is the fault.
pub(super) fn unless_lost(set: Result<(), &'static str>, lost: Lost<'_>) -> Result<(), &'static str> {
    match set {
        Err(field) if !is_vital(field) => {
            lost(field);
            Ok(())
        }
        set => set,
    }
}
