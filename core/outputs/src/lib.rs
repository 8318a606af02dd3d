//! Alerts of ipcsentry in the forms that other tools read: ECS, OCSF, STIX, CSV, and a report for people in HTML.
//!
//! Every function takes alerts as parsed JSON, as [`ipcsentry::Alert::to_json`] writes them, and returns owned text or
//! JSON. Nothing here does I/O, reads a clock or panics: a member that an alert lacks is left out of the result. The same
//! alerts give the same output, byte for byte. All functions may be called from any thread.
//!
//! | output | form | of which version |
//! |---|---|---|
//! | [`ecs`](mod@ecs) | one document an alert | Elastic Common Schema 8.11 |
//! | [`ocsf`](mod@ocsf) | one event an alert, class Detection Finding (2004) | Open Cybersecurity Schema Framework 1.3 |
//! | [`stix`](mod@stix) | one bundle, with a sighting of each technique | STIX 2.1 |
//! | [`csv`](mod@csv) | a table | RFC 4180 |
//! | [`report`] | one page without script | HTML 5 |
//! | [`navigator`](fn@navigator) | the coverage of a fleet, as a layer for the ATT&CK Navigator | layer format 4.5 |
//! | [`changes`](fn@changes) | what differs between the alerts of two hunts | this library |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod chain;
mod changes;
pub mod csv;
pub mod ecs;
mod html;
pub mod navigator;
pub mod ocsf;
mod output;
pub mod picture;
pub mod report;
pub mod stix;
mod uuid;
mod view;

pub use changes::{Change, changes};
pub use html::{STYLE, page};
pub use navigator::navigator;
pub use output::Output;
pub use report::{Input, Report};
