//! What the engine did with its input.

use crate::decode::DecodeError;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::report::StreamReport;

/// What the engine did with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accepted {
    /// It was judged, or waits to be judged in order of time.
    New,
    /// It came later than `limits.lateness` allows: it was judged out of order.
    Late,
    /// It was taken before and not judged again.
    Duplicate,
}

/// What the engine did with a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedReport {
    /// Records taken.
    pub records: u64,
    /// Events read from them.
    pub events: u64,
    /// Records of no interest.
    pub skipped: u64,
    /// Records that could not be decoded, and fields of other records that could not.
    pub error_count: u64,
    /// The first of those errors, at most 16 a call.
    pub errors: Vec<DecodeError>,
    /// The report on the whole stream; only [`Engine::close_stream`](crate::Engine::close_stream) gives it.
    pub closed: Option<Box<StreamReport>>,
}
