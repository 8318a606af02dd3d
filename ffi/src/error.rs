//! Errors with their text and place.

use ipcsentry::RestoreError;
use ipcsentry::baseline::BaselineError;
use ipcsentry::decode::DecodeError;
use ipcsentry::policy::{PolicyError, PolicyWarning};
use ipcsentry::rules::CatalogError;

use crate::event::reading::Fault;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{
    IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_BASELINE, IPCSENTRY_ERR_CATALOG, IPCSENTRY_ERR_NULL, IPCSENTRY_ERR_POLICY,
    IPCSENTRY_ERR_SNAPSHOT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status, of_decode_error,
};
use crate::text::ipcsentry_text;

/// An error with its detail: of a policy, catalog, snapshot or baseline (returned through the last parameter of the function that
/// read it), or of a record or event (polled from the engine).
///
/// Lifetime and threads: yours until `ipcsentry_error_free`; immutable, may be read by several threads at once.
#[derive(Debug)]
pub struct ipcsentry_error {
    status: ipcsentry_status,
    text: String,
    place: String,
    position: Option<(u64, u64)>,
}

impl Handle for ipcsentry_error {}

impl From<PolicyError> for ipcsentry_error {
    fn from(error: PolicyError) -> Self {
        Self { status: IPCSENTRY_ERR_POLICY, text: error.to_string(), place: error.path, position: None }
    }
}

impl From<BaselineError> for ipcsentry_error {
    fn from(error: BaselineError) -> Self {
        Self { status: IPCSENTRY_ERR_BASELINE, text: error.to_string(), place: error.path, position: None }
    }
}

impl From<CatalogError> for ipcsentry_error {
    fn from(error: CatalogError) -> Self {
        Self { status: IPCSENTRY_ERR_CATALOG, text: error.to_string(), place: error.path, position: None }
    }
}

impl From<RestoreError> for ipcsentry_error {
    fn from(error: RestoreError) -> Self {
        let place = match error {
            RestoreError::Inconsistent { part, .. } => part.to_owned(),
            _ => String::new(),
        };
        Self { status: IPCSENTRY_ERR_SNAPSHOT, text: error.to_string(), place, position: None }
    }
}

impl From<DecodeError> for ipcsentry_error {
    fn from(error: DecodeError) -> Self {
        Self {
            status: of_decode_error(error.kind),
            text: error.to_string(),
            place: error.field.unwrap_or_default().to_owned(),
            position: Some((error.record, error.offset)),
        }
    }
}

impl ipcsentry_error {
    /// An error in an event that the agent made: its number in the call, and the record that it names.
    pub(crate) fn of_event(fault: Fault, record: u64, number: u64) -> Self {
        let Fault { status, place } = fault;
        let separator = if place.is_empty() { "" } else { ": " };
        let text = format!("event {number} (record {record}): {place}{separator}{}", status.meaning());
        Self { status, text, place, position: Some((record, number)) }
    }

    /// What is wrong with a name or a text that a caller gave.
    pub(crate) const fn of_argument(text: String) -> Self {
        Self { status: IPCSENTRY_ERR_ARGUMENT, text, place: String::new(), position: None }
    }

    /// What is odd in a policy that is allowed.
    pub(crate) fn of_warning(warning: PolicyWarning) -> Self {
        let PolicyWarning { path, what, .. } = warning;
        Self { status: IPCSENTRY_ERR_POLICY, text: format!("{path}: {what}"), place: path, position: None }
    }

    /// Writes the error to the caller's pointer, if there is one, and returns its status.
    pub(crate) fn report(self, out: Option<Out<'_, *mut Self>>) -> ipcsentry_status {
        let status = self.status;
        if let Some(out) = out {
            out.set(ptr::give(self));
        }
        status
    }
}

/// The error's status. `IPCSENTRY_ERR_NULL` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_error_status(error: *const ipcsentry_error) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { ptr::borrow(error) }.map_or(IPCSENTRY_ERR_NULL, |error| error.status)
}

/// The error as one line of English that includes the place. Valid as long as the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_error_text(
    error: *const ipcsentry_error,
    text: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (error, text) = unsafe { (ptr::borrow(error)?, Out::new(text)?) };
        text.set(ipcsentry_text::of(&error.text));
        Ok(IPCSENTRY_OK)
    })
}

/// The place: a JSON path in the policy or catalog, a part of the snapshot, a field of the record, or a member of the
/// event such as `actor.image` (empty if no single one is wrong). Valid as long as the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_error_place(
    error: *const ipcsentry_error,
    place: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (error, place) = unsafe { (ptr::borrow(error)?, Out::new(place)?) };
        place.set(ipcsentry_text::of(&error.place));
        Ok(IPCSENTRY_OK)
    })
}

/// The number of the faulty record and its byte offset in the stream; of an event that you fed, its `record` and its
/// number in the call. `IPCSENTRY_NONE` if the error is not one of a
/// record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_error_position(
    error: *const ipcsentry_error,
    record: *mut u64,
    offset: *mut u64,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (error, record, offset) = unsafe { (ptr::borrow(error)?, Out::new(record)?, Out::new(offset)?) };
        Ok(error.position.map_or(IPCSENTRY_NONE, |(number, at)| {
            record.set(number);
            offset.set(at);
            IPCSENTRY_OK
        }))
    })
}

/// Frees an error. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_error_free(error: *mut ipcsentry_error) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(error) }
}
