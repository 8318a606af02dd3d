//! The reasons why a record gives no event.

use super::super::{DecodeErrorKind, Skip};

/// The error of a record of interest that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: DecodeErrorKind,
    pub(super) field: &'static str,
}

/// Why a record gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Skip(Skip),
    Fault(Fault),
}

impl From<Skip> for Refusal {
    fn from(why: Skip) -> Self {
        Self::Skip(why)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
