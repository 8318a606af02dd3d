//! Why a record of interest could not be read.

use super::super::DecodeErrorKind;

/// The field at fault, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: DecodeErrorKind,
    pub(super) field: &'static str,
}
