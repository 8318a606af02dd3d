//! Embeddable detection of inter-process communication abuse.
//!
//! ipcsentry implements MITRE ATT&CK detection strategy DET0493 (T1559) for Windows (AN1357), Linux (AN1358) and
//! macOS (AN1359): endpoint telemetry goes in event by event, explained alerts come out.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod catalogue;
pub mod decode;
mod document;
pub mod event;
pub mod policy;
pub mod time;

pub use catalogue::Catalogue;
pub use policy::Policy;
pub use time::Timestamp;
