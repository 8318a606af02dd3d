//! The engine: feed it events or bytes, drain its alerts.

mod advance;
mod alert_list;
mod batch;
mod collect;
mod dedup;
mod duplicates;
mod expose;
mod exposures;
mod feed;
mod incidents;
mod instance;
mod investigate;
mod kept;
mod learning;
mod outcome;
mod queue;
mod raise;
mod record_sink;
mod reorder;
mod report;
mod risk;
mod snapshot;
mod stream;
mod streams;
mod suppressed;
mod ties;

pub use batch::Batch;
pub use instance::Engine;
pub use outcome::{Accepted, FeedReport};
pub use report::{ErrorCount, FormatCount, IgnoredCount, Judged, SkipCount, StreamReport};
pub use stream::{StreamId, StreamOptions};
