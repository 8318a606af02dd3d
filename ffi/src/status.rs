//! Status codes. They are numbered by hand; a number never gets a second meaning.

use ipcsentry::decode::DecodeErrorKind;

use crate::text::ipcsentry_text;

/// The result of a call: 0 is success, positive values are information, negative ones errors. A call that returns an
/// error changed nothing, except with `IPCSENTRY_ERR_PANIC`. Later versions may add codes to each range.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_status(pub i32);

/// Done.
pub const IPCSENTRY_OK: ipcsentry_status = ipcsentry_status(0);
/// Success, but there is nothing to return: no alert waits, no deadline, no format recognized. No output was written.
pub const IPCSENTRY_NONE: ipcsentry_status = ipcsentry_status(1);
/// Success, but some records could not be decoded. Outputs were written; see `ipcsentry_engine_poll_error`.
pub const IPCSENTRY_RECORD_ERRORS: ipcsentry_status = ipcsentry_status(2);

/// No record of the stream so far is of a known format. Nothing was judged: that there is no alert means nothing.
/// Outputs were written; see `ipcsentry_engine_poll_error`.
pub const IPCSENTRY_UNKNOWN_FORMAT: ipcsentry_status = ipcsentry_status(3);
/// The format of the stream is known, but no record so far could be decoded. Nothing was judged: that there is no alert
/// means nothing. Outputs were written; see `ipcsentry_engine_poll_error`.
pub const IPCSENTRY_NOTHING_DECODED: ipcsentry_status = ipcsentry_status(4);

/// The event came later than the lateness allows. It was judged, out of order.
pub const IPCSENTRY_LATE: ipcsentry_status = ipcsentry_status(5);
/// The event was fed before and not judged again.
pub const IPCSENTRY_DUPLICATE: ipcsentry_status = ipcsentry_status(6);
/// Half the room for waiting alerts is used: poll them, then go on.
pub const IPCSENTRY_DRAIN: ipcsentry_status = ipcsentry_status(7);

// -1 to -99: errors of the caller.

/// A pointer is NULL that must not be.
pub const IPCSENTRY_ERR_NULL: ipcsentry_status = ipcsentry_status(-1);
/// A value is out of its range.
pub const IPCSENTRY_ERR_ARGUMENT: ipcsentry_status = ipcsentry_status(-2);
/// A structure's `type_size` is wrong, or it has nonzero bytes where this library knows no member.
pub const IPCSENTRY_ERR_STRUCT: ipcsentry_status = ipcsentry_status(-3);
/// The engine has no such stream open.
pub const IPCSENTRY_ERR_STREAM: ipcsentry_status = ipcsentry_status(-4);
/// Another call is using the handle.
pub const IPCSENTRY_ERR_BUSY: ipcsentry_status = ipcsentry_status(-5);

/// A limit of the library: it has as many as it can of what was to be made.
pub const IPCSENTRY_ERR_LIMIT: ipcsentry_status = ipcsentry_status(-6);
/// There is not enough memory for the call.
pub const IPCSENTRY_ERR_MEMORY: ipcsentry_status = ipcsentry_status(-7);

// -100 to -199: errors in data.

/// The policy is wrong; the error says where.
pub const IPCSENTRY_ERR_POLICY: ipcsentry_status = ipcsentry_status(-100);
/// The catalog is wrong; the error says where.
pub const IPCSENTRY_ERR_CATALOG: ipcsentry_status = ipcsentry_status(-101);
/// A snapshot cannot be restored; the error says why.
pub const IPCSENTRY_ERR_SNAPSHOT: ipcsentry_status = ipcsentry_status(-102);
/// A baseline cannot be read, and the error says where; or it is frozen and takes nothing more.
pub const IPCSENTRY_ERR_BASELINE: ipcsentry_status = ipcsentry_status(-103);
/// A record's bytes are not of the stream's format.
pub const IPCSENTRY_ERR_MALFORMED: ipcsentry_status = ipcsentry_status(-110);
/// A record or an event lacks a field.
pub const IPCSENTRY_ERR_MISSING: ipcsentry_status = ipcsentry_status(-111);
/// A field's value is malformed: no known number, a value that is not marked as set, UTF-16 of an odd length.
pub const IPCSENTRY_ERR_BAD_VALUE: ipcsentry_status = ipcsentry_status(-112);
/// A record, or a text of an event, is longer than the limit.
pub const IPCSENTRY_ERR_TOO_LONG: ipcsentry_status = ipcsentry_status(-113);
/// A record is nested too deeply.
pub const IPCSENTRY_ERR_TOO_DEEP: ipcsentry_status = ipcsentry_status(-114);
/// An event of several records was given up before it was complete.
pub const IPCSENTRY_ERR_ABANDONED: ipcsentry_status = ipcsentry_status(-115);
/// A record is of no known format.
pub const IPCSENTRY_ERR_UNKNOWN: ipcsentry_status = ipcsentry_status(-116);
/// A record could not be read for another reason.
pub const IPCSENTRY_ERR_RECORD: ipcsentry_status = ipcsentry_status(-199);

