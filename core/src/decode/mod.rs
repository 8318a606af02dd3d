//! Turns bytes into events: one file per telemetry format.
//!
//! A [`Decoder`] takes physical records (lines, or documents for formats that are not line-based) and passes what it
//! reads to a [`Sink`]: zero, one or several events per record, because some formats put several details in one record
//! and others (auditd, TCC) spread one detail over several. An irrelevant record gives a [`Skip`], an unreadable one a
//! [`DecodeError`]; the engine counts both and continues with the stream.

mod cells;
mod dispatch;
mod ecs;
mod encoding;
mod envelopes;
mod error;
mod format;
mod formats;
mod frame;
mod framing;
mod json;
mod lines;
mod linux;
mod macos;
mod members;
mod osquery;
mod paths;
mod peel;
mod received;
mod record;
mod resume;
mod rewrite;
mod rows;
mod seams;
mod shapes;
mod template;
mod unix_system;
mod values;
mod watch;
#[cfg(feature = "_internal_test_exports")]
mod whole;
mod windows;
mod writing;

pub(crate) use dispatch::Dispatcher;
pub(crate) use encoding::Transcoder;
pub use error::{DecodeError, DecodeErrorKind};
pub use format::Format;
pub(crate) use framing::Framer;
pub use record::{Decoder, Record, Sink, Skip, Subject, SubjectName};
pub(crate) use record::{Framed, Taker};
#[cfg(feature = "_internal_test_exports")]
pub use whole::{decode_chunks, decode_text};
