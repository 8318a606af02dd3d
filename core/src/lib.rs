//! Embeddable detection of inter-process communication abuse.
//!
//! ipcsentry implements MITRE ATT&CK detection strategy DET0493 (T1559) for Windows (AN1357), Linux (AN1358) and macOS
//! (AN1359). It takes endpoint telemetry event by event and raises explained alerts. An alert names the initiator (the
//! process or user behind any broker), the IPC object, what was executed or injected, and the records that prove it.
//!
//! # Usage
//!
//! > **The one rule:** feed or advance, then drain [`Engine::poll_alert`].
//!
//! Feed telemetry in a supported format to a stream, in chunks of any size:
//!
//! ```
//! use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions};
//!
//! let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
//! let telemetry = b"type=USER_CMD msg=audit(1795308392.897:654): pid=1 uid=0\n";
//! let stream = engine.open_stream(StreamOptions::recognize());
//! let report = engine.feed_bytes(stream, telemetry);
//! assert_eq!(report.error_count, 0);
//! let came_to = engine.close_stream(stream).closed.ok_or("the stream was open")?;
//! // The absence of alerts means something only if something was judged.
//! assert_eq!(came_to.judged(), Judged::NothingOfInterest);
//! while let Some(alert) = engine.poll_alert() {
//!     println!("{}", alert.to_json());
//! }
//! # Ok::<(), &str>(())
//! ```
//!
//! An agent with its own event structures fills an [`event::Event`], which borrows all texts, and feeds it:
//!
//! ```
//! use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, Os};
//! use ipcsentry::{Accepted, Catalog, Engine, Limits, Policy, Timestamp};
//!
//! let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
//! let fifo = Endpoint::new(Mechanism::Fifo, Some(b"/tmp/f"));
//! let now = Timestamp::from_unix(1_795_308_302, 0);
//! let mut event = Event::new(Os::Linux, now, Kind::EndpointCreate(EndpointAct::new(fifo)));
//! event.host = b"web-1";
//! event.actor.pid = Some(4711);
//! event.actor.image = Some(b"/usr/bin/mkfifo");
//! assert_eq!(engine.feed(&event), Accepted::New);
//! assert!(engine.poll_alert().is_none());
//! ```
//!
//! # Time
//!
//! The library asks no clock: time comes from events. The latest event time of a host is its watermark. With
//! [`Limits::lateness`] an event waits until the watermark of its host has passed it by so much, so that events are
//! judged in order of time even if they come out of order. Without it an event is judged at once, and evidence that
//! comes later completes or revises an alert. [`Engine::advance`] moves time on without an event, [`Engine::flush`]
//! ends the input. No alert is ever retracted.
//!
//! # Determinism
//!
//! The same catalog, policy, limits and input give the same alerts, byte for byte. If nothing was evicted or released
//! early, every order of the input in which no event is displaced by more than the lateness gives the same alerts as
//! the order of time. [`Stats`] counts evictions and early releases.
//!
//! # Memory and work
//!
//! An engine owns at most [`Limits::bytes`]; engines share the [`Catalog`]. Every table has a capacity; a full one
//! evicts the entry longest unused of the host and process that use most of it. Evictions are counted, and an alert
//! whose lineage lost an entry says `truncated`. One event takes a bounded number of table steps ([`Stats::max_steps`]
//! is the highest number so far). Every record that is not read, every late or repeated event and every dropped alert
//! moves a counter.
//!
//! # Panics
//!
//! A panic is a bug. Faulty input, policies and catalogs give errors with their position, never a panic. An engine that
//! panicked shares nothing with other engines.
//!
//! # Threads
//!
//! An [`Engine`] is `Send` and has one owner; a [`Catalog`] is `Send` and `Sync`. No behavior joins two hosts: for
//! more than one core, shard by host.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod baseline;
pub mod decode;
mod derive;
pub mod engine;
pub mod event;
mod limits;
mod matching;
mod names;
pub mod policy;
pub mod report;
pub mod rules;
#[cfg(feature = "scenarios")]
pub mod scenario;
mod snapshot;
mod state;
mod stats;
pub mod time;
mod util;

pub use engine::{Accepted, Batch, Engine, FeedReport, Judged, StreamId, StreamOptions, StreamReport};
pub use limits::Limits;
pub use policy::Policy;
pub use report::{Alert, Coverage};
pub use rules::Catalog;
pub use snapshot::{Dropped, RestoreError, Restored};
pub use stats::{Position, Stats};
pub use time::Timestamp;
pub use util::printable::{printable, printable_json};

/// Internals for the tests and tables of this repository. No promise holds for anything in here.
#[cfg(feature = "_internal_test_exports")]
#[doc(hidden)]
pub mod _internal_test_exports {
    pub use crate::decode::{decode_chunks, decode_text};
    pub use crate::rules::field::{Field, ProcessField, Subject, Type};
    pub use crate::rules::model::{Behavior, Clause, ClauseId, Fallback, Memory, Reputation, Require};
    pub use crate::rules::tag::Tag;

    /// The checksums of bytes as a snapshot has them, in one number.
    #[must_use]
    pub fn snapshot_checksum(bytes: &[u8]) -> u64 {
        let blocks = (0..).zip(bytes.chunks(64 << 10)).map(|(n, block)| crate::util::saved::Block::of(n << 16, block));
        blocks.fold(0, |sum, block| sum ^ block.checksum)
    }

    /// Gives a snapshot whose content was changed the checksums that fit.
    pub fn seal_snapshot(bytes: &mut [u8]) -> Option<()> {
        crate::snapshot::seal(bytes)
    }

    /// An event of a kind with every detail that the event model has; another one for each number.
    #[must_use]
    pub fn sample_event(kind: crate::event::KindTag, number: u32) -> crate::event::Event<'static> {
        crate::event::sample(kind, &mut crate::event::Numbers::from(number))
    }

    /// A name of a kind whose hash in an engine with the seed 0 is that of every other such name of this length, at least
    /// 16 bytes.
    #[must_use]
    pub fn colliding_name(name_kind: u64, number: u64, length: usize) -> alloc::vec::Vec<u8> {
        let start = crate::util::hash::Hasher::new(0).u64(name_kind).u64(length as u64).u64(number);
        let mut name = [number.to_le_bytes(), start.colliding_word().to_le_bytes()].concat();
        name.resize(length, b'n');
        name
    }

    /// The compiled behaviors of a catalog.
    #[must_use]
    pub fn behaviors(catalog: &crate::Catalog) -> &[Behavior] {
        catalog.behaviors()
    }

    /// The compiled reputations of a catalog.
    #[must_use]
    pub fn reputations(catalog: &crate::Catalog) -> &[Reputation] {
        catalog.reputations()
    }
}
