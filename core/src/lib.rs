//! Embeddable detection of inter-process communication abuse.
//!
//! ipcsentry implements MITRE ATT&CK detection strategy DET0493 (T1559) for Windows (AN1357), Linux (AN1358) and
//! macOS (AN1359): endpoint telemetry goes in event by event, explained alerts come out.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod alert;
mod analytic;
pub mod catalogue;
mod causality;
mod correlate;
pub mod decode;
mod document;
pub mod engine;
pub mod event;
mod hash;
mod intern;
mod limits;
pub mod policy;
#[cfg(feature = "scenarios")]
pub mod scenario;
mod stats;
mod table;
pub mod time;

pub use alert::Alert;
pub use catalogue::Catalogue;
pub use engine::{Accepted, Engine, FeedReport, StreamId, StreamOptions};
pub use limits::Limits;
pub use policy::Policy;
pub use stats::{Position, Stats};
pub use time::Timestamp;
