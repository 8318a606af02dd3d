//! What became of what was fed.

use crate::decode::DecodeError;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::report::StreamReport;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accepted {
    /// It was judged, or waits for its turn.
    New,
    /// It came later than `limits.lateness` allows: judged, but out of order.
    Late,
    /// It had been seen before: not judged again.
    Duplicate,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedReport {
    /// Records taken.
    pub records: u64,
    /// Events read from them.
    pub events: u64,
    /// Records of no interest.
    pub skipped: u64,
    /// Records that could not be decoded, and fields that were lost of others.
    pub error_count: u64,
    /// The first of those errors, at most 16 a call.
    pub errors: Vec<DecodeError>,
    /// What the whole stream came to; only of [`Engine::close_stream`](crate::Engine::close_stream).
    pub closed: Option<Box<StreamReport>>,
}