// -900 to -999: bugs of the library.

/// A bug of the library was caught. The handle that the call was changing returns `IPCSENTRY_ERR_POISONED` from now on.
pub const IPCSENTRY_ERR_PANIC: ipcsentry_status = ipcsentry_status(-900);
/// A bug occurred in an earlier call on this handle: it can only be freed.
pub const IPCSENTRY_ERR_POISONED: ipcsentry_status = ipcsentry_status(-901);

/// The meaning of a status in a few words of English. The text is valid as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn ipcsentry_status_text(status: ipcsentry_status) -> ipcsentry_text {
    ipcsentry_text::of(status.meaning())
}

impl ipcsentry_status {
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            IPCSENTRY_OK => "done",
            IPCSENTRY_NONE => "there is none",
            IPCSENTRY_RECORD_ERRORS => "some records could not be decoded",
            IPCSENTRY_UNKNOWN_FORMAT => "no record is of a known format: nothing was judged",
            IPCSENTRY_NOTHING_DECODED => "no record could be decoded: nothing was judged",
            IPCSENTRY_LATE => "the event was late and judged out of order",
            IPCSENTRY_DUPLICATE => "the event was fed before",
            IPCSENTRY_DRAIN => "alerts wait: poll them before you go on",
            IPCSENTRY_ERR_LIMIT => "a limit of the library is reached",
            IPCSENTRY_ERR_MEMORY => "there is not enough memory",
            IPCSENTRY_ERR_NULL => "a pointer is NULL",
            IPCSENTRY_ERR_ARGUMENT => "a value is out of its range",
            IPCSENTRY_ERR_STRUCT => "a structure has a wrong type_size or unknown nonzero bytes",
            IPCSENTRY_ERR_STREAM => "no such stream is open",
            IPCSENTRY_ERR_BUSY => "another call is using the handle",
            IPCSENTRY_ERR_POLICY => "the policy is wrong",
            IPCSENTRY_ERR_CATALOG => "the catalog is wrong",
            IPCSENTRY_ERR_SNAPSHOT => "the snapshot cannot be restored",
            IPCSENTRY_ERR_BASELINE => "the baseline cannot be read, or is frozen",
            IPCSENTRY_ERR_MALFORMED => "malformed record",
            IPCSENTRY_ERR_MISSING => "missing field",
            IPCSENTRY_ERR_BAD_VALUE => "bad value",
            IPCSENTRY_ERR_TOO_LONG => "too long",
            IPCSENTRY_ERR_TOO_DEEP => "nested too deeply",
            IPCSENTRY_ERR_ABANDONED => "assembly abandoned",
            IPCSENTRY_ERR_UNKNOWN => "unknown format",
            IPCSENTRY_ERR_RECORD => "unreadable record",
            IPCSENTRY_ERR_PANIC => "a bug of the library was caught",
            IPCSENTRY_ERR_POISONED => "an earlier call met a bug: free the handle",
            _ => "unknown status",
        }
    }
}

/// The code of a decoding error.
pub(crate) const fn of_decode_error(kind: DecodeErrorKind) -> ipcsentry_status {
    match kind {
        DecodeErrorKind::Malformed => IPCSENTRY_ERR_MALFORMED,
        DecodeErrorKind::Missing => IPCSENTRY_ERR_MISSING,
        DecodeErrorKind::BadValue => IPCSENTRY_ERR_BAD_VALUE,
        DecodeErrorKind::TooLong => IPCSENTRY_ERR_TOO_LONG,
        DecodeErrorKind::TooDeep => IPCSENTRY_ERR_TOO_DEEP,
        DecodeErrorKind::Abandoned => IPCSENTRY_ERR_ABANDONED,
        DecodeErrorKind::Unknown => IPCSENTRY_ERR_UNKNOWN,
        _ => IPCSENTRY_ERR_RECORD,
    }
}
